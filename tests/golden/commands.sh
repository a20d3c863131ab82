#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One option language: every command of the three programs has --version, --help and a guess at what was meant, and
# its options stand in the manual page as they do in --help.
# usage: tests/golden/commands.sh [BUILD_DIR]
# shellcheck source=tests/golden/lib.sh
. "$(dirname "$0")/lib.sh"
bin=$(dirname "$earshot")
version=$(cat VERSION)

commands() { # PROGRAM: "PROGRAM COMMAND" lines, from the table that completion is made of
	"$bin/$1" --print-completion fish | sed -n "s/.* -a \([a-z-]*\) .*/$1 \1/p" | sort -u
}
{
	echo earshot
	echo earshotd
	echo earshot-collector
	commands earshot
	commands earshot-collector
} >"$tmp/commands"
[ "$(grep -c . "$tmp/commands")" -ge 20 ] && ! grep -q ' $' "$tmp/commands"
verdict commands_are_found $? "$(cat "$tmp/commands")"

wrong=
while read -r program command; do
	for option in -V --version; do
		# shellcheck disable=SC2086  # no command, or one
		got=$("$bin/$program" $command $option 2>&1) && [ "$got" = "$program $version" ] ||
		    wrong="$wrong $program $command $option: $got;"
	done
done <"$tmp/commands"
[ -z "$wrong" ]
verdict every_command_prints_its_version $? "$wrong"

wrong=
while read -r program command; do
	# shellcheck disable=SC2086
	"$bin/$program" $command --help >"$tmp/help" 2>&1 || wrong="$wrong $program $command --help;"
	grep -qE '(^|[ [])--[a-z]+_' "$tmp/help" && wrong="$wrong $program $command: an option with _;"
	awk 'length > 80 { bad = 1 } END { exit bad }' "$tmp/help" || wrong="$wrong $program $command --help is wider than 80 columns;"
	[ -z "$command" ] && continue
	grep -q -- '-V, --version' "$tmp/help" || wrong="$wrong $program $command --help lacks --version;"
done <"$tmp/commands"
[ -z "$wrong" ]
verdict every_command_explains_its_options $? "$wrong"

wrong=
while read -r program command; do
	[ -n "$command" ] || continue
	"$bin/$program" "$command" --versoin 2>&1 | grep -qF -- 'did you mean --version?' || wrong="$wrong $program $command;"
done <"$tmp/commands"
[ -z "$wrong" ]
verdict every_command_guesses_what_was_meant $? "$wrong"

# Each column that a table has is explained in the help of whoever prints it, and in the manual page.
python3 - "$tmp/register.pcap" <<'EOP' # a phone registers: REGISTER and its 200 in UDP over raw IP
import struct, sys
def message(first):
    return (first + '\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@example.com>;tag=1\r\n'
            'To: <sip:a@example.com>;tag=2\r\nCall-ID: r1\r\nCSeq: 1 REGISTER\r\nContact: <sip:a@192.0.2.1>;expires=60\r\n'
            'Content-Length: 0\r\n\r\n').encode()
def packet(n, src, dst, payload):
    udp = struct.pack('!HHHH', 5060, 5060, 8 + len(payload), 0) + payload
    ip = struct.pack('!BBHHHBBHBBBBBBBB', 0x45, 0, 20 + len(udp), n, 0, 64, 17, 0, 192, 0, 2, src, 192, 0, 2, dst) + udp
    return struct.pack('<IIII', 1769846400, n * 1000, len(ip), len(ip)) + ip
with open(sys.argv[1], 'wb') as f:
    f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
    f.write(packet(1, 1, 2, message('REGISTER sip:example.com SIP/2.0')))
    f.write(packet(2, 2, 1, message('SIP/2.0 200 OK')))
EOP
"$earshot" read --wide --records stream,call,registration,interval,reported tests/golden/loss_seg1/ep.pcap.gz \
    "$tmp/register.pcap" >"$tmp/tables" 2>/dev/null
columns() { # FILE: "TABLE: COLUMN" lines of its heads
	awk '/^(streams|calls|registrations|blocks of|reported by)/ { table = $0; getline
		gsub(/from -> to/, "from_->_to"); gsub(/\(UTC\)/, "")
		n = split($0, name); for (i = 1; i <= n; i++) { gsub(/_/, " ", name[i]); print table ": " name[i] } }' "$1"
}
columns "$tmp/tables" >"$tmp/columns"
[ "$(cut -d : -f 1 "$tmp/columns" | sort -u | grep -c .)" -eq 5 ]
verdict tables_of_all_kinds_are_printed $? "$(cut -d : -f 1 "$tmp/columns" | sort -u)"
for command in read live; do
	"$earshot" $command --help | awk '/^Columns/ { on = 1 } !on { next }
		/^  [a-z]/ { table = substr($0, 3) } /^    [^ ]/ { name = substr($0, 5, 15); sub(/ +$/, "", name); print table ": " name }' |
	    sort >"$tmp/explained"
	missing=$(sort "$tmp/columns" | comm -23 - "$tmp/explained")
	[ -s "$tmp/columns" ] && [ -z "$missing" ]
	verdict help_of_${command}_explains_every_column $? "$missing"
done
"$earshot" --print-man-columns | awk '/^\.Ss Table of/ { table = substr($0, 14) } /^\.It/ { split($0, part, "\""); gsub(/\\/, "", part[2]); print table ": " part[2] }' |
    sort >"$tmp/explained"
missing=$(sort "$tmp/columns" | comm -23 - "$tmp/explained")
[ -z "$missing" ]
verdict manual_explains_every_column $? "$missing"

# What the service answers, as `status` prints it.
tests/golden/status.py "$earshot" || failed=1

# The examples of the manual pages of both configurations are files that the programs take, apart from what a machine lacks.
block() { # PAGE N: the Nth literal block
	awk -v n="$2" '/^\.Bd -literal/ { i++; on = 1; next } /^\.Ed/ { on = 0 } on && i == n' "docs/$1"
}
mkdir -m 700 "$tmp/dir"
block earshotd.conf.5 2 >"$tmp/endpoint.conf"
block earshotd.conf.5 3 >"$tmp/sbc.conf"
block earshot-collector.conf.5 1 >"$tmp/dir/collector.conf"
wrong=
for file in endpoint sbc; do
	got=$("$earshot" check-config "$tmp/$file.conf" 2>&1)
	[ -s "$tmp/$file.conf" ] && ! echo "$got" | grep -qE 'unknown option|is not right|, expected ' ||
	    wrong="$wrong $file: $got"
done
got=$("$bin/earshot-collector" check-config --dir "$tmp/dir" 2>&1)
[ -s "$tmp/dir/collector.conf" ] && ! echo "$got" | grep -qE 'unknown option|is not right|, expected ' ||
    wrong="$wrong collector: $got"
[ -z "$wrong" ]
verdict examples_of_configurations_are_taken $? "$wrong"

exit $failed
