#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A machine of its own for packages: a fresh Debian that systemd boots in a namespace, without a network but its own.
# Sourced with $1 = build directory; leaves: $B $tmp $root, and the functions below. Debian is kept in build/machines
# between runs, so that it is fetched once.
cd "$(dirname "$0")/../../.." || exit 2
export LC_ALL=C
B=${1:-build/native-release}
suite=${SUITE:-bookworm}
failed=0
leader=
nspawn=
ok() { echo "ok $1"; }
bad() { # NAME WHY
	echo "FAIL $1: $(echo "$2" | tr '\n' ' ' | cut -c1-400)"
	failed=1
}
is() { # NAME GOT WANTED
	if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "is \"$2\", not \"$3\""; fi
}
says() { # NAME TEXT PATTERN
	case $2 in
	*$3*) ok "$1" ;;
	*) bad "$1" "expected \"$3\" in: $2" ;;
	esac
}
wait_for() { # SECONDS COMMAND...: until it succeeds
	left=$(($1 * 5))
	shift
	while ! "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.2
	done
}
skip_all() { echo "skip $(basename "$0" .sh)_machine: $1"; exit 0; }

[ "$(id -u)" -eq 0 ] || skip_all "needs root"
for tool in debootstrap systemd-nspawn nsenter; do
	command -v $tool >/dev/null || skip_all "$tool is not installed"
done
tmp=$(mktemp -d) || exit 2
root=$tmp/root
power_off() {
	[ -n "$nspawn" ] || return 0
	[ -z "$leader" ] || nsenter -t "$leader" -a systemctl poweroff >/dev/null 2>&1
	left=100
	while kill -0 "$nspawn" 2>/dev/null && [ $left -gt 0 ]; do sleep 0.2; left=$((left - 1)); done
	kill "$nspawn" 2>/dev/null
	wait "$nspawn" 2>/dev/null
	nspawn='' leader=''
}
finish() {
	power_off
	rm -rf "$tmp"
	exit $failed
}
trap 'power_off; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# The same mirror and settings as this machine's own apt.
fresh() { # DIRECTORY: a fresh Debian
	kept=build/machines/$suite.tar
	mkdir -p build/machines "$1"
	if [ ! -s "$kept" ]; then
		mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: '"$suite" | head -1)
		debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,iproute2,procps "$suite" "$tmp/fresh" \
		    "${mirror:-http://deb.debian.org/debian}" >"$tmp/debootstrap.log" 2>&1 ||
			skip_all "debootstrap failed: $(tail -n 1 "$tmp/debootstrap.log")"
		tar -C "$tmp/fresh" -cf "$kept" . && rm -rf "$tmp/fresh"
	fi
	tar -C "$1" -xf "$kept"
	cp /etc/resolv.conf "$1/etc/resolv.conf"
	cp /etc/apt/apt.conf.d/* "$1/etc/apt/apt.conf.d/" 2>/dev/null
}
# Packages of this machine's own release are of BUILD_DIR; those of another are compiled in a fresh one of these.
build_packages() { # leaves $tmp/now, and $tmp/next of a version that is newer
	if [ "$suite" = "$(. /etc/os-release && echo "$VERSION_CODENAME")" ]; then
		packaging/deb/build.sh "$B" "$tmp/now" >/dev/null && VERSION=9.9.9 packaging/deb/build.sh "$B" "$tmp/next" >/dev/null
		return
	fi
	fresh "$tmp/builder" || return 1
	mkdir "$tmp/builder/earshot"
	git archive HEAD | tar -C "$tmp/builder/earshot" -x
	SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) chroot "$tmp/builder" sh -e >"$tmp/builder.log" 2>&1 <<-'BUILD' || { tail -n 5 "$tmp/builder.log" >&2; return 1; }
		cd /earshot
		packaging/deps.sh demo
		apt-get install -y -q --no-install-recommends dpkg-dev
		make -s -j"$(nproc)" all
		packaging/deb/build.sh build/native-release /now
		VERSION=9.9.9 packaging/deb/build.sh build/native-release /next
	BUILD
	mv "$tmp/builder/now" "$tmp/builder/next" "$tmp/" && rm -rf "$tmp/builder"
}
prepare() { # PACKAGE...: the machine, a fresh Debian with these
	fresh "$root"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod 755 "$root/usr/sbin/policy-rc.d"
	chroot "$root" apt-get update -q >"$tmp/apt.log" 2>&1 &&
		chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" \
		    >>"$tmp/apt.log" 2>&1 || skip_all "apt failed: $(tail -n 1 "$tmp/apt.log")"
	rm -f "$root/usr/sbin/policy-rc.d" "$root/etc/machine-id"
	mkdir -p "$root/etc/systemd/system"
	ln -s /dev/null "$root/etc/systemd/system/systemd-networkd-wait-online.service"
}
boot() { # [NETWORK]: nspawn's option, a network of its own unless given
	systemd-nspawn -q -D "$root" --boot --register=no --keep-unit "${1:---private-network}" --console=pipe \
	    </dev/null >"$tmp/boot.log" 2>&1 &
	nspawn=$!
	wait_for 30 find_leader && wait_for 60 has_booted || skip_all "no machine can be booted here: $(tail -n 1 "$tmp/boot.log")"
}
find_leader() { leader=$(pgrep -P "$nspawn" | head -1) && [ -n "$leader" ]; }
has_booted() { nsenter -t "$leader" -a systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded'; }
inside() { nsenter -t "$leader" -a "$@"; }
