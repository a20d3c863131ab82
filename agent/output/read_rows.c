/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that wait for the end of the input. */
#include "agent/output/read_rows.h"

#include <stdlib.h>

int
es_read_rows_new(struct es_rows *r, struct es_hash_key key, uint32_t worst)
{
	memset(r, 0, sizeof(*r));
	r->key = key;
	r->worst = worst;
	if (es_table_new(&r->named, ES_ROWS_NAMED_MAX) != 0 ||
	    (worst != 0 && es_heap_new(&r->least_bad, worst) != 0)) {
		es_read_rows_free(r);
		return ES_ENOMEM;
	}
	return 0;
}

static struct es_read_row *
find(struct es_rows *r, uint64_t hash, const struct es_read_row *like)
{
	struct es_probe at = es_table_probe(&r->named, hash);
	uint32_t i;

	while ((i = es_table_next(&r->named, &at)) != ES_TABLE_NONE) {
		struct es_read_row *row = &r->at[i];

		if (row->type == like->type && row->begun.ns == like->begun.ns &&
		    row->name_bytes == like->name_bytes &&
		    memcmp(row->name, like->name, like->name_bytes) == 0)
			return row;
	}
	return NULL;
}

static int
append(struct es_rows *r, const struct es_read_row *row)
{
	if (r->n == r->cap) {
		size_t cap = r->cap == 0 ? 256 : r->cap * 2;
		struct es_read_row *more = reallocarray(r->at, cap, sizeof(*more));

		if (more == NULL)
			return ES_ENOMEM;
		r->at = more;
		r->cap = cap;
	}
	r->at[r->n++] = *row;
	return 0;
}

static int
put_named(struct es_rows *r, struct es_read_row *row, es_slice name)
{
	uint64_t hash = es_hash(&r->key, name);
	struct es_read_row *before;
	int rc;

	row->name = malloc(name.n);
	if (row->name == NULL)
		return ES_ENOMEM;
	memcpy(row->name, name.p, name.n);
	row->name_bytes = name.n;
	before = find(r, hash, row);
	if (before != NULL) {
		free(row->name);
		free(before->text);
		before->text = row->text;
		before->start = row->start;
		return 0;
	}
	rc = append(r, row);
	if (rc != 0) {
		free(row->name);
		return rc;
	}
	/* Full: a later record of this call gets a row of its own, which is untidy and not wrong. */
	(void)es_table_insert(&r->named, hash, (uint32_t)(r->n - 1));
	return 0;
}

int
es_read_rows_put(struct es_rows *r, const struct es_record *rec, es_time start, char *text)
{
	struct es_read_row row = {
		.start = start, .order = r->n_put++, .type = rec->type, .text = text
	};
	es_slice name = es_slice_of(NULL, 0);
	int rc;

	if (rec->type == ES_REC_CALL) {
		name = rec->u.call.call_id;
		row.begun = es_call_begun(&rec->u.call);
	}
	rc = name.n > 0 ? put_named(r, &row, name) : append(r, &row);

	if (rc != 0)
		free(text);
	return rc;
}

int
es_read_rows_put_text(struct es_rows *r, enum es_record_type type, es_time start, char *text)
{
	struct es_read_row row = {
		.start = start, .order = r->n_put++, .type = type, .text = text
	};
	int rc = append(r, &row);

	if (rc != 0)
		free(text);
	return rc;
}

static struct es_row_stream *
row_stream(const struct es_stream *s)
{
	size_t n_bytes = s->call_id.n;
	struct es_row_stream *out;
	uint8_t *to;

	for (uint32_t i = 0; i < s->n_other_call_ids; i++)
		n_bytes += s->other_call_ids[i].n;
	out = malloc(sizeof(*out) + n_bytes);
	if (out == NULL)
		return NULL;
	out->key = s->key;
	out->n_ids = 1 + s->n_other_call_ids;
	to = out->ids;
	for (uint32_t i = 0; i < out->n_ids; i++) {
		es_slice id = i == 0 ? s->call_id : s->other_call_ids[i - 1];

		out->id_bytes[i] = id.n;
		if (id.n > 0)
			memcpy(to, id.p, id.n);
		to += id.n;
	}
	return out;
}

/* Puts the row in the place of the least bad one, unless it is that itself. True: it has a place. */
static bool
replace_least_bad(struct es_rows *r, const struct es_read_row *row)
{
	struct es_deadline least = r->least_bad.at[0];
	struct es_read_row *old = &r->at[least.handle];

	if ((uint64_t)least.due.ns >= row->badness)
		return false;
	(void)es_heap_pop(&r->least_bad, &least);
	free(old->text);
	free(old->stream);
	*old = *row;
	(void)es_heap_add(&r->least_bad, es_time_of_ns((int64_t)row->badness), 0,
	    UINT64_MAX - row->order, least.handle);
	return true;
}

int
es_read_rows_rank(struct es_rows *r, const struct es_stream *s, uint64_t badness, char *text)
{
	struct es_read_row row = { .start = s->start,
		.order = r->n_put++,
		.type = ES_REC_STREAM,
		.text = text,
		.badness = badness,
		.stream = row_stream(s) };
	int rc = row.stream == NULL ? ES_ENOMEM : 0;
	bool has_place = rc == 0;

	if (has_place && r->worst != 0 && r->least_bad.n == r->worst)
		has_place = replace_least_bad(r, &row);
	else if (has_place && (rc = append(r, &row)) == 0 && r->worst != 0)
		(void)es_heap_add(&r->least_bad, es_time_of_ns((int64_t)badness), 0,
		    UINT64_MAX - row.order, (uint32_t)(r->n - 1)); /* has room for so many */
	if (rc != 0 || !has_place) {
		free(row.stream);
		free(row.text);
	}
	return rc;
}

/* All calls of this Call-ID are at least as bad. */
static void
settle_calls(struct es_rows *r, es_slice id, uint64_t badness)
{
	struct es_probe at = es_table_probe(&r->named, es_hash(&r->key, id));
	uint32_t i;

	while ((i = es_table_next(&r->named, &at)) != ES_TABLE_NONE) {
		struct es_read_row *row = &r->at[i];

		if (row->badness < badness && row->name_bytes == id.n &&
		    memcmp(row->name, id.p, id.n) == 0)
			row->badness = badness;
	}
}

void
es_read_rows_settle(struct es_rows *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct es_row_stream *s = r->at[i].stream;
		const uint8_t *id = s == NULL ? NULL : s->ids;

		for (uint32_t k = 0; s != NULL && k < s->n_ids; k++) {
			settle_calls(r, es_slice_of(id, s->id_bytes[k]), r->at[i].badness);
			id += s->id_bytes[k];
		}
	}
	for (size_t i = 0; r->worst != 0 && i < r->n; i++)
		r->at[i].is_out = r->at[i].type == ES_REC_CALL && r->at[i].badness == 0;
}

static int
by_start(const void *a, const void *b)
{
	const struct es_read_row *x = a, *y = b;

	if (x->start.ns != y->start.ns)
		return x->start.ns < y->start.ns ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int
by_badness(const void *a, const void *b)
{
	const struct es_read_row *x = a, *y = b;

	if (x->badness != y->badness)
		return x->badness > y->badness ? -1 : 1;
	return by_start(a, b);
}

void
es_read_rows_sort(struct es_rows *r, bool by_rank)
{
	if (r->n > 0)
		qsort(r->at, r->n, sizeof(r->at[0]), by_rank ? by_badness : by_start);
}

void
es_read_rows_free(struct es_rows *r)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		free(r->at[i].name);
		free(r->at[i].text);
		free(r->at[i].stream);
	}
	free(r->at);
	es_table_free(&r->named);
	es_heap_free(&r->least_bad);
	memset(r, 0, sizeof(*r));
}
