#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs as root before the portal: hands it the tenant key, which lies in a directory that is ingest's alone. It is read
# with ingest's rights, so that no link of ingest's leads root anywhere, and written where only root may write.
# usage: portal-key STATE_DIR DIR; leaves DIR/tenant.key, the portal's alone; nothing where there is no key.
set -eu
umask 077
from=$1/tenant.key to=$2
rm -f "$to/tenant.key"
setpriv --reuid=earshot-ingest --regid=earshot-collector --clear-groups --no-new-privs --bounding-set=-all \
    head -c 65 "$from" >"$to/tenant.key.new" || { rm -f "$to/tenant.key.new"; exit 0; } # the portal says what it lacks
chown earshot-portal "$to/tenant.key.new"
mv "$to/tenant.key.new" "$to/tenant.key"
