#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the libraries of earshot as archives for musl, from the sources of this Debian's own packages with its patches:
# the versions that are installed here, or the archive's where an older one is gone. Does nothing when they are there.
# Leaves DIR/include, DIR/lib, DIR/static-pie.specs and DIR/libraries: lines of source package, version and SHA-256 of its
# .dsc file, which has those of all the rest. apt checks them against the archive's signature.
# usage: cross/musl.sh DIR
set -eu
[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
cd "$(dirname "$0")/.."
mkdir -p "$1"
dir=$(cd "$1" && pwd)
packages=$(packaging/deps.sh libraries)
# shellcheck disable=SC2086  # a list of words
wanted=$(dpkg-query -W -f '${source:Package} ${source:Version}\n' $packages | sort -u && cksum <"$0")
[ "$(cat "$dir/made-of" 2>/dev/null)" != "$wanted" ] || exit 0
specs=$(ls /usr/lib/*-linux-musl/musl-gcc.specs 2>/dev/null) || { echo "$0: musl-tools is not installed" >&2; exit 1; }
say() { echo "musl: $*" >&2; }

rm -rf "${dir:?}"
mkdir -p "$dir/apt/lists/partial" "$dir/src" "$dir/include/sys" "$dir/lib/pkgconfig"
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=0

# Debian's specs make programs that a loader moves; these move themselves.
sed -e 's/Scrt1\.o/rcrt1.o/' -e 's/^-dynamic-linker .*/--no-dynamic-linker -z text -static -nostdlib %{rdynamic:-export-dynamic}/' \
    "$specs" >"$dir/static-pie.specs"
# Of the kernel's headers musl has none.
for name in linux asm-generic; do ln -s "/usr/include/$name" "$dir/include/$name"; done
ln -s "/usr/include/$(gcc -print-multiarch)/asm" "$dir/include/asm"

# Where this machine has its packages from, the sources are, too.
cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | sed -n 's/^deb /deb-src /p' >"$dir/apt/sources.list" || :
cat /etc/apt/sources.list.d/*.sources 2>/dev/null | sed 's/^Types:.*/Types: deb-src/' >"$dir/apt/debian.sources" || :
mkdir "$dir/apt/parts"
mv "$dir/apt/debian.sources" "$dir/apt/parts/"
apt() {
	apt-get -q -o "Dir::Etc::sourcelist=$dir/apt/sources.list" -o "Dir::Etc::sourceparts=$dir/apt/parts" \
	    -o "Dir::State::lists=$dir/apt/lists" -o APT::Sandbox::User= "$@"
}
log=$dir/log
logged() { # COMMAND...
	"$@" >>"$log" 2>&1 </dev/null || {
		tail -n 15 "$log" >&2
		say "failed: $*; the rest is in $log"
		exit 1
	}
}
logged apt update
fetch() { # SOURCE VERSION
	(cd "$dir/src" && { apt source "$1=$2" || apt source "$1"; }) >>"$log" 2>&1 || {
		say "the archive has no source of $1 $2; see $log"
		exit 1
	}
	set -- "$dir/src/${1}"_*.dsc
	[ $# -eq 1 ] || { say "more than one source: $*"; exit 1; }
	echo "$(sed -n 's/^Source: //p' "$1") $(sed -n 's/^Version: //p' "$1") $(sha256sum <"$1" | cut -d' ' -f1)" >>"$dir/libraries"
}

export CC="gcc -specs=$dir/static-pie.specs" AR=ar
export CFLAGS="-Os -fPIC -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fstack-protector-strong \
-ffile-prefix-map=$dir=. -isystem $dir/include" CPPFLAGS="-isystem $dir/include"
jobs=$(nproc)
host=$(basename "${specs%/*}")
enter() { cd "$dir/src/$1"-[0-9]*/; }
configured() { # OPTION...
	logged ./configure --host="$host" --build="$(gcc -dumpmachine)" --prefix="$dir" --disable-shared --enable-static "$@"
	logged make -j"$jobs"
	logged make install
}
build_jansson() { logged autoreconf -fi && configured; }
build_zlib() {
	logged env CHOST="$host" ./configure --static --prefix="$dir"
	logged make -j"$jobs" libz.a
	logged make install
}
build_libcap_ng() { configured --without-python --without-python3; }
build_libpcap() {
	logged ./configure --host="$host" --prefix="$dir" --without-libnl --without-dpdk --disable-dbus --disable-rdma \
	    --disable-usb --disable-bluetooth --disable-netmap
	logged make -j"$jobs" libpcap.a
	cp libpcap.a "$dir/lib/"
	cp -r pcap pcap.h "$dir/include/"
}
build_libseccomp() { logged autoreconf -fi && configured; }
build_protobuf_c() { configured --disable-protoc; }
build_libevent() {
	cp compat/sys/queue.h "$dir/include/sys/" # musl has none
	logged autoreconf -fi
	configured --disable-openssl --disable-samples --disable-libevent-regress --disable-debug-mode
}
build_mbedtls() {
	logged scripts/config.py unset MBEDTLS_DEBUG_C # trace lines that nothing here prints: 60 KB of each program
	logged make -C library -j"$jobs" static
	cp library/*.a "$dir/lib/"
	cp -r include/* "$dir/include/"
}
build_libsrtp2() { configured; }
build_sqlite3() {
	logged ./configure --host="$host" --build="$(gcc -dumpmachine)" --prefix="$dir" --disable-tcl --disable-readline --disable-shared
	logged make sqlite3.c sqlite3.h
	# shellcheck disable=SC2086  # lists of words
	logged $CC $CFLAGS -DSQLITE_THREADSAFE=1 -DSQLITE_OMIT_LOAD_EXTENSION -c sqlite3.c -o sqlite3-all.o
	logged ar rcsD "$dir/lib/libsqlite3.a" sqlite3-all.o
	cp sqlite3.h "$dir/include/"
	cp sqlite3.pc "$dir/lib/pkgconfig/"
}
# shellcheck disable=SC2086  # a list of words
dpkg-query -W -f '${source:Package} ${source:Version}\n' $packages | sort -u >"$dir/sources"
while read -r source version; do
	fetch "$source" "$version"
	say "$source $version"
	(enter "$source" && "build_$(echo "$source" | tr - _)")
done <"$dir/sources"
rm -rf "$dir/apt" "$dir/sources"
printf '%s\n' "$wanted" >"$dir/made-of"
