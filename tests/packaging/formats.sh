#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The RPM and ipk packages and the build files for Alpine and OpenWrt: the same bytes twice; RPMs installed, upgraded and
# erased in a root and a database of their own, the ipk unpacked; programs run, service files are in place. Nothing is
# installed on this machine. Of the static build where there is one (make rpm), else of this machine's.
# usage: tests/packaging/formats.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
version=$(cat VERSION) machine=$(uname -m)
build=build/musl-release
if [ "$($build/earshotd --version 2>/dev/null)" != "earshotd $version" ]; then
	build=$B
	export FORMAT_ONLY=1
	[ "$("$bin" --version 2>/dev/null)" = "earshot-collector $version" ] || { echo "skip formats: $B is of another machine"; finish; }
	echo "skip formats_static: there is no static build; the formats are tested with the programs of $B"
fi
formats=ipk
if command -v rpmbuild >/dev/null; then formats='ipk rpm'; else echo "skip formats_rpm: rpm is not installed: packaging/deps.sh packages"; fi
for format in $formats; do
	for n in 1 2; do
		packaging/$format/build.sh "$build" "$tmp/$n" >/dev/null 2>"$tmp/why" || { bad "formats_$format" "$(cat "$tmp/why")"; finish; }
	done
done
for file in "$tmp"/1/*; do
	name=${file##*/}
	if cmp -s "$file" "$tmp/2/$name"; then ok "formats_same_twice_$name"; else bad "formats_same_twice_$name" "it differs"; fi
done
all_there() { # NAME ROOT FILE...
	name=$1 at=$2
	shift 2
	for file; do [ -s "$at/$file" ] || { bad "$name" "there is no $file"; return; }; done
	ok "$name"
}
runs() { # NAME ROOT FILE...: each says its version, and the agent measures
	name=$1 at=$2
	shift 2
	for file; do is "${name}_runs_${file##*/}" "$("$at/$file" --version 2>&1)" "${file##*/} $version"; done
	is "${name}_measures" "$("$at/usr/bin/earshot" read tests/golden/loss_seg1/ep.pcap.gz --json | cksum)" \
	    "$("$B/earshot" read tests/golden/loss_seg1/ep.pcap.gz --json | cksum)"
}

# --- ipk
mkdir -p "$tmp/ipk" "$tmp/i"
ipk=$tmp/1/earshot-agent_$version-1_$machine.ipk
tar -C "$tmp/ipk" -xzf "$ipk" && tar -C "$tmp/i" -xzf "$tmp/ipk/data.tar.gz"
is formats_ipk_members "$(tar -tzf "$ipk" | tr '\n' ' ')" './debian-binary ./data.tar.gz ./control.tar.gz '
is formats_ipk_format "$(cat "$tmp/ipk/debian-binary")" 2.0
is formats_ipk_conffiles "$(tar -xOzf "$tmp/ipk/control.tar.gz" ./conffiles | tr '\n' ' ')" '/etc/earshot/conf.d/site.conf /etc/earshot/earshotd.conf '
says formats_ipk_users "$(tar -xOzf "$tmp/ipk/control.tar.gz" ./control)" 'Require-User: earshot:earshot earshot-sensor:earshot-sensor'
all_there formats_ipk_service "$tmp/i" etc/init.d/earshot-agent usr/lib/earshot/enroll etc/sysctl.d/60-earshot.conf
runs formats_ipk "$tmp/i" usr/bin/earshot usr/sbin/earshotd
if [ -z "$FORMAT_ONLY" ]; then
	size=$(cat "$tmp/i/usr/bin/earshot" "$tmp/i/usr/sbin/earshotd" | wc -c)
	if [ "$(stat -c %s "$tmp/i/usr/sbin/earshotd")" -le 3145728 ]; then ok formats_ipk_agent_at_most_3_MiB; else bad formats_ipk_agent_at_most_3_MiB "$size bytes with earshot"; fi
fi

# --- build files of others name this version and can be read
is formats_openwrt_version "$(sed -n 's/^PKG_VERSION:=//p' packaging/openwrt/Makefile)" "$version"
is formats_apk_version "$(sed -n 's/^pkgver=//p' packaging/apk/APKBUILD)" "$version"
if command -v shellcheck >/dev/null; then
	is formats_apk_shellcheck "$(shellcheck -s sh packaging/apk/* 2>&1)" ''
else
	echo "skip formats_apk_shellcheck: shellcheck is not installed"
fi
# Alpine's functions do what abuild calls them for; its build is this one.
mkdir -p "$tmp/apk"
(
	JOBS=1 srcdir=$tmp/none subpkgdir=$tmp/apk/agent
	# shellcheck source=/dev/null
	. packaging/apk/APKBUILD
	mkdir -p "$tmp/source/build" && ln -s "$PWD/packaging" "$PWD/docs" "$PWD/README.md" "$PWD/LICENSE" "$PWD/VERSION" "$tmp/source/"
	ln -s "$PWD/$B" "$tmp/source/build/apk"
	builddir=$tmp/source
	(agent) && (subpkgdir=$tmp/apk/agent-openrc && agent_openrc) && (subpkgdir=$tmp/apk/collector && collector)
) >"$tmp/why" 2>&1 || bad formats_apk_functions "$(cat "$tmp/why")"
all_there formats_apk_agent "$tmp/apk" agent/usr/sbin/earshotd agent/etc/earshot/earshotd.conf agent-openrc/etc/init.d/earshot-agent \
    collector/usr/sbin/earshot-collector
is formats_apk_openrc_is_the_script_alone "$(find "$tmp/apk/agent-openrc" -type f | wc -l)" 1
# OpenWrt's rules, as far as this package uses them: what they would run is printed.
mkdir -p "$tmp/openwrt"
: >"$tmp/openwrt/rules.mk"
cat >"$tmp/openwrt/package.mk" <<'RULES'
PKG_BUILD_DIR := .
define BuildPackage
all:
	$(Build/Compile)
	$(call Package/$(1)/install,$(DEST))
endef
RULES
make -n -f packaging/openwrt/Makefile TOPDIR="$tmp/openwrt" INCLUDE_DIR="$tmp/openwrt" DEST="$tmp/w" TARGET_CC=gcc TARGET_AR=ar PKG_CONFIG=pkg-config \
    B="$B" >"$tmp/openwrt/out" 2>&1
says formats_openwrt_builds_the_agent "$(tr '\n' ' ' <"$tmp/openwrt/out")" 'earshotd'
says formats_openwrt_installs_with_procd "$(cat "$tmp/openwrt/out")" "packaging/install.sh ./build/openwrt $tmp/w /usr agent procd"

# --- RPM
case $formats in *rpm*) ;; *) finish ;; esac
set -- "$tmp/1/earshot-agent-$version-1.$machine.rpm" "$tmp/1/earshot-collector-$version-1.$machine.rpm"
query() { rpm --dbpath "$tmp/db" -qp "$@"; }
is formats_rpm_configuration_is_marked "$(query -c "$1" | tr '\n' ' ')" '/etc/earshot/conf.d/site.conf /etc/earshot/earshotd.conf '
is formats_rpm_needs_no_library "$(query -R "$@" | grep -vE '^(rpmlib\(|/bin/sh|shadow-utils|util-linux)' | sort -u)" ''
is formats_rpm_tells_no_machine "$(query --qf '%{BUILDHOST} %{BUILDTIME}\n' "$@" | sort -u)" "localhost ${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}"
if command -v shellcheck >/dev/null; then
	for p; do query --scripts "$p" | sed 's/^[a-z]* scriptlet.*//' >>"$tmp/scripts"; done
	is formats_rpm_scripts_shellcheck "$(shellcheck -s sh -e SC2317 "$tmp/scripts" 2>&1)" ''
else
	echo "skip formats_rpm_scripts_shellcheck: shellcheck is not installed"
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "skip formats_rpm_install: needs root"
	finish
fi
# Its own root and database; users and services are of a whole machine, so scripts do not run.
root=$tmp/r
own() { rpm --root "$root" --dbpath /var/lib/rpm --nodeps --noscripts "$@" >"$tmp/why" 2>&1 || bad "formats_rpm_$1" "$(cat "$tmp/why")"; }
mkdir -p "$root"
own -i "$@"
units='earshot-enroll.service earshot-hop.socket earshot-sensor.service earshot-shipper.service earshot-collector-ingest.service earshot-collector-portal.service'
# shellcheck disable=SC2046,SC2086  # lists of words
all_there formats_rpm_units "$root" $(printf 'usr/lib/systemd/system/%s ' $units)
runs formats_rpm "$root" usr/bin/earshot usr/sbin/earshotd usr/sbin/earshot-collector
is formats_rpm_verify "$(rpm --root "$root" --dbpath /var/lib/rpm --nodeps -V earshot-agent earshot-collector 2>&1)" ''
echo '# ours' >>"$root/etc/earshot/conf.d/site.conf"
mkdir -p "$root/var/lib/earshot" && echo key >"$root/var/lib/earshot/agent.key"
VERSION=9.9.9 packaging/rpm/build.sh "$build" "$tmp/next" >/dev/null 2>"$tmp/why" || bad formats_rpm_next "$(cat "$tmp/why")"
own -U "$tmp"/next/*.rpm
is formats_rpm_upgrade "$(rpm --root "$root" --dbpath /var/lib/rpm -q earshot-agent)" "earshot-agent-9.9.9-1.$machine"
is formats_rpm_upgrade_keeps_configuration_and_keys "$(tail -n 1 "$root/etc/earshot/conf.d/site.conf") $(cat "$root/var/lib/earshot/agent.key")" '# ours key'
own -e earshot-agent earshot-collector
is formats_rpm_erase_leaves_what_is_ours "$(cd "$root" && find . -type f -path '*earshot*' | sort | tr '\n' ' ')" \
    './etc/earshot/conf.d/site.conf.rpmsave ./var/lib/earshot/agent.key '
finish
