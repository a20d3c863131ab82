#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The archive of static programs: the same bytes twice, as small as promised, installed into an empty root that holds
# nothing but a static busybox. There its programs run, a collector takes an agent in, and what uninstalling leaves is
# what was there before, configuration and data. Nothing is installed on this machine.
# usage: tests/packaging/tarball.sh [BUILD_DIR]      make check-tarball builds first
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
static=build/musl-release
version=$(cat VERSION) machine=$(uname -m)
name=earshot-$version-linux-$machine
if [ "$($static/earshotd --version 2>/dev/null)" != "earshotd $version" ]; then
	echo "skip tarball: there is no static build: make check-tarball"
	finish
fi
for n in 1 2; do
	packaging/tarball/build.sh $static "$tmp/$n" >/dev/null 2>"$tmp/why" || { bad tarball_build "$(cat "$tmp/why")"; finish; }
done
is tarball_same_twice "$(sha256sum <"$tmp/1/$name.tar.gz")" "$(sha256sum <"$tmp/2/$name.tar.gz")"
is tarball_is_of_root_and_of_the_commit "$(tar --numeric-owner -tvzf "$tmp/1/$name.tar.gz" | awk '{ print $2 }' | sort -u)" 0/0
tar -C "$tmp" -xzf "$tmp/1/$name.tar.gz"
top=$tmp/$name

# All the programs of the agent, not one of them.
size=$(cat "$top"/agent/files/@prefix@/bin/earshot "$top"/agent/files/@prefix@/sbin/earshotd | wc -c)
if [ "$size" -le 3145728 ]; then ok tarball_agent_at_most_3_MiB; else bad tarball_agent_at_most_3_MiB "$size bytes"; fi
for program in agent/files/@prefix@/bin/earshot agent/files/@prefix@/sbin/earshotd collector/files/@prefix@/sbin/earshot-collector; do
	is "tarball_needs_no_library_${program##*/}" "$(readelf -dl "$top/$program" | grep -E 'NEEDED|INTERP')" ''
	says "tarball_is_moved_at_random_${program##*/}" "$(readelf -h "$top/$program")" 'DYN ('
done

# The unit files of any prefix are where systemd looks.
root=$tmp/root
mkdir -p "$root/etc/earshot"
echo '# ours' >"$root/etc/earshot/earshotd.conf"
(cd "$root" && find . | sort) >"$tmp/before"
put() { "$top/install.sh" --root "$root" --prefix /opt/earshot "$@" >"$tmp/why" 2>&1 || bad tarball_install "$(cat "$tmp/why")"; }
put --service systemd agent
put --service systemd collector
units=$root/usr/local/lib/systemd/system
for unit in earshot-sensor.service earshot-shipper.service earshot-hop.socket earshot.target earshot-enroll.service \
    earshot-collector-ingest.service earshot-collector-portal.service earshot-collector.target; do
	[ -s "$units/$unit" ] || bad tarball_units "there is no $unit"
done
is tarball_units_name_the_prefix "$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$units"/earshot-sensor.service "$units"/earshot-collector-ingest.service |
    tr '\n' ' ')" '/opt/earshot/sbin/earshotd /opt/earshot/sbin/earshot-collector '
is tarball_keeps_a_configuration "$(cat "$root/etc/earshot/earshotd.conf")" '# ours'
is tarball_has_no_place_left_open "$(grep -rIlE '@[a-z]+@' "$root/opt" "$root/usr" "$root/etc")" ''
if command -v systemd-analyze >/dev/null; then
	is tarball_units_verify "$(sed 's|/opt/earshot/|'"$root"'&|' "$units/earshot-sensor.service" >"$tmp/earshot-sensor.service"
	    systemd-analyze verify --man=no "$tmp/earshot-sensor.service" 2>&1 | grep -F earshot-sensor.service | grep -v 'Failed to\|not found')" ''
else
	echo "skip tarball_units_verify: systemd is not installed"
fi
# Whoever sees its temporary file come puts a link where the next may be written; that leads root nowhere.
mkdir "$tmp/shared" "$tmp/fast"
echo ours >"$tmp/victim"
cat >"$tmp/fast/mktemp" <<-FAST
	#!/bin/sh
	made=\$($(command -v mktemp) "\$@") || exit 1
	ln -s "$tmp/victim" "\$made.made"
	echo "\$made"
FAST
chmod 755 "$tmp/fast/mktemp"
TMPDIR=$tmp/shared PATH=$tmp/fast:$PATH "$top/install.sh" --root "$root" --prefix /opt/earshot --service systemd agent >/dev/null
is tarball_install_writes_through_no_link_in_tmp "$(cat "$tmp/victim")" ours
# A file that the next version does not have is removed, one of another's is not.
echo "file /opt/earshot/bin/of-the-last-version" >>"$root/opt/earshot/lib/earshot/agent.installed"
: >"$root/opt/earshot/bin/of-the-last-version"
: >"$root/opt/earshot/bin/of-others"
put --service systemd agent
is tarball_upgrade "$(ls "$root/opt/earshot/bin" | tr '\n' ' ')" 'earshot of-others '
rm "$root/opt/earshot/bin/of-others"
put --uninstall agent
[ -x "$root/opt/earshot/sbin/earshot-collector" ] && ok tarball_uninstall_leaves_the_other_part || bad tarball_uninstall_leaves_the_other_part "it is gone"
put --uninstall collector
is tarball_uninstall_leaves_configuration_alone "$(cd "$root" && find . | sort | comm -13 "$tmp/before" - | tr '\n' ' ')" \
    './etc/earshot/conf.d ./etc/earshot/conf.d/site.conf '
put --service sysv agent
put --purge agent
is tarball_purge_leaves_nothing "$(cd "$root" && find . -type f)" ''
"$top/install.sh" --root "$root" --prefix '/opt/a|b' agent >"$tmp/why" 2>&1
is tarball_refuses_a_prefix_that_scripts_read "$? $(head -1 "$tmp/why")" '2 install.sh: the prefix may hold letters, digits and / . _ + - alone'
is tarball_uninstall_of_nothing_says_so "$("$top/install.sh" --root "$root" --uninstall agent 2>&1)" \
    "install.sh: earshot-agent is not in $root/usr/local: there is no $root/usr/local/lib/earshot/agent.installed"
for manager in openrc sysv procd; do
	mkdir "$tmp/$manager"
	"$top/install.sh" --root "$tmp/$manager" --service $manager agent collector >/dev/null
	for file in etc/init.d/earshot-agent etc/init.d/earshot-collector usr/local/lib/earshot/enroll; do
		[ -x "$tmp/$manager/$file" ] || bad "tarball_$manager" "there is no $file"
	done
	says "tarball_$manager" "$(cat "$tmp/$manager/etc/init.d/earshot-agent")" /usr/local/sbin/earshotd
done

busybox=$(command -v busybox || :)
if [ "$(id -u)" -ne 0 ] || [ -z "$busybox" ] || readelf -l "$busybox" | grep -q INTERP; then
	echo "skip tarball_empty_root: needs root and a static busybox"
	finish
fi
# An empty root: no library, no shell but busybox's, no name service.
empty=$tmp/empty
mkdir -p "$empty/bin" "$empty/etc" "$empty/tmp" "$empty/proc" "$empty/dev" "$empty/run"
cp "$busybox" "$empty/bin/busybox"
for tool in $("$busybox" --list); do [ "$tool" = busybox ] || ln -s busybox "$empty/bin/$tool"; done
echo 'root:x:0:0:root:/:/bin/sh' >"$empty/etc/passwd"
echo 'root:x:0:' >"$empty/etc/group"
cp -r "$top" "$empty/tmp/dist"
cp tests/golden/loss_seg1/ep.pcap.gz "$empty/tmp/"
chmod 1777 "$empty/tmp"
in_root() { # COMMAND: in namespaces of its own, so that nothing of it is left
	unshare --net --pid --fork --mount --kill-child sh -c \
	    'mount -t proc proc "$1/proc" && mknod -m 666 "$1/dev/null" c 1 3 2>/dev/null; mknod -m 666 "$1/dev/urandom" c 1 9 2>/dev/null
	    exec chroot "$1" /bin/sh -c "$2"' sh "$empty" "export PATH=/usr/local/sbin:/usr/local/bin:/bin; $1" 2>&1
}
says tarball_empty_root_install "$(in_root '/tmp/dist/install.sh agent collector')" 'to start it: /etc/init.d/earshot-agent start'
is tarball_empty_root_has_its_users "$(cut -d: -f1 "$empty/etc/passwd" | tr '\n' ' ')" \
    'root earshot earshot-sensor earshot-ingest earshot-portal '
is tarball_empty_root_state_is_of_its_user "$(in_root 'stat -c "%U %a" /var/lib/earshot /var/lib/earshot-collector' | tr '\n' ' ')" \
    'earshot 700 earshot-ingest 750 '
is tarball_empty_root_runs "$(in_root 'earshot --version; earshotd --version; earshot-collector --version' | tr '\n' ' ')" \
    "earshot $version earshotd $version earshot-collector $version "
cp tests/golden/loss_seg1/ep.pcap.gz "$tmp/"
is tarball_empty_root_measures "$(in_root 'earshot read /tmp/ep.pcap.gz --json' | cksum)" \
    "$("$B/earshot" read "$tmp/ep.pcap.gz" --json | sed "s|$tmp/|/tmp/|g" | cksum)"

# The services as sysv starts them, under their users and lists of system calls: a recorded call reaches the collector.
# The collector's name is looked up in /etc/hosts.
cat >"$empty/tmp/serve" <<'SERVE'
ip link set lo up
printf '127.0.0.1 localhost collector.test\n' >/etc/hosts
earshot-collector init --name collector.test >/tmp/init.out 2>&1 || { cat /tmp/init.out; exit 1; }
/etc/init.d/earshot-collector start
waited=0
until token=$(earshot-collector token --agent pc1 2>/dev/null) && [ -n "$token" ] && cat /proc/net/tcp* | grep -q ':17D5 .* 0A '; do # port 6101 listens
	waited=$((waited + 1)) && [ $waited -lt 100 ] || { tail /var/log/earshot-collector.log; exit 1; }
	sleep 0.1
done
(umask 077; printf 'EARSHOT_COLLECTOR=collector.test\nEARSHOT_TOKEN=%s\n' "$token" >/etc/earshot/enroll.env)
until_true() { # WHAT COMMAND: within 30 s
	waited=0
	until sh -c "$2" >/dev/null 2>&1; do
		waited=$((waited + 1)) && [ $waited -lt 300 ] || { echo "not: $1"; tail -n 5 /var/log/earshot-*.log; exit 1; }
		sleep 0.1
	done
	echo "$1"
}
site() { printf 'host = no\nspool-free = 0\ncapture "default" { %s }\n' "$1" >/etc/earshot/conf.d/site.conf; }
site 'interface = lo'
/etc/init.d/earshot-agent start
until_true 'a live sensor is well' 'earshot status'
for pid in $(pidof earshotd earshot-collector); do
	grep -q '^Seccomp:.2' "/proc/$pid/status" && echo "confined $(stat -c %U "/proc/$pid")"
done | sort -u
site 'replay = {"/tmp/ep.pcap.gz"}'
/etc/init.d/earshot-agent restart
until_true 'a call is at the collector' 'earshot-collector calls --json | grep -q "\"call\""'
/tmp/dist/install.sh --uninstall agent collector
pidof earshotd earshot-collector
SERVE
served=$(in_root 'sh /tmp/serve')
says tarball_empty_root_a_call_is_delivered "$served" 'a call is at the collector'
says tarball_empty_root_captures_live "$served" 'a live sensor is well'
says tarball_empty_root_services_are_confined "$(echo "$served" | sed -n 's/^confined //p' | tr '\n' ' ')" 'earshot earshot-ingest '
says tarball_empty_root_uninstalls "$served" 'earshot-collector is removed; configuration, data and users stay'
is tarball_empty_root_keeps_configuration_and_data "$(cd "$empty" && ls etc/earshot/earshotd.conf var/lib/earshot/agent.key \
    var/lib/earshot-collector/earshot.db 2>&1 | wc -l; find "$empty/usr" "$empty/etc/init.d" ! -type d 2>/dev/null)" 3
finish
