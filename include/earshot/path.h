/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the path to a target looks like from this machine: a chain of links, and the first one that is broken.
 * What lies behind a broken link is not known, never bad.
 */
#ifndef EARSHOT_PATH_H
#define EARSHOT_PATH_H

#include "earshot/slice.h"
#include "earshot/time.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In the order of the chain. */
enum es_link_kind {
	ES_LINK_INTERFACE = 1,
	ES_LINK_ROUTE = 2,
	ES_LINK_GATEWAY = 3,
	ES_LINK_DNS = 4,
	ES_LINK_TCP = 5,
	ES_LINK_TLS = 6,
	ES_LINK_HTTP = 7,
	ES_LINK_STUN = 8,
	ES_LINK_SIP = 9,
	ES_LINK_MTU = 10,
	ES_LINK_HOP = 11,
	ES_LINK_END = 12,
};

enum es_link_state {
	ES_LINK_NOT_KNOWN = 0,
	ES_LINK_OK = 1,
	ES_LINK_SLOW = 2,
	ES_LINK_BROKEN = 3,
};

enum { ES_PATH_LINKS_MAX = 24 };

struct es_link {
	enum es_link_kind kind;
	enum es_link_state state;
	bool has_rtt;
	bool has_loss;
	uint32_t rtt_us;
	uint32_t loss_ppm;
	es_slice subject; /* interface, address or name */
	es_slice text;    /* one line for people */
};

/* One run of the chain towards one target. Texts are borrowed from whoever made it. */
struct es_path {
	es_time time; /* its start */
	es_slice target;
	uint32_t n_links;
	struct es_link links[ES_PATH_LINKS_MAX];
	const struct es_link *broken; /* one of links; NULL: nothing is */
};

/* Names in JSON: constant, NULL for an unknown number. */
const char *es_link_name(enum es_link_kind kind);
const char *es_link_state_name(enum es_link_state state);

#ifdef __cplusplus
}
#endif

#endif
