#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The Debian packages of this build, without installing them: the same bytes twice, nothing that lintian minds, programs
# as small as promised, configuration marked as such. make check-packages installs and runs them.
# usage: tests/packaging/deb.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
export LC_ALL=C
B=${1:-build/native-release}
for tool in dpkg-deb dpkg-shlibdeps; do
	command -v $tool >/dev/null || { echo "skip deb: $tool is not installed"; exit 0; }
done
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
says() { # NAME TEXT PATTERN
	case $2 in
	*$3*) ok "$1" ;;
	*) bad "$1" "expected \"$3\" in: $2" ;;
	esac
}

for n in 1 2; do
	packaging/deb/build.sh "$B" "$tmp/$n" >/dev/null 2>"$tmp/why" || { bad deb_build "$(cat "$tmp/why")"; exit 1; }
done
is deb_packages "$(cd "$tmp/1" && echo *.deb | sed 's/_[^ ]*//g')" \
    'earshot-agent-dbgsym earshot-agent earshot-collector-dbgsym earshot-collector libearshot-dev'
is deb_is_the_same_twice "$(cd "$tmp/1" && sha256sum ./*.deb)" "$(cd "$tmp/2" && sha256sum ./*.deb)"

if command -v lintian >/dev/null; then
	is deb_lintian "$(lintian --allow-root --tag-display-limit 0 "$tmp"/1/*.deb 2>&1)" ''
else
	echo "skip deb_lintian: lintian is not installed"
fi

version=$(cat VERSION)
arch=$(dpkg --print-architecture)
agent=$tmp/1/earshot-agent_${version}_$arch.deb
collector=$tmp/1/earshot-collector_${version}_$arch.deb
dpkg-deb -x "$agent" "$tmp/agent"
dpkg-deb -x "$collector" "$tmp/collector"
dpkg-deb -x "$tmp/1/earshot-agent-dbgsym_${version}_$arch.deb" "$tmp/symbols"
size=$(stat -c %s "$tmp/agent/usr/sbin/earshotd")
[ "$size" -le 1048576 ] && ok deb_agent_at_most_1_MiB || bad deb_agent_at_most_1_MiB "$size bytes"
is deb_configuration_is_marked "$(dpkg-deb -I "$agent" conffiles | tr '\n' ' ')" \
    '/etc/earshot/conf.d/site.conf /etc/earshot/earshotd.conf '
is deb_agent_version "$("$tmp/agent/usr/sbin/earshotd" --version)" "earshotd $version"
is deb_files_are_of_root "$(for p in "$tmp"/1/*.deb; do dpkg-deb -c "$p"; done | awk '{ print $2 }' | sort -u)" root/root
is deb_nothing_is_for_others_to_write "$(for p in "$tmp"/1/*.deb; do dpkg-deb -c "$p"; done | grep -E '^[^l].......w')" ''
for unit in earshot-sensor.service earshot-shipper.service earshot-hop.socket earshot.target earshot-enroll.service; do
	[ -s "$tmp/agent/lib/systemd/system/$unit" ] || bad deb_agent_units "$unit is missing"
done
is deb_agent_has_no_unit_of_the_collector "$(find "$tmp/agent/lib/systemd/system" -name '*collector*')" ''
is deb_collector_has_no_unit_of_the_agent "$(find "$tmp/collector/lib/systemd/system" -type f ! -name 'earshot-collector*')" ''
id=$(readelf -n "$tmp/agent/usr/sbin/earshotd" | sed -n 's/.*Build ID: \(..\)\(.*\)/\1\/\2/p')
says deb_symbols_are_of_the_program "$(readelf -S "$tmp/symbols/usr/lib/debug/.build-id/$id.debug" 2>&1)" .debug_info
is deb_manual_has_its_options "$(gzip -dc "$tmp"/agent/usr/share/man/man*/*.gz "$tmp"/collector/usr/share/man/man*/*.gz | grep -c '^\.\\" @')" 0
says deb_depends_on_its_libraries "$(dpkg-deb -f "$agent" Depends)" libpcap0.8

# What dpkg runs as root.
mkdir "$tmp/control"
for p in "$agent" "$collector"; do
	dpkg-deb -e "$p" "$tmp/control/$(basename "$p" .deb)"
done
is deb_scripts_have_no_place_left_open "$(grep -rn '@[a-z-]*@' "$tmp/control" | grep -v '/md5sums:')" ''
if command -v shellcheck >/dev/null; then
	is deb_scripts_shellcheck \
	    "$(shellcheck -s sh -e SC1091,SC2154,SC2043 "$tmp"/control/*/postinst "$tmp"/control/*/prerm "$tmp"/control/*/postrm "$tmp"/control/*/config 2>&1)" ''
else
	echo "skip deb_scripts_shellcheck: shellcheck is not installed"
fi
exit $failed
