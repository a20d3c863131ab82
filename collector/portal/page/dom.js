// SPDX-License-Identifier: Apache-2.0
// Elements, figures and the API: the few things every view needs. Text goes in as text, never as HTML.

/** Of what may stand there: null, undefined and false are left out, where the document would print their names. */
export function present(children) {
	return children.flat(3).filter((c) => c !== null && c !== undefined && c !== false);
}

function fill(node, attributes, children) {
	for (const [key, value] of Object.entries(attributes || {})) {
		if (typeof value === "function")
			node.addEventListener(key, value);
		else if (value !== null && value !== undefined && value !== false)
			node.setAttribute(key, value === true ? "" : value);
	}
	node.append(...present(children));
	return node;
}

/** el("p", {class: "x"}, "text", child): strings become text nodes. */
export function el(name, attributes, ...children) {
	return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes, ...children) {
	return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

/** Only http(s) paths of our own: a link inside the portal. */
export function link(query, attributes, ...children) {
	const search = new URLSearchParams();
	for (const [key, value] of Object.entries(query))
		if (value !== "" && value !== null && value !== undefined)
			search.set(key, value);
	const text = search.toString();
	return el("a", { href: text ? "/?" + text : "/", "data-link": true, ...attributes }, ...children);
}

function sentence(text) {
	return text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith(".") ? "" : ".");
}

/** The API's answer, or an Error whose message a person can read; where a parameter is wrong, with its name. */
export async function api(path, parameters) {
	const search = new URLSearchParams();
	for (const [key, value] of Object.entries(parameters || {}))
		if (value !== "" && value !== null && value !== undefined)
			search.set(key, value);
	const text = search.toString();
	let answer;
	try {
		answer = await fetch("/api/v1/" + path + (text ? "?" + text : ""));
	} catch {
		throw new Error("The collector does not answer.");
	}
	const body = await answer.json().catch(() => ({}));
	if (answer.ok)
		return body;
	const why = body.error || "The collector answered " + answer.status + ".";
	throw Object.assign(new Error(sentence(why)), { parameter: body.parameter, expected: body.expected });
}

export function failure(message) {
	return el("p", { class: "note error", role: "alert" }, message);
}

/** axe: a name is for what has a role. */
export function arrowTo() {
	return el("span", { role: "img", "aria-label": "to" }, " → ");
}

export const absent = "–";

export function party(text) {
	return text ? el("span", { class: "party", title: text }, text) : el("span", { class: "none" }, absent);
}

export function count(n) {
	return n === undefined ? absent : n.toLocaleString("en-US");
}

/** 92 of 3050 -> "3.0 %"; a loss above nothing never reads as nothing. */
export function share(part, whole) {
	if (!whole || part === undefined)
		return absent;
	const percent = (100 * part) / whole;
	if (percent > 0 && percent < 0.1)
		return "< 0.1 %";
	return percent.toFixed(percent >= 10 || percent === 0 ? 0 : 1) + " %";
}

export function duration(seconds) {
	if (seconds === undefined)
		return absent;
	const s = Math.round(seconds);
	const pad = (n) => String(n).padStart(2, "0");
	const h = Math.floor(s / 3600);
	return (h ? h + ":" + pad(Math.floor((s % 3600) / 60)) : Math.floor(s / 60)) + ":" + pad(s % 60);
}

/** A time element in UTC, as the filters and the API have it; its title is the exact instant. */
export function moment(iso) {
	const date = new Date(iso);
	if (Number.isNaN(date.getTime()))
		return el("span", {}, absent);
	const text = date.toISOString();
	const today = new Date().toISOString().slice(0, 10) === text.slice(0, 10);
	return el("time", { datetime: iso, title: iso }, text.slice(11, 19), !today && el("span", { class: "day" }, " ", text.slice(0, 10)));
}

/** 7500 -> "2 h": how long ago, in one unit. */
export function age(seconds) {
	if (seconds === undefined)
		return absent;
	if (seconds >= 2 * 86400)
		return Math.floor(seconds / 86400) + " d";
	if (seconds >= 2 * 3600)
		return Math.floor(seconds / 3600) + " h";
	return seconds >= 120 ? Math.floor(seconds / 60) + " min" : seconds + " s";
}

/** Words as well as the colour: many people cannot tell the colours apart. */
export function mos(value) {
	if (value === undefined)
		return el("span", { class: "mos none", title: "not measured" }, absent);
	const band = value >= 4.03 ? "good" : value >= 3.6 ? "fair" : value >= 3.1 ? "poor" : "bad";
	return el("span", { class: "mos " + band }, value.toFixed(2), el("small", {}, band));
}

const causes = {
	network_loss: "Packet loss on the network",
	network_jitter: "Delay variation on the network",
	congestion: "Congestion of the network",
	one_way: "Audio in one direction only",
	sender_starved: "Sender ran dry",
	wifi: "Wi-Fi",
	cpu: "Processor overload",
	memory: "Short of memory",
	disk: "Slow disk",
	nic: "Network interface",
	lan: "Local network",
	gateway: "Gateway",
	isp: "Internet provider",
	dns: "Name resolution",
	vpn: "VPN",
	power: "Power",
	audio: "Audio device",
	policy: "Policy change",
	far_side: "Beyond the last measuring point",
	codec: "Codec",
	signalling: "Signalling",
	unknown: "Cause unknown",
};

/** synthetic: the cause rests on a machine's records that were made up, for a demonstration. */
export function causeName(cause, synthetic) {
	return (causes[cause] || cause || absent) + (synthetic ? " (synthetic data)" : "");
}

export function segmentName(segment) {
	if (!segment)
		return absent;
	if (segment.one_of)
		return "one of " + segment.one_of.map(segmentName).join(", ");
	const arrow = { forward: " → ", reverse: " → ", both: " ↔ " }[segment.direction] || " → ";
	return segment.from + arrow + segment.to;
}

const stateText = { degraded: "Degraded", clean: "Clean", unknown: "Not measured" };

/** A call without media that ended in a final status of failure was not set up: there is nothing to measure. */
export function stateBadge(state, finalStatus) {
	const known = stateText[state] ? state : "unknown";
	return el("span", { class: "state " + known }, known === "unknown" && finalStatus >= 300 ? "Not set up" : stateText[known]);
}
