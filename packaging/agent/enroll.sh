#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs as root before the agent's service. Makes this machine an agent where it is none and a token is at hand; asks
# nothing. A copy of another machine's disk first forgets that machine: its key, its name and its spool.
#
# What it uses, from its environment or from @sysconfdir@/earshot/enroll.env, a file of root's alone:
#   EARSHOT_COLLECTOR=HOST[:PORT]   the collector's enrolment port, 6101 unless given
#   EARSHOT_TOKEN=...               a token; or
#   EARSHOT_TOKEN_FILE=FILE         a file with one, @sysconfdir@/earshot/token unless given; removed once it was used
# Exit status 0 where there is nothing to do or it was done, 1 to be run again later.
set -eu
umask 077
root=${EARSHOT_ROOT:-}
state=$root/var/lib/earshot
etc=$root@sysconfdir@/earshot
machine=$root/var/lib/misc/earshot-machine # not in $state: root writes into no directory of another user
settings=$etc/enroll.env

say() { echo "earshot-enroll: $*"; }

# A digest: the id itself is not for others, machine-id(5). Empty where the machine has no id.
this_machine() {
	[ ! -s "$root/etc/machine-id" ] || sha256sum <"$root/etc/machine-id" | cut -d' ' -f1
}

# With the rights of the directory's user, so that no name which that user put there leads root elsewhere.
as_owner() { # DIRECTORY COMMAND...
	owner=$(stat -c %u:%g "$1")
	shift
	if [ "$(id -u)" -ne 0 ] || [ "${owner%:*}" -eq 0 ]; then
		"$@"
	elif command -v setpriv >/dev/null; then
		setpriv --reuid="${owner%:*}" --regid="${owner#*:}" --clear-groups "$@"
	else # busybox
		su -s /bin/sh "$(stat -c %U "$state")" -c '"$@"' -- sh "$@"
	fi
}

forget_other_machine() {
	now=$(this_machine)
	[ -n "$now" ] || return 0
	before=$(cat "$machine" 2>/dev/null) || before=
	if [ -n "$before" ] && [ "$before" != "$now" ] && [ -d "$state" ]; then
		say "this is a copy of another machine: its key and its records are removed here"
		as_owner "$state" find "$state" -xdev -mindepth 1 -delete
	fi
	[ "$before" = "$now" ] || { mkdir -p "${machine%/*}" && echo "$now" >"$machine"; }
}

# The address to deliver to follows from where it enrolled, unless the configuration has one.
name_collector() { # HOST[:PORT]
	! cat "$etc"/earshotd.conf "$etc"/conf.d/*.conf 2>/dev/null | grep -q '^[[:space:]]*collector[[:space:]]*=' || return 0
	case $1 in
	*]) host=$1 ;;
	*:*) host=${1%:*} ;;
	*) host=$1 ;;
	esac
	[ -d "$etc/conf.d" ] || { mkdir -p "$etc/conf.d" && chmod 755 "$etc/conf.d"; }
	printf '# Where this machine enrolled.\ncollector = "%s:6100"\n' "$host" >"$etc/conf.d/collector.conf"
	chmod 644 "$etc/conf.d/collector.conf"
}

enroll() { # TOKEN_FILE
	@bindir@/earshot enroll --collector "$EARSHOT_COLLECTOR" --token-file "$1" --state-dir "$state"
}

# Where no tmpfiles.d makes the directory of the sockets.
make_run_dir() {
	[ ! -d "$root/run/earshot" ] && id earshot >/dev/null 2>&1 || return 0
	mkdir -p "$root/run/earshot" && chown earshot: "$root/run/earshot" && chmod 755 "$root/run/earshot"
}

make_run_dir || true
forget_other_machine
[ ! -s "$state/agent.pem" ] || exit 0
if [ -r "$settings" ]; then
	# shellcheck source=/dev/null
	. "$settings"
fi
file=${EARSHOT_TOKEN_FILE:-$etc/token}
if [ -z "${EARSHOT_TOKEN:-}" ] && [ ! -s "$file" ]; then
	say "this machine is not enrolled, and no token is at hand: see earshot enroll --help"
	exit 0
fi
if [ -z "${EARSHOT_COLLECTOR:-}" ]; then
	say "there is a token, but no collector: expected EARSHOT_COLLECTOR=HOST in $settings"
	exit 1
fi
if [ -n "${EARSHOT_TOKEN:-}" ]; then
	printf '%s\n' "$EARSHOT_TOKEN" | enroll - || exit 1
	[ ! -w "$settings" ] || sed -i '/^[[:space:]]*\(export[[:space:]]\{1,\}\)\{0,1\}EARSHOT_TOKEN=/d' "$settings"
else
	enroll "$file" || exit 1
fi
name_collector "$EARSHOT_COLLECTOR"
