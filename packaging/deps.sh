#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the system packages that `make check` and `make demo` need, and only when one is missing.
# Runs as root or by sudo, asks nothing. usage: packaging/deps.sh
set -eu
packages='
gcc libc6-dev make git pkg-config protobuf-c-compiler
libpcap-dev libsrtp2-dev libprotobuf-c-dev libmbedtls-dev libevent-dev libsqlite3-dev
libconfuse-dev libjansson-dev libmnl-dev libcap-ng-dev zlib1g-dev
clang-format cppcheck shellcheck python3-minimal libpython3-stdlib
iproute2 jq curl openssl sqlite3 chromium ca-certificates procps
'
if ! command -v dpkg-query >/dev/null; then
	echo "deps: this is not a Debian or Ubuntu system; install by your package manager what these hold:" >&2
	echo "$packages" >&2
	exit 1
fi
missing=$(for p in $packages; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || echo "$p"
done | tr '\n' ' ')
[ -n "$missing" ] || exit 0
root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "deps: these packages are missing, and neither root nor sudo is at hand: $missing" >&2
		exit 1
	fi
	root='sudo -n'
fi
echo "deps: installing $missing"
$root apt-get update -qq
# shellcheck disable=SC2086  # a list of words on purpose
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
