/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of generic netlink: stations of nl80211, numbers of families. */
#ifndef EARSHOT_HOST_NETLINK_STATION_H
#define EARSHOT_HOST_NETLINK_STATION_H

#include "earshot/error.h"
#include "earshot/slice.h"

enum { ES_HOST_BSSID_MAX = 18 }; /* "02:00:00:00:01:00" with its NUL */

/* Values of the kernel for the peer station; a bit per field that is there. */
enum {
	ES_STATION_HAS_SIGNAL = 1u << 0,
	ES_STATION_HAS_TX_PACKETS = 1u << 1,
	ES_STATION_HAS_TX_RETRIES = 1u << 2,
	ES_STATION_HAS_TX_FAILED = 1u << 3,
	ES_STATION_HAS_BEACON_LOSS = 1u << 4,
	ES_STATION_HAS_TX_BITRATE = 1u << 5,
	ES_STATION_HAS_RX_BITRATE = 1u << 6,
};

struct es_host_station {
	uint32_t has;
	char bssid[ES_HOST_BSSID_MAX]; /* "": not associated, or not reported */
	int32_t signal_dbm;
	uint32_t tx_packets, tx_retries, tx_failed, beacon_loss;
	uint64_t tx_bitrate_bps, rx_bitrate_bps;
};

/*
 * Parses answers to NL80211_CMD_GET_STATION, one after the other as read from the socket. The first
 * station counts: a client has one. ES_ENOTFOUND: none in it; ES_EMALFORMED.
 */
int es_host_station_parse(es_slice answers, struct es_host_station *out);

/* The number under which the kernel runs a family, from its answer to CTRL_CMD_GETFAMILY; 0: none. */
uint16_t es_host_family_parse(es_slice answers);

#endif
