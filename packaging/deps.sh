#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the system packages that a build and `make demo` need, or `make check`, and only when one
# is missing. Runs as root or by sudo, asks nothing.
# usage: packaging/deps.sh demo|check|packages|machines|libraries|cross TRIPLET
# machines: what runs them in machines, fleets and containers. packages: what makes packages of other systems than Debian. libraries: installs nothing, prints what programs are linked with. cross: what builds for another machine.
set -eu
libraries='libpcap-dev libsrtp2-dev libprotobuf-c-dev libmbedtls-dev libevent-dev libsqlite3-dev
libjansson-dev libcap-ng-dev libseccomp-dev zlib1g-dev'
packages="
gcc libc6-dev make pkg-config protobuf-c-compiler
$libraries
python3-minimal libpython3-stdlib jq curl
"
tools='g++ clang-format cppcheck shellcheck iproute2 openssl sqlite3 ca-certificates procps libfaketime mandoc tmux systemd dpkg-dev lintian busybox-static'
wanted='chromium' # Ubuntu has it as a snap only; its tests are skipped without
case ${1:-check} in
demo) wanted='' ;;
check) packages="$packages$tools" ;;
packages) packages='rpm' wanted='' ;;
machines) packages='debootstrap systemd-container ansible-core ansible-lint openssh-client podman crun' wanted='' ;;
libraries)
	echo "$libraries" | tr '\n' ' '
	exit 0
	;;
cross)
	wanted=''
	case ${2:?the triplet} in
	musl) packages="$packages musl-tools dpkg-dev xz-utils bzip2 autoconf automake libtool flex bison gperf tcl" ;;
	*) packages="$packages gcc-$2 qemu-user debian-archive-keyring" ;;
	esac
	;;
*)
	echo "usage: $0 demo|check|packages|machines|libraries|cross TRIPLET" >&2
	exit 2
	;;
esac
if ! command -v dpkg-query >/dev/null; then
	echo "deps: this is not a Debian or Ubuntu system; install by your package manager what these hold:" >&2
	echo "$packages $wanted" >&2
	exit 1
fi
absent() {
	for p in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || echo "$p"
	done | tr '\n' ' '
}
# shellcheck disable=SC2086  # lists of words on purpose
missing=$(absent $packages) optional=$(absent $wanted)
! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null || optional=''
[ -n "$missing$optional" ] || exit 0
root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "deps: these packages are missing, and neither root nor sudo is at hand: $missing" >&2
		exit 1
	fi
	root='sudo -n'
fi
# shellcheck disable=SC2086  # a list of words on purpose
[ -n "$missing" ] || apt-cache show $optional >/dev/null 2>&1 || exit 0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() { # COMMAND...: what it says is shown only when it fails
	# shellcheck disable=SC2086  # empty, or sudo and its option
	$root "$@" >"$log" 2>&1 </dev/null || {
		cat "$log" >&2
		echo "deps: failed: $*" >&2
		exit 1
	}
}
quietly apt-get update -q
for p in $optional; do
	if apt-cache show "$p" >/dev/null 2>&1; then
		missing="$missing$p "
	else
		echo "deps: there is no package $p here; the tests that need it will be skipped"
	fi
done
echo "deps: installing $missing"
# shellcheck disable=SC2086  # a list of words on purpose
quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
