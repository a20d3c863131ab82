/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One SIP message (RFC 3261): start line, the header fields an observer needs, body. Reads as
 * an observer does: strict where a mistake would mislead (Call-ID, CSeq, lengths), lenient
 * otherwise. All slices point into the message. Values may be folded over several lines
 * (section 7.3.1); they then hold the line breaks, except single-word values, which never do.
 */
#ifndef EARSHOT_WIRE_SIP_SIP_H
#define EARSHOT_WIRE_SIP_SIP_H

#include "earshot/error.h"
#include "earshot/slice.h"

enum {
	ES_SIP_MESSAGE_MAX_BYTES = 65536,
	ES_SIP_LINE_MAX_BYTES = 8192, /* one header field, its folds included */
	ES_SIP_HEADERS_MAX = 128,
	ES_SIP_PARAMS_MAX = 64, /* of one value; further ones are passed over */
	ES_SIP_PARTS_MAX = 16,  /* of a multipart body */
	ES_SIP_METHOD_MAX_BYTES = 64,
	ES_SIP_CONTACTS_MAX = 4, /* of one message; further ones are passed over */
	ES_SIP_UUID_BYTES = 32,  /* hexadecimal digits of a Session-ID, RFC 7989 section 5 */
};

/* X(NAME): the methods that are distinguished; any other is OTHER. */
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

/* From, To and other fields that name a party. */
struct es_sip_party {
	es_slice uri;
	es_slice user; /* without password; the number of a tel: URI; empty if there is none */
	es_slice host; /* without port; [..] of IPv6 kept; empty for tel: */
	es_slice tag;
};

struct es_sip_contact {
	es_slice uri;  /* "*" in a REGISTER that takes all back */
	es_slice host; /* of the URI with its port, "10.0.0.1:5062", no user; empty for "*" */
	bool has_expires;
	uint32_t expires_s; /* parameter of this contact; goes before the Expires field */
};

/* One value of Reason, RFC 3326. */
struct es_sip_cause {
	bool has_number;
	uint16_t number;
};

/* Who keeps a session alive, of the two ends of the transaction: RFC 4028. */
enum es_sip_refresher { ES_REFRESHER_UNKNOWN = 0, ES_REFRESHER_UAC, ES_REFRESHER_UAS };

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
	struct es_sip_contact contact[ES_SIP_CONTACTS_MAX]; /* zeroed beyond n_contacts */
	uint32_t n_contacts;
	bool has_max_forwards;
	uint8_t max_forwards;
	bool has_content_length;
	uint32_t content_length;
	bool has_expires;
	uint32_t expires_s;         /* Expires, RFC 3261 section 20.19 */
	uint32_t session_expires_s; /* Session-Expires, RFC 4028; 0: none */
	enum es_sip_refresher refresher;
	bool has_rseq;
	uint32_t rseq;       /* of a reliable provisional response */
	es_slice user_agent; /* User-Agent, else Server */
	es_slice session_id; /* RFC 7989, as sent */
	es_slice
	    session_uuid; /* its 32 digits: the sender's side; empty if malformed or all zero */
	es_slice session_uuid_peer;      /* of its remote parameter: the other side, likewise */
	es_slice x_call_id;              /* X-Call-ID, else X-CID */
	es_slice icid;                   /* icid-value of P-Charging-Vector, RFC 7315 section 5.6 */
	es_slice user_to_user;           /* RFC 7433, as sent */
	struct es_sip_party asserted;    /* first P-Asserted-Identity, RFC 3325 */
	struct es_sip_party referred_by; /* RFC 3892 */
	uint32_t n_diversions;           /* entries of Diversion, RFC 5806 */
	struct es_sip_party diversion;   /* the first: the latest to divert */
	uint32_t n_history;              /* entries of History-Info, RFC 7044 */
	struct es_sip_party history;     /* the first: whom the request was for in the beginning */
	es_slice reason;                 /* RFC 3326, the first value as sent */
	struct es_sip_cause q850;        /* cause of the first Reason of each protocol */
	struct es_sip_cause sip_cause;
	es_slice replaces;   /* RFC 3891, as sent */
	es_slice x_rtp_stat; /* X-RTP-Stat and P-RTP-Stat, as sent: rtpstat.h */
	es_slice p_rtp_stat;
	es_slice body; /* captured part, at most Content-Length bytes */
	es_slice sdp;  /* the body, or its first application/sdp part (RFC 5621); empty: none */
	es_slice vq_report; /* likewise application/vq-rtcpxr, RFC 6035: vq_report.h */
	bool is_cut;        /* the capture ends inside the message: body and sdp may be short */
};

/*
 * Whether bytes begin with the start line of a SIP message of version 2.0, whatever the port:
 * "TOKEN SP SCHEME:URI SP SIP/2.0" or "SIP/2.0 SP 3 digits". Cheap enough for every unknown packet.
 */
bool es_sip_is_start(es_slice bytes);

/*
 * Reads one message. bytes: datagram or one message of a stream as captured; wire_bytes: as sent.
 * ES_EMALFORMED: no start line of SIP/2.0, a header line without a colon, no or two different Call-ID or CSeq, a
 *   CSeq of another method than the request, no From or To, a CSeq or Content-Length that is no number of 31
 *   bits, two that differ (the same twice will do).
 * ES_EFULL: above one of the limits.
 * ES_ECUT: the capture ends before the fields that a message must have.
 */
int es_sip_parse(es_slice bytes, uint32_t wire_bytes, struct es_sip *out);

/*
 * The start line alone, of a message that es_sip_parse refused or the capture cut: is_response, status,
 * method, method_text and request_uri; all else is zero. False: none, or a request's is not whole.
 */
bool es_sip_start_line(es_slice bytes, struct es_sip *out);

/*
 * Value of the first field called name (long form, any case) in the header of a message that es_sip_parse has
 * taken, trimmed; empty if the field is missing. For fields that few callers need.
 */
es_slice es_sip_header_find(es_slice message, es_slice name);

/* Place of the next message in a byte stream (SIP over TCP, RFC 3261 section 18.3). */
struct es_sip_frame {
	size_t skip_bytes; /* to be dropped first: keep-alive line breaks, or what is no SIP */
	size_t n_bytes;    /* of the message behind them; 0 unless the result is 0 */
	size_t need_bytes; /* with ES_ESHORT: no use asking again before the stream is this long */
	/* How far the head behind skip_bytes was read, so that nothing is read twice. */
	size_t head_bytes;
	uint32_t length; /* its Content-Length so far */
	bool has_length;
	bool has_head; /* all of it was read */
};

/*
 * Finds the first message of a stream. f: zeroed before the first call and at every new beginning; otherwise
 * handed in as it was left, skip_bytes and n_bytes having been dropped. Always written.
 * 0: a whole message is at skip_bytes, n_bytes long.
 * ES_ESHORT: after dropping skip_bytes, more bytes are needed.
 * ES_EMALFORMED: not SIP here; skip_bytes (never 0) leads to the next place that could be a start.
 * ES_EFULL: the message is above ES_SIP_MESSAGE_MAX_BYTES; skip_bytes leads behind it, which may be further than
 *   the stream has come.
 */
int es_sip_frame(es_slice stream, struct es_sip_frame *f);

enum es_sip_method es_sip_method_of(es_slice text);

#endif
