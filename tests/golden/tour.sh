#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The page docs/TOUR.md prints what it shows. UPDATE=1 writes the page again. usage: tests/golden/tour.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
exec tests/golden/tour.py "${1:-build/native-release}"
