#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every shared capture, crash files included, through the sanitizer build of `earshot read`: no
# finding, no hang, JSON out, exit status 0 or 1. usage: tests/golden/corpus.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
build=${1:-build/native-release}
earshot=$(dirname "$build")/native-asan/earshot
corpus=${SHARED:-../shared}/corpus
[ -d "$corpus" ] || { echo "skip corpus: $corpus is not here"; exit 0; }
[ -x "$earshot" ] || { echo "FAIL corpus: $earshot is not built"; exit 1; }
export ASAN_OPTIONS="detect_stack_use_after_return=1:allocator_may_return_null=0:exitcode=99"
export UBSAN_OPTIONS=print_stacktrace=1
export earshot corpus
find "$corpus/real" "$corpus/live" "$corpus/derived" -type f \
    \( -name '*.pcap' -o -name '*.pcapng' -o -name '*.pcap.gz' -o -path '*/real/*' \) | sort |
    xargs -P "$(nproc)" -n 1 sh -c '
	name=corpus_${1#"$corpus"/}
	said=$(timeout 60 "$earshot" read --json --records stream,call,interval,reported,health "$1" 2>&1 >/dev/null)
	status=$?
	case $status in
	0 | 1) echo "ok $name" ;;
	*) echo "FAIL $name: exit status $status: $(echo "$said" | grep -m 3 -E "ERROR|error|#[0-4] " | tr "\n" " ")" ;;
	esac' sh >"${TMPDIR:-/tmp}/corpus.$$"
sort "${TMPDIR:-/tmp}/corpus.$$"
! grep -q '^FAIL ' "${TMPDIR:-/tmp}/corpus.$$"
status=$?
rm -f "${TMPDIR:-/tmp}/corpus.$$"
exit $status
