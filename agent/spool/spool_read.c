/* SPDX-License-Identifier: Apache-2.0 */
/* The spool's reading side: one window that moves over a segment and steps over damage. */
#include "agent/spool/spool_private.h"

#include <string.h>

void
es_spool_window_close(struct es_spool *s, struct spool_window *w)
{
	if (w->file >= 0)
		s->disk->close(s->disk->ctx, w->file);
	w->file = -1;
	w->n = 0;
}

static es_slice
view(const struct spool_window *w, uint64_t end)
{
	uint64_t n;

	if (w->offset < w->at || w->offset >= w->at + w->n)
		return es_slice_of(w->buf, 0);
	n = w->at + w->n - w->offset;
	return es_slice_of(
	    w->buf + (w->offset - w->at), (size_t)(n < end - w->offset ? n : end - w->offset));
}

/* Makes the bytes from w->offset on available, as many as fit and lie before end. */
static es_slice
fill(struct es_spool *s, struct spool_window *w, uint64_t end)
{
	uint64_t want = end - w->offset;
	size_t kept = view(w, end).n;
	int64_t got;

	if (want > SPOOL_WINDOW_BYTES)
		want = SPOOL_WINDOW_BYTES;
	if (kept > 0)
		memmove(w->buf, w->buf + (w->offset - w->at), kept);
	w->at = w->offset;
	w->n = kept;
	while (w->n < want) {
		got = s->disk->read(
		    s->disk->ctx, w->file, w->buf + w->n, (size_t)want - w->n, w->at + w->n);
		if (got <= 0) {
			s->stats.disk_errors++;
			break;
		}
		w->n += (size_t)got;
	}
	return view(w, end);
}

/* Offset of the next byte that could begin a record, 1 at least. */
static size_t
to_magic(es_slice bytes)
{
	size_t i;

	for (i = 1; i < bytes.n; i++)
		if (bytes.p[i] == 'E' &&
		    memcmp(bytes.p + i, "ESr1", bytes.n - i < 4 ? bytes.n - i : 4) == 0)
			break;
	return i;
}

int
es_spool_window_next(struct es_spool *s, struct spool_window *w, uint64_t end,
    struct es_spool_entry *out, const uint8_t **payload, uint64_t *passed_over)
{
	struct es_spool_entry e;
	es_slice bytes;
	size_t step;
	int err;

	*passed_over = 0;
	while (w->offset < end) {
		bytes = view(w, end);
		err = es_spool_entry_parse(bytes, s->slot.salt, &e);
		if (err == ES_ESHORT) {
			bytes = fill(s, w, end);
			err = es_spool_entry_parse(bytes, s->slot.salt, &e);
		}
		if (bytes.n == 0)
			return ES_EIO;
		if (err == 0) {
			w->offset += ES_SPOOL_ENTRY_BYTES + e.n_bytes;
			*payload = bytes.p + ES_SPOOL_ENTRY_BYTES;
			*out = e;
			return 0;
		}
		step = to_magic(bytes);
		w->offset += step;
		*passed_over += step;
	}
	return ES_EAGAIN;
}

/* The segment that holds the first record above `after`, or NULL. */
static const struct spool_segment *
segment_of(const struct es_spool *s, uint64_t after)
{
	uint32_t i;

	for (i = 0; i < s->n_segments; i++)
		if (s->segments[i].last_seq > after &&
		    s->segments[i].last_seq >= s->segments[i].first_seq)
			return &s->segments[i];
	return NULL;
}

static uint64_t
readable_end(const struct es_spool *s, const struct spool_segment *seg)
{
	return seg == &s->segments[s->n_segments - 1] ? s->synced_end : seg->n_bytes;
}

/* Puts the reader before the first record above `after`. */
static int
seek_to(struct es_spool *s, const struct spool_segment *seg, uint64_t after)
{
	struct spool_window *w = &s->reader;
	char name[SPOOL_NAME_MAX];

	if (w->file >= 0 && w->serial == seg->serial && w->seq == after)
		return 0;
	if (w->file < 0 || w->serial != seg->serial) {
		es_spool_window_close(s, w);
		es_spool_name(seg->serial, name);
		w->file = s->disk->open(s->disk->ctx, name, ES_DISK_READ);
		if (w->file < 0) {
			s->stats.disk_errors++;
			return w->file;
		}
		w->serial = seg->serial;
	}
	w->offset = ES_SPOOL_HEADER_BYTES;
	w->n = 0;
	w->seq = 0;
	return 0;
}

/* The next record of one segment above `after`; ES_EAGAIN at its end, ES_EIO. */
static int
next_of(struct es_spool *s, const struct spool_segment *seg, uint64_t after,
    struct es_spool_entry *e, const uint8_t **payload)
{
	uint64_t passed_over;
	int err = seek_to(s, seg, after);

	while (err == 0) {
		err = es_spool_window_next(
		    s, &s->reader, readable_end(s, seg), e, payload, &passed_over);
		s->stats.skipped_bytes += passed_over;
		if (err == 0 && e->seq > after)
			break;
	}
	return err;
}

/* True when the disk was tried often enough: one that stays unreadable must not hold up the rest. */
static bool
give_up_reading(struct es_spool *s, const struct spool_segment *seg)
{
	if (++s->read_failures < SPOOL_TRIES)
		return false;
	s->read_failures = 0;
	s->unreadable_to = seg->last_seq;
	return true;
}

int
es_spool_next(struct es_spool *s, uint64_t after, struct es_spool_entry *out, uint8_t *buf)
{
	const struct spool_segment *seg;
	const uint8_t *payload;
	struct es_spool_entry e;
	uint64_t expected;
	int err;

	if (after < s->slot.acked_seq)
		after = s->slot.acked_seq; /* what is still here of it is counted */
	expected = after + 1;
	if (after < s->unreadable_to)
		after = s->unreadable_to; /* given up: what comes behind it is next */
	while ((seg = segment_of(s, after)) != NULL && after < s->slot.synced_seq) {
		err = next_of(s, seg, after, &e, &payload);
		if (err != 0 && err != ES_EAGAIN) {
			es_spool_window_close(s, &s->reader);
			if (!give_up_reading(s, seg))
				return ES_EIO;
		}
		if (err == 0 && es_spool_is_given_up(s, e.seq)) {
			after = s->reader.seq = e.seq;
			continue;
		}
		if (err == 0) {
			if (e.seq > expected)
				es_spool_damage(s, expected, e.seq - 1, seg->oldest, e.stored);
			/*
			 * Counted on disk before the record behind it can be sent and acked, however
			 * long that takes: later the loss would look like a delivery.
			 */
			if (s->ledger_dirty && es_spool_cursor_write(s, true) != 0) {
				es_spool_window_close(s, &s->reader); /* it comes again */
				return ES_EIO;
			}
			s->read_failures = 0;
			s->unreadable_to = 0;
			s->reader.seq = e.seq;
			memcpy(buf, payload, e.n_bytes);
			*out = e;
			return 0;
		}
		if (seg == es_spool_active(s))
			break;
		after = seg->last_seq; /* nothing readable left in this one */
	}
	s->unreadable_to = 0; /* nothing came behind it: it is tried again */
	return ES_EAGAIN;
}

int
es_spool_find(struct es_spool *s, uint64_t seq, struct es_spool_entry *out, uint8_t *buf)
{
	const struct spool_segment *seg = seq == 0 ? NULL : segment_of(s, seq - 1);
	const uint8_t *payload;
	struct es_spool_entry e;
	int err;

	if (seg == NULL || seq > s->slot.synced_seq)
		return ES_ENOTFOUND;
	err = next_of(s, seg, seq - 1, &e, &payload);
	s->reader.seq = UINT64_MAX; /* es_spool_next finds its own place again */
	if (err != 0 || e.seq != seq)
		return err == ES_EIO ? ES_EIO : ES_ENOTFOUND;
	memcpy(buf, payload, e.n_bytes);
	*out = e;
	return 0;
}
