#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes a release in build/packages: every package, a bill of materials of each, and SHA256SUMS. Refuses before it builds
# where a tool is missing, the version is not a semantic one, or the changelog has nothing to say about it.
# usage: packaging/release.sh
set -eu
cd "$(dirname "$0")/.."
out=build/packages
make="${MAKE:-make} --no-print-directory"
refuse() {
	echo "release: $1" >&2
	exit 1
}
version=$(cat VERSION)
echo "$version" | grep -qE '^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?$' ||
	refuse "VERSION is \"$version\", expected one of semver.org"
grep -q "^## \[$version\] - [0-9]\{4\}-[0-9][0-9]-[0-9][0-9]\$" CHANGELOG.md || refuse "CHANGELOG.md has no section \"## [$version] - DATE\""
need() { # FORMAT TOOL...
	format=$1
	shift
	for tool; do command -v "$tool" >/dev/null || refuse "$format needs $tool, which is not installed"; done
}
need deb dpkg-deb dpkg-shlibdeps
need rpm rpmbuild
need ipk tar gzip
need tarball readelf strip
need "a bill of materials" python3 ldd dpkg-query rpm2cpio cpio
for format in deb rpm ipk tarball; do
	# Not make -n, which runs lines that call make.
	grep -qE "^([a-z]+ )*$format( [a-z]+)*:" Makefile || refuse "there is no make $format"
done
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}"
rm -rf "$out"
for format in deb rpm ipk tarball; do
	$make "$format" >&2 || refuse "make $format failed"
done
# What packaging/apk and packaging/openwrt build from.
git archive --format=tar --prefix="earshot-$version/" HEAD | gzip -9n >"$out/earshot-$version.tar.gz"
for suffix in deb rpm ipk tar.gz; do
	ls "$out"/*."$suffix" >/dev/null 2>&1 || refuse "there is no .$suffix in $out"
done
packaging/sbom.py "$out" "$out"/*.deb "$out"/*.rpm "$out"/*.ipk "$out"/*-linux-*.tar.gz
cp CHANGELOG.md "$out/"
(cd "$out" && find . -type f ! -name SHA256SUMS | sed 's|^\./||' | LC_ALL=C sort | xargs sha256sum >SHA256SUMS)
cat "$out/SHA256SUMS"
