/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a call's name to the explained call: collects what any agent delivered that may belong to it,
 * and lets correlate/ judge, the same code as `earshot explain` runs on captures.
 *
 *     Call-ID -> call rows -> their streams -> streams of equal SSRC near in time -> their calls
 *             -> the other legs that announced them
 *     failed call rows -> what the same two people tried within a minute
 *             -> blocks, reports, and the machines' own records of that time -> es_correlate
 *
 * The clocks of agents are unrelated: "near in time" is an hour, and proves nothing by itself.
 */
#ifndef COLLECTOR_QUERY_GATHER_H
#define COLLECTOR_QUERY_GATHER_H

#include "collector/store/store.h"
#include "earshot/correlate.h"

enum {
	ES_GATHER_ROWS_MAX = 1024,   /* call and stream rows of one search */
	ES_GATHER_BLOBS_MAX = 65536, /* minutes, reports, machine records */
	ES_GATHER_BYTES_MAX = 128 << 20,
};

/* A call or stream row that was collected; lives until the next es_gather_load. */
struct es_gathered {
	enum es_record_type type; /* call or stream */
	int64_t id;
	int64_t agent;
	es_slice vantage; /* the agent's name, "/label" behind it where there is one */
	enum es_role role;
	struct es_stream_key key;
	es_time start;
	es_time end;
	es_slice call_id;
	es_slice from;
	es_slice to;
	enum es_state state;
	unsigned hops; /* steps by SSRC or by parties from what was asked for */
	es_slice bytes;
};

struct es_gather;

/* store is borrowed and must outlive *out, which es_gather_free frees. ES_ENOMEM. */
int es_gather_new(struct es_store *store, struct es_gather **out);
void es_gather_free(struct es_gather *g); /* NULL is fine */

/*
 * Collects what may belong to the calls of that name, in place of what was collected before. name: as JSON has
 * it, a Call-ID (base/call_id.h) or "rtp:0x1234abcd". ES_ENOTFOUND, or an error of the store.
 */
int es_gather_load(struct es_gather *g, es_slice name);
/* The same for one row of es_store_find_page, which is copied. */
int es_gather_load_row(struct es_gather *g, const struct es_found *found);

/* The rows of the last load, i < count; a row lives until the next load. */
size_t es_gather_count(const struct es_gather *g);
const struct es_gathered *es_gather_row(const struct es_gather *g, size_t i);
/* A limit was reached: the result may miss something. */
bool es_gather_is_cut(const struct es_gather *g);

/* Correlates what was collected; calls back once per call, as es_correlate_solve does. An explained call is borrowed. */
int es_gather_solve(
    struct es_gather *g, void (*call)(void *ctx, const struct es_explained *call), void *ctx);

/* Is this row one of the legs, or of the streams without a call, of the explained call? */
bool es_gathered_is_of(const struct es_gathered *row, const struct es_explained *call);
/* Does it name this call: the Call-ID of a leg, as JSON has it, or the SSRC of a stream? */
bool es_gathered_is_named(const struct es_explained *call, es_slice name);

/* "rtp:0x1234abcd" -> the SSRC. */
bool es_parse_rtp_id(es_slice id, uint32_t *ssrc);

#endif
