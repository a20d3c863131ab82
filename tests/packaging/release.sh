#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What make release refuses, with one line and before it builds anything; and what it leaves. In a tree of the test's own,
# where builders are one line each: the real ones have tests of their own.
# usage: tests/packaging/release.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
is release_has_a_section_of_the_version "$(grep -cE "^## \[$(cat VERSION | sed 's/\./\\./g')\] - 20[0-9-]{8}$" CHANGELOG.md)" 1
tree=$tmp/tree
mkdir -p "$tree/packaging" "$tmp/bin"
cp packaging/release.sh "$tree/packaging/"
# shellcheck disable=SC2016  # of the script
printf '#!/bin/sh\nout=$1; shift; for p; do echo "bill of $p" >"$out/${p##*/}.spdx.json"; done\n' >"$tree/packaging/sbom.py"
chmod +x "$tree/packaging/sbom.py"
for suffix in deb rpm ipk tarball; do
	printf '%s:\n\tmkdir -p build/packages && touch built && echo %s >build/packages/earshot-%s\n' $suffix $suffix "$(echo $suffix | sed -e s/tarball/linux-y.tar.gz/ -e 's/^...$/x.&/')"
done >"$tree/Makefile"
# A builder that calls make and fails until another one ran, as those of static programs do: make -n runs such a line.
sed -i 's|^rpm:|&\n\t+test -e built \&\& $(MAKE) --version >made|' "$tree/Makefile"
for tool in sh make mkdir touch dirname cat grep git rm ls cp find sed sort xargs sha256sum; do ln -s "$(command -v $tool)" "$tmp/bin/"; done
for tool in dpkg-deb dpkg-shlibdeps rpmbuild rpm2cpio cpio tar gzip readelf strip python3 ldd dpkg-query; do ln -s /bin/true "$tmp/bin/$tool"; done
# As in the real tree, what was built stays out of git.
release() { (cd "$tree" && rm -f built && PATH="$tmp/bin" SOURCE_DATE_EPOCH=1 sh packaging/release.sh 2>&1 | grep -v '^mkdir'; [ ! -e built ] || echo built); }
refuses() { # NAME WHY
	is "release_refuses_$1" "$(release)" "release: $2"
}
printf '# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-12-01\n' >"$tree/CHANGELOG.md"
echo 1.2 >"$tree/VERSION"
refuses a_version_that_is_not_semantic 'VERSION is "1.2", expected one of semver.org'
echo 1.2.4 >"$tree/VERSION"
refuses a_version_that_the_changelog_does_not_have 'CHANGELOG.md has no section "## [1.2.4] - DATE"'
echo 1.2.3 >"$tree/VERSION"
for tool in rpmbuild:rpm dpkg-shlibdeps:deb readelf:tarball gzip:ipk; do
	rm "$tmp/bin/${tool%:*}"
	refuses "without_${tool%:*}" "${tool#*:} needs ${tool%:*}, which is not installed"
	ln -s /bin/true "$tmp/bin/${tool%:*}"
done
sed -i 's/^rpm:/of-others:/' "$tree/Makefile"
refuses a_format_that_is_not_made 'there is no make rpm'
sed -i 's/^of-others:/rpm:/' "$tree/Makefile"
sed -i 's/earshot-x.ipk/earshot-x.other/' "$tree/Makefile"
says release_refuses_where_a_package_is_missing "$(release)" 'release: there is no .ipk in build/packages'
sed -i 's/earshot-x.other/earshot-x.ipk/' "$tree/Makefile"
mkdir -p "$tree/build/packages" && : >"$tree/build/packages/of-the-last-version.deb"
release >"$tmp/out"
is release_leaves "$(ls "$tree/build/packages" | tr '\n' ' ')" "CHANGELOG.md SHA256SUMS earshot-1.2.3.tar.gz earshot-linux-y.tar.gz \
earshot-linux-y.tar.gz.spdx.json earshot-x.deb earshot-x.deb.spdx.json earshot-x.ipk earshot-x.ipk.spdx.json earshot-x.rpm earshot-x.rpm.spdx.json "
is release_checksums_are_right "$(cd "$tree/build/packages" && sha256sum -c --strict SHA256SUMS 2>&1 | grep -c ': OK')" 10
finish
