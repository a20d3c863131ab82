/* SPDX-License-Identifier: Apache-2.0 */
/* What was collected about a call goes into correlate/; the explained call comes out. */
#include "collector/query/gather_private.h"
#include "probes/base/call_id.h"
#include "proto/decode.h"
#include "runtime/crypto/hmac.h"

#include <stdlib.h>

/* At the least, whatever was counted; then for each record of its kind. */
enum {
	ROOM_RECORDS = 16,
	ROOM_TEXT_BYTES = 1 << 16,
	ROOM_TEXT_OF_LEG_BYTES = 2048,
	ROOM_TEXT_OF_HOST_BYTES = 512,
};

/* How much room the records need: counted first, so that a small call costs little memory. */
struct sizes {
	uint32_t sources;
	uint32_t blocks;
	uint32_t missing;
	uint32_t calls;
	uint32_t host;
};

static void
count(void *ctx, const struct es_record *rec)
{
	struct sizes *n = ctx;

	switch (rec->type) {
	case ES_REC_INTERVAL:
		n->blocks++;
		n->missing += rec->u.interval.n_missing;
		break;
	case ES_REC_STREAM:
		n->sources++;
		break;
	case ES_REC_CALL:
		n->calls++;
		break;
	case ES_REC_HOST:
	case ES_REC_CHANGE:
	case ES_REC_HEALTH:
	case ES_REC_LOSS:
		n->host++;
		break;
	default:
		break;
	}
}

struct feeding {
	struct es_correlate *c;
	es_slice owner;
	bool is_machine;
	int vantage;
	bool is_full;
};

static void
feed(void *ctx, const struct es_record *rec)
{
	struct feeding *f = ctx;
	int err = f->is_machine ? es_correlate_add_host(f->c, f->owner, rec)
				: es_correlate_add(f->c, f->vantage, rec);

	if (err == ES_EFULL)
		f->is_full = true;
}

/* In order of name: the last resort of the path order, docs/CORRELATION.md. */
static int
by_name(const void *a, const void *b)
{
	const struct es_gather_vantage *x = a, *y = b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int order = memcmp(x->name.p, y->name.p, n);

	return order != 0 ? order : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

static int
find_vantage(const struct es_gather *g, es_slice name)
{
	for (size_t i = 0; i < g->n_vantages; i++)
		if (es_slice_eq(g->vantages[i].name, name))
			return (int)i;
	return -1;
}

/* Each record of the collection, decoded, to each(). Unreadable ones are left out: ingest checked them. */
static void
walk(struct es_gather *g, void (*each)(void *ctx, const struct es_record *rec), void *ctx,
    struct feeding *f)
{
	for (size_t i = 0; i < g->n_rows; i++) {
		if (f != NULL) {
			f->is_machine = false;
			f->vantage = find_vantage(g, g->rows[i].vantage);
		}
		es_alloc_reset(&g->alloc);
		(void)es_record_decode(g->rows[i].bytes, &g->alloc, each, ctx);
	}
	for (size_t i = 0; i < g->n_blobs; i++) {
		if (f != NULL) {
			f->is_machine = g->blobs[i].is_machine;
			f->owner = g->blobs[i].owner;
			f->vantage = f->is_machine ? 0 : find_vantage(g, f->owner);
		}
		es_alloc_reset(&g->alloc);
		(void)es_record_decode(g->blobs[i].bytes, &g->alloc, each, ctx);
	}
}

int
es_gather_solve(
    struct es_gather *g, void (*call)(void *ctx, const struct es_explained *call), void *ctx)
{
	struct sizes n = { ROOM_RECORDS, ROOM_RECORDS, ROOM_RECORDS, ROOM_RECORDS, ROOM_RECORDS };
	struct es_correlate_config cfg;
	struct feeding f;
	int err = 0;

	walk(g, count, &n, NULL);
	qsort(g->vantages, g->n_vantages, sizeof(g->vantages[0]), by_name);
	memset(&cfg, 0, sizeof(cfg));
	es_random_bytes(cfg.hash_key, sizeof(cfg.hash_key));
	cfg.max_sources = n.sources + n.blocks; /* a block may come before its stream's record */
	cfg.max_blocks = n.blocks;
	cfg.max_missing = n.missing;
	cfg.max_calls = n.calls;
	cfg.max_host = n.host;
	cfg.text_bytes = ROOM_TEXT_BYTES + ROOM_TEXT_OF_LEG_BYTES * (n.calls + n.sources) +
			 ROOM_TEXT_OF_HOST_BYTES * n.host;
	memset(&f, 0, sizeof(f));
	err = es_correlate_new(&cfg, &f.c);
	for (size_t i = 0; err == 0 && i < g->n_vantages; i++) {
		int at = es_correlate_vantage(f.c, g->vantages[i].name, g->vantages[i].role);

		err = at < 0 ? at : 0; /* numbered in the order given: equal to the index */
	}
	if (err == 0) {
		walk(g, feed, &f, &f);
		g->is_cut |= f.is_full;
		err = es_correlate_solve(f.c, call, ctx);
	}
	es_correlate_free(f.c);
	return err;
}

bool
es_gathered_is_of(const struct es_gathered *row, const struct es_explained *call)
{
	for (uint32_t i = 0; i < call->n_legs; i++) {
		const struct es_leg *leg = &call->legs[i];

		if (!es_slice_eq(leg->vantage, row->vantage))
			continue;
		if (row->type == ES_REC_CALL) {
			if (es_slice_eq(leg->call_id, row->call_id) &&
			    (leg->start.ns == 0 || leg->start.ns == row->start.ns))
				return true;
			continue;
		}
		for (uint32_t k = 0; k < leg->n_streams; k++)
			if (leg->streams[k].ssrc == row->key.ssrc &&
			    es_addr_eq(&leg->streams[k].src, &row->key.src) &&
			    es_addr_eq(&leg->streams[k].dst, &row->key.dst))
				return true;
	}
	return false;
}

bool
es_gathered_is_named(const struct es_explained *call, es_slice name)
{
	uint8_t bytes[ES_CALL_ID_BYTES_MAX];
	uint32_t ssrc = 0;
	bool is_rtp = es_parse_rtp_id(name, &ssrc);
	es_slice id = es_slice_of(bytes, is_rtp ? 0 : es_call_id_decode(name, bytes));

	for (uint32_t i = 0; i < call->n_legs; i++) {
		const struct es_leg *leg = &call->legs[i];

		if (!is_rtp && leg->call_id.n > 0 && es_slice_eq(leg->call_id, id))
			return true;
		for (uint32_t k = 0; is_rtp && k < leg->n_streams; k++)
			if (leg->streams[k].ssrc == ssrc)
				return true;
	}
	return false;
}
