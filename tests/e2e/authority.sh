#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The certificate authority is replaced under real agents whose certificates last seconds: one stays connected, one is
# away until its certificate has ended; and how soon a disabled agent is cut off. usage: tests/e2e/authority.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib_agents.sh
. "$PWD/tests/e2e/lib_agents.sh"
case=$PWD/tests/golden/loss_seg1
E=00112233445566778899aabbccddeeff

anchors() { grep -c BEGIN "$1"; }
has_anchors() { [ "$(anchors "$1")" = "$2" ]; }
connected() { [ "$(status "$1" .collector.state)" = connected ]; }
retire() { "$bin" ca --retire --dir "$D" >"$tmp/retire" 2>&1; }
restart() { stop; start || bad authority_collector_starts_again "$(tail -3 "$tmp/serve.log")"; }

init && echo "agent-validity = 20s" >>"$D/collector.conf" && start ||
    { bad authority_collector_starts "$(tail -3 "$tmp/serve.log")"; finish; }
enrol ep && enrol away || bad authority_agents_enrol "$(tail -2 "$tmp/enrol.out")"
for a in ep away; do configure $a "capture \"default\" { replay = {\"$case/ep.pcap.gz\"} role = endpoint }"; done
begin ep
wait_for 30 delivered ep || bad authority_agent_delivers "$(tail -3 "$tmp/ep.log")"
cp "$tmp/away/collector-name" "$tmp/away/name"
says authority_agent_is_there_before_it_goes_away "$(talk away hello $E 1)" "welcome"

"$bin" ca --new --dir "$D" >"$tmp/new" 2>&1 || bad authority_new "$(cat "$tmp/new")"
restart
wait_for 20 connected ep && ok authority_new_cuts_off_nobody || bad authority_new_cuts_off_nobody "$(tail -3 "$tmp/ep.log")"
retire && bad authority_is_not_retired_too_early "$(cat "$tmp/retire")" ||
    says authority_is_not_retired_too_early "$(cat "$tmp/retire")" "would be cut off"
says authority_names_who_depends_on_it "$(cat "$tmp/retire")" "away has a certificate of the old authority until"
wait_for 30 has_anchors "$tmp/ep/ca.pem" 2 && ok authority_new_reaches_agents_as_they_renew ||
    bad authority_new_reaches_agents_as_they_renew "$(tail -3 "$tmp/ep.log")"
wait_for 40 retire && ok authority_is_retired_when_nobody_depends_on_it ||
    bad authority_is_retired_when_nobody_depends_on_it "$(cat "$tmp/retire")"
is authority_old_one_is_gone "$(anchors "$D/ca.pem")" 1
restart
wait_for 20 connected ep && ok authority_retired_cuts_off_nobody ||
    bad authority_retired_cuts_off_nobody "$(tail -3 "$tmp/ep.log")"
wait_for 30 has_anchors "$tmp/ep/ca.pem" 1 && ok authority_old_one_is_forgotten_by_agents ||
    bad authority_old_one_is_forgotten_by_agents "$(tail -3 "$tmp/ep.log")"

# --- who was away finds its certificate ended, and comes back as itself through a token
case $(talk away hello $E 1 hold) in *welcome*) bad authority_agent_away_is_refused welcome ;; *) ok authority_agent_away_is_refused ;; esac
enrol away || bad authority_agent_away_enrols_again "$(tail -2 "$tmp/enrol.out")"
begin away
wait_for 20 connected away && ok authority_agent_away_comes_back || bad authority_agent_away_comes_back "$(tail -3 "$tmp/away.log")"
is authority_agent_away_is_who_it_was "$(sql "select count(*) from agent")" 2

# --- disabled: from the command's end to the last word
now_ms() { echo $(($(date +%s%N) / 1000000)); }
cut_off() { [ "$(status away .collector.state)" != connected ]; }
"$bin" disable away --dir "$D" >/dev/null || bad authority_disable "failed"
began=$(now_ms)
wait_for 5 cut_off && ok authority_disabled_is_cut_off_within_five_seconds ||
    bad authority_disabled_is_cut_off_within_five_seconds "$(status away .collector)"
echo "note authority: a disabled agent was cut off after $(($(now_ms) - began)) ms"
"$bin" enable away --dir "$D" >/dev/null
wait_for 60 connected away && ok authority_enabled_is_let_in || bad authority_enabled_is_let_in "$(tail -3 "$tmp/away.log")"
end_agents
finish
