/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/calls and /api/v1/calls/{id}. */
#include "collector/portal/api.h"
#include "collector/query/explained.h"
#include "collector/query/gather.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	SCAN_MAX = 1500, /* rows one answer looks at; what is left comes with `next` */
	KNOWN_MAX = 4096,
};

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

struct listing {
	const struct es_calls_query *q;
	struct es_store *store;
	struct es_gather *gather;
	struct es_json *json;
	struct candidate rows[ES_STORE_PAGE_ROWS];
	size_t n_rows;
	struct es_page known[KNOWN_MAX]; /* rows of calls judged already */
	size_t n_known;
	const struct candidate *at;
	uint32_t n_listed;
	char next[64];
	bool is_partial; /* the request's budget ended before the page was full */
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
	struct candidate *c = &l->rows[l->n_rows];

	memset(c, 0, sizeof(*c));
	c->found = *found;
	c->page.start = found->row.start;
	c->page.kind = found->row.type == ES_REC_CALL ? 0 : 1;
	c->page.id = found->id;
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
	return l->n_rows < ES_STORE_PAGE_ROWS;
}

static bool
contains(es_slice text, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = 0; i + n <= text.n; i++) {
		size_t k = 0;

		while (k < n) {
			uint8_t a = text.p[i + k], b = (uint8_t)what[k];

			a = a >= 'A' && a <= 'Z' ? (uint8_t)(a + 32) : a;
			b = b >= 'A' && b <= 'Z' ? (uint8_t)(b + 32) : b;
			if (a != b)
				break;
			k++;
		}
		if (k == n)
			return true;
	}
	return n == 0;
}

/* Would the search find this row by itself? The same rule as its SQL. */
static bool
row_matches(const struct es_gathered *row, const struct es_calls_query *q)
{
	char id[16];

	if (row->start.ns < q->from.ns || row->start.ns > q->to.ns)
		return false;
	if (row->type == ES_REC_CALL)
		return contains(row->call_id, q->q) || contains(row->from, q->q) ||
		       contains(row->to, q->q);
	if (row->call_id.n > 0)
		return false;
	(void)snprintf(id, sizeof(id), "rtp:0x%08x", row->key.ssrc);
	return contains(es_slice_str(id), q->q);
}

struct site_search {
	const char *site;
	const struct es_explained *call;
	bool found;
};

static bool
site_has_leg(void *ctx, const struct es_agent *a)
{
	struct site_search *s = ctx;

	s->found =
	    strcmp(a->site, s->site) == 0 && es_explained_saw(s->call, es_slice_str(a->name));
	return !s->found;
}

static bool
call_matches(struct listing *l, const struct es_explained *call)
{
	const struct es_calls_query *q = l->q;
	struct site_search site = { q->site, call, false };
	uint32_t mos_milli = 0;
	bool has_mos = es_explained_worst_mos(call, &mos_milli);
	int err;

	if (q->has_min_mos && (!has_mos || mos_milli < q->min_mos_milli))
		return false;
	if (q->has_max_mos && (!has_mos || mos_milli > q->max_mos_milli))
		return false;
	if (q->agent[0] != '\0' && !es_explained_saw(call, es_slice_str(q->agent)))
		return false;
	if (q->site[0] == '\0')
		return true;
	err = es_store_agents(l->store, site_has_leg, &site);
	if (err < 0)
		l->err = err;
	return site.found;
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
write_item(struct listing *l, const struct es_explained *call)
{
	const struct es_gathered *leg = first_leg_row(l->gather, call);
	struct es_json *j = l->json;
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
	write_agents(j, call);
	if (es_explained_worst_mos(call, &mos_milli)) {
		es_json_key(j, "worst_mos");
		es_json_scaled(j, mos_milli, 3, 3);
	}
	write_verdict(j, &call->verdict);
	es_json_end(j);
	l->n_listed++;
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
		const struct es_gathered *row = es_gather_row(l->gather, i);
		struct es_page page = page_of(row);

		if (!row_matches(row, l->q) || !es_gathered_is_of(row, call))
			continue;
		if (is_before(&page, &l->at->page))
			is_top = false;
		if (l->n_known < KNOWN_MAX)
			l->known[l->n_known++] = page;
	}
	if (is_top && call_matches(l, call))
		write_item(l, call);
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
 * Fills the list from page to page, up to `*after`. False: the end was reached, or err says why not; true:
 * there is more behind `*after`.
 */
static bool
fill(struct listing *l, struct es_page *after, bool *has_after, int *err)
{
	const struct es_calls_query *q = l->q;
	size_t n_scanned = 0;

	for (;;) {
		*err = es_store_find_page(l->store, q->from, q->to, es_slice_str(q->q),
		    *has_after ? after : NULL, note_candidate, l);
		*err = *err == 0 ? l->err : *err;
		if (*err < 0 || l->n_rows == 0)
			return false;
		for (size_t i = 0; i < l->n_rows; i++) {
			if (*has_after && es_store_is_spent(l->store)) {
				*err = ES_EAGAIN;
				return false;
			}
			*err = list_row(l, &l->rows[i]);
			*err = *err == 0 ? l->err : *err;
			if (*err < 0)
				return false;
			*after = l->rows[i].page;
			*has_after = true;
			if (l->n_listed == q->limit || ++n_scanned == SCAN_MAX)
				return true;
		}
		forget_rows(l);
	}
}

/* Unless all were listed, l->next is where the next page begins; a spent budget ends a page early. */
static int
list(struct listing *l)
{
	struct es_page after = l->q->after;
	bool has_after = l->q->has_after, has_more;
	int err;

	has_more = fill(l, &after, &has_after, &err);
	if (err == ES_EAGAIN && es_store_is_spent(l->store) && has_after &&
	    (!l->q->has_after || is_before(&l->q->after, &after))) {
		l->is_partial = has_more = true;
		err = 0;
	}
	if (has_more)
		es_page_text(&after, l->next);
	return err;
}

void
es_api_calls(struct es_store *store, es_parameter_fn *parameter, void *ctx, struct es_answer *out)
{
	struct es_calls_query q;
	struct es_body_json j;
	struct listing *l;
	const char *name, *expected;
	int err;

	if (es_calls_query_parse(parameter, ctx, &q, &name, &expected) < 0) {
		es_api_error(out, 400, "a parameter cannot be understood", name, expected);
		return;
	}
	l = calloc(1, sizeof(*l));
	if (l == NULL || es_gather_new(store, &l->gather) < 0) {
		free(l);
		es_api_error(out, 503, "out of memory", NULL, NULL);
		return;
	}
	out->status = 200;
	out->type = "application/json";
	es_body_json(&j, &out->body);
	l->q = &q;
	l->store = store;
	l->json = &j.json;
	es_json_begin(&j.json);
	es_json_key(&j.json, "calls");
	es_json_array(&j.json);
	err = list(l);
	es_json_array_end(&j.json);
	if (l->next[0] != '\0') {
		es_json_key(&j.json, "next");
		es_json_str(&j.json, l->next);
	}
	if (l->is_partial) {
		es_json_key(&j.json, "partial");
		es_json_str(&j.json, "the time for one request ended: next goes on from there");
	}
	es_json_end(&j.json);
	es_json_line(&j.json);
	forget_rows(l);
	es_gather_free(l->gather);
	free(l);
	if (err < 0)
		es_api_error(out, 503, es_store_error(store), NULL, NULL);
}

struct one_call {
	const char *id;
	bool has_start;
	es_time start;
	struct es_answer *out;
	bool found;
};

/* Calls come in the order of their start: of several under one Call-ID the last one stays. */
static void
write_call(void *ctx, const struct es_explained *call)
{
	struct one_call *o = ctx;
	struct es_body_json j;

	if (!es_gathered_is_named(call, es_slice_str(o->id)) ||
	    (o->has_start && call->start.ns / ES_NS_PER_US != o->start.ns / ES_NS_PER_US))
		return;
	o->found = true;
	es_body_clear(&o->out->body);
	es_body_json(&j, &o->out->body);
	es_explained_json(call, &j.json);
	es_json_line(&j.json);
}

void
es_api_call(struct es_store *store, const char *id, es_parameter_fn *parameter, void *ctx,
    struct es_answer *out)
{
	struct one_call o = { .id = id, .out = out };
	const char *start = parameter(ctx, "start");
	struct es_gather *g = NULL;
	int err;

	o.has_start = start != NULL && start[0] != '\0';
	if (o.has_start && es_parse_instant(start, &o.start) < 0) {
		es_api_error(out, 400, "a parameter cannot be understood", "start",
		    "the start of a call as in 2026-01-31T08:00:00.000000Z");
		return;
	}
	out->status = 200;
	out->type = "application/json";
	err = es_gather_new(store, &g);
	if (err == 0)
		err = es_gather_load(g, es_slice_str(id));
	if (err == 0)
		err = es_gather_solve(g, write_call, &o);
	es_gather_free(g);
	if (err == ES_ENOTFOUND || (err == 0 && !o.found))
		es_api_error(out, 404, "no agent delivered such a call", NULL, NULL);
	else if (err < 0)
		es_api_error(out, 503, err == ES_ENOMEM ? "out of memory" : es_store_error(store),
		    NULL, NULL);
}
