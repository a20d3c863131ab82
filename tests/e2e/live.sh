#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `earshot live` on one end of a veth pair, a golden call sent on the other: the same streams and
# counts as `earshot read` on the capture. Needs network namespaces. usage: tests/e2e/live.sh [BUILD_DIR]
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
	"$earshot" live -i es1 --json >"$tmp/live" 2>"$tmp/err" &
	pid=$!
	n=0                                          # until its socket listens on the interface
	until grep -q . /proc/net/packet 2>/dev/null && [ "$(wc -l </proc/net/packet)" -gt 1 ]; do
		n=$((n + 1)); [ $n -lt 200 ] || break; sleep 0.05
	done
	tests/e2e/inject.py "$capture" es0 1000 >"$tmp/sent"
	sleep 1                                      # the kernel hands packets over in blocks
	kill -INT $pid
	wait $pid
	echo $? >"$tmp/status"'
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
exit $failed
