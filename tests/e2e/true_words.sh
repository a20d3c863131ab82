#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No untrue word: what a command or a service says of itself when something is wrong, and its exit status.
# usage: tests/e2e/true_words.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib_agents.sh
. "$PWD/tests/e2e/lib_agents.sh"

# --- a service that cannot start says so, and ends with a status of its own
mkdir -m 700 "$tmp/lame"
printf '%s\n' "state-dir = $tmp/lame" "run-dir = $tmp/lame.run" "host = no" "spool-free = 0" \
    'capture "default" { interface = nobody-has-this-name }' >"$tmp/lame.conf"
"$daemon" --config "$tmp/lame.conf" --supervise >"$tmp/lame.log" 2>&1 &
lame=$!
# --- check-config names all that is missing, each at its place
printf '%s\n' "state-dir = $tmp/unmade" "user = nosuchuser" "group = nosuchgroup" 'collector = c.example' \
    "host-timeline = $tmp/no.jsonl" 'capture "a" { interface = nosuch0 }' >"$tmp/faults.conf"
"$earshot" check-config "$tmp/faults.conf" >"$tmp/faults.out" 2>&1
is check_config_is_1_with_faults $? 1
says check_config_names_a_missing_user "$(cat "$tmp/faults.out")" "faults.conf:2:8: user: there is no user \"nosuchuser\""
says check_config_names_a_missing_group "$(cat "$tmp/faults.out")" "faults.conf:3:9: group: there is no group \"nosuchgroup\""
says check_config_tells_how_to_enrol "$(cat "$tmp/faults.out")" "earshot enroll --collector c.example:6101"
says check_config_names_a_missing_timeline "$(cat "$tmp/faults.out")" "faults.conf:5:17: host-timeline: "
says check_config_says_which_interfaces_exist "$(cat "$tmp/faults.out")" "which has lo"
printf '%s\n' "state-dir = $tmp/unmade" "ca = $tmp/no.pem" "key = $tmp/no.key" 'collector = c.example' 'collector-name = c' \
    "capture \"a\" { replay = { \"$tmp/no.pcap\" } }" >"$tmp/faults.conf"
"$earshot" check-config "$tmp/faults.conf" >"$tmp/faults.out" 2>&1
says check_config_names_a_missing_ca "$(cat "$tmp/faults.out")" "faults.conf:2:6: ca: $tmp/no.pem: No such file"
says check_config_names_a_missing_key "$(cat "$tmp/faults.out")" "faults.conf:3:7: key: $tmp/no.key: No such file"
says check_config_names_a_missing_capture "$(cat "$tmp/faults.out")" "replay: $tmp/no.pcap: No such file"
printf '%s\n' 'log-level = loud' 'spool-age = much' 'stat = 3' 'capture "a" { interface = lo role = x }' >"$tmp/faults.conf"
"$earshot" check-config "$tmp/faults.conf" >"$tmp/faults.out" 2>&1
is check_config_names_every_wrong_value_in_one_run "$(grep -c "faults.conf:[1-4]:[0-9]*: " "$tmp/faults.out")" 4

touch "$tmp/no-directory"
printf '%s\n' "state-dir = $tmp/no-directory/state" "capture \"a\" { replay = { \"$PWD/tests/golden/loss_seg1/ep.pcap.gz\" } }" >"$tmp/faults.conf"
says check_config_names_a_state_directory_that_cannot_be "$("$earshot" check-config "$tmp/faults.conf" 2>&1)" \
    "faults.conf:1:13: state-dir: $tmp/no-directory/state: Not a directory"

# --- explain: no verdict without a witness, captures that have nothing in common, data that was made up
g=$PWD/tests/golden/loss_seg1
"$earshot" explain endpoint:ep=$g/epp.pcap.gz sbc:access=$g/sbc_access.pcap.gz >"$tmp/verdict" 2>"$tmp/why"
is explain_of_a_mistyped_name_is_no_verdict "$? $(cat "$tmp/verdict")" "1 "
says explain_names_what_cannot_be_read "$(cat "$tmp/why")" "epp.pcap.gz: No such file"
"$earshot" explain --keep-going endpoint:ep=$g/epp.pcap.gz sbc:access=$g/sbc_access.pcap.gz gateway:gw=$g/gw.pcap.gz >"$tmp/verdict" 2>&1
says explain_keep_going_names_the_missing_vantage "$(cat "$tmp/verdict")" "ep could not be read"
says explain_says_that_captures_share_no_call \
    "$("$earshot" explain endpoint:ep=$g/ep.pcap.gz gateway:gw=$g/../nat/gw.pcap.gz 2>&1 >/dev/null)" "no call is in more than one of these captures"
"$earshot" explain endpoint:ep=$g/ep.pcap.gz sbc:access=$g/sbc_access.pcap.gz host:ep=$g/host.synthetic.jsonl >"$tmp/verdict" 2>&1
says explain_marks_a_cause_from_synthetic_data "$(cat "$tmp/verdict")" "of 1, synthetic data)"

# --- under journald a line begins with its severity as a number, for the journal has the time
: >"$tmp/journal"
printf 'capture {\n' >"$tmp/broken.conf"
JOURNAL_STREAM=$(stat -c %d:%i "$tmp/journal") "$daemon" --config "$tmp/broken.conf" --role sensor 2>"$tmp/journal"
says log_lines_have_prefixes_under_journald "$(head -c 13 "$tmp/journal")" "<3>earshotd: "

data=$(ports 1) # nobody listens there
: >"$tmp/serve.log"
# --- status: the sensor does not run, the collector cannot be reached
configure gone 'capture "default" { interface = nosuch0 }'
mkdir -m 700 "$tmp/gone"
"$daemon" --config "$tmp/gone.conf" --role shipper >"$tmp/gone.log" 2>&1 &
gone=$!
answers() { "$earshot" status --config "$tmp/gone.conf" >"$tmp/status.out" 2>"$tmp/status.err"; [ -s "$tmp/status.out" ]; }
wait_for 10 answers
refused() { answers; grep -q 'cannot be reached' "$tmp/status.err"; }
wait_for 10 refused && ok status_names_a_collector_out_of_reach || bad status_names_a_collector_out_of_reach "$(cat "$tmp/status.err")"
"$earshot" status --config "$tmp/gone.conf" >"$tmp/status.out" 2>"$tmp/status.err"
is status_is_1_without_a_sensor $? 1
says status_names_a_sensor_that_does_not_run "$(cat "$tmp/status.err")" "the sensor is not connected"
"$earshot" status --json --config "$tmp/gone.conf" >"$tmp/status.out" 2>/dev/null
is status_json_is_1_as_well $? 1
is status_json_lists_problems "$(jq -r '.problems[0]' "$tmp/status.out")" "the sensor is not connected"
kill $gone; wait $gone
"$earshot" status --config "$tmp/gone.conf" >"$tmp/status.out" 2>"$tmp/status.err"
is status_is_1_without_a_service $? 1

# --- status: records that have waited, on a clock that runs a hundred times as fast
preload=$(ls /usr/lib/*/faketime/libfaketime.so.1 2>/dev/null | head -n 1)
if [ -n "$preload" ]; then
	configure late "capture default { replay = {\"$PWD/tests/golden/loss_seg1/ep.pcap.gz\"} }"
	mkdir -m 700 "$tmp/late"
	LD_PRELOAD=$preload FAKETIME='+0 x100' "$daemon" --config "$tmp/late.conf" --supervise >"$tmp/late.log" 2>&1 &
	late=$!
	waited() { "$earshot" status --config "$tmp/late.conf" 2>&1 >/dev/null | grep -q 'records have waited for [5-9] minutes'; }
	wait_for 30 waited && ok status_names_records_that_have_waited || bad status_names_records_that_have_waited "$("$earshot" status --config "$tmp/late.conf" 2>&1)"
	says status_says_that_the_sensor_has_ended "$("$earshot" status --config "$tmp/late.conf" 2>&1)" "the sensor has ended"
	kill $late; wait $late
else
	echo "skip status_names_records_that_have_waited: libfaketime is not installed"
fi

# --- SIGHUP reads the file again, says what needs a restart, and ends nothing
write_reloaded() { # LINE...: a service that replays for minutes
	printf '%s\n' "state-dir = $tmp/re" "run-dir = $tmp/re.run" "host = no" "spool-free = 0" "$@" >"$tmp/re.conf"
}
slow="capture \"default\" { replay = { \"$PWD/tests/golden/clean_plainproxy/ep.pcap.gz\" } speed = 0.02 }"
write_reloaded "$slow"
"$daemon" --config "$tmp/re.conf" --supervise >"$tmp/re.log" 2>&1 &
re=$!
in_log() { [ "$(grep -c "$1" "$tmp/re.log")" -ge "$2" ]; }
wait_for 10 in_log 'sensor: replay' 1
wait_for 10 in_log 'shipper: spool' 1
says status_says_that_no_collector_is_configured "$("$earshot" status --config "$tmp/re.conf" 2>/dev/null)" "collector   none is configured"
write_reloaded "log-level = debug" "spool-age = 2d" "$slow"
kill -HUP $re
wait_for 10 in_log 'configuration read again' 2 && ok sighup_reaches_both_roles || bad sighup_reaches_both_roles "$(cat "$tmp/re.log")"
says sighup_changes_the_log_level "$(cat "$tmp/re.log")" "earshotd: $tmp/re.conf:5:13: log-level: in force from now on"
says shipper_says_what_is_in_force_in_it "$(cat "$tmp/re.log")" "shipper: $tmp/re.conf:6:13: spool-age: in force from now on"
is supervisor_says_nothing_for_the_shipper "$(grep -c 'earshotd: .*spool-age' "$tmp/re.log")" 0
write_reloaded "log-level = debug" "spool-age = much" "$slow"
kill -HUP $re
wait_for 10 in_log 'nothing changes' 1
says sighup_of_a_file_with_a_mistake_changes_nothing "$(cat "$tmp/re.log")" "re.conf:6:13: spool-age = \"much\" is not right"
write_reloaded "log-level = debug" "spool-age = 2d" 'capture "default" { interface = eth7 }'
kill -HUP $re
wait_for 10 in_log 'interface: changed' 1
says sighup_names_what_needs_a_restart "$(cat "$tmp/re.log")" "re.conf:7:33: interface: changed: takes effect at a restart"
wait_for 10 in_log 'configuration read again' 4
for pid in $(pgrep -P $re); do kill -HUP "$pid"; done
wait_for 10 in_log 'configuration read again' 6
printf 'log-level = info' >>"$tmp/re.conf" # and the rest of the line is yet to come
kill -HUP $re
wait_for 10 in_log 'its last line has no end' 1 && ok sighup_takes_no_half_written_file || bad sighup_takes_no_half_written_file "$(cat "$tmp/re.log")"
is sighup_ends_no_process "$(grep -c 'runs as process' "$tmp/re.log") started, $(grep -c ' ended: ' "$tmp/re.log") ended" "2 started, 0 ended"
kill $re; wait $re
is service_ends_well_after_sighup $? 0

# --- a role without the right to read the file says so and keeps its values
if [ "$(id -u)" = 0 ]; then
	install -d -m 711 "$tmp/open"
	install -d -m 700 -o nobody "$tmp/open/state"
	printf '%s\n' "state-dir = $tmp/open/state" "run-dir = $tmp/open/state/run" "host = no" "spool-free = 0" 'user = nobody' "$slow" >"$tmp/open/e.conf"
	chmod 711 "$tmp"
	"$daemon" --config "$tmp/open/e.conf" --role shipper >"$tmp/deaf.log" 2>&1 &
	deaf=$!
	wait_for 10 grep -q 'shipper: spool' "$tmp/deaf.log"
	echo 'spool-age = 2d' >>"$tmp/open/e.conf"
	chmod 600 "$tmp/open/e.conf"
	kill -HUP $deaf
	wait_for 10 grep -q 'nothing changes' "$tmp/deaf.log"
	says role_that_may_not_read_the_file_says_so "$(cat "$tmp/deaf.log")" "e.conf: user $(id -u nobody), as which this process runs, may not read it: nothing changes"
	is role_that_may_not_read_the_file_says_nothing_is_in_force "$(grep -c 'in force' "$tmp/deaf.log")" 0
	kill $deaf; wait $deaf
	is role_that_may_not_read_the_file_lives $? 0
else
	echo "skip role_that_may_not_read_the_file_says_so: not root"
fi

# --- the same of the collector and its two processes
init
start
in_serve() { [ "$(grep -c "$1" "$tmp/serve.log")" -ge "$2" ]; }
wait_for 10 in_serve 'portal: http' 1
printf 'max-database = 1GiB\nlog = debug\ncommit-records = 7\n' >>"$D/collector.conf"
last=$(grep -c '' "$D/collector.conf")
kill -HUP "$serve_pid"
wait_for 10 in_serve 'configuration read again' 2 && ok sighup_reaches_both_processes || bad sighup_reaches_both_processes "$(cat "$tmp/serve.log")"
says sighup_changes_the_size_of_the_database "$(cat "$tmp/serve.log")" "ingest: $D/collector.conf:$((last - 2)):16: max-database: in force from now on"
is serve_says_nothing_for_ingest "$(grep -c 'serve: .*max-database' "$tmp/serve.log")" 0
says sighup_names_what_serve_needs_a_restart_for "$(cat "$tmp/serve.log")" \
    "collector.conf:$last:18: commit-records: changed: takes effect at a restart"
is sighup_is_reported_once "$(grep -c 'takes effect at a restart' "$tmp/serve.log")" 1
for pid in $(pgrep -P "$serve_pid"); do kill -HUP "$pid"; done
wait_for 10 in_serve 'configuration read again' 4
printf 'max-database = none\n' >>"$D/collector.conf"
kill -HUP "$serve_pid"
wait_for 10 in_serve 'nothing changes' 1 && ok serve_logs_a_mistake_and_changes_nothing || bad serve_logs_a_mistake_and_changes_nothing "$(cat "$tmp/serve.log")"
is sighup_ends_no_process_of_serve "$(grep -c 'is process' "$tmp/serve.log") started, $(grep -c 'ended with' "$tmp/serve.log") ended" "2 started, 0 ended"

# --- /readyz is 503 with the reason while the collector takes nothing
readyz() { curl -s -w ' %{http_code}' "http://127.0.0.1:$portal/readyz" | tr -d '\n'; }
ready_is() { [ "$(readyz)" = "$1" ]; }
limit() { sed -i '/^max-database/d' "$D/collector.conf"; printf 'max-database = %s\n' "$1" >>"$D/collector.conf"; kill -HUP "$serve_pid"; }
is readyz_of_a_collector_that_takes_all "$(readyz)" "ready 200"
limit 4096
wait_for 10 ready_is "the database is as large as it may be 503"
is readyz_of_a_full_database "$(readyz)" "the database is as large as it may be 503"
limit 0
wait_for 10 ready_is "ready 200"
is readyz_after_it_was_full "$(readyz)" "ready 200"
stop
"$bin" serve --dir "$D" --role portal >>"$tmp/portal.log" 2>&1 &
serve_pid=$!
wait_for 15 listening "$portal"
is readyz_without_ingest "$(readyz)" "ingest takes nothing: it was stopped 503"
rm "$D/earshot.db.ingest"
is readyz_of_an_ingest_that_never_ran "$(readyz)" "ingest does not run: it said nothing for 15 s 503"
kill -HUP "$serve_pid"
wait_for 5 grep -q 'configuration read again' "$tmp/portal.log" && ok portal_alone_lives_after_sighup || bad portal_alone_lives_after_sighup "$(cat "$tmp/portal.log")"
stop

# --- check-config of the collector names each fault at its place
printf 'user = nosuchuser\nca-key = no.key\nca-cert = no.pem\nlisten = 192.0.2.1:6100\n' >>"$D/collector.conf"
"$bin" check-config --dir "$D" >"$tmp/faults.out" 2>&1
is collector_check_config_is_1_with_faults $? 1
last=$(grep -c '' "$D/collector.conf")
for fault in "$((last - 3)):8: user: there is no user" "$((last - 2)):10: ca-key: " "$((last - 1)):11: ca-cert: " \
    "$last:10: listen: 192.0.2.1:6100: Cannot assign"; do
	name=${fault#*: }
	says "collector_check_config_names_${name%%:*}" "$(cat "$tmp/faults.out")" "collector.conf:$fault"
done

wait $lame
is service_that_cannot_start_ends_with_3 $? 3
says service_that_cannot_start_says_why "$(cat "$tmp/lame.log")" "nobody-has-this-name: no interface can have this name"
says service_that_cannot_start_says_that_it_ends "$(tail -1 "$tmp/lame.log")" "could not be started in 5 tries"
is service_tries_five_times "$(grep -c 'sensor runs as process' "$tmp/lame.log")" 5
says log_lines_have_time_and_severity "$(grep -cE '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]{15}Z (error|warning|info): ' "$tmp/lame.log") of" \
    "$(grep -c '' "$tmp/lame.log") of"
finish
