#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What was built for another machine, run by its emulator: unit, simulation and golden tests. The golden files were
# written on x86-64, so equal means equal to the byte. The last line counts as that of `make check` does.
# What computes for minutes and is alike on every machine is left out, and counted as skipped, without LONG=1.
# usage: make CROSS=TRIPLET [LONG=1] check
cd "$(dirname "$0")/.." || exit 2
build=${1:?build directory} emulator=${2:?emulator} root=${3:?its system root}
log=$(mktemp -d) || exit 2
trap 'rm -rf "$log"' EXIT
export SHARED="${SHARED:-../shared}" EMULATED=1 # an emulator needs ten times as long
all=$LONG
unset LONG # a sweep in full would take days here

# Programs that scripts can call as if they were this machine's.
mkdir -p "$build/run"
for program in earshot earshotd earshot-collector; do
	printf '#!/bin/sh\nexec %s -L %s -0 %s %s "$@"\n' "$emulator" "$PWD/$root" $program "$PWD/$build/$program" >"$build/run/$program"
	chmod +x "$build/run/$program"
done

run() { # NAME COMMAND...: counts the lines of one test program
	name=$1 began=$(date +%s)
	shift
	timeout -k 10 3600 "$@" >"$log/out" 2>"$log/err" </dev/null
	status=$?
	grep -E '^(ok|FAIL|skip) ' "$log/out" >"$log/lines"
	if [ $status -ne 0 ] && ! grep -q '^FAIL ' "$log/lines"; then
		echo "FAIL $name: exit status $status: $(tail -c 200 "$log/err" | tr '\n' ' ')" >>"$log/lines"
	elif [ ! -s "$log/lines" ]; then
		echo "FAIL $name: said nothing" >>"$log/lines"
	fi
	cat "$log/lines" >>"$log/all"
	printf '%-44s %4d ok %3d failed %3d skipped %4d s\n' "$name" "$(grep -c '^ok ' "$log/lines")" \
	    "$(grep -c '^FAIL ' "$log/lines")" "$(grep -c '^skip ' "$log/lines")" $(($(date +%s) - began))
	grep -E '^(FAIL|skip) ' "$log/lines" | cut -c 1-400
}

# Sweeps of what correlates calls: more than half of the time of all unit and simulation tests.
sweeps='test_api_oracle test_perfect_calls test_correlate_scale test_doubt test_past_sides test_direct_one_way test_passed'
files=
for source in tests/unit/test_*.c tests/sim/test_*.c; do
	name=$(basename "$source" .c)
	case $name in test_loop_*) continue ;; esac
	case " $sweeps " in
	*" $name "*) [ -n "$all" ] || {
		echo "skip $name: minutes of sweeps under an emulator; LONG=1 runs them" | tee -a "$log/all"
		continue
	} ;;
	esac
	files="$files $name"
done
# shellcheck disable=SC2086  # a list of words on purpose
run earshot-tests "$emulator" -L "$root" "$build/earshot-tests" -j "$(nproc)" $files
run earshot-loop-tests "$emulator" -L "$root" "$build/earshot-loop-tests" -j "$(nproc)"
# Not here: corpus.sh asks the sanitizer build, examples.sh the compiler of this machine.
for script in read parity explain commands special legs xr tls tour cases2 html; do
	run "golden/$script" "tests/golden/$script.sh" "$build/run"
done
passed=$(grep -c '^ok ' "$log/all") failed=$(grep -c '^FAIL ' "$log/all")
echo "$passed passed, $failed failed, $(grep -c '^skip ' "$log/all") skipped"
[ "$failed" -eq 0 ]
