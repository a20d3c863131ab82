#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The scripts of other service managers than systemd: shellcheck finds nothing in them, and the one for sysv and busybox
# starts, reloads and stops agent and collector for real.
# usage: tests/packaging/services.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
for manager in sysv openrc procd; do
	SYSCONFDIR="$tmp/$manager/etc" packaging/install.sh "$B" '' "$tmp/$manager/usr" agent collector $manager 2>"$tmp/why" ||
		{ bad services_install "$(cat "$tmp/why")"; finish; }
	is "services_${manager}_has_no_place_left_open" "$(grep -rlE '@[a-z]+@' "$tmp/$manager/etc")" ''
	if command -v shellcheck >/dev/null; then
		is "services_${manager}_shellcheck" "$(shellcheck -s sh -S style "$tmp/$manager"/etc/init.d/* 2>&1)" ''
	else
		echo "skip services_${manager}_shellcheck: shellcheck is not installed"
	fi
done

export EARSHOT_ROOT="$tmp/root"
collector() { "$@" "$tmp/sysv/etc/init.d/earshot-collector" "$action" 2>&1; }
agent() { "$@" "$tmp/sysv/etc/init.d/earshot-agent" "$action" 2>&1; }
act() { # WHO ACTION SHELL...
	who=$1 action=$2
	shift 2
	$who "$@"
}
is services_not_enrolled "$(act agent start sh)" "earshot-enroll: this machine is not enrolled, and no token is at hand: see earshot enroll --help
earshot-agent: not started: there is no $tmp/root/var/lib/earshot/agent.pem"

# The collector's directory is fixed in a package: here a link leads from there to the test's.
init || bad services_init "$(cat "$tmp/init.out")"
mkdir -p "$tmp/root/var/lib/earshot" "$tmp/root/run" "$tmp/sysv/etc/earshot/conf.d"
chmod 700 "$tmp/root/var/lib/earshot"
ln -s "$D" "$tmp/root/var/lib/earshot-collector"
sed -i "s|earshot-collector serve|earshot-collector serve --dir $D|" "$tmp/sysv/etc/init.d/earshot-collector"
printf 'state-dir = "%s"\nrun-dir = "%s"\nhost = no\ncollector = "127.0.0.1:%s"\ncapture "default" { replay = {"%s"} }\n' \
    "$tmp/root/var/lib/earshot" "$tmp/root/run/earshot" "$data" "$PWD/tests/golden/loss_seg1/ep.pcap.gz" >"$tmp/sysv/etc/earshot/earshotd.conf"
stored() { [ "$(sql 'select count(*) from call' 2>/dev/null)" -ge 1 ]; }
shells='sh'
! command -v busybox >/dev/null || shells='sh busybox'
for shell in $shells; do
	case $shell in busybox) run='busybox sh' ;; *) run='sh' ;; esac
	# shellcheck disable=SC2086  # two words
	is "services_collector_starts_by_$shell" "$(act collector start $run)" 'earshot-collector: started'
	wait_for 15 listening "$enroll" || bad "services_collector_listens_by_$shell" "$(tail -n 3 "$tmp/root/var/log/earshot-collector.log")"
	[ -s "$tmp/root/var/lib/earshot/agent.pem" ] ||
		(umask 077; printf 'EARSHOT_COLLECTOR=127.0.0.1:%s\nEARSHOT_TOKEN=%s\n' "$enroll" "$("$bin" token --dir "$D" --agent one 2>/dev/null)" \
		    >"$tmp/enroll.env")
	mkdir -p "$tmp/root$tmp/sysv/etc/earshot"
	[ ! -e "$tmp/enroll.env" ] || mv "$tmp/enroll.env" "$tmp/root$tmp/sysv/etc/earshot/enroll.env"
	# shellcheck disable=SC2086
	says "services_agent_starts_by_$shell" "$(act agent start $run)" 'earshot-agent: started'
	# shellcheck disable=SC2086
	is "services_agent_starts_once_by_$shell" "$(act agent start $run)" 'earshot-agent: runs already'
	# shellcheck disable=SC2086
	says "services_agent_status_by_$shell" "$(act agent status $run)" 'runs as process'
	wait_for 20 stored && ok "services_agent_delivers_by_$shell" || bad "services_agent_delivers_by_$shell" "$(tail -n 5 "$tmp/root/var/log/earshot-agent.log")"
	# shellcheck disable=SC2086
	act collector reload $run && wait_for 10 grep -q 'read again' "$tmp/root/var/log/earshot-collector.log" && ok "services_reload_by_$shell" ||
		bad "services_reload_by_$shell" "$(tail -n 3 "$tmp/root/var/log/earshot-collector.log")"
	# shellcheck disable=SC2086
	is "services_stop_by_$shell" "$(act agent stop $run; act collector stop $run)" 'earshot-agent: stopped
earshot-collector: stopped'
	# shellcheck disable=SC2086
	is "services_status_after_stop_by_$shell" "$(act agent status $run; echo $?)" 'earshot-agent: does not run
3'
	rm -f "$tmp"/root/var/log/*.log
done
# The machine was switched off: the number in the file is another process's by now, which must not be ended.
sleep 60 &
stranger=$!
for who in agent collector; do
	echo $stranger >"$tmp/root/run/earshot-$who.pid"
	is "services_stale_pid_of_${who}_is_nobody" "$(act $who status sh; act $who stop sh)" "earshot-$who: does not run
earshot-$who: does not run"
done
if kill -0 $stranger 2>/dev/null; then ok services_stale_pid_is_left_alone; else bad services_stale_pid_is_left_alone "it was ended"; fi
kill $stranger

# Without a syslog the log is a file that does not grow for ever; the script's own function keeps it.
sed -n '/^keep_log()/,/^}/p' "$tmp/sysv/etc/init.d/earshot-agent" >"$tmp/keep_log"
printf '%s\n' 'log_lines=100' ". $tmp/keep_log" 'keep_log "$1"' >"$tmp/keep"
for n in 1 2; do seq 130 | sh "$tmp/keep" "$tmp/kept"; done
is services_log_is_two_files_of_so_many_lines "$(wc -l <"$tmp/kept") $(wc -l <"$tmp/kept.1") $(tail -n 1 "$tmp/kept")" '60 100 130'

is services_leave_no_process "$(pgrep -f "$tmp/sysv/usr/sbin" | tr '\n' ' ')" ''
finish
