#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Packages and their bills of materials, built twice from a fresh compile of the last commit in two directories of different
# names and lengths, are the same bytes. Takes minutes: make check-reproducible. In make check, deb.sh and tarball.sh pack
# one compile twice.
# usage: tests/packaging/reproducible.sh
cd "$(dirname "$0")/../.." || exit 2
[ -n "${REPRODUCIBLE:-}" ] || { echo "skip reproducible: compiles everything twice; make check-reproducible"; exit 0; }
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
failed=0
formats='deb tarball'
for format in rpm ipk; do
	if ! grep -qE "^([a-z]+ )*$format( [a-z]+)*:" Makefile; then
		echo "skip reproducible_$format: there is no make $format"
	elif [ $format = rpm ] && ! command -v rpmbuild >/dev/null; then
		echo "skip reproducible_rpm: rpm is not installed"
	else
		formats="$formats $format"
	fi
done
# The tree may move on while this runs.
commit=$(git rev-parse HEAD) epoch=$(git log -1 --format=%ct)
first=$tmp/a second=$tmp/another-directory-with-a-longer-name
for tree in "$first" "$second"; do
	git clone -q --no-hardlinks . "$tree" && git -C "$tree" checkout -q "$commit" || exit 1
	# Neither a cache of the compiler nor the names of this run may decide what comes out.
	if ! (cd "$tree" && export CCACHE_DISABLE=1 SOURCE_DATE_EPOCH="$epoch" && umask 027 &&
	    for format in $formats; do make -j"$(nproc)" "$format" || exit 1; done &&
	    packaging/sbom.py build/packages build/packages/*.deb build/packages/*.tar.gz) >"$tmp/log" 2>&1; then
		echo "FAIL reproducible_build: $(tail -n 3 "$tmp/log" | tr '\n' ' ')"
		exit 1
	fi
done
for file in "$first"/build/packages/*; do
	name=${file##*/}
	if cmp -s "$file" "$second/build/packages/$name"; then
		echo "ok reproducible_$name"
	else
		echo "FAIL reproducible_$name: $(cmp "$file" "$second/build/packages/$name" 2>&1 | sed "s|$tmp/||g")"
		failed=1
	fi
done
exit $failed
