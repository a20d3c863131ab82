/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payloads that repair others, read as far as they show which packets they replace: redundancy (RFC 2198),
 * retransmission (RFC 4588), parity (RFC 5109, RFC 8627 and the draft before it).
 */
#ifndef EARSHOT_WIRE_RTP_RTP_REPAIR_H
#define EARSHOT_WIRE_RTP_RTP_REPAIR_H

#include "earshot/error.h"
#include "probes/base/cursor.h"

enum {
	ES_RED_BLOCKS_MAX = 8,
	ES_PARITY_MASK_MAX = 110, /* packets that one parity packet protects */
};

struct es_red {
	uint8_t n; /* redundant blocks, oldest first as sent */
	struct {
		uint16_t ts_offset; /* timestamp units before the packet's own */
		uint16_t n_bytes;   /* 0: the block is empty, it replaces nothing */
	} block[ES_RED_BLOCKS_MAX];
	uint8_t primary_pt;
	es_slice primary; /* captured part */
};

struct es_parity {
	bool has_ssrc;
	uint32_t ssrc; /* with has_ssrc: whose packets they are */
	uint16_t base;
	uint64_t mask[2]; /* bit i: number base + i is protected */
};

/* ES_EMALFORMED: cut or longer than the payload; ES_EFULL: too many blocks. */
int es_red_parse(es_slice payload, uint32_t payload_bytes, struct es_red *out);

/* The sequence number that a retransmission had. ES_EMALFORMED: not there. */
int es_rtx_original(es_slice payload, uint16_t *out);

/* RFC 5109 section 7.3: the FEC header and its first level. ES_EMALFORMED: cut, or the extension bit. */
int es_ulpfec_parse(es_slice payload, struct es_parity *out);

/*
 * RFC 8627 section 4.2.2 with flexible or fixed masks. is_draft: version 03 of its draft, as browsers send
 * it, with the SSRC inside. ES_EMALFORMED: cut; ES_EUNSUPPORTED: a retransmission, or other streams too.
 */
int es_flexfec_parse(es_slice payload, bool is_draft, struct es_parity *out);

#endif
