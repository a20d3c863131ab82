#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every test there is and counts: "N passed, N failed, N skipped" is the last line.
# Each test program prints lines "ok NAME", "FAIL NAME: why", "skip NAME: why"; one that dies
# without a FAIL line counts as one failure under its own name. usage: tests/check.sh
# LONG=1 runs the sweeps in full (make check-long).
#
# Two lanes run side by side once the release build is there: in one what waits for processes, networks and
# a browser, in the other what computes.
cd "$(dirname "$0")/.." || exit 2
make=${MAKE:-make}
log=$(mktemp -d) || exit 2
trap 'rm -rf "$log"' EXIT
export SHARED="${SHARED:-../shared}"
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
cores=$(nproc)
# Of one program: only one that hangs needs so long, on a busy machine too.
limit_s=1800
[ -z "$LONG" ] || limit_s=7200
lane=$log/first # where the lines of this lane are gathered
mkdir "$lane"

run() { # NAME COMMAND...: counts the lines of one test program
	name=$1
	shift
	began=$(date +%s)
	timeout -k 10 "$limit_s" "$@" >"$lane/out" 2>"$lane/err" </dev/null
	status=$?
	grep -E '^(ok|FAIL|skip) ' "$lane/out" >"$lane/lines"
	took=$(($(date +%s) - began))
	if [ $status -ne 0 ] && [ $took -ge $limit_s ]; then
		echo "FAIL $name: did not end within $limit_s s" >>"$lane/lines"
	elif [ $status -ne 0 ] && ! grep -q '^FAIL ' "$lane/lines"; then
		echo "FAIL $name: exit status $status" >>"$lane/lines"
	elif [ ! -s "$lane/lines" ]; then
		echo "FAIL $name: said nothing" >>"$lane/lines"
	fi
	cat "$lane/lines" >>"$lane/all"
	report "$name" $took
}

report() { # NAME SECONDS: one line, what failed, what was skipped
	printf '%-44s %4d ok %3d failed %3d skipped %4d s\n' "$1" "$(grep -c '^ok ' "$lane/lines")" \
	    "$(grep -c '^FAIL ' "$lane/lines")" "$(grep -c '^skip ' "$lane/lines")" "$2"
	if grep -q '^FAIL ' "$lane/lines"; then
		grep '^FAIL ' "$lane/lines" | head -20
		tail -n 20 "$lane/err"
	fi
	grep '^skip ' "$lane/lines"
}

build() { # VARIANT TARGETS...: a build that fails is a failed test, and nothing after it makes sense
	variant=$1
	shift
	began=$(date +%s)
	if ! nice "$make" --no-print-directory "-j$cores" VARIANT="$variant" "$@" >"$lane/out" 2>&1; then
		tail -n 30 "$lane/out"
		echo "FAIL build_$variant: $make VARIANT=$variant $*" >>"$lane/all"
		return 1
	fi
	if grep -q 'warning:' "$lane/out"; then
		echo "FAIL build_$variant: has warnings" >>"$lane/all"
		grep 'warning:' "$lane/out" | head
	else
		echo "ok build_$variant" >>"$lane/all"
	fi
	printf '%-44s %36s %4d s\n' "build_$variant" '' $(($(date +%s) - began))
}

programs() { # VARIANT: unit and simulation tests
	for program in earshot-tests earshot-loop-tests; do
		run "$program ($1)" "build/native-$1/$program" -j "$cores"
	done
}

scripts() { # PATTERN...
	for script; do
		[ -x "$script" ] || continue
		case $script in */run.sh | */lib.sh) continue ;; esac
		run "${script#tests/}" "$script" build/native-release
	done
}

computing() {
	run lint tests/lint.sh build/native-release
	programs release
	build asan all tests || return
	programs asan
	for target in tests/fuzz/fuzz_*.c; do
		name=$(basename "$target" .c)
		run "fuzz/$name (corpus, asan)" "build/native-asan/tests/fuzz/$name" "tests/fuzz/corpus/${name#fuzz_}"
	done
	scripts tests/golden/*.sh
}

finish() {
	cat "$log"/*/all >"$log/all"
	passed=$(grep -c '^ok ' "$log/all")
	failed=$(grep -c '^FAIL ' "$log/all")
	skipped=$(grep -c '^skip ' "$log/all")
	[ "$failed" -eq 0 ] || { echo; grep '^FAIL ' "$log/all"; }
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
	exit
}

build release all tests || finish
mkdir "$log/waiting"
(
	trap - EXIT
	lane=$log/waiting
	scripts tests/e2e/*.sh tests/portal/*.sh tests/faults/*.sh tests/packaging/*.sh
) &
computing
wait
finish
