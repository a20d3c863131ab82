#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Packets and records of our own ring against those of libpcap, on the same traffic: a golden call on a veth pair, the same
# with VLAN tags, on all interfaces at once and on the loopback interface.
# Needs network namespaces. usage: tests/e2e/ring.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
B=${1:-build/native-release}
if [ -z "$IN_NAMESPACE" ]; then
	if ! unshare -n true 2>/dev/null; then
		echo "skip ring_gives_what_libpcap_gives: no right to make a network namespace"
		exit 0
	fi
	IN_NAMESPACE=1 exec unshare -n "$0" "$@"
fi
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
failed=0
capture=tests/golden/clean_plainproxy/ep.pcap.gz
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 2>/dev/null
ip link set lo up
ip link add es0 type veth peer name es1 && ip link set es0 up && ip link set es1 up || {
	echo "skip ring_gives_what_libpcap_gives: no veth in this kernel"
	exit 0
}

compare() { # NAME INTERFACE LINK PACKETS_MIN COMMAND...
	name=$1 interface=$2 link=$3 min=$4
	shift 4
	"$B/tests/e2e/ring" "$interface" >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	n=0
	until grep -q ready "$tmp/out"; do
		n=$((n + 1)); [ $n -lt 100 ] || break; sleep 0.05
	done
	"$@" >"$tmp/sent" 2>&1
	kill -TERM $pid
	wait $pid
	status=$?
	packets=$(sed -n "s/^same: link $link, \([0-9]*\) packets.*/\1/p" "$tmp/out")
	if [ $status -eq 0 ] && [ "${packets:-0}" -ge "$min" ]; then
		echo "ok $name"
	else
		echo "FAIL $name: status $status: $(tail -qn 1 "$tmp/out" "$tmp/err" "$tmp/sent" | tr '\n' ' ')"
		failed=1
	fi
}
tagged() { # frames with one and with two VLAN tags, short and long
	python3 -c "
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('es0', 0))
for i in range(200):
    tags = bytes.fromhex(('81006064', '88a80007', '88a8000781000009')[i % 3])
    s.send(bytes.fromhex('02000000000a02000000000b') + tags + bytes.fromhex('0800') + bytes([0x45] + [i % 256] * (20 + i * 7)))"
}
to_itself() { # datagrams from this machine to itself
	python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(200): s.sendto(b'x' * i * 5, ('127.0.0.1', 9999))"
}
compare ring_gives_what_libpcap_gives es1 1 1000 tests/e2e/inject.py "$capture" es0 1000
compare ring_puts_vlan_tags_back es1 1 200 tagged
compare ring_sees_all_interfaces any 276 2000 tests/e2e/inject.py "$capture" es0 1000
compare ring_hears_itself_once lo 1 200 to_itself
compare ring_hears_itself_once_among_all any 276 200 to_itself

# Speech of a stream: libpcap hears it, the ring of the service does not.
"$B/tests/e2e/ring" es1 cut >"$tmp/out" 2>"$tmp/err" &
pid=$!
n=0
until grep -q ready "$tmp/out"; do
	n=$((n + 1)); [ $n -lt 100 ] || break; sleep 0.05
done
tests/e2e/rtp.py es0 2 >"$tmp/sent"
kill -TERM $pid
if wait $pid; then
	echo "ok ring_lets_no_speech_pass"
else
	echo "FAIL ring_lets_no_speech_pass: $(tail -qn 1 "$tmp/out" "$tmp/err")"
	failed=1
fi
exit $failed
