/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that wait for the end of the input. */
#include "agent/command/read_rows.h"

#include <stdlib.h>

int
es_read_rows_new(struct es_rows *r, struct es_hash_key key)
{
	memset(r, 0, sizeof(*r));
	r->key = key;
	return es_table_new(&r->named, ES_ROWS_NAMED_MAX);
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
	struct es_read_row row = { .start = start, .order = r->n, .type = rec->type, .text = text };
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

static int
by_start(const void *a, const void *b)
{
	const struct es_read_row *x = a, *y = b;

	if (x->start.ns != y->start.ns)
		return x->start.ns < y->start.ns ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void
es_read_rows_sort(struct es_rows *r)
{
	if (r->n > 0)
		qsort(r->at, r->n, sizeof(r->at[0]), by_start);
}

void
es_read_rows_free(struct es_rows *r)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		free(r->at[i].name);
		free(r->at[i].text);
	}
	free(r->at);
	es_table_free(&r->named);
	memset(r, 0, sizeof(*r));
}
