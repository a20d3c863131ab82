// SPDX-License-Identifier: Apache-2.0
// The machines of all agents as they last said they were.
import { absent, api, el, link, moment } from "./dom.js";
import { signalName, signalText } from "./signals.js";

/** What is beyond its limit, in words; a machine that is well says so. */
function judgement(host) {
	if (host.sampled === undefined)
		return el("span", { class: "state unknown" }, "Never sampled");
	const bad = (host.beyond || []).map((name) => signalName(name) + " " + signalText(name, host.signals[name]));
	return bad.length === 0 ? el("span", { class: "state clean" }, "Within its limits")
		: el("span", { class: "state degraded" }, bad.join(", "));
}

function row(host) {
	return el(
		"tr", {},
		el("td", {}, link({ machine: host.agent }, { class: "row" }, host.agent)),
		el("td", {}, judgement(host), host.synthetic && el("span", { class: "where" }, "synthetic data")),
		el("td", {}, host.interface || absent),
		el("td", {}, host.role || absent),
		el("td", {}, host.site || absent),
		el("td", {}, host.sampled ? moment(host.sampled) : "never"),
	);
}

export async function showMachines() {
	const found = await api("hosts");
	const head = ["Machine", "As it last was", "Interface", "Role", "Site", "Sampled (UTC)"];
	return [
		el("h1", {}, "Machines"),
		found.hosts.length === 0 ? el("div", { class: "empty" }, el("p", {}, "No agent is enrolled yet."))
			: el("div", { class: "table", role: "region", "aria-label": "Machines", tabindex: 0 },
				el("table", {},
					el("thead", {}, el("tr", {}, head.map((h) => el("th", { scope: "col" }, h)))),
					el("tbody", {}, found.hosts.map(row)))),
	];
}
