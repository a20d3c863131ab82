#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Starts the collector in a container, or runs one of its commands there. An empty volume first gets keys, database and
# configuration. environment: EARSHOT_NAME, the name in the certificate; the container's own unless given
set -eu
[ $# -eq 0 ] || exec earshot-collector "$@"
[ -s /var/lib/earshot-collector/collector.conf ] ||
	earshot-collector init --name "${EARSHOT_NAME:-$(uname -n)}" --portal 0.0.0.0:8080
exec earshot-collector serve
