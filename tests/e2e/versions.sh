#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What each version left (tests/golden/versions): its spool is delivered, its frames are taken, its database is opened,
# moved forward and read, by this version. usage: tests/e2e/versions.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib_agents.sh
. "$PWD/tests/e2e/lib_agents.sh"
count() { sed -n "s/^$1 //p" "$kept/counts"; } # WHAT

# Records age: all that runs here has the clock of that version, a minute later. Not the test's own waiting.
preload=$(ls /usr/lib/*/faketime/libfaketime.so.1 2>/dev/null | head -n 1)
if [ -z "$preload" ]; then
	echo "skip versions: libfaketime is not installed"
	finish
fi
mkdir "$tmp/bin"
for program in "$PWD/$bin" "$daemon" "$earshot" "$PWD/$tools/talk"; do
	printf '#!/bin/sh\nexec env LD_PRELOAD=%s FAKETIME="$(cat %s)" FAKETIME_DONT_FAKE_MONOTONIC=1 TZ=UTC %s "$@"\n' "$preload" "$tmp/clock" "$program" \
	    >"$tmp/bin/${program##*/}"
	chmod +x "$tmp/bin/${program##*/}"
done
bin=$tmp/bin/earshot-collector daemon=$tmp/bin/earshotd earshot=$tmp/bin/earshot tools=$tmp/bin

for kept in "$PWD"/tests/golden/versions/*/; do
	kept=${kept%/}
	v=${kept##*/}
	D=$tmp/$v.collector
	date -u -d "$(count clock) UTC 1 minute" '+@%Y-%m-%d %H:%M:%S' >"$tmp/clock"
	init && gzip -dc "$kept/earshot.db.gz" >"$D/earshot.db" && start ||
		{ bad "versions_${v}_database_is_opened" "$(tail -n 3 "$tmp/serve.log")"; continue; }
	is "versions_${v}_database_has_its_records" "$(sql 'select records from agent')" "$(count stored)"
	is "versions_${v}_database_has_its_call" "$("$bin" calls --json --dir "$D" | jq -r '.calls[0].call')" golden@h

	# The spool of a machine that was upgraded: its next agent delivers what waited, in the old order.
	enrol "sp$v" || bad "versions_${v}_enrols" "$(tail -n 2 "$tmp/enrol.out")"
	tar -C "$tmp/sp$v" -xzf "$kept/spool.tar.gz"
	configure "sp$v" 'capture "default" { interface = lo }'
	"$daemon" --config "$tmp/sp$v.conf" --role shipper >"$tmp/sp$v.log" 2>&1 &
	agents="$agents $!"
	all_there() { [ "$(sql "select records from agent where name = 'sp$v'")" -ge "$(count waiting)" ]; }
	wait_for 20 all_there
	# The host's own samples come on top.
	is "versions_${v}_spool_is_delivered" "$(sql "select refused, lost from agent where name = 'sp$v'") $(sql "select seq >= $(count waiting) from agent where name = 'sp$v'")" '0|0 1'
	all_there && ok "versions_${v}_spool_is_whole" || bad "versions_${v}_spool_is_whole" "$(sql 'select name, records from agent'); $(tail -n 3 "$tmp/sp$v.log")"
	end_agents

	join "fr$v" >/dev/null 2>&1 || bad "versions_${v}_joins" "enrolment failed"
	steps=$(sed 's/^/raw /' "$kept/frames.txt" | tr '\n' ' ')
	# shellcheck disable=SC2086  # steps
	talk "fr$v" $steps hold >"$tmp/said" 2>&1 &
	talker=$!
	taken() { [ "$(sql "select records from agent where name = 'fr$v'")" = "$(count stored)" ]; }
	wait_for 20 taken && ok "versions_${v}_frames_are_taken" || bad "versions_${v}_frames_are_taken" "$(cat "$tmp/said"; sql 'select name, records, refused from agent')"
	is "versions_${v}_frames_none_refused" "$(sql "select refused, lost from agent where name = 'fr$v'")" '0|0'
	stop
	wait $talker
	is "versions_${v}_database_is_whole" "$(sql 'pragma integrity_check')" ok
done
finish
