// SPDX-License-Identifier: Apache-2.0
// One machine over a time: its calls, contexts and signals as lanes above one axis.
import { absent, api, causeName, el, failure, link, moment, stateBadge, svg } from "./dom.js";
import { signalName, signalText } from "./signals.js";

const WIDTH = 1000; // of every lane; the page stretches it
const HEIGHT = 36;

/** A count is judged over so many seconds, as its limit is; how long the samples of its low and high were is not known. */
function isBeyond(signal, point) {
	const length = point.to_s - point.from_s;
	const values = signal.per_s ? [length > 0 ? (point.value * signal.per_s) / length : point.value]
		: [point.value, point.low, point.high].filter((v) => v !== undefined);
	return values.some((v) => (signal.bad_above !== undefined && v > signal.bad_above) || (signal.bad_below !== undefined && v < signal.bad_below));
}

function extremes(signal) {
	const values = signal.points.flatMap((p) => [p.value, p.low ?? p.value, p.high ?? p.value]);
	return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}

/** Where in a lane an instant lies; what began before the range begins with it. */
function place(seconds, range) {
	return (WIDTH * Math.min(Math.max(seconds, 0), range.seconds)) / range.seconds;
}

let drawings = 0; // each has ids of its own

/** The words say what the picture says. */
function drawing(name, words, children) {
	const id = "lane" + ++drawings;
	return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
		"aria-labelledby": id + "t", "aria-describedby": id + "d" },
	svg("title", { id: id + "t" }, name), svg("desc", { id: id + "d" }, words), children);
}

function lane(name, note, content, kind) {
	return el("li", { class: "lane " + (kind || "") },
		el("span", { class: "what" }, name, note && el("span", { class: "sub" }, note)), content);
}

/** Points that follow one another without a gap, as one. */
function stretches(points) {
	const all = [];
	for (const p of points) {
		const last = all[all.length - 1];
		if (last && p.from_s - last.to_s < 1)
			last.to_s = p.to_s;
		else
			all.push({ from_s: p.from_s, to_s: p.to_s });
	}
	return all;
}

function signalLane(name, signal, range) {
	const [low, high] = extremes(signal);
	const floor = low >= 0 ? 0 : low - 1;
	const y = (v) => HEIGHT - 2 - ((HEIGHT - 4) * (v - floor)) / Math.max(high - floor, 1e-9);
	const bad = signal.points.filter((p) => isBeyond(signal, p));
	let line = "", end = -Infinity;
	for (const p of signal.points) {
		const x = place(p.from_s, range), to = Math.max(place(p.to_s, range), x + 0.5);
		line += (p.from_s - end > 1 ? "M" : "L") + x.toFixed(1) + " " + y(p.value).toFixed(1) + "H" + to.toFixed(1);
		end = p.to_s;
	}
	const span = low === high ? signalText(name, low) : signalText(name, low) + " to " + signalText(name, high);
	const words = bad.length > 0 ? ", beyond its limit in " + bad.length + " of " + signal.points.length : "";
	return lane(signalName(name), span, drawing(signalName(name), span + words, [
		stretches(bad).map((p) => svg("rect", { class: "beyond", x: place(p.from_s, range), y: 0, height: HEIGHT,
			width: Math.max(place(p.to_s, range) - place(p.from_s, range), 1) })),
		svg("path", { class: "line", d: line, "vector-effect": "non-scaling-stroke" }),
	]), bad.length > 0 ? "bad" : "");
}

function seconds(iso, range) {
	return (new Date(iso).getTime() - range.from) / 1000;
}

function callLane(calls, range) {
	const bars = calls.map((c) => {
		const x = place(seconds(c.start, range), range);
		const to = place(seconds(c.start, range) + (c.duration_s || 0), range);
		const state = c.verdict?.state || "unknown";
		return svg("rect", { class: "call " + state, x, width: Math.max(to - x, 2), y: 4, height: HEIGHT - 8 });
	});
	const degraded = calls.filter((c) => c.verdict?.state === "degraded").length;
	return lane("Calls", calls.length + ", " + degraded + " degraded",
		drawing("Calls", `${calls.length} calls, ${degraded} of them degraded`, bars), "calls");
}

/** One lane for each thing that a context holds; it is drawn where it was known. */
function contextLanes(contexts, range) {
	const of = { network: "Network", wifi: "Access point", vpn: "VPN", power: "Power", audio: "Audio" };
	const text = (c, key) => (key === "vpn" ? c.vpn.join(", ") : c[key] || "");
	return Object.keys(of).filter((key) => contexts.some((c) => text(c, key) !== "")).map((key) => {
		const bars = [], names = [];
		let shade = 0, before = "";
		for (const c of contexts) {
			const now = text(c, key);
			if (now === "")
				continue;
			shade = now === before ? shade : shade + 1;
			before = now;
			if (!names.includes(now))
				names.push(now);
			const x = place(seconds(c.from, range), range);
			bars.push(svg("rect", { class: "context s" + (shade % 2), x, y: 8, height: HEIGHT - 16,
				width: Math.max(place(seconds(c.to, range), range) - x, 1) }, svg("title", {}, now)));
		}
		return lane(of[key], names.slice(0, 3).join(" · ") + (names.length > 3 ? " …" : ""), drawing(of[key], names.join(", then "), bars));
	});
}

function axis(range) {
	const times = [0, 0.25, 0.5, 0.75, 1].map((share) => new Date(range.from + share * 1000 * range.seconds).toISOString());
	const isLong = range.seconds > 2 * 86400;
	return el("p", { class: "axis", "aria-hidden": "true" }, times.map((t) => el("span", {}, isLong ? t.slice(5, 16).replace("T", " ") : t.slice(11, 19))));
}

function callTable(calls) {
	if (calls.length === 0)
		return el("p", { class: "sub" }, "No call in this time.");
	return el("div", { class: "table", role: "region", "aria-label": "Calls", tabindex: 0 }, el("table", {},
		el("thead", {}, el("tr", {}, ["Start (UTC)", "Verdict", "Call"].map((h) => el("th", { scope: "col" }, h)))),
		el("tbody", {}, calls.map((c) => el("tr", { class: c.verdict?.state || "unknown" },
			el("td", {}, link({ call: c.call, start: c.start }, { class: "row" }, moment(c.start))),
			el("td", {}, stateBadge(c.verdict?.state, c.final_status), c.verdict?.cause && el("strong", { class: "cause" }, causeName(c.verdict.cause, c.verdict.synthetic))),
			el("td", {}, el("span", { class: "id", title: c.call }, c.call)))))));
}

function changeTable(changes) {
	if (changes.length === 0)
		return null;
	return el("section", { class: "card wide" }, el("h2", {}, "What changed"),
		el("div", { class: "table", role: "region", "aria-label": "Changes", tabindex: 0 }, el("table", {},
			el("thead", {}, el("tr", {}, ["Time (UTC)", "What", "Before", "After"].map((h) => el("th", { scope: "col" }, h)))),
			el("tbody", {}, changes.map((c) => el("tr", {}, el("td", {}, moment(c.time)), el("td", {}, c.kind.replace("_", " ") + " " + c.subject),
				el("td", {}, c.before || absent), el("td", {}, c.after || absent)))))));
}

function rangeForm(name, host) {
	const field = (label, key, value) => el("label", {}, el("span", {}, label), el("input", { name: key, value, placeholder: "2026-01-31T08:00Z" }));
	const minute = (iso) => iso.slice(0, 16) + "Z";
	return el("form", { class: "filter", role: "search" },
		el("input", { type: "hidden", name: "machine", value: name }),
		field("From (UTC)", "from", host && minute(host.from)), field("To (UTC)", "to", host && minute(host.to)),
		el("button", {}, "Show"), link({ machine: name }, { class: "clear" }, "The last hour"));
}

function lanes(host) {
	const range = { from: new Date(host.from).getTime() };
	range.seconds = (new Date(host.to).getTime() - range.from) / 1000;
	const names = Object.keys(host.signals);
	const isBad = (name) => host.signals[name].points.some((p) => isBeyond(host.signals[name], p));
	const isIdle = (name) => extremes(host.signals[name]).every((v) => v === 0);
	const shown = [...names.filter(isBad), ...names.filter((n) => !isBad(n) && !isIdle(n))];
	const idle = names.filter((n) => !isBad(n) && isIdle(n));
	return el("section", { class: "card wide", "aria-label": "Signals" },
		el("ol", { class: "lanes" }, callLane(host.calls, range), contextLanes(host.contexts, range),
			shown.map((name) => signalLane(name, host.signals[name], range))),
		axis(range),
		names.length === 0 && el("p", { class: "sub" }, "This machine was not sampled in this time."),
		idle.length > 0 && el("p", { class: "sub" }, "Zero throughout: " + idle.map(signalName).join(", ") + "."),
		el("p", { class: "legend" }, el("span", { class: "key beyond" }, "beyond its limit"), host.synthetic && el("span", {}, "synthetic data")));
}

export async function showMachine(query) {
	const name = query.get("machine");
	const crumb = el("p", { class: "crumb" }, link({ view: "machines" }, {}, "Machines"), " / one machine");
	let host;
	try {
		host = await api("hosts/" + encodeURIComponent(name), { from: query.get("from"), to: query.get("to") });
	} catch (error) {
		const labels = { from: "From (UTC)", to: "To (UTC)" };
		const message = labels[error.parameter] ? `${labels[error.parameter]}: expected ${error.expected}.` : error.message;
		return [crumb, el("h1", {}, name), rangeForm(name), failure(message)];
	}
	return [
		crumb,
		el("h1", {}, host.agent),
		el("p", { class: "facts" }, el("span", {}, moment(host.from), " to ", moment(host.to), " UTC"),
			host.role && el("span", {}, host.role), host.site && el("span", {}, host.site), host.interface && el("span", {}, "interface " + host.interface)),
		rangeForm(name, host),
		el("div", { class: "cards" }, lanes(host),
			el("section", { class: "card wide" }, el("h2", {}, "Calls"), callTable(host.calls)), changeTable(host.changes)),
	];
}
