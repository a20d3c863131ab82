#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every shared live call, all in one collector: three agents replay all captures of their place one
# after the other, and each call is explained as `earshot explain` does from that case's captures
# alone. So the store keeps calls apart that share addresses, ports or even the SSRC.
# usage: tests/e2e/cases.sh [BUILD_DIR]
. "$(dirname "$0")/lib.sh"
. "$PWD/tests/e2e/lib_agents.sh"
live=${SHARED:-../shared}/corpus/live
[ -d "$live" ] || { echo "skip cases: $live is not here"; rm -rf "$tmp"; exit 0; }
live=$(cd "$live" && pwd)

replay() { # LABEL ROLE FILE: a section with that file of every case
	list=
	for c in "$live"/*/; do list="$list${list:+, }\"$(ls "$c$3".pcap*)\""; done
	echo "capture \"$1\" { role = $2 replay = {$list} }"
}
init && start || { bad cases_collector_starts "$(tail -3 "$tmp/serve.log")"; finish; }
for a in ep sbc gw; do enrol $a || bad "cases_enrol_$a" "$(tail -2 "$tmp/enrol.out")"; done
configure ep "$(replay default endpoint ep)"
configure sbc "$(replay access sbc sbc_access; replay core sbc sbc_core)"
configure gw "$(replay default gateway gw)"
for a in ep sbc gw; do begin $a; done
for a in ep sbc gw; do
	wait_for 120 delivered $a && ok "cases_delivered_$a" || bad "cases_delivered_$a" "$(tail -3 "$tmp/$a.log")"
done
for c in "$live"/*/; do
	name=cases_$(basename "$c")
	# names in the order in which the collector, without arguments to go by, would take them
	"$earshot" explain --json "endpoint:ep=$(ls "$c"ep.pcap*)" "gateway:gw=$(ls "$c"gw.pcap*)" \
	    "sbc:sbc/access=$(ls "$c"sbc_access.pcap*)" "sbc:sbc/core=$(ls "$c"sbc_core.pcap*)" >"$tmp/want" 2>>"$tmp/serve.log"
	[ -s "$tmp/want" ] || bad "$name" "no call in its captures"
	: >"$tmp/got"
	jq -r .call "$tmp/want" | while read -r id; do
		"$bin" explain "$id" --json --dir "$D" >>"$tmp/got" 2>>"$tmp/serve.log"
	done
	comparable "$tmp/want" >"$tmp/want.s"
	comparable "$tmp/got" >"$tmp/got.s"
	if cmp -s "$tmp/want.s" "$tmp/got.s"; then ok "$name"; else bad "$name" "$(diff "$tmp/want.s" "$tmp/got.s" | head -12)"; fi
done
end_agents
[ $failed -ne 0 ] && tail -n 5 "$tmp"/*.log >&2
finish
