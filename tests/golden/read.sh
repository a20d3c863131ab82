#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `earshot read` on every golden capture: the expected bytes, whatever the form of the file, also
# when it comes in two parts; what it says of cut and foreign files. usage: tests/golden/read.sh [BUILD_DIR]
# UPDATE=1 writes the expected files again: review the difference against truth.json (README.md here).
# shellcheck source=tests/golden/lib.sh
. "$(dirname "$0")/lib.sh"
records=stream,call,interval,reported

expect() { # NAME STATUS EXPECTED COMMAND...: exit status and the bytes on standard output
	name=$1 status=$2 expected=$3
	shift 3
	"$@" >"$tmp/out" 2>"$tmp/err"
	got=$?
	why=
	if [ $got -ne "$status" ]; then
		why="exit status $got, expected $status: $(head -c 200 "$tmp/err")"
	elif ! cmp -s "$tmp/out" "$expected"; then
		why="differs from $expected: $(diff "$expected" "$tmp/out" | head -n 3 | cut -c 1-300 | tr '\n' ' ')"
	fi
	[ -z "$why" ]
	verdict "$name" $? "$why"
}

read_json() {
	"$earshot" read --json --records $records "$@"
}

corpus=${SHARED:-../shared}/corpus
[ -d "$corpus" ] || echo "skip read_misses_what_was_dropped: $corpus is not here"
seed=1
for capture in tests/golden/*/*.pcap.gz; do
	expected=${capture%.pcap.gz}.jsonl
	case=${expected#tests/golden/}
	case=$(echo "${case%.jsonl}" | tr / _)
	[ -z "$UPDATE" ] || read_json "$capture" >"$expected"
	expect "read_$case" 0 "$expected" read_json "$capture"
	truth=$corpus/live/$(basename "$(dirname "$capture")")/truth.json
	if [ -f "$truth" ]; then
		tests/golden/missing.py "$expected" "$truth" >"$tmp/out"
		verdict "read_${case}_misses_what_was_dropped" $? "$(head -c 300 "$tmp/out")"
	fi
	mkdir -p "$tmp/v"
	if ! tests/golden/variants.py "$capture" "$tmp/v" $seed; then
		verdict "read_${case}_variants" 1 "variants.py failed"
		continue
	fi
	for variant in us_little.pcap us_big.pcap ns_little.pcap ns_big.pcap little.pcapng big.pcapng \
	    ns.pcapng sections.pcapng bursts.pcapng big.pcap.gz sections.pcapng.gz; do
		expect "read_${case}_as_$variant" 0 "$expected" read_json "$tmp/v/$variant"
	done
	expect "read_${case}_in_two_files" 0 "$expected" read_json "$tmp/v/split_1.pcap" "$tmp/v/split_2.pcap"
	expect "read_${case}_in_two_files_turned_round" 0 "$expected" read_json "$tmp/v/split_2.pcap" "$tmp/v/split_1.pcap"
	read_json - <"$capture" >"$tmp/stdin"
	cmp -s "$tmp/stdin" "$expected"
	verdict "read_${case}_from_standard_input" $?
	tests/golden/csv_json.py "$earshot" "$capture" 2>"$tmp/err"
	verdict "read_${case}_says_the_same_in_csv" $? "$(tail -n 1 "$tmp/err" | head -c 300)"
	seed=$((seed + 1))
done

# Filters leave of the JSON what they promise, byte by byte.
golden="tests/golden/transfer/ep.pcap.gz tests/golden/loss_seg1/sbc_access.pcap.gz"
# shellcheck disable=SC2086  # names without blanks
read_json $golden >"$tmp/all"
chosen() { # NAME JQ_CONDITION OPTION...: of the streams; of calls, blocks and reports what belongs to them
	name=$1 condition=$2
	shift 2
	# shellcheck disable=SC2086
	read_json $golden "$@" | sort >"$tmp/out"
	jq -c --slurp "[.[] | select(.record == \"stream\") | select($condition)]" "$tmp/all" >"$tmp/streams"
	jq -r --slurp --slurpfile s "$tmp/streams" '($s[0] | map([.ssrc, .src, .dst])) as $keys
	    | ($s[0] | map(.ssrc)) as $ssrcs | ($s[0] | map(.call_id)) as $calls
	    | to_entries[] | select(.value | if .record == "call" then .call_id | IN($calls[])
	    elif .record == "reported" then .subject_ssrc | IN($ssrcs[])
	    else [.ssrc, .src, .dst] | IN($keys[]) end) | .key + 1' "$tmp/all" |
	    awk 'NR == FNR { want[$1]; next } FNR in want' - "$tmp/all" | sort >"$tmp/expected"
	[ -s "$tmp/expected" ] && cmp -s "$tmp/out" "$tmp/expected"
	verdict "$name" $? "$(diff "$tmp/expected" "$tmp/out" | head -n 3 | cut -c 1-200 | tr '\n' ' ')"
}
chosen read_call '.call_id == "2731cf5879012fca"' --call 1CF5879
chosen read_number '.call_id | IN("46a88ff412c9a399")' --number g2
gzip -dc tests/golden/failures/ep.pcap.gz | LC_ALL=C sed 's,INVITE sip:g1@,INVITE sip:47@,' >"$tmp/dialled.pcap"
"$earshot" read --json --number 47 "$tmp/dialled.pcap" | jq -r .record | sort | uniq -c | tr -s ' \n' ' ' >"$tmp/out"
"$earshot" read --json --number g1 tests/golden/failures/ep.pcap.gz | jq -r .record | sort | uniq -c | tr -s ' \n' ' ' >"$tmp/expected"
[ -s "$tmp/out" ] && cmp -s "$tmp/out" "$tmp/expected"
verdict read_number_dialled $? "$(cat "$tmp/out")"
chosen read_worst '.ssrc | IN("0x7a5f3561", "0x61bb9603")' --worst 2 --sort loss
# shellcheck disable=SC2086
"$earshot" read --json --records stream --sort mos $golden | jq -r '.mos_lq // 9' >"$tmp/out"
[ "$(wc -l <"$tmp/out")" -gt 3 ] && sort -g "$tmp/out" | cmp -s - "$tmp/out"
verdict read_sort $? "$(tr '\n' ' ' <"$tmp/out")"
# shellcheck disable=SC2086
TMPDIR=$tmp/nowhere said read_without_room_for_a_temporary_file 1 "no room for temporary files: see TMPDIR" \
    "$earshot" read --json --call x --records interval $golden

# --filter: signalling alone has calls and no streams; a stream alone is the same as in the whole capture.
"$earshot" read --json --filter 'port 5060' tests/golden/loss_seg1/ep.pcap.gz >"$tmp/out"
[ "$(jq -r .record "$tmp/out" | sort -u)" = call ]
verdict read_filter_of_signalling $? "$(jq -r .record "$tmp/out" | tr '\n' ' ')"
"$earshot" read --json --records interval --filter 'udp and src host 198.18.1.1 and not port 5060' \
    tests/golden/loss_seg1/ep.pcap.gz >"$tmp/out"
[ "$(jq -c '[.ssrc, .lost]' "$tmp/out")" = "$(jq -c 'select(.record == "interval" and .ssrc == "0x01961d67")
    | [.ssrc, .lost]' tests/golden/loss_seg1/ep.jsonl)" ]
verdict read_filter_of_a_stream $? "$(head -c 200 "$tmp/out")"

# SRTCP of one leg says, once decrypted, what RTCP of the plain leg behind the bridge says.
reports() { # FILE OPTION...
	"$earshot" read --json --records reported "$@" | jq -c 'select(.source == "rtcp") | [.reporter_ssrc,
	    .subject_ssrc, .fraction_lost, .cumulative_lost, .highest_seq, .jitter_ms]' | sort
}
reports --use-keys tests/golden/srtp_sdes_bridge/ep.pcap.gz >"$tmp/secure"
reports tests/golden/srtp_sdes_bridge/gw.pcap.gz >"$tmp/plain"
[ -s "$tmp/plain" ] && cmp -s "$tmp/secure" "$tmp/plain"
verdict read_srtcp_says_what_the_plain_leg_says $? "$(diff "$tmp/secure" "$tmp/plain" | head -n 2 | tr '\n' ' ')"
[ -z "$(reports tests/golden/srtp_sdes_bridge/ep.pcap.gz)" ]
verdict read_srtcp_is_closed_without_use_keys $?

# SRTP fits the keys of its call; of packets that the capture cut nothing is said.
fit() { # FILE
	"$earshot" read --json --records stream --use-keys "$1" | jq -c '[.srtp, (.srtp_checked // 0) > 8,
	    .srtp_failed, .srtp_roc, (.findings // [] | map(select(startswith("srtp"))))]' | sort -u
}
if [ -d "$corpus" ]; then
	[ "$(fit "$corpus/live/srtp_sdes_bridge/ep.pcap")" = '[true,true,0,0,[]]' ]
	verdict read_srtp_fits_the_keys_of_its_call $? "$(fit "$corpus/live/srtp_sdes_bridge/ep.pcap")"
fi
[ "$(fit tests/golden/srtp_sdes_bridge/ep.pcap.gz)" = '[true,false,null,null,[]]' ]
verdict read_srtp_that_is_cut_is_not_judged $?

# Damage. What was read counts, the reason goes to standard error, the exit status is 1.
small=tests/golden/failures/ep
gzip -dc $small.pcap.gz >"$tmp/small.pcap"
tests/golden/variants.py $small.pcap.gz "$tmp/v" 1
mkdir -p "$tmp/w"
tests/golden/variants.py tests/golden/loss_seg1/ep.pcap.gz "$tmp/w" 7
size=$(wc -c <"$tmp/small.pcap")
why=
at=0
while [ $at -lt "$size" ]; do
	for form in us_little.pcap little.pcapng big.pcap.gz; do
		head -c $at "$tmp/v/$form" >"$tmp/cut"
		[ "$(wc -c <"$tmp/cut")" -eq $at ] || continue # the gzip is shorter
		"$earshot" read --json "$tmp/cut" >"$tmp/out" 2>"$tmp/err"
		got=$?
		# A cut between two packets is no damage that anyone could see.
		[ $got -eq 1 ] || { [ $got -eq 0 ] && [ ! -s "$tmp/err" ]; } || why="$form cut at $at: exit status $got"
		[ $got -eq 0 ] || grep -q '^earshot read: .*cut' "$tmp/err" || why="$form cut at $at: said nothing"
	done
	at=$((at + 97))
done
[ -z "$why" ]
verdict read_cut_anywhere $? "$why"
head -c $((size - 3)) "$tmp/small.pcap" >"$tmp/cut.pcap"
said read_cut_says_where 1 "cut.pcap: at byte " "$earshot" read "$tmp/cut.pcap"
grep -q ' -> ' "$tmp/out"
verdict read_cut_prints_what_was_read $? "no table"
said read_foreign_is_named 1 "README.md: not a capture: begins with 23 20 " "$earshot" read README.md
said read_continues_after_a_foreign_file 1 "not a capture" "$earshot" read README.md $small.pcap.gz
grep -q ' -> ' "$tmp/out"
verdict read_continues_prints_the_rest $? "no table"
said read_missing_file_is_named 1 "nowhere.pcap: No such file or directory" "$earshot" read nowhere.pcap
: >"$tmp/empty"
said read_empty_file 1 "not a capture: empty" "$earshot" read "$tmp/empty"
said read_reports_the_drops_of_a_capture 0 "the captures lost 7 packets themselves" \
    "$earshot" read --json "$tmp/w/drops.pcapng"
[ "$(jq -c 'select(.record == "stream") | [.coverage.complete, .coverage.dropped]' "$tmp/out" | sort -u)" = "[false,7]" ]
verdict read_drops_lower_the_coverage $? "$(jq -c .coverage "$tmp/out" | tr '\n' ' ')"
said read_strange_link_type_is_said 0 "packets are of a link type not understood" "$earshot" read "$tmp/w/strange.pcap"
tests/golden/crowd.py "$tmp/crowd.pcap" 5000
said read_eviction_is_said 1 "TCP connections were given up for want of room" "$earshot" read "$tmp/crowd.pcap"
tests/golden/crowd.py "$tmp/crowd.pcap" 4000
"$earshot" read "$tmp/crowd.pcap" >"$tmp/out" 2>"$tmp/err" && [ ! -s "$tmp/err" ]
verdict read_no_eviction_below_the_limit $? "$(head -c 200 "$tmp/err")"
said read_bad_record_name 2 '--records: "stream,cal": expected' "$earshot" read --records stream,cal $small.pcap.gz
said read_bad_receiver 2 '--receiver: "fixed:0": expected' "$earshot" read --receiver fixed:0 $small.pcap.gz
said read_csv_of_counters 2 '--csv: expected stream, call or interval in --records' "$earshot" read --csv --records health $small.pcap.gz
said read_csv_and_json 2 '--json, --csv: expected one of the two' "$earshot" read --csv --json $small.pcap.gz
said read_bad_filter 2 '--filter: "udp prot 5060": at character 5, "prot": expected and, or, ' \
    "$earshot" read --filter 'udp prot 5060' $small.pcap.gz
said live_lines_and_csv 2 '--lines, --csv: expected one of the two' "$earshot" live -i lo --lines --csv
said live_json_and_lines 2 '--json, --lines: expected one of the two' "$earshot" live -i lo --lines --json
said live_bad_filter 2 '--filter: "port": at its end: expected a number' "$earshot" live -i lo --filter port
said read_filter_without_meaning 1 'says nothing of packets of link type 1: 802.11' \
    "$earshot" read --filter 'wlan type mgt subtype beacon' $small.pcap.gz
said read_bad_sort 2 '--sort: "mso": expected start, mos, loss or jitter' "$earshot" read --sort mso $small.pcap.gz
said read_bad_worst 2 '--worst: "0": expected a number of streams' "$earshot" read --worst 0 $small.pcap.gz
said read_without_files 2 "earshot read: expected at least one capture file; earshot read --help tells more" "$earshot" read
said unknown_command 2 'no command "reed"; did you mean read?' "$earshot" reed
said capture_without_a_command 2 "did you mean earshot read $small.pcap.gz?" "$earshot" $small.pcap.gz
[ "$("$earshot" host | grep -c 'this machine')" = 1 ]
verdict host_is_one_look_with_rates_in_it $?
said unknown_option_of_earshot 2 'no command "--versoin"; did you mean --version?' "$earshot" --versoin
said read_directory_is_named 1 'golden: is a directory, expected a capture file' "$earshot" read tests/golden
said read_no_packets_is_said 0 'no packets pass --filter' "$earshot" read --filter 'port 1' $small.pcap.gz
said read_no_sip_is_said 0 'is SIP; capture the signalling, too' "$earshot" read --filter 'not port 5060' tests/golden/loss_seg1/ep.pcap.gz
said read_no_call_fits_is_said 0 'no call fits, of 4: ' "$earshot" read --number 999 $small.pcap.gz
"$earshot" read --number g1 $small.pcap.gz >"$tmp/out" 2>"$tmp/err" && [ ! -s "$tmp/err" ]
verdict read_call_that_fits_says_nothing $? "$(head -c 200 "$tmp/err")"
"$earshot" read --help >"$tmp/expected" && "$earshot" help read >"$tmp/out" && cmp -s "$tmp/expected" "$tmp/out"
verdict help_of_a_command $? "$(head -c 200 "$tmp/out")"
"$earshot" help >"$tmp/out" && "$earshot" 2>"$tmp/err"
[ $? -eq 2 ] && cmp -s "$tmp/out" "$tmp/err" && [ "$(awk 'length > 80' "$tmp/out")" = "" ]
verdict help_fits_80_columns $? "$(awk 'length > 80' "$tmp/out")"
for command in read explain live top host status enroll check-config; do
	"$earshot" $command --help | awk 'length > 80'
done >"$tmp/out"
[ ! -s "$tmp/out" ]
verdict help_of_each_command_fits_80_columns $? "$(head -n 3 "$tmp/out")"
collector=$earshot-collector
"$collector" calls --help >"$tmp/expected" && "$collector" help calls >"$tmp/out" && cmp -s "$tmp/expected" "$tmp/out"
verdict help_of_a_command_of_the_collector $? "$(head -c 200 "$tmp/out")"
said unknown_option_of_the_collector 2 'did you mean --version?' "$collector" --versoin
said collector_directory_that_is_missing 1 'expected --dir with the directory that init has made' \
    "$collector" calls --dir "$tmp/nowhere"
said help_of_an_unknown_command 2 'no command "reed"; did you mean read?' "$earshot" help reed
said unknown_option 2 'unknown option --records_; did you mean --records?' "$earshot" read --records_ call $small.pcap.gz
"$earshot" -V >"$tmp/out" && [ "$(cat "$tmp/out")" = "earshot $(cat VERSION)" ]
verdict version_by_letter $? "$(head -c 200 "$tmp/out")"

# Tables, byte by byte: narrow and usual, and with the bars of a UTF-8 locale.
table() { # COLUMNS LOCALE
	COLUMNS=$1 LC_ALL=$2 "$earshot" read --records stream,call,interval,reported tests/golden/loss_seg1/ep.pcap.gz
}
for form in "80 C" "100 C.UTF-8"; do
	# shellcheck disable=SC2086  # two words
	[ -z "$UPDATE" ] || table $form >"tests/golden/loss_seg1/ep_${form%% *}.txt"
	# shellcheck disable=SC2086
	expect "read_table_${form%% *}_columns" 0 "tests/golden/loss_seg1/ep_${form%% *}.txt" table $form
done
said live_without_interface 2 "earshot live: expected -i IFACE" "$earshot" live
said live_unknown_interface 1 "nosuchif0" "$earshot" live -i nosuchif0
"$earshot" read --json $small.pcap.gz >/dev/full 2>"$tmp/err"
[ $? -eq 1 ] && grep -q "could not write the output" "$tmp/err"
verdict read_full_disk $? "$(head -c 200 "$tmp/err")"
tests/golden/reader.py "$earshot" tests/golden/loss_seg1/ep.pcap.gz || failed=1
tests/golden/completion.py "${1:-build/native-release}" || failed=1
exit $failed
