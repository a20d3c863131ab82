/* SPDX-License-Identifier: Apache-2.0 */
/* From the hop to the spool: checked, pseudonymised, honest about gaps. */
#include "agent/shipper/intake.h"

#include "proto/decode.h"

#include <stdlib.h>
#include <string.h>

int
es_intake_init(struct es_intake *in, const struct es_pseudonym *pseudonym, struct es_open *open)
{
	memset(in, 0, sizeof(*in));
	in->pseudonym = pseudonym;
	in->open = open;
	in->arena = malloc(ES_ALLOC_BYTES);
	if (in->arena == NULL)
		return ES_ENOMEM;
	es_alloc_init(&in->alloc, in->arena, ES_ALLOC_BYTES);
	return 0;
}

void
es_intake_done(struct es_intake *in)
{
	free(in->arena);
	in->arena = NULL;
}

static void
each_decoded(void *ctx, const struct es_record *rec)
{
	struct es_intake *in = ctx;

	if (in->n_records < ES_PACK_BLOCKS_MAX)
		in->records[in->n_records] = *rec;
	in->n_records++;
}

/* Changes the one record of the message; true: it is to be encoded again. */
static bool
revise(struct es_intake *in)
{
	struct es_record *rec = &in->records[0];
	struct es_coverage gap = es_open_gap_of(in->open, rec);
	struct es_call *call = &rec->u.call;

	rec->coverage.flags |= gap.flags;
	if (gap.gap_ms > rec->coverage.gap_ms)
		rec->coverage.gap_ms = gap.gap_ms;
	if (rec->type != ES_REC_CALL)
		return gap.flags != 0;
	call->from = es_slice_of(in->from, es_pseudonym_uri(in->pseudonym, call->from, in->from));
	call->to = es_slice_of(in->to, es_pseudonym_uri(in->pseudonym, call->to, in->to));
	return true;
}

int
es_intake_prepare(struct es_intake *in, es_slice bytes, es_slice *store)
{
	int n;

	es_alloc_reset(&in->alloc);
	in->n_records = 0;
	n = es_record_decode(bytes, &in->alloc, each_decoded, in);
	if (n <= 0 || in->n_records > ES_PACK_BLOCKS_MAX)
		goto refuse; /* 0: a type we do not know may hold what must not leave */
	in->bytes = bytes;
	if (in->n_records == 1 && revise(in)) {
		n = es_record_encode(&in->records[0], in->out, sizeof(in->out));
		if (n <= 0)
			goto refuse;
		in->bytes = es_slice_of(in->out, (size_t)n);
	}
	*store = in->bytes;
	return 0;
refuse:
	in->n_records = 0;
	in->refused++;
	return ES_EMALFORMED;
}

void
es_intake_stored(struct es_intake *in)
{
	uint32_t i;

	for (i = 0; i < in->n_records; i++)
		es_open_note(in->open, &in->records[i], in->bytes);
	in->n_records = 0;
}
