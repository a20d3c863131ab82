#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Machines that lack something: a user who is not root and has CAP_NET_RAW alone, a root file system that is read-only, no /proc,
# a kernel without seccomp. On each the service measures a stream to the collector, `earshot live` and `earshot read` work,
# and what is missing is in status or log; without any right the message names it.
# Needs root and namespaces. usage: tests/e2e/poor_machine.sh [BUILD_DIR]
if [ -z "$IN_NAMESPACE" ]; then
	if [ "$(id -u)" != 0 ] || ! unshare -nm true 2>/dev/null; then
		echo "skip poor_machine: no right to make namespaces"
		exit 0
	fi
	IN_NAMESPACE=1 exec unshare -nm "$0" "$@"
fi
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib_agents.sh
. "$PWD/tests/e2e/lib_agents.sh"
root=$tmp/root
leave() {
	end_agents
	umount "$root$tmp" "$root/proc" "$root/dev" "$root" 2>/dev/null
}
trap 'leave; stop; rm -rf "$tmp"' INT TERM
ip link set lo up
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 2>/dev/null
ip link add es0 type veth peer name es1 && ip link set es0 up && ip link set es1 up &&
    mkdir "$root" && mount --bind / "$root" && mount -o remount,bind,ro "$root" &&
    mount --bind /dev "$root/dev" && mount --bind "$tmp" "$root$tmp" || {
	echo "skip poor_machine: no veth or no bind mount in this kernel"
	leave
	rm -rf "$tmp"
	exit 0
}
chmod 711 "$tmp"
tools=$PWD/$tools

# How a command is run on each. The read-only root has /proc, the other one has neither /proc nor /sys.
on() { # MACHINE COMMAND...
	machine=$1
	shift
	case $machine in
	no_root) exec setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw \
	    --bounding-set=-all,+net_raw "$@" ;;
	no_right) exec setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps=-all --bounding-set=-all "$@" ;;
	read_only) exec unshare -m sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$root" "$@" ;;
	no_proc) exec chroot "$root" "$@" ;;
	no_seccomp) exec "$tools/no_seccomp" "$@" ;;
	esac
}
missing() { # MACHINE: what log or status has of it
	case $1 in
	no_seccomp) echo 'off (this kernel has no seccomp)' ;;
	*) echo enforce ;;
	esac
}

init && start || { bad poor_collector_starts "$(tail -3 "$tmp/serve.log")"; leave; finish; }
machines='no_root read_only no_proc no_seccomp'
"$earshot" read --json tests/golden/clean_plainproxy/ep.pcap.gz >"$tmp/read.want" 2>/dev/null
cp tests/golden/clean_plainproxy/ep.pcap.gz "$tmp/call.pcap.gz"
chmod 644 "$tmp/call.pcap.gz"
lives=
for m in $machines; do
	enrol $m && configure $m "capture default { interface = es1 }" || bad "poor_${m}_enrols" "$(tail -3 "$tmp/enrol.out")"
	mkdir -p "$tmp/$m.run" && chmod 700 "$tmp/$m.run"
	[ $m != no_root ] || chown -R nobody "$tmp/$m" "$tmp/$m.run" "$tmp/$m.conf"
	(on $m "$daemon" --config "$tmp/$m.conf" --supervise) >"$tmp/$m.log" 2>&1 &
	agents="$agents $!"
	(on $m "$earshot" live -i es1) >"$tmp/$m.live" 2>"$tmp/$m.live.err" &
	lives="$lives $!"
	(on $m "$earshot" read --json "$tmp/call.pcap.gz") >"$tmp/$m.read" 2>"$tmp/$m.read.err"
	cmp -s "$tmp/read.want" "$tmp/$m.read" && ok "poor_${m}_reads" || bad "poor_${m}_reads" "$(tail -3 "$tmp/$m.read.err")"
done
runs() { [ "$(status "$1" .sensor)" = running ] && [ "$(status "$1" .sensor_sandbox)" != null ]; }
for m in $machines; do
	wait_for 15 runs $m && ok "poor_${m}_runs" || bad "poor_${m}_runs" "$(tail -3 "$tmp/$m.log")"
done
tests/e2e/rtp.py es0 3 >"$tmp/sent"
sleep 0.5 # the kernel hands packets over in blocks
# shellcheck disable=SC2086  # pids
kill -INT $lives
# shellcheck disable=SC2086
wait $lives
for m in $machines; do
	is "poor_${m}_says_its_sandbox" "$(status $m '[.sandbox, .sensor_sandbox] | unique[]')" "$(missing $m)"
	says "poor_${m}_live_hears" "$(jq -c '[.ssrc, .packets >= 100]' "$tmp/$m.live" 2>/dev/null; cat "$tmp/$m.live.err")" '"0xa1b2c3d4",true'
done
end_agents
for m in $machines; do
	got=$(sql "SELECT hex(s.bytes) FROM stream s JOIN source o ON o.id = s.source JOIN agent a ON a.id = o.agent WHERE a.name = '$m'" | "$tools/records" |
	    jq -c 'select(.ssrc == "0xa1b2c3d4") | .packets >= 100' | tail -1)
	is "poor_${m}_measures" "$got" true
done
says poor_no_seccomp_is_logged "$(cat "$tmp/no_seccomp.log")" 'sandbox off (this kernel has no seccomp): no system call is refused'

# What cannot work says why, in one line.
got=$(on no_right "$earshot" live -i es1 2>&1)
says poor_no_right_is_named_by_live "$got" CAP_NET_RAW
cp -r "$tmp/no_root" "$tmp/no_right" && sed "s/no_root/no_right/" "$tmp/no_root.conf" >"$tmp/no_right.conf"
mkdir -m 700 "$tmp/no_right.run" && chown -R nobody "$tmp/no_right" "$tmp/no_right.run" "$tmp/no_right.conf"
got=$(on no_right timeout 20 "$daemon" --config "$tmp/no_right.conf" --role sensor 2>&1)
says poor_no_right_is_named_by_the_sensor "$got" "capturing needs root or CAP_NET_RAW"
sed "s|^state-dir.*|state-dir = $PWD/no-such|" "$tmp/read_only.conf" >"$tmp/elsewhere.conf"
got=$(on read_only timeout 20 "$daemon" --config "$tmp/elsewhere.conf" --role shipper 2>&1)
says poor_read_only_state_directory_is_named "$got" 'no-such'
leave
finish
