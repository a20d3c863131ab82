/* SPDX-License-Identifier: Apache-2.0 */
/* What --call, --number and --worst leave of what was measured. */
#include "agent/output/read_choice.h"
#include "agent/output/stream_key.h"

#include "probes/base/call_id.h"
#include "probes/base/mos_badness.h"
#include "probes/base/text.h"

#include <stdlib.h>

enum {
	CALLS_MAX = 1 << 20,
	STREAMS_MAX = 1 << 20,
	NUMBER_MAX = 256, /* bytes of a user that are looked at */
};

int
es_choice_new(struct es_choice *c, const struct es_read_wish *wish, struct es_hash_key key)
{
	memset(c, 0, sizeof(*c));
	c->wish = *wish;
	c->key = key;
	if (!es_read_wish_leaves_out(wish))
		return 0;
	if (es_table_new(&c->calls, CALLS_MAX) != 0 ||
	    es_table_new(&c->streams, 2 * STREAMS_MAX) != 0) {
		es_choice_free(c);
		return ES_ENOMEM;
	}
	return 0;
}

void
es_choice_free(struct es_choice *c)
{
	for (uint32_t i = 0; i < c->n_calls; i++)
		free((void *)(uintptr_t)c->call_ids[i].p);
	free(c->call_ids);
	free(c->keys);
	es_table_free(&c->calls);
	es_table_free(&c->streams);
	memset(c, 0, sizeof(*c));
}

uint64_t
es_read_wish_badness(const struct es_read_wish *w, const struct es_stream *s)
{
	switch (w->sort) {
	case ES_SORT_LOSS:
		return s->expected == 0 ? 0 : 1 + s->lost * UINT64_C(1000000000) / s->expected;
	case ES_SORT_JITTER:
		return s->has & ES_STREAM_HAS_JITTER ? UINT64_C(1) + s->jitter_mean_us : 0;
	default:
		return es_mos_badness(s->has & ES_STREAM_HAS_QUALITY, s->mos_lq_milli);
	}
}

/* Without what RFC 3966 section 5.1.1 lets stand in a number for the eye, and blanks. */
static es_slice
digits_of(es_slice text, uint8_t out[NUMBER_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < text.n && n < NUMBER_MAX; i++)
		if (memchr("-.() ", text.p[i], 5) == NULL)
			out[n++] = text.p[i];
	return es_slice_of(out, n);
}

bool
es_read_wish_is_number(const char *text)
{
	uint8_t wanted[NUMBER_MAX];

	return digits_of(es_slice_str(text), wanted).n > 0;
}

/* "+49-30-1234" of a tel URI, which has no host; a host has letters, dots or colons. */
static bool
is_tel(es_slice party)
{
	for (size_t i = 0; i < party.n; i++)
		if (!es_is_digit(party.p[i]) && memchr("+-()*#", party.p[i], 6) == NULL)
			return false;
	return party.n > 0;
}

/* party: "user@host", or what there is of it. A host alone has no number. */
static bool
has_number(const char *number, es_slice party)
{
	uint8_t user[NUMBER_MAX], wanted[NUMBER_MAX];
	size_t at = es_text_find(party, '@');

	return (at < party.n || is_tel(party)) &&
	       es_text_contains_same(digits_of(es_text_first(party, at), user),
		   digits_of(es_slice_str(number), wanted));
}

static bool
has_call_id(const char *call, es_slice id)
{
	uint8_t text[ES_CALL_ID_TEXT_MAX];

	return id.n > 0 && es_text_contains_same(
			       es_slice_of(text, es_call_id_encode(id, text)), es_slice_str(call));
}

static bool
knows_call(const struct es_choice *c, es_slice id)
{
	struct es_probe at = es_table_probe(&c->calls, es_hash(&c->key, id));
	uint32_t i;

	while ((i = es_table_next(&c->calls, &at)) != ES_TABLE_NONE)
		if (es_slice_eq(c->call_ids[i], id))
			return true;
	return false;
}

/* Room for one more in an array that doubles; NULL without memory. */
static void *
grown(void *array, uint32_t n, uint32_t *cap, size_t item_bytes)
{
	uint32_t more = *cap == 0 ? 64 : *cap * 2;

	if (n < *cap)
		return array;
	array = reallocarray(array, more, item_bytes);
	if (array != NULL)
		*cap = more;
	return array;
}

static void
remember_call(struct es_choice *c, es_slice id)
{
	uint8_t *copy = malloc(id.n + 1);
	es_slice *ids = grown(c->call_ids, c->n_calls, &c->cap_calls, sizeof(*ids));

	if (ids != NULL)
		c->call_ids = ids;
	if (copy == NULL || ids == NULL ||
	    es_table_insert(&c->calls, es_hash(&c->key, id), c->n_calls) != 0) {
		free(copy);
		c->out_of_memory = true;
		return;
	}
	memcpy(copy, id.p, id.n);
	ids[c->n_calls++] = es_slice_of(copy, id.n);
}

bool
es_choice_call(struct es_choice *c, const struct es_call *call)
{
	const char *number = c->wish.number;

	if (c->wish.call != NULL && !has_call_id(c->wish.call, call->call_id))
		return false;
	if (number == NULL) {
		c->has_call = true;
		return true;
	}
	if (!has_number(number, call->from) && !has_number(number, call->to) &&
	    !has_number(number, call->asserted) && !has_number(number, call->diverted_from) &&
	    !has_number(number, call->dialled))
		return false;
	if (!knows_call(c, call->call_id))
		remember_call(c, call->call_id);
	c->has_call = true;
	return true;
}

static bool
is_of_call(const struct es_choice *c, es_slice id)
{
	return c->wish.number != NULL ? knows_call(c, id) : has_call_id(c->wish.call, id);
}

bool
es_choice_stream(const struct es_choice *c, const struct es_stream *s)
{
	if (c->wish.call == NULL && c->wish.number == NULL)
		return true;
	if (is_of_call(c, s->call_id))
		return true;
	for (uint32_t i = 0; i < s->n_other_call_ids; i++)
		if (is_of_call(c, s->other_call_ids[i]))
			return true;
	return false;
}

bool
es_choice_registration(const struct es_choice *c, const struct es_registration *r)
{
	return (c->wish.call == NULL || has_call_id(c->wish.call, r->call_id)) &&
	       (c->wish.number == NULL || has_number(c->wish.number, r->aor));
}

static uint64_t
hash_of_ssrc(const struct es_choice *c, uint32_t ssrc)
{
	const uint64_t word = ssrc;

	return es_hash_words(&c->key, &word, 1);
}

static bool
knows_ssrc(const struct es_choice *c, uint32_t ssrc)
{
	struct es_probe at = es_table_probe(&c->streams, hash_of_ssrc(c, ssrc));
	uint32_t i;

	while ((i = es_table_next(&c->streams, &at)) != ES_TABLE_NONE)
		if (c->keys[i].ssrc == ssrc)
			return true;
	return false;
}

/* An SSRC that many streams have is in the table once. */
void
es_choice_add(struct es_choice *c, const struct es_stream_key *key)
{
	struct es_stream_key *keys = grown(c->keys, c->n_streams, &c->cap_streams, sizeof(*keys));

	if (keys == NULL) {
		c->out_of_memory = true;
		return;
	}
	c->keys = keys;
	keys[c->n_streams] = *key;
	if (es_table_insert(&c->streams, es_stream_key_hash(&c->key, key), c->n_streams) != 0 ||
	    (!knows_ssrc(c, key->ssrc) &&
		es_table_insert(&c->streams, hash_of_ssrc(c, key->ssrc), c->n_streams) != 0)) {
		c->out_of_memory = true;
		return;
	}
	c->n_streams++;
}

bool
es_choice_block(const struct es_choice *c, const struct es_stream_key *key)
{
	struct es_probe at = es_table_probe(&c->streams, es_stream_key_hash(&c->key, key));
	uint32_t i;

	while ((i = es_table_next(&c->streams, &at)) != ES_TABLE_NONE)
		if (es_stream_key_eq(&c->keys[i], key))
			return true;
	return false;
}

bool
es_choice_report(const struct es_choice *c, uint32_t subject_ssrc, es_slice call_id)
{
	return knows_ssrc(c, subject_ssrc) ||
	       (c->wish.worst == 0 && call_id.n > 0 && is_of_call(c, call_id));
}
