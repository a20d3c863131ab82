/* SPDX-License-Identifier: Apache-2.0 */
/* The radio link to the access point: nl80211 where there is netlink, and /proc/net/wireless. */
#ifndef EARSHOT_HOST_WIFI_H
#define EARSHOT_HOST_WIFI_H

#include "probes/host/netlink/nl80211.h"

struct es_host_wifi {
	struct es_host_counter tx_packets, tx_retries, tx_failed, beacon_loss;
	uint32_t frequency_mhz; /* of the channel that is counted on; 0: none yet */
	struct es_host_counter active_ms, busy_ms;
	struct es_host_nl80211 nl80211;
};

void es_host_wifi_init(struct es_host_wifi *w);
void es_host_wifi_done(struct es_host_wifi *w);

/* Another interface from now on. */
void es_host_wifi_forget(struct es_host_wifi *w);

/*
 * Reads the link of one interface. On this machine (no root) it asks nl80211; below a root it reads
 * ROOT/netlink/station and survey, which have the bytes a kernel answered with. Values that are in neither come from
 * /proc/net/wireless. bssid is "" if there is no Wi-Fi.
 */
void es_host_wifi_read(struct es_host_wifi *w, struct es_host_files *files, const char *interface,
    struct es_host_reading *r, char bssid[ES_HOST_BSSID_MAX]);

#endif
