#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A collector whose disk is really full: it says so, takes nothing, and loses nothing that it acknowledged.
# usage: tests/e2e/full_disk.sh [BUILD_DIR]
if [ -z "$EARSHOT_FULL_DISK" ]; then
	unshare -m true 2>/dev/null || { echo "skip full_disk: no right to make a mount namespace"; exit 0; }
	EARSHOT_FULL_DISK=1 exec unshare -m "$0" "$@"
fi
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
E=00112233445566778899aabbccddeeff
mkdir "$D"
mount -t tmpfs -o size=6m,mode=700 earshot-full-disk "$D" || { echo "skip full_disk: no right to mount"; finish; }
readyz() { curl -s --max-time 5 -w ' %{http_code}' "http://127.0.0.1:$portal/readyz" | tr -d '\n'; }
is_full() { [ "$(readyz)" = "the disk of the database is full 503" ]; }
is_ready() { [ "$(readyz)" = "ready 200" ]; }

stored() { sql 'select (select through from mark), records, lost from agent'; }

init && start || { bad collector_starts "$(cat "$tmp/init.out"; tail -n 5 "$tmp/serve.log")"; finish; }
join ep >/dev/null 2>&1 || bad join_ep "enrolment failed"
talk ep hello $E 99999 flood 1 20 50 >"$tmp/flood" 2>&1
is full_disk_has_room_at_first "$(readyz) $(stored)" "ready 200 1000|1000|0"
dd if=/dev/zero of="$D/filler" bs=4096 2>/dev/null
talk ep hello $E 99999 flood 1001 20 50 >"$tmp/refused" 2>&1
says full_disk_refuses_a_batch "$(cat "$tmp/refused")" "the collector's disk is full"
wait_for 15 is_full && ok full_disk_is_not_ready || bad full_disk_is_not_ready "$(readyz)"
is full_disk_keeps_what_it_acknowledged "$(stored)" "1000|1000|0"
rm "$D/filler"
wait_for 20 is_ready && ok full_disk_with_room_is_ready || bad full_disk_with_room_is_ready "$(readyz)"
talk ep hello $E 99999 flood 1001 20 50 >"$tmp/again" 2>&1
is full_disk_with_room_takes_it_all "$(stored) $(sql 'pragma integrity_check')" "2000|2000|0 ok"
stop
umount "$D"
finish
