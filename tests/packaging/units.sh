#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The units as `make install` places them: systemd-analyze finds no mistake in them and little that a service could
# abuse; users and directories are as the units need them. systemd need not run.
# usage: tests/packaging/units.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
B=${1:-build/native-release}
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
failed=0
ok() { echo "ok $1"; }
bad() { # NAME WHY
	echo "FAIL $1: $(echo "$2" | tr '\n' ' ' | cut -c1-300)"
	failed=1
}
is() { # NAME GOT WANTED
	if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "is \"$2\", not \"$3\""; fi
}

root=$tmp/root
if ! packaging/install.sh "$B" "$root" /usr 2>"$tmp/why"; then
	bad units_install "$(cat "$tmp/why")"
	exit 1
fi
units=$root/usr/lib/systemd/system
is units_have_no_place_left_open "$(grep -rlE '@[a-z]+@' "$units" "$root/etc" "$root/usr/lib/earshot")" ''

# A second installation leaves a configuration as it is.
echo '# ours' >"$root/etc/earshot/conf.d/site.conf"
packaging/install.sh "$B" "$root" /usr
is units_second_install_keeps_configuration "$(cat "$root/etc/earshot/conf.d/site.conf")" '# ours'

if ! command -v systemd-analyze >/dev/null; then
	echo "skip units_exposure: systemd-analyze is not installed"
	exit $failed
fi

# Whole numbers are tenths.
exposure() { # UNIT AT_MOST
	score=$(systemd-analyze security --offline=true --no-pager "$units/$1.service" 2>&1 |
	    sed -n 's/.*Overall exposure level for [^:]*: \([0-9]*\)\.\([0-9]\).*/\1\2/p')
	if [ -n "$score" ] && [ "${score#0}" -le "$2" ]; then
		ok "units_exposure_of_$1_at_most_$2"
	else
		bad "units_exposure_of_$1_at_most_$2" "is ${score:-not known}"
	fi
}
exposure earshot-sensor 12
exposure earshot-shipper 11
exposure earshot-collector-ingest 12
exposure earshot-collector-portal 12

# systemd-analyze looks for the programs where the units name them.
mkdir "$tmp/verify"
for unit in "$units"/*; do
	sed -e "s|^\(ExecStart=\)/usr/|\1$root/usr/|" -e "s|^\(ExecStartPre=+\)/usr/|\1$root/usr/|" "$unit" >"$tmp/verify/${unit##*/}"
done
is units_verify "$(cd "$tmp/verify" && systemd-analyze verify --man=no ./* 2>&1)" ''

if command -v systemd-sysusers >/dev/null && command -v systemd-tmpfiles >/dev/null && [ "$(id -u)" -eq 0 ]; then
	: >"$root/etc/passwd"
	echo 'root:x:0:' >"$root/etc/group"
	systemd-sysusers --root="$root" >"$tmp/why" 2>&1 || bad units_sysusers "$(cat "$tmp/why")"
	is units_users "$(cut -d: -f1,7 "$root/etc/passwd" | sort | tr '\n' ' ')" \
	    'earshot-ingest:/usr/sbin/nologin earshot-portal:/usr/sbin/nologin earshot-sensor:/usr/sbin/nologin earshot:/usr/sbin/nologin '
	group=$(sed -n 's/^earshot-collector:x:\([0-9]*\):.*/\1/p' "$root/etc/group")
	is units_collector_users_share_a_group \
	    "$(sed -n 's/^earshot-\(ingest\|portal\):x:[0-9]*:\([0-9]*\):.*/\2/p' "$root/etc/passwd" | sort -u)" "$group"
	systemd-tmpfiles --root="$root" --create >"$tmp/why" 2>&1 || bad units_tmpfiles "$(cat "$tmp/why")"
	user() { sed -n "s/^$1:x:\([0-9]*\):.*/\1/p" "$root/etc/passwd"; }
	is units_state_directory "$(stat -c '%a %u' "$root/var/lib/earshot")" "700 $(user earshot)"
	is units_collector_directory "$(stat -c '%a %u %g' "$root/var/lib/earshot-collector")" "750 $(user earshot-ingest) $group"
else
	echo "skip units_users: needs root, systemd-sysusers and systemd-tmpfiles"
fi
exit $failed
