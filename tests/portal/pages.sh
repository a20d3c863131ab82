#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The portal in a real browser (headless chromium): the list shows calls, the call page its verdict and
# the red segment, hostile text stays text. usage: tests/portal/pages.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
[ -n "$browser" ] || { echo "skip portal_pages: no chromium here"; finish; }

dom() { # PATH: the page's elements once its scripts have run
	HOME=$tmp XDG_CONFIG_HOME=$tmp/config XDG_CACHE_HOME=$tmp/cache timeout 90 "$browser" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
	    --user-data-dir="$tmp/profile" --virtual-time-budget=10000 --dump-dom \
	    "http://127.0.0.1:$portal$1" 2>>"$tmp/browser.err"
}
count() { # TEXT PATTERN
	echo "$1" | grep -o -- "$2" | wc -l
}
walk() { # PATH: a list to its end. A page that its time ended is short and says so, so a slow machine has more pages.
	at=$1
	: >"$tmp/pages"
	: >"$tmp/list"
	for _ in $(seq 60); do
		page=$(dom "$at")
		echo "$page" >>"$tmp/pages"
		echo "page $(count "$page" '<tr class="')$(echo "$page" | grep -o -m 1 'class="partial"')" >>"$tmp/list"
		echo "$page" | grep -o '<tr class="[a-z]*"><td><a href="[^"]*"' >>"$tmp/list"
		at=$(echo "$page" | grep -o 'href="[^"]*after=[^"]*"' | head -n 1 | cut -d'"' -f2 | sed 's/&amp;/\&/g')
		[ -n "$at" ] || break
	done
}

init || { bad portal_init "$(cat "$tmp/init.out")"; finish; }
"$tools/fill" "$D/earshot.db" 60
sql "update agent set seen_ns = 1700000000000000000 where name = 'ep'" # of an hour long ago
start || { bad portal_starts "$(tail -n 5 "$tmp/serve.log")"; finish; }

walk /
page=$(cat "$tmp/pages")
is list_page_of_calls_is_full_or_says_why "$(sed -n 's/^page //p' "$tmp/list" | sed '$d' | grep -vxE '50|[1-4]?[0-9]class="partial"')" ''
is list_pages_hold_every_call_once "$(grep -c '^<tr' "$tmp/list") $(grep '^<tr' "$tmp/list" | sort -u | wc -l)" "60 60"
says list_has_its_title "$page" "<title>Calls · earshot</title>"
says list_names_cause_and_segment "$page" "Packet loss on the network"
says list_leads_to_older_calls "$page" 'rel="next"'
says list_keeps_hostile_text_as_text "$page" '&lt;img src=x onerror=document.title=1&gt;'
says list_shows_parties_as_pseudonyms "$page" "u1-aaaaaaaaaaaaaaaaaaaaaaaa@example.org"
walk '/?max_mos=4'
is list_filter_in_the_address_works "$(grep -o '^<tr class="[a-z]*"' "$tmp/list" | sort | uniq -c | tr -s ' ')" ' 12 <tr class="degraded"'
page=$(cat "$tmp/pages")
says list_filter_fills_its_field "$page" 'name="max_mos" value="4"'
says list_says_what_is_wrong_with_a_filter "$(dom '/?from=yesterday')" "From (UTC): expected an instant"
page=$(dom '/?from=yesterday&max_mos=4')
is list_keeps_its_form_where_a_value_is_wrong "$(count "$page" '<form class="filter"')" 1
says list_keeps_the_wrong_value "$page" 'name="from" value="yesterday"'
says list_keeps_the_other_values "$page" 'name="max_mos" value="4"'
says list_says_which_zone_its_times_have "$(dom /)" 'Start (UTC)'
is list_filter_by_verdict "$(count "$(dom '/?verdict=degraded')" '<tr class="clean"')" 0
says list_filter_selects_its_choice "$(dom '/?verdict=degraded')" '<option value="degraded" selected'
says list_sorted_says_by_what "$(dom '/?sort=mos')" ' calls, worst MOS first' # of how many depends on what its time allowed
says list_behind_the_oldest_call_says_so "$(dom '/?after=1_0_1')" "There is no older call."
says list_behind_the_last_match_says_so "$(dom '/?verdict=clean&after=1_0_1')" 'There is no older call that matches this filter.'
is list_takes_every_score_in_its_form "$(count "$(dom '/?max_mos=3.655')" 'step="any"')" 2
says list_form_has_the_lowest_score "$(dom '/?min_mos=3.9')" 'name="min_mos" value="3.9"'
says list_marks_its_view_as_the_current_one "$(dom /)" 'data-view="calls" aria-current="page"'
says list_without_match_says_so "$(dom '/?q=nobody-at-all')" "No call matches this filter."

page=$(dom '/?call=call-5%40example.org')
says call_names_the_verdict "$page" 'class="state degraded"'
says call_says_the_cause_in_words "$page" "<strong>Packet loss on the network</strong> on <strong>ep → sbc/access</strong>, forward"
is call_has_one_red_segment "$(count "$page" 'class="segment bad"')" 1
says call_red_segment_is_the_damaged_one "$page" 'class="segment bad" data-from="ep" data-to="sbc/access"'
says call_counts_the_loss "$page" "128 of 2,560 lost"
is call_draws_two_strips "$(count "$page" '<ol class="strip"')" 2
is call_other_segments_are_clean "$(count "$page" 'class="segment clean"')" 5
says call_lists_evidence "$page" "Evidence"
says call_explains_confidence "$page" "how well the evidence bears a cause out"
says call_names_who_called "$page" '<span class="party" title="u1-aaaaaaaaaaaaaaaaaaaaaaaa@example.org"'
says call_gives_its_sip_status "$page" "SIP status 200"
page=$(dom '/?call=call-1%40example.org')
says clean_call_is_called_clean "$page" "Nothing hurt this call where it was measured."
is clean_call_has_no_red_segment "$(count "$page" 'class="segment bad"')" 0
page=$(dom '/?call=call-58%40example.org')
says refused_call_says_its_status "$page" "The call was refused or given up: SIP status 486."
says refused_call_says_where "$page" "486 Busy Here"
page=$(dom "/?call=%3Cimg%20src%3Dx%20onerror%3Ddocument.title%3D1%3E")
says hostile_call_id_stays_text "$page" '<h1 class="mono">&lt;img src=x onerror=document.title=1&gt;</h1>'
is hostile_call_id_makes_no_element "$(count "$page" '<img src="x"')" 0
says missing_call_is_reported "$(dom '/?call=nothing')" "No agent delivered such a call."
page=$(dom '/?view=agents')
is agents_are_listed "$(count "$page" 'class="row"')" 3
says agent_that_is_silent_is_stale "$page" 'Stale: not heard for'

page=$(dom '/?view=machines')
is machines_are_listed "$(count "$page" 'class="row"')" 3
says machine_says_how_it_was "$page" '<span class="state clean">Within its limits</span>'
says machine_that_was_never_sampled_says_so "$page" 'Never sampled'
machine='?machine=ep&from=2026-11-18T11:06Z&to=2026-11-18T11:36Z'
page=$(dom "/$machine")
says machine_has_a_lane_of_calls "$page" '19 calls, 4 of them degraded</desc>'
says machine_shows_what_was_beyond_its_limit "$page" '>-81 dBm to -52 dBm, beyond its limit in'
is machine_lane_beyond_its_limit_comes_first "$(echo "$page" | grep -o 'class="lane [a-z]*"' | tr '\n' ' ')" 'class="lane calls" class="lane " class="lane " class="lane bad" class="lane bad" class="lane " '
says machine_names_what_was_zero "$page" 'Zero throughout: Receive errors.'
page=$(dom '/?machine=ep&from=2026-11-18T11:20Z&to=2026-11-18T12:20Z')
says machine_shows_its_contexts "$page" '>02:00:00:00:00:01, then 02:00:00:00:00:02</desc>'
says machine_keeps_hostile_text_as_text "$page" '&lt;b&gt;wg0&lt;/b&gt;'
says machine_lists_its_calls "$page" 'call=call-30%40example.org'
says call_leads_to_its_machines "$(dom '/?call=call-5%40example.org')" 'href="/?machine=ep&amp;from=2026-11-18T11%3A09%3A45Z&amp;to='
says machine_says_what_is_wrong_with_a_time "$(dom '/?machine=ep&from=yesterday')" 'From (UTC): expected an instant'
says machine_that_is_missing_is_reported "$(dom '/?machine=nobody')" 'No agent has this name.'

# What a reader does there; and what report_checks.js finds, at the width of a screen and of a telephone, light and dark.
at=http://127.0.0.1:$portal
views="list=?verdict=degraded no_match=?q=nobody-at-all no_older=?after=1_0_1 wrong_value=?from=yesterday agents=?view=agents
machines=?view=machines machine=$machine no_machine=?machine=nobody no_call=?call=nothing clean_call=?call=call-1%40example.org bad_call=?call=call-5%40example.org refused_call=?call=call-58%40example.org"
{
	echo "look 390 light"
	echo "open $at/?verdict=degraded&number=a1"
	echo "say more_filters document.querySelector('.filter details').open"
	echo "open $at/?verdict=degraded&min_mos=1"
	echo "say more_filters_set document.querySelector('.filter details').open"
	echo "say cause document.querySelector('td .cause').getBoundingClientRect().right <= innerWidth"
	echo "click a.row"
	echo "say address [...new URLSearchParams(location.search).keys()].join()"
	echo "say way document.querySelector('.segment.bad .loss').getBoundingClientRect().right <= innerWidth"
	echo "say way_end [...document.querySelectorAll('.vantage')].every((e) => e.getBoundingClientRect().right <= innerWidth)"
	echo "click .crumb a"
	echo "say back location.search"
	echo "click nav a"
	echo "say all location.search"
	echo "open $at/?max_mos=9"
	echo "say wrong [...document.querySelectorAll('[aria-invalid]')].map((e) => e.name).join()"
	echo "look 718 dark print" # A4 without its margins, of a reader whose screen is dark
	for view in list=?verdict=degraded bad_call=?call=call-5%40example.org; do
		echo "open $at/${view#*=}"
		echo "check printed_${view%%=*} tests/portal/report_checks.js"
	done
	for view in $views; do
		echo "open $at/${view#*=}"
		echo "say ${view%%=*} [...document.querySelector('main').childNodes].filter((n) => n.nodeType === 3).length + ' loose words'"
		for look in '390 light' '390 dark' '1280 light' '1280 dark'; do
			echo "look $look"
			echo "check ${view%%=*} tests/portal/report_checks.js"
		done
	done
} | timeout 300 python3 tests/portal/browse.py "$browser" "$tmp/browse" >"$tmp/read"
of() { # NAME: what was said of it, each thing once
	sed -n "s/^$1: //p" "$tmp/read" | uniq | tr '\n' ' '
}
is list_filters_seldom_used_are_folded "$(of more_filters)" "False "
is list_filters_that_are_set_are_not_folded "$(of more_filters_set)" "True "
is list_shows_causes_on_a_telephone "$(of cause)" "True "
is call_address_holds_no_filter "$(of address)" "call,start "
is call_shows_its_damaged_segment_on_a_telephone "$(of way)" "True "
is call_shows_its_whole_path_on_a_telephone "$(of way_end)" "True "
is call_leads_back_to_the_list_it_came_from "$(of back)" "?verdict=degraded&min_mos=1 "
is navigation_leads_to_all_calls "$(of all)" " "
is list_marks_the_field_with_the_wrong_value "$(of wrong)" "max_mos "
for view in list bad_call; do
	is "printed_${view}_has_no_faults" "$(of "printed_$view")" "no faults "
done
for view in $views; do
	is "page_${view%%=*}_has_no_faults" "$(of "${view%%=*}")" "0 loose words no faults "
done
if grep -qiE 'content security policy|uncaught' "$tmp/browser.err"; then
	bad pages_run_under_their_policy "$(grep -iE 'content security policy|uncaught' "$tmp/browser.err" | head -n 2)"
else
	ok pages_run_under_their_policy
fi
bytes=$(for f in collector/portal/page/*; do gzip -c "$f" | wc -c; done | awk '{n += $1} END {print n}')
if [ "$bytes" -le 122880 ]; then ok pages_are_small; else bad pages_are_small "$bytes bytes gzip"; fi
finish
