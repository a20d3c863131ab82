#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A damaged call delivered by three scripted agents while the collector's processes are killed:
# complete, once, and shown alike by `explain`, the API and after every restart.
# usage: tests/e2e/collector_calls.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
E=00112233445566778899aabbccddeeff
api() { curl -s --max-time 10 "http://127.0.0.1:$portal$1"; }

init && start || { bad collector_starts "$(cat "$tmp/init.out"; tail -n 5 "$tmp/serve.log")"; finish; }
for a in ep sbc gw; do join $a >/dev/null || bad "join_$a" "enrolment failed"; done

# --- ingest is killed while records are on their way
lost=0
n=0
for round in 1 2 3 4; do
	talk ep hello $E $((n + 401)) flood $((n + 1)) 4 100 >"$tmp/flood" 2>&1 &
	flood=$!
	[ $round = 4 ] || { wait_for 10 grep -q welcome "$tmp/flood"; kill -9 "$(role_pid ingest)" 2>/dev/null; }
	wait $flood
	wait_for 20 listening "$data" || lost=1
	# what was not acknowledged is sent again, as a spool does
	acked=$(talk ep hello $E $((n + 401)) | sed -n 's/welcome acked=//p')
	[ -n "$acked" ] && [ "$acked" -lt $((n + 400)) ] && talk ep hello $E $((n + 401)) flood $((acked + 1)) 1 $((n + 400 - acked)) >/dev/null
	n=$((n + 400))
done
is ingest_killed_at_work_loses_nothing "$lost $(talk ep hello $E 9999 | sed -n 's/welcome acked=//p')" "0 1600"
# flood delivers 500 sources in turn; numbers repeat by round: what counts is the answer to the agent
is ingest_killed_at_work_counts_each_record_once "$(sql "select records + refused from agent where name = 'ep'")" 1600
sql "delete from minute; delete from source" # the flood's strangers would only clutter the list

stop # a new supervisor begins with a short back-off
start

# --- one call, three agents, kills in between
for a in ep sbc gw; do
	next=$([ $a = ep ] && echo 1601 || echo 1)
	talk $a hello $E 9999 scene one@h 0x1000 $a "$next" ack "$next" >"$tmp/scene" 2>&1
	grep -q 'acked' "$tmp/scene" || bad "scene_$a" "$(cat "$tmp/scene")"
	kill -9 "$(role_pid ingest)" "$(role_pid portal)"
	wait_for 20 listening "$data" && wait_for 20 listening "$portal" || bad restart_after_$a "$(tail -n 4 "$tmp/serve.log")"
done
verdict=$("$bin" explain one@h --json --dir "$D")
is explain_names_the_segment "$(echo "$verdict" | jq -c '[.verdict.state, .verdict.cause, .verdict.segment]')" \
    '["degraded","network_loss",{"from":"ep","to":"sbc/access","direction":"forward"}]'
is explain_counts_the_loss "$(echo "$verdict" | jq -c '[.directions[0].segments[] | [.expected, .lost]]')" '[[2560,128],[2432,0],[2432,0]]'
is explain_shows_every_vantage "$(echo "$verdict" | jq -c '[.legs[].vantage]')" '["ep","sbc/access","sbc/core","gw"]'
is api_gives_the_same_object "$(api /api/v1/calls/one%40h)" "$verdict"
is api_lists_the_call_once "$(api /api/v1/calls | jq -c '[.calls[] | .call]')" '["one@h"]'
says explain_text_names_cause_and_segment "$("$bin" explain one@h --dir "$D" | tr -s '\n ' ' ')" \
    "degraded packets lost in the network (confidence"
says explain_of_nothing_is_refused "$("$bin" explain nothing --dir "$D" 2>&1; echo "status $?")" "no agent delivered a call nothing"
is stored_once "$(sql 'select count(*) from call'),$(sql 'select count(*) from stream')" 4,8

# --- the same records again, as an agent that lost its acknowledgement sends them
talk gw hello $E 9999 scene one@h 0x1000 gw 1 >/dev/null
is delivered_again_changes_nothing "$("$bin" explain one@h --json --dir "$D")" "$verdict"

# --- the doors
is healthz "$(api /healthz)" ok
is readyz "$(api /readyz)" ready
says metrics_count "$(api /metrics)" 'earshot_collector_records_refused_total{agent="ep"} 0'
is agents_are_listed "$(api /api/v1/agents | jq -c '[.agents[] | [.name, .seq > 0]]')" '[["ep",true],["gw",true],["sbc",true]]'
is bad_parameter_is_400 "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$portal/api/v1/calls?from=x") $(api '/api/v1/calls?from=x' | jq -r .parameter)" "400 from"
is unknown_call_is_404 "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$portal/api/v1/calls/none")" 404
is writing_is_405 "$(curl -s -o /dev/null -w '%{http_code}' -X POST "http://127.0.0.1:$portal/api/v1/calls")" 405
is foreign_name_is_421 "$(curl -s -o /dev/null -w '%{http_code}' -H 'Host: evil.example' "http://127.0.0.1:$portal/api/v1/calls")" 421
headers=$(curl -s -D - -o /dev/null "http://127.0.0.1:$portal/")
says page_has_a_policy "$headers" "default-src 'none'"
says page_is_not_sniffed "$headers" "X-Content-Type-Options: nosniff"
says page_is_not_framed "$headers" "frame-ancestors 'none'"
is portal_cannot_leave_its_files "$(curl -s -o /dev/null -w '%{http_code}' --path-as-is "http://127.0.0.1:$portal/../collector.conf")" 404

# --- a full disk: agents wait, nothing that was acknowledged is lost
stop
sed -i '1a max_database = 64KiB\nretry_after = 1s' "$D/collector.conf"
start
says full_disk_asks_to_wait "$(talk gw hello $E 99999 flood 20 20 200 hold)" "the collector's disk is full"
is full_disk_keeps_what_was_acknowledged "$("$bin" explain one@h --json --dir "$D")" "$verdict"
stop
sed -i '2,3d' "$D/collector.conf"
start
says after_the_full_disk_it_continues "$(talk gw hello $E 99999 send 20 5 ack 24)" "acked 24"
finish
