#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The page of `earshot explain --html` in a real browser (headless chromium): at the width of a screen and of a phone, light
# and dark, with the checks of report_checks.js, and printed. usage: tests/portal/report_pages.sh [BUILD_DIR]
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
look() { # PAGE WIDTH SCHEME(0: dark, 1: light): what the checks say, run in a frame of that width
	sed 's|</body>|<script src="checks.js"></script></body>|' "$1" >"$tmp/checked.html"
	cat >"$tmp/frame.html" <<-END
		<!doctype html><title>frame</title><body><script>
		addEventListener("message", (e) => document.body.append("said: " + e.data + "."));
		</script><iframe src="checked.html" width="$2" height="900" style="border:0"></iframe></body>
	END
	headless --window-size=1400,1000 --blink-settings=preferredColorScheme="$3" --virtual-time-budget=10000 --dump-dom \
	    "file://$tmp/frame.html" | grep -o 'said: [0-9][^<]*'
}

cp "$checks" "$tmp/checks.js"
(cd tests/golden/loss_seg1 && "$earshot" explain endpoint:ep=ep.pcap.gz sbc:access=sbc_access.pcap.gz sbc:core=sbc_core.pcap.gz \
    gateway:gw=gw.pcap.gz host:ep=host.synthetic.jsonl --html "$tmp/one.html" >/dev/null 2>&1)
(cd tests/golden/transfer && "$earshot" explain endpoint:ep=ep.pcap.gz gateway:gw=gw.pcap.gz --html "$tmp/two.html" >/dev/null 2>&1)
for page in one two; do
	for width in 1280 390; do
		is "report_page_${page}_at_${width}_px_in_light" "$(look "$tmp/$page.html" $width 1)" "said: $width light no faults."
		is "report_page_${page}_at_${width}_px_in_dark" "$(look "$tmp/$page.html" $width 0)" "said: $width dark no faults."
	done
done
sed 's/--soft:#556175/--soft:#a5b1c5/' "$tmp/one.html" >"$tmp/pale.html"
says report_checks_find_pale_text "$(look "$tmp/pale.html" 1280 1)" "FAULTS contrast"
sed 's/<h4>/<h6>/' "$tmp/one.html" >"$tmp/steps.html"
says report_checks_find_a_heading_left_out "$(look "$tmp/steps.html" 1280 1)" "heading H6"
headless --no-pdf-header-footer --print-to-pdf="$tmp/one.pdf" "file://$tmp/one.html" >/dev/null
is report_page_is_printed "$(head -c 5 "$tmp/one.pdf")" "%PDF-"
sheets=$(grep -ac '/Type /Page$' "$tmp/one.pdf")
if [ "$sheets" -ge 2 ] && [ "$sheets" -le 6 ]; then ok report_page_fills_a_few_sheets; else bad report_page_fills_a_few_sheets "$sheets sheets"; fi
finish
