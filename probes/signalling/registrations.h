/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registrations (RFC 3261 section 10), one per address of record and contact: answered or not, after
 * how long, until when. A record goes out when the state or the status changes, not at every refresh.
 */
#ifndef EARSHOT_SIGNALLING_REGISTRATIONS_H
#define EARSHOT_SIGNALLING_REGISTRATIONS_H

#include "probes/base/context.h"
#include "probes/base/eviction.h"
#include "probes/base/pool.h"
#include "probes/base/table.h"
#include "probes/signalling/sip_counts.h"
#include "probes/wire/sip/sip.h"

enum {
	ES_AOR_MAX_BYTES = 95,     /* longer ones are cut */
	ES_BINDING_MAX_BYTES = 63, /* contact and product, likewise */
	ES_BINDING_ID_MAX_BYTES = 127,
	ES_BINDINGS_PER_AOR = 16,   /* the one longest silent is replaced */
	ES_BINDING_ANSWER_S = 32,   /* 64 T1 */
	ES_BINDING_KEPT_S = 300,    /* after it ended */
	ES_BINDING_FAILED_S = 3600, /* phones try for hours: one record counts them */
	ES_BINDING_EXPIRES_S =
	    3600, /* of a registrar that names no time, RFC 3261 section 10.2.1.1 */
};

struct es_binding {
	uint64_t serial;
	uint32_t index;
	uint32_t deadline;
	enum es_registration_state state;
	enum es_transport transport;
	bool is_pending;    /* a REGISTER waits for its answer */
	bool is_challenged; /* and this one for credentials */
	bool is_removing;
	bool is_resent;
	bool is_changed; /* state or status, since the last record */
	bool has_news;   /* anything, since the last record */
	uint32_t has;
	uint32_t cseq;
	uint32_t status;
	uint32_t wanted_s; /* requested */
	uint32_t expires_s;
	uint32_t attempts;
	uint32_t failures;
	uint32_t challenges;
	uint64_t delay_us;
	uint64_t id_hash;    /* Call-ID of the last REGISTER */
	uint64_t granted_id; /* of the one that made it active */
	es_time start;
	es_time changed_at;
	es_time sent_at; /* first REGISTER of the attempt */
	es_time seen_at;
	es_time expires_at;
	struct es_addr src;
	struct es_addr dst;
	struct es_coverage coverage;
	uint8_t aor_bytes;
	uint8_t contact_bytes;
	uint8_t id_bytes;
	uint8_t agent_bytes;
	char aor[ES_AOR_MAX_BYTES];
	char contact[ES_BINDING_MAX_BYTES];
	char id[ES_BINDING_ID_MAX_BYTES];
	char agent[ES_BINDING_MAX_BYTES];
};

struct es_registrations {
	struct es_context *c; /* kept */
	struct es_pool pool;
	struct es_table table; /* by address of record */
	struct es_eviction eviction;
};

/* One message. */
struct es_register {
	const struct es_sip *m;
	const struct es_addr *src;
	const struct es_addr *dst;
	enum es_transport transport;
	enum es_sip_news news;
	es_time at;
};

/* c must be set. ES_ENOMEM. */
int es_registrations_new(struct es_registrations *r, uint32_t cap);

/* A zeroed one is fine. */
void es_registrations_free(struct es_registrations *r);

/* A REGISTER or the answer to one. */
void es_registrations_message(struct es_registrations *r, const struct es_register *q);

/* A deadline of the one with this index. */
void es_registrations_due(struct es_registrations *r, uint32_t index, es_time due);

/* The end of the input: the record of one whose deadline was popped, if it has news. */
void es_registrations_flush(struct es_registrations *r, uint32_t index, es_time at);

/* Gives its place back without a word. */
void es_registrations_forget(struct es_registrations *r, uint32_t index);

/* The capture lost packets: marks all of them. */
void es_registrations_dropped(struct es_registrations *r, const struct es_coverage *coverage);

static inline struct es_binding *
es_binding_at(const struct es_registrations *r, uint32_t index)
{
	return es_pool_at(&r->pool, index);
}

#endif
