#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How cost grows, as ratios of one run: `earshot explain` per call at 8,000 calls against 200, and against
# `earshot read` of the same files; the portal's first page of N and 4 N calls that share one SSRC.
# usage: tests/bench/scale.sh BUILD_DIR      FEW=200 MANY=8000
cd "$(dirname "$0")/../.." || exit 2
build=${1:-build/native-release}
work=build/bench
gen=${SHARED:-../shared}/attack/gen.py
few=${FEW:-200}
many=${MANY:-8000}
mkdir -p "$work"

cpu_ms() { # COMMAND...
	local t
	t=$({ TIMEFORMAT='%U %S'; time "$@" >/dev/null 2>&1; } 2>&1)
	awk '{printf "%d", ($1 + $2) * 1000}' <<<"$t"
}
least() { # COMMAND...: of three runs
	for _ in 1 2 3; do cpu_ms "$@"; echo; done | sort -n | head -1
}
grows() { # NAME SSRC_OR_NOTHING
	local n file explain read
	for n in "$few" "$many"; do
		file=$work/$1$n.pcap
		[ -s "$file" ] || SSRC=$2 python3 "$gen" "$file" "$n" 2 1 >/dev/null
		cp "$file" "$file.copy"
		explain=$(least "$build/earshot" explain --json "endpoint:ep=$file" "sbc:sbc=$file.copy")
		read=$(least "$build/earshot" read --json "$file")
		echo "$n $explain $read"
	done | awk -v name="$1" '
		{ n[NR] = $1; e[NR] = $2; r[NR] = 2 * $3 }
		END {
			printf "explain %s: %d calls %d ms, %d calls %d ms: per call ratio %.2f (promise: 1.5), ", name,
			    n[1], e[1], n[2], e[2], (e[2] / n[2]) / (e[1] / n[1])
			printf "against read of both files %.2f (promise: 3)\n", e[2] / r[2]
		}'
}

if [ -r "$gen" ]; then
	grows any ""
	grows one_ssrc 3735928559
else
	echo "scale: no workload generator at $gen: explain is not measured"
fi
"$build/tests/bench/first_page" 500
