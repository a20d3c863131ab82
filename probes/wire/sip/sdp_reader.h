/* SPDX-License-Identifier: Apache-2.0 */
/* Inside SDP: a description while it is read, and who reads which attribute. */
#ifndef EARSHOT_WIRE_SIP_SDP_READER_H
#define EARSHOT_WIRE_SIP_SDP_READER_H

#include "probes/wire/sip/sdp.h"

struct es_sdp_reader {
	struct es_sdp *sdp;
	/*
	 * Session-level lines hold for every media description that has no line of its own (RFC 8866 section 5).
	 */
	struct es_sdp_media session;
	struct es_sdp_media *media; /* what attributes go to; NULL: media above the limit */
	bool in_media;
	bool has_rtcp; /* of media: a=rtcp was there */
};

/* "IN IP4 10.0.0.1/127" to an address without port; family 0 where it is a name. */
struct es_addr es_sdp_connection(es_slice value);

/* One a= line. r->media is there. What cannot be read is left out. */
void es_sdp_attribute(struct es_sdp_reader *r, es_slice value);

/* The attributes with a file of their own; value: behind the colon. */
void es_sdp_on_candidate(struct es_sdp_reader *r, es_slice value);
void es_sdp_on_crypto(struct es_sdp_reader *r, es_slice value);
void es_sdp_on_extmap(struct es_sdp_reader *r, es_slice value);
void es_sdp_on_ssrc(struct es_sdp_reader *r, es_slice value);
void es_sdp_on_ssrc_group(struct es_sdp_reader *r, es_slice value);
void es_sdp_on_group(struct es_sdp_reader *r, es_slice value);

#endif
