/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RTP header (RFC 3550 section 5.1, header extension RFC 8285). Works on packets that are cut after their
 * header: wire_bytes is the length that was sent.
 */
#ifndef EARSHOT_WIRE_RTP_RTP_H
#define EARSHOT_WIRE_RTP_RTP_H

#include "earshot/error.h"
#include "probes/base/cursor.h"

struct es_rtp {
	uint32_t ssrc;
	uint32_t ts;
	uint16_t seq;
	uint8_t pt;
	bool marker;
	bool has_padding; /* P bit */
	bool has_extension;
	bool is_cut; /* payload_bytes may hold padding, and extension or payload are not all here */
	uint8_t n_csrc;
	uint16_t extension_profile; /* 0xbede, 0x100x: RFC 8285 */
	es_slice csrc;              /* 4 bytes each */
	es_slice extension;         /* without its 4-byte head; captured part */
	es_slice payload;           /* captured part, padding left out where the capture has it */
	uint32_t payload_bytes;     /* as sent, without padding where the capture shows it */
};

/* Whether its extension is one of RFC 8285, one-byte or two-byte elements. */
static inline bool
es_rtp_has_elements(const struct es_rtp *r)
{
	return r->has_extension &&
	       (r->extension_profile == 0xbede || r->extension_profile >> 4 == 0x100);
}

/* The packet that r was read from, as sent: wire_bytes, which must all have been captured. */
es_slice es_rtp_packet(const struct es_rtp *r, uint32_t wire_bytes);

/* Everything but the plain 12-byte header. Same contract as es_rtp_parse. */
int es_rtp_parse_long(es_slice pkt, uint32_t wire_bytes, struct es_rtp *out);

/*
 * pkt: UDP payload as captured; wire_bytes: as sent (never below pkt.n).
 * ES_EMALFORMED: version is not 2, the fixed header or CSRC list is not all there, or the extension
 * does not fit into wire_bytes (RFC 3550 appendix A.1). Padding whose last byte cannot be a count
 * stays in the payload, because SRTP encrypts the padding.
 */
static inline int
es_rtp_parse(es_slice pkt, uint32_t wire_bytes, struct es_rtp *out)
{
	struct es_cur c = es_cur_of(pkt);
	uint8_t b1;

	if (es_cur_left(&c) < 12 || es_cur_u8(&c) != 0x80)
		return es_rtp_parse_long(pkt, wire_bytes, out);
	b1 = es_cur_u8(&c);
	out->seq = es_cur_be16(&c);
	out->ts = es_cur_be32(&c);
	out->ssrc = es_cur_be32(&c);
	out->pt = b1 & 0x7f;
	out->marker = b1 >> 7 != 0;
	out->has_padding = false;
	out->has_extension = false;
	out->is_cut = pkt.n < wire_bytes;
	out->n_csrc = 0;
	out->extension_profile = 0;
	out->csrc = es_slice_of(NULL, 0);
	out->extension = es_slice_of(NULL, 0);
	out->payload = es_cur_rest(&c);
	out->payload_bytes = wire_bytes - 12;
	return 0;
}

#endif
