#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Extended reports of every kind against what made them, and against tshark. usage: tests/golden/xr.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
export PYTHONDONTWRITEBYTECODE=1
exec tests/golden/xr.py "${1:-build/native-release}/earshot"
