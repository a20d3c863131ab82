#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `earshot explain`: one committed call byte for byte, with and without a machine's timeline, damaged
# input and wrong usage; then every shared live case against its relay's log (explain.py).
# UPDATE=1 writes the expected files again. usage: tests/golden/explain.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
unset COLUMNS # lines are as wide as usual
build=${1:-build/native-release}
earshot=$build/earshot
corpus=${SHARED:-../shared}/corpus
g=tests/golden/loss_seg1
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
failed=0
[ -x "$earshot" ] || { echo "FAIL explain: $earshot is not built"; exit 1; }

fail() { # NAME WHY
	echo "FAIL $1: $2"
	failed=1
}

same() { # NAME EXPECTED COMMAND...: exit 0 and these bytes
	name=$1 expected=$2
	shift 2
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null || { fail "$name" "exit $?: $(head -1 "$tmp/err")"; return; }
	[ -n "$UPDATE" ] && cp "$tmp/out" "$expected"
	cmp -s "$tmp/out" "$expected" && echo "ok $name" || fail "$name" "differs from $expected"
}

says() { # NAME STATUS TEXT COMMAND...: this exit status, and the text on stderr
	name=$1 status=$2 text=$3
	shift 3
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	if [ $got -ne "$status" ]; then
		fail "$name" "exit $got, not $status"
	elif ! grep -qF -e "$text" "$tmp/err"; then
		fail "$name" "stderr says \"$(head -1 "$tmp/err")\", not \"$text\""
	else
		echo "ok $name"
	fi
}

ep=endpoint:ep=$g/ep.pcap.gz access=sbc:access=$g/sbc_access.pcap.gz
core=sbc:core=$g/sbc_core.pcap.gz gw=gateway:gw=$g/gw.pcap.gz
same explain_golden_json $g/explained.json "$earshot" explain --json $ep $access $core $gw
same explain_golden_people $g/explained.txt "$earshot" explain $ep $access $core $gw
same explain_golden_wifi $g/explained_wifi.json \
    "$earshot" explain --json $ep $access $core $gw host:ep=$g/ep_host.jsonl
same explain_golden_leg_header $g/explained.json \
    "$earshot" explain --json --leg-header X-Absent $ep $access $core $gw
same explain_golden_order_of_arguments $g/explained.json "$earshot" explain $gw $core $access $ep --json
if [ -x "$(dirname "$build")/native-asan/earshot" ]; then
	same explain_golden_asan $g/explained_wifi.json "$(dirname "$build")/native-asan/earshot" \
	    explain --json $ep $access $core $gw host:ep=$g/ep_host.jsonl
fi
awk 'length($0) > 100 {exit 1}' $g/explained.txt && echo "ok explain_people_in_100_columns" ||
    fail explain_people_in_100_columns "a line is longer"
"$earshot" explain endpoint:machine_of_an_employee=$g/ep.pcap.gz sbc:sbc/access=$g/sbc_access.pcap.gz \
    sbc:sbc/core=$g/sbc_core.pcap.gz gateway:gateway=$g/gw.pcap.gz >"$tmp/out"
{ grep -q '==20 lost 1.0 %==>' "$tmp/out" && ! grep -qE '^ *(%|dBm|lost)' "$tmp/out"; } &&
    echo "ok explain_lines_keep_a_number_with_its_unit" ||
    fail explain_lines_keep_a_number_with_its_unit "$(grep -A 1 lost "$tmp/out" | head -n 4)"

says explain_no_operand_is_usage 2 "earshot explain: expected at least one vantage point" "$earshot" explain
says explain_operand_without_role_is_usage 2 "expected ROLE:NAME=FILE" "$earshot" explain ep.pcap
says explain_unknown_role_is_usage 2 "the role before : must be" "$earshot" explain switch:ep=x.pcap
says explain_role_with_a_typo_is_usage 2 "did you mean endpoint?" "$earshot" explain endpiont:ep=x.pcap
says explain_name_of_two_roles_is_usage 2 "another role" "$earshot" explain endpoint:ep=a sbc:ep=b
says explain_timeline_of_nobody_is_usage 2 "no vantage point has this name" \
    "$earshot" explain $ep host:gw=$g/ep_host.jsonl
says explain_option_with_a_typo_is_usage 2 "unknown option --jsn; did you mean --json?" "$earshot" explain --jsn $ep
says explain_unknown_option_is_usage 2 "help tells more" "$earshot" explain --yaml $ep
says explain_missing_file_gives_no_verdict 1 "nowhere.pcap: No such file" \
    "$earshot" explain endpoint:ep=nowhere.pcap $core $gw
grep -q 'keep-going' "$tmp/err" && [ ! -s "$tmp/out" ] && echo "ok explain_missing_file_prints_nothing" ||
    fail explain_missing_file_prints_nothing "$(head -c 300 "$tmp/out")"
says explain_keep_going_names_what_is_missing 1 "nowhere.pcap: No such file" \
    "$earshot" explain --keep-going --json endpoint:ep=nowhere.pcap $core $gw
grep -q '"missing":\["ep"\],"verdict":{"state":"degraded"' "$tmp/out" &&
    echo "ok explain_keep_going_has_missing_in_its_object" ||
    fail explain_keep_going_has_missing_in_its_object "$(head -c 300 "$tmp/out")"
says explain_keep_going_for_people 1 "nowhere.pcap" \
    "$earshot" explain --keep-going endpoint:ep=nowhere.pcap $core $gw
grep -q 'missing  ep could not be read' "$tmp/out" && echo "ok explain_keep_going_says_what_is_missing" ||
    fail explain_keep_going_says_what_is_missing "$(head -c 300 "$tmp/out")"
says explain_one_missing_file_of_two_is_missing 1 "nowhere.pcap" \
    "$earshot" explain --keep-going --json $ep $core $gw gateway:gw=nowhere.pcap
grep -q '"missing":\["gw"\]' "$tmp/out" && echo "ok explain_part_of_a_vantage_point_is_missing" ||
    fail explain_part_of_a_vantage_point_is_missing "$(head -c 300 "$tmp/out")"
says explain_missing_timeline_gives_no_verdict 1 "nowhere.jsonl" \
    "$earshot" explain $ep $gw host:ep=nowhere.jsonl
[ ! -s "$tmp/out" ] && echo "ok explain_missing_timeline_prints_nothing" ||
    fail explain_missing_timeline_prints_nothing "$(head -c 300 "$tmp/out")"
python3 tests/golden/trunk.py 400 "$tmp/ep.pcap" "$tmp/gw.pcap"
"$earshot" explain endpoint:ep="$tmp/ep.pcap" gateway:gw="$tmp/gw.pcap" >"$tmp/out"
lost=$(grep -o '==[0-9]* lost' "$tmp/out" | tr -dc '0-9\n' | tr '\n' ' ')
[ "$lost" = '13 27 41 ' ] && ! grep -qE 'one-way|far side|no media' "$tmp/out" &&
    echo "ok explain_keeps_calls_of_a_trunk_apart" ||
    fail explain_keeps_calls_of_a_trunk_apart "lost $lost"
other=tests/golden/failures/gw.pcap.gz
refused=tests/golden/failures
same explain_failed_calls_are_one_call_each $refused/explained.txt \
    "$earshot" explain endpoint:ep=$refused/ep.pcap.gz gateway:gw=$refused/gw.pcap.gz
same explain_mask_hides_who_calls $refused/explained_masked.txt \
    "$earshot" explain --mask endpoint:ep=$refused/ep.pcap.gz gateway:gw=$refused/gw.pcap.gz
"$earshot" explain --json --mask $ep $gw >"$tmp/out"
grep -q '"from":"\*\*\*\*@198.18.1.10","to":"\*\*\*\*@198.18.1.1"' "$tmp/out" && ! grep -qE '"(a1|g1)@' "$tmp/out" &&
    echo "ok explain_mask_hides_who_calls_in_json" || fail explain_mask_hides_who_calls_in_json "$(head -c 300 "$tmp/out")"
says explain_one_capture_is_not_two_places 2 "is given for ep and for gw, expected it once" \
    "$earshot" explain $ep gateway:gw=$g/ep.pcap.gz
says explain_one_capture_is_not_given_twice 2 "is given for ep and for ep, expected it once" "$earshot" explain $ep $ep
says explain_timeline_of_another_time_is_said 0 "no call at ep is of that time" \
    "$earshot" explain endpoint:ep=tests/golden/nat/ep.pcap.gz host:ep=$g/ep_host.jsonl
: >"$tmp/none.jsonl"
says explain_timeline_without_records_is_said 0 "none.jsonl has no records" "$earshot" explain $ep host:ep="$tmp/none.jsonl"
"$earshot" explain $ep $access host:ep=$g/ep_host.jsonl 2>&1 >/dev/null | grep -q 'of that time' &&
    fail explain_timeline_of_the_call_is_not_said "$(head -1 "$tmp/err")" || echo "ok explain_timeline_of_the_call_is_not_said"
# A capture that was stopped in the call, between two packets: the rest was "lost, 66.7 %, confidence 0.99".
python3 - $g/ep.pcap.gz "$tmp/stopped.pcap" <<'END'
import gzip, struct, sys
data, at = gzip.open(sys.argv[1]).read(), 24
while at < 60000:
    at += 16 + struct.unpack('<I', data[at + 8:at + 12])[0]
open(sys.argv[2], 'wb').write(data[:at])
END
says explain_capture_that_ends_in_a_call_says_so 0 "ep: note: the capture ends while 1 call is up" \
    "$earshot" explain endpoint:ep="$tmp/stopped.pcap" $access
grep -q 'where they were lost is not known' "$tmp/out" && grep -q 'on ep -> access' "$tmp/out" &&
    ! grep -qE 'lost [0-9]{2}\.|the first vantage point|access -> ep' "$tmp/out" &&
    echo "ok explain_end_of_a_capture_is_not_loss" || fail explain_end_of_a_capture_is_not_loss "$(cat "$tmp/out")"
says explain_captures_without_a_common_call 0 "no call is in more than one of these captures" \
    "$earshot" explain $ep gateway:gw=$other
says explain_capture_that_shares_no_call 0 "gw: note: no call of it is in another capture" \
    "$earshot" explain $ep $core gateway:gw=$other
gzip -dc $g/gw.pcap.gz | head -c 60000 >"$tmp/cut.pcap"
says explain_cut_file_is_reported 1 "cut.pcap" "$earshot" explain --json $ep gateway:gw="$tmp/cut.pcap"
# what the cut took away was not lost by the network
grep -q '"from":"ep","to":"gw","expected":' "$tmp/out" && ! grep -q '"lost":1[0-9][0-9][0-9]' "$tmp/out" &&
    echo "ok explain_cut_is_not_loss" || fail explain_cut_is_not_loss "$(head -c 300 "$tmp/out")"
gzip -dc $g/ep.pcap.gz | head -c 60000 >"$tmp/cut_first.pcap"
"$earshot" explain endpoint:ep="$tmp/cut_first.pcap" $access >"$tmp/out" 2>/dev/null
grep -q 'the capture at ep has nothing' "$tmp/out" && ! grep -qE 'the far side|never came to ep, the first' "$tmp/out" &&
    echo "ok explain_end_of_the_first_capture_accuses_nobody" ||
    fail explain_end_of_the_first_capture_accuses_nobody "$(grep degraded "$tmp/out")"
echo '{"record":"host","start":"2026-11-22T04:08:05Z","signals":{"wifi_tx_retrys":1}}' >"$tmp/bad.jsonl"
says explain_bad_timeline_is_reported_with_its_line 1 "bad.jsonl:1:" \
    "$earshot" explain --json $ep $gw host:ep="$tmp/bad.jsonl"

if [ -d "$corpus/live" ]; then
	tests/golden/explain.py "$earshot" "$corpus" || failed=1
else
	echo "skip explain_live: $corpus is not here"
fi
exit $failed
