#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The collector's daily life: backup while agents deliver, restore, a disabled agent, a database that stays as small as it
# may be, and one of an older schema.
# usage: tests/e2e/collector_daily.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
E=00112233445566778899aabbccddeeff
metric() { curl -s --max-time 10 "http://127.0.0.1:$portal/metrics" | sed -n "s/^$1 //p"; }

init && start || { bad collector_starts "$(cat "$tmp/init.out"; tail -n 5 "$tmp/serve.log")"; finish; }
is check_config_finds_nothing "$("$bin" check-config --dir "$D")" "$D/collector.conf: no mistake found"
join ep >/dev/null || bad join_ep "enrolment failed"
says init_ends_with_the_next_step "$(tail -n 1 "$tmp/init.out")" "next: earshot-collector serve --dir $D"
says token_ends_with_the_next_step "$("$bin" token --dir "$D" --agent other 2>&1 >/dev/null)" "earshot enroll --collector 127.0.0.1:$enroll --token-file token"

# The line that enrolment ends with does what it says, copied into a shell: here with another place of the file.
(umask 077; "$bin" token --dir "$D" --agent other >"$tmp/token" 2>/dev/null)
"$B/earshot" enroll --collector "127.0.0.1:$enroll" --token-file "$tmp/token" --state-dir "$tmp/its state" >"$tmp/enrolled"
sed -n '$s/^next: //p' "$tmp/enrolled" | sed -e "s,/etc/earshot,$tmp/etc,g" -e 's/ && earshotd --supervise$//' >"$tmp/next.sh"
if [ -e /etc/earshot/earshotd.conf ]; then
	echo "skip enroll_ends_with_a_line_to_copy: this machine has an agent, whose configuration would be meant"
else
	PATH=$B:$PATH sh "$tmp/next.sh" >"$tmp/next.out" 2>&1
	is enroll_ends_with_a_line_to_copy "$?: $(cat "$tmp/next.out")" "0: $tmp/etc/earshotd.conf: no mistake found"
fi

# Where systemd runs, it starts the packages' state; in a mount namespace, so that nothing is left on this machine.
(umask 077; "$bin" token --dir "$D" --agent served >"$tmp/token" 2>/dev/null)
# shellcheck disable=SC2016  # for the shell in the namespace
served='mount -t tmpfs none /run && mkdir -p /run/systemd/system && mount -t tmpfs none /var/lib &&
    exec "$0" enroll --collector "$1" --token-file "$2"'
if unshare -m true 2>/dev/null; then
	says enroll_names_systemd_where_it_runs "$(unshare -m sh -c "$served" "$B/earshot" "127.0.0.1:$enroll" "$tmp/token" 2>&1 | tail -n 1)" \
	    "&& systemctl start earshot.target"
else
	echo "skip enroll_names_systemd_where_it_runs: needs a mount namespace"
fi

# --- a backup while records come
talk ep hello $E 99999 flood 1 100 100 >"$tmp/flood" 2>&1 &
flood=$!
has_committed() { [ "$(sql 'select count(*) from mark')" -gt 0 ]; }
wait_for 10 has_committed
for i in 1 2 3; do "$bin" backup "$tmp/saved" --dir "$D" >/dev/null || bad backup_while_served "round $i"; done
wait $flood
is backup_is_whole "$(sqlite3 "$tmp/saved" 'pragma integrity_check')" ok
is backup_ends_at_a_commit "$(sqlite3 "$tmp/saved" "select (select seq from agent) = (select through from mark)")" 1
before=$(sqlite3 "$tmp/saved" 'select count(*) from minute')
says restore_is_refused_while_served "$("$bin" restore "$tmp/saved" --dir "$D" 2>&1)" "is in use: stop"
now=$(sql 'select count(*) from minute')
stop
says restore_keeps_the_old "$("$bin" restore "$tmp/saved" --dir "$D" 2>&1)" "as it was before it is in"
start
is restored_is_served "$(curl -s "http://127.0.0.1:$portal/readyz") $(sql 'select count(*) from minute')" "ready $before"
is set_aside_is_whole "$(sqlite3 "$D"/earshot.db.before-* 'select count(*) from minute')" "$now"

# --- a disabled agent is cut off, and comes back
talk ep hello $E 99999 hold >"$tmp/held" 2>&1 &
held=$!
wait_for 10 grep -q welcome "$tmp/held"
"$bin" disable ep --dir "$D" >/dev/null || bad disable "failed"
wait_for 5 grep -q "this agent is disabled" "$tmp/held" && ok disabled_is_cut_off_within_five_seconds ||
    bad disabled_is_cut_off_within_five_seconds "$(cat "$tmp/held")"
kill $held 2>/dev/null
wait $held 2>/dev/null
says disabled_stays_out "$(talk ep hello $E 99999 2>&1)" "this agent is disabled"
"$bin" enable ep --dir "$D" >/dev/null
says enabled_is_let_in "$(talk ep hello $E 99999 2>&1)" "welcome"

# --- what there is to see
talk ep hello $E 99999 scene one@h 0x1000 ep 20000 >/dev/null 2>&1
says agents_lists_it "$("$bin" agents --dir "$D")" "connected, "
api() { curl -s --max-time 10 "http://127.0.0.1:$portal/api/v1/$1"; }
is unknown_parameter_is_named "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$portal/api/v1/calls?form=x") $(api 'calls?form=x' | jq -r .parameter)" "400 form"
is parameter_given_twice_is_named "$(api 'calls?q=x&q=y' | jq -r .parameter)" q
party=$(api calls | jq -r '[.calls[] | select(.from)][0].from')
is api_finds_a_party "$(api "calls?number=$(echo "$party" | jq -sRr '@uri' | sed 's/%0A//')" | jq -c '[.calls[].call]')" '["one@h"]'
is command_finds_the_same "$("$bin" calls --number "$party" --json --dir "$D" 2>/dev/null | jq -c '[.calls[].call]')" '["one@h"]'
is nobody_is_found "$(api 'calls?number=%2B493099999999' | jq -c '[.calls, has("next")]')" '[[],false]'
says search_is_logged "$(grep 'search by number' "$tmp/serve.log")" "search by number or user from 127.0.0.1: n1-cc49-"
is search_hides_the_number "$(grep -c 99999999 "$tmp/serve.log")" 0

# --- the oldest records make room
stop
sed -i '1a max_database = 2MiB\nretry_after = 1s' "$D/collector.conf"
start
largest=$(metric earshot_collector_database_bytes) # a file that is larger already does not shrink
[ "$largest" -gt $((2 * 1024 * 1024 + 4096)) ] || largest=$((2 * 1024 * 1024 + 4096))
acked() { talk ep hello $E 999999 2>&1 | sed -n 's/^welcome acked=\([0-9]*\).*/\1/p'; }
n=20000
for batches in 100 200 300; do # each time more of one stream's minutes
	first=$n
	n=$((n + batches * 100))
	tries=20 # while the oldest go, a batch may be refused for a second: an agent sends it again
	while [ "$first" -lt $n ] && [ $tries -gt 0 ]; do
		talk ep hello $E 999999 flood "$first" $(((n - first + 99) / 100)) 100 >"$tmp/flood" 2>&1
		last=$(acked)
		[ -z "$last" ] || first=$((last + 1)) # a connection may be refused as well
		tries=$((tries - 1))
		[ "$first" -ge $n ] || sleep 0.5
	done
	[ "$first" -ge $n ] && ok "full_database_takes_${batches}_batches" || bad "full_database_takes_${batches}_batches" "$first of $n: $(cat "$tmp/flood")"
	n=$first
done
sleep 3
[ "$(metric 'earshot_collector_records_pruned_total{class="minutes"}')" -gt 0 ] && ok pruned_is_counted || bad pruned_is_counted "$(metric 'earshot_collector_records_pruned_total{class="minutes"}')"
[ "$(metric earshot_collector_database_bytes)" -le "$largest" ] && ok database_stays_small || bad database_stays_small "$(metric earshot_collector_database_bytes)"
says removal_is_logged "$(grep removed "$tmp/serve.log")" "minutes"

# --- a database of the version before
stop
sqlite3 "$D/earshot.db" "drop index call_received; drop index stream_received; drop index minute_received;
drop index reported_received; drop index machine_received; drop index machine_loss; drop table pruned;
alter table agent drop column role; pragma user_version = 2"
rows=$(sql 'select count(*) from minute')
start
wait_for 10 grep -q "moved from schema version 2 to" "$tmp/serve.log" && ok older_schema_moves_forward || bad older_schema_moves_forward "$(tail -n 3 "$tmp/serve.log")"
is forward_keeps_all "$(sqlite3 "$D/earshot.db.version-2" 'select count(*) from minute') $(sqlite3 "$D/earshot.db.version-2" 'pragma user_version')" "$rows 2"
stop
sqlite3 "$D/earshot.db" "pragma user_version = 99"
says newer_schema_is_refused "$("$bin" serve --role ingest --dir "$D" 2>&1)" "schema version 99 is newer than"
finish
