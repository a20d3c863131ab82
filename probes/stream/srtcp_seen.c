/* SPDX-License-Identifier: Apache-2.0 */
/* Recognises encrypted RTCP by its shape. */
#include "probes/stream/srtcp_seen.h"

#include "probes/base/cursor.h"

#include <stdlib.h>

enum {
	HEAD_BYTES = 8,  /* never encrypted */
	WORD_BYTES = 4,  /* E bit and index */
	STEP_MAX = 1000, /* packets that the capture missed between two */
};

#define ENCRYPTED UINT32_C(0x80000000)
/* It begins at 0 or 1 and rises by a few in a second; above, it may be a header of RTCP: 0x80 0xc0. */
#define INDEX_MAX UINT32_C(0xc00000)

int
es_srtcp_seen_new(struct es_srtcp_seen *t)
{
	t->sender = calloc(ES_SRTCP_SEEN_MAX, sizeof(*t->sender));
	return t->sender != NULL ? es_table_new(&t->table, ES_SRTCP_SEEN_MAX) : ES_ENOMEM;
}

void
es_srtcp_seen_free(struct es_srtcp_seen *t)
{
	es_table_free(&t->table);
	free(t->sender);
}

/* Of both directions between two ends. */
static uint64_t
hash_of_ends(const struct es_context *c, const struct es_addr *a, const struct es_addr *b)
{
	return es_hash_pair(&c->key, a, b) ^ es_hash_pair(&c->key, b, a);
}

static uint64_t
hash_of_sender(
    const struct es_context *c, const struct es_addr *src, const struct es_addr *dst, uint32_t ssrc)
{
	const uint64_t words[] = { es_hash_pair(&c->key, src, dst), ssrc };

	return es_hash_words(&c->key, words, sizeof(words) / sizeof(words[0]));
}

static struct es_srtcp_sender *
find(const struct es_srtcp_seen *t, uint64_t hash)
{
	struct es_probe at = es_table_probe(&t->table, hash);
	uint32_t i;

	while ((i = es_table_next(&t->table, &at)) != ES_TABLE_NONE)
		if (t->sender[i].hash == hash)
			return &t->sender[i];
	return NULL;
}

/* What waited is settled. */
static void
settle(struct es_srtcp_sender *s, struct es_context *c, enum es_counter as)
{
	c->count[as] += s->n_waiting;
	s->n_waiting = 0;
}

static struct es_srtcp_sender *
make(struct es_srtcp_seen *t, struct es_context *c, uint64_t hash)
{
	struct es_srtcp_sender *s = &t->sender[t->next];

	if (t->n == ES_SRTCP_SEEN_MAX) {
		settle(s, c, ES_CNT_RTCP_MALFORMED);
		(void)es_table_remove(&t->table, s->hash, t->next);
	} else {
		t->n++;
	}
	memset(s, 0, sizeof(*s));
	s->hash = hash;
	(void)es_table_insert(&t->table, hash, t->next); /* as large as the ring */
	t->next = (t->next + 1) % ES_SRTCP_SEEN_MAX;
	return s;
}

void
es_srtcp_seen_dtls(struct es_srtcp_seen *t, struct es_context *c, const struct es_addr *src,
    const struct es_addr *dst)
{
	uint64_t hash = hash_of_ends(c, src, dst);

	if (find(t, hash) == NULL)
		make(t, c, hash)->is_known = true;
}

static bool
is_known(const struct es_srtcp_seen *t, uint64_t hash)
{
	const struct es_srtcp_sender *s = find(t, hash);

	return s != NULL && s->is_known;
}

bool
es_srtcp_seen_has(const struct es_srtcp_seen *t, const struct es_context *c,
    const struct es_addr *src, const struct es_addr *dst, uint32_t ssrc)
{
	return is_known(t, hash_of_sender(c, src, dst, ssrc)) ||
	       is_known(t, hash_of_ends(c, src, dst));
}

/* The word that ends so many bytes before the end; 0: it has no place there. */
static uint32_t
word_at(es_slice tail, size_t from_end)
{
	struct es_cur c = es_cur_of(tail);

	if (from_end + WORD_BYTES > tail.n)
		return 0;
	es_cur_skip(&c, tail.n - from_end - WORD_BYTES);
	return es_cur_be32(&c);
}

/*
 * Whether one word, at the same place from the end in both, is an index that went on. In front of it
 * are whole words of RTCP, behind it what has the same length in all packets.
 */
static bool
has_index(const struct es_srtcp_sender *s, es_slice now, size_t odd_bytes)
{
	es_slice before = es_slice_of(s->tail, s->n_tail);

	if (odd_bytes != s->odd_bytes)
		return false;
	for (size_t at = odd_bytes; at + WORD_BYTES <= before.n; at += WORD_BYTES) {
		uint32_t a = word_at(before, at);
		uint32_t b = word_at(now, at);
		uint32_t step = a > b ? a - b : b - a;

		if ((a & b & ENCRYPTED) != 0 && (a & ~ENCRYPTED) < INDEX_MAX &&
		    (b & ~ENCRYPTED) < INDEX_MAX && step > 0 && step <= STEP_MAX)
			return true;
	}
	return false;
}

/* Waits until the next one shows what it is. */
static void
wait(struct es_srtcp_sender *s, struct es_context *c, es_slice tail, size_t odd_bytes)
{
	if (s->n_waiting == ES_SRTCP_WAITING_MAX)
		settle(s, c, ES_CNT_RTCP_MALFORMED);
	s->n_waiting++;
	s->odd_bytes = (uint8_t)odd_bytes;
	s->n_tail = (uint8_t)tail.n;
	memcpy(s->tail, tail.p, tail.n);
}

/* What its packets have behind the part that is never encrypted, the last of it. */
static es_slice
tail_of(es_slice packet)
{
	struct es_cur c = es_cur_of(packet);
	size_t n = packet.n > HEAD_BYTES ? packet.n - HEAD_BYTES : 0;

	es_cur_skip(&c, packet.n - (n < ES_SRTCP_TAIL ? n : ES_SRTCP_TAIL));
	return es_cur_rest(&c);
}

void
es_srtcp_seen_packet(struct es_srtcp_seen *t, struct es_context *c, const struct es_addr *src,
    const struct es_addr *dst, uint32_t ssrc, es_slice packet)
{
	uint64_t hash = hash_of_sender(c, src, dst, ssrc);
	struct es_srtcp_sender *s = find(t, hash);
	es_slice tail = tail_of(packet);
	size_t odd_bytes = packet.n % WORD_BYTES;

	if (s == NULL)
		s = make(t, c, hash);
	if (!s->is_known)
		s->is_known = is_known(t, hash_of_ends(c, src, dst)) ||
			      (s->n_waiting > 0 && has_index(s, tail, odd_bytes));
	if (!s->is_known) {
		wait(s, c, tail, odd_bytes);
		return;
	}
	settle(s, c, ES_CNT_SRTCP_PACKETS);
	es_context_count(c, ES_CNT_SRTCP_PACKETS);
}

void
es_srtcp_seen_flush(struct es_srtcp_seen *t, struct es_context *c)
{
	for (uint32_t i = 0; i < t->n; i++)
		settle(&t->sender[i], c, ES_CNT_RTCP_MALFORMED);
}
