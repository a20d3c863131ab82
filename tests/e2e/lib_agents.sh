#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What tests with real agents share: enrolment, configuration, service, status. Sourced after lib.sh.
daemon=$PWD/$B/earshotd
earshot=$PWD/$B/earshot
agents=

enrol() { # NAME
	"$bin" token --dir "$D" --agent "$1" >"$tmp/$1.token" || return 1
	chmod 600 "$tmp/$1.token"
	"$earshot" enroll --collector "127.0.0.1:$enroll" --token-file "$tmp/$1.token" \
	    --state-dir "$tmp/$1" >>"$tmp/enrol.out" 2>&1
}
configure() { # NAME SECTIONS
	printf '%s\n' "state-dir = $tmp/$1" "run-dir = $tmp/$1.run" "host = no" "spool-free = 0" \
	    "collector = \"127.0.0.1:$data\"" "$2" >"$tmp/$1.conf"
}
begin() { # NAME: a service in the background
	"$daemon" --config "$tmp/$1.conf" --supervise >>"$tmp/$1.log" 2>&1 &
	agents="$agents $!"
	eval "pid_$1=$!"
}
end_agents() {
	for p in $agents; do kill "$p" 2>/dev/null; done
	for p in $agents; do wait "$p" 2>/dev/null; done
	agents=
}
status() { # NAME JQ
	"$earshot" status --config "$tmp/$1.conf" --json 2>/dev/null | jq -r "$2"
}
delivered() { # NAME: the replay ended and all of it is the collector's
	grep -q "sensor ended: exit 0" "$tmp/$1.log" &&
	    [ "$(status "$1" '.spool.records == 0 and .spool.acked_seq > 0')" = true ]
}
child() { # NAME ROLE: pid of the service's child
	eval "parent=\$pid_$1"
	for p in $(pgrep -P "$parent"); do
		tr '\0' ' ' <"/proc/$p/cmdline" | grep -q "role $2" && echo "$p"
	done
}
comparable() { # FILE: explained calls without the user parts of their parties, of which an agent sends pseudonyms
	jq -S '(.from, .to | strings) |= sub("^[^@]*"; "")' "$1"
}
