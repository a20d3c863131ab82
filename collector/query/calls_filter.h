/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows and which explained calls a query of the list asks for. */
#ifndef COLLECTOR_QUERY_CALLS_FILTER_H
#define COLLECTOR_QUERY_CALLS_FILTER_H

#include "collector/query/gather.h"
#include "collector/query/party_search.h"
#include "collector/query/query.h"
#include "proto/alloc.h"

struct es_calls_filter {
	const struct es_calls_query *q; /* borrowed, as store */
	struct es_store *store;
	bool has_party;
	struct es_party_search party;
	struct es_alloc alloc; /* of the records whose codec is looked at */
};

/* key: of pseudonyms, needed only where q has a number. ES_EMALFORMED: the number names nobody. ES_ENOMEM. */
int es_calls_filter_init(struct es_calls_filter *f, const struct es_calls_query *q,
    struct es_store *store, const struct es_pseudonym *key);
void es_calls_filter_done(struct es_calls_filter *f);

/* The facts of a call or stream row by which it is looked for. */
struct es_calls_row {
	enum es_record_type type;
	es_time start;
	es_slice call_id;
	es_slice from;
	es_slice to;
	uint32_t ssrc;
};

/* By time, text and party: whether a call is looked at because of this row. Cheap, and asks nobody. */
bool es_calls_row_fits(const struct es_calls_filter *f, const struct es_calls_row *row);

/* By all else. *err: an error of the store. */
bool es_calls_call_fits(struct es_calls_filter *f, const struct es_gather *g,
    const struct es_explained *call, int *err);

#endif
