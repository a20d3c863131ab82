#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The Debian packages on a fresh machine under a real systemd, all units hardened as they are shipped: install, enrol by
# debconf without a prompt, capture calls of real SIP software, upgrade under load, hang, remove, purge. Needs minutes.
# usage: tests/packaging/boot/deb.sh [BUILD_DIR]; SUITE=bookworm
# shellcheck source=tests/packaging/boot/lib.sh
. "$(dirname "$0")/lib.sh"
build_packages || { bad boot_packages "they cannot be built"; finish; }
libraries() { dpkg-deb -f "$1" Depends | sed -e 's/([^)]*)//g' -e 's/|[^,]*//g' -e 's/,/ /g'; }
# shellcheck disable=SC2046  # lists of words
prepare python3 iptables sip-tester $(libraries "$tmp"/now/earshot-agent_*.deb) $(libraries "$tmp"/now/earshot-collector_*.deb)
mkdir "$root/packages"
cp "$tmp"/now/*.deb "$tmp"/next/*.deb tests/e2e/inject.py tests/golden/loss_seg1/ep.pcap.gz tests/packaging/boot/call.xml "$root/packages/"
version=$(cat VERSION)
# What a purge has to leave as it was; logs, users and what dpkg knows are its own.
files() {
	(cd "$root" && find etc usr lib var/lib run opt srv -xdev ! -type s 2>/dev/null) |
	    grep -vE '^(var/lib/(dpkg|systemd|apt|ucf|private)|run/|etc/(passwd|group|g?shadow|subuid|subgid)-?$|usr/lib/python3|var/cache)' | sort
}
boot
files >"$tmp/before"
install_deb() { inside env DEBIAN_FRONTEND=noninteractive dpkg -i --force-confold "/packages/$1" >"$tmp/dpkg.log" 2>&1 ||
	bad "boot_dpkg_$1" "$(tail -n 5 "$tmp/dpkg.log")"; }
state() { inside systemctl is-active "$@" 2>&1 | tr '\n' ' '; }
status() { inside earshot status --json 2>/dev/null | python3 -c "import json,sys; d=json.load(sys.stdin); print($1)"; }

# --- install and enrol
install_deb "earshot-collector_${version}_$(dpkg --print-architecture).deb"
is boot_collector_waits_for_init "$(state earshot-collector-ingest earshot-collector-portal)" 'inactive inactive '
inside earshot-collector init --name collector.test >"$tmp/init.log" 2>&1 || bad boot_init "$(cat "$tmp/init.log")"
inside systemctl start earshot-collector.target
is boot_collector_runs "$(state earshot-collector-ingest earshot-collector-portal)" 'active active '
token=$(inside earshot-collector token --agent pc1 2>/dev/null)
printf 'earshot-agent earshot-agent/collector string 127.0.0.1\nearshot-agent earshot-agent/token password %s\n' "$token" |
    inside debconf-set-selections
install_deb "earshot-agent_${version}_$(dpkg --print-architecture).deb"
runs() { [ "$(state earshot-sensor earshot-shipper)" = 'active active ' ]; }
wait_for 20 runs && ok boot_agent_enrols_and_runs || bad boot_agent_enrols_and_runs "$(inside journalctl -u 'earshot*' -n 8 -o cat)"
is boot_token_is_forgotten "$(inside debconf-show earshot-agent | grep -c "$token"; inside grep -rc "$token" /etc/earshot/enroll.env)" '0
0'
delivers() { [ "$(status "d['collector']['state']")" = connected ] || inside earshot status | grep -q ' connected'; }
wait_for 20 delivers && ok boot_agent_delivers || bad boot_agent_delivers "$(inside earshot status)"
who() { inside ps -o user= -p "$(inside systemctl show -p MainPID --value "$1")"; }
is boot_users "$(for u in sensor shipper collector-ingest collector-portal; do who earshot-$u; done | cut -c1-7 | tr '\n' ' ')" \
    'earshot earshot earshot earshot '

# --- neither does the other's work
may() { # USER FILE
	inside setpriv --reuid="$1" --regid="$(inside id -g "$1")" --clear-groups cat "$2" >/dev/null 2>&1 && echo yes || echo no
}
is boot_portal_cannot_read_keys "$(for f in ca.key server.key tenant.key; do may earshot-portal /var/lib/earshot-collector/$f; done | tr '\n' ' ')" 'no no no '
is boot_sensor_cannot_read_keys_and_spool "$(for f in agent.key tenant.key; do may earshot-sensor /var/lib/earshot/$f; done | tr '\n' ' ')" 'no no '
is boot_portal_searches_by_number "$(inside journalctl -u earshot-collector-portal -o cat | grep -c 'nobody can be searched for')" 0

# --- two calls between SIPp here and SIPp behind a router: a clean one, and one of which a tenth is lost on its way here
head -c 80000 /dev/urandom >"$root/packages/speech.ul"
inside ip link set lo up
joined() { # NAMESPACE DEVICE ADDRESS PEER_NAMESPACE PEER_DEVICE PEER_ADDRESS; no namespace: this machine's own
	inside ip link add "$2" type veth peer name "$5"
	for end in "$1 $2 $3" "$4 $5 $6"; do
		# shellcheck disable=SC2086  # three words, or two
		set -- $end
		if [ $# = 3 ]; then inside ip link set "$2" netns "$1"; within="inside ip netns exec $1"; shift; else within=inside; fi
		$within ip addr add "$2/24" dev "$1"
		$within ip link set "$1" up
	done
}
phone() { inside ip netns exec phone "$@"; }
router() { inside ip netns exec router "$@"; }
inside ip netns add phone
inside ip netns add router
joined '' call0 198.51.100.1 router side0 198.51.100.254
joined router side1 203.0.113.254 phone call1 203.0.113.2
router sysctl -q -w net.ipv4.ip_forward=1 || router sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
inside ip route add 203.0.113.0/24 via 198.51.100.254
phone ip route add default via 203.0.113.254
sleep 2 # the agent hears the new interface
listens() { phone ss -lunH | grep -q 203.0.113.2:5060; }
does_not_listen() { ! listens; }
call() { # NAME
	phone timeout 60 sipp -sn uas -i 203.0.113.2 -mi 203.0.113.2 -rtp_echo -m 1 -nostdin >"$tmp/uas.log" 2>&1 &
	uas=$!
	wait_for 20 listens || bad "boot_sipp_$1" "$(tail -n 3 "$tmp/uas.log")"
	inside timeout 60 sipp -sf /packages/call.xml -cid_str "$1" -i 198.51.100.1 -mi 198.51.100.1 -m 1 -nostdin 203.0.113.2 >"$tmp/uac.log" 2>&1 ||
		bad "boot_sipp_$1" "$(tail -n 3 "$tmp/uac.log")"
	wait_for 20 does_not_listen
	kill $uas 2>/dev/null
	wait $uas 2>/dev/null
}
call clean
router iptables -A FORWARD -i side1 -p udp -m length --length 180:220 -m statistic --mode random --probability 0.1 -j DROP >"$tmp/why" 2>&1 ||
	bad boot_drops "$(cat "$tmp/why")"
call lossy
verdicts() { inside earshot-collector calls 2>/dev/null | awk '$NF == "clean" || $NF == "lossy" { print $NF, $4, $5, $6 }' | sort | tr '\n' ' '; }
judged() { [ "$(verdicts | wc -w)" = 8 ]; }
wait_for 60 judged
says boot_verdict_of_a_clean_call "$(verdicts)" 'clean 200 clean - '
says boot_verdict_of_a_lossy_call "$(verdicts)" 'lossy 200 degraded far_side ' # nobody else heard it
echo "   $(inside earshot-collector explain lossy 2>&1 | grep -m 1 -A 2 degraded | tr -s ' \n' ' ')"

# --- a call, and an upgrade while it is heard
echo '# ours' | inside tee -a /etc/earshot/conf.d/site.conf >/dev/null
key=$(inside sha256sum /var/lib/earshot/agent.key)
inside python3 /packages/inject.py /packages/ep.pcap.gz lo 400 >"$tmp/sent" 2>&1 &
inject=$!
sleep 3
for part in collector agent; do install_deb "earshot-${part}_9.9.9_$(dpkg --print-architecture).deb"; done
wait $inject
wait_for 30 runs && ok boot_upgraded_agent_runs || bad boot_upgraded_agent_runs "$(state earshot-sensor earshot-shipper)"
is boot_upgrade_keeps_the_key "$(inside sha256sum /var/lib/earshot/agent.key)" "$key"
is boot_upgrade_keeps_the_configuration "$(inside tail -n 1 /etc/earshot/conf.d/site.conf)" '# ours'

calls() { inside earshot-collector calls --json 2>/dev/null | tr ',' '\n' | grep -c '"call"'; }
has_calls() { [ "$(calls)" -ge 1 ]; }
wait_for 60 has_calls && ok boot_call_is_at_the_collector || bad boot_call_is_at_the_collector "$(inside earshot-collector calls; cat "$tmp/sent")"
says boot_database_is_whole "$(inside earshot-collector check-config 2>&1)" "no mistake found"

# --- reload, and a process that stands still
inside systemctl reload earshot-sensor earshot-shipper earshot-collector-ingest earshot-collector-portal &&
	ok boot_reload || bad boot_reload "$(inside systemctl status 'earshot*')"
inside systemctl kill -s STOP earshot-sensor
restarted() { [ "$(inside systemctl show -p NRestarts --value earshot-sensor)" -ge 1 ] && runs; }
wait_for 60 restarted && ok boot_watchdog_restarts_the_sensor || bad boot_watchdog_restarts_the_sensor "$(state earshot-sensor)"

# --- a copy of this disk
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
inside systemctl restart earshot-enroll.service
is boot_copy_forgets_the_key "$(inside ls /var/lib/earshot)" ''

# --- remove and purge
inside env DEBIAN_FRONTEND=noninteractive dpkg --remove earshot-agent earshot-collector >"$tmp/remove.log" 2>&1 || bad boot_remove "$(cat "$tmp/remove.log")"
is boot_remove_stops_everything "$(inside pgrep -l earshot)" ''
[ -s "$root/etc/earshot/conf.d/site.conf" ] && [ -s "$root/var/lib/earshot-collector/earshot.db" ] && ok boot_remove_keeps_data ||
	bad boot_remove_keeps_data "configuration or database is gone"
inside env DEBIAN_FRONTEND=noninteractive dpkg --purge earshot-agent earshot-collector >"$tmp/remove.log" 2>&1 || bad boot_purge "$(cat "$tmp/remove.log")"
files >"$tmp/after"
is boot_purge_leaves_nothing "$(comm -13 "$tmp/before" "$tmp/after")" ''
finish
