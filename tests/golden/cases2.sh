#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Small captures of everyday situations with their right values: one line per case.
# usage: tests/golden/cases2.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
cases=${SHARED:-../shared}/cases-2
[ -d "$cases" ] || { echo "skip cases2: $cases is not here"; exit 0; }
earshot=$(realpath "${1:-build/native-release}/earshot")
out=$("$cases/check.py" "$earshot" 2>&1)
failed=0
for about in "$cases"/*.md; do
	name=$(basename "$about" .md)
	[ "$name" != README ] || continue
	if why=$(echo "$out" | grep "^$name: "); then
		echo "FAIL cases2_$name: $(echo "$why" | head -1 | cut -c1-300)"
		failed=1
	else
		echo "ok cases2_$name"
	fi
done
# The checker's own sum must agree: a case it could not run is no case that is right.
if [ $failed -eq 0 ] && ! echo "$out" | tail -1 | grep -qE '^cases ([0-9]+): right \1$'; then
	echo "FAIL cases2: $(echo "$out" | tail -1)"
	failed=1
fi
exit $failed
