#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The collector's container: built by podman as its file says, on a Debian made here, so that no registry is asked; runs
# with a root that cannot be written, without any right, enrols an agent, is healthy, and keeps its volume over a newer one.
# usage: tests/packaging/boot/container.sh [BUILD_DIR]
# shellcheck source=tests/packaging/boot/lib.sh
. "$(dirname "$0")/lib.sh"
command -v podman >/dev/null || skip_all "podman is not installed"
prepare ca-certificates
own() { podman --root "$tmp/store" --runroot "$tmp/run" --cgroup-manager=cgroupfs "$@"; } # nothing of it stays
tar -C "$root" -c . | own import -q - localhost/base >"$tmp/import.log" 2>&1 || skip_all "podman cannot import: $(tail -n 1 "$tmp/import.log")"
remove() {
	own rm -f -a -t 1 >/dev/null 2>&1
	own volume rm -a -f >/dev/null 2>&1
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
is container_has_no_compiler "$(own run --rm --network=none --entrypoint=/bin/sh collector -c 'command -v gcc make')" ''
run() { # NAME
	own run -d --name "$1" --read-only --read-only-tmpfs=false --cap-drop=all --security-opt=no-new-privileges --network=none \
	    -e EARSHOT_NAME=collector.test -v state:/var/lib/earshot-collector collector >"$tmp/container.log" 2>&1 ||
		{ bad container_runs "$(tail -n 2 "$tmp/container.log")"; exit 1; }
	wait_for 60 own exec "$1" /usr/lib/earshot/health.sh && ok "container_${1}_is_healthy" ||
		bad "container_${1}_is_healthy" "$(own logs "$1" 2>&1 | tail -n 4)"
}
run first
is container_writes_nowhere_else "$(own exec first sh -c 'touch /tmp/x /etc/x /usr/x /run/x 2>/dev/null && echo it does')" ''
is container_has_no_right "$(own exec first sed -n 's/^CapEff:[[:space:]]*0*//p' /proc/1/status)" ''
says container_makes_a_token "$(own exec first earshot-collector token --agent pc1)" earshot1.
own exec first earshot-collector agents --json >"$tmp/agents" 2>&1 || bad container_answers "$(cat "$tmp/agents")"
before=$(own exec first earshot-collector ca)
own stop -t 15 first >/dev/null 2>&1
is container_ends_by_itself "$(own inspect -f '{{.State.ExitCode}}' first)" 0
run second
is container_keeps_its_volume "$(own exec second earshot-collector ca)" "$before"
exit $failed
