#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes earshot-agent as an ipk package for OpenWrt and its like: an archive of archives as opkg reads it, static programs,
# procd's service. packaging/openwrt/Makefile builds the same in OpenWrt's own tree, for any of its machines.
# usage: packaging/ipk/build.sh BUILD_DIR [OUT_DIR]      of a build that is static: make CROSS=musl
set -eu
[ $# -ge 1 ] || { echo "usage: $0 BUILD_DIR [OUT_DIR]" >&2; exit 2; }
cd "$(dirname "$0")/../.."
build=$1 out=${2:-build/packages}
. packaging/version.sh
root=$tmp/root
mkdir -p "$out" "$tmp/control"
packaging/install.sh "$build" "$root" /usr agent procd
strip_programs "$root/usr"
# A small flash has no place for what is only read.
rm -rf "${root:?}/usr/share"
rm -rf "${root:?}/usr/lib/sysctl.d"
install -D -m 644 packaging/agent/sysctl.conf "$root/etc/sysctl.d/60-earshot.conf"
cat >"$tmp/control/control" <<CONTROL
Package: earshot-agent
Version: $version-1
Depends: libc
Source: packaging/ipk
License: Apache-2.0
Section: net
Require-User: earshot:earshot earshot-sensor:earshot-sensor
Architecture: $machine
Installed-Size: $(find "$root" -type f -exec cat {} + | wc -c)
Description:  Measures the quality of calls where they happen: agent
CONTROL
(cd "$root" && find etc/earshot -type f | sort | sed 's|^|/|') >"$tmp/control/conffiles"
# OpenWrt's own functions make the users of Require-User, and enable and disable the service.
cat >"$tmp/control/postinst" <<'POSTINST'
#!/bin/sh
[ "${IPKG_NO_SCRIPT}" = 1 ] && exit 0
[ -s "${IPKG_INSTROOT}/lib/functions.sh" ] || exit 0
. "${IPKG_INSTROOT}/lib/functions.sh"
default_postinst "$0" "$@"
POSTINST
cat >"$tmp/control/prerm" <<'PRERM'
#!/bin/sh
[ -s "${IPKG_INSTROOT}/lib/functions.sh" ] || exit 0
. "${IPKG_INSTROOT}/lib/functions.sh"
default_prerm "$0" "$@"
PRERM
chmod 755 "$tmp/control/postinst" "$tmp/control/prerm"
echo 2.0 >"$tmp/debian-binary"
archive "$tmp/control" "$tmp/control.tar.gz" .
archive "$root" "$tmp/data.tar.gz" .
file=$out/earshot-agent_$version-1_$machine.ipk
archive "$tmp" "$file" ./debian-binary ./data.tar.gz ./control.tar.gz
stat -c "%s %n" "$file"
