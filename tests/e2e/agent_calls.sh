#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Three agents (endpoint, SBC with two interfaces, gateway) replay one real call into a collector:
# enrolment, TLS, spool and acks included; the collector explains it as `earshot explain` does.
# Shippers, ingest and portal killed during a replay lose and double nothing. usage: tests/e2e/agent_calls.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib_agents.sh
. "$PWD/tests/e2e/lib_agents.sh"
case=$PWD/tests/golden/${CASE:-loss_seg1}

section() { # LABEL FILE ROLE
	echo "capture \"$1\" { replay = {\"$case/$2.pcap.gz\"} role = $3 speed = ${SPEED:-0} }"
}
truth() {
	"$earshot" explain --json "endpoint:ep=$case/ep.pcap.gz" "sbc:sbc/access=$case/sbc_access.pcap.gz" \
	    "sbc:sbc/core=$case/sbc_core.pcap.gz" "gateway:gw=$case/gw.pcap.gz" 2>>"$tmp/serve.log"
}
init && start || { bad agent_collector_starts "$(tail -3 "$tmp/serve.log")"; finish; }
for a in ep sbc gw; do enrol $a || bad "agent_enrols_$a" "$(tail -2 "$tmp/enrol.out")"; done
[ -e "$tmp/ep.token" ] && bad agent_removes_the_token "it is still there" || ok agent_removes_the_token
is agent_key_is_private "$(stat -c %a "$tmp/ep/agent.key")" 600
"$bin" token --dir "$D" --agent again >"$tmp/t" && sed 's/.\{4\}$/0000/' "$tmp/t" >"$tmp/t2"
says agent_refuses_another_ca "$("$earshot" enroll --collector "127.0.0.1:$enroll" \
    --token-file "$tmp/t2" --state-dir "$tmp/no" 2>&1)" "pin"
configure ep "$(section default ep endpoint)"
configure sbc "$(section access sbc_access sbc; section core sbc_core sbc)"
configure gw "$(section default gw gateway)"
says agent_status_says_not_running "$("$earshot" status --config "$tmp/ep.conf" 2>&1)" "not running"
for a in ep sbc gw; do begin $a; done
for a in ep sbc gw; do
	wait_for 30 delivered $a && ok "agent_delivers_$a" || bad "agent_delivers_$a" "$(tail -3 "$tmp/$a.log")"
done
truth >"$tmp/want"
call=$(jq -r .call "$tmp/want" | head -1)
"$bin" explain "$call" --json --dir "$D" >"$tmp/got" 2>>"$tmp/serve.log"
comparable "$tmp/want" >"$tmp/want.s"; comparable "$tmp/got" >"$tmp/got.s"
if cmp -s "$tmp/want.s" "$tmp/got.s"; then ok agent_replay_is_explained_as_the_captures; else
	bad agent_replay_is_explained_as_the_captures "$(diff "$tmp/want.s" "$tmp/got.s" | head -12)"; fi
is agent_parties_are_explained_as_pseudonyms "$(jq -r '.from, .to' "$tmp/got" | sed 's/^u1-[0-9a-f]*@/PSEUDONYM@/' | cut -d@ -f1 | uniq)" PSEUDONYM
end_agents
user=$("$earshot" read --json "$case/ep.pcap.gz" | jq -r 'select(.record == "call").from' | head -1)
[ ${#user} -ge 4 ] || bad agent_pseudonyms_only "no caller in the capture"
is agent_pseudonyms_only "$(cat "$D"/earshot.db* "$tmp"/ep/spool/* | grep -ac -- "$user")" 0

# Again, from the start, with the shipper killed five times while the call is replayed.
stop
rm -rf "$D" "$tmp/ep" "$tmp/sbc" "$tmp/gw" "$tmp"/*.log
SPEED=8
init && start || bad agent_collector_starts_again "$(tail -3 "$tmp/serve.log")"
for a in ep sbc gw; do enrol $a || bad "agent_enrols_again_$a" "$(tail -2 "$tmp/enrol.out")"; done
configure ep "$(section default ep endpoint)"
configure sbc "$(section access sbc_access sbc; section core sbc_core sbc)"
configure gw "$(section default gw gateway)"
for a in ep sbc gw; do begin $a; done
killed=0
roles_killed=0
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	sleep 0.37
	case $i in # and the collector's two roles
	4) role=ingest ;;
	7) role=portal ;;
	13) role=ingest ;;
	*) role= ;;
	esac
	[ -z "$role" ] || { p=$(role_pid $role); [ -n "$p" ] && kill -9 "$p" && roles_killed=$((roles_killed + 1)); }
	for a in ep sbc; do
		p=$(child $a shipper)
		[ -n "$p" ] && [ $killed -lt 8 ] && kill -9 $p && killed=$((killed + 1))
	done
done
[ $killed -ge 5 ] && ok agent_shippers_were_killed || bad agent_shippers_were_killed "$killed times only"
is agent_collector_roles_were_killed "$roles_killed" 3
for a in ep sbc gw; do
	wait_for 60 delivered $a && ok "agent_delivers_after_kill_$a" ||
	    bad "agent_delivers_after_kill_$a" "$(tail -3 "$tmp/$a.log")"
done
"$bin" explain "$call" --json --dir "$D" >"$tmp/got" 2>>"$tmp/serve.log"
comparable "$tmp/got" >"$tmp/got.s"
if cmp -s "$tmp/want.s" "$tmp/got.s"; then ok agent_killed_shipper_loses_and_doubles_nothing; else
	bad agent_killed_shipper_loses_and_doubles_nothing "$(diff "$tmp/want.s" "$tmp/got.s" | head -12)"; fi
# stored once: a call record per place, two streams each
is agent_killed_roles_store_once "$(sql 'select count(*) from call'),$(sql 'select count(*) from stream')" 4,8
end_agents
[ $failed -ne 0 ] && tail -n 5 "$tmp"/*.log >&2
finish
