#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts a finished build where it belongs. usage: packaging/install.sh BUILD_DIR DESTDIR PREFIX
set -eu
[ $# -eq 3 ] || { echo "usage: $0 BUILD_DIR DESTDIR PREFIX" >&2; exit 2; }
build=$1 root=$2$3 prefix=$3
cd "$(dirname "$0")/.."
install -d "$root/bin" "$root/sbin" "$root/lib/pkgconfig" "$root/include/earshot" "$root/share/doc/earshot"
install -m 755 "$build/earshot" "$root/bin/"
install -m 755 "$build/earshotd" "$build/earshot-collector" "$root/sbin/"
install -m 644 "$build/libearshot.a" "$build/libearshot-correlate.a" "$build/libearshot-host.a" "$root/lib/"
install -m 644 include/earshot/*.h "$root/include/earshot/"
install -m 644 README.md LICENSE docs/*.md "$root/share/doc/earshot/"
install -d "$root/share/doc/earshot/decisions"
install -m 644 docs/decisions/*.md "$root/share/doc/earshot/decisions/"
for page in docs/*.[158]; do
	section=${page##*.}
	install -d "$root/share/man/man$section"
	packaging/manual.sh "$build" "$page" >"$root/share/man/man$section/$(basename "$page")"
done
# Completion for shells comes from the same tables as --help.
completion() { # PROGRAM SHELL FILE
	script=$("$build/$1" --print-completion "$2" 2>/dev/null) || return 0
	install -d "$(dirname "$3")"
	printf '%s\n' "$script" >"$3"
}
for program in earshot earshotd earshot-collector; do
	completion $program bash "$root/share/bash-completion/completions/$program"
	completion $program zsh "$root/share/zsh/site-functions/_$program"
	completion $program fish "$root/share/fish/vendor_completions.d/$program.fish"
done
# One archive, one file: NAME DESCRIPTION LIBRARY REQUIRES PRIVATE
pc() {
	cat >"$root/lib/pkgconfig/$1.pc" <<-PC
	prefix=$prefix
	libdir=\${prefix}/lib
	includedir=\${prefix}/include

	Name: $1
	Description: $2
	Version: $(cat VERSION)
	Requires.private: $4
	Cflags: -I\${includedir}
	Libs: -L\${libdir} -l$3
	Libs.private: $5
	PC
}
pc earshot 'measures SIP and RTP quality: packets and time in, records out' earshot '' -lm
pc earshot-correlate 'explains calls: records of several vantage points in, verdicts out' earshot-correlate earshot -lm
pc earshot-host "samples this machine's health" earshot-host 'earshot libmnl' ''
