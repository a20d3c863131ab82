#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the collector's tests share: a collector in a directory of its own, free ports, waiting.
# Sourced with $1 = build directory; leaves: $bin $tools $tmp $D $data $enroll $portal.
cd "$(dirname "$0")/../.." || exit 2
B=${1:-build/native-release}
bin=$B/earshot-collector
tools=$B/tests/e2e
tmp=$(mktemp -d) || exit 2
D=$tmp/collector
failed=0
serve_pid=

ok() { echo "ok $1"; }
bad() { # NAME WHY
	echo "FAIL $1: $(echo "$2" | tr '\n' ' ' | cut -c1-300)"
	failed=1
}
# says NAME TEXT PATTERN: TEXT holds the pattern
says() {
	case $2 in
	*$3*) ok "$1" ;;
	*) bad "$1" "expected \"$3\" in: $2" ;;
	esac
}
is() { # NAME GOT WANTED
	if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "is \"$2\", not \"$3\""; fi
}
ports() { # N free TCP ports on loopback
	python3 -c "
import socket
s=[socket.socket() for _ in range($1)]
for x in s: x.bind(('127.0.0.1',0))
print(*[x.getsockname()[1] for x in s])"
}
wait_for() { # SECONDS COMMAND...: until it succeeds
	left=$(($1 * 10))
	shift
	while ! "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.1
	done
}
role_pid() { # ROLE: pid of the present child of our own supervisor
	for p in $(pgrep -P "$serve_pid"); do
		tr '\0' ' ' <"/proc/$p/cmdline" | grep -q "role $1" && echo "$p"
	done
}
listening() { python3 -c "
import socket,sys
sys.exit(socket.socket().connect_ex(('127.0.0.1',$1)))"; }
init() {
	# shellcheck disable=SC2046  # three words on purpose
	set -- $(ports 3)
	data=$1 enroll=$2 portal=$3
	"$bin" init --dir "$D" --name collector.test --listen "127.0.0.1:$data" \
	    --enroll "127.0.0.1:$enroll" --portal "127.0.0.1:$portal" >"$tmp/init.out" 2>&1
}
start() {
	"$bin" serve --dir "$D" >>"$tmp/serve.log" 2>&1 &
	serve_pid=$!
	wait_for 15 listening "$data" && wait_for 15 listening "$enroll" && wait_for 15 listening "$portal"
}
stop() {
	[ -n "$serve_pid" ] || return 0
	kill "$serve_pid" 2>/dev/null
	wait "$serve_pid" 2>/dev/null
	serve_pid=
}
join() { # AGENT: enrolls a scripted agent into $tmp/AGENT
	mkdir -p "$tmp/$1"
	token=$("$bin" token --dir "$D" --agent "$1") || return 1
	"$tools/talk" enroll "127.0.0.1:$enroll" "$token" "$tmp/$1"
}
talk() { # AGENT STEP...
	who=$1
	shift
	timeout 60 "$tools/talk" data "127.0.0.1:$data" "$tmp/$who" "$@"
}
sql() { sqlite3 "$D/earshot.db" "$1"; }
finish() {
	stop
	if [ $failed -ne 0 ]; then tail -n 20 "$tmp/serve.log" >&2; fi
	rm -rf "$tmp"
	exit $failed
}
trap 'stop; rm -rf "$tmp"' INT TERM
