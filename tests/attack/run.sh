#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The shared fault scripts, each ROUNDS times (default 1), or those named: "ok", "FAIL" or "skip" a run.
# They start a collector and agents on loopback and in namespaces of their own, and need root.
# usage: tests/attack/run.sh [SCRIPT...]      logs below build/attack
cd "$(dirname "$0")/../.." || exit 2
lab=${SHARED:-../shared}/attack
release=$PWD/build/native-release asan=$PWD/build/native-asan
rounds=${ROUNDS:-1}
log=build/attack
[ -d "$lab" ] || { echo "skip attack: $lab is not here"; exit 0; }
[ "$(id -u)" -eq 0 ] || { echo "skip attack: needs root"; exit 0; }
mkdir -p "$log"
passed=0 failed=0 skipped=0

run() { # SCRIPT BUILD_DIR ARGUMENTS...
	script=$1 build=$2
	shift 2
	name=attack_$script${1:+_$1}
	case " $wanted " in *" $script "* | "  ") ;; *) return ;; esac
	[ -x "$build/earshotd" ] || { echo "skip $name: $build is not built"; skipped=$((skipped + 1)); return; }
	for round in $(seq "$rounds"); do
		began=$(date +%s)
		if timeout -k 20 1200 python3 "$lab/$script.py" "$build" "$@" >"$log/$name.$round" 2>&1 </dev/null; then
			echo "ok $name round $round, $(($(date +%s) - began)) s: $(tail -n 1 "$log/$name.$round" | cut -c1-160)"
			passed=$((passed + 1))
		else
			echo "FAIL $name round $round, $(($(date +%s) - began)) s: $(grep -m 1 FAIL "$log/$name.$round" | cut -c1-160); see $log/$name.$round"
			failed=$((failed + 1))
		fi
	done
}

wanted=$*
run spool_full "$release" 2
run loss_told "$release" 9
run loss_told "$release" 15
run spool_rot "$release" 40
run portal_load "$release" 250
run hop_thief "$release"
run clock_perms "$release"
run kills "$release" 30
run live "$release" 100000 30
run disks "$release"
run tokens "$release" 10
run wire "$asan" 3000
run conns "$release"
run http_probe "$release"
run hostile_sip "$asan"
run flood "$release" 50000
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
