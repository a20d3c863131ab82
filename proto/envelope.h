/* SPDX-License-Identifier: Apache-2.0 */
/*
* The content of a frame: one Envelope, as plain structs. Who sends what is drawn in earshot.proto.
 * Decoded slices live until the es_alloc is reset.
 */
#ifndef EARSHOT_PROTO_ENVELOPE_H
#define EARSHOT_PROTO_ENVELOPE_H

#include "earshot/record.h"
#include "proto/alloc.h"
#include "proto/frame.h"

enum {
	ES_PROTO_VERSION = 1,
	ES_PROTO_VERSION_MIN = 1, /* N-2 once there are three */
	ES_EPOCH_BYTES = 16,
	ES_ID_MAX = 64,
	ES_REASON_MAX = 256,
};

enum es_envelope_type {
	ES_ENV_UNKNOWN = 0, /* well formed, but nothing this version knows: skip it */
	ES_ENV_HELLO = 1,
	ES_ENV_WELCOME = 2,
	ES_ENV_BATCH = 3,
	ES_ENV_ACK = 4,
	ES_ENV_NACK = 5,
	ES_ENV_BYE = 7,
	ES_ENV_ENROLL_REQUEST = 8,
	ES_ENV_ENROLL_REPLY = 9,
	ES_ENV_RENEW_REQUEST = 10,
	ES_ENV_RENEW_REPLY = 11,
};

/* The sender's clocks at one instant. */
struct es_clocks {
	es_time wall;
	int64_t boot_ns; /* since boot, suspend included */
	uint8_t boot_id[16];
	bool synchronised;
};

struct es_hello {
	uint32_t version_min;
	uint32_t version_max;
	es_slice agent_version;
	es_slice agent_id; /* must equal the certificate's name, or be empty */
	uint8_t epoch[ES_EPOCH_BYTES];
	uint64_t next_seq; /* first number not yet given in this epoch's spool */
	struct es_clocks clocks;
	enum es_role role; /* as configured, of the first capture */
	/*
	 * A spool that was restored or cloned gives numbers again. What shows it: less was sent than is
	 * stored, or another record is stored under the same number.
	 */
	bool has_sent_seq;
	uint64_t sent_seq; /* nothing above was ever sent */
	uint64_t proof_seq;
	uint64_t
	    proof_digest; /* es_record_digest of that record, which was acknowledged; 0: none */
};

struct es_welcome {
	uint32_t version;        /* to be spoken */
	uint64_t acked_seq;      /* all up to it are stored, 0 = none; seq begins at 1 */
	uint32_t credit_batches; /* may be in flight without an Ack */
	uint32_t reconnect_window_ms;
	es_time wall;          /* the collector's clock: a hint, never set */
	uint64_t acked_digest; /* es_record_digest of record acked_seq; 0: not known */
};

/* A Batch as it travels; proto/batch.h makes and opens it. */
struct es_batch {
	uint8_t epoch[ES_EPOCH_BYTES];
	uint64_t first_seq;
	uint64_t last_seq; /* one record each: first_seq + number of records - 1 */
	struct es_clocks clocks;
	uint32_t crc32;      /* of the body before deflate */
	uint32_t body_bytes; /* before deflate */
	bool deflated;
	es_slice body;
};

struct es_ack {
	uint8_t epoch[ES_EPOCH_BYTES];
	uint64_t through_seq; /* committed */
	uint64_t refused;     /* records among them since the Welcome that could not be taken */
};

enum es_nack_code {
	ES_NACK_UNKNOWN = 0,
	ES_NACK_BUSY = 1,     /* try again after retry_after_ms */
	ES_NACK_DISK = 2,     /* the collector cannot write now */
	ES_NACK_VERSION = 3,  /* no common version */
	ES_NACK_EPOCH = 4,    /* next_seq not above what was acknowledged: begin a new epoch */
	ES_NACK_IDENTITY = 5, /* an id inside a frame differs from the certificate */
	ES_NACK_DISABLED = 6, /* this agent was switched off */
	ES_NACK_MALFORMED = 7,
	ES_NACK_TOKEN = 8,       /* enrolment: token unknown, used or too old */
	ES_NACK_CERTIFICATE = 9, /* not known here */
	ES_NACK_CLONE = 10,      /* a newer certificate of this agent was used before */
};

struct es_nack {
	enum es_nack_code code;
	uint32_t retry_after_ms;
	es_slice reason;
};

enum es_bye_code { ES_BYE_UNKNOWN = 0, ES_BYE_STOPPING = 1, ES_BYE_IDLE = 2, ES_BYE_REPLACED = 3 };

struct es_bye {
	enum es_bye_code code;
};

struct es_enroll_request {
	es_slice token_secret; /* 32 bytes */
	es_slice csr_der;
	es_slice hostname; /* for people; the collector cleans and cuts it */
	es_slice agent_version;
};

struct es_enroll_reply {
	es_slice certificate_pem; /* the agent's, then its chain */
	es_slice ca_pem;          /* CA of the collector's data port */
	es_slice name;            /* the agent's id = common name */
	es_slice collector_name;  /* logical name to demand from the server */
	es_slice tenant_key;      /* 32 bytes: pseudonyms */
	es_slice display_name;    /* the agent's name as people and vantage points call it */
};

struct es_renew_request {
	es_slice csr_der; /* of a key that was never used before */
};

struct es_renew_reply {
	es_slice certificate_pem; /* with its chain; empty: reason says why */
	es_slice ca_pem;          /* trust anchors, one or several */
	es_slice reason;
};

struct es_envelope {
	enum es_envelope_type type;
	union {
		struct es_hello hello;
		struct es_welcome welcome;
		struct es_batch batch;
		struct es_ack ack;
		struct es_nack nack;
		struct es_bye bye;
		struct es_enroll_request enroll_request;
		struct es_enroll_reply enroll_reply;
		struct es_renew_request renew_request;
		struct es_renew_reply renew_reply;
	} u;
};

/*
 * Writes a whole frame, its length included, ready to send. Returns its length, ES_EFULL (cap or the
 * frame limit), ES_EINVALID.
 */
int es_envelope_encode(const struct es_envelope *env, uint8_t *out, size_t cap_bytes);

/*
 * Reads the bytes of one frame (without its length). Resets nothing. ES_EMALFORMED (not an Envelope, a
 * required fact missing or out of range), ES_EFULL (would need more than the arena holds).
 */
int es_envelope_decode(es_slice frame, struct es_alloc *alloc, struct es_envelope *out);

/* What the code means, for people: a constant, never NULL. */
const char *es_nack_text(enum es_nack_code code);

#endif
