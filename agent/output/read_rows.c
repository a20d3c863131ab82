/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that wait for the end of the input. */
#include "agent/output/read_rows.h"
#include "agent/output/call_key.h"

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

		r->n_compared++;
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
	uint64_t hash = es_call_key_hash(&r->key, name, row->begun);
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

/* How a row's call compares with a Call-ID and an instant: by name, then by begin. */
static int
compare_use(struct es_rows *r, const struct es_read_row *row, es_slice id, es_time begun)
{
	size_t n = row->name_bytes < id.n ? row->name_bytes : id.n;
	int d = memcmp(row->name, id.p, n);

	r->n_compared++;
	if (d != 0 || row->name_bytes != id.n)
		return d != 0 ? d : row->name_bytes < id.n ? -1 : 1;
	return row->begun.ns < begun.ns ? -1 : row->begun.ns > begun.ns;
}

static int
by_use(const void *a, const void *b, void *rows)
{
	struct es_rows *r = rows;
	const struct es_read_row *y = &r->at[*(const size_t *)b];

	return compare_use(r, &r->at[*(const size_t *)a],
	    es_slice_of((const uint8_t *)y->name, y->name_bytes), y->begun);
}

/* Rows with a name, by Call-ID and begin. */
struct uses {
	size_t *rows; /* places in r->at */
	size_t n;
};

static int
sort_uses(struct es_rows *r, struct uses *u)
{
	u->n = 0;
	u->rows = reallocarray(NULL, r->n + 1, sizeof(*u->rows));
	if (u->rows == NULL)
		return ES_ENOMEM;
	for (size_t i = 0; i < r->n; i++)
		if (r->at[i].name != NULL)
			u->rows[u->n++] = i;
	qsort_r(u->rows, u->n, sizeof(*u->rows), by_use, r);
	return 0;
}

/* The last use of a Call-ID that had begun at an instant, else its first; NULL: no call has it. */
static struct es_read_row *
use_at(struct es_rows *r, const struct uses *u, es_slice id, es_time at)
{
	size_t low = 0, high = u->n;
	struct es_read_row *row;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare_use(r, &r->at[u->rows[mid]], id, at) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (size_t i = low > 0 ? low - 1 : 0; i < u->n && i <= low; i++) {
		row = &r->at[u->rows[i]];
		if (compare_use(r, row, id, row->begun) == 0)
			return row;
	}
	return NULL;
}

static void
settle_calls(struct es_rows *r, const struct uses *u, const struct es_read_row *stream)
{
	const struct es_row_stream *s = stream->stream;
	const uint8_t *id = s->ids;

	for (uint32_t k = 0; k < s->n_ids; k++) {
		size_t n = s->id_bytes[k]; /* 0: nothing claimed the stream */
		struct es_read_row *call =
		    n == 0 ? NULL : use_at(r, u, es_slice_of(id, n), stream->start);

		if (call != NULL && call->badness < stream->badness)
			call->badness = stream->badness;
		id += n;
	}
}

int
es_read_rows_settle(struct es_rows *r)
{
	struct uses uses;
	int rc = sort_uses(r, &uses);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < r->n; i++)
		if (r->at[i].stream != NULL)
			settle_calls(r, &uses, &r->at[i]);
	free(uses.rows);
	for (size_t i = 0; r->worst != 0 && i < r->n; i++)
		r->at[i].is_out = r->at[i].type == ES_REC_CALL && r->at[i].badness == 0;
	return 0;
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
