#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every special case of the live calls gives the right records. usage: tests/golden/special.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
corpus=${SHARED:-../shared}/corpus
[ -d "$corpus" ] || { echo "skip special: $corpus is not here"; exit 0; }
exec tests/golden/special.py "${1:-build/native-release}/earshot" "$corpus"
