/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads bytes from outside, bounds-checked and sticky: the first read that does not fit turns the
 * cursor bad, every later one returns 0 or nothing. A parser reads straight through and checks
 * `bad` once at the end; what it read in between is then worthless and must not be used.
 * One read per statement: the order inside an expression or an initialiser is not defined.
 */
#ifndef EARSHOT_BASE_CURSOR_H
#define EARSHOT_BASE_CURSOR_H

#include "earshot/slice.h"

struct es_cur {
	const uint8_t *p;
	size_t n; /* left; not an end pointer, so that compilers see a check made once hold on */
	bool bad;
};

static inline struct es_cur
es_cur_of(es_slice s)
{
	static const uint8_t nothing[1];
	struct es_cur c;

	c.p = s.p != NULL ? s.p : nothing;
	c.n = s.p != NULL ? s.n : 0;
	c.bad = false;
	return c;
}

/* Bytes not yet read; 0 once bad. */
static inline size_t
es_cur_left(const struct es_cur *c)
{
	return c->n;
}

static inline void
es_cur_fail(struct es_cur *c)
{
	c->n = 0;
	c->bad = true;
}

/* Start of the next n bytes, which are passed over; NULL when bad. */
static inline const uint8_t *
es_cur_take(struct es_cur *c, size_t n_bytes)
{
	const uint8_t *at = c->p;

	if (n_bytes > c->n) {
		es_cur_fail(c);
		return NULL;
	}
	c->p += n_bytes;
	c->n -= n_bytes;
	return at;
}

static inline void
es_cur_skip(struct es_cur *c, size_t n_bytes)
{
	(void)es_cur_take(c, n_bytes); /* the cursor itself remembers a failure */
}

/* The next n bytes as a slice; empty when bad. */
static inline es_slice
es_cur_slice(struct es_cur *c, size_t n_bytes)
{
	const uint8_t *at = es_cur_take(c, n_bytes);

	return es_slice_of(at, at == NULL ? 0 : n_bytes);
}

/* All that is left, which may be nothing. */
static inline es_slice
es_cur_rest(struct es_cur *c)
{
	return es_cur_slice(c, es_cur_left(c));
}

/* A cursor over the next n bytes, which this one passes over; bad from the start when they do not fit. */
static inline struct es_cur
es_cur_sub(struct es_cur *c, size_t n_bytes)
{
	const uint8_t *at = es_cur_take(c, n_bytes);
	struct es_cur sub;

	if (at == NULL) {
		sub = *c;
		return sub;
	}
	sub.p = at;
	sub.n = n_bytes;
	sub.bad = false;
	return sub;
}

static inline uint8_t
es_cur_u8(struct es_cur *c)
{
	const uint8_t *b = es_cur_take(c, 1);

	return b == NULL ? 0 : b[0];
}

/* The byte `ahead` bytes further on, without reading it; 0 if there are fewer (not an error). */
static inline uint8_t
es_cur_peek(const struct es_cur *c, size_t ahead)
{
	return ahead < es_cur_left(c) ? c->p[ahead] : 0;
}

static inline uint16_t
es_cur_be16(struct es_cur *c)
{
	const uint8_t *b = es_cur_take(c, 2);

	if (b == NULL)
		return 0;
	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline uint32_t
es_cur_be24(struct es_cur *c)
{
	const uint8_t *b = es_cur_take(c, 3);

	return b == NULL ? 0 : (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];
}

static inline uint32_t
es_cur_be32(struct es_cur *c)
{
	const uint8_t *b = es_cur_take(c, 4);

	return b == NULL ? 0
			 : (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static inline uint64_t
es_cur_be64(struct es_cur *c)
{
	uint64_t hi = es_cur_be32(c);
	uint64_t lo = es_cur_be32(c);

	return c->bad ? 0 : hi << 32 | lo;
}

static inline uint16_t
es_cur_le16(struct es_cur *c)
{
	const uint8_t *b = es_cur_take(c, 2);

	if (b == NULL)
		return 0;
	return (uint16_t)(b[1] << 8 | b[0]);
}

static inline uint32_t
es_cur_le32(struct es_cur *c)
{
	const uint8_t *b = es_cur_take(c, 4);

	return b == NULL ? 0
			 : (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

static inline uint64_t
es_cur_le64(struct es_cur *c)
{
	uint64_t lo = es_cur_le32(c);
	uint64_t hi = es_cur_le32(c);

	return c->bad ? 0 : hi << 32 | lo;
}

#endif
