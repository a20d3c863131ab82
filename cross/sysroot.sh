#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fills a system root with Debian's libraries for another architecture, without installing them on this machine:
# a package list of its own, the packages unpacked side by side. Does nothing when it is there and complete.
# usage: cross/sysroot.sh TRIPLET ARCH SUITE DIR
# CROSS_MIRROR=URL takes the packages from there; else from where this machine has its own.
set -eu
[ $# -eq 4 ] || {
	echo "usage: $0 TRIPLET ARCH SUITE DIR" >&2
	exit 2
}
triplet=$1 arch=$2 suite=$3 dir=$4
cd "$(dirname "$0")/.."
packages="libc6-dev libc-bin $(packaging/deps.sh libraries)"
made=$dir/made-of
[ "$(cat "$made" 2>/dev/null)" != "$suite $packages" ] || exit 0

# The mirror of Debian that this machine uses: of one-line and of deb822 sources.
mirror_here() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
	    sed -n -e 's/^deb \(\[[^]]*\] *\)\?\([^ ]*\) .*/\2/p' -e 's/^URIs: *\([^ ]*\).*/\1/p' | grep '/debian/*$' | head -1
}
mirror=${CROSS_MIRROR:-$(mirror_here)}
keys=/usr/share/keyrings/debian-archive-keyring.gpg
if [ -z "$mirror" ] || [ ! -r $keys ]; then
	echo "$0: no mirror of Debian in this machine's sources, or no $keys: set CROSS_MIRROR=URL and install debian-archive-keyring" >&2
	exit 1
fi
rm -rf "$dir"
mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial" "$dir/apt/etc/preferences.d" "$dir/root/usr/lib"
apt=$(cd "$dir/apt" && pwd) root=$dir/root
: >"$apt/status"
echo "deb [signed-by=$keys] $mirror $suite main" >"$apt/etc/sources.list"
cat >"$apt/conf" <<CONF
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Install-Recommends "no";
APT::Sandbox::User "";
Dir::State "$apt";
Dir::State::status "$apt/status";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt";
Dir::Cache::archives "$apt/archives";
Dir::Etc::sourcelist "$apt/etc/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferencesparts "$apt/etc/preferences.d";
CONF
quietly() { # COMMAND...: what it says is shown only when it fails
	"$@" >"$dir/log" 2>&1 </dev/null || {
		cat "$dir/log" >&2
		echo "$0: failed: $*" >&2
		exit 1
	}
}
export APT_CONFIG="$apt/conf"
echo "deps: libraries of Debian $suite for $triplet"
quietly apt-get update -q
# shellcheck disable=SC2086  # a list of words on purpose
quietly apt-get install -y -q --download-only $packages
# /bin, /lib and /sbin are links into /usr, as on an installed system.
for d in bin lib lib64 sbin; do
	mkdir -p "$root/usr/$d"
	ln -sfn "usr/$d" "$root/$d"
done
for deb in "$apt"/archives/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink
done
rm -rf "$apt"
echo "$suite $packages" >"$made"
