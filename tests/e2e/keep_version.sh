#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes what a version leaves on disks and says on the wire into tests/golden/versions/VERSION, once, when it is
# released: spool.tar.gz (an agent's spool whose records wait), frames.txt (Hello and two Batches, one in hexadecimal a
# line), earshot.db.gz (a collector's database with a call), counts (records of each, and the clock). tests/e2e/versions.sh reads them
# with every later version. usage: sh tests/e2e/keep_version.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib_agents.sh
. "$PWD/tests/e2e/lib_agents.sh"
to=tests/golden/versions/$(cat VERSION)
[ ! -e "$to" ] || { echo "$to is there: a released version does not change" >&2; exit 1; }
E=00112233445566778899aabbccddeeff
tenant='deadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeef' # of the pseudonyms that are committed
init && echo $tenant >"$D/tenant.key" && start || exit 1
join ep >/dev/null || exit 1
TALK_FRAMES=$tmp/frames talk ep hello $E 9999 scene golden@h 0x1000 ep 1 ack 1 >"$tmp/said" || { cat "$tmp/said"; exit 1; }
stored=$(sql 'select records from agent')
stop
enrol_away() { # an agent whose collector is away
	mkdir -m 700 "$tmp/away" && cp "$tmp/ep/agent.key" "$tmp/ep/agent.pem" "$tmp/ep/ca.pem" "$tmp/away/"
	echo $tenant >"$tmp/away/tenant.key" && chmod 600 "$tmp/away/tenant.key" && echo collector.test >"$tmp/away/collector-name"
}
enrol_away
configure away "capture \"default\" { replay = {\"$PWD/tests/golden/loss_seg1/ep.pcap.gz\"} role = endpoint }"
begin away
wait_for 60 grep -q "sensor ended: exit 0" "$tmp/away.log" || { tail -3 "$tmp/away.log"; exit 1; }
waiting=$(status away .spool.records)
end_agents
mkdir -p "$to"
mv "$tmp/frames" "$to/frames.txt"
sqlite3 "$D/earshot.db" 'pragma wal_checkpoint(truncate); vacuum' >/dev/null
gzip -9nc "$D/earshot.db" >"$to/earshot.db.gz"
tar -C "$tmp/away" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf - spool | gzip -9n >"$to/spool.tar.gz"
printf 'waiting %s\nstored %s\nclock %s\n' "$waiting" "$stored" "$(date -u '+%Y-%m-%d %H:%M:%S')" >"$to/counts"
ls -l "$to"
rm -rf "$tmp"
