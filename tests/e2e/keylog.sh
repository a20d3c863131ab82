#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `earshot live` reads SIP in TLS while its key log grows. Needs network namespaces and openssl.
# usage: tests/e2e/keylog.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
export earshot="$PWD/${1:-build/native-release}/earshot" PYTHONDONTWRITEBYTECODE=1
command -v openssl >/dev/null || { echo "skip live_keylog: openssl is not here"; exit 0; }
if ! unshare -n true 2>/dev/null; then
	echo "skip live_keylog: no right to make a network namespace"
	exit 0
fi
# shellcheck disable=SC2016 # the inner shell expands it
unshare -n sh -c 'ip link set lo up && exec tests/e2e/keylog.py "$earshot"'
