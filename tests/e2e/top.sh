#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `earshot top` in a terminal that tmux makes: rows, keys, sizes, and the terminal afterwards. Golden captures pass as
# if they came now. usage: tests/e2e/top.sh [BUILD_DIR]
. "$(dirname "$0")/lib.sh"
earshot=$PWD/$B/earshot
calls=$PWD/tests/golden/loss_seg1/ep.pcap.gz
trap 'tmux -L "$server" kill-server 2>/dev/null; rm -rf "$tmp"' EXIT
server=earshot-top-$$
jq_lines=$(timeout 60 "$earshot" top "$calls" --speed 1000 2>"$tmp/err" | jq -r .record | sort | uniq -c | tr -s ' \n' ' ')
is top_prints_json_where_there_is_no_terminal "$jq_lines" \
    "$("$earshot" read --json "$calls" | jq -r .record | sort | uniq -c | tr -s ' \n' ' ')"
"$earshot" top >"$tmp/out" 2>&1
is top_wants_an_interface_or_captures $? 2
if ! command -v tmux >/dev/null; then
	echo "skip top_in_a_terminal: tmux is not installed"
	exit $failed
fi

t() { tmux -L "$server" "$@"; }
screen() { t capture-pane -p; }
shows() { screen | grep -qE -- "$1"; }
shows_not() { ! shows "$1"; }
seen() { # NAME PATTERN: within seconds
	if wait_for 10 shows "$2"; then ok "$1"; else bad "$1" "expected $2 on: $(screen)"; fi
}
key() { t send-keys "$@"; }
begin() { # OPTIONS...: in a shell whose settings are kept
	key "clear; stty -g >$tmp/before; echo here we were; $earshot top $* ; echo status \$?; stty -g >$tmp/after" Enter
}
restored() { # NAME STATUS: the shell has its screen and its settings
	if wait_for 10 shows "^status $2\$" && wait_for 10 test -s "$tmp/after" && shows '^here we were$' &&
	    cmp -s "$tmp/before" "$tmp/after" && [ "$(t display-message -p '#{cursor_flag}#{alternate_on}')" = 10 ]; then
		ok "$1"
	else
		bad "$1" "$(diff "$tmp/before" "$tmp/after") $(screen)"
	fi
	rm -f "$tmp/before" "$tmp/after"
}
top_pid() { pgrep -f "^$earshot top"; }

env -u TMUX LC_ALL=C.UTF-8 PS1='$ ' tmux -L "$server" -f /dev/null new-session -d -x 80 -y 24 sh
begin "--speed 20 $calls"
seen top_shows_calls_in_progress '^[> ]a1 +g1 +talking [0-9:]{5} PCMU'
seen top_says_when_the_capture_ends 'end of capture'
is top_fits_80_columns "$(screen | sed -n 3p)" \
    " from         to           state    time codec loss%>  < jit>  < MOS >   < worst"
is top_has_its_keys_in_the_last_line "$(screen | sed -n 24p | cut -c1-14)" "q quit  ? help"
key l
seen top_sorts_by_a_key 'by loss, worst first'
key r
seen top_reverses_the_order 'by loss, best first'
key r / zzz Enter
seen top_filters_rows 'no call contains this text'
key / C-u Enter
seen top_shows_all_rows_without_a_filter '^[> ]a1 +g1'
key g Enter
seen top_shows_the_streams_of_a_call '^    loss [^0-9 ]+  MOS [^0-9 ]+$'
key q '?'
seen top_explains_its_columns '^loss%   of the packets expected'
key q
t resize-window -x 200 -y 50
seen top_is_as_wide_as_its_terminal ' worst Call-ID *$'
wait_for 5 shows '^q quit'
is top_is_as_high_as_its_terminal "$(screen | sed -n 50p | cut -c1-6)" "q quit"
t resize-window -x 40 -y 10
seen top_fits_40_columns '^ from +to +loss%>  < MOS >   <$'
is top_fits_10_lines "$(screen | sed -n 10p | cut -c1-6)" "q quit"
t resize-window -x 80 -y 24
seen top_is_large_again ' < worst$'
key q
restored top_gives_the_terminal_back 0

begin "--speed 1000 $PWD/tests/golden/failures/ep.pcap.gz"
seen top_shows_how_a_call_failed '^[> ].* err 4[0-9][0-9] '
key q
restored top_ends_behind_the_last_packet 0

begin "--speed 1 $calls"
seen top_begins_again 'up 0:00:0'
key p
seen top_pauses 'PAUSED'
key p
wait_for 5 shows_not PAUSED && ok top_continues || bad top_continues "$(screen)"
key C-z
if wait_for 10 shows 'Stopped|suspended' && wait_for 5 shows '^here we were'; then
	ok top_stops_like_any_program
else
	bad top_stops_like_any_program "$(screen)"
fi
key fg Enter
seen top_continues_in_the_foreground '^earshot top  ep.pcap.gz'
key l
seen top_takes_keys_after_it_was_stopped 'by loss'
kill -STOP "$(top_pid)"
wait_for 10 shows 'Stopped|suspended'
key fg Enter
key j
seen top_takes_keys_after_another_stopped_it 'by jitter'
key C-c
wait_for 10 shows '^\$ $'
key "stty -g >$tmp/after; echo status \$?" Enter
restored top_ends_well_on_interrupt 0

key "clear; stty -g >$tmp/before; echo here we were; $earshot live -i lo; echo status \$?; stty -g >$tmp/after" Enter
seen live_shows_calls_in_progress_on_a_terminal '^earshot live  lo '
key q
restored live_gives_the_terminal_back 0
key "clear; $earshot live -i lo --lines" Enter
seen live_prints_lines_if_asked 'earshot live: listening on lo, until Ctrl-C'
key C-c
wait_for 10 shows '^\$ $'

for signal in TERM HUP SEGV; do
	begin "--speed 1 $calls"
	seen "top_runs_before_$signal" 'up 0:00:0'
	kill -"$signal" "$(top_pid)"
	case $signal in HUP) status=129 ;; SEGV) status=139 ;; *) status=0 ;; esac
	restored "top_gives_the_terminal_back_on_$signal" $status
done
exit $failed
