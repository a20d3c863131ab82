#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A sensor with memory for some eighty streams that hears four hundred: what began before that was used up is measured to
# its end without a false loss, what begins later is left out whole, and all of it is counted and said.
# Needs network namespaces. usage: tests/e2e/budget.sh [BUILD_DIR]
if [ -z "$IN_NAMESPACE" ]; then
	if ! unshare -n true 2>/dev/null; then
		echo "skip budget_leaves_out_whole_streams: no right to make a network namespace"
		exit 0
	fi
	IN_NAMESPACE=1 exec unshare -n "$0" "$@"
fi
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib_agents.sh
. "$(dirname "$0")/lib_agents.sh"
ip link set lo up
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 2>/dev/null
ip link add es0 type veth peer name es1 && ip link set es0 up && ip link set es1 up || {
	echo "skip budget_leaves_out_whole_streams: no veth in this kernel"
	exit 0
}
init && start || { bad budget_collector_starts "$(tail -3 "$tmp/serve.log")"; finish; }
enrol ep || bad budget_enrols "$(cat "$tmp/enrol.out")"
configure ep "memory-budget = 200KiB
capture default { interface = es1 buffer-bytes = 16MiB }"
begin ep
wait_for 10 grep -q "live at 1 place" "$tmp/ep.log"
tests/e2e/rtp_flood.py es0 10 10@0 150@1 240@4 >"$tmp/sent" &
flood=$!
level() { [ "$(status ep .shed_level)" = 3 ]; }
wait_for 8 level && ok budget_is_seen_to_be_used_up || bad budget_is_seen_to_be_used_up "$(tail -3 "$tmp/ep.log")"
says budget_is_in_the_log "$(cat "$tmp/ep.log")" "and of new streams 100% (memory-budget)"
said=$("$earshot" status --config "$tmp/ep.conf" 2>&1)
says budget_is_in_status "$said" "left out    now, for a budget: reports of RTCP, SIP that is of no call, and new streams, each whole; since 2"
says budget_is_a_problem "$said" "earshot status: a budget is used up: the sensor leaves out"
wait $flood
sleep 1 # what the kernel holds back
# shellcheck disable=SC2154  # set by begin
kill -TERM "$pid_ep"
wait "$pid_ep"
sql "SELECT hex(bytes) FROM stream" | "$tools/records" >"$tmp/stream"
sql "SELECT hex(bytes) FROM machine" | "$tools/records" | jq -c 'select(.record == "health") | .counters // . | select(.rtp_packets > 0)' | tail -1 >"$tmp/health"
sent=$(awk '{ n += $2 } END { print n }' "$tmp/sent")
# A machine that is busy may lose some of a burst on the way to the socket: those are lost indeed.
lost=$(ip -s -j link | jq '[.[] | select(.ifname == "es0") .stats64.tx.dropped, select(.ifname == "es1") .stats64.rx.dropped] | max')
is budget_streams_of_the_beginning_are_measured "$(jq -s '[.[] | select(.duration_s > 9.5)] | length' "$tmp/stream")" 10
is budget_kept_streams_are_whole "$(jq -r '"\(.ssrc) \(.packets)"' "$tmp/stream" | python3 -c "
import sys
sent = dict((int(a), int(b)) for a, b in (x.split() for x in open('$tmp/sent')))
print(sum(sent[int(s, 16)] - int(n) for s, n in (x.split() for x in sys.stdin)) <= $lost)")" True
is budget_kept_streams_have_no_false_loss "$(jq -s --argjson lost "$lost" '([.[] | .lost] | add) <= $lost' "$tmp/stream")" true
is budget_streams_and_packets_add_up "$(jq -s -c '
    [(.[0].streams_shed + .[0].streams), (.[0].rtp_shed + ([.[1:][] | .packets] | add)), .[0].streams_shed > 200]' \
    "$tmp/health" "$tmp/stream")" "[400,$((sent - lost)),true]"
is budget_kept_streams_miss_no_packet "$(jq -s '[.[] | select(.coverage.dropped)] | length' "$tmp/stream")" 0
# Nothing announced them and nothing answers: what would be their other direction may be among what was left out.
is budget_kept_streams_say_that_others_are_missing "$(jq -s 'all(.[] | select(.duration_s > 9.5); .coverage.shed_rtp)' "$tmp/stream")" true
[ $failed -ne 0 ] && cat "$tmp/health" "$tmp/ep.log" >&2
finish
