#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes earshot-agent and earshot-collector as RPM packages for any distribution of this processor with systemd: their
# programs are static, as the libraries of other distributions have other names and versions.
# usage: packaging/rpm/build.sh BUILD_DIR [OUT_DIR]      of a build that is static: make CROSS=musl
set -eu
[ $# -ge 1 ] || { echo "usage: $0 BUILD_DIR [OUT_DIR]" >&2; exit 2; }
cd "$(dirname "$0")/../.."
build=$1 out=${2:-build/packages}
command -v rpmbuild >/dev/null || { echo "rpm: rpmbuild is not installed: packaging/deps.sh packages" >&2; exit 1; }
. packaging/version.sh
for part in agent collector; do
	packaging/install.sh "$build" "$tmp/stage/$part" /usr $part systemd
	strip_programs "$tmp/stage/$part/usr"
	find "$tmp/stage/$part/usr/share/man" -type f -exec gzip -9n {} +
done
mkdir -p "$out"
rpmbuild -bb --quiet --target "$machine" --dbpath "$tmp/db" --define "_topdir $tmp/rpm" --define "_rpmdir $tmp/rpms" \
    --define "stage $tmp/stage" --define "earshot_version $version" packaging/rpm/earshot.spec >"$tmp/log" 2>&1 ||
	{ cat "$tmp/log" >&2; exit 1; }
cp "$tmp/rpms/$machine"/*.rpm "$out/"
stat -c "%s %n" "$out"/*"-$version-1.$machine.rpm"
