#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A capture that the kernel's filter cut gives the same records as the whole one: golden captures, shared cases, and
# one in five of the shared corpus (LONG=1: all). Differences are rows of kernel_filter_reasons.tsv, and a row that no
# capture needs fails. usage: tests/golden/kernel_filter.sh [BUILD_DIR]
. "$(dirname "$0")/lib.sh"
B=${1:-build/native-release}
cut=$(pwd)/$B/tests/golden/cut
reasons=$(pwd)/tests/golden/kernel_filter_reasons.tsv
shared=${SHARED:-../shared}
export earshot cut tmp

"$cut" tests/golden/clean_plainproxy/ep.pcap.gz "$tmp/whole" "$tmp/cut" >"$tmp/out" 2>&1 || {
	if grep -q 'Cannot allocate memory' "$tmp/out"; then
		echo "skip kernel_filter: net.core.optmem_max is too small for the longest program"
		exit 0
	fi
	echo "FAIL kernel_filter: $(head -c 200 "$tmp/out")"
	exit 1
}

captures() { # one line for each: its path
	find tests/golden -name '*.pcap.gz' -o -path 'tests/golden/*' -name '*.pcap'
	[ -d "$shared/corpus" ] || return
	find "$shared/cases-2" -name '*.pcap'
	find "$shared/corpus/real" "$shared/corpus/live" "$shared/corpus/derived" -type f \
	    \( -name '*.pcap' -o -name '*.pcapng' -o -name '*.pcap.gz' -o -path '*/real/*' \) | sort |
	    awk -v step="$([ -n "${LONG:-}" ] && echo 1 || echo 5)" 'NR % step == 0'
	tail -n +2 "$reasons" | cut -f 1 | sed "s#^#$shared/#" # so that each row is tried
}
[ -d "$shared/corpus" ] || echo "skip kernel_filter_corpus: $shared/corpus is not here"

captures | sort -u | xargs -P "$(nproc)" -n 1 sh -c '
	d=$(mktemp -d "$tmp/one.XXXXXX") && mkdir "$d/whole" "$d/cut"
	"$cut" "$1" "$d/whole/x" "$d/cut/x" >"$d/said" 2>&1
	case $? in
	0) ;;
	77) echo "other $1"; rm -rf "$d"; exit 0 ;;
	*) echo "error $1 $(tail -n 1 "$d/said")"; rm -rf "$d"; exit 0 ;;
	esac
	for k in whole cut; do
		(cd "$d/$k" && timeout 60 "$earshot" read --json \
		    --records stream,call,interval,reported,health x >../$k.json 2>../$k.err)
	done
	if [ -s "$d/whole.json" ] && cmp -s "$d/whole.json" "$d/cut.json"; then
		echo "same $1 $(cat "$d/said")"
	else
		echo "differs $1 $(diff "$d/whole.json" "$d/cut.json" | head -n 3 | cut -c 1-120 | tr "\n" " ")"
	fi
	rm -rf "$d"' sh >"$tmp/results"

grep '^error ' "$tmp/results" | sed "s#^error \(\S*\) #FAIL kernel_filter \1: #"
[ -d "$shared/corpus" ] && tail -n +2 "$reasons" | cut -f 1 | sed "s#^#$shared/#" | sort >"$tmp/explained"
[ -f "$tmp/explained" ] || : >"$tmp/explained"
grep '^differs ' "$tmp/results" | cut -d ' ' -f 2 | sort >"$tmp/differ"
comm -23 "$tmp/differ" "$tmp/explained" | while read -r f; do
	echo "FAIL kernel_filter_equal $f: $(grep -F "differs $f " "$tmp/results" | cut -d ' ' -f 3-)"
done
comm -13 "$tmp/differ" "$tmp/explained" | sed 's/^/FAIL kernel_filter_reasons: its records are equal: /'
! grep -q '^error ' "$tmp/results" && cmp -s "$tmp/differ" "$tmp/explained"
status=$?
n=$(grep -c '^same ' "$tmp/results")
passed=$(awk '$1 == "same" { p += $5; b += $7 } END { print p " of " b }' "$tmp/results")
[ $status -ne 0 ] || echo "ok kernel_filter_equal: $n captures, $passed bytes pass; $(grep -c '^other ' "$tmp/results") of other link types"
[ "$n" -ge 30 ]
verdict kernel_filter_equal_captures $? "$n captures are too few"
[ $status -eq 0 ] && [ $failed -eq 0 ]
