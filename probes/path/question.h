/* SPDX-License-Identifier: Apache-2.0 */
/* A question to a name server and its answer, RFC 1035: A, AAAA, SRV (RFC 2782) and NAPTR (RFC 3403). */
#ifndef EARSHOT_PATH_QUESTION_H
#define EARSHOT_PATH_QUESTION_H

#include "probes/path/target.h"

enum {
	ES_QUESTION_MAX_BYTES = 12 + 255 + 4,
	ES_ANSWER_ADDRESSES_MAX = 8,
};

enum es_record_type {
	ES_RECORD_A = 1,
	ES_RECORD_CNAME = 5,
	ES_RECORD_AAAA = 28,
	ES_RECORD_SRV = 33,
	ES_RECORD_NAPTR = 35,
};

/* RFC 1035 section 4.1.1. */
enum es_rcode {
	ES_RCODE_NOERROR = 0,
	ES_RCODE_FORMERR = 1,
	ES_RCODE_SERVFAIL = 2,
	ES_RCODE_NXDOMAIN = 3,
	ES_RCODE_NOTIMP = 4,
	ES_RCODE_REFUSED = 5,
};

struct es_question {
	const char *name; /* as es_target_is_name has it */
	enum es_record_type type;
	uint16_t id;
};

struct es_answer {
	uint8_t rcode; /* enum es_rcode among others */
	bool is_cut;   /* the server had no room for all of it */
	uint32_t n_addresses;
	struct es_addr addresses[ES_ANSWER_ADDRESSES_MAX]; /* A, AAAA; port 0 */
	/* SRV: that of the lowest priority and highest weight; NAPTR: the first one for SIP that leads to an SRV. */
	bool has_service;
	uint16_t port;
	enum es_transport transport; /* NAPTR */
	char name[ES_TARGET_HOST_MAX];
};

/* ES_EINVALID: not a name. */
int
es_question_build(const struct es_question *q, uint8_t out[ES_QUESTION_MAX_BYTES], size_t *n_bytes);

/*
 * Reads what came from the server. Aliases (CNAME) are followed within the answer; records of other names do not
 * count. ES_ENOTFOUND: it answers another question. ES_EMALFORMED.
 */
int es_question_answer(const struct es_question *q, es_slice message, struct es_answer *out);

#endif
