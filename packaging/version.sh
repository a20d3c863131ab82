# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What every builder of packages needs; sourced in the tree's top folder. The same sources and the same build give the
# same bytes: times are those of the last commit, or SOURCE_DATE_EPOCH. Leaves: $version $machine $tmp.
export LC_ALL=C TZ=UTC
umask 022
# shellcheck disable=SC2034  # whoever sources it uses them
version=${VERSION:-$(cat VERSION)} machine=$(uname -m)
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y VERSION)}"
export SOURCE_DATE_EPOCH
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

archive() { # DIRECTORY FILE MEMBER...: a compressed archive that tells neither who made it nor when
	from=$1 to=$2
	shift 2
	tar -C "$from" --sort=name --owner=0 --group=0 --numeric-owner --format=gnu --mtime="@$SOURCE_DATE_EPOCH" -cf - "$@" |
	    gzip -9n >"$to"
}
strip_programs() { # PREFIX: all that are below it, which have to be static but in a test of the format alone, FORMAT_ONLY=1
	for program in "$1"/bin/* "$1"/sbin/*; do
		[ -f "$program" ] || continue
		if [ -z "${FORMAT_ONLY:-}" ] && readelf -l "$program" | grep -q INTERP; then
			echo "${program##*/} is not static: make CROSS=musl" >&2
			exit 1
		fi
		strip --remove-section=.comment --remove-section=.note.gnu.property "$program"
	done
}
