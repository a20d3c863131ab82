/* SPDX-License-Identifier: Apache-2.0 */
/* The stage between the engine and the store of bytes: lets the blocks of a stream travel together. */
#include "proto/packer.h"

#include "probes/base/hash.h"
#include "probes/base/heap.h"
#include "probes/base/pool.h"
#include "probes/base/table.h"
#include "proto/encode.h"

#include <stdlib.h>

enum {
	LABEL_MAX = 64, /* bytes of a vantage's label; a longer one is not packed */
	IDLE_MS =
	    400000, /* a stream nobody hears of is forgotten; the engine ends one after 300 s */
	BAD_LOSS_PART = 20, /* lost + late of at least 1/20 of expected */
	BAD_MOS_BELOW_MILLI = 400,
	STREAMS_DEFAULT = 4096,
	BLOCKS_DEFAULT = 16384,
};

/* What names a stream at a vantage; hashed and compared as bytes. */
struct name {
	struct es_stream_key key;
	uint8_t role;
	uint8_t has_vantage;
	uint8_t n_label;
	uint8_t label[LABEL_MAX];
	uint8_t pad; /* always 0 */
};

struct block {
	es_time at;
	struct es_coverage coverage;
	struct es_interval interval; /* missing points to runs */
	struct es_missing runs[ES_PACKER_RUNS_MAX];
	uint32_t next;
};

struct stream {
	struct name name;
	uint64_t hash;
	uint32_t clean_mos_lq_milli; /* 0 = not known yet */
	uint32_t first;              /* waiting blocks, oldest first */
	uint32_t last;
	uint32_t n_blocks;
	uint32_t deadline;
};

struct es_packer {
	struct es_pool streams;
	struct es_pool blocks;
	struct es_table table;
	struct es_heap deadlines;
	struct es_hash_key key;
	int64_t period_ns;
	uint64_t serial;
	void (*ready)(void *ctx, es_slice bytes, bool urgent);
	void *ctx;
	struct es_record recs[ES_PACK_BLOCKS_MAX];
	const struct es_record *list[ES_PACK_BLOCKS_MAX];
	uint8_t out[ES_RECORD_MAX_BYTES];
};

int
es_packer_new(const struct es_packer_config *cfg,
    void (*ready)(void *ctx, es_slice bytes, bool urgent), void *ctx, struct es_packer **out)
{
	uint32_t max_streams = cfg->max_streams == 0 ? STREAMS_DEFAULT : cfg->max_streams;
	uint32_t max_blocks = cfg->max_blocks == 0 ? BLOCKS_DEFAULT : cfg->max_blocks;
	struct es_packer *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return ES_ENOMEM;
	p->ready = ready;
	p->ctx = ctx;
	p->key = es_hash_key_of(cfg->hash_key);
	p->period_ns =
	    (cfg->period_ms == 0 ? ES_PACKER_PERIOD_MS : (int64_t)cfg->period_ms) * ES_NS_PER_MS;
	if (es_pool_new(&p->streams, max_streams, sizeof(struct stream)) != 0 ||
	    es_pool_new(&p->blocks, max_blocks, sizeof(struct block)) != 0 ||
	    es_table_new(&p->table, max_streams) != 0 ||
	    es_heap_new(&p->deadlines, max_streams) != 0) {
		es_packer_free(p);
		return ES_ENOMEM;
	}
	*out = p;
	return 0;
}

void
es_packer_free(struct es_packer *p)
{
	if (p == NULL)
		return;
	es_pool_free(&p->streams);
	es_pool_free(&p->blocks);
	es_table_free(&p->table);
	es_heap_free(&p->deadlines);
	free(p);
}

static void
emit(struct es_packer *p, int n_bytes, bool urgent)
{
	if (n_bytes > 0) /* always: the engine's records are bounded far below the buffer */
		p->ready(p->ctx, es_slice_of(p->out, (size_t)n_bytes), urgent);
}

static void
send_alone(struct es_packer *p, const struct es_record *rec, bool urgent)
{
	emit(p, es_record_encode(rec, p->out, sizeof(p->out)), urgent);
}

static void
arm(struct es_packer *p, struct stream *s, es_time due)
{
	es_heap_move(&p->deadlines, s->deadline, due);
}

/* Sends what waits, and `more` behind it where it is given. The stream stays known. */
static void
send_pack(struct es_packer *p, struct stream *s, const struct es_record *more, bool urgent)
{
	struct es_vantage vantage;
	size_t n = 0;

	vantage.label = es_slice_of(s->name.label, s->name.n_label);
	vantage.role = (enum es_role)s->name.role;
	for (uint32_t i = s->first; i != ES_POOL_NONE;) {
		const struct block *b = es_pool_at(&p->blocks, i);
		struct es_record *rec = &p->recs[n];

		memset(rec, 0, sizeof(*rec));
		rec->type = ES_REC_INTERVAL;
		rec->at = b->at;
		rec->coverage = b->coverage;
		rec->vantage = s->name.has_vantage ? &vantage : NULL;
		rec->u.interval = b->interval;
		p->list[n++] = rec;
		i = b->next;
	}
	if (more != NULL)
		p->list[n++] = more;
	if (n == 1)
		send_alone(p, p->list[0], urgent);
	else if (n > 1)
		emit(p, es_pack_encode(p->list, n, p->out, sizeof(p->out)), urgent);
	for (uint32_t i = s->first; i != ES_POOL_NONE;) {
		uint32_t next = ((struct block *)es_pool_at(&p->blocks, i))->next;

		es_pool_give(&p->blocks, i);
		i = next;
	}
	s->first = s->last = ES_POOL_NONE;
	s->n_blocks = 0;
}

/* The deadline is popped or cancelled by the caller. */
static void
forget(struct es_packer *p, uint32_t index)
{
	struct stream *s = es_pool_at(&p->streams, index);

	(void)es_table_remove(&p->table, s->hash, index); /* it is in: put there when taken */
	es_pool_give(&p->streams, index);
}

/* Gives up the stream whose turn is next; what waits of it is sent. */
static void
evict_one(struct es_packer *p)
{
	struct es_deadline d;

	if (!es_heap_pop(&p->deadlines, &d))
		return;
	send_pack(p, es_pool_at(&p->streams, d.handle), NULL, false);
	forget(p, d.handle);
}

static bool
name_of(const struct es_stream_key *key, const struct es_vantage *v, struct name *out)
{
	memset(out, 0, sizeof(*out));
	out->key = *key;
	if (v == NULL)
		return true;
	if (v->label.n > LABEL_MAX)
		return false;
	out->has_vantage = 1;
	out->role = (uint8_t)v->role;
	out->n_label = (uint8_t)v->label.n;
	if (v->label.n > 0)
		memcpy(out->label, v->label.p, v->label.n);
	return true;
}

/* Pool index of a stream; entered when new and `enter`. */
static uint32_t
find(struct es_packer *p, const struct name *name, bool enter, es_time now)
{
	uint64_t hash = es_hash(&p->key, es_slice_of(name, sizeof(*name)));
	struct es_probe at = es_table_probe(&p->table, hash);
	struct stream *s;
	uint32_t i;

	while ((i = es_table_next(&p->table, &at)) != ES_TABLE_NONE) {
		s = es_pool_at(&p->streams, i);
		if (memcmp(&s->name, name, sizeof(*name)) == 0)
			return i;
	}
	if (!enter)
		return ES_POOL_NONE;
	i = es_pool_take(&p->streams);
	if (i == ES_POOL_NONE) {
		evict_one(p);
		i = es_pool_take(&p->streams);
	}
	if (i == ES_POOL_NONE)
		return i;
	s = es_pool_at(&p->streams, i);
	s->name = *name;
	s->hash = hash;
	s->first = s->last = ES_POOL_NONE;
	s->deadline =
	    es_heap_add(&p->deadlines, es_time_add(now, IDLE_MS * ES_NS_PER_MS), 0, p->serial++, i);
	(void)es_table_insert(&p->table, hash, i); /* as large as the pool */
	return i;
}

static bool
is_bad(const struct es_interval *r, uint32_t clean_mos_lq_milli)
{
	uint64_t gone = (uint64_t)r->lost + (r->has & ES_INTERVAL_HAS_LATE ? r->late : 0);

	if (r->has & ES_INTERVAL_HAS_CLEAN)
		clean_mos_lq_milli = r->clean_mos_lq_milli;
	if (gone > 0 && gone * BAD_LOSS_PART >= r->expected)
		return true;
	return (r->has & ES_INTERVAL_HAS_QUALITY) != 0 &&
	       r->mos_lq_milli + BAD_MOS_BELOW_MILLI < clean_mos_lq_milli;
}

static uint32_t
take_block(struct es_packer *p)
{
	uint32_t i = es_pool_take(&p->blocks);

	while (i == ES_POOL_NONE && p->deadlines.n > 0) {
		evict_one(p);
		i = es_pool_take(&p->blocks);
	}
	return i;
}

static void
wait_block(struct es_packer *p, uint32_t at_block, struct stream *s, const struct es_record *rec)
{
	struct block *b = es_pool_at(&p->blocks, at_block);
	const struct es_interval *r = &rec->u.interval;

	b->at = rec->at;
	b->coverage = rec->coverage;
	b->interval = *r;
	if (r->n_missing > 0)
		memcpy(b->runs, r->missing, r->n_missing * sizeof(b->runs[0]));
	b->interval.missing = b->runs;
	b->next = ES_POOL_NONE;
	if (s->last == ES_POOL_NONE) {
		s->first = at_block;
		arm(p, s, es_time_add(rec->at, p->period_ns));
	} else {
		((struct block *)es_pool_at(&p->blocks, s->last))->next = at_block;
	}
	s->last = at_block;
	s->n_blocks++;
}

static void
take_interval(struct es_packer *p, const struct es_record *rec)
{
	const struct es_interval *r = &rec->u.interval;
	struct name name;
	struct stream *s;
	uint32_t block;
	uint32_t i;
	bool bad;

	if (!name_of(&r->stream, rec->vantage, &name)) {
		send_alone(p, rec, is_bad(r, 0));
		return;
	}
	block = r->n_missing > ES_PACKER_RUNS_MAX ? ES_POOL_NONE : take_block(p);
	i = find(p, &name, true, rec->at);
	if (i == ES_POOL_NONE) {
		if (block != ES_POOL_NONE)
			es_pool_give(&p->blocks, block);
		send_alone(p, rec, is_bad(r, 0));
		return;
	}
	s = es_pool_at(&p->streams, i);
	bad = is_bad(r, s->clean_mos_lq_milli);
	if (!bad && block != ES_POOL_NONE && s->n_blocks + 1 < ES_PACK_BLOCKS_MAX) {
		wait_block(p, block, s, rec);
		return;
	}
	if (block != ES_POOL_NONE)
		es_pool_give(&p->blocks, block);
	send_pack(p, s, rec, bad);
	arm(p, s, es_time_add(rec->at, IDLE_MS * ES_NS_PER_MS));
}

static void
take_stream(struct es_packer *p, const struct es_record *rec)
{
	const struct es_stream *r = &rec->u.stream;
	bool ended = r->state != ES_STATE_IN_PROGRESS;
	struct name name;
	uint32_t i = ES_POOL_NONE;

	if (name_of(&r->key, rec->vantage, &name))
		i = find(p, &name, !ended, rec->at);
	if (i != ES_POOL_NONE) {
		struct stream *s = es_pool_at(&p->streams, i);

		if (r->has & ES_STREAM_HAS_CLEAN)
			s->clean_mos_lq_milli = r->clean_mos_lq_milli;
		if (ended) {
			send_pack(p, s, NULL, false);
			es_heap_cancel(&p->deadlines, s->deadline);
			forget(p, i);
		}
	}
	send_alone(p, rec, ended);
}

void
es_packer_record(struct es_packer *p, const struct es_record *rec)
{
	if (rec->type == ES_REC_INTERVAL)
		take_interval(p, rec);
	else if (rec->type == ES_REC_STREAM)
		take_stream(p, rec);
	else
		send_alone(
		    p, rec, rec->type == ES_REC_CALL && rec->u.call.state != ES_STATE_IN_PROGRESS);
}

void
es_packer_advance(struct es_packer *p, es_time now)
{
	struct es_deadline d;

	while (es_heap_is_due(&p->deadlines, now) && es_heap_pop(&p->deadlines, &d)) {
		struct stream *s = es_pool_at(&p->streams, d.handle);

		if (s->n_blocks == 0) {
			forget(p, d.handle);
			continue;
		}
		send_pack(p, s, NULL, false);
		s->deadline = es_heap_add(
		    &p->deadlines, es_time_add(d.due, IDLE_MS * ES_NS_PER_MS), 0, d.key, d.handle);
	}
}

void
es_packer_flush(struct es_packer *p)
{
	while (p->deadlines.n > 0)
		evict_one(p);
}
