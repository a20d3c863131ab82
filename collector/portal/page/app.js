// SPDX-License-Identifier: Apache-2.0
// The portal: which view the address asks for. Every view can be bookmarked; Back works.
import { el, failure, present } from "./dom.js";
import { showAgents } from "./agents.js";
import { showCall } from "./call.js";
import { showCalls } from "./calls.js";
import { showMachine } from "./machine.js";
import { showMachines } from "./machines.js";

const main = document.getElementById("main");
let request = 0;

function viewOf(query) {
	if (query.has("call") || query.has("machine"))
		return query.has("call") ? "call" : "machine";
	return ["agents", "machines"].includes(query.get("view")) ? query.get("view") : "calls";
}

export async function show(focus) {
	const query = new URLSearchParams(location.search);
	const view = viewOf(query);
	const mine = ++request;
	for (const a of document.querySelectorAll("nav a"))
		if (a.dataset.view === view || a.dataset.view === view + "s")
			a.setAttribute("aria-current", "page"); // an empty value would mean false
		else
			a.removeAttribute("aria-current");
	main.setAttribute("aria-busy", "true");
	let content;
	try {
		const views = { call: showCall, agents: showAgents, calls: showCalls, machine: showMachine, machines: showMachines };
		content = await views[view](query);
	} catch (error) {
		content = [el("h1", {}, "That did not work"), failure(error.message)];
	}
	if (mine !== request)
		return; // the reader went to another page in the meantime
	main.replaceChildren(...present(content));
	main.removeAttribute("aria-busy");
	document.title = (main.querySelector("h1")?.textContent || "") + " · earshot";
	if (focus)
		main.focus({ preventScroll: true });
}

/**
 * The history keeps which list of calls a reader came from. The address of a call does not: with a number that was
 * searched for it would go to everyone the address is sent to.
 */
export function go(address) {
	const list = viewOf(new URLSearchParams(location.search)) === "calls" ? location.search : history.state?.list;
	history.pushState({ list }, "", address);
	scrollTo(0, 0);
	return show(true);
}

document.addEventListener("click", (event) => {
	const a = event.target.closest("a[data-link]");
	if (!a || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
		return;
	event.preventDefault();
	go(a.getAttribute("href"));
});
document.addEventListener("submit", (event) => {
	event.preventDefault();
	const search = new URLSearchParams();
	for (const [key, value] of new FormData(event.target))
		if (value !== "")
			search.set(key, value);
	const text = search.toString();
	go(text ? "/?" + text : "/");
});
addEventListener("popstate", () => show(true));
show(false);
