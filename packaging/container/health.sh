#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whether the collector stores: 0, or 1. No program of the image speaks HTTP, but bash can connect.
exec 3<>/dev/tcp/127.0.0.1/8080 || exit 1
printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r _ status _ <&3
[ "$status" = 200 ]
