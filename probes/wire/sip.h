/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One SIP message (RFC 3261): start line, the header fields an observer needs, body. Reads as
 * an observer does: strict where a mistake would mislead (Call-ID, CSeq, lengths), lenient
 * otherwise. All slices point into the message. Values may be folded over several lines
 * (section 7.3.1); they then hold the line breaks, except single-word values, which never do.
 */
#ifndef EARSHOT_WIRE_SIP_H
#define EARSHOT_WIRE_SIP_H

#include "earshot/error.h"
#include "earshot/slice.h"

enum {
	ES_SIP_MESSAGE_MAX_BYTES = 65536,
	ES_SIP_LINE_MAX_BYTES = 8192, /* one header field, its folds included */
	ES_SIP_HEADERS_MAX = 128,
	ES_SIP_PARTS_MAX = 16, /* of a multipart body */
	ES_SIP_METHOD_MAX_BYTES = 64,
};

/* X(NAME): the methods told apart; any other is OTHER. */
#define ES_SIP_METHODS(X) \
	X(INVITE)         \
	X(ACK)            \
	X(BYE)            \
	X(CANCEL)         \
	X(REGISTER)       \
	X(OPTIONS)        \
	X(PRACK)          \
	X(UPDATE)         \
	X(INFO)           \
	X(REFER)          \
	X(NOTIFY)         \
	X(SUBSCRIBE)      \
	X(MESSAGE)        \
	X(PUBLISH)

enum es_sip_method {
	ES_SIP_OTHER = 0,
#define X(name) ES_SIP_##name,
	ES_SIP_METHODS(X)
#undef X
};

/* From or To. */
struct es_sip_party {
	es_slice uri;
	es_slice user; /* without password; the number of a tel: URI; empty where there is none */
	es_slice host; /* without port; [..] of IPv6 kept; empty for tel: */
	es_slice tag;
};

struct es_sip {
	bool is_response;
	enum es_sip_method method; /* of the request line; of the CSeq in a response */
	es_slice method_text;
	uint16_t status;      /* responses: 100..699 */
	es_slice request_uri; /* requests */
	es_slice call_id;
	struct es_sip_party from;
	struct es_sip_party to;
	uint32_t cseq;
	es_slice via_branch; /* of the topmost Via */
	uint32_t n_vias;
	es_slice contact; /* URI of the first Contact */
	bool has_max_forwards;
	uint8_t max_forwards;
	es_slice content_type; /* without parameters */
	bool has_content_length;
	uint32_t content_length;
	es_slice session_id; /* RFC 7989, as sent */
	es_slice x_call_id;  /* X-Call-ID, else X-CID */
	es_slice reason;     /* RFC 3326 */
	es_slice refer_to;   /* URI */
	es_slice replaces;   /* RFC 3891 */
	es_slice body;       /* captured part, at most Content-Length bytes */
	es_slice sdp; /* the body, or its first application/sdp part (RFC 5621); empty: none */
	bool is_cut;  /* the capture ends inside the message: body and sdp may be short */
};

/*
 * Whether bytes begin with the start line of a SIP message of version 2.0, whatever the port:
 * "TOKEN SP URI SP SIP/2.0" or "SIP/2.0 SP 3 digits". Cheap enough for every unknown packet.
 */
bool es_sip_is_start(es_slice bytes);

/*
 * Reads one message. bytes: datagram or one message of a stream as captured; wire_bytes: as sent.
 * ES_EMALFORMED: no start line of SIP/2.0, a header line without a colon, no or two different
 *   Call-ID or CSeq, a CSeq of another method than the request, no From or To, a CSeq or
 *   Content-Length that is no number of 31 bits.
 * ES_EFULL: above one of the limits.
 * ES_ECUT: the capture ends before the fields without which a message says nothing.
 */
int es_sip_parse(es_slice bytes, uint32_t wire_bytes, struct es_sip *out);

/* How the next message stands in a byte stream (SIP over TCP, RFC 3261 section 18.3). */
struct es_sip_frame {
	size_t skip_bytes; /* to be dropped first: keep-alive line breaks, or what is no SIP */
	size_t n_bytes;    /* of the message behind them; 0 unless the result is 0 */
	size_t need_bytes; /* with ES_ESHORT: no use asking again before the stream is this long */
};

/*
 * Finds the first message of a stream. out is always written.
 * 0: a whole message stands at skip_bytes, n_bytes long.
 * ES_ESHORT: after dropping skip_bytes, more bytes are needed.
 * ES_EMALFORMED: not SIP here; skip_bytes (never 0) leads to the next place that could be a start.
 * ES_EFULL: the message is above ES_SIP_MESSAGE_MAX_BYTES; skip_bytes leads behind it, which may
 *   be further than the stream has come.
 */
int es_sip_frame(es_slice stream, struct es_sip_frame *out);

enum es_sip_method es_sip_method_of(es_slice text);

#endif
