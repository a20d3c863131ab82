#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fuzzes every target, or those named, for FUZZ_SECONDS each (default 20), FUZZ_JOBS at a time (default:
# one per core), from the committed corpus and from what the shared captures give where they are here.
# Without the entropic schedule: it looks through all rare features for each feature of each input, which
# takes ten times as long as a whole engine. What is found is kept below build/fuzz; a crash prints FAIL and where its log stands.
set -u
cd "$(dirname "$0")/../.." || exit 2
export seconds="${FUZZ_SECONDS:-20}" b=build/native-fuzz out=build/fuzz
shared=${SHARED:-../shared}/corpus
if [ $# -eq 0 ]; then
	for f in tests/fuzz/fuzz_*.c; do
		t=${f##*/fuzz_}
		set -- "$@" "${t%.c}"
	done
fi

command -v clang >/dev/null || { echo "skip fuzz: no clang"; exit 0; }
for t in "$@"; do
	${MAKE:-make} -s --no-print-directory VARIANT=fuzz "$b/tests/fuzz/fuzz_$t" || {
		echo "FAIL fuzz_$t: does not build"
		exit 1
	}
done
mkdir -p "$out/seeds"
if [ -d "$shared" ] && ${MAKE:-make} -s --no-print-directory build/native-release/tests/fuzz/seeds; then
	echo "seeds: $(find "$shared" -type f \( -name '*.pcap*' -o -path '*/real/*' \) -exec \
	    build/native-release/tests/fuzz/seeds "$out/seeds" {} +)"
fi

# shellcheck disable=SC2016 # the inner shell expands it
printf '%s\n' "$@" | xargs -P "${FUZZ_JOBS:-$(nproc)}" -n 1 sh -c '
	t=$1 log=$out/$1.log
	mkdir -p "$out/$t" "$out/seeds/$t" "tests/fuzz/corpus/$t"
	if "$b/tests/fuzz/fuzz_$t" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 \
	    -max_len="${FUZZ_MAX_LEN:-16384}" -entropic=0 -print_final_stats=1 -artifact_prefix="$out/$t-" \
	    "$out/$t" "tests/fuzz/corpus/$t" "$out/seeds/$t" >"$log" 2>&1; then
		n=$(sed -n "s/.*number_of_executed_units: *//p" "$log")
		cov=$(sed -n "s/.* cov: \([0-9]*\) .*/\1/p" "$log" | tail -1)
		echo "ok fuzz_$t: $n executions in $seconds s, $cov edges"
	else
		echo "FAIL fuzz_$t: $(grep -m1 -E "ERROR|SUMMARY|Test unit written" "$log"); see $log"
		exit 1
	fi' sh
