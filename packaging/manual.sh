#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints a manual page whole: for each line .\" @PROGRAM OPTION@ what that program prints of its tables, the same that
# --help has. A program that was built for another machine cannot be asked: then its line stays, a comment.
# usage: packaging/manual.sh BUILD_DIR PAGE
set -eu
[ $# -eq 2 ] || { echo "usage: $0 BUILD_DIR PAGE" >&2; exit 2; }
while IFS= read -r line; do
	asked=${line#'.\" @'}
	if [ "$asked" != "$line" ] && list=$("$1/${asked%% *}" "$(echo "${asked#* }" | tr -d @)" 2>/dev/null); then
		printf '%s\n' "$list"
	else
		printf '%s\n' "$line"
	fi
done <"$2"
