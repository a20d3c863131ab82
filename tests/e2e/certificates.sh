#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Certificates of a real agent that last seconds: they renew themselves, also after the collector was away; a copy of
# the state directory is found out; one that has ended is replaced through a fresh token. usage: tests/e2e/certificates.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib_agents.sh
. "$PWD/tests/e2e/lib_agents.sh"
case=$PWD/tests/golden/loss_seg1
E=00112233445566778899aabbccddeeff

generation() { # NAME IS-AT-LEAST
	[ "$(status "$1" .certificate_generation)" -ge "$2" ] 2>/dev/null
}
shown() { # NAME JQ: of the collector's list
	"$bin" agents --json --dir "$D" | jq -r ".agents[] | select(.name == \"$1\") | $2"
}
life() { # SECONDS: of the certificates that are issued from now on
	sed -i '/agent-validity/d' "$D/collector.conf" && echo "agent-validity = ${1}s" >>"$D/collector.conf"
}

init && life 30 && start || { bad certificate_collector_starts "$(tail -3 "$tmp/serve.log")"; finish; }
enrol ep || bad certificate_agent_enrols "$(tail -2 "$tmp/enrol.out")"
cp -r "$tmp/ep" "$tmp/golden" && cp "$tmp/ep/collector-name" "$tmp/golden/name"
id=$(shown ep .id)
configure ep "capture \"default\" { replay = {\"$case/ep.pcap.gz\"} role = endpoint }"
begin ep
wait_for 30 delivered ep || bad certificate_agent_delivers "$(tail -3 "$tmp/ep.log")"
acked=$(status ep .spool.acked_seq)

# --- half its life: 12 to 18 s
wait_for 30 generation ep 2 && ok certificate_renews_itself || bad certificate_renews_itself "$(tail -3 "$tmp/ep.log")"
is certificate_and_key_are_a_pair "$(openssl x509 -in "$tmp/ep/agent.pem" -noout -pubkey)" \
    "$(openssl pkey -in "$tmp/ep/agent.key" -pubout)"
is certificate_files_are_private "$(cd "$tmp/ep" && stat -c '%a %n' agent.key agent.pem | tr '\n' ' ')" "600 agent.key 600 agent.pem "
is certificate_leaves_nothing_behind "$(find "$tmp/ep" -name '*.new*' -o -name '*.tmp')" ""
is certificate_is_of_the_same_agent "$(shown ep .id)" "$id"
if cmp -s "$tmp/ep/agent.key" "$tmp/golden/agent.key"; then bad certificate_has_a_new_key same; else ok certificate_has_a_new_key; fi
says certificate_is_in_the_status "$("$earshot" status --config "$tmp/ep.conf" 2>/dev/null)" "renews itself"

# --- a copy of the agent's files from before
says certificate_of_a_copy_is_refused "$(talk golden hello $E 1 hold)" "nack code=10"
says certificate_of_a_copy_is_an_alarm "$(grep ALARM "$tmp/serve.log")" "ep: certificate of generation 1 shows up again after"

# --- the collector is away when it is due; a new start spares the test the pauses between attempts
before=$(status ep .certificate_generation)
stop
sleep 18
life 10
start || bad certificate_collector_starts_again "$(tail -3 "$tmp/serve.log")"
end_agents
begin ep
wait_for 10 generation ep $((before + 1)) && ok certificate_survives_a_collector_that_is_away ||
    bad certificate_survives_a_collector_that_is_away "$(tail -5 "$tmp/ep.log")"

# --- it ends while the machine is off
end_agents
before=$(shown ep .records)
sleep 11
begin ep
wait_for 20 grep -q "has ended; with a token of" "$tmp/ep.log" && ok certificate_that_has_ended_says_so ||
    bad certificate_that_has_ended_says_so "$(tail -3 "$tmp/ep.log")"
status_says_so() { "$earshot" status --config "$tmp/ep.conf" 2>&1 | grep -q "has ended: earshot enroll --collector 127.0.0.1"; }
wait_for 10 status_says_so && ok certificate_that_has_ended_is_in_the_status ||
    bad certificate_that_has_ended_is_in_the_status "$("$earshot" status --config "$tmp/ep.conf" 2>&1 >/dev/null)"
for f in agent.pem agent.key ca.pem; do # as of a renewal that was cut off by the end
    cp "$tmp/golden/$f" "$tmp/ep/$f.new"
done
: >"$tmp/ep/agent.pem.shown"
enrol ep || bad certificate_enrols_again "$(tail -2 "$tmp/enrol.out")"
is certificate_enrolment_leaves_nothing_of_a_renewal "$(find "$tmp/ep" -name '*.new*' -o -name '*.shown*' -o -name '*.tmp')" ""
life 3600
connected() { [ "$(status ep .collector.state)" = connected ]; }
wait_for 60 connected && ok certificate_recovers_by_a_token || bad certificate_recovers_by_a_token "$(tail -5 "$tmp/ep.log")"
is certificate_recovers_as_the_same_agent "$(shown ep '.records >= '"$before")$(sql "select count(*) from agent")" true1
[ "$(status ep .spool.acked_seq)" -ge "$acked" ] && ok certificate_recovers_with_its_spool ||
    bad certificate_recovers_with_its_spool "$(status ep .spool)"
end_agents
finish
