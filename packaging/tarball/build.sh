#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes an archive that installs itself below any prefix of any Linux of this processor: static programs, and the files
# of each service manager. In files that need it, /@prefix@ stands for the prefix until then; "places" lists them.
# usage: packaging/tarball/build.sh BUILD_DIR [OUT_DIR]      of a build that is static: make CROSS=musl
set -eu
[ $# -ge 1 ] || { echo "usage: $0 BUILD_DIR [OUT_DIR]" >&2; exit 2; }
cd "$(dirname "$0")/../.."
build=$1 out=${2:-build/packages}
. packaging/version.sh
name=earshot-$version-linux-$machine
top=$tmp/$name
mkdir -p "$out" "$top"
for part in agent collector; do
	packaging/install.sh "$build" "$top/$part/files" /@prefix@ "$part"
	for manager in systemd openrc sysv procd; do
		packaging/install.sh "$build" "$top/$part/$manager" /@prefix@ "$part" $manager
		# What the part has without a manager is there already.
		(cd "$top/$part/files" && find . -type f) | (cd "$top/$part/$manager" && xargs rm -f)
		find "$top/$part/$manager" -type d -empty -delete
	done
done
for part in agent collector; do strip_programs "$top/$part/files/@prefix@"; done
(cd "$top" && grep -rIl /@prefix@ agent collector | sort >places)
install -m 755 packaging/tarball/install.sh "$top/install.sh"
cp LICENSE README.md VERSION "$top/"
archive "$tmp" "$out/$name.tar.gz" "$name"
stat -c "%s %n" "$out/$name.tar.gz"
