/* SPDX-License-Identifier: Apache-2.0 */
/* From IPC to the spool: checked, pseudonymised, honest about gaps. */
#include "agent/shipper/sanitizer.h"

#include "proto/decode.h"

#include <string.h>

int
es_sanitizer_init(
    struct es_sanitizer *in, const struct es_pseudonym *pseudonym, struct es_open *open)
{
	memset(in, 0, sizeof(*in));
	in->pseudonym = pseudonym;
	in->open = open;
	return es_alloc_new(&in->alloc, ES_ALLOC_BYTES);
}

void
es_sanitizer_done(struct es_sanitizer *in)
{
	es_alloc_free(&in->alloc);
}

static void
each_decoded(void *ctx, const struct es_record *rec)
{
	struct es_sanitizer *in = ctx;

	if (in->n_records < ES_PACK_BLOCKS_MAX)
		in->records[in->n_records] = *rec;
	in->n_records++;
}

static void
hide_party(struct es_sanitizer *in, int i, es_slice *uri)
{
	*uri = es_slice_of(in->parties[i], es_pseudonym_uri(in->pseudonym, *uri, in->parties[i]));
}

static void
hide_key(struct es_sanitizer *in, int i, es_slice *key)
{
	*key = es_slice_of(in->keys[i], es_pseudonym_key(in->pseudonym, *key, in->keys[i]));
}

/* A contact has no user part; if the sensor sent one it ends here. */
static void
strip_user(es_slice *contact)
{
	size_t i;

	for (i = contact->n; i > 0; i--)
		if (contact->p[i - 1] == '@')
			break;
	*contact = es_slice_of(contact->p + i, contact->n - i);
}

static void
hide_call(struct es_sanitizer *in, struct es_call *call)
{
	hide_party(in, 0, &call->from);
	hide_party(in, 1, &call->to);
	hide_party(in, 2, &call->diverted_from);
	hide_party(in, 3, &call->asserted);
	hide_key(in, 0, &call->user_to_user);
	hide_key(in, 1, &call->custom_key);
	strip_user(&call->caller_contact);
	strip_user(&call->callee_contact);
}

/* Changes the one record of the message; true: it is to be encoded again. */
static bool
revise(struct es_sanitizer *in)
{
	struct es_record *rec = &in->records[0];
	struct es_coverage gap = es_open_gap_of(in->open, rec);

	rec->coverage.flags |= gap.flags;
	if (gap.gap_ms > rec->coverage.gap_ms)
		rec->coverage.gap_ms = gap.gap_ms;
	if (rec->type == ES_REC_CALL) {
		hide_call(in, &rec->u.call);
		return true;
	}
	if (rec->type == ES_REC_REGISTRATION) {
		hide_party(in, 0, &rec->u.registration.aor);
		strip_user(&rec->u.registration.contact);
		return true;
	}
	return gap.flags != 0;
}

int
es_sanitizer_prepare(struct es_sanitizer *in, es_slice bytes, es_slice *store)
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

bool
es_sanitizer_is_blocks(const struct es_sanitizer *in)
{
	uint32_t i;

	for (i = 0; i < in->n_records; i++)
		if (in->records[i].type != ES_REC_INTERVAL)
			return false;
	return in->n_records > 0;
}

const struct es_stream_key *
es_sanitizer_stream(const struct es_sanitizer *in)
{
	const struct es_record *first = &in->records[0];

	if (in->n_records == 0)
		return NULL;
	if (first->type == ES_REC_INTERVAL)
		return &first->u.interval.stream;
	if (first->type == ES_REC_STREAM && first->u.stream.state == ES_STATE_IN_PROGRESS)
		return &first->u.stream.key;
	return NULL;
}

void
es_sanitizer_stored(struct es_sanitizer *in)
{
	uint32_t i;

	for (i = 0; i < in->n_records; i++)
		es_open_note(in->open, &in->records[i], in->bytes);
	in->n_records = 0;
}
