#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Header fields that join the legs of a call in `earshot explain`. usage: tests/golden/legs.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
export PYTHONDONTWRITEBYTECODE=1
exec tests/golden/legs.py "${1:-build/native-release}/earshot"
