#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts a finished build where it belongs; every package is made of it. A configuration that is there already stays.
# usage: packaging/install.sh BUILD_DIR DESTDIR PREFIX [PART...]
# PART: agent, collector, dev, and the service manager's files: systemd, openrc, sysv, procd. Without one: agent,
# collector, dev and systemd.
# environment: SYSCONFDIR=/etc; LIBDIR, UNITDIR, ZSHDIR: below PREFIX unless given
set -eu
[ $# -ge 3 ] || { echo "usage: $0 BUILD_DIR DESTDIR PREFIX [PART...]" >&2; exit 2; }
build=$1 dest=$2 prefix=$3
shift 3
[ $# -gt 0 ] || set -- agent collector dev systemd
cd "$(dirname "$0")/.."
etc=${SYSCONFDIR:-/etc}
libdir=${LIBDIR:-$prefix/lib}
unitdir=${UNITDIR:-$prefix/lib/systemd/system}
zshdir=${ZSHDIR:-$prefix/share/zsh/site-functions}
libexecdir=$prefix/lib/earshot
root=$dest$prefix

put() { # MODE FILE TARGET: with the directories of this installation in the places of @names@
	install -d "$(dirname "$3")"
	sed -e "s|@bindir@|$prefix/bin|g" -e "s|@sbindir@|$prefix/sbin|g" -e "s|@libexecdir@|$libexecdir|g" \
	    -e "s|@sysconfdir@|$etc|g" "$2" >"$3"
	chmod "$1" "$3"
}
program() { # FILE DIRECTORY, and its completion for shells, which comes from the same tables as --help
	install -d "$root/$2"
	install -m 755 "$build/$1" "$root/$2/"
	completion "$1" bash "$root/share/bash-completion/completions/$1"
	completion "$1" zsh "$dest$zshdir/_$1"
	completion "$1" fish "$root/share/fish/vendor_completions.d/$1.fish"
}
completion() { # PROGRAM SHELL FILE
	script=$("$build/$1" --print-completion "$2" 2>/dev/null) || return 0
	install -d "$(dirname "$3")"
	printf '%s\n' "$script" >"$3"
	chmod 644 "$3"
}
manual() { # PAGE
	section=${1##*.}
	install -d "$root/share/man/man$section"
	packaging/manual.sh "$build" "docs/$1" >"$root/share/man/man$section/$1"
	chmod 644 "$root/share/man/man$section/$1"
}
setting() { # FILE TARGET: unless it is there
	[ -e "$2" ] || put 644 "$1" "$2"
}
documents() { # PACKAGE FILE...
	to=$root/share/doc/$1
	shift
	install -d "$to"
	install -m 644 "$@" "$to/"
}

part_agent() {
	program earshot bin
	program earshotd sbin
	for page in earshot.1 earshotd.8 earshotd.conf.5; do manual $page; done
	put 755 packaging/agent/enroll.sh "$dest$libexecdir/enroll"
	put 644 packaging/agent/sysctl.conf "$root/lib/sysctl.d/60-earshot.conf"
	setting packaging/agent/earshotd.conf "$dest$etc/earshot/earshotd.conf"
	setting packaging/agent/site.conf "$dest$etc/earshot/conf.d/site.conf"
	documents earshot-agent README.md LICENSE docs/OPERATIONS.md docs/TOUR.md docs/METRICS.md docs/QUALITY.md docs/PRIVACY.md \
	    docs/GLOSSARY.md
}
part_collector() {
	program earshot-collector sbin
	put 755 packaging/collector/portal_key.sh "$dest$libexecdir/portal-key"
	for page in earshot-collector.8 earshot-collector.conf.5; do manual $page; done
	documents earshot-collector README.md LICENSE docs/OPERATIONS.md docs/CORRELATION.md docs/METRICS.md docs/PRIVACY.md docs/GLOSSARY.md
}
part_systemd() { # the files of the parts that are installed
	for part in agent collector; do
		is_wanted $part || continue
		put 644 packaging/$part/sysusers.conf "$root/lib/sysusers.d/earshot-$part.conf"
		put 644 packaging/$part/tmpfiles.conf "$root/lib/tmpfiles.d/earshot-$part.conf"
		for unit in packaging/systemd/*; do
			case ${unit##*/} in
			earshot-collector*) owner=collector ;;
			*) owner=agent ;;
			esac
			[ $owner != $part ] || put 644 "$unit" "$dest$unitdir/${unit##*/}"
		done
	done
}
# The same two services for each of the other managers: both roles as children of one process.
service() { # FILE TARGET PART
	case $3 in
	agent) before=$libexecdir/enroll needed=/var/lib/earshot/agent.pem command="$prefix/sbin/earshotd --supervise --config $etc/earshot/earshotd.conf" ;;
	collector) before=true needed=/var/lib/earshot-collector/collector.conf command="$prefix/sbin/earshot-collector serve" ;;
	esac
	put 755 "$1" "$2"
	sed -i -e "s|@part@|$3|g" -e "s|@needed@|$needed|g" -e "s|@command@|$command|g" -e "s|@before@|$before|g" "$2"
}
services() { # MANAGER
	for part in agent collector; do
		! is_wanted $part || service "packaging/$1/service" "$dest$etc/init.d/earshot-$part" $part
	done
}
part_openrc() { services openrc; }
part_sysv() { services sysv; }
part_procd() { services procd; }
case $libdir in "$prefix"/*) relative="\${prefix}${libdir#"$prefix"}" ;; *) relative=$libdir ;; esac # whoever moves it changes prefix
# One archive, one file: NAME DESCRIPTION LIBRARY REQUIRES PRIVATE
pc() {
	cat >"$dest$libdir/pkgconfig/$1.pc" <<-PC
	prefix=$prefix
	libdir=$relative
	includedir=\${prefix}/include

	Name: $1
	Description: $2
	Version: $(cat VERSION)
	Requires.private: $4
	Cflags: -I\${includedir}
	Libs: -L\${libdir} -l$3
	Libs.private: $5
	PC
	chmod 644 "$dest$libdir/pkgconfig/$1.pc"
}
part_dev() {
	install -d "$dest$libdir/pkgconfig" "$root/include/earshot"
	install -m 644 "$build/libearshot.a" "$build/libearshot-correlate.a" "$build/libearshot-host.a" "$dest$libdir/"
	install -m 644 include/earshot/*.h "$root/include/earshot/"
	documents libearshot-dev README.md LICENSE docs/ARCHITECTURE.md docs/METRICS.md docs/QUALITY.md docs/CORRELATION.md docs/GLOSSARY.md
	install -d "$root/share/doc/libearshot-dev/decisions"
	install -m 644 docs/decisions/*.md "$root/share/doc/libearshot-dev/decisions/"
	pc earshot 'measures SIP and RTP quality: packets and time in, records out' earshot '' -lm
	pc earshot-correlate 'explains calls: records of several vantage points in, verdicts out' earshot-correlate earshot -lm
	pc earshot-host "samples this machine's health" earshot-host earshot ''
}

parts=" $* "
is_wanted() { case $parts in *" $1 "*) return 0 ;; esac; return 1; }
for wanted in $parts; do
	case $wanted in
	agent | collector | dev | systemd | openrc | sysv | procd) "part_$wanted" ;;
	*) echo "$0: there is no part \"$wanted\"" >&2; exit 2 ;;
	esac
done
