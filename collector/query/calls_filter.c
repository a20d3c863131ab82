/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows and which explained calls a query of the list asks for. */
#include "collector/query/calls_filter.h"

#include "collector/query/explained.h"
#include "proto/decode.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { ARENA_BYTES = 256 << 10 };

int
es_calls_filter_init(struct es_calls_filter *f, const struct es_calls_query *q,
    struct es_store *store, const struct es_pseudonym *key)
{
	memset(f, 0, sizeof(*f));
	f->q = q;
	f->store = store;
	f->has_party = q->number[0] != '\0';
	if (f->has_party && es_party_search_parse(key, q->number, &f->party) < 0)
		return ES_EMALFORMED;
	return q->codec[0] != '\0' ? es_alloc_new(&f->alloc, ARENA_BYTES) : 0;
}

void
es_calls_filter_done(struct es_calls_filter *f)
{
	es_alloc_free(&f->alloc);
}

static bool
contains(es_slice text, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = 0; i + n <= text.n; i++)
		if (strncasecmp((const char *)text.p + i, what, n) == 0)
			return true;
	return n == 0;
}

/* As the list names a stream without a call. */
static bool
stream_fits(const struct es_calls_filter *f, const struct es_calls_row *row)
{
	char id[16];

	if (row->call_id.n > 0 || f->has_party)
		return false;
	(void)snprintf(id, sizeof(id), "rtp:0x%08x", row->ssrc);
	return contains(es_slice_str(id), f->q->q);
}

bool
es_calls_row_fits(const struct es_calls_filter *f, const struct es_calls_row *row)
{
	const struct es_calls_query *q = f->q;

	if (row->start.ns < q->from.ns || row->start.ns > q->to.ns)
		return false;
	if (row->type != ES_REC_CALL)
		return stream_fits(f, row);
	if (f->has_party && !es_party_search_fits(&f->party, row->from) &&
	    !es_party_search_fits(&f->party, row->to))
		return false;
	return q->q[0] == '\0' || contains(row->call_id, q->q) || contains(row->from, q->q) ||
	       contains(row->to, q->q);
}

struct codec_search {
	const char *codec;
	bool found;
};

static void
look_for_codec(void *ctx, const struct es_record *rec)
{
	struct codec_search *s = ctx;
	size_t n = strlen(s->codec);
	es_slice name = es_slice_of(NULL, 0);

	if (rec->type == ES_REC_STREAM && (rec->u.stream.has & ES_STREAM_HAS_CODEC) != 0)
		name = rec->u.stream.codec;
	s->found |= name.n == n && strncasecmp((const char *)name.p, s->codec, n) == 0;
	for (uint32_t i = 0; rec->type == ES_REC_CALL && i < rec->u.call.n_codecs; i++) {
		name = rec->u.call.codecs[i];
		s->found |= name.n == n && strncasecmp((const char *)name.p, s->codec, n) == 0;
	}
}

/* In what was agreed on, or heard. */
static bool
has_codec(struct es_calls_filter *f, const struct es_gather *g, const struct es_explained *call)
{
	struct codec_search s = { f->q->codec, false };

	for (size_t i = 0; i < es_gather_count(g) && !s.found; i++) {
		const struct es_gathered *row = es_gather_row(g, i);

		if (!es_gathered_is_of(row, call))
			continue;
		es_alloc_reset(&f->alloc);
		(void)es_record_decode(row->bytes, &f->alloc, look_for_codec, &s);
	}
	return s.found;
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
is_of_site(struct es_calls_filter *f, const struct es_explained *call, int *err)
{
	struct site_search s = { f->q->site, call, false };
	int failed = es_store_agents(f->store, site_has_leg, &s);

	if (failed < 0)
		*err = failed;
	return s.found;
}

static bool
verdict_fits(const struct es_calls_query *q, const struct es_explained *call)
{
	const struct es_verdict *v = &call->verdict;

	if (q->has_verdict && v->state != q->verdict)
		return false;
	if (q->has_cause &&
	    (v->state != ES_VERDICT_DEGRADED || v->n_causes == 0 || v->causes[0].cause != q->cause))
		return false;
	if (q->status != 0 && call->final_status != q->status)
		return false;
	return q->segment[0] == '\0' || es_segment_is(v, q->segment);
}

bool
es_calls_call_fits(
    struct es_calls_filter *f, const struct es_gather *g, const struct es_explained *call, int *err)
{
	const struct es_calls_query *q = f->q;
	uint32_t mos_milli = 0;
	bool has_mos = es_explained_worst_mos(call, &mos_milli);

	if (q->has_min_mos && (!has_mos || mos_milli < q->min_mos_milli))
		return false;
	if (q->has_max_mos && (!has_mos || mos_milli > q->max_mos_milli))
		return false;
	if (q->agent[0] != '\0' && !es_explained_saw(call, es_slice_str(q->agent)))
		return false;
	return verdict_fits(q, call) && (q->codec[0] == '\0' || has_codec(f, g, call)) &&
	       (q->site[0] == '\0' || is_of_site(f, call, err));
}
