#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Scores are the same on every machine: probes/quality built for this one and for another, that one run
# by an emulator, and what both make of the same random inputs compared byte by byte. Skips where
# compiler or emulator are missing. usage: tests/mos/machines.sh [MACHINE]
cd "$(dirname "$0")/../.." || exit 2
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT
machine=${1:-aarch64} compiler=${1:-aarch64}-linux-gnu-gcc

build() { # COMPILER OUT: as the Makefile does it
	"$1" -std=c11 -O2 -ffp-contract=off -Iinclude -I. -static -o "$2" tests/mos/scores.c probes/quality/*.c probes/base/*.c -lm
}

if ! build "${CC:-cc}" "$out/here" || ! "$out/here" >"$out/here.txt" || [ ! -s "$out/here.txt" ]; then
	echo "FAIL machines: no scores on this machine"
	exit 1
fi
if ! command -v "$compiler" >/dev/null || ! command -v "qemu-$machine" >/dev/null; then
	echo "skip machines_$machine: $compiler or qemu-$machine is not installed"
elif build "$compiler" "$out/there" && "qemu-$machine" "$out/there" >"$out/there.txt" && cmp -s "$out/here.txt" "$out/there.txt"; then
	echo "ok machines_$machine"
else
	echo "FAIL machines_$machine: $(diff "$out/here.txt" "$out/there.txt" | head -3 | tr '\n' ';')"
	exit 1
fi
