#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A sensor whose interface is not there yet, goes down, is deleted and made again, and loses its name: it listens again
# within two seconds each time, and the stream that was heard meanwhile has the gaps in its coverage.
# Needs network namespaces. usage: tests/e2e/interface_away.sh [BUILD_DIR]
if [ -z "$IN_NAMESPACE" ]; then
	if ! unshare -n true 2>/dev/null; then
		echo "skip interface_away_is_listened_to_again: no right to make a network namespace"
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
plug() { ip link add es0 type veth peer name es1 && ip link set es0 up && ip link set es1 up; }
plug && ip link del es0 || {
	echo "skip interface_away_is_listened_to_again: no veth in this kernel"
	exit 0
}
listens() { # a packet socket that runs on the interface, sk_buffs of all protocols: packet_seq_show() of the kernel
	awk -v i="$(ip -o link show es1 | cut -d: -f1)" '$4 == "0003" && $5 == i && $6 == 1 { n++ } END { exit n == 0 }' /proc/net/packet
}
resumes() { # NAME: within two seconds from now on
	wait_for 2 listens && ok "interface_$1" || bad "interface_$1" "$(tail -3 "$tmp/ep.log")"
	sleep 1.5 # so that something is heard in between
}

init && start || { bad interface_collector_starts "$(tail -3 "$tmp/serve.log")"; finish; }
enrol ep || bad interface_enrols "$(cat "$tmp/enrol.out")"
configure ep "capture default { interface = es1 }"
"$earshot" check-config "$tmp/ep.conf" >"$tmp/check" 2>&1
is interface_absent_is_a_fault_for_check_config $? 1
says interface_absent_is_named_by_check_config "$(cat "$tmp/check")" 'there is no "es1"'
begin ep
wait_for 10 grep -q "es1: no such interface, or it is down: waiting for it" "$tmp/ep.log" &&
    ok interface_absent_is_waited_for || bad interface_absent_is_waited_for "$(tail -3 "$tmp/ep.log")"
plug
resumes absent_at_the_start
tests/e2e/rtp.py es0 13 >"$tmp/sent" &
rtp=$!
sleep 1.5
ip link set es1 down
sleep 0.7
ip link set es1 up
resumes down_and_up
ip link del es0
sleep 0.7
plug
resumes deleted_and_made_again
ip link set es1 down && ip link set es1 name other && ip link set other up
sleep 0.7
ip link set other down && ip link set other name es1 && ip link set es1 up
resumes renamed_and_back
wait $rtp
# shellcheck disable=SC2154  # set by begin
kill -TERM "$pid_ep"
wait "$pid_ep"
is interface_sensor_stops_cleanly $? 0
sql "SELECT hex(bytes) FROM stream" | "$tools/records" >"$tmp/stream"
jq -c 'select(.ssrc == "0xa1b2c3d4") | [.packets, .lost, .coverage]' "$tmp/stream" | tail -1 >"$tmp/last"
heard=$(jq '.[0]' "$tmp/last")
[ "${heard:-0}" -gt 300 ] && ok interface_stream_is_heard_in_between ||
    bad interface_stream_is_heard_in_between "$(cat "$tmp/stream" "$tmp/sent")"
is interface_gaps_are_in_the_coverage "$(jq -c '.[2] | [.complete, .gap_ms >= 2000, .gap_ms < 8000]' "$tmp/last")" "[false,true,true]"
[ $failed -ne 0 ] && cat "$tmp/last" "$tmp/ep.log" >&2
finish
