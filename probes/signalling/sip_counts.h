/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts SIP messages by method and status, and distinguishes each from its retransmissions. A message is known
 * by its place in its transaction (RFC 3261 section 17): top branch, CSeq, method or status, both tags, RSeq,
 * its body, and between whom it went. The last few thousand are remembered, oldest out first.
 */
#ifndef EARSHOT_SIGNALLING_SIP_COUNTS_H
#define EARSHOT_SIGNALLING_SIP_COUNTS_H

#include "probes/base/context.h"
#include "probes/base/table.h"
#include "probes/wire/sip/sip.h"

enum {
	ES_SIP_RECENT_S = 32, /* 64 T1: one displaced sooner is counted */
	ES_SIP_KINDS = 16,
	ES_SIP_STATUSES = 600, /* 100..699 */
	ES_SIP_COUNTS_MAX = ES_SIP_KINDS + ES_SIP_STATUSES,
};

/* What a message is to what came before it. */
enum es_sip_news {
	ES_SIP_NEW = 0,
	ES_SIP_RESENT, /* the sender's own repetition */
};

struct es_sip_recent {
	uint64_t hash;
	es_time at;
};

struct es_sip_counts {
	struct es_sip_recent *recent; /* a ring */
	struct es_table table;        /* of places in it */
	uint32_t cap;
	uint32_t n;
	uint32_t next;
	struct es_sip_count count[ES_SIP_COUNTS_MAX];
};

/* cap: messages remembered. ES_ENOMEM, ES_EINVALID. */
int es_sip_counts_new(struct es_sip_counts *t, uint32_t cap);

/* A zeroed one is fine. */
void es_sip_counts_free(struct es_sip_counts *t);

/* Counts a message sent from src to dst at `at`. */
enum es_sip_news es_sip_counts_add(struct es_sip_counts *t, struct es_context *c,
    const struct es_sip *m, const struct es_addr *src, const struct es_addr *dst, es_time at);

/*
 * Whether this hash was seen less than ES_SIP_RECENT_S before, and remembers it. For what messages carry; it
 * uses the same memory as the messages.
 */
bool es_sip_counts_heard(struct es_sip_counts *t, struct es_context *c, uint64_t hash, es_time at);

/* Copies the counts that are not 0, requests first, the rarest left out where they are more than cap. */
uint32_t es_sip_counts_list(const struct es_sip_counts *t, struct es_sip_count *out, uint32_t cap);

#endif
