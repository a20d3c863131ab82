#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Speech of every shape and in every envelope is sent over a veth pair: with the kernel's filter no byte of it reaches
# user space, and all SIP, RTCP and STUN does; the filter cannot be replaced or taken away. Needs network namespaces.
# usage: tests/e2e/no_voice.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
B=${1:-build/native-release}
if [ -z "$IN_NAMESPACE" ]; then
	if ! unshare -n true 2>/dev/null; then
		echo "skip no_voice: no right to make a network namespace"
		exit 0
	fi
	IN_NAMESPACE=1 exec unshare -n "$0" "$@"
fi
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 2>/dev/null # no packets but ours
ip link add es0 type veth peer name es1 && ip link set es0 up && ip link set es1 up || {
	echo "skip no_voice: no veth in this kernel"
	exit 0
}
said=$(timeout 60 "$B/tests/e2e/no_voice" es0 es1 30 2>&1)
case $? in
0) echo "$said" | sed 's/^/ok no_voice_reaches_user_space /' ;;
77) echo "skip no_voice: $said" ;;
*) echo "$said" | sed 's/^/FAIL no_voice: /'; exit 1 ;;
esac
