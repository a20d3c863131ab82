#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The pages of `earshot explain --html` and `read --html` in a real browser (headless chromium): at the width of a screen, of a
# phone and of paper, light and dark, with the checks of report_checks.js, and printed. A page of each kind: one call, several,
# calls that failed, a capture missing, one capture. usage: tests/portal/report_pages.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
[ -n "$browser" ] || { echo "skip portal_report_pages: no chromium here"; finish; }
checks=$(pwd)/tests/portal/report_checks.js
earshot=$(pwd)/$B/earshot

headless() { # ARGUMENT...
	HOME=$tmp XDG_CONFIG_HOME=$tmp/config XDG_CACHE_HOME=$tmp/cache timeout 90 "$browser" --headless=new --no-sandbox --disable-gpu \
	    --disable-dev-shm-usage --user-data-dir="$tmp/profile" "$@" 2>>"$tmp/browser.err"
}
frame() { # NAME WIDTH: of a page, in the frames of the next look
	[ -f "$tmp/$1.checked.html" ] ||
	    sed 's|</body>|<script src="checks.js"></script></body>|' "$tmp/$1.html" >"$tmp/$1.checked.html"
	echo "<iframe src=\"$1.checked.html?$1\" width=$2 height=900 style=border:0></iframe>" >>"$tmp/frames"
}
look() { # SCHEME(0: dark, 1: light): what the checks say of all frames, a line each
	{
		echo '<!doctype html><title>frames</title><body><script>'
		echo 'addEventListener("message", (e) => document.body.append("said: " + e.data + "."));</script>'
		cat "$tmp/frames"
	} >"$tmp/frames.html"
	: >"$tmp/frames"
	headless --window-size=1400,1000 --blink-settings=preferredColorScheme="$1" --virtual-time-budget=20000 --dump-dom \
	    "file://$tmp/frames.html" | grep -o 'said: [a-z]* [0-9][^<]*' | sed 's/said: /\n/g' | grep . >"$tmp/said"
}
of() { # NAME WIDTH: what was said of it
	sed -n "s/^$1 $2 //p" "$tmp/said"
}
earshot_page() { # NAME COMMAND FOLDER ARGUMENT...
	name=$1 command=$2
	cd "tests/golden/$3" || exit 2
	shift 3
	"$earshot" "$command" "$@" --html "$tmp/$name.html" >/dev/null 2>&1
	cd ../../..
}
printed() { # NAME: the page as paper has it, in a frame of the width of A4 without its margins, 182 mm
	sed 's/@media print{/@media all{/' "$tmp/$1.html" >"$tmp/$1paper.html"
	frame "$1paper" 688
}

cp "$checks" "$tmp/checks.js"
earshot_page one explain loss_seg1 endpoint:ep=ep.pcap.gz sbc:access=sbc_access.pcap.gz sbc:core=sbc_core.pcap.gz \
    gateway:gw=gw.pcap.gz host:ep=host.synthetic.jsonl
earshot_page two explain transfer endpoint:ep=ep.pcap.gz gateway:gw=gw.pcap.gz
earshot_page failed explain failures endpoint:ep=ep.pcap.gz gateway:gw=gw.pcap.gz --mask
earshot_page maybe explain loss_seg1 --keep-going endpoint:ep=ep.pcap.gz sbc:access=missing.pcap gateway:gw=gw.pcap.gz
earshot_page single read webrtc_pcmu ep.pcap.gz
pages='one two failed maybe single'
# what the checks must find
sed 's/--soft:#556175/--soft:#a5b1c5/' "$tmp/one.html" >"$tmp/pale.html"
sed 's/<h4>/<h6>/' "$tmp/one.html" >"$tmp/steps.html"
sed 's/--accent:#1f5fd6/--accent:#dfe5f0/' "$tmp/one.html" >"$tmp/faint.html"
sed 's/<h1>/<p style="width:500px">wide<h1>/' "$tmp/one.html" >"$tmp/wide.html"
sed 's/href="#c1"/href="#c9"/' "$tmp/two.html" >"$tmp/lost.html"
sed 's/class="card scroll" tabindex=0/class="card scroll"/' "$tmp/one.html" >"$tmp/stuck.html"
for scheme in 0 1; do
	for page in $pages; do
		frame $page 1280
		frame $page 390
		[ $scheme = 0 ] || printed $page
	done
	[ $scheme = 0 ] || for page in pale steps faint wide lost stuck; do frame $page 390; done
	look $scheme
	[ $scheme = 0 ] && words=dark || words=light
	for page in $pages; do
		for width in 1280 390; do
			is "report_page_${page}_at_${width}_px_in_$words" "$(of $page $width)" "$words no faults."
		done
	done
done
for page in $pages; do
	is "report_page_${page}_fits_on_a4" "$(of ${page}paper 688)" "light no faults."
done
says report_checks_find_pale_text "$(of pale 390)" "FAULTS contrast"
says report_checks_find_a_heading_left_out "$(of steps 390)" "heading H6"
says report_checks_find_a_faint_plot "$(of faint 390)" "of a plot"
says report_checks_find_what_is_too_wide "$(of wide 390)" "wide of 390"
says report_checks_find_a_link_to_nothing "$(of lost 390)" "a link to nothing"
says report_checks_find_a_table_out_of_reach "$(of stuck 390)" "by keyboard"
headless --no-pdf-header-footer --print-to-pdf="$tmp/one.pdf" "file://$tmp/one.html" >/dev/null
is report_page_is_printed "$(head -c 5 "$tmp/one.pdf")" "%PDF-"
# points of A4; chromium rounds them
is report_page_is_printed_on_a4 "$(grep -aoE '/MediaBox ?\[[^]]*\]' "$tmp/one.pdf" | grep -oE '59[45][.0-9]* 84[12][.0-9]*' |
    sort -u | wc -l)" 1
sheets=$(grep -ac '/Type /Page$' "$tmp/one.pdf")
if [ "$sheets" -ge 2 ] && [ "$sheets" -le 6 ]; then ok report_page_fills_a_few_sheets; else bad report_page_fills_a_few_sheets "$sheets sheets"; fi
for page in one maybe single; do
	bytes=$(wc -c <"$tmp/$page.html")
	if [ "$bytes" -le 153600 ]; then ok "report_page_${page}_is_small"; else bad "report_page_${page}_is_small" "$bytes bytes"; fi
done
finish
