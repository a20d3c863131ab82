#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One real call, three agents, one verdict: starts a collector, enrols an endpoint, an SBC and a
# gateway, lets each replay what it captured of the call, and prints what the collector says of it.
# The captures are real; the endpoint's health is made up and said to be so.
# usage: packaging/demo.sh BUILD_DIR [ONCE]     ONCE=1: end by itself, 0 only if the verdict is true
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/${1:-build/native-release}
once=${2:-}
call=tests/golden/loss_seg1
dir=$(mktemp -d "${TMPDIR:-/tmp}/earshot-demo.XXXXXX")
pids=()

cleanup() {
	trap - EXIT INT TERM
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
	rm -rf "$dir"
}
fail() {
	echo "demo: $*" >&2
	for log in "$dir"/*.log; do
		echo "--- $(basename "$log")" >&2
		tail -n 15 "$log" >&2
	done
	cleanup
	exit 1
}
trap cleanup EXIT
trap 'cleanup; exit 130' INT
trap 'cleanup; exit 143' TERM

# Three free ports on loopback; the portal's is the usual one where it is free.
read -r data enroll portal < <(python3 - <<'PY'
import socket
socks = []
for want in (0, 0, 8080):
    s = socket.socket()
    try:
        s.bind(("127.0.0.1", want))
    except OSError:
        s.bind(("127.0.0.1", 0))
    socks.append(s)
print(*(s.getsockname()[1] for s in socks))
PY
)

echo "earshot demo: one real call, 40 s long, over endpoint -> SBC -> gateway"
"$bin/earshot-collector" init --dir "$dir/collector" --name collector.demo --listen "127.0.0.1:$data" \
	--enroll "127.0.0.1:$enroll" --portal "127.0.0.1:$portal" >"$dir/init.log" 2>&1 || fail "init failed"
"$bin/earshot-collector" serve --dir "$dir/collector" >"$dir/collector.log" 2>&1 &
pids+=($!)
for _ in $(seq 100); do
	curl -fsS "http://127.0.0.1:$portal/readyz" >/dev/null 2>&1 && break
	sleep 0.1
done
curl -fsS "http://127.0.0.1:$portal/readyz" >/dev/null 2>&1 || fail "the collector did not get ready"

agent() { # NAME, and its capture sections and options on stdin
	mkdir -p "$dir/$1/run"
	{
		echo "state-dir = \"$dir/$1\""
		echo "run-dir = \"$dir/$1/run\""
		echo "collector = \"127.0.0.1:$data\""
		cat
	} >"$dir/$1.conf"
	(umask 077 && "$bin/earshot-collector" token --dir "$dir/collector" --agent "$1" \
		>"$dir/$1.token" 2>"$dir/$1.token.log") || fail "no token for $1"
	"$bin/earshot" enroll --collector "127.0.0.1:$enroll" --token-file "$dir/$1.token" \
		--state-dir "$dir/$1" >"$dir/$1.enroll.log" 2>&1 || fail "$1 could not enrol"
	"$bin/earshotd" --config "$dir/$1.conf" --supervise >"$dir/$1.log" 2>&1 &
	pids+=($!)
}
agent endpoint <<CONF
host-timeline = "$PWD/$call/host.synthetic.jsonl"
capture "default" { role = endpoint replay = {"$PWD/$call/ep.pcap.gz"} }
CONF
agent sbc <<CONF
host = no
capture "access" { role = sbc replay = {"$PWD/$call/sbc_access.pcap.gz"} }
capture "core" { role = sbc replay = {"$PWD/$call/sbc_core.pcap.gz"} }
CONF
agent gateway <<CONF
host = no
capture "default" { role = gateway replay = {"$PWD/$call/gw.pcap.gz"} }
CONF

id=
for _ in $(seq 300); do
	id=$(curl -fsS "http://127.0.0.1:$portal/api/v1/calls" 2>/dev/null | jq -r '.calls[0].call // empty') || true
	[ -n "$id" ] && "$bin/earshot-collector" explain "$id" --json --dir "$dir/collector" >"$dir/call.json" 2>/dev/null &&
		jq -e '(.legs | length) == 4 and (.directions | length) == 2 and
			all(.directions[].segments[]; .expected != null) and .duration_s != null and
			any(.verdict.causes[]?; .cause == "wifi")' "$dir/call.json" >/dev/null && break
	sleep 0.1
done
[ -s "$dir/call.json" ] || fail "no call arrived"
echo
"$bin/earshot-collector" explain "$id" --dir "$dir/collector" || fail "explain failed"
echo
echo "The endpoint's health is synthetic ($call/host.synthetic.jsonl); everything else was on the wire."

# What a relay between endpoint and SBC really did to this call: tests/golden/README.md.
truth='.verdict.state == "degraded" and
	.verdict.segment == {"from": "endpoint", "to": "sbc/access", "direction": "both"} and
	.verdict.cause == "wifi" and
	([.directions[] | select(.name == "forward").segments[] | [.expected, .lost]] == [[2021, 113], [1908, 0], [1908, 0]]) and
	([.directions[] | select(.name == "reverse").segments[] | [.expected, .lost]] == [[2022, 0], [2022, 1], [2021, 20]])'
if ! jq -e "$truth" "$dir/call.json" >/dev/null; then
	cat "$dir/call.json" >&2
	fail "the verdict is not the true one"
fi
echo "The verdict is the true one: the relay that made this call dropped 113 and 20 packets just there."
if [ -n "$once" ]; then
	exit 0
fi
echo
echo "By number, from another terminal: ${bin#"$PWD"/}/earshot-collector calls --number a1 --dir $dir/collector"
echo "Portal: http://127.0.0.1:$portal/      (Ctrl-C ends the demo)"
wait "${pids[0]}"
