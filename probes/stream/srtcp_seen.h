/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who sends encrypted RTCP, where no signalling says so (RFC 3711 section 3.4; RFC 7714 section 9 for
 * AES-GCM). What shows it is DTLS between the same two ends, or the SRTCP index: a word near the end
 * of each packet, behind it only a master key identifier and a tag, whose first bit says "encrypted"
 * and whose rest rises from packet to packet. The first packets of a sender wait for the next ones to
 * prove it; without a proof they were malformed RTCP.
 */
#ifndef EARSHOT_STREAM_SRTCP_SEEN_H
#define EARSHOT_STREAM_SRTCP_SEEN_H

#include "probes/base/context.h"
#include "probes/base/table.h"

enum {
	ES_SRTCP_SEEN_MAX = 2048, /* senders, and pairs of ends with DTLS, remembered */
	ES_SRTCP_TAIL = 36,       /* index, key identifier and tag of 16 bytes each */
	ES_SRTCP_WAITING_MAX = 4, /* packets of one sender */
};

struct es_srtcp_sender {
	uint64_t hash;
	bool is_known; /* of it, or of both ends: encrypted */
	uint8_t n_waiting;
	uint8_t n_tail;
	uint8_t odd_bytes;           /* length of its last packet, modulo 4 */
	uint8_t tail[ES_SRTCP_TAIL]; /* and its end */
};

struct es_srtcp_seen {
	struct es_srtcp_sender *sender; /* a ring */
	struct es_table table;          /* of places in it */
	uint32_t n;
	uint32_t next;
};

/* ES_ENOMEM. */
int es_srtcp_seen_new(struct es_srtcp_seen *t);

/* A zeroed one is fine. */
void es_srtcp_seen_free(struct es_srtcp_seen *t);

/* DTLS passed between these ends. */
void es_srtcp_seen_dtls(struct es_srtcp_seen *t, struct es_context *c, const struct es_addr *src,
    const struct es_addr *dst);

/* Whether RTCP of ssrc between these ends is known to be encrypted. */
bool es_srtcp_seen_has(const struct es_srtcp_seen *t, const struct es_context *c,
    const struct es_addr *src, const struct es_addr *dst, uint32_t ssrc);

/*
 * Counts a whole packet that is no RTCP in the clear: as SRTCP or as malformed, or later, when the next
 * ones have shown what it was.
 */
void es_srtcp_seen_packet(struct es_srtcp_seen *t, struct es_context *c, const struct es_addr *src,
    const struct es_addr *dst, uint32_t ssrc, es_slice packet);

/* End of the input: what still waits was malformed. */
void es_srtcp_seen_flush(struct es_srtcp_seen *t, struct es_context *c);

#endif
