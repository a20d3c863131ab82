#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `earshot live` on one end of a veth pair, a golden call sent on the other: the same streams and
# counts as `earshot read` on the capture; what it prints where no terminal is, and for whom nobody reads it.
# Needs network namespaces. usage: tests/e2e/live.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
earshot=$PWD/${1:-build/native-release}/earshot
capture=tests/golden/clean_plainproxy/ep.pcap.gz
if ! unshare -n true 2>/dev/null; then
	echo "skip live_counts_as_read: no right to make a network namespace"
	exit 0
fi
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
export earshot capture tmp
unshare -n sh -c '
	echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 2>/dev/null
	ip link add es0 type veth peer name es1 && ip link set es0 up && ip link set es1 up || exit 77
	"$earshot" live -i es1 >"$tmp/live" 2>"$tmp/err" &
	pid=$!
	"$earshot" live -i es1 --lines >"$tmp/lines" 2>/dev/null &
	lines=$!
	"$earshot" live -i es1 --records call,stream,interval >"$tmp/running" 2>/dev/null &
	running=$!
	(timeout 60 "$earshot" live -i es1 2>"$tmp/left.err"; echo $? >"$tmp/left.status") | head -n 1 >"$tmp/left" &
	left=$!
	n=0                                          # until their sockets listen on the interface
	until [ "$(wc -l </proc/net/packet)" -gt 4 ]; do
		n=$((n + 1)); [ $n -lt 200 ] || break; sleep 0.05
	done
	tests/e2e/inject.py "$capture" es0 1000 >"$tmp/sent"
	sleep 1                                      # the kernel hands packets over in blocks
	kill -INT $pid $lines $running
	wait $pid
	echo $? >"$tmp/status"
	wait $lines $running $left'
[ $? -ne 77 ] || { echo "skip live_counts_as_read: no veth in this kernel"; exit 0; }
"$earshot" read --json "$capture" >"$tmp/read"
counts='select(.record == "stream") | [.src, .dst, .ssrc, .packets, .expected, .lost, .duplicates]'
jq -c "$counts" "$tmp/read" | sort >"$tmp/want"
jq -c "$counts" "$tmp/live" | sort >"$tmp/got"
failed=0
if [ -s "$tmp/want" ] && cmp -s "$tmp/want" "$tmp/got"; then
	echo "ok live_counts_as_read"
else
	echo "FAIL live_counts_as_read: $(cat "$tmp/sent" "$tmp/err" | head -c 200); got $(tr '\n' ' ' <"$tmp/got"), want $(tr '\n' ' ' <"$tmp/want")"
	failed=1
fi
calls='select(.record == "call") | [.call_id, .state, .final_status]'
# The answer to BYE completes the record once more: the call is still one line.
if [ "$(jq -c "$calls" "$tmp/live")" = "$(jq -c "$calls" "$tmp/read")" ] && [ -n "$(jq -c "$calls" "$tmp/read")" ]; then
	echo "ok live_sees_the_call"
else
	echo "FAIL live_sees_the_call: got $(jq -c "$calls" "$tmp/live")"
	failed=1
fi
if [ "$(cat "$tmp/status")" = 0 ] &&
    [ "$(cat "$tmp/err")" = "earshot live: listening on es1, until Ctrl-C" ]; then
	echo "ok live_ends_well_on_interrupt"
else
	echo "FAIL live_ends_well_on_interrupt: exit status $(cat "$tmp/status"): $(head -c 200 "$tmp/err")"
	failed=1
fi
# Where no terminal is: JSON lines and nothing else, with the keys of `read --json`. The call is sent faster than it was
# made, too fast for a skew of clocks.
names='[.record, (keys_unsorted - ["skew_ppm"])]'
if jq -es 'all(type == "object")' "$tmp/live" >/dev/null && [ -s "$tmp/live" ] &&
    [ "$(jq -c "$names" "$tmp/live" | sort)" = "$(jq -c "$names" "$tmp/read" | sort)" ]; then
	echo "ok live_prints_json_lines_where_no_terminal_is"
else
	echo "FAIL live_prints_json_lines_where_no_terminal_is: $(head -c 300 "$tmp/live")"
	failed=1
fi
# The blocks of a call in progress come before the call, and are those of `read`.
blocks='select(.record == "interval") | [.ssrc, .block, .expected, .lost]'
"$earshot" read --json --records interval "$capture" >"$tmp/blocks"
if [ "$(jq -c "$blocks" "$tmp/running" | sort)" = "$(jq -c "$blocks" "$tmp/blocks" | sort)" ] && [ -s "$tmp/blocks" ] &&
    [ "$(jq -r .record "$tmp/running" | sed -n '1p;$p' | tr '\n' ' ')" = "interval call " ]; then
	echo "ok live_prints_blocks_of_calls_in_progress"
else
	echo "FAIL live_prints_blocks_of_calls_in_progress: $(jq -r .record "$tmp/running" | uniq -c | tr '\n' ' ')"
	failed=1
fi
call=$(jq -r 'select(.record == "call").call_id | .[:8]' "$tmp/read")
if [ "$(grep -c '^calls' "$tmp/lines")" = 1 ] && [ "$(sed '1,/^calls/d' "$tmp/lines" | grep -c "$call")" = 1 ]; then
	echo "ok live_prints_a_table_if_asked"
else
	echo "FAIL live_prints_a_table_if_asked: $(head -c 300 "$tmp/lines")"
	failed=1
fi
if [ "$(cat "$tmp/left.status")" = 141 ] && jq -e .record "$tmp/left" >/dev/null &&
    [ "$(cat "$tmp/left.err")" = "earshot live: listening on es1, until Ctrl-C" ]; then
	echo "ok live_ends_quietly_when_its_reader_leaves"
else
	echo "FAIL live_ends_quietly_when_its_reader_leaves: exit status $(cat "$tmp/left.status"): $(head -c 200 "$tmp/left.err")"
	failed=1
fi
exit $failed
