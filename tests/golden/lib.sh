# SPDX-License-Identifier: Apache-2.0
# What scripts share that run earshot and print a line for each thing that must hold. Sourced with $1 = build directory;
# leaves: $earshot, an absolute path, $tmp, which is removed at the end, and $failed.
# shellcheck shell=sh
cd "$(dirname "$0")/../.." || exit 2
earshot=$(pwd)/${1:-build/native-release}/earshot
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
failed=0

verdict() { # NAME STATUS [WHY]
	if [ "$2" -eq 0 ]; then
		echo "ok $1"
	else
		echo "FAIL $1: ${3:-see above}"
		failed=1
	fi
}

said() { # NAME STATUS TEXT COMMAND...: exit status and a text on standard error, any if TEXT is empty
	name=$1 status=$2 text=$3
	shift 3
	"$@" >"$tmp/out" 2>"$tmp/err"
	got=$?
	[ $got -eq "$status" ] && { [ -z "$text" ] || grep -qF -- "$text" "$tmp/err"; }
	verdict "$name" $? "exit status $got, said: $(head -c 300 "$tmp/err")"
}
