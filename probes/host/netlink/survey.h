/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of nl80211 to a survey: how busy and how noisy the channel in use is. */
#ifndef EARSHOT_HOST_NETLINK_SURVEY_H
#define EARSHOT_HOST_NETLINK_SURVEY_H

#include "earshot/error.h"
#include "earshot/slice.h"

/* Values of the driver; a bit per field that is there. */
enum {
	ES_SURVEY_HAS_NOISE = 1u << 0,
	ES_SURVEY_HAS_TIME = 1u << 1, /* active and busy */
};

struct es_host_survey {
	uint32_t has;
	uint32_t frequency_mhz; /* 0: not reported */
	int32_t noise_dbm;
	uint64_t active_ms, busy_ms; /* since the driver began to count on this channel */
};

/*
 * Parses answers to NL80211_CMD_GET_SURVEY, one channel each, as read from the socket. ES_ENOTFOUND: none of them is
 * in use, or its driver measures nothing; ES_EMALFORMED.
 */
int es_host_survey_parse(es_slice answers, struct es_host_survey *out);

#endif
