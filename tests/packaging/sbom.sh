#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The bill of materials of each package of this build: what SPDX 2.3 requires is there, each checksum is that of the file,
# the libraries are those that the programs name, and it is the same twice.
# usage: tests/packaging/sbom.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
for tool in python3 jq dpkg-deb; do
	command -v $tool >/dev/null || { echo "skip sbom: $tool is not installed"; finish; }
done
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y VERSION)
export SOURCE_DATE_EPOCH
packaging/deb/build.sh "$B" "$tmp/packages" >/dev/null 2>"$tmp/why" || { bad sbom_packages "$(cat "$tmp/why")"; finish; }
version=$(cat VERSION)
if [ -e build/musl-release/earshotd.map ] && [ -e build/sysroot/musl/libraries ]; then
	packaging/tarball/build.sh build/musl-release "$tmp/packages" >/dev/null 2>"$tmp/why" || bad sbom_tarball "$(cat "$tmp/why")"
else
	echo "skip sbom_of_static_programs: there is no static build: make check-tarball"
fi
for n in 1 2; do
	mkdir "$tmp/$n"
	packaging/sbom.py "$tmp/$n" "$tmp"/packages/* 2>"$tmp/why" || { bad sbom_is_made "$(tail -n 3 "$tmp/why")"; finish; }
done
is sbom_is_the_same_twice "$(cd "$tmp/1" && sha256sum ./*)" "$(cd "$tmp/2" && sha256sum ./*)"
is sbom_of_each_package "$(ls "$tmp/1")" "$(ls "$tmp/packages" | sed 's/$/.spdx.json/')"

# SPDX 2.3: clause 6 (document), 7 (packages), 8 (files), 11 (relationships).
cat >"$tmp/schema.jq" <<'JQ'
def text: type == "string" and length > 0;
def sum($algorithm; $digits): any(.checksums[]; .algorithm == $algorithm and (.checksumValue | test("^[0-9a-f]{\($digits)}$")));
. as $d | ([.packages[].SPDXID, .files[].SPDXID, .SPDXID]) as $ids |
[ .spdxVersion == "SPDX-2.3", .dataLicense == "CC0-1.0", .SPDXID == "SPDXRef-DOCUMENT", (.name | text),
  (.documentNamespace | test("^https://[^#]+$")),
  (.creationInfo.created | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")),
  (.creationInfo.creators | length > 0 and all(.[]; test("^(Person|Organization|Tool): .+"))),
  ($ids | length == (unique | length) and all(.[]; test("^SPDXRef-[A-Za-z0-9.-]+$"))),
  (.packages | all(.[]; (.name | text) and (.downloadLocation | text) and (.versionInfo | text) and
      (.licenseDeclared | text) and (.licenseConcluded | text) and (.copyrightText | text) and
      (.filesAnalyzed == false or (.packageVerificationCode.packageVerificationCodeValue | test("^[0-9a-f]{40}$"))))),
  (.files | all(.[]; (.fileName | startswith("./")) and sum("SHA1"; 40) and sum("SHA256"; 64))),
  (.relationships | length > 0 and all(.[]; (.relationshipType | test("^[A-Z_]+$")) and
      (.spdxElementId | IN($ids[])) and (.relatedSpdxElement | IN($ids[])))),
  ([.relationships[] | select(.relationshipType == "DESCRIBES") | .relatedSpdxElement] == ["SPDXRef-Package"]),
  ([.relationships[].relatedSpdxElement] | unique | length == ($ids | length) - 1)
] | to_entries | map(select(.value | not) | .key) | join(" ")
JQ
for document in "$tmp"/1/*; do
	package=$(basename "$document" .spdx.json)
	name=sbom_${package%%_*}
	is "${name}_has_what_SPDX_requires" "$(jq -r -f "$tmp/schema.jq" "$document" 2>&1)" ''
	is "${name}_checksum_of_the_package" "$(jq -r '.packages[] | select(.SPDXID == "SPDXRef-Package") | .checksums[0].checksumValue' "$document")" \
	    "$(sha256sum <"$tmp/packages/$package" | cut -d' ' -f1)"
	rm -rf "$tmp/root"
	mkdir "$tmp/root"
	case $package in
	*.deb) dpkg-deb -x "$tmp/packages/$package" "$tmp/root" ;;
	*) tar -C "$tmp/root" -xzf "$tmp/packages/$package" ;;
	esac
	is "${name}_checksums_of_all_files" "$(jq -r '.files[] | (.checksums[] | select(.algorithm == "SHA256") | .checksumValue) + "  " + .fileName' "$document" | sort)" \
	    "$(cd "$tmp/root" && find . -type f -exec sha256sum {} + | sort)"
	is "${name}_verification_code" "$(jq -r '.packages[0].packageVerificationCode.packageVerificationCodeValue' "$document")" \
	    "$(cd "$tmp/root" && find . -type f -exec sha1sum {} + | cut -d' ' -f1 | sort | tr -d '\n' | sha1sum | cut -d' ' -f1)"
done
linked() { jq -r --arg how "$2" '.packages as $p | .relationships[] | select(.relationshipType == $how) | .relatedSpdxElement as $id |
    $p[] | select(.SPDXID == $id) | .name' "$tmp/1/$1.spdx.json" | tr '\n' ' '; }
arch=$(dpkg --print-architecture)
dpkg-deb -x "$tmp/packages/earshot-collector_${version}_$arch.deb" "$tmp/collector"
is sbom_names_as_many_libraries_as_the_program \
    "$(jq '[.relationships[] | select(.relationshipType == "DYNAMIC_LINK")] | length' "$tmp/1/earshot-collector_${version}_$arch.deb.spdx.json")" \
    "$(ldd "$tmp/collector/usr/sbin/earshot-collector" | sed -n 's/.*=> \(.*\) (.*/\1/p' | grep -F -f \
	"$(readelf -d "$tmp/collector/usr/sbin/earshot-collector" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' >"$tmp/needed" && echo "$tmp/needed")" |
	while read -r file; do dpkg-query -S "$(readlink -f "$file")" 2>/dev/null || dpkg-query -S "$(readlink -f "$file" | sed 's|^/usr||')"; done |
	cut -d: -f1 | sort -u | wc -l)"
says sbom_names_the_database "$(linked "earshot-collector_${version}_$arch.deb" DYNAMIC_LINK)" libsqlite3-0
archive=earshot-$version-linux-$(uname -m).tar.gz
if [ -e "$tmp/1/$archive.spdx.json" ]; then
	is sbom_of_static_programs "$(linked "$archive" STATIC_LINK | sed 's/libgcc-[0-9]*-dev/libgcc/')" \
	    'jansson libcap-ng libevent libgcc libpcap libseccomp libsrtp2 mbedtls musl-dev protobuf-c sqlite3 zlib '
fi
finish
