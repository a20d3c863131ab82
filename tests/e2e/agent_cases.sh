#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every live case with four captures, replayed by three agents into one collector: what it explains is
# byte for byte what `earshot explain` says of the captures. usage: tests/e2e/agent_cases.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
live=${SHARED:-../shared}/corpus/live
[ -d "$live" ] || { echo "skip agent_cases: $live is not there"; finish; }
live=$(cd "$live" && pwd)
daemon=$PWD/$B/earshotd
earshot=$PWD/$B/earshot

deliver() { # AGENT SECTIONS: enrols, replays, ends when all is acknowledged
	rm -rf "${tmp:?}/$1" "${tmp:?}/$1.run"
	"$bin" token --dir "$D" --agent "$1" >"$tmp/$1.token" && chmod 600 "$tmp/$1.token"
	"$earshot" enroll --collector "127.0.0.1:$enroll" --token-file "$tmp/$1.token" \
	    --state-dir "$tmp/$1" >>"$tmp/enrol.out" 2>&1 || return 1
	printf '%s\n' "state-dir = $tmp/$1" "run-dir = $tmp/$1.run" "host = no" "spool-free = 0" \
	    "collector = \"127.0.0.1:$data\"" "$2" >"$tmp/$1.conf"
	"$daemon" --config "$tmp/$1.conf" --supervise >"$tmp/$1.log" 2>&1 &
	running=$!
	wait_for 20 acknowledged "$1"
	status=$?
	kill $running
	wait $running
	return $status
}
acknowledged() { # AGENT
	[ "$("$earshot" status --config "$tmp/$1.conf" --json 2>/dev/null |
	    jq '.sensor == "ended" and .spool.records == 0 and .spool.acked_seq > 0')" = true ]
}
section() { # LABEL FILE ROLE
	echo "capture \"$1\" { replay = {\"$case/$2.pcap\"} role = $3 speed = 0 }"
}

for case in "$live"/*; do
	name=agent_case_$(basename "$case")
	for f in ep sbc_access sbc_core gw; do [ -f "$case/$f.pcap" ] || continue 2; done
	rm -rf "$D"
	init && start || { bad "$name" "no collector: $(tail -n 3 "$tmp/serve.log")"; continue; }
	for a in ep sbc gw; do
		case $a in
		ep) deliver ep "$(section default ep endpoint)" ;;
		sbc) deliver sbc "$(section access sbc_access sbc; section core sbc_core sbc)" ;;
		gw) deliver gw "$(section default gw gateway)" ;;
		esac || bad "$name" "$a did not deliver: $(tail -n 2 "$tmp/$a.log")"
	done
	"$earshot" explain --json "endpoint:ep=$case/ep.pcap" "sbc:sbc/access=$case/sbc_access.pcap" \
	    "sbc:sbc/core=$case/sbc_core.pcap" "gateway:gw=$case/gw.pcap" >"$tmp/want" 2>>"$tmp/serve.log"
	jq -r .call "$tmp/want" | while read -r id; do "$bin" explain "$id" --json --dir "$D"; done >"$tmp/got" 2>>"$tmp/serve.log"
	if [ -s "$tmp/want" ] && cmp -s "$tmp/want" "$tmp/got"; then
		ok "$name"
	else
		bad "$name" "$(diff "$tmp/want" "$tmp/got" | head -c 400)"
	fi
	stop
done
finish
