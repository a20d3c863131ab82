/* SPDX-License-Identifier: Apache-2.0 */
/* The radio link to the access point: nl80211 where there is netlink, /proc/net/wireless beside it. */
#ifndef EARSHOT_HOST_WIFI_H
#define EARSHOT_HOST_WIFI_H

#include "probes/host/source.h"

enum { ES_HOST_BSSID_MAX = 18 }; /* "02:00:00:00:01:00" with its NUL */

/* What the kernel says of the peer station; a bit per field that is there. */
enum {
	ES_STATION_HAS_SIGNAL = 1u << 0,
	ES_STATION_HAS_TX_PACKETS = 1u << 1,
	ES_STATION_HAS_TX_RETRIES = 1u << 2,
	ES_STATION_HAS_TX_FAILED = 1u << 3,
	ES_STATION_HAS_BEACON_LOSS = 1u << 4,
	ES_STATION_HAS_TX_BITRATE = 1u << 5,
};

struct es_host_station {
	uint32_t has;
	char bssid[ES_HOST_BSSID_MAX]; /* "": not associated, or not told */
	int32_t signal_dbm;
	uint32_t tx_packets, tx_retries, tx_failed, beacon_loss;
	uint64_t tx_bitrate_bps;
};

struct es_host_wifi {
	struct es_host_counter tx_packets, tx_retries, tx_failed, beacon_loss;
	int netlink_fd;     /* -1: not open */
	uint16_t family;    /* of nl80211; 0: not asked yet */
	bool has_no_family; /* no nl80211 when the interface was first asked for */
};

void es_host_wifi_init(struct es_host_wifi *w);
void es_host_wifi_done(struct es_host_wifi *w);

/* Another interface from now on. */
void es_host_wifi_forget(struct es_host_wifi *w);

/*
 * Reads the link of one interface. On this machine (no root) asks nl80211; below a root
 * ROOT/netlink/station stands in for it, the bytes a kernel answered with. What neither tells
 * comes from /proc/net/wireless. bssid: "" where there is no Wi-Fi.
 */
void es_host_wifi_read(struct es_host_wifi *w, struct es_host_files *files, const char *interface,
    struct es_host_reading *r, char bssid[ES_HOST_BSSID_MAX]);

/*
 * Parses answers to NL80211_CMD_GET_STATION, one after the other as read from the socket. The first
 * station counts: a client has one. ES_ENOTFOUND: none in it; ES_EMALFORMED.
 */
int es_host_station_parse(es_slice answers, struct es_host_station *out);

/* The number under which the kernel runs a family, from its answer to CTRL_CMD_GETFAMILY; 0: none. */
uint16_t es_host_family_parse(es_slice answers);

/* Asks the kernel; ES_ENOTFOUND: no Wi-Fi there. Own buffer: bytes are borrowed from files. */
int es_host_station_ask(struct es_host_wifi *w, struct es_host_files *files, const char *interface,
    struct es_host_station *out);

#endif
