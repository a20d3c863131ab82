#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every test there is and counts: "N passed, N failed, N skipped" is the last line.
# Each test program prints lines "ok NAME", "FAIL NAME: why", "skip NAME: why"; one that dies
# without a FAIL line counts as one failure under its own name. usage: tests/check.sh
cd "$(dirname "$0")/.." || exit 2
make=${MAKE:-make}
log=$(mktemp -d) || exit 2
trap 'rm -rf "$log"' EXIT
: >"$log/all"
export SHARED="${SHARED:-../shared}"
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
jobs=-j$(nproc)

run() { # NAME LIMIT_S COMMAND...: counts the lines of one test program
	name=$1 limit=$2
	shift 2
	began=$(date +%s)
	timeout -k 10 "$limit" "$@" >"$log/out" 2>"$log/err" </dev/null
	status=$?
	grep -E '^(ok|FAIL|skip) ' "$log/out" >"$log/lines"
	if [ $status -ne 0 ] && ! grep -q '^FAIL ' "$log/lines"; then
		echo "FAIL $name: exit status $status" >>"$log/lines"
	elif [ ! -s "$log/lines" ]; then
		echo "FAIL $name: said nothing" >>"$log/lines"
	fi
	cat "$log/lines" >>"$log/all"
	printf '%-44s %4d ok %3d failed %3d skipped %4d s\n' "$name" "$(grep -c '^ok ' "$log/lines")" \
	    "$(grep -c '^FAIL ' "$log/lines")" "$(grep -c '^skip ' "$log/lines")" $(($(date +%s) - began))
	if grep -q '^FAIL ' "$log/lines"; then
		grep '^FAIL ' "$log/lines" | head -20
		tail -n 20 "$log/err"
	fi
	grep '^skip ' "$log/lines"
}

build() { # VARIANT TARGETS...: a build that fails is a failed test, and nothing after it makes sense
	variant=$1
	shift
	if nice "$make" --no-print-directory "$jobs" VARIANT="$variant" "$@" >"$log/out" 2>&1; then
		if grep -q 'warning:' "$log/out"; then
			echo "FAIL build_$variant: has warnings" >>"$log/all"
			grep 'warning:' "$log/out" | head
		else
			echo "ok build_$variant" >>"$log/all"
		fi
		return
	fi
	tail -n 30 "$log/out"
	echo "FAIL build_$variant: $make VARIANT=$variant $*" >>"$log/all"
	finish
}

finish() {
	passed=$(grep -c '^ok ' "$log/all")
	failed=$(grep -c '^FAIL ' "$log/all")
	skipped=$(grep -c '^skip ' "$log/all")
	[ "$failed" -eq 0 ] || { echo; grep '^FAIL ' "$log/all"; }
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
	exit
}

build release all tests
build asan all tests
run lint 600 tests/lint.sh build/native-release
for variant in asan release; do
	for test in tests/unit/test_*.c tests/sim/test_*.c; do
		[ -f "$test" ] || continue
		name=${test%.c}
		run "${name#tests/} ($variant)" 600 "build/native-$variant/$name"
	done
done
for target in tests/fuzz/fuzz_*.c; do
	[ -f "$target" ] || continue
	name=$(basename "$target" .c)
	run "fuzz/$name (corpus, asan)" 600 "build/native-asan/tests/fuzz/$name" "tests/fuzz/corpus/${name#fuzz_}"
done
for script in tests/golden/*.sh tests/e2e/*.sh tests/portal/*.sh tests/faults/*.sh; do
	[ -x "$script" ] || continue
	case $script in */run.sh | */lib.sh) continue ;; esac
	run "${script#tests/}" 1200 "$script" build/native-release
done
finish
