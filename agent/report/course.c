/* SPDX-License-Identifier: Apache-2.0 */
/* The course of calls, kept until the page is written. */
#include "agent/report/course.h"

#include "agent/report/pile.h"
#include "probes/base/hash.h"
#include "probes/base/text.h"

#include <stdlib.h>

enum { FIRST_ROWS = 256 };

/* Rows of one kind. */
struct rows {
	void *at;
	size_t n;
	size_t cap;
};

struct es_course {
	struct es_hash_key key;
	struct es_pile pile;
	es_slice vantages[ES_CORRELATE_VANTAGES_MAX];
	uint32_t n_vantages;
	struct es_course_host hosts[ES_CORRELATE_VANTAGES_MAX];
	uint32_t n_hosts;
	struct rows blocks;
	struct rows streams;
	struct rows calls;
	struct rows messages;
	struct rows samples;
	uint64_t refused;
};

int
es_course_new(const uint8_t hash_key[16], struct es_course **out)
{
	struct es_course *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return ES_ENOMEM;
	c->key = es_hash_key_of(hash_key);
	*out = c;
	return 0;
}

void
es_course_free(struct es_course *c)
{
	if (c == NULL)
		return;
	es_pile_free(&c->pile);
	free(c->blocks.at);
	free(c->streams.at);
	free(c->calls.at);
	free(c->messages.at);
	free(c->samples.at);
	free(c);
}

/* A zeroed row at the end; NULL: counted as refused. */
static void *
add_row(struct es_course *c, struct rows *r, size_t size, size_t max)
{
	uint8_t *at;

	if (r->n == r->cap) {
		size_t cap = r->cap == 0 ? FIRST_ROWS : r->cap * 2;
		void *more = r->n >= max ? NULL : realloc(r->at, cap * size);

		if (more == NULL) {
			c->refused++;
			return NULL;
		}
		r->at = more;
		r->cap = cap;
	}
	at = (uint8_t *)r->at + r->n++ * size;
	memset(at, 0, size);
	return at;
}

uint32_t
es_course_vantage(struct es_course *c, es_slice name)
{
	c->vantages[c->n_vantages] = name;
	return c->n_vantages++;
}

static void
take_block(struct es_course *c, uint32_t vantage, const struct es_interval *i)
{
	struct es_course_block *b = add_row(c, &c->blocks, sizeof(*b), ES_COURSE_BLOCKS_MAX);

	if (b == NULL)
		return;
	b->vantage = vantage;
	b->has = i->has;
	b->key = i->stream;
	b->start = i->start;
	b->end = i->end;
	b->expected = i->expected;
	b->lost = i->lost;
	b->late = i->late;
	b->jitter_us = i->jitter_us;
	b->p95_us = i->delay_variation.p95_us;
	b->mos_lq_milli = i->mos_lq_milli;
}

static void
take_stream(struct es_course *c, uint32_t vantage, const struct es_stream *rec)
{
	struct es_course_stream *s = add_row(c, &c->streams, sizeof(*s), ES_COURSE_STREAMS_MAX);

	if (s == NULL)
		return;
	s->vantage = vantage;
	s->has = rec->has;
	s->order = (uint32_t)c->streams.n;
	s->key = rec->key;
	s->codec = es_pile_text(&c->pile, rec->codec);
	s->call_id = es_pile_text(&c->pile, rec->call_id);
	s->start = rec->start;
	s->duration_us = rec->duration_us;
	s->packets = rec->packets;
	s->expected = rec->expected;
	s->lost = rec->lost;
	s->late = rec->late;
	s->jitter_mean_us = rec->jitter_mean_us;
	s->jitter_max_us = rec->jitter_max_us;
	s->p95_us = rec->delay_variation.p95_us;
	s->mos_lq_milli = rec->mos_lq_milli;
	s->kind = rec->kind;
	s->unscored = rec->unscored;
}

static void
take_call(struct es_course *c, uint32_t vantage, const struct es_call *rec)
{
	struct es_course_call *k = add_row(c, &c->calls, sizeof(*k), ES_COURSE_CALLS_MAX);

	if (k == NULL)
		return;
	k->vantage = vantage;
	k->has = rec->has;
	k->order = (uint32_t)c->calls.n;
	k->state = rec->state;
	k->call_id = es_pile_text(&c->pile, rec->call_id);
	k->from = es_pile_text(&c->pile, rec->from);
	k->to = es_pile_text(&c->pile, rec->to);
	k->asserted = es_pile_text(&c->pile, rec->asserted);
	k->diverted_from = es_pile_text(&c->pile, rec->diverted_from);
	k->dialled = es_pile_text(&c->pile, rec->dialled);
	k->caller_agent = es_pile_text(&c->pile, rec->caller_agent);
	k->callee_agent = es_pile_text(&c->pile, rec->callee_agent);
	k->begun = es_call_begun(rec);
	k->start = rec->start;
	k->final_status = rec->final_status;
	k->duration_us = rec->duration_us;
	k->invite_src = rec->invite_src;
	k->streams = es_pile_add(&c->pile, rec->streams, rec->n_streams * sizeof(*rec->streams));
	k->n_streams = k->streams == NULL ? 0 : rec->n_streams;
	k->caller_media = es_pile_add(
	    &c->pile, rec->caller_media, rec->n_caller_media * sizeof(*rec->caller_media));
	k->n_caller_media = k->caller_media == NULL ? 0 : rec->n_caller_media;
}

void
es_course_record(struct es_course *c, uint32_t vantage, const struct es_record *rec)
{
	if (rec->type == ES_REC_INTERVAL)
		take_block(c, vantage, &rec->u.interval);
	else if (rec->type == ES_REC_STREAM)
		take_stream(c, vantage, &rec->u.stream);
	else if (rec->type == ES_REC_CALL)
		take_call(c, vantage, &rec->u.call);
}

void
es_course_message(struct es_course *c, uint32_t vantage, const struct es_sip_message *m)
{
	struct es_course_message *row =
	    add_row(c, &c->messages, sizeof(*row), ES_COURSE_MESSAGES_MAX);
	es_slice method = es_text_first(m->method, ES_COURSE_METHOD_MAX - 1);

	if (row == NULL)
		return;
	row->vantage = vantage;
	row->cseq = m->cseq;
	row->status = m->status;
	row->has_sdp = m->has_sdp;
	row->is_resent = m->is_resent;
	row->call = es_hash(&c->key, m->call_id);
	row->at = m->at;
	row->src = m->src;
	row->dst = m->dst;
	memcpy(row->method, method.p, method.n);
}

static uint32_t
host_named(struct es_course *c, es_slice name)
{
	for (uint32_t i = 0; i < c->n_hosts; i++)
		if (es_slice_eq(c->hosts[i].name, name))
			return i;
	if (c->n_hosts == ES_CORRELATE_VANTAGES_MAX)
		return c->n_hosts;
	c->hosts[c->n_hosts].name = name;
	return c->n_hosts++;
}

void
es_course_machine(
    struct es_course *c, es_slice host, bool is_synthetic, const struct es_record *rec)
{
	uint32_t at = host_named(c, host);

	if (rec->type != ES_REC_HOST || at == c->n_hosts)
		return;
	c->hosts[at].is_synthetic |= is_synthetic;
	for (uint32_t i = 0; i < rec->u.host.n_values; i++) {
		struct es_course_sample *s =
		    add_row(c, &c->samples, sizeof(*s), ES_COURSE_SAMPLES_MAX);

		if (s == NULL)
			return;
		s->host = at;
		s->signal = (enum es_signal)rec->u.host.values[i].signal;
		s->value = rec->u.host.values[i].value;
		s->start = rec->u.host.start;
		s->end = rec->u.host.end;
	}
}

static int
by_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int
by_time(es_time a, es_time b)
{
	return a.ns < b.ns ? -1 : a.ns > b.ns;
}

static int
by_stream(
    uint32_t vantage, const struct es_stream_key *a, uint32_t other, const struct es_stream_key *b)
{
	int d = by_u64(vantage, other);

	d = d != 0 ? d : by_u64(a->ssrc, b->ssrc);
	d = d != 0 ? d : memcmp(&a->src, &b->src, sizeof(a->src));
	return d != 0 ? d : memcmp(&a->dst, &b->dst, sizeof(a->dst));
}

static int
stream_is(const void *x, const void *y)
{
	const struct es_course_stream *a = x, *b = y;
	int d = by_stream(a->vantage, &a->key, b->vantage, &b->key);

	return d != 0 ? d : by_time(a->start, b->start);
}

static int
block_is(const void *x, const void *y)
{
	const struct es_course_block *a = x, *b = y;
	int d = by_stream(a->vantage, &a->key, b->vantage, &b->key);

	return d != 0 ? d : by_time(a->start, b->start);
}

static int
compare_blocks(const void *x, const void *y)
{
	const struct es_course_block *a = x, *b = y;
	int d = block_is(a, b);

	return d != 0 ? d : by_time(a->end, b->end);
}

static int
compare_streams(const void *x, const void *y)
{
	const struct es_course_stream *a = x, *b = y;
	int d = stream_is(a, b);

	d = d != 0 ? d : by_u64(a->key.restart, b->key.restart);
	return d != 0 ? d : by_u64(a->order, b->order);
}

static int
by_text(es_slice a, es_slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return d != 0 ? d : by_u64(a.n, b.n);
}

static int
call_is(const void *x, const void *y)
{
	const struct es_course_call *a = x, *b = y;
	int d = by_u64(a->vantage, b->vantage);

	d = d != 0 ? d : by_text(a->call_id, b->call_id);
	return d != 0 ? d : by_time(a->begun, b->begun);
}

static int
compare_calls(const void *x, const void *y)
{
	const struct es_course_call *a = x, *b = y;
	int d = call_is(a, b);

	return d != 0 ? d : by_u64(a->order, b->order);
}

static int
message_is(const void *x, const void *y)
{
	const struct es_course_message *a = x, *b = y;
	int d = by_u64(a->vantage, b->vantage);

	d = d != 0 ? d : by_u64(a->call, b->call);
	return d != 0 ? d : by_time(a->at, b->at);
}

static int
compare_messages(const void *x, const void *y)
{
	const struct es_course_message *a = x, *b = y;
	int d = message_is(a, b);

	d = d != 0 ? d : by_u64(a->cseq, b->cseq);
	return d != 0 ? d : by_u64(a->status, b->status);
}

static int
compare_samples(const void *x, const void *y)
{
	const struct es_course_sample *a = x, *b = y;
	int d = by_u64(a->host, b->host);

	d = d != 0 ? d : by_u64(a->signal, b->signal);
	return d != 0 ? d : by_time(a->start, b->start);
}

static void
sort(struct rows *r, size_t size, int (*compare)(const void *, const void *))
{
	if (r->n > 1)
		qsort(r->at, r->n, size, compare);
}

/* Of several records of one stream or call the last. */
static void
leave_latest_streams(struct es_course *c)
{
	struct es_course_stream *s = c->streams.at;
	size_t n = 0;

	for (size_t i = 0; i < c->streams.n; i++) {
		if (n > 0 && s[n - 1].key.restart == s[i].key.restart &&
		    stream_is(&s[n - 1], &s[i]) == 0)
			n--;
		s[n++] = s[i];
	}
	c->streams.n = n;
}

static void
leave_latest_calls(struct es_course *c)
{
	struct es_course_call *k = c->calls.at;
	size_t n = 0;

	for (size_t i = 0; i < c->calls.n; i++) {
		if (n > 0 && call_is(&k[n - 1], &k[i]) == 0)
			n--;
		k[n++] = k[i];
	}
	c->calls.n = n;
}

void
es_course_sort(struct es_course *c)
{
	sort(&c->blocks, sizeof(struct es_course_block), compare_blocks);
	sort(&c->streams, sizeof(struct es_course_stream), compare_streams);
	sort(&c->calls, sizeof(struct es_course_call), compare_calls);
	sort(&c->messages, sizeof(struct es_course_message), compare_messages);
	sort(&c->samples, sizeof(struct es_course_sample), compare_samples);
	leave_latest_streams(c);
	leave_latest_calls(c);
}

uint64_t
es_course_refused(const struct es_course *c)
{
	return c->refused;
}

int
es_course_vantage_of(const struct es_course *c, es_slice leg)
{
	int best = ES_ENOTFOUND;

	for (uint32_t i = 0; i < c->n_vantages; i++) {
		es_slice name = c->vantages[i];

		if (name.n > leg.n || !es_slice_eq(es_text_first(leg, name.n), name) ||
		    (name.n < leg.n && name.n > 0 && leg.p[name.n] != '/'))
			continue;
		if (best < 0 || name.n > c->vantages[best].n)
			best = (int)i;
	}
	return best;
}

/* The first row that is not before a probe or, with is_behind, that is behind it; in rows that are sorted. */
static size_t
bound(const struct rows *r, size_t size, const void *probe,
    int (*compare)(const void *row, const void *probe), bool is_behind)
{
	const uint8_t *at = r->at;
	size_t from = 0, to = r->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int d = compare(at + middle * size, probe);

		if (d < 0 || (is_behind && d == 0))
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* The rows from one probe to another, in rows that are sorted: the first, and *n of them. */
static const void *
find(const struct rows *r, size_t size, const void *from, const void *to,
    int (*compare)(const void *row, const void *probe), size_t *n)
{
	size_t first = bound(r, size, from, compare, false);
	size_t end = bound(r, size, to, compare, true);

	*n = end > first ? end - first : 0;
	return *n == 0 ? NULL : (const uint8_t *)r->at + first * size;
}

static int
sample_is(const void *row, const void *probe)
{
	const struct es_course_sample *a = row, *b = probe;

	return by_u64(a->host, b->host);
}

static struct es_stream_key
key_of(const struct es_call_stream *which)
{
	return (struct es_stream_key){ .src = which->src, .dst = which->dst, .ssrc = which->ssrc };
}

const struct es_course_stream *
es_course_streams(const struct es_course *c, uint32_t vantage, const struct es_call_stream *which,
    struct es_course_period when, size_t *n)
{
	const struct es_course_stream from = {
		.vantage = vantage, .key = key_of(which), .start = when.from
	};
	struct es_course_stream to = from;

	to.start = when.to;
	return find(&c->streams, sizeof(from), &from, &to, stream_is, n);
}

const struct es_course_block *
es_course_blocks(const struct es_course *c, uint32_t vantage, const struct es_call_stream *which,
    struct es_course_period when, size_t *n)
{
	const struct es_course_block from = {
		.vantage = vantage, .key = key_of(which), .start = when.from
	};
	struct es_course_block to = from;

	to.start = when.to;
	return find(&c->blocks, sizeof(from), &from, &to, block_is, n);
}

const struct es_course_stream *
es_course_all_streams(const struct es_course *c, size_t *n)
{
	*n = c->streams.n;
	return c->streams.at;
}

const struct es_course_call *
es_course_all_calls(const struct es_course *c, size_t *n)
{
	*n = c->calls.n;
	return c->calls.at;
}

const struct es_course_call *
es_course_call(const struct es_course *c, uint32_t vantage, es_slice call_id, es_time by)
{
	const struct es_course_call from = {
		.vantage = vantage, .call_id = call_id, .begun = ES_COURSE_ALWAYS.from
	};
	struct es_course_call to = from;
	const struct es_course_call *k;
	size_t n;

	to.begun = by;
	k = find(&c->calls, sizeof(from), &from, &to, call_is, &n);
	if (k != NULL)
		return &k[n - 1];
	to.begun = ES_COURSE_ALWAYS.to;
	return find(&c->calls, sizeof(from), &from, &to, call_is, &n);
}

static bool
is_same_id(const struct es_course_call *a, const struct es_course_call *b)
{
	return a->vantage == b->vantage && es_slice_eq(a->call_id, b->call_id);
}

/* The time in which a Call-ID was that of the call that had begun by then. */
static struct es_course_period
use_of(const struct es_course *c, uint32_t vantage, es_slice call_id, es_time by)
{
	const struct es_course_call *k = es_course_call(c, vantage, call_id, by);
	const struct es_course_call *all = c->calls.at;
	struct es_course_period use = ES_COURSE_ALWAYS;

	if (k == NULL)
		return use;
	if (k > all && is_same_id(k - 1, k))
		use.from = k->begun;
	if (k + 1 < all + c->calls.n && is_same_id(k, k + 1))
		use.to = es_time_add(k[1].begun, -1);
	return use;
}

const struct es_course_message *
es_course_messages(
    const struct es_course *c, uint32_t vantage, es_slice call_id, es_time by, size_t *n)
{
	struct es_course_period use = use_of(c, vantage, call_id, by);
	const struct es_course_message from = {
		.vantage = vantage, .call = es_hash(&c->key, call_id), .at = use.from
	};
	struct es_course_message to = from;

	to.at = use.to;
	return find(&c->messages, sizeof(from), &from, &to, message_is, n);
}

const struct es_course_sample *
es_course_samples(
    const struct es_course *c, uint32_t vantage, const struct es_course_host **host, size_t *n)
{
	es_slice name = c->vantages[vantage];
	struct es_course_sample probe = { .host = c->n_hosts };

	name = es_text_first(name, es_text_find(name, '/'));
	*host = NULL;
	for (uint32_t i = 0; i < c->n_hosts; i++) {
		if (!es_slice_eq(c->hosts[i].name, name))
			continue;
		*host = &c->hosts[i];
		probe.host = i;
	}
	return find(&c->samples, sizeof(probe), &probe, &probe, sample_is, n);
}
