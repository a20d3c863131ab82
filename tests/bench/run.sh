#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What measuring costs, as ratios against a floor in the same run: `earshot read` against libpcap with
# an empty callback, in alternating pairs (machines are shared and noisy: the median of the ratios
# counts); instructions per packet, which repeat exactly; memory per stream. Nothing here passes or
# fails. The workload generator is among the shared captures; without it a golden capture stands in.
# usage: tests/bench/run.sh BUILD_DIR      PAIRS=5 STREAMS="1000 10000"
cd "$(dirname "$0")/../.." || exit 2
build=${1:-build/native-release}
work=build/bench
pairs=${PAIRS:-5}
lab=${SHARED:-../shared}/perf-lab
mkdir -p "$work"

cpu_ms() { # COMMAND...: user + system time of one run in ms
	local t
	t=$({ TIMEFORMAT='%U %S'; time "$@" >/dev/null 2>&1; } 2>&1)
	awk '{printf "%d", ($1 + $2) * 1000}' <<<"$t"
}
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
rss_kb() { # COMMAND...: peak resident set
	python3 - "$@" <<'PY'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
PY
}
compare() { # FILE STREAMS
	local packets floor read ratio
	packets=$("$build/tests/bench/floor" "$1" | awk '{print $1}')
	cat "$1" >/dev/null # page cache
	rm -f "$work/floor" "$work/read" "$work/ratio"
	for _ in $(seq "$pairs"); do
		floor=$(cpu_ms "$build/tests/bench/floor" "$1")
		read=$(cpu_ms "$build/earshot" read --json "$1")
		echo "$floor" >>"$work/floor"
		echo "$read" >>"$work/read"
		[ "$floor" -gt 0 ] && awk -v a="$read" -v b="$floor" 'BEGIN {printf "%.2f\n", a / b}' >>"$work/ratio"
	done
	ratio=$(median <"$work/ratio")
	printf 'read  %8s streams %9s packets   floor %5s ms  read %5s ms  ratio %s  RSS %s MB\n' "$2" "$packets" \
	    "$(median <"$work/floor")" "$(median <"$work/read")" "${ratio:-below the clock}" \
	    "$(awk -v k="$(rss_kb "$build/earshot" read --json "$1")" 'BEGIN {printf "%.1f", k / 1024}')"
}
instructions() { # FILE
	local packets all
	packets=$("$build/tests/bench/floor" "$1" | awk '{print $1}')
	all=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$build/earshot" read --json "$1" 2>&1 >/dev/null |
	    sed -n 's/.*Collected : *//p')
	awk -v a="$all" -v n="$packets" 'BEGIN {printf "read  %.0f instructions per packet over %d packets, reading and printing included\n", a / n, n}'
}
samples() { # Of this machine's health: the difference of a long and a short run.
	local long short
	short=$(sampled 1)
	long=$(sampled 51)
	awk -v a="$long" -v b="$short" 'BEGIN {printf "host  %.0f instructions per sample, JSON included, the kernel'"'"'s not\n", (a - b) / 50}'
}
sampled() { # COUNT
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$build/earshot" host --passive --json \
	    --interval 0.02 --count "$1" 2>&1 >/dev/null | sed -n 's/.*Collected : *//p'
}

if [ -d "$lab" ]; then
	make -s -C "$lab" O="$PWD/$work" "$PWD/$work/vgen" >/dev/null 2>&1 || cc -O2 -o "$work/vgen" "$lab/vgen.c" -lm
	for streams in ${STREAMS:-1000 10000}; do
		calls=$((streams / 2))
		[ -s "$work/s$streams.pcap" ] || "$work/vgen" -c "$calls" -T 20 -H 30 -R 2 -s 12 -o "$work/s$streams.pcap" \
		    -t "$work/s$streams.tsv" >/dev/null
		compare "$work/s$streams.pcap" "$streams"
	done
	small=$work/s10.pcap
	[ -s "$small" ] || "$work/vgen" -c 5 -T 120 -H 60 -R 5 -s 11 -o "$small" -t "$work/s10.tsv" >/dev/null
else
	echo "bench: no workload generator at $lab: one golden call stands in"
	small=$work/golden.pcap
	gzip -dc tests/golden/loss_seg1/ep.pcap.gz >"$small"
	compare "$small" 2
fi
if command -v valgrind >/dev/null; then
	instructions "$small"
	samples
else
	echo "bench: valgrind is not installed: no instruction counts"
fi
gzip -dc tests/golden/loss_seg1/ep.pcap.gz >"$work/ep.pcap"
echo "parse only, without tables and records:"
"$build/tests/bench/parse_cost" "$work/ep.pcap" 200
echo "measures against an empty loop:"
"$build/tests/bench/quality"
echo "the dearest signalling, parsing alone (promise: 1000 us):"
"$build/tests/bench/parse_worst"
echo "the dearest packet of hostile input, smallest of five runs each (promise: 1 ms):"
"$build/tests/bench/worst"
"$build/tests/bench/worst_srtp"
"$build/tests/bench/worst_tls"
echo "how cost grows:"
tests/bench/scale.sh "$build"
