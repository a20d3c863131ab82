#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Calls whose SIP is in TLS, read with a key log. usage: tests/golden/tls.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
export PYTHONDONTWRITEBYTECODE=1
command -v openssl >/dev/null || { echo "skip tls: openssl is not here"; exit 0; }
exec tests/golden/tls.py "${1:-build/native-release}/earshot"
