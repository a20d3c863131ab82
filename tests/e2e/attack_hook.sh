#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whoever takes over a process of ours can do no more than its role: a debugger of root's makes running
# processes call the kernel for what an intruder would; each dies or fails. usage: tests/e2e/attack_hook.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib_agents.sh
. "$PWD/tests/e2e/lib_agents.sh"

skip() {
	echo "skip attack_hook: $1"
	rm -rf "$tmp"
	exit 0
}
[ "$(id -u)" = 0 ] || skip "needs root to attach to processes of other users"
"$tools/attack" 2>/dev/null
[ $? != 77 ] || skip "the registers of this machine are not known"
[ -r /proc/sys/kernel/seccomp/actions_avail ] || skip "this kernel has no seccomp"

chmod 711 "$tmp"
init && printf 'user = nobody\n' >>"$D/collector.conf" && chown -R nobody "$D" && start ||
    { bad attack_collector_starts "$(tail -3 "$tmp/serve.log")"; finish; }
printf '%s\n' "state-dir = $tmp/a" "run-dir = $tmp/a.run" "spool-free = 0" "user = nobody" \
    'capture "default" { interface = lo }' >"$tmp/a.conf"
mkdir -m 700 "$tmp/a" "$tmp/a.run" && chown nobody "$tmp/a" "$tmp/a.run"
begin a

find_role() { # ROLE: its pid now, once it has entered its sandbox
	case $1 in
	parser) for p in $(pgrep -P "$(child a sensor)"); do echo "$p"; done | head -n 1 ;;
	shipper) child a shipper ;;
	*) role_pid "$1" ;;
	esac
}
is_confined() { # ROLE
	pid=$(find_role "$1")
	[ -n "$pid" ] && grep -q '^Seccomp:[[:space:]]*2' "/proc/$pid/status"
}
kill_agents() { # its parts die with it; an orderly end would wait for the one that died
	# shellcheck disable=SC2086  # pids
	kill -KILL $agents; wait $agents
	agents=
}
# Back-off starts a process that died again after 1, 2, 4 ... seconds: each that died gives way to a new service.
again() { # ROLE
	case $1 in
	parser | shipper) kill_agents; rm -rf "$tmp/a.run"; mkdir -m 700 "$tmp/a.run" && chown nobody "$tmp/a.run" && begin a ;;
	*) stop; start ;;
	esac
}
all='nothing open openat openat-write packet-socket execve ptrace kill map-code protect-code detach-filter fork clone unlink unlinkat bind'
ring='detach-ring-filter unlock-ring-filter ioctl-ring'
for role in parser shipper ingest portal; do
	calls='nothing openat-write packet-socket execve ptrace kill protect-code' # each that dies costs a start
	[ -z "$LONG" ] || calls=$all
	[ $role != parser ] || calls="$all $ring"
	wait_for 15 is_confined $role || { bad "attack_${role}_is_confined" "no filter: $(cat "$tmp/a.log" "$tmp/serve.log" | tail -n 3)"; continue; }
	state=$(grep -E '^(CapEff|CapPrm|NoNewPrivs|Seccomp):' "/proc/$pid/status" | tr -d '\t\n')
	is "attack_${role}_holds_no_right" "$state" CapPrm:0000000000000000CapEff:0000000000000000NoNewPrivs:1Seccomp:2
	if [ $role = portal ]; then # one user runs both parts here: only how it opened them keeps it from writing
		for f in "/proc/$pid/fd"/*; do
			case $(readlink "$f") in
			"$D"/*) echo "$(readlink "$f") $(sed -n 's/^flags:.*\(.\)$/\1/p' "/proc/$pid/fdinfo/${f##*/}")" ;;
			esac
		done >"$tmp/held"
		is attack_portal_holds_nothing_to_write "$(grep -v ' [04]$' "$tmp/held")" ''
		is attack_portal_maps_nothing_to_write "$(grep "$D/" "/proc/$pid/maps" | grep -v ' r--[sp] ')" ''
		says attack_portal_holds_the_database "$(cat "$tmp/held")" earshot.db
		says attack_portal_holds_the_log "$(cat "$tmp/held")" earshot.db-wal
	fi
	for call in $calls; do
		wait_for 25 is_confined $role || { bad "attack_${role}_${call}" "it did not start again"; break; }
		got=$("$tools/attack" "$pid" $call 2>&1)
		case $call:$got in
		nothing:"fails: Bad file descriptor" | [!n]*:dies* | [!n]*:"fails: "*) ok "attack_${role}_${call}" ;;
		*) bad "attack_${role}_${call}" "$got" ;;
		esac
		case $got in dies*) again $role >/dev/null 2>&1 ;; esac
		[ -z "$SHOW" ] || echo "   $role $call $got"
	done
done
end_agents

# The second line: without a list of calls the kernel keeps the filter of a ring all the same.
echo 'sandbox = off' >>"$tmp/a.conf"
begin a
has_ring() {
	pid=$(find_role parser)
	[ -n "$pid" ] && [ "$("$tools/attack" "$pid" ioctl-ring 2>&1)" = "fails: Operation not permitted" ]
}
wait_for 15 has_ring || bad attack_parser_without_list "$(tail -n 3 "$tmp/a.log")"
for call in detach-ring-filter unlock-ring-filter; do
	is "attack_parser_${call}_without_list" "$("$tools/attack" "$pid" $call 2>&1)" "fails: Operation not permitted"
done
end_agents
finish
