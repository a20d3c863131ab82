#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The page of `earshot explain --html` and `read --html`: its structure, each number against the JSON, users hidden, and
# which file it may replace. usage: tests/golden/html.sh [BUILD_DIR]
# shellcheck source=tests/golden/lib.sh
. "$(dirname "$0")/lib.sh"
page_py=$(pwd)/tests/golden/page.py
trunk_py=$(pwd)/tests/golden/trunk.py
export PYTHONDONTWRITEBYTECODE=1
cd tests/golden/loss_seg1 || exit 2

equals() { # NAME PAGE INPUT...: each number of the page is that of the JSON of these inputs
	name=$1
	shift
	why=$(python3 "$page_py" "$earshot" "$@" 2>&1)
	verdict "$name" $? "$(echo "$why" | tail -n 2)"
}

explained() { # NAME INPUT...: the page of what explain says
	name=$1
	shift
	"$earshot" explain "$@" --html "$tmp/$name.html" >/dev/null 2>&1
	equals "html_numbers_of_$name" "$tmp/$name.html" "$@"
}

was_read() { # NAME FILE: the page of what one capture shows
	"$earshot" read "$2" --html "$tmp/$1.html" >/dev/null 2>&1
	equals "html_numbers_of_$1" "$tmp/$1.html" "$2"
}

if ! command -v python3 >/dev/null; then
	echo "skip html: python3 is not installed"
	exit 0
fi
four='endpoint:ep=ep.pcap.gz sbc:access=sbc_access.pcap.gz sbc:core=sbc_core.pcap.gz gateway:gw=gw.pcap.gz'
# shellcheck disable=SC2086 # words
said html_explain_writes_a_page 0 '' "$earshot" explain $four host:ep=host.synthetic.jsonl --html "$tmp/page.html"
# shellcheck disable=SC2086
equals html_numbers_are_those_of_the_json "$tmp/page.html" $four host:ep=host.synthetic.jsonl
grep -qF 'synthetic: these figures were made up' "$tmp/page.html"
verdict html_says_that_a_timeline_was_made_up $?
cp "$tmp/page.html" "$tmp/first.html"
# shellcheck disable=SC2086
said html_replaces_an_older_page 0 '' "$earshot" explain $four host:ep=host.synthetic.jsonl --html "$tmp/page.html"
cmp -s "$tmp/page.html" "$tmp/first.html"
verdict html_is_the_same_each_time $?
for pair in ../*/ep.pcap.gz; do
	case=$(basename "$(dirname "$pair")")
	[ ! -f "../$case/gw.pcap.gz" ] || explained "$case" "endpoint:ep=$pair" "gateway:gw=../$case/gw.pcap.gz"
done
for pair in loss_seg1/gw loss_seg1/sbc_core transfer/gw dtmf_rfc4733/gw reorder_seg2/sbc_any encap/gtpu failures/ep webrtc_pcmu/ep; do
	was_read "$(echo $pair | tr / _)" "../$pair.pcap.gz"
done
# Calls that follow each other on the same ports with the same SSRC, before and after its streams are forgotten.
"$trunk_py" 60 "$tmp/ep.pcap" "$tmp/gw.pcap"
explained trunk "endpoint:ep=$tmp/ep.pcap" "gateway:gw=$tmp/gw.pcap"
was_read trunk_again "$tmp/gw.pcap"
"$trunk_py" 400 "$tmp/ep.pcap" "$tmp/gw.pcap"
was_read trunk_later "$tmp/gw.pcap"
mkdir "$tmp/by"
for case in loss_seg1 failures transfer; do
	for at in ep gw; do cp "../$case/$at.pcap.gz" "$tmp/by/a1-g1-sipp-lab.$at.gz"; done
	"$earshot" read --json --records call "$tmp/by/"*ep.gz "../$case/gw.pcap.gz" 2>/dev/null | grep -o '"\(from\|to\|asserted\|diverted_from\)":"[^"@]*' |
	    sed 's/.*"//' | sort -u >"$tmp/users"
	"$earshot" explain endpoint:ep="$tmp/by/a1-g1-sipp-lab.ep.gz" gateway:gw="$tmp/by/a1-g1-sipp-lab.gw.gz" \
	    --html "$tmp/masked.html" --mask >/dev/null 2>&1
	# the text of the page: styles and numbers of elements are not from the captures
	for page in $case masked; do
		sed 's/<style>.*<\/style>//; s/<[^>]*>/ /g' "$tmp/$page.html" >"$tmp/$page.txt"
	done
	grep -qwiF -f "$tmp/users" "$tmp/$case.txt" && ! grep -qwiF -f "$tmp/users" "$tmp/masked.txt" && grep -qF '****@198.18.1.10' "$tmp/masked.txt"
	verdict "html_mask_hides_users_of_$case" $? "$(grep -owiF -f "$tmp/users" "$tmp/masked.txt" | sort | uniq -c | tr '\n' ' ')"
	! grep -qF a1-g1 "$tmp/masked.html"
	verdict "html_mask_hides_names_of_files_of_$case" $?
done
said html_read_writes_a_page 0 '' "$earshot" read ep.pcap.gz --html "$tmp/read.html"
[ "$(grep -o '<article' "$tmp/read.html" | wc -l)" = 1 ] && grep -qF 'Measured at one place' "$tmp/read.html"
verdict html_read_accuses_nobody $?
worst=$("$earshot" read ep.pcap.gz --json --records stream | sed -n 's/.*"mos_lq":\([0-9.]*\).*/\1/p' | sort | head -n 1)
grep -qF "The worst stream of audio has MOS-LQ <b>$worst</b>." "$tmp/read.html"
verdict html_read_says_how_good_the_worst_stream_is $? "$worst"
sed 's/<[^>]*>/ /g' "$tmp/loss_seg1.html" | grep -q 'Call-ID *e1da09df28e6cf93 *Call-ID *[^ ]* *Devices'
verdict html_call_ids_stand_side_by_side $?
"$earshot" read ../failures/ep.pcap.gz --number "$("$earshot" read ../failures/ep.pcap.gz --json --records call |
    sed -n '1s/.*"to":"\([^@]*\)@.*/\1/p')" --html "$tmp/number.html" >/dev/null
[ "$(grep -o '<article' "$tmp/number.html" | wc -l)" = 1 ]
verdict html_read_has_the_wanted_calls_only $?
cp ep.pcap.gz "$tmp/capture.gz"
said html_never_replaces_an_input 1 'is one of the inputs' "$earshot" read "$tmp/capture.gz" --html "$tmp/capture.gz"
cmp -s ep.pcap.gz "$tmp/capture.gz"
verdict html_leaves_the_input_alone $?
cp explained.txt "$tmp/notes.txt"
said html_never_replaces_another_file 1 'no page of earshot' "$earshot" read ep.pcap.gz --html "$tmp/notes.txt"
cmp -s explained.txt "$tmp/notes.txt"
verdict html_leaves_another_file_alone $?
said html_that_cannot_be_written_is_an_error 1 'No such file' "$earshot" read ep.pcap.gz --html "$tmp/none/page.html"
[ ! -s "$tmp/out" ]
verdict html_read_says_so_before_it_reads $? "$(head -c 200 "$tmp/out")"
said html_of_explain_that_cannot_be_written_is_an_error 1 'No such file' \
    "$earshot" explain endpoint:ep=ep.pcap.gz gateway:gw=gw.pcap.gz --html "$tmp/none/page.html"
[ ! -s "$tmp/out" ]
verdict html_explain_says_so_before_it_reads $? "$(head -c 200 "$tmp/out")"
said html_mask_of_tables_is_refused 2 'expected --html' "$earshot" read ep.pcap.gz --mask
exit $failed
