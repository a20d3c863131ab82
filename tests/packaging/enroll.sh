#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What runs before the agent's service: enrolment without a prompt, by a file or the environment; a copy of another
# machine's disk enrols as itself. Below a root of the test's own, against a real collector.
# usage: tests/packaging/enroll.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
state=$tmp/root/var/lib/earshot
etc=$tmp/root$tmp/etc/earshot # the directory it was installed for, below the root
mkdir -p "$state" "$etc" && chmod 700 "$state"
SYSCONFDIR="$tmp/etc" packaging/install.sh "$B" '' "$tmp/inst" agent >"$tmp/why" 2>&1 || { bad enroll_install "$(cat "$tmp/why")"; finish; }
before_start() { # the line that it says, and its exit status
	said=$(EARSHOT_ROOT="$tmp/root" "$tmp/inst/lib/earshot/enroll" 2>&1)
	echo "$? $said"
}
token() { "$bin" token --dir "$D" --agent "$1" 2>/dev/null; }
named() { openssl x509 -noout -subject -in "$state/agent.pem"; }

init && start || { bad collector_starts "$(cat "$tmp/init.out")"; finish; }
mkdir "$tmp/root/etc"
echo machine-one >"$tmp/root/etc/machine-id"

says enroll_without_a_token_waits "$(before_start)" '0 earshot-enroll: this machine is not enrolled, and no token is at hand'
(umask 077; token one >"$etc/token")
says enroll_without_a_collector_says_so "$(before_start)" '1 earshot-enroll: there is a token, but no collector'
echo "EARSHOT_COLLECTOR=127.0.0.1:1" >"$etc/enroll.env"
says enroll_of_a_collector_that_is_away_fails "$(before_start)" '1 '
[ -s "$etc/token" ] && ok enroll_that_failed_keeps_the_token || bad enroll_that_failed_keeps_the_token "it is gone"

echo "EARSHOT_COLLECTOR=127.0.0.1:$enroll" >"$etc/enroll.env"
says enroll_by_a_file "$(before_start)" '0 enrolled as one '
[ ! -e "$etc/token" ] && ok enroll_removes_the_token || bad enroll_removes_the_token "it is there"
is enroll_names_the_collector "$(tail -n 1 "$etc/conf.d/collector.conf")" 'collector = "127.0.0.1:6100"'
one=$(named)
is enroll_configuration_can_be_read_by_the_service "$(stat -c %a "$etc/conf.d" "$etc/conf.d/collector.conf" | tr '\n' ' ')" '755 644 '
is enroll_is_done_once "$(before_start)" '0 '

# A copy of the disk: another machine-id, and a token in the environment's file.
: >"$state/spool-of-one"
echo machine-two >"$tmp/root/etc/machine-id"
printf 'EARSHOT_COLLECTOR=127.0.0.1:%s\nEARSHOT_TOKEN=%s\n' "$enroll" "$(token two)" >"$etc/enroll.env"
says enroll_of_a_copy_forgets_the_first "$(before_start)" 'this is a copy of another machine'
[ "$(named)" != "$one" ] && ok enroll_of_a_copy_has_another_name || bad enroll_of_a_copy_has_another_name "$one"
[ ! -e "$state/spool-of-one" ] && ok enroll_of_a_copy_has_no_record_of_the_first ||
	bad enroll_of_a_copy_has_no_record_of_the_first "it has"
is enroll_forgets_a_used_token "$(cat "$etc/enroll.env")" "EARSHOT_COLLECTOR=127.0.0.1:$enroll"
is enroll_of_a_copy_is_done_once "$(before_start)" '0 '

# A configuration that has a collector is not touched.
echo machine-three >"$tmp/root/etc/machine-id"
rm "$etc/conf.d/collector.conf"
echo 'collector = other.example:7000' >"$etc/conf.d/site.conf"
(umask 077; token three >"$etc/token")
says enroll_third "$(before_start)" 'enrolled as three '
[ ! -e "$etc/conf.d/collector.conf" ] && ok enroll_leaves_the_collector_that_is_configured ||
	bad enroll_leaves_the_collector_that_is_configured "$(cat "$etc/conf.d/collector.conf")"

# As in a package: the state directory is the service's user's, and root writes there as that user.
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$tmp" "$tmp/root" "$tmp/root/var" "$tmp/root/var/lib"
	rm -rf "$state"
	mkdir -m 700 "$state"
	chown nobody "$state"
	(umask 077; token four >"$etc/token")
	says enroll_as_owner "$(before_start)" 'enrolled as four '
	is enroll_as_owner_leaves_nothing_to_root "$(stat -c %U "$state"/* | sort -u)" nobody
	[ ! -e "$etc/token" ] && ok enroll_as_owner_removes_the_token || bad enroll_as_owner_removes_the_token "it is there"
else
	echo "skip enroll_as_owner: only root can give files away"
fi
finish
