/* SPDX-License-Identifier: Apache-2.0 */
/* From a call's name to all that was delivered about it: the search. */
#include "collector/query/gather.h"

#include "collector/query/gather_private.h"
#include "collector/store/row.h"
#include "probes/base/call_id.h"
#include "proto/decode.h"
#include "runtime/crypto/hmac.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	SSRC_HOPS_MAX = 2, /* tools that use one SSRC for every call must not lead through all */
	ARENA_BYTES = 4 << 20,
};

#define WINDOW_NS (INT64_C(3600) * ES_NS_PER_S)
#define MARGIN_NS (INT64_C(60) * ES_NS_PER_S)

int
es_gather_new(struct es_store *store, struct es_gather **out)
{
	struct es_gather *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return ES_ENOMEM;
	g->store = store;
	/* each is filled before it is read: a search touches only what it needs of them */
	g->rows = malloc(ES_GATHER_ROWS_MAX * sizeof(*g->rows));
	g->blobs = malloc(ES_GATHER_BLOBS_MAX * sizeof(*g->blobs));
	if (g->rows == NULL || g->blobs == NULL ||
	    es_arena_new(&g->copies, ES_GATHER_BYTES_MAX) < 0 ||
	    es_alloc_new(&g->alloc, ARENA_BYTES) < 0) {
		es_gather_free(g);
		return ES_ENOMEM;
	}
	*out = g;
	return 0;
}

void
es_gather_free(struct es_gather *g)
{
	if (g == NULL)
		return;
	es_arena_free(&g->copies);
	free(g->rows);
	free(g->blobs);
	es_alloc_free(&g->alloc);
	free(g);
}

static void
clear(struct es_gather *g)
{
	es_arena_reset(&g->copies, 0);
	g->n_rows = g->n_blobs = g->n_agents = g->n_vantages = 0;
	g->is_cut = false;
	g->hops = 0;
}

/* The vantage's name: found in the list, or added to it. Empty: no room. */
static es_slice
vantage_name(struct es_gather *g, const struct es_found *found)
{
	char text[2 * ES_STORE_NAME_MAX + 2];
	struct es_gather_vantage *v;
	int n = found->row.label.n == 0
		    ? snprintf(text, sizeof(text), "%s", found->agent_name)
		    : snprintf(text, sizeof(text), "%s/%.*s", found->agent_name,
			  (int)found->row.label.n, (const char *)found->row.label.p);
	es_slice name = es_slice_of(text, n < 0 ? 0 : (size_t)n);

	if (n < 0 || (size_t)n >= sizeof(text))
		return es_slice_of(NULL, 0);
	for (size_t i = 0; i < g->n_vantages; i++)
		if (es_slice_eq(g->vantages[i].name, name))
			return g->vantages[i].name;
	if (g->n_vantages == ES_CORRELATE_VANTAGES_MAX)
		return es_slice_of(NULL, 0);
	v = &g->vantages[g->n_vantages];
	if (!es_arena_copy(&g->copies, name, &v->name))
		return es_slice_of(NULL, 0);
	v->role = found->row.role;
	g->n_vantages++;
	return v->name;
}

/* Whose machine, and when on its own clock: for host samples and changes. */
static void
widen_agent(struct es_gather *g, const struct es_found *found)
{
	struct es_gather_agent *a;

	for (size_t i = 0; i < g->n_agents; i++) {
		a = &g->agents[i];
		if (a->id != found->row.agent)
			continue;
		if (es_time_before(found->row.start, a->from))
			a->from = found->row.start;
		a->to = es_time_max(a->to, found->row.end);
		return;
	}
	if (g->n_agents == ES_CORRELATE_VANTAGES_MAX) {
		g->is_cut = true;
		return;
	}
	a = &g->agents[g->n_agents];
	if (!es_arena_copy(&g->copies, es_slice_str(found->agent_name), &a->name)) {
		g->is_cut = true;
		return;
	}
	a->id = found->row.agent;
	a->from = found->row.start;
	a->to = found->row.end;
	g->n_agents++;
}

/*
 * One SSRC on one 5-tuple may serve call after call (load generators do so): the row that is
 * nearest in time came first, and later ones are other uses. A stream that paused and continued in
 * the same call has two rows, and both are kept.
 */
static bool
is_other_use(const struct es_gather *g, const struct es_found *found, es_slice vantage)
{
	for (size_t i = 0; i < g->n_rows; i++) {
		const struct es_gathered *r = &g->rows[i];

		if (r->type == ES_REC_STREAM && r->agent == found->row.agent &&
		    memcmp(&r->key, &found->row.key, sizeof(r->key)) == 0 &&
		    es_slice_eq(r->vantage, vantage) &&
		    (found->row.call_id.n == 0 || !es_slice_eq(r->call_id, found->row.call_id)))
			return true;
	}
	return false;
}

static bool
add_row(void *ctx, const struct es_found *found)
{
	struct es_gather *g = ctx;
	struct es_gathered *row;
	es_slice vantage;

	for (size_t i = 0; i < g->n_rows; i++)
		if (g->rows[i].id == found->id && g->rows[i].type == found->row.type)
			return true;
	vantage = vantage_name(g, found);
	if (found->row.type == ES_REC_STREAM && is_other_use(g, found, vantage))
		return true;
	if (g->n_rows == ES_GATHER_ROWS_MAX) {
		g->is_cut = true;
		return false;
	}
	row = &g->rows[g->n_rows];
	memset(row, 0, sizeof(*row));
	row->type = found->row.type;
	row->id = found->id;
	row->agent = found->row.agent;
	row->role = found->row.role;
	row->key = found->row.key;
	row->start = found->row.start;
	row->end = found->row.end;
	row->state = found->row.state;
	row->hops = g->hops;
	row->vantage = vantage;
	if (row->vantage.n == 0 || !es_arena_copy(&g->copies, found->row.call_id, &row->call_id) ||
	    !es_arena_copy(&g->copies, found->row.from, &row->from) ||
	    !es_arena_copy(&g->copies, found->row.to, &row->to) ||
	    !es_arena_copy(&g->copies, found->row.bytes, &row->bytes)) {
		g->is_cut = true;
		return false;
	}
	widen_agent(g, found);
	g->n_rows++;
	return true;
}

static bool
add_blob(void *ctx, const struct es_found *found)
{
	struct es_gather *g = ctx;
	struct es_gather_blob *b = &g->blobs[g->n_blobs];
	bool is_machine = found->row.type >= ES_REC_HOST && found->row.type <= ES_REC_LOSS;

	if (g->n_blobs == ES_GATHER_BLOBS_MAX) {
		g->is_cut = true;
		return false;
	}
	b->owner = is_machine ? es_slice_of(NULL, 0) : vantage_name(g, found);
	for (size_t i = 0; is_machine && i < g->n_agents; i++)
		if (g->agents[i].id == found->row.agent)
			b->owner = g->agents[i].name;
	b->is_machine = is_machine;
	if (b->owner.n == 0 || !es_arena_copy(&g->copies, found->row.bytes, &b->bytes)) {
		g->is_cut = true;
		return false;
	}
	g->n_blobs++;
	return true;
}

struct header_keys {
	struct es_gather *g;
	/* what is followed: where many share a value, rows delivered about when a call's row was */
	const struct es_gathered *row;
	int err;
};

static bool
has_stream_of(const struct es_gather *g, es_slice call_id)
{
	for (size_t i = 0; i < g->n_rows; i++)
		if (g->rows[i].type == ES_REC_STREAM && es_slice_eq(g->rows[i].call_id, call_id))
			return true;
	return false;
}

/* Streams of this call that are stored under another leg's Call-ID: both announced the same media. */
static void
follow_shared(struct header_keys *k, const struct es_call *call)
{
	struct es_row key;

	if (has_stream_of(k->g, call->call_id))
		return;
	memset(&key, 0, sizeof(key));
	key.agent = k->row->agent;
	key.start = k->row->start;
	for (uint32_t i = 0; i < call->n_streams && k->err == 0; i++) {
		key.key.src = call->streams[i].dst; /* asked for is what flows the other way */
		key.key.dst = call->streams[i].src;
		k->err = es_store_find_mirrored(k->g->store, &key, k->row->start,
		    es_time_add(k->row->end, WINDOW_NS), add_row, k->g);
	}
}

/* The calls that a call's own headers name. */
static void
follow_headers(void *ctx, const struct es_record *rec)
{
	struct header_keys *k = ctx;
	struct es_store *store = k->g->store;
	const struct es_call *call = &rec->u.call;
	es_slice session = es_row_session(call->session_id);

	if (rec->type != ES_REC_CALL)
		return;
	k->err =
	    es_store_find_calls(store, ES_BY_CALL_ID, call->call_id, k->row->id, add_row, k->g);
	if (k->err == 0)
		k->err = es_store_find_calls(
		    store, ES_BY_X_CALL_ID, call->call_id, k->row->id, add_row, k->g);
	if (k->err == 0 && session.n > 0)
		k->err = es_store_find_calls(
		    store, ES_BY_SESSION_ID, session, k->row->id, add_row, k->g);
	if (k->err == 0 && call->x_call_id.n > 0) {
		k->err = es_store_find_calls(
		    store, ES_BY_CALL_ID, call->x_call_id, k->row->id, add_row, k->g);
		if (k->err == 0)
			k->err = es_store_find_calls(
			    store, ES_BY_X_CALL_ID, call->x_call_id, k->row->id, add_row, k->g);
	}
	if (k->err == 0)
		k->err = es_store_find_streams_of_call(store, call->call_id, add_row, k->g);
	if (k->err == 0)
		follow_shared(k, call);
}

/*
 * A call that failed has no media that would lead to its other legs: what the same two people tried about then
 * may be one of them (correlate/join/join_parties.c judges). Only what was asked for is followed so, or one
 * caller who tries again and again would lead through the day.
 */
static int
follow_attempts(struct es_gather *g, const struct es_gathered *row)
{
	if (row->hops > 0 || (row->state != ES_STATE_FAILED && row->state != ES_STATE_CANCELLED))
		return 0;
	g->hops = row->hops + 1;
	return es_store_find_attempts(g->store, row->from, row->to,
	    es_time_add(row->start, -MARGIN_NS), es_time_add(row->start, MARGIN_NS), add_row, g);
}

/* The other legs that announced a stream. */
static void
follow_others(void *ctx, const struct es_record *rec)
{
	struct header_keys *k = ctx;
	const struct es_stream *s = &rec->u.stream;

	for (uint32_t i = 0; rec->type == ES_REC_STREAM && i < s->n_other_call_ids && k->err == 0;
	     i++)
		k->err = es_store_find_calls(
		    k->g->store, ES_BY_CALL_ID, s->other_call_ids[i], INT64_MAX, add_row, k->g);
}

/* Where a stream began: the number and timestamp of its first packet. */
struct beginning {
	bool is_known;
	uint16_t seq;
	uint32_t ts;
	uint32_t step;
};

static void
note_beginning(void *ctx, const struct es_record *rec)
{
	const struct es_stream *s = &rec->u.stream;
	struct beginning *b = ctx;

	if (rec->type != ES_REC_STREAM || (s->has & ES_STREAM_HAS_STEP) == 0 || s->packets == 0)
		return;
	b->is_known = true;
	b->seq = (uint16_t)s->first_seq;
	b->ts = s->rtp_ts;
	b->step = s->rtp_step;
}

static struct beginning
beginning_of(struct es_gather *g, es_slice bytes)
{
	struct beginning b = { false, 0, 0, 0 };

	es_alloc_reset(&g->alloc);
	(void)es_record_decode(bytes, &g->alloc, note_beginning, &b); /* else: not known */
	return b;
}

struct same_ssrc {
	struct es_gather *g;
	struct beginning of;
};

/*
 * Of the streams of one SSRC, those whose numbers and timestamps lie on about one line: the timestamp, moved
 * by the difference of the numbers, within half a cycle of numbers. Tools that use one SSRC for every
 * call begin each one elsewhere.
 */
static bool
add_if_on_line(void *ctx, const struct es_found *found)
{
	struct same_ssrc *s = ctx;
	struct beginning b = beginning_of(s->g, found->row.bytes);
	int64_t off, half;

	if (s->of.is_known && b.is_known && s->of.step > 0) {
		int16_t n = (int16_t)(uint16_t)(b.seq - s->of.seq);

		half = (int64_t)s->of.step * (65536 / 2);
		off = (int32_t)(b.ts - s->of.ts - (uint32_t)n * s->of.step);
		if (half < INT32_MAX / 2 && (off > half || off < -half))
			return true;
	}
	return add_row(s->g, found);
}

/* Rows that may belong to the same call as row i; i stays valid, its address may not. */
static int
expand(struct es_gather *g, size_t i)
{
	const struct es_gathered row = g->rows[i];
	struct header_keys keys = { g, &row, 0 };
	struct same_ssrc same = { g, { false, 0, 0, 0 } };
	struct es_row key;
	int err;

	g->hops = row.hops;
	if (row.type == ES_REC_CALL) {
		es_alloc_reset(&g->alloc);
		err = es_record_decode(row.bytes, &g->alloc, follow_headers, &keys);
		if (err < 0 || keys.err < 0)
			return err < 0 ? 0 : keys.err; /* unreadable: the store keeps it */
		return follow_attempts(g, &row);
	}
	if (row.call_id.n > 0) {
		err = es_store_find_calls(
		    g->store, ES_BY_CALL_ID, row.call_id, INT64_MAX, add_row, g);
		if (err < 0)
			return err;
	}
	es_alloc_reset(&g->alloc);
	err = es_record_decode(row.bytes, &g->alloc, follow_others, &keys);
	if (err >= 0 && keys.err < 0)
		return keys.err;
	if (row.hops >= SSRC_HOPS_MAX)
		return 0;
	memset(&key, 0, sizeof(key));
	key.agent = row.agent;
	key.key = row.key;
	key.start = row.start;
	err = es_store_find_mirrored(g->store, &key, row.start, row.end, add_row, g);
	if (err < 0)
		return err;
	g->hops = row.hops + 1;
	same.of = beginning_of(g, row.bytes);
	return es_store_find_streams(g->store, row.key.ssrc, es_time_add(row.start, -WINDOW_NS),
	    es_time_add(row.end, WINDOW_NS), row.start, add_if_on_line, &same);
}

static int
load_stream(struct es_gather *g, const struct es_gathered *row)
{
	struct es_row key;
	es_slice label = row->vantage;
	es_time to = row->state == ES_STATE_IN_PROGRESS ? es_time_of_ns(INT64_MAX)
							: es_time_add(row->end, ES_NS_PER_S);
	int err;

	memset(&key, 0, sizeof(key));
	for (size_t i = 0; i < g->n_agents; i++)
		if (g->agents[i].id == row->agent && label.n >= g->agents[i].name.n) {
			label.p += g->agents[i].name.n;
			label.n -= g->agents[i].name.n;
		}
	if (label.n > 0) { /* the slash */
		label.p++;
		label.n--;
	}
	key.agent = row->agent;
	key.label = label;
	key.role = row->role;
	key.key = row->key;
	err = es_store_find_intervals(
	    g->store, &key, es_time_add(row->start, -ES_NS_PER_S), to, add_blob, g);
	if (err < 0)
		return err;
	return es_store_find_reported(g->store, row->agent, row->key.ssrc,
	    es_time_add(row->start, -MARGIN_NS), es_time_add(row->end, MARGIN_NS), add_blob, g);
}

static int
load_machine(struct es_gather *g, const struct es_gather_agent *a)
{
	static const enum es_record_type types[] = { ES_REC_HOST, ES_REC_CHANGE, ES_REC_HEALTH,
		ES_REC_LOSS };
	int err = 0;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && err == 0; i++)
		err = es_store_find_machine(g->store, a->id, types[i],
		    es_time_add(a->from, -MARGIN_NS), es_time_add(a->to, MARGIN_NS), add_blob, g);
	return err;
}

static int
load(struct es_gather *g)
{
	int err = 0;

	if (g->n_rows == 0)
		return ES_ENOTFOUND;
	for (size_t i = 0; i < g->n_rows && err == 0; i++)
		err = expand(g, i);
	for (size_t i = 0; i < g->n_rows && err == 0; i++)
		if (g->rows[i].type == ES_REC_STREAM)
			err = load_stream(g, &g->rows[i]);
	for (size_t i = 0; i < g->n_agents && err == 0; i++)
		err = load_machine(g, &g->agents[i]);
	return err;
}

bool
es_parse_rtp_id(es_slice id, uint32_t *ssrc)
{
	uint8_t be[4];

	if (id.n != 14 || memcmp(id.p, "rtp:0x", 6) != 0 ||
	    es_hex_parse(es_slice_of(id.p + 6, 8), be, sizeof(be)) < 0)
		return false;
	*ssrc = (uint32_t)be[0] << 24 | (uint32_t)be[1] << 16 | (uint32_t)be[2] << 8 | be[3];
	return true;
}

int
es_gather_load(struct es_gather *g, es_slice name)
{
	const es_time end = es_time_of_ns(INT64_MAX);
	uint8_t bytes[ES_CALL_ID_BYTES_MAX];
	uint32_t ssrc;
	es_slice id;
	int err;

	clear(g);
	if (es_parse_rtp_id(name, &ssrc)) { /* the newest of that SSRC */
		err = es_store_find_streams(
		    g->store, ssrc, es_time_of_ns(INT64_MIN), end, end, add_row, g);
		return err < 0 ? err : load(g);
	}
	id = es_slice_of(bytes, es_call_id_decode(name, bytes));
	err = es_store_find_calls(g->store, ES_BY_CALL_ID, id, INT64_MAX, add_row, g);
	if (err == 0 && g->n_rows == 0)
		err = es_store_find_streams_of_call(g->store, id, add_row, g);
	return err < 0 ? err : load(g);
}

int
es_gather_load_row(struct es_gather *g, const struct es_found *found)
{
	clear(g);
	(void)add_row(g, found);
	return load(g);
}

size_t
es_gather_count(const struct es_gather *g)
{
	return g->n_rows;
}

const struct es_gathered *
es_gather_row(const struct es_gather *g, size_t i)
{
	return &g->rows[i];
}

bool
es_gather_is_cut(const struct es_gather *g)
{
	return g->is_cut;
}
