#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The libraries as others use them: each header by itself as C99 and as C++11, and the examples built
# against an installed tree by pkg-config alone. usage: tests/golden/examples.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
build=${1:-build/native-release}
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
failed=0
fail() { # NAME WHY
	echo "FAIL $1: $(echo "$2" | tr '\n' ' ' | cut -c1-300)"
	failed=1
}
alone() { # NAME COMPILER...: each public header is all that a file needs to include
	name=$1
	shift
	for h in include/earshot/*.h; do
		echo "#include <earshot/$(basename "$h")>" | "$@" -Iinclude -Wall -Wextra -pedantic -Werror -fsyntax-only - 2>"$tmp/why" || {
			fail "$name" "$h: $(head -3 "$tmp/why")"
			return
		}
	done
	echo "ok $name"
}
alone headers_are_c99 "${CC:-cc}" -std=c99 -x c
if command -v g++ >/dev/null; then
	alone headers_are_cxx11 g++ -std=c++11 -x c++
else
	echo "skip headers_are_cxx11: g++ is not installed"
fi

packaging/install.sh "$build" "$tmp" /usr >/dev/null 2>"$tmp/why" || fail examples_install "$(cat "$tmp/why")"
flags() { PKG_CONFIG_LIBDIR="$tmp/usr/lib/pkgconfig:$(pkg-config --variable pc_path pkg-config)" \
	pkg-config --define-prefix --static "$@"; }
# shellcheck disable=SC2046  # words on purpose
if "${CC:-cc}" -std=gnu99 -Wall -Wextra -Werror -o "$tmp/measure" examples/measure.c \
    $(flags --cflags earshot) $(flags --libs earshot) -lpcap 2>"$tmp/why"; then
	echo "ok example_measure_builds"
else
	fail example_measure_builds "$(cat "$tmp/why")"
fi
# the same streams, in the same words, as the command's JSON

gzip -dc tests/golden/loss_seg1/gw.pcap.gz >"$tmp/gw.pcap"
"$tmp/measure" "$tmp/gw.pcap" | sort >"$tmp/got"
"$build/earshot" read --json "$tmp/gw.pcap" |
    jq -r 'select(.record == "stream") | "\(.ssrc) \(.codec): \(.packets) packets, \(.lost) lost" +
        if .mos_lq then ", MOS-LQ \(.mos_lq)" else "" end' | sort >"$tmp/want"
awk '{ if ($(NF - 1) == "MOS-LQ") $NF = sprintf("%.2f", $NF); print }' "$tmp/want" >"$tmp/want2"
if [ -s "$tmp/want2" ] && cmp -s "$tmp/want2" "$tmp/got"; then
	echo "ok example_measure_counts_as_read"
else
	fail example_measure_counts_as_read "$(diff "$tmp/want2" "$tmp/got")"
fi
for name in earshot earshot-correlate earshot-host; do
	if flags --exists $name; then echo "ok pkg_config_$name"; else fail "pkg_config_$name" "$(flags --print-errors --exists $name 2>&1)"; fi
done
exit $failed
