/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Homer Encapsulation Protocol: packets that another agent saw, handed on. Version 3 is a total
 * length and a list of chunks; 1 and 2 are a fixed head, of UDP only.
 */
#ifndef EARSHOT_WIRE_OTHER_HEP_H
#define EARSHOT_WIRE_OTHER_HEP_H

#include "earshot/addr.h"
#include "earshot/error.h"
#include "earshot/slice.h"
#include "earshot/time.h"

enum { ES_HEP_HEAD_BYTES = 6 };

/* What the payload is. Others there are, too. */
enum es_hep_type {
	ES_HEP_SIP = 1,
	ES_HEP_RTP = 4,
	ES_HEP_RTCP = 5, /* in binary, or as JSON */
};

struct es_hep {
	struct es_addr src; /* of the packet that was seen */
	struct es_addr dst;
	uint8_t type; /* enum es_hep_type */
	bool has_time;
	es_time time;
	bool is_compressed;          /* the payload is there as chunk 16 only */
	es_slice payload;            /* captured part */
	uint32_t payload_wire_bytes; /* all of it */
};

/* Whether bytes begin with the head of a HEP 3 packet of at most wire_bytes. */
bool es_hep_is(es_slice bytes, uint32_t wire_bytes);

/* Where from `from` on one may begin, be it with the last bytes there are; bytes.n: nowhere. */
size_t es_hep_find(es_slice bytes, size_t from);

/* Length of the HEP 3 packet that bytes begin with. ES_ESHORT: it may become one. ES_EMALFORMED. */
int es_hep_length(es_slice bytes, uint32_t *n_bytes);

/*
 * Reads a datagram or one packet of a stream: bytes as captured, wire_bytes as sent. ES_EMALFORMED:
 * not HEP 1, 2 or 3, or lengths that do not fit, or no addresses of one family.
 * HEP 1 and 2 are believed only where SIP follows, their magic being one byte.
 */
int es_hep_parse(es_slice bytes, uint32_t wire_bytes, struct es_hep *out);

#endif
