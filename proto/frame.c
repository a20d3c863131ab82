/* SPDX-License-Identifier: Apache-2.0 */
/* Frames on a byte stream. */
#include "proto/frame.h"

#include <stdlib.h>

int
es_frame_header(size_t n_bytes, uint8_t out[ES_FRAME_HEADER_BYTES])
{
	if (n_bytes == 0)
		return ES_EINVALID;
	if (n_bytes > ES_FRAME_MAX_BYTES)
		return ES_EFULL;
	out[0] = (uint8_t)(n_bytes >> 24);
	out[1] = (uint8_t)(n_bytes >> 16);
	out[2] = (uint8_t)(n_bytes >> 8);
	out[3] = (uint8_t)n_bytes;
	return 0;
}

void
es_frame_reader_init(struct es_frame_reader *r, size_t max_bytes)
{
	memset(r, 0, sizeof(*r));
	r->max_bytes =
	    max_bytes == 0 || max_bytes > ES_FRAME_MAX_BYTES ? ES_FRAME_MAX_BYTES : max_bytes;
}

void
es_frame_feed(struct es_frame_reader *r, es_slice bytes)
{
	r->input = bytes;
}

/* Moves input into buf until it holds want bytes; false: the input is used up. */
static bool
gather(struct es_frame_reader *r, size_t want)
{
	size_t n = want - r->n_bytes;

	if (n > r->input.n)
		n = r->input.n;
	if (n > 0) {
		memcpy(r->buf + r->n_bytes, r->input.p, n);
		r->n_bytes += n;
		r->input = es_slice_of(r->input.p + n, r->input.n - n);
	}
	return r->n_bytes == want;
}

/* Room for want bytes. Grows by doubling, so that a peer pays for memory with bytes it really sent. */
static int
make_room(struct es_frame_reader *r, size_t want)
{
	size_t cap = r->cap_bytes == 0 ? 4096 : r->cap_bytes;
	uint8_t *buf;

	while (cap < want)
		cap *= 2;
	if (cap == r->cap_bytes)
		return 0;
	buf = realloc(r->buf, cap);
	if (buf == NULL)
		return ES_ENOMEM;
	r->buf = buf;
	r->cap_bytes = cap;
	return 0;
}

static size_t
length_of(const uint8_t h[ES_FRAME_HEADER_BYTES])
{
	return (size_t)h[0] << 24 | (size_t)h[1] << 16 | (size_t)h[2] << 8 | h[3];
}

static int
next(struct es_frame_reader *r, es_slice *frame)
{
	size_t n;

	if (make_room(r, ES_FRAME_HEADER_BYTES) != 0)
		return ES_ENOMEM;
	if (r->n_bytes < ES_FRAME_HEADER_BYTES && !gather(r, ES_FRAME_HEADER_BYTES))
		return ES_ESHORT;
	n = length_of(r->buf);
	if (n == 0 || n > r->max_bytes)
		return ES_EMALFORMED;
	while (r->n_bytes < ES_FRAME_HEADER_BYTES + n) {
		size_t want = r->n_bytes + r->input.n;

		if (r->input.n == 0)
			return ES_ESHORT;
		if (want > ES_FRAME_HEADER_BYTES + n)
			want = ES_FRAME_HEADER_BYTES + n;
		if (make_room(r, want) != 0)
			return ES_ENOMEM;
		gather(r, want);
	}
	*frame = es_slice_of(r->buf + ES_FRAME_HEADER_BYTES, n);
	r->done = true;
	return 0;
}

int
es_frame_next(struct es_frame_reader *r, es_slice *frame)
{
	int err;

	if (r->err != 0)
		return r->err;
	if (r->done) {
		r->done = false;
		r->n_bytes = 0;
	}
	err = next(r, frame);
	if (err != 0 && err != ES_ESHORT)
		r->err = err;
	return err;
}

bool
es_frame_is_partial(const struct es_frame_reader *r)
{
	return !r->done && r->n_bytes > 0;
}

void
es_frame_reader_done(struct es_frame_reader *r)
{
	free(r->buf);
	memset(r, 0, sizeof(*r));
}
