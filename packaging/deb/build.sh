#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes Debian packages of a finished build: earshot-agent, earshot-collector and libearshot-dev, and the debugging symbols
# of the first two apart. The same sources and the same build give the same bytes: times are those of the last commit, or
# SOURCE_DATE_EPOCH.
# usage: packaging/deb/build.sh BUILD_DIR [OUT_DIR]
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: $0 BUILD_DIR [OUT_DIR]" >&2; exit 2; }
cd "$(dirname "$0")/../.."
build=$1 out=${2:-build/packages}
export LC_ALL=C TZ=UTC
umask 022
here=packaging/deb
version=${VERSION:-$(cat VERSION)}
arch=$(dpkg-architecture -qDEB_HOST_ARCH)
multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
strip=$(command -v "$(dpkg-architecture -qDEB_HOST_GNU_TYPE)-strip" || echo strip)
objcopy=$(command -v "$(dpkg-architecture -qDEB_HOST_GNU_TYPE)-objcopy" || echo objcopy)
maintainer='earshot maintainers <maintainers@earshot.invalid>'
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y VERSION)}"
export SOURCE_DATE_EPOCH
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$out"

# What systemd's snippets are filled in with. The hop's socket and the services come with their targets.
declare -A enabled=([agent]='earshot-enroll.service earshot.target' [collector]='earshot-collector.target')
declare -A restarted=([agent]='earshot-shipper.service earshot-sensor.service'
	[collector]='earshot-collector-ingest.service earshot-collector-portal.service')

expand() { # PART FILE: the maintainer script with its snippet
	while IFS= read -r line; do
		case $line in
		@systemd-*@)
			snippet=${line#@systemd-}
			sed -e "s|@enabled@|${enabled[$1]}|g" -e "s|@restarted@|${restarted[$1]}|g" \
			    -e "s|@stopped@|${enabled[$1]} ${restarted[$1]}$([ "$1" != agent ] || echo ' earshot-hop.socket')|g" \
			    "$here/systemd.${snippet%@}"
			;;
		*) printf '%s\n' "$line" ;;
		esac
	done <"$2"
}
documents() { # ROOT PACKAGE: what policy wants of each package
	local doc=$1/usr/share/doc/$2
	mkdir -p "$doc"
	rm -f "$doc/LICENSE"
	cp "$here/copyright" "$doc/"
	[ ! -e "$here/$2.lintian-overrides" ] || install -D -m 644 "$here/$2.lintian-overrides" "$1/usr/share/lintian/overrides/$2"
	printf 'earshot (%s) unstable; urgency=medium\n\n  * Version %s.\n\n -- %s  %s\n' "$version" "$version" "$maintainer" \
	    "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$doc/changelog.gz"
	[ ! -d "$1/usr/share/man" ] || find "$1/usr/share/man" -type f -exec gzip -9n {} +
}
symbols() { # ROOT SYMBOLS_ROOT FILE...: moves what a debugger wants out of programs
	local root=$1 to=$2 file id
	shift 2
	for file; do
		id=$(readelf -n "$root/$file" | sed -n 's/.*Build ID: \([0-9a-f]*\)$/\1/p')
		mkdir -p "$to/usr/lib/debug/.build-id/${id:0:2}"
		"$objcopy" --only-keep-debug --compress-debug-sections "$root/$file" "$to/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug"
		chmod 644 "$to/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug"
		"$strip" --remove-section=.comment --remove-section=.note "$root/$file"
	done
}
shlibs() { # ROOT FILE...: the packages that hold the libraries
	local root=$1
	shift
	mkdir -p "$tmp/debian"
	printf 'Source: earshot\n\nPackage: earshot\nArchitecture: any\n' >"$tmp/debian/control"
	(cd "$tmp" && dpkg-shlibdeps -O --ignore-missing-info "${@/#/$root/}" 2>/dev/null) | sed -n 's/^shlibs:Depends=//p'
}
stanza() { awk -v RS= -v name="Package: $1\n" 'index($0, name) == 1' "$here/control"; }
control() { # ROOT PACKAGE DEPENDS
	local root=$1
	mkdir -p "$root/DEBIAN"
	{
		stanza "$2" | sed -e '/^Description:/,$d' -e "s|@shlibs@|$3|"
		echo "Source: earshot"
		echo "Version: $version"
		echo "Architecture: $arch"
		echo "Maintainer: $maintainer"
		echo "Priority: optional"
		echo "Installed-Size: $(du -k -s --apparent-size --exclude=DEBIAN "$root" | cut -f1)"
		stanza "$2" | sed -n '/^Description:/,$p'
	} >"$root/DEBIAN/control"
	[ ! -d "$root/etc" ] || (cd "$root" && find etc -type f | sort | sed 's|^|/|') >"$root/DEBIAN/conffiles"
}
pack() { # ROOT
	(cd "$1" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | sort | xargs -r -d '\n' md5sum >DEBIAN/md5sums)
	find "$1" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	DPKG_DEB_THREADS_MAX=1 dpkg-deb --root-owner-group -Zxz -b "$1" "$out" >/dev/null
}
scripts() { # ROOT PART
	local name
	for name in config postinst prerm postrm; do
		[ -e "$here/$2.$name" ] || continue
		expand "$2" "$here/$2.$name" >"$1/DEBIAN/$name"
		chmod 755 "$1/DEBIAN/$name"
	done
	[ ! -e "$here/$2.templates" ] || install -m 644 "$here/$2.templates" "$1/DEBIAN/templates"
}
dbgsym() { # ROOT PACKAGE
	mkdir -p "$1/DEBIAN" "$1/usr/share/doc"
	ln -s "$2" "$1/usr/share/doc/$2-dbgsym"
	cat >"$1/DEBIAN/control" <<-CONTROL
	Package: $2-dbgsym
	Source: earshot
	Version: $version
	Auto-Built-Package: debug-symbols
	Architecture: $arch
	Maintainer: $maintainer
	Section: debug
	Priority: optional
	Depends: $2 (= $version)
	Build-Ids: $(cd "$1/usr/lib/debug/.build-id" && find . -name '*.debug' | sed 's|^\./\(..\)/\(.*\)\.debug|\1\2|' | sort | tr '\n' ' ' | sed 's/ $//')
	Installed-Size: $(du -k -s --apparent-size --exclude=DEBIAN "$1" | cut -f1)
	Description: debug symbols for $2
	CONTROL
}
package() { # PART PROGRAM...
	local part=$1 root=$tmp/$1 name=earshot-$1
	shift
	UNITDIR=/lib/systemd/system ZSHDIR=/usr/share/zsh/vendor-completions packaging/install.sh "$build" "$root" /usr "$part" systemd
	documents "$root" "$name"
	symbols "$root" "$tmp/$part-dbgsym" "$@"
	control "$root" "$name" "$(shlibs "$root" "$@")"
	scripts "$root" "$part"
	pack "$root"
	dbgsym "$tmp/$part-dbgsym" "$name"
	pack "$tmp/$part-dbgsym"
}

package agent usr/bin/earshot usr/sbin/earshotd
package collector usr/sbin/earshot-collector
LIBDIR=/usr/lib/$multiarch packaging/install.sh "$build" "$tmp/dev" /usr dev
documents "$tmp/dev" libearshot-dev
"$strip" --strip-debug --remove-section=.comment --enable-deterministic-archives "$tmp/dev/usr/lib/$multiarch"/*.a
control "$tmp/dev" libearshot-dev ''
pack "$tmp/dev"
ls -l "$out"/*_"$version"_"$arch".deb | awk '{ print $5, $NF }'
