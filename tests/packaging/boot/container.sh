#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The collector's container: built by podman as its file says, on a Debian made here, so that no registry is asked. Its image
# runs as its user with a root that cannot be written and without any right (by systemd-nspawn, which needs less of the
# kernel than podman run does); it is healthy, answers, ends by SIGTERM, and a second one takes over the volume.
# usage: tests/packaging/boot/container.sh [BUILD_DIR]
# shellcheck source=tests/packaging/boot/lib.sh
. "$(dirname "$0")/lib.sh"
command -v podman >/dev/null || skip_all "podman is not installed"
prepare ca-certificates
own() { podman --root "$tmp/store" --runroot "$tmp/run" --cgroup-manager=cgroupfs "$@"; } # nothing of it stays
tar -C "$root" -c . | own import -q - localhost/base >"$tmp/import.log" 2>&1 || skip_all "podman cannot import: $(tail -n 1 "$tmp/import.log")"
remove() {
	power_off
	own image unmount -a >/dev/null 2>&1
	own rmi -a -f >/dev/null 2>&1
	rm -rf "$tmp"
}
trap remove EXIT
git archive --prefix=tree/ HEAD | tar -C "$tmp" -x
began=$(date +%s)
own build -q --isolation=chroot --network=host --format=docker --build-arg BASE=localhost/base -t collector \
    -f "$tmp/tree/packaging/container/Containerfile" "$tmp/tree" >"$tmp/container.log" 2>&1 ||
	{ bad container_is_built "$(tail -n 4 "$tmp/container.log")"; exit 1; }
ok container_is_built
echo "# built in $(($(date +%s) - began)) s"
of_image() { own inspect --type=image -f "$1" collector; }
is container_has_a_user "$(of_image '{{.Config.User}}')" earshot-ingest
is container_has_a_health_check "$(of_image '{{json .Config.Healthcheck.Test}}')" '["CMD","/usr/lib/earshot/health.sh"]'
image=$(own image mount collector) && [ -d "$image/usr" ] || { bad container_is_mounted "$image"; exit 1; }
is container_has_the_program_and_no_compiler "$(cd "$image/usr" && ls sbin/earshot-collector bin/gcc bin/make 2>/dev/null)" sbin/earshot-collector
user=$(of_image '{{.Config.User}}')
cp -a "$image/var/lib/earshot-collector" "$tmp/state" # as a fresh volume is filled
run() { # NAME
	systemd-nspawn -q -D "$image" --read-only --register=no --keep-unit --private-network --console=pipe --as-pid2 \
	    --drop-capability=all --no-new-privileges=yes --user="$user" --bind="$tmp/state:/var/lib/earshot-collector" \
	    --setenv=EARSHOT_NAME=collector.test "$(of_image '{{index .Config.Entrypoint 0}}')" </dev/null >"$tmp/container.log" 2>&1 &
	nspawn=$!
	wait_for 30 find_program || { bad "container_${1}_runs" "$(tail -n 2 "$tmp/container.log")"; exit 1; }
	inside ip link set lo up
	wait_for 60 as_user "$(of_image '{{index .Config.Healthcheck.Test 1}}')" && ok "container_${1}_is_healthy" ||
		bad "container_${1}_is_healthy" "$(tail -n 4 "$tmp/container.log")"
}
find_program() { # below nspawn and the container's own first process; start.sh becomes it
	leader=$(pgrep -P "$(pgrep -P "$nspawn" | head -n 1)" -f 'earshot-collector serve$') && [ -n "$leader" ]
}
as_user() { inside setpriv --reuid="$user" --regid="$(inside id -g "$user")" --clear-groups "$@"; }
stop() {
	kill "$leader"
	wait $nspawn
	ended=$?
	leader='' nspawn=''
}
run first
is container_writes_nowhere_else "$(inside sh -c 'touch /etc/x || touch /usr/x || touch /var/x || echo nowhere' 2>/dev/null)" nowhere
is container_has_no_right "$(sed -n 's/^Cap\(Eff\|Prm\|Bnd\):[[:space:]]*0*$/\1/p' "/proc/$leader/status" | tr '\n' ' ')" 'Prm Eff Bnd '
is container_runs_as_its_user "$(stat -c %u "/proc/$leader")" "$(inside id -u "$user")"
says container_makes_a_token "$(as_user earshot-collector token --agent pc1 2>&1)" earshot1.
says container_answers "$(as_user earshot-collector agents --json 2>&1)" '"agents":[]'
before=$(as_user earshot-collector ca)
stop
is container_ends_by_itself $ended 0
run second
says container_keeps_its_volume "$(as_user earshot-collector ca)" "${before:-nothing before}"
stop
exit $failed
