/* SPDX-License-Identifier: Apache-2.0 */
/* Requests station and survey from nl80211 over generic netlink. */
#ifndef EARSHOT_HOST_NETLINK_NL80211_H
#define EARSHOT_HOST_NETLINK_NL80211_H

#include "probes/host/netlink/station.h"
#include "probes/host/netlink/survey.h"
#include "probes/host/reading.h"

struct es_host_nl80211 {
	int fd;             /* of netlink; -1: not open */
	uint16_t family;    /* of nl80211; 0: not requested yet */
	bool has_no_family; /* no nl80211 when the interface was first read */
};

void es_host_nl80211_init(struct es_host_nl80211 *nl);
void es_host_nl80211_done(struct es_host_nl80211 *nl);

/* Ask the kernel; ES_ENOTFOUND: no Wi-Fi there. The buffer of files is used. */
int es_host_nl80211_station(struct es_host_nl80211 *nl, struct es_host_files *files,
    const char *interface, struct es_host_station *out);
int es_host_nl80211_survey(struct es_host_nl80211 *nl, struct es_host_files *files,
    const char *interface, struct es_host_survey *out);

#endif
