#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The page of `earshot explain --html` and `read --html`: its structure, each number against the JSON, users hidden, and
# which file it may replace. usage: tests/golden/html.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
earshot=$(pwd)/${1:-build/native-release}/earshot
page_py=$(pwd)/tests/golden/page.py
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
failed=0
cd tests/golden/loss_seg1 || exit 2

verdict() { # NAME STATUS [WHY]
	if [ "$2" -eq 0 ]; then
		echo "ok $1"
	else
		echo "FAIL $1: ${3:-see above}"
		failed=1
	fi
}

status() { # NAME STATUS TEXT COMMAND...: exit status and a text on standard error
	name=$1 status=$2 text=$3
	shift 3
	"$@" >"$tmp/out" 2>"$tmp/err"
	got=$?
	[ $got -eq "$status" ] && { [ -z "$text" ] || grep -qF -- "$text" "$tmp/err"; }
	verdict "$name" $? "exit status $got, said: $(head -c 300 "$tmp/err")"
}

if ! command -v python3 >/dev/null; then
	echo "skip html: python3 is not installed"
	exit 0
fi
four='endpoint:ep=ep.pcap.gz sbc:access=sbc_access.pcap.gz sbc:core=sbc_core.pcap.gz gateway:gw=gw.pcap.gz'
# shellcheck disable=SC2086 # words
status html_explain_writes_a_page 0 '' "$earshot" explain $four host:ep=host.synthetic.jsonl --html "$tmp/page.html"
# shellcheck disable=SC2086
why=$(python3 "$page_py" "$earshot" "$tmp/page.html" $four host:ep=host.synthetic.jsonl 2>&1)
verdict html_numbers_are_those_of_the_json $? "$(echo "$why" | tail -n 2)"
grep -qF 'synthetic: these figures were made up' "$tmp/page.html"
verdict html_says_that_a_timeline_was_made_up $?
cp "$tmp/page.html" "$tmp/first.html"
# shellcheck disable=SC2086
status html_replaces_an_older_page 0 '' "$earshot" explain $four host:ep=host.synthetic.jsonl --html "$tmp/page.html"
cmp -s "$tmp/page.html" "$tmp/first.html"
verdict html_is_the_same_each_time $?
# shellcheck disable=SC2086
"$earshot" explain $four --html "$tmp/masked.html" --mask >/dev/null 2>&1
! grep -qE 'a1@|g1@|[^0-9a-f]a1[^0-9a-f]' "$tmp/masked.html" && grep -qF '****@198.18.1.10' "$tmp/masked.html"
verdict html_mask_hides_users $?
for case in failures transfer srtp_sdes_bridge; do
	two="endpoint:ep=../$case/ep.pcap.gz gateway:gw=../$case/gw.pcap.gz"
	# shellcheck disable=SC2086
	"$earshot" explain $two --html "$tmp/$case.html" >/dev/null 2>&1
	# shellcheck disable=SC2086
	why=$(python3 "$page_py" "$earshot" "$tmp/$case.html" $two 2>&1)
	verdict "html_numbers_of_$case" $? "$(echo "$why" | tail -n 2)"
done
status html_read_writes_a_page 0 '' "$earshot" read ep.pcap.gz --html "$tmp/read.html"
[ "$(grep -o '<article' "$tmp/read.html" | wc -l)" = 1 ] && grep -qF 'Measured at one place' "$tmp/read.html"
verdict html_read_accuses_nobody $?
"$earshot" read ../failures/ep.pcap.gz --number "$("$earshot" read ../failures/ep.pcap.gz --json --records call |
    sed -n '1s/.*"to":"\([^@]*\)@.*/\1/p')" --html "$tmp/number.html" >/dev/null
[ "$(grep -o '<article' "$tmp/number.html" | wc -l)" = 1 ]
verdict html_read_has_the_wanted_calls_only $?
cp ep.pcap.gz "$tmp/capture.gz"
status html_never_replaces_an_input 1 'is one of the inputs' "$earshot" read "$tmp/capture.gz" --html "$tmp/capture.gz"
cmp -s ep.pcap.gz "$tmp/capture.gz"
verdict html_leaves_the_input_alone $?
cp explained.txt "$tmp/notes.txt"
status html_never_replaces_another_file 1 'no page of earshot' "$earshot" read ep.pcap.gz --html "$tmp/notes.txt"
cmp -s explained.txt "$tmp/notes.txt"
verdict html_leaves_another_file_alone $?
status html_that_cannot_be_written_is_an_error 1 'No such file' "$earshot" read ep.pcap.gz --html "$tmp/none/page.html"
status html_mask_of_tables_is_refused 2 'expected --html' "$earshot" read ep.pcap.gz --mask
exit $failed
