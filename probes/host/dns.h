/* SPDX-License-Identifier: Apache-2.0 */
/* The name servers of this machine. */
#ifndef EARSHOT_HOST_DNS_H
#define EARSHOT_HOST_DNS_H

#include "probes/host/reading.h"

/*
 * Their addresses in order, with one blank between: from /run/systemd/resolve/resolv.conf where
 * there is one (the other then names the local stub only), else /etc/resolv.conf. "" for none.
 */
void es_host_dns_read(struct es_host_files *files, char out[ES_HOST_TEXT_MAX]);

#endif
