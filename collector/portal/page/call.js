// SPDX-License-Identifier: Apache-2.0
// One call: the verdict, the path of each direction with the segment that hurt it, causes, evidence, legs.
import {
	absent, api, arrowTo, causeName, count, duration, el, failure, link, moment, mos, party, segmentName, share, stateBadge,
} from "./dom.js";

function same(a, from, to) {
	return (a.from === from && a.to === to) || (a.from === to && a.to === from);
}

/** Does the verdict point at this segment of this direction? */
function blamed(verdict, direction, segment) {
	const named = verdict.segment;
	if (verdict.state !== "degraded" || !named)
		return "";
	if (named.one_of)
		return named.one_of.some((s) => same(s, segment.from, segment.to)) ? "maybe" : "";
	const here = same(named, segment.from, segment.to);
	return here && (named.direction === "both" || !named.direction || named.direction === direction.name) ? "bad" : "";
}

function segmentClass(verdict, direction, segment) {
	const blame = blamed(verdict, direction, segment);
	if (blame)
		return blame;
	if (segment.lost === undefined)
		return "none";
	return segment.lost > 0 ? "some" : "clean";
}

const classText = { bad: "damaged here", maybe: "perhaps here", none: "not measured", some: "some loss", clean: "clean" };

function segmentItem(verdict, direction, segment) {
	const kind = segmentClass(verdict, direction, segment);
	const notes = [];
	if (segment.late)
		notes.push(count(segment.late) + " late");
	if (segment.delay_variation_p95_ms)
		notes.push("+" + segment.delay_variation_p95_ms.toFixed(1) + " ms variation");
	return el(
		"li", { class: "segment " + kind, "data-from": segment.from, "data-to": segment.to },
		el("span", { class: "tag" }, classText[kind]),
		el("span", { class: "line", "aria-hidden": "true" }),
		el("span", { class: "loss" },
			segment.lost === undefined ? absent : el("b", {}, share(segment.lost, segment.expected)),
			el("span", { class: "counts" }, segment.lost === undefined ? "numbers do not survive here"
				: `${count(segment.lost)} of ${count(segment.expected)} lost`)),
		notes.length > 0 && el("span", { class: "more" }, notes.join(" · ")),
	);
}

function vantageItem(name, roles) {
	return el("li", { class: "vantage" },
		el("span", { class: "dot " + (roles.get(name) || "unknown"), "aria-hidden": "true" }),
		el("b", {}, name),
		el("span", { class: "role" }, roles.get(name) || ""));
}

/** The reverse direction is drawn on the same places, its arrow turned: the two strips compare at a glance. */
function strip(call, direction, roles) {
	const reverse = direction.name === "reverse";
	const segments = direction.segments || [];
	const names = segments.length > 0 ? [segments[0].from, ...segments.map((s) => s.to)] : [direction.from];
	const items = [];
	names.forEach((name, i) => {
		items.push(vantageItem(name, roles));
		if (segments[i])
			items.push(segmentItem(call.verdict, direction, segments[i]));
	});
	const drawn = reverse ? items.reverse() : items;
	return el(
		"section", { class: "direction " + direction.name, "aria-label": direction.name + " direction", tabindex: 0 },
		el("h2", {}, reverse ? "Reverse" : "Forward",
			el("span", { class: "sub" }, reverse ? "callee to caller" : "caller to callee"),
			el("span", { class: "mosbox" }, "MOS at " + (direction.to || absent) + " ", mos(direction.mos_lq))),
		el("ol", { class: "strip" }, drawn),
	);
}

function headline(call) {
	const verdict = call.verdict;
	if (verdict.state === "clean")
		return "Nothing hurt this call where it was measured.";
	if (verdict.state !== "degraded" && call.final_status >= 300)
		return "The call was refused or given up: SIP status " + call.final_status + ".";
	if (verdict.state !== "degraded")
		return "There is not enough media or coverage to judge this call.";
	const way = verdict.segment && { forward: ", forward", reverse: ", reverse", both: ", both directions" }[verdict.segment.direction];
	return [el("strong", {}, causeName(verdict.cause, verdict.causes[0].synthetic)),
		verdict.segment && [" on ", el("strong", {}, segmentName(verdict.segment)), way || ""]];
}

function causeList(verdict) {
	if (!verdict.causes || verdict.causes.length === 0)
		return null;
	return el("section", { class: "card" }, el("h2", {}, "Causes and their confidence"),
		el("ol", { class: "causes" }, verdict.causes.map((c) => el("li", {},
			el("span", {}, causeName(c.cause, c.synthetic)),
			el("meter", { min: 0, max: 1, value: c.confidence, "aria-label": "confidence" }),
			el("span", { class: "figure" }, Math.round(100 * c.confidence) + " %")))),
		el("p", { class: "sub" }, "Confidence says how well the evidence bears a cause out; 100 % would be certain. " +
			"Up to 50 % is a hint."));
}

function evidenceList(verdict) {
	if (!verdict.evidence || verdict.evidence.length === 0)
		return null;
	return el("section", { class: "card" }, el("h2", {}, "Evidence"),
		el("ul", { class: "evidence" }, verdict.evidence.map((e) => el("li", {}, e.text))),
		el("p", { class: "sub" }, "Times are minutes and seconds from the start of the call. " +
			"A block is 256 RTP sequence numbers in a row."));
}

/** To the machine of a vantage point, from five minutes before the call to five minutes behind it. */
function machineLink(call, leg) {
	const start = new Date(call.start).getTime(), margin = 300000;
	const instant = (ms) => new Date(ms).toISOString().slice(0, 19) + "Z";
	return link({ machine: leg.vantage.split("/")[0], from: instant(start - margin),
		to: instant(start + 1000 * (call.duration_s || 0) + margin) }, { class: "row" }, leg.vantage);
}

function legTable(call) {
	const lines = [];
	for (const leg of call.legs) {
		const streams = leg.streams.length > 0 ? leg.streams : [{}];
		streams.forEach((s, i) => lines.push(el("tr", {},
			el("td", {}, i === 0 ? machineLink(call, leg) : ""),
			el("td", {}, i === 0 ? leg.role || absent : ""),
			el("td", { class: "mono" }, i === 0 ? leg.call_id || absent : ""),
			el("td", { class: "mono" }, s.ssrc || absent),
			el("td", { class: "mono" }, s.src ? s.src + " → " + s.dst : absent))));
	}
	return el("section", { class: "card wide" }, el("h2", {}, "Legs and streams"),
		el("div", { class: "table", role: "region", "aria-label": "Legs and streams", tabindex: 0 },
			el("table", {}, el("thead", {}, el("tr", {},
				["Vantage", "Role", "Call-ID", "SSRC", "Source and destination"].map((h) => el("th", { scope: "col" }, h)))),
			el("tbody", {}, lines))));
}

export async function showCall(query) {
	const start = query.get("start"); // tells the calls of one Call-ID apart
	const crumb = el("p", { class: "crumb" },
		el("a", { href: "/" + (history.state?.list || ""), "data-link": true }, "Calls"), " / one call");
	let call;
	try {
		call = await api("calls/" + encodeURIComponent(query.get("call")), { start });
	} catch (error) {
		return [crumb, el("h1", { class: "mono" }, query.get("call")), failure(error.message)];
	}
	const roles = new Map(call.legs.map((leg) => [leg.vantage, leg.role]));
	return [
		crumb,
		el("h1", { class: "mono" }, call.call),
		el("p", { class: "facts" }, el("span", {}, moment(call.start), " UTC"),
			call.duration_s !== undefined && el("span", {}, "lasted " + duration(call.duration_s)),
			call.final_status !== undefined && el("span", {}, "SIP status " + call.final_status),
			el("span", {}, "seen at " + [...roles.keys()].join(", "))),
		(call.from || call.to) && el("p", { class: "facts parties" },
			party(call.from), arrowTo(), party(call.to)),
		el("section", { class: "verdict " + call.verdict.state, "aria-label": "Verdict" },
			stateBadge(call.verdict.state, call.final_status), el("p", {}, headline(call))),
		el("div", { class: "paths" }, call.directions.map((d) => strip(call, d, roles))),
		call.directions.length > 0 && el("p", { class: "legend" },
			el("span", { class: "key bad" }, "the verdict points here"),
			el("span", { class: "key some" }, "some loss"),
			el("span", { class: "key clean" }, "clean"),
			el("span", { class: "key none" }, "not measured"),
			el("span", {}, "+ ms variation: what the segment adds to delay variation, an estimate")),
		el("div", { class: "cards" }, causeList(call.verdict), evidenceList(call.verdict), legTable(call)),
	];
}
