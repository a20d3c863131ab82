#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lists the project's own files by name, also in an unpacked archive or another user's checkout, where
# git would list none. usage: tests/sources.sh PATTERN... [in FOLDER...]
cd "$(dirname "$0")/.." || exit 2
names='' folders=''
while [ $# -gt 0 ] && [ "$1" != in ]; do
	names="$names${names:+ -o }-name $1"
	shift
done
[ $# -eq 0 ] || { shift && folders=$*; }
set -f
# shellcheck disable=SC2086  # lists of words on purpose
find ${folders:-.} \( -path ./build -o -path ./.git \) -prune -o -type f \( $names \) -print | LC_ALL=C sort
