// SPDX-License-Identifier: Apache-2.0
// The list of calls. Filter and page stand in the address.
import { api, arrowTo, causeName, count, duration, el, failure, link, moment, mos, party, segmentName, stateBadge } from "./dom.js";

const labels = {
	number: "Number, user or SIP URI",
	verdict: "Verdict",
	cause: "Cause",
	from: "From (UTC)",
	to: "To (UTC)",
	sort: "Order",
	q: "Call-ID or stored party",
	segment: "Segment",
	agent: "Agent",
	site: "Site",
	codec: "Codec",
	status: "SIP status",
	min_mos: "MOS at least",
	max_mos: "MOS at most",
};
const filters = Object.keys(labels);
const seldom = ["q", "segment", "agent", "site", "codec", "status", "min_mos", "max_mos"];

/** wrong: the name of the field whose value the API did not take, if there is one. */
function labelled(name, wrong, control) {
	if (name === wrong)
		control.setAttribute("aria-invalid", "true");
	return el("label", {}, el("span", {}, labels[name]), control);
}

const causes = ["network_loss", "network_jitter", "one_way", "sender_starved", "congestion", "wifi", "cpu", "memory", "disk", "nic", "lan", "gateway", "isp", "dns", "vpn", "power", "audio", "policy", "far_side", "codec", "signalling", "unknown"];

/** The form shows what the address asks for, also where the API does not understand it. */
function filterForm(query, wrong) {
	const field = (name, attributes) =>
		labelled(name, wrong, el("input", { name, value: query.get(name) || "", ...attributes }));
	const choice = (name, options) => labelled(name, wrong, el("select", { name },
		options.map(([value, text]) => el("option", { value, selected: (query.get(name) || "") === value }, text))));
	return el(
		"form", { class: "filter", role: "search", "aria-label": "Filter calls" },
		field("number", { type: "search", size: 22, maxlength: 256 }),
		choice("verdict", [["", "any"], ["degraded", "degraded"], ["clean", "clean"], ["unknown", "not measured"]]),
		choice("cause", [["", "any"], ...causes.map((c) => [c, causeName(c)])]),
		field("from", { placeholder: "2026-01-31T08:00Z", size: 17 }),
		field("to", { placeholder: "2026-01-31T18:00Z", size: 17 }),
		choice("sort", [["", "newest first"], ["mos", "worst MOS first"], ["loss", "most loss first"], ["duration", "longest first"]]),
		el("details", { open: seldom.some((f) => query.has(f)) }, el("summary", {}, "More filters"),
			el("div", { class: "filter" },
				field("q", { type: "search", size: 18, maxlength: 256 }),
				field("segment", { size: 14, maxlength: 256, placeholder: "ep-sbc/access" }),
				field("agent", { size: 10, maxlength: 64 }),
				field("site", { size: 10, maxlength: 64 }),
				field("codec", { size: 8, maxlength: 64 }),
				field("status", { size: 4, maxlength: 3, inputmode: "numeric" }),
				field("min_mos", { type: "number", min: 1, max: 5, step: "any" }),
				field("max_mos", { type: "number", min: 1, max: 5, step: "any" }))),
		el("button", { type: "submit" }, "Filter"),
		filters.some((f) => query.has(f)) && link({}, { class: "clear" }, "Clear"),
	);
}

function row(call) {
	const verdict = call.verdict || { state: "unknown" };
	return el(
		"tr", { class: verdict.state },
		el("td", {}, link({ call: call.call, start: call.start }, { class: "row" }, moment(call.start))),
		el("td", {}, stateBadge(verdict.state, call.final_status), verdict.state === "degraded" && [
			el("strong", { class: "cause" }, causeName(verdict.cause, verdict.synthetic)),
			el("span", { class: "where" }, segmentName(verdict.segment)),
		]),
		el("td", { class: "figure" }, mos(call.worst_mos)),
		el("td", { class: "figure" }, duration(call.duration_s)),
		el("td", {}, party(call.from), arrowTo(), party(call.to),
			el("span", { class: "id", title: call.call }, call.call)),
		el("td", {}, (call.agents || []).map((a) => el("span", { class: "chip" }, a))),
	);
}

function empty(query) {
	const filtered = filters.some((f) => query.has(f));
	if (query.has("after"))
		return el("div", { class: "empty" },
			el("p", {}, filtered ? "There is no older call that matches this filter." : "There is no older call."));
	return el(
		"div", { class: "empty" },
		el("p", {}, filtered ? "No call matches this filter." : "No call has been delivered yet."),
		el("p", {}, filtered ? link({}, {}, "Show all calls")
			: ["Calls appear here as soon as an agent ships them. ", link({ view: "agents" }, {}, "See the agents"), "."]),
	);
}

function order(query) {
	return { mos: "worst MOS first", loss: "most loss first", duration: "longest first" }[query.get("sort")] || "newest first";
}

/** A list that is not in the order of time has no next page: of how many these are the first. */
function shown(found) {
	const n = found.calls.length;
	return found.found > n ? "First " + count(n) + " of " + count(found.found) : count(n);
}

export async function showCalls(query) {
	const asked = { limit: 50, after: query.get("after") };
	for (const f of filters)
		asked[f] = query.get(f);
	let found;
	try {
		found = await api("calls", asked);
	} catch (error) {
		const message = labels[error.parameter] ? `${labels[error.parameter]}: expected ${error.expected}.` : error.message;
		return [el("h1", {}, "Calls"), filterForm(query, error.parameter), failure(message)];
	}
	const next = {};
	for (const f of filters)
		next[f] = query.get(f);
	next.after = found.next;
	const head = ["Start (UTC)", "Verdict, cause and segment", "Worst MOS", "Duration", "Parties", "Seen by"];
	return [
		el("h1", {}, "Calls"),
		filterForm(query),
		found.calls.length === 0 && !found.next ? empty(query) : el(
			"div", { class: "table", role: "region", "aria-label": "Calls", tabindex: 0 },
			el("table", {},
				el("caption", {}, shown(found) + (found.calls.length === 1 ? " call, " : " calls, ") + order(query)),
				el("thead", {}, el("tr", {}, head.map((h) => el("th", { scope: "col", class: h === "Duration" || h === "Worst MOS" ? "figure" : null }, h)))),
				el("tbody", {}, found.calls.map(row)))),
		found.partial && el("p", { class: "partial" }, "The time for one page ended before it was full. Older calls follow on the next."),
		el("p", { class: "pager" },
			query.has("after") && link({ ...next, after: "" }, {}, "Newest"),
			found.next && link(next, { rel: "next" }, "Older calls")),
	];
}
