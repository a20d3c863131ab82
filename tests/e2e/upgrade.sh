#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# This version and the one before, each with what the other left, under load: the collector first, the agent first, and
# back again. Every record that a spool numbered is at the collector once. Needs the build of the version before.
# usage: OLD=BUILD_DIR tests/e2e/upgrade.sh [BUILD_DIR]      make check-upgrade OLD=COMMIT builds it
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib_agents.sh
. "$PWD/tests/e2e/lib_agents.sh"
if [ ! -x "${OLD:-}/earshotd" ]; then
	echo "skip upgrade: no build of the version before: make check-upgrade OLD=COMMIT"
	finish
fi
new=$PWD/$B old=$(cd "$OLD" && pwd)
use_agent() { daemon=$1/earshotd earshot=$1/earshot; }
use_collector() { bin=$1/earshot-collector; }
# A capture of a damaged call, again and again: each run of the agent gives some thirty records.
case=$PWD/tests/golden/loss_seg1
run_agent() { # until it has replayed; the service stays
	begin ep
	wait_for 60 grep -q "sensor ended: exit 0" "$tmp/ep.log" || bad "upgrade_replay_$1" "$(tail -n 3 "$tmp/ep.log")"
	: >"$tmp/ep.log"
}
through() { # numbers that the spool gave, and acknowledged
	status ep '"\(.spool.records) \(.spool.acked_seq)"'
}
is_empty() { [ "$(status ep '.spool.records')" = 0 ]; }
counted=0
# After each step: nothing waits, and the collector has as many records as the spool gave numbers.
settle() { # STEP
	wait_for 60 is_empty || bad "upgrade_$1_delivers" "$(through); $(tail -n 3 "$tmp/ep.log")"
	acked=$(status ep .spool.acked_seq)
	is "upgrade_$1_counts_each_record_once" "$(sql 'select records + 0, refused, lost, duplicates >= 0 from agent')" "$acked|0|0|1"
	if [ "$acked" -gt "$counted" ]; then ok "upgrade_$1_has_more"; else bad "upgrade_$1_has_more" "$acked after $counted"; fi
	counted=$acked
}

use_collector "$old" && use_agent "$old"
init && start || { bad upgrade_old_collector_starts "$(cat "$tmp/init.out"; tail -n 3 "$tmp/serve.log")"; finish; }
enrol ep || bad upgrade_old_agent_enrols "$(tail -n 2 "$tmp/enrol.out")"
configure ep "capture \"default\" { replay = {\"$case/ep.pcap.gz\"} role = endpoint }"
run_agent old && settle old

# The collector first, as OPERATIONS.md says: it goes away while an old agent has records to deliver.
stop
end_agents
run_agent waiting
use_collector "$new"
start || bad upgrade_new_collector_starts "$(tail -n 3 "$tmp/serve.log")"
settle collector_first

# The agent: its old spool still holds records when the new one takes it.
stop
end_agents
run_agent old_spool
end_agents
use_agent "$new"
start
run_agent new && settle agent

# Back: a spool that the new agent wrote is read by the old one.
stop
end_agents
run_agent new_spool
end_agents
use_agent "$old"
start
run_agent back && settle agent_back

# And the collector: the old one reads the database as it is, or says what to do.
end_agents
stop
use_collector "$old"
if start; then
	run_agent collector_back && settle collector_back
	is upgrade_back_has_the_calls "$("$bin" calls --json --dir "$D" 2>/dev/null | jq '.calls | length > 0')" true
else
	says upgrade_old_collector_names_the_copy "$(tail -n 3 "$tmp/serve.log")" '.version-'
fi
end_agents

# The agent first: a new one at an old collector.
use_agent "$new"
run_agent agent_first && settle agent_first
end_agents
says upgrade_database_is_whole "$(sql 'pragma integrity_check')" ok
finish
