/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SDP agrees for the packets that come to an address: media lines, payload types, header extensions. The
 * candidates of a media line are many addresses with the same terms and share one object, because a copy for
 * each would cost a page fault per candidate.
 */
#ifndef EARSHOT_CALL_TERMS_H
#define EARSHOT_CALL_TERMS_H

#include "probes/base/pool.h"
#include "probes/call/payload.h"

enum {
	ES_MEDIA_TYPES_MAX = 64, /* of all lines that are bundled on one address */
	ES_MEDIA_LINES_MAX = 16,
	ES_MID_MAX_BYTES = 15,
};

/* A media line whose packets come to the address; several where they are bundled (RFC 8843). */
struct es_media_line {
	uint8_t kind; /* enum es_stream_kind */
	uint8_t mid_bytes;
	char mid[ES_MID_MAX_BYTES]; /* empty but in a bundle */
};

struct es_terms {
	uint32_t index;   /* of itself in its pool */
	uint32_t holders; /* the last one gives it back */
	bool is_secure;
	uint8_t level_id; /* header extensions of RFC 6464 and 8843, 0: not negotiated */
	uint8_t mid_id;
	uint8_t n_types;
	uint16_t lines; /* which of line are there, by their index in the SDP */
	struct es_media_line line[ES_MEDIA_LINES_MAX];
	struct es_payload type[ES_MEDIA_TYPES_MAX];
};

/* New ones with one holder, knowing nothing. pool: of struct es_terms, as many as there can be holders. */
struct es_terms *es_terms_new(struct es_pool *pool);

/* One holder less. NULL is fine. */
void es_terms_release(struct es_pool *pool, struct es_terms *t);

/* Terms with the holder alone: t itself, or a copy that takes its place. */
struct es_terms *es_terms_own(struct es_pool *pool, struct es_terms *t);

/* What a payload type is; false when it is not listed. */
bool es_terms_type(const struct es_terms *t, uint8_t pt, struct es_payload *out);

#endif
