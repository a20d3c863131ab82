#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The process that reads packets is killed as a crash would, during a stream: it is started again after a second, the stream
# carries the gap, a health record counts the crash. It has no right, no file and no socket of its own making; it goes
# when the process that opened its capture is killed. Needs network namespaces. usage: tests/e2e/parser_crash.sh [BUILD_DIR]
if [ -z "$IN_NAMESPACE" ]; then
	if ! unshare -n true 2>/dev/null; then
		echo "skip parser_crash_leaves_a_gap: no right to make a network namespace"
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
	echo "skip parser_crash_leaves_a_gap: no veth in this kernel"
	exit 0
}
parser() { pgrep -P "$(child ep sensor)"; }
field() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
limit() { sed -n "s/^$2  *\([0-9a-z]*\)  *\([0-9a-z]*\) .*/\1 \2/p" "/proc/$1/limits"; }
is_new() { [ -n "$(parser)" ] && [ "$(parser)" != "$old" ] && [ "$(grep -c 'sensor: live' "$tmp/ep.log")" -ge "$1" ]; }
gone() { [ ! -e "/proc/$1" ]; }

init && start || { bad parser_collector_starts "$(tail -3 "$tmp/serve.log")"; finish; }
enrol ep || bad parser_enrols "$(cat "$tmp/enrol.out")"
configure ep "capture default { interface = es1 }"
begin ep
wait_for 10 grep -q "sensor: live" "$tmp/ep.log" || bad parser_listens "$(tail -3 "$tmp/ep.log")"
opener=$(child ep sensor)
old=$(parser)
is parser_has_no_right "$(field "$old" CapPrm) $(field "$old" CapEff) $(field "$old" NoNewPrivs)" "0000000000000000 0000000000000000 1"
is opener_has_one_right "$(field "$opener" CapPrm) $(field "$opener" CapEff) $(field "$opener" NoNewPrivs)" "0000000000002000 0000000000002000 1"
is parser_writes_no_file "$(limit "$old" 'Max file size')" "0 0"
is parser_starts_no_process "$(limit "$old" 'Max processes')" "0 0"
is parser_dumps_no_core "$(limit "$old" 'Max core file size')" "0 0"
is parser_has_few_descriptors "$(limit "$old" 'Max open files')" "64 64"
# its log, the loop, memory, the opener, the hop, the ring
ls -l "/proc/$old/fd" | sed -n 's/.*-> //p' | sed 's/[0-9][0-9]*/N/g' | sort -u >"$tmp/fds"
is parser_holds_no_file "$(grep -v -e '^pipe:' -e '^socket:' -e '^anon_inode:' -e "^/proc/N/statm$" "$tmp/fds")" ""
tests/e2e/rtp.py es0 10 >"$tmp/sent" &
rtp=$!
is_open() { [ "$(status ep .open_streams)" -ge 1 ]; }
wait_for 10 is_open && ok parser_measures || bad parser_measures "$(status ep .)"
kill -SEGV "$old"
wait_for 5 is_new 2 && ok parser_is_started_again || bad parser_is_started_again "$(tail -3 "$tmp/ep.log")"
says parser_crash_is_logged "$(cat "$tmp/ep.log")" "the parser was killed by signal 11: started again in 1000 ms"
wait $rtp
old=$(parser)
kill -KILL "$opener"
# Its number is given back by whoever is process 1 here, who may take a while.
has_ended() { gone "$1" || grep -q '^State:[[:space:]]*Z' "/proc/$1/status"; }
wait_for 2 has_ended "$old" && ok parser_ends_with_its_opener || bad parser_ends_with_its_opener "$(cat "/proc/$old/status")"
wait_for 5 is_new 3 && ok opener_comes_back || bad opener_comes_back "$(tail -3 "$tmp/ep.log")"
sleep 2
# shellcheck disable=SC2154  # set by begin
kill -TERM "$pid_ep"
wait "$pid_ep"
is parser_stops_cleanly $? 0
sql "SELECT hex(bytes) FROM stream" | "$tools/records" | jq -c 'select(.ssrc == "0xa1b2c3d4") | .coverage' >"$tmp/stream"
is parser_crash_leaves_a_gap "$(jq -c '[.complete, .gap_ms > 500]' "$tmp/stream" | head -1)" "[false,true]"
sql "SELECT hex(bytes) FROM machine" | "$tools/records" | jq -c 'select(.record == "health") | .counters.parser_crashes // 0' >"$tmp/health"
is parser_crash_is_counted "$(sort -n "$tmp/health" | tail -1)" 1
[ $failed -ne 0 ] && cat "$tmp/ep.log" >&2
finish
