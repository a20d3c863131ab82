// SPDX-License-Identifier: Apache-2.0
// The agents: who delivers, how far behind, and what was not measured.
import { absent, age, api, count, el, link, moment } from "./dom.js";

function bytes(n) {
	if (n === undefined)
		return absent;
	const units = ["B", "KiB", "MiB", "GiB"];
	let i = 0;
	while (n >= 1024 && i < units.length - 1) {
		n /= 1024;
		i++;
	}
	return (i === 0 ? n : n.toFixed(1)) + " " + units[i];
}

function coverage(agent) {
	const bad = [];
	if (agent.capture_dropped > 0)
		bad.push(count(agent.capture_dropped) + " packets dropped by the capture");
	if (agent.shed_level > 0)
		bad.push("leaves out " + ["", "reports of RTCP", "RTCP reports, other SIP", "RTCP reports, other SIP, new streams"][Math.min(agent.shed_level, 3)] + " for a budget");
	if (agent.streams_shed > 0)
		bad.push(count(agent.streams_shed) + (agent.streams_shed === 1 ? " stream" : " streams") + " left out for a budget");
	if (agent.parser_crashes > 0)
		bad.push(count(agent.parser_crashes) + (agent.parser_crashes === 1 ? " crash" : " crashes") + " of its parser");
	if (agent.lost > 0)
		bad.push(count(agent.lost) + " records lost before delivery");
	if (agent.refused > 0)
		bad.push(count(agent.refused) + " records refused");
	if (bad.length > 0)
		return el("span", { class: "state degraded" }, bad.join(", "));
	return agent.last_seen ? el("span", { class: "state clean" }, "Complete") : el("span", { class: "state unknown" }, "Nothing delivered yet");
}

/** What it is, and for how long nothing was heard of it. A copy of its key is an alarm before all else. */
function state(agent) {
	if (agent.clones > 0)
		return el("span", { class: "state degraded", title: "last " + agent.clone_seen },
			"Cloned: a copy of its certificate was refused " + count(agent.clones) + (agent.clones === 1 ? " time" : " times"));
	const look = { connected: "clean", stale: "degraded" }[agent.state] || "unknown";
	return el("span", { class: "state " + look, title: agent.last_seen || "" },
		agent.state === "connected" ? "Connected" : agent.state === "stale" ? "Stale: not heard for " + age(agent.age_s)
			: agent.state === "disabled" ? "Disabled" : "Not heard of yet");
}

function row(agent) {
	return el(
		"tr", {},
		el("td", {}, link({ agent: agent.name }, { class: "row" }, agent.name)),
		el("td", {}, state(agent)),
		el("td", {}, agent.role || absent),
		el("td", {}, agent.site || absent),
		el("td", {}, agent.version || absent),
		el("td", {}, agent.last_seen ? moment(agent.last_seen) : "never"),
		el("td", { class: "figure" }, count(agent.records)),
		el("td", { class: "figure" }, agent.spool_records === undefined ? absent : count(agent.spool_records) + " · " + bytes(agent.spool_bytes)),
		el("td", {}, coverage(agent)),
	);
}

export async function showAgents() {
	const found = await api("agents");
	const head = ["Agent", "State", "Role", "Site", "Version", "Last seen (UTC)", "Records", "Waiting there", "Coverage"];
	return [
		el("h1", {}, "Agents"),
		found.agents.length === 0 ? el("div", { class: "empty" },
			el("p", {}, "No agent is enrolled yet."),
			el("p", {}, el("code", {}, "earshot-collector token --dir DIR --agent NAME"), " prints the token for one.")) :
			el("div", { class: "table", role: "region", "aria-label": "Agents", tabindex: 0 },
				el("table", {},
					el("thead", {}, el("tr", {}, head.map((h) => el("th", { scope: "col", class: h === "Records" || h === "Waiting there" ? "figure" : null }, h)))),
					el("tbody", {}, found.agents.map(row)))),
	];
}
