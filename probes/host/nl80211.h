/* SPDX-License-Identifier: Apache-2.0 */
/* Requests the station from nl80211 over generic netlink. */
#ifndef EARSHOT_HOST_NL80211_H
#define EARSHOT_HOST_NL80211_H

#include "probes/host/wifi.h"

/* Asks the kernel; ES_ENOTFOUND: no Wi-Fi there. Own buffer: bytes are borrowed from files. */
int es_host_station_ask(struct es_host_wifi *w, struct es_host_files *files, const char *interface,
    struct es_host_station *out);

#endif
