/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What axe looks for first, run inside a page: contrast, names of pictures, links and fields, headings, ids, what overflows.
 * Says it to its parent, with the name behind the "?" of its address. A page of a file has links to its own places only.
 */
"use strict";

const faults = [];

function channels(colour) {
	return (colour.match(/[\d.]+/g) || []).map(Number);
}

/* WCAG 2.1, relative luminance. */
function luminance([r, g, b]) {
	const linear = [r, g, b].map((v) => {
		const c = v / 255;
		return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function groundOf(element) {
	for (let e = element; e; e = e.parentElement) {
		const c = channels(getComputedStyle(e).backgroundColor);
		if (c.length === 3 || c[3] === 1)
			return c;
	}
	return [255, 255, 255];
}

function ratioTo(ground, colour) {
	const pair = [luminance(channels(colour)), luminance(ground)].sort((a, b) => b - a);
	return (pair[0] + 0.05) / (pair[1] + 0.05);
}

function checkContrast(element) {
	const style = getComputedStyle(element);
	const ratio = ratioTo(groundOf(element), style.color);
	const size = parseFloat(style.fontSize);
	const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
	if (ratio < (isLarge ? 3 : 4.5))
		faults.push(`contrast ${ratio.toFixed(2)} of "${element.textContent.trim().slice(0, 30)}"`);
}

for (const details of document.querySelectorAll("details"))
	details.open = true;
for (const e of document.querySelectorAll("body *"))
	if ([...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.getClientRects().length && !e.closest("svg"))
		checkContrast(e);
/* WCAG 2.1, 1.4.11: what a picture says is in these. */
for (const e of document.querySelectorAll("path.bar, path.line")) {
	const style = getComputedStyle(e);
	const ratio = ratioTo(groundOf(e), e.matches(".bar") ? style.fill : style.stroke);
	if (ratio < 3)
		faults.push(`contrast ${ratio.toFixed(2)} of a plot`);
}
for (const svg of document.querySelectorAll("svg"))
	for (const part of ["labelledby", "describedby"])
		if (!document.getElementById(svg.getAttribute(`aria-${part}`))?.textContent)
			faults.push(`picture without ${part}`);
let level = 0;
for (const h of document.querySelectorAll("h1,h2,h3,h4,h5,h6")) {
	if (Number(h.tagName[1]) > level + 1)
		faults.push(`heading ${h.tagName} below level ${level}`);
	level = Number(h.tagName[1]);
}
const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
if (new Set(ids).size !== ids.length)
	faults.push("an id twice");
for (const e of document.querySelectorAll("body *"))
	if (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === "auto" && e.tabIndex < 0)
		faults.push("what scrolls cannot be reached by keyboard");
if (document.documentElement.scrollWidth > innerWidth)
	faults.push(`the page is ${document.documentElement.scrollWidth} wide of ${innerWidth}`);
for (const e of document.querySelectorAll("table"))
	if (!e.querySelector("th") || !e.closest("[tabindex], details"))
		faults.push("a table without header or that cannot be scrolled by keyboard");
for (const a of document.querySelectorAll("a"))
	if ((a.hash || location.protocol === "file:") && !document.getElementById(decodeURIComponent(a.hash.slice(1))))
		faults.push(`a link to nothing: ${a.href}`);
/* WCAG 2.1, 1.4.1: in a text the colour alone does not make a link. */
for (const a of document.querySelectorAll("p a, li a"))
	if (a.parentElement.textContent !== a.textContent && !getComputedStyle(a).textDecorationLine.includes("underline"))
		faults.push(`a link in a text by its colour only: "${a.textContent}"`);
for (const e of document.querySelectorAll("span[aria-label], p[aria-label]"))
	if (!e.hasAttribute("role"))
		faults.push(`a name for what has no role: "${e.ariaLabel}"`);
for (const e of document.querySelectorAll("input, select"))
	if (e.type !== "hidden" && !e.labels.length)
		faults.push(`a field without label: ${e.name}`);
for (const hit of document.querySelectorAll(".names .hit, .worst > div, .names > div"))
	if (hit.scrollHeight > hit.clientHeight + 4 || hit.scrollWidth > hit.clientWidth + 1)
		faults.push(`cut: "${hit.textContent}"`);
if (document.documentElement.lang !== "en" || !document.title)
	faults.push("no language or no title");
parent.postMessage(`${location.search.slice(1)} ${innerWidth} ${matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"} ` +
    (faults.length ? `FAULTS ${faults.slice(0, 5).join("; ")}` : "no faults"), "*");
