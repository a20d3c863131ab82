#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `make parity` as one test. usage: tests/golden/parity.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
corpus=${SHARED:-../shared}/corpus
[ -d "$corpus" ] || { echo "skip parity: $corpus is not here"; exit 0; }
if out=$(tests/golden/parity.py "${1:-build/native-release}/earshot" "$corpus"); then
	echo "ok parity"
else
	echo "FAIL parity: $(echo "$out" | grep -E 'NO REASON|without a difference|compared,' | tr '\n' ';' | head -c 600)"
	exit 1
fi
