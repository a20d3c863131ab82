#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `earshot path` from one network namespace through a router to servers in a third: each link is broken in turn, and the
# named link must be the broken one; what works must be named by nobody. Needs namespaces, as root.
# usage: tests/e2e/path.sh [BUILD_DIR]
if [ -z "$IN_NAMESPACE" ]; then
	if ! unshare -nm true 2>/dev/null; then
		echo "skip path_names_the_broken_link: no right to make a network namespace"
		exit 0
	fi
	IN_NAMESPACE=1 exec unshare -nm "$0" "$@"
fi
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
earshot=$B/earshot
peer=
leave() {
	[ -z "$peer" ] || kill "$peer" 2>/dev/null
	finish
}

# This machine, a router, and the servers.
mount -t tmpfs none /run && ip netns add router && ip netns add far || {
	echo "skip path_names_the_broken_link: no right to mount"
	exit 0
}
at() { ip netns exec "$@"; }
set_up() {
	ip link set lo up
	ip link add c0 type veth peer name r0 netns router &&
	    ip link add s0 netns far type veth peer name r1 netns router || return 1
	ip addr add 10.9.1.2/24 dev c0 && ip link set c0 up && ip route add default via 10.9.1.1
	at router sh -c 'ip link set lo up; ip addr add 10.9.1.1/24 dev r0; ip addr add 10.9.2.1/24 dev r1
		ip link set r0 up; ip link set r1 up; ip route add blackhole 10.9.2.9
		echo 1 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/icmp_ratelimit'
	at far sh -c 'ip link set lo up; ip addr add 10.9.2.2/24 dev s0; ip addr add 10.9.2.53/24 dev s0
		ip link set s0 up; ip route add default via 10.9.2.1; echo 0 >/proc/sys/net/ipv4/icmp_ratelimit'
	echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range
	at router sh -c 'ip addr add fe80::1/64 dev r0 nodad && ip addr add fd00:9:1::1/64 dev r0 nodad && ip addr add fd00:9:2::1/64 dev r1 nodad
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding' && ip addr add fd00:9:1::2/64 dev c0 nodad &&
	    ip route add default via fe80::1 dev c0 &&
	    at far sh -c 'ip addr add fd00:9:2::2/64 dev s0 nodad && ip route add default via fd00:9:2::1' && v6=yes
	echo "127.0.0.1 localhost" >"$tmp/hosts" && mount --bind "$tmp/hosts" /etc/hosts
	resolver 10.9.2.53
	mount --bind "$tmp/resolv.conf" /etc/resolv.conf
}
resolver() { echo "nameserver $1" >"$tmp/resolv.conf"; }
set_up || {
	echo "skip path_names_the_broken_link: no veth in this kernel"
	exit 0
}
mkdir "$tmp/pem"
"$tools/mkcert" ca "$tmp/ca.key" "$tmp/ca.pem"
"$tools/mkcert" ca "$tmp/other.key" "$tmp/other.pem"
issue() { # NAME CA DNS FROM TO
	"$tools/mkcert" issue "$tmp/$2.key" "$tmp/$2.pem" server "$3" "$3" "$4" "$5" "$tmp/pem/$1.key" "$tmp/pem/$1.pem"
}
issue good ca pbx.test -1 9 && issue expired ca pbx.test -9 -1 && issue wrong ca elsewhere.test -1 9 &&
    issue foreign other pbx.test -1 9
ip netns exec far tests/e2e/path_peer.py 10.9.2.53 10.9.2.2 "$tmp/pem" >"$tmp/serve.log" 2>&1 &
peer=$!
wait_for 10 at far python3 -c "import socket,sys; sys.exit(socket.socket().connect_ex(('10.9.2.2',8443)))"

path() { timeout 40 "$earshot" path --json --ca "$tmp/ca.pem" "$1"; }
judge() { # NAME WANTED-KIND|none OUTPUT EXIT [TEXT]
	got=$(jq -r '(.broken.kind // "none") + " " + (.broken.subject // "")' <"$3")
	want_exit=1
	[ "$2" = none ] && want_exit=0
	if [ "${got%% *}" != "$2" ]; then
		bad "path_$1" "is \"$got\", not \"$2\": $(cat "$3")"
	elif [ "$4" != "$want_exit" ]; then
		bad "path_$1" "exit status $4, not $want_exit"
	elif ! jq -e '.broken as $b | (.links | map(.state) | index("broken")) as $i
	    | if $i == null then $b == null and (.links | map(.state) | index("not_known")) == null
	      else (.links[$i] | .kind == $b.kind and .subject == $b.subject) and
		(.links[:$i] | all(.state == "ok" or .state == "slow")) and (.links[$i + 1:] | all(.state == "not_known")) end' <"$3" >/dev/null; then
		bad "path_$1" "states around the broken link: $(cat "$3")"
	elif [ -n "$5" ] && ! grep -q -- "$5" "$3"; then
		bad "path_$1" "expected \"$5\" in: $(cat "$3")"
	else
		ok "path_$1"
	fi
}
one() { # NAME WANTED TARGET [TEXT]: alone
	path "$3" >"$tmp/$1.json" 2>"$tmp/$1.err"
	judge "$1" "$2" "$tmp/$1.json" $? "$4"
}

# What does not change the network runs at once: most of it is waiting.
cat >"$tmp/cases" <<'CASES'
sip_udp_by_naptr_and_srv_is_fine none sip:pbx.test OPTIONS over udp: 200
sip_tcp_is_fine none sip:pbx.test:5060;transport=tcp OPTIONS over tcp: 200
sip_tls_is_fine none sip:pbx.test:5061;transport=tls days left
sip_404_is_an_answer none sip:pbx.test:5074 OPTIONS over udp: 404
https_is_fine none https://pbx.test/ HTTP 200
stun_is_fine none stun:pbx.test:3478 no NAT
host_is_fine none pbx.test hop 2, the target
address_needs_no_resolver none sip:10.9.2.2:5060 OPTIONS
nxdomain_is_dns dns sip:nobody.test:5060 NXDOMAIN
servfail_is_dns dns sip:servfail.test:5060 SERVFAIL
silent_resolver_is_dns dns https://silent.test/ no answer
malformed_dns_is_dns dns garbage.test 10.9.2.53
tcp_refused_is_tcp tcp sip:pbx.test:5999;transport=tcp refused
tcp_reset_is_tcp tcp sip:pbx.test:5080;transport=tls reset
tcp_dropped_is_tcp tcp https://black.test/ no answer
tls_expired_is_tls tls sip:pbx.test:5062;transport=tls expired
tls_wrong_name_is_tls tls sip:pbx.test:5063;transport=tls wrong name
tls_unknown_ca_is_tls tls sip:pbx.test:5064;transport=tls unknown CA
tls_silent_is_tls tls sip:pbx.test:5065;transport=tls handshake
tls_of_a_plain_server_is_tls tls https://pbx.test:5081/ TLS
http_503_is_http http https://pbx.test/503 HTTP 503
http_garbage_is_http http https://pbx.test:8443/garbage
stun_blocked_is_stun stun stun:pbx.test:3479 no answer
options_408_is_sip sip sip:pbx.test:5070 408
options_503_is_sip sip sip:pbx.test:5071 503
options_silent_is_sip sip sip:pbx.test:5072 no answer
options_garbage_is_sip sip sip:pbx.test:5073 no answer
options_tcp_408_is_sip sip sip:pbx.test:5082;transport=tcp 408
options_tcp_garbage_is_sip sip sip:pbx.test:5081;transport=tcp not SIP
options_tls_503_is_sip sip sip:pbx.test:5066;transport=tls 503
CASES
while read -r name _ target _; do
	(path "$target" >"$tmp/$name.json" 2>"$tmp/$name.err"; echo $? >"$tmp/$name.exit") &
	pids="$pids $!"
done <"$tmp/cases"
# shellcheck disable=SC2086  # words on purpose
wait $pids
while read -r name wanted target text; do
	judge "$name" "$wanted" "$tmp/$name.json" "$(cat "$tmp/$name.exit")" "$text"
done <"$tmp/cases"
is path_resolver_is_named "$(jq -r .broken.subject "$tmp/servfail_is_dns.json")" 10.9.2.53
is path_hops_are_the_router_and_the_target \
    "$(jq -c '[.links[] | select(.kind == "hop").subject]' "$tmp/host_is_fine.json")" '["10.9.1.1","10.9.2.2"]'

if [ -n "$v6" ]; then
	one ipv6_gateway_of_the_link_alone_is_fine none fd00:9:2::2 fe80::1
	is path_ipv6_hops_are_the_router_and_the_target "$(jq -c '[.links[] | select(.kind == "gateway" or .kind == "hop").subject]' \
	    "$tmp/ipv6_gateway_of_the_link_alone_is_fine.json")" '["fe80::1","fd00:9:1::1","fd00:9:2::2"]'
fi

# What it costs: datagrams and segments of this namespace.
sent() { awk '$1 == "Ip:" && $11 ~ /[0-9]/ { print $11 }' /proc/net/snmp; }
for target in sip:pbx.test "sip:pbx.test:5061;transport=tls" https://pbx.test/ stun:pbx.test:3478 sip:pbx.test:5072 https://silent.test/; do
	before=$(sent)
	path "$target" >"$tmp/cost.json"
	n=$(($(sent) - before))
	[ "$n" -le 20 ] && ok "path_sends_at_most_20_packets" || bad path_sends_at_most_20_packets "$n to $target"
done

# The network itself.
echo "1 0" >/proc/sys/net/ipv4/ping_group_range
one gateway_is_reached_without_the_right_to_ping none sip:pbx.test "answers ping"
echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range
at router sh -c 'echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all'
one gateway_without_ping_that_forwards_is_fine none sip:pbx.test "answers no ping, but forwards"
one gateway_without_ping_is_not_the_silent_server sip sip:pbx.test:5072
at router sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
one gateway_without_ping_that_forwards_nothing_is_gateway gateway sip:pbx.test 10.9.1.1
at router sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_all'
resolver 10.9.2.9
one resolver_that_is_away_is_dns dns sip:pbx.test "no answer"
resolver 10.9.2.53
at router ip link set r1 mtu 1300
one path_mtu_is_found none pbx.test "1300 bytes, less than the 1500 of c0"
at router ip link set r1 mtu 1500
at router ip addr del 10.9.1.1/24 dev r0
ip neigh flush dev c0
one gateway_that_is_away_is_gateway gateway sip:10.9.2.2 ARP
ip route del default
one route_that_is_missing_is_route route sip:pbx.test "no route"
one route_to_an_address_is_route route 10.9.2.2
ip link set c0 down
one interface_that_is_down_is_interface interface https://pbx.test/ c0
"$earshot" path "sip:" >/dev/null 2>&1
is path_wrong_target_is_usage $? 2
leave
