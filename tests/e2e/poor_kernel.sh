#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Kernels without inotify, timerfd and netlink, without locked memory, rings or packet sockets; poor_machine.sh has those
# without seccomp. A call is measured there as anywhere, or one line says what is missing; what needs no right works without.
# Needs root and network namespaces. usage: tests/e2e/poor_kernel.sh [BUILD_DIR]
if [ -z "$IN_NAMESPACE" ]; then
	if [ "$(id -u)" != 0 ] || ! unshare -n true 2>/dev/null; then
		echo "skip poor_kernel: no right to make a network namespace"
		exit 0
	fi
	IN_NAMESPACE=1 exec unshare -n "$0" "$@"
fi
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
: >"$tmp/serve.log" # no collector here: what is measured is spooled
ip link set lo up
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 2>/dev/null
ip link add es0 type veth peer name es1 && ip link set es0 up && ip link set es1 up || {
	echo "skip poor_kernel: no veth in this kernel"
	rm -rf "$tmp"
	exit 0
}
user=65534
# Programs and capture where each user reaches them.
chmod 755 "$tmp"
cp "$B/earshot" "$B/earshotd" "$tools/poor_kernel" "$tmp/" && cp tests/golden/clean_plainproxy/ep.pcap.gz "$tmp/call.pcap.gz" || exit 2
machine() { # NAME COMMAND: a program that runs its arguments there, and is them in the end, for signals
	printf '#!/bin/sh\nexec %s "$@"\n' "$2" >"$tmp/$1" && chmod 755 "$tmp/$1"
}
machine no_right "setpriv --reuid=$user --regid=$user --clear-groups --inh-caps=-all"
machine no_memlock "prlimit --memlock=0:0"
for lack in ring events packet; do machine no_$lack "$tmp/poor_kernel $lack"; done

counts='[inputs | select(.record == "stream") | [.src, .dst, .ssrc, .packets, .lost]] | sort'
configure() { # NAME SECTION
	rm -rf "$tmp/state" "$tmp/run"
	mkdir -m 700 "$tmp/state" "$tmp/run"
	[ "$owner" = 0 ] || chown "$owner" "$tmp/state" "$tmp/run"
	printf '%s\n' "state-dir = $tmp/state" "run-dir = $tmp/run" "host = no" "spool-free = 0" "$1" >"$tmp/conf"
}
status() { "$machine" "$tmp/earshot" status --config "$tmp/conf" --json 2>"$tmp/status.err" | jq -r "$1"; }
begin() { "$machine" "$tmp/earshotd" --config "$tmp/conf" --supervise >"$tmp/log" 2>&1 & pid=$!; }
end() {
	kill -TERM "$pid"
	wait "$pid"
}
spooled() { [ "$(status '.spool.records >= 5')" = true ]; }
log() { grep -E "error|warning" "$tmp/log" | head -n 4; }

reads() { # NAME: earshot read
	"$machine" "$tmp/earshot" read --json "$tmp/call.pcap.gz" 2>"$tmp/err" | jq -n -c "$counts" >"$tmp/got"
	is "poor_$1_read" "$(cat "$tmp/got")" "$want"
}
replays() { # NAME: the service measures and spools a capture
	configure "capture default { role = endpoint replay = {\"$tmp/call.pcap.gz\"} }"
	begin
	wait_for 10 spooled && ok "poor_$1_replay" || bad "poor_$1_replay" "$(log; status .; cat "$tmp/status.err")"
}
listens() { # NAME: the service and earshot live hear one call each by itself
	configure "capture default { interface = es1 }"
	begin
	wait_for 10 grep -q "live at 1 place" "$tmp/log"
	"$machine" "$tmp/earshot" live -i es1 --json >"$tmp/live" 2>"$tmp/live.err" &
	live=$!
	wait_for 10 grep -q "listening on es1" "$tmp/live.err"
	tests/e2e/inject.py "$tmp/call.pcap.gz" es0 1000 >/dev/null
	wait_for 10 spooled && ok "poor_$1_live_service" || bad "poor_$1_live_service" "$(log; status .; cat "$tmp/status.err")"
	sleep 1 # the kernel hands packets over in blocks
	kill -INT $live
	wait $live
	jq -n -c "$counts" <"$tmp/live" >"$tmp/got"
	is "poor_$1_live" "$(cat "$tmp/got")" "$want"
}
works() { # NAME
	machine=$tmp/$1
	owner=0
	if ! "$machine" true 2>"$tmp/err"; then
		echo "skip poor_$1: $(head -c 100 "$tmp/err")"
		return
	fi
	reads "$1"
	replays "$1"
	end
	listens "$1"
	end
	is "poor_$1_ends_well" $? 0
}
refuses() { # NAME LINE COMMAND...: it fails, and its words have the line
	name=$1 line=$2
	shift 2
	said=$(timeout 20 "$machine" "$@" 2>&1) && bad "poor_$name" "it did not fail: $said"
	says "poor_$name" "$said" "$line"
}

says_why() { # NAME LINE: the service that is to listen logs it
	configure "capture default { interface = es1 }"
	begin
	wait_for 10 grep -qF "$2" "$tmp/log" && ok "poor_$1_service" || bad "poor_$1_service" "$(cat "$tmp/log")"
	end
}

want=$("$tmp/earshot" read --json "$tmp/call.pcap.gz" | jq -n -c "$counts")
[ ${#want} -gt 50 ] || bad poor_capture_has_streams "$want"
works no_events
works no_memlock

machine=$tmp/no_right owner=$user
reads no_right
refuses no_right_live CAP_NET_RAW "$tmp/earshot" live -i es1
replays no_right
end
says_why no_right CAP_NET_RAW

machine=$tmp/no_packet owner=0
reads no_packet
refuses no_packet_live "Address family not supported" "$tmp/earshot" live -i es1
says_why no_packet "this kernel has no packet sockets (CONFIG_PACKET)"

machine=$tmp/no_ring
reads no_ring
refuses no_ring_live "es1" "$tmp/earshot" live -i es1
says_why no_ring "es1: cannot set up a ring: Cannot allocate memory"

finish
