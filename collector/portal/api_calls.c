/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/calls: from row to row, each call once, until the page is full or the range ends. */
#include "collector/portal/api.h"
#include "collector/query/calls_filter.h"
#include "collector/query/explained.h"
#include "collector/query/gather.h"
#include "probes/base/mos_badness.h"
#include "runtime/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { KNOWN_MAX = 4096 };

/* A row the list has to look at, copied out of the search. */
struct candidate {
	struct es_page page;
	struct es_found found;
	char agent[ES_STORE_NAME_MAX + 1];
	char label[ES_STORE_NAME_MAX + 1];
	char call_id[ES_STORE_TEXT_MAX];
	char from[ES_STORE_TEXT_MAX];
	char to[ES_STORE_TEXT_MAX];
	uint8_t *bytes;
};

/* A call of the list. Of a list that is sorted, the highest rank comes first, then who was found first. */
struct item {
	uint64_t rank;
	uint64_t order;
	struct es_body text;
};

struct listing {
	const struct es_calls_query *q;
	struct es_store *store;
	struct es_calls_filter filter;
	struct es_gather *gather;
	struct candidate rows[ES_STORE_PAGE_ROWS];
	size_t n_rows;
	size_t n_seen; /* rows of the search, also those that do not fit */
	struct es_page last;
	struct es_page known[KNOWN_MAX]; /* rows of calls judged already */
	size_t n_known;
	const struct candidate *at;
	struct item items[ES_CALLS_LIMIT_MAX];
	uint32_t n_items;
	uint64_t n_found;
	char next[64];
	struct es_page end; /* where a page that is full ended */
	bool is_more;       /* one more call fits */
	bool is_partial;    /* the request's budget ended before the page was full */
	int err;
};

static bool
same_page(const struct es_page *a, const struct es_page *b)
{
	return a->kind == b->kind && a->id == b->id;
}

/* True when a comes before b in the list: newer, calls before streams, higher id. */
static bool
is_before(const struct es_page *a, const struct es_page *b)
{
	if (a->start.ns != b->start.ns)
		return a->start.ns > b->start.ns;
	if (a->kind != b->kind)
		return a->kind < b->kind;
	return a->id > b->id;
}

static struct es_page
page_of(const struct es_gathered *row)
{
	struct es_page p = { row->start, row->type == ES_REC_CALL ? 0 : 1, row->id };

	return p;
}

static es_slice
keep_text(char *out, size_t cap, es_slice text)
{
	size_t n = text.n < cap ? text.n : cap;

	if (n > 0)
		memcpy(out, text.p, n);
	return es_slice_of(out, n);
}

static bool
note_candidate(void *ctx, const struct es_found *found)
{
	struct listing *l = ctx;
	const struct es_row *r = &found->row;
	const struct es_calls_row row = { r->type, r->start, r->call_id, r->from, r->to,
		r->key.ssrc };
	struct candidate *c = &l->rows[l->n_rows];

	l->last.start = r->start;
	l->last.kind = r->type == ES_REC_CALL ? 0 : 1;
	l->last.id = found->id;
	l->n_seen++;
	if (!es_calls_row_fits(&l->filter, &row))
		return l->n_seen < ES_STORE_PAGE_ROWS;
	memset(c, 0, sizeof(*c));
	c->found = *found;
	c->page = l->last;
	c->bytes = malloc(found->row.bytes.n + 1);
	if (c->bytes == NULL) {
		l->err = ES_ENOMEM;
		return false;
	}
	if (found->row.bytes.n > 0)
		memcpy(c->bytes, found->row.bytes.p, found->row.bytes.n);
	c->found.row.bytes = es_slice_of(c->bytes, found->row.bytes.n);
	(void)keep_text(c->agent, sizeof(c->agent) - 1, es_slice_str(found->agent_name));
	c->found.agent_name = c->agent;
	c->found.row.label = keep_text(c->label, sizeof(c->label), found->row.label);
	c->found.row.call_id = keep_text(c->call_id, sizeof(c->call_id), found->row.call_id);
	c->found.row.from = keep_text(c->from, sizeof(c->from), found->row.from);
	c->found.row.to = keep_text(c->to, sizeof(c->to), found->row.to);
	l->n_rows++;
	return l->n_seen < ES_STORE_PAGE_ROWS;
}

static void
write_segment(struct es_json *j, const struct es_verdict *v)
{
	static const char *const directions[] = { "forward", "reverse", "both" };

	es_json_begin(j);
	if (v->n_one_of > 0) {
		es_json_key(j, "one_of");
		es_json_array(j);
		for (uint32_t i = 0; i < v->n_one_of; i++) {
			es_json_begin(j);
			es_json_key(j, "from");
			es_json_slice(j, v->one_of[i].from);
			es_json_key(j, "to");
			es_json_slice(j, v->one_of[i].to);
			es_json_end(j);
		}
		es_json_array_end(j);
	} else {
		es_json_key(j, "from");
		es_json_slice(j, v->segment_from);
		es_json_key(j, "to");
		es_json_slice(j, v->segment_to);
	}
	es_json_key(j, "direction");
	es_json_str(j, directions[v->segment_direction]);
	es_json_end(j);
}

static void
write_verdict(struct es_json *j, const struct es_verdict *v)
{
	static const char *const states[] = {
		[ES_VERDICT_UNKNOWN] = "unknown",
		[ES_VERDICT_CLEAN] = "clean",
		[ES_VERDICT_DEGRADED] = "degraded",
	};

	es_json_key(j, "verdict");
	es_json_begin(j);
	es_json_key(j, "state");
	es_json_str(j, states[v->state]);
	if (v->state == ES_VERDICT_DEGRADED && v->has_segment) {
		es_json_key(j, "segment");
		write_segment(j, v);
	}
	if (v->state == ES_VERDICT_DEGRADED && v->n_causes > 0) {
		es_json_key(j, "cause");
		es_json_str(j, es_cause_name(v->causes[0].cause));
		if (v->causes[0].is_synthetic) {
			es_json_key(j, "synthetic");
			es_json_bool(j, true);
		}
	}
	es_json_end(j);
}

static void
write_agents(struct es_json *j, const struct es_explained *call)
{
	es_json_key(j, "agents");
	es_json_array(j);
	for (uint32_t i = 0; i < call->n_legs; i++) {
		es_slice agent = es_vantage_agent(call->legs[i].vantage);
		bool is_new = true;

		for (uint32_t k = 0; k < i && is_new; k++)
			is_new = !es_slice_eq(es_vantage_agent(call->legs[k].vantage), agent);
		if (is_new)
			es_json_slice(j, agent);
	}
	es_json_array_end(j);
}

static const struct es_gathered *
first_leg_row(const struct es_gather *g, const struct es_explained *call)
{
	for (size_t i = 0; i < es_gather_count(g); i++) {
		const struct es_gathered *row = es_gather_row(g, i);

		if (row->type == ES_REC_CALL && es_slice_eq(row->call_id, call->call) &&
		    es_gathered_is_of(row, call))
			return row;
	}
	return NULL;
}

static void
write_item(struct listing *l, const struct es_explained *call, struct es_json *j)
{
	const struct es_gathered *leg = first_leg_row(l->gather, call);
	uint32_t mos_milli;

	es_json_begin(j);
	es_json_key(j, "call");
	es_explained_name_json(call, j);
	es_json_key(j, "start");
	es_json_time(j, call->start);
	if (call->has_duration) {
		es_json_key(j, "duration_s");
		es_json_scaled(j, (int64_t)call->duration_us, 6, 3);
	}
	if (leg != NULL) {
		es_json_key(j, "from");
		es_json_slice(j, leg->from);
		es_json_key(j, "to");
		es_json_slice(j, leg->to);
	}
	if (call->final_status != 0) {
		es_json_key(j, "final_status");
		es_json_u64(j, call->final_status);
	}
	write_agents(j, call);
	if (es_explained_worst_mos(call, &mos_milli)) {
		es_json_key(j, "worst_mos");
		es_json_scaled(j, mos_milli, 3, 3);
	}
	write_verdict(j, &call->verdict);
	es_json_end(j);
	es_json_flush(j);
}

static uint64_t
rank_of(const struct es_calls_query *q, const struct es_explained *call)
{
	uint32_t mos_milli = 0;
	bool has_mos;

	switch (q->sort) {
	case ES_SORT_START:
		break;
	case ES_SORT_MOS:
		has_mos = es_explained_worst_mos(call, &mos_milli);
		return es_mos_badness(has_mos, mos_milli);
	case ES_SORT_LOSS:
		return es_explained_lost(call);
	case ES_SORT_DURATION:
		return call->has_duration ? call->duration_us : 0;
	}
	return 0;
}

/* Where it goes; in a list that is full and sorted, in place of the last. NULL: others are before it. */
static struct item *
place_of(struct listing *l, uint64_t rank)
{
	struct item *last = &l->items[0];

	if (l->n_items < l->q->limit)
		return &l->items[l->n_items++];
	for (uint32_t i = 1; i < l->n_items; i++)
		if (l->items[i].rank < last->rank ||
		    (l->items[i].rank == last->rank && l->items[i].order > last->order))
			last = &l->items[i];
	return last->rank < rank ? last : NULL;
}

/* A list in the order of time ends with its limit; any other has to see all of the range. */
static bool
is_full(const struct listing *l)
{
	return l->q->sort == ES_SORT_START && l->n_items == l->q->limit;
}

static void
keep_item(struct listing *l, const struct es_explained *call)
{
	uint64_t rank = rank_of(l->q, call);
	struct item *item = NULL;
	struct es_body_json j;

	if (is_full(l)) {
		l->is_more = true;
		return;
	}
	item = place_of(l, rank);
	l->n_found++;
	l->end = l->at->page;
	if (item == NULL)
		return;
	item->rank = rank;
	item->order = l->n_found;
	es_body_clear(&item->text);
	es_body_json(&j, &item->text);
	write_item(l, call, &j.json);
}

/* Each call is listed once: at the first of its rows that the search finds. */
static void
on_call(void *ctx, const struct es_explained *call)
{
	struct listing *l = ctx;
	bool is_top = true;

	if (!es_gathered_is_of(es_gather_row(l->gather, 0), call))
		return; /* the first row is the one that was asked for */
	for (size_t i = 0; i < es_gather_count(l->gather); i++) {
		const struct es_gathered *g = es_gather_row(l->gather, i);
		const struct es_calls_row row = { g->type, g->start, g->call_id, g->from, g->to,
			g->key.ssrc };
		struct es_page page = page_of(g);

		if (!es_calls_row_fits(&l->filter, &row) || !es_gathered_is_of(g, call))
			continue;
		if (is_before(&page, &l->at->page))
			is_top = false;
		if (l->n_known < KNOWN_MAX)
			l->known[l->n_known++] = page;
	}
	if (is_top && es_calls_call_fits(&l->filter, l->gather, call, &l->err))
		keep_item(l, call);
}

static int
list_row(struct listing *l, const struct candidate *c)
{
	int err;

	for (size_t i = 0; i < l->n_known; i++)
		if (same_page(&l->known[i], &c->page))
			return 0;
	l->at = c;
	err = es_gather_load_row(l->gather, &c->found);
	return err < 0 ? err : es_gather_solve(l->gather, on_call, l);
}

static void
forget_rows(struct listing *l)
{
	for (size_t i = 0; i < l->n_rows; i++)
		free(l->rows[i].bytes);
	l->n_rows = 0;
}

/*
 * Looks at the rows of one page of the search, up to `*after`. False: that was the last page, or err says why it ended;
 * true: there may be more behind `*after`.
 */
static bool
look(struct listing *l, struct es_page *after, bool *has_after, int *err)
{
	const struct es_page *behind = *has_after ? after : NULL;
	const struct es_calls_query *q = l->q;
	es_slice hash =
	    l->filter.has_party ? es_party_search_hash(&l->filter.party) : es_slice_of(NULL, 0);

	l->n_seen = 0;
	*err = hash.n > 0
		   ? es_store_find_party(l->store, hash, q->from, q->to, behind, note_candidate, l)
		   : es_store_find_page(l->store, q->from, q->to, behind, note_candidate, l);
	*err = *err == 0 ? l->err : *err;
	if (*err < 0 || l->n_seen == 0)
		return false;
	for (size_t i = 0; i < l->n_rows; i++) {
		if (*has_after && es_store_is_spent(l->store))
			*err = ES_EAGAIN;
		if (*err == 0)
			*err = list_row(l, &l->rows[i]);
		*err = *err == 0 ? l->err : *err;
		if (*err < 0)
			return false;
		if (l->is_more)
			return true;
		*after = l->rows[i].page;
		*has_after = true;
	}
	*after = l->last; /* the rows behind the last that fits do not */
	*has_after = true;
	return true;
}

/* Fills the list from page to page, and looks behind a full one for whether it is the last. True: there is more behind `*after`. */
static bool
fill(struct listing *l, struct es_page *after, bool *has_after, int *err)
{
	bool has_more = true;

	while (has_more && !l->is_more) {
		has_more = look(l, after, has_after, err);
		forget_rows(l);
	}
	return has_more;
}

/* Unless all were listed, l->next is where the next page begins; a spent budget ends a page early. */
static int
list(struct listing *l)
{
	struct es_page after = l->q->after;
	bool has_after = l->q->has_after, has_more;
	int err = 0;

	has_more = fill(l, &after, &has_after, &err);
	if (err == ES_EAGAIN && es_store_is_spent(l->store) && has_after &&
	    (!l->q->has_after || is_before(&l->q->after, &after))) {
		l->is_partial = !is_full(l);
		has_more = true;
		err = 0;
	}
	if (has_more)
		es_page_text(is_full(l) ? &l->end : &after, l->next);
	return err;
}

static int
compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* A member behind others; its text needs no escapes. */
static void
write_member(struct es_body *body, const char *key, const char *text)
{
	es_body_format(body, ",\"%s\":\"%s\"", key, text);
}

static void
write_count(struct es_body *body, const char *key, uint64_t n)
{
	es_body_format(body, ",\"%s\":%" PRIu64, key, n);
}

static void
write_items(struct es_body *body, const char *key, const struct listing *l)
{
	es_body_format(body, "\"%s\":[", key);
	for (uint32_t i = 0; i < l->n_items; i++) {
		es_body_format(body, "%s", i > 0 ? "," : "");
		es_body_add(body, l->items[i].text.p, l->items[i].text.n);
		body->bad |= l->items[i].text.bad;
	}
	es_body_format(body, "]");
}

static void
write_members(struct listing *l, struct es_body *out)
{
	qsort(l->items, l->n_items, sizeof(l->items[0]), compare_items);
	write_items(out, "calls", l);
	if (l->q->sort != ES_SORT_START)
		write_count(out, "found", l->n_found);
	if (l->next[0] != '\0')
		write_member(out, "next", l->next);
	if (l->is_partial)
		write_member(
		    out, "partial", "the time for one request ended: next continues from there");
}

/* Who looked for whom, as the records have them. Nothing of what was typed: a host may name a person, too. */
static void
log_search(const struct listing *l, const char *who, int err)
{
	if (l->filter.has_party)
		log_info("calls: search by number or user%s%s: %s: %llu %s%s",
		    who == NULL ? "" : " from ", who == NULL ? "" : who, l->filter.party.pseudonym,
		    (unsigned long long)l->n_found, l->n_found == 1 ? "call" : "calls",
		    err < 0              ? ", then it failed"
		    : l->next[0] != '\0' ? " so far"
					 : "");
}

static int
search(struct listing *l, const struct es_api *api, struct es_body *out)
{
	int err = es_calls_filter_init(&l->filter, l->q, api->store, api->key);

	if (err == 0)
		err = es_gather_new(api->store, &l->gather);
	if (err == 0) {
		err = list(l);
		log_search(l, api->who, err);
	}
	if (err == 0)
		write_members(l, out);
	return err;
}

int
es_api_calls_members(const struct es_api *api, const struct es_calls_query *q, struct es_body *out)
{
	struct listing *l = calloc(1, sizeof(*l));
	int err;

	if (l == NULL)
		return ES_ENOMEM;
	l->q = q;
	l->store = api->store;
	err = search(l, api, out);
	forget_rows(l);
	for (uint32_t i = 0; i < l->n_items; i++)
		es_body_done(&l->items[i].text);
	es_calls_filter_done(&l->filter);
	es_gather_free(l->gather);
	free(l);
	return err;
}

void
es_api_calls(const struct es_api *api, es_parameter_fn *parameter, void *ctx, struct es_answer *out)
{
	struct es_calls_query q;
	const char *name, *expected;
	int err;

	if (es_calls_query_parse(parameter, ctx, &q, &name, &expected) < 0) {
		es_api_error(out, 400, "a parameter cannot be understood", name, expected);
		return;
	}
	if (q.number[0] != '\0' && api->key == NULL) {
		es_api_error(out, 503, "the tenant key cannot be read: nobody can be searched for",
		    NULL, NULL);
		return;
	}
	out->status = 200;
	out->type = "application/json";
	es_body_format(&out->body, "{");
	err = es_api_calls_members(api, &q, &out->body);
	es_body_format(&out->body, "}\n");
	if (err == ES_EMALFORMED)
		es_api_error(out, 400, "a parameter cannot be understood", "number",
		    "a number, a user or a SIP URI");
	else if (err < 0)
		es_api_error(out, 503,
		    err == ES_ENOMEM ? "out of memory" : es_store_error(api->store), NULL, NULL);
}
