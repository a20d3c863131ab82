#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A live sensor on a veth pair is killed (SIGKILL) during a call and comes back: what it had handed
# over is at the collector once, and the call and its streams carry the gap. Then SIGTERM: the rest
# arrives too. Needs network namespaces. usage: tests/e2e/agent_live.sh [BUILD_DIR]
if [ -z "$IN_NAMESPACE" ]; then
	if ! unshare -n true 2>/dev/null; then
		echo "skip agent_killed_live_sensor_leaves_a_gap: no right to make a network namespace"
		exit 0
	fi
	IN_NAMESPACE=1 exec unshare -n "$0" "$@"
fi
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
daemon=$PWD/$B/earshotd
earshot=$PWD/$B/earshot
capture=tests/golden/loss_seg1/ep.pcap.gz
ip link set lo up
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 2>/dev/null
ip link add es0 type veth peer name es1 && ip link set es0 up && ip link set es1 up || {
	echo "skip agent_killed_live_sensor_leaves_a_gap: no veth in this kernel"
	exit 0
}
status() { "$earshot" status --config "$tmp/ep.conf" --json 2>/dev/null | jq -r "$1"; }
sensor() {
	for p in $(pgrep -P "$agent"); do
		tr '\0' ' ' <"/proc/$p/cmdline" | grep -q "role sensor" && echo "$p"
	done
}
hears() { # another start of the sensor listens on the interface
	[ "$(grep -c 'sensor: live' "$tmp/ep.log")" -ge "$1" ] && [ "$(wc -l </proc/net/packet)" -gt 1 ]
}
rows() { sql "SELECT hex(bytes) FROM $1" | "$tools/records"; }
drained() { [ "$(status '.spool.records == 0 and .spool.acked_seq > 0')" = true ]; }

init && start || { bad agent_live_collector_starts "$(tail -3 "$tmp/serve.log")"; finish; }
"$bin" token --dir "$D" --agent ep >"$tmp/token" && chmod 600 "$tmp/token"
"$earshot" enroll --collector "127.0.0.1:$enroll" --token-file "$tmp/token" --state-dir "$tmp/ep" \
    >"$tmp/enrol.out" 2>&1 || bad agent_live_enrols "$(cat "$tmp/enrol.out")"
printf '%s\n' "state-dir = $tmp/ep" "run-dir = $tmp/run" "host = no" "spool-free = 0" \
    "collector = \"127.0.0.1:$data\"" "capture default { interface = es1 }" >"$tmp/ep.conf"
"$daemon" --config "$tmp/ep.conf" --supervise >"$tmp/ep.log" 2>&1 &
agent=$!
wait_for 15 hears 1 || bad agent_live_listens "$(tail -3 "$tmp/ep.log")"
tests/e2e/inject.py "$capture" es0 400 >"$tmp/sent" &
inject=$!
is_up() { [ "$(status .open_calls)" = 1 ] && [ "$(status .open_streams)" -ge 2 ]; }
wait_for 10 is_up && ok agent_says_call_up || bad agent_says_call_up "$(status .)"
sleep 3
kill -9 "$(sensor)"
wait_for 15 hears 2 && ok agent_sensor_comes_back || bad agent_sensor_comes_back "$(tail -3 "$tmp/ep.log")"
wait_for 15 grep -q "get a gap" "$tmp/ep.log"
sleep 1
wait_for 10 drained
"$earshot" status --config "$tmp/ep.conf" >"$tmp/status.out" 2>&1
is agent_status_is_0_while_all_is_well $? 0
says agent_status_shows_the_last_delivery "$(cat "$tmp/status.out")" "last acknowledgement"
says agent_status_shows_the_end_of_its_certificate "$(cat "$tmp/status.out")" \
    "certificate ends $(openssl x509 -in "$tmp/ep/agent.pem" -noout -enddate -dateopt iso_8601 | sed 's/notAfter=//; s/ /T/; s/Z//')"
rows call >"$tmp/call"
rows stream >"$tmp/stream"
is agent_killed_sensor_leaves_a_gap_in_the_call \
    "$(jq -c '[.state, .coverage.complete, .coverage.gap_ms > 500]' "$tmp/call" | tr '\n' ' ')" '["unknown",false,true] '
n=$(jq -c 'select(.coverage.complete == false and .coverage.gap_ms > 0 and (.state == null or .state == "unknown"))' "$tmp/stream" | wc -l)
[ "$n" -ge 2 ] && ok agent_killed_sensor_leaves_a_gap_in_the_streams ||
    bad agent_killed_sensor_leaves_a_gap_in_the_streams "$(jq -c '[.src,.state,.coverage,.start,.packets]' "$tmp/stream")"
wait $inject
sleep 2
kill -TERM "$agent"
wait "$agent"
is agent_stops_cleanly $? 0
rows minute | jq -c '[.src, .ssrc, .first_seq, .last_seq, .received]' | sort >"$tmp/blocks"
is agent_live_blocks_come_once "$(uniq -d "$tmp/blocks" | wc -l)" 0
[ "$(wc -l <"$tmp/blocks")" -ge 4 ] && ok agent_live_blocks_arrive || bad agent_live_blocks_arrive "$(cat "$tmp/blocks")"
# Never more than was sent: a sum over blocks of both starts against the capture itself.
sent=$("$earshot" read --json "$capture" | jq -s '[.[] | select(.record == "stream").packets] | add')
heard=$(jq -s 'map(.[4]) | add' "$tmp/blocks")
[ "$heard" -le "$sent" ] && [ "$heard" -ge $((sent / 3)) ] && ok agent_live_counts_are_plausible ||
    bad agent_live_counts_are_plausible "$heard of $sent packets"
rows stream >"$tmp/stream"
open=$(jq -c 'select(.state == "in_progress")' "$tmp/stream" | wc -l)
is agent_stop_leaves_nothing_open "$open" 0
is agent_live_is_whole_or_says_why "$(jq -c 'select(.coverage.complete)' "$tmp/stream" | wc -l)" 0
[ $failed -ne 0 ] && cat "$tmp/ep.log" >&2
finish
