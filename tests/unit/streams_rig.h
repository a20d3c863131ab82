/* SPDX-License-Identifier: Apache-2.0 */
/* Streams, calls and announced addresses put together by hand, without packets. Static on purpose. */
#ifndef TESTS_STREAMS_RIG_H
#define TESTS_STREAMS_RIG_H

#include "probes/media/streams.h"
#include "probes/stream/coding.h"
#include "probes/stream/pauses.h"
#include "probes/stream/side.h"

#include "harness.h"

enum { RIG_ROOM = 16 };

static struct es_context c;
static struct es_media_table medias;
static struct es_dialogs dialogs;
static struct es_ices ices;
static struct es_streams streams;
static struct es_record rig_last; /* that was emitted, and how many were */
static unsigned rig_records;

static inline void
rig_take(void *ctx, const struct es_record *r)
{
	(void)ctx;
	rig_last = *r;
	rig_records++;
}

static inline es_time
at_ms(int64_t ms)
{
	return es_time_of_ns(1000 * ES_NS_PER_S + ms * ES_NS_PER_MS);
}

static inline struct es_addr
host(uint8_t n, uint16_t port)
{
	return (struct es_addr){ .family = 4, .port = port, .ip = { 10, 0, 0, n } };
}

static inline void
rig_open(void)
{
	memset(&c, 0, sizeof(c));
	memset(&medias, 0, sizeof(medias));
	memset(&dialogs, 0, sizeof(dialogs));
	memset(&ices, 0, sizeof(ices));
	memset(&streams, 0, sizeof(streams));
	rig_records = 0;
	c.sink.record = rig_take;
	c.clock = at_ms(0);
	c.next_serial = 1;
	dialogs.c = ices.c = streams.c = &c;
	ices.media = streams.media = &medias;
	ices.dialogs = streams.dialogs = &dialogs;
	streams.ice = &ices;
	if (es_heap_new(&c.heap, 3 * RIG_ROOM) != 0 || es_media_table_new(&medias, RIG_ROOM) != 0 ||
	    es_dialogs_new(&dialogs, RIG_ROOM) != 0 || es_ices_new(&ices, 2 * RIG_ROOM) != 0 ||
	    es_streams_new(&streams, RIG_ROOM) != 0 || es_side_new(&c, RIG_ROOM) != 0 ||
	    es_places_new(&c.repairs, RIG_ROOM, ES_WINDOW_SEQS / 8) != 0 ||
	    es_places_new(&c.pauses, RIG_ROOM, sizeof(struct es_pauses)) != 0 ||
	    es_places_new(&c.bands, RIG_ROOM, ES_OPINION_MORE * sizeof(struct es_opinion_band)) !=
		0)
		test_fail(__FILE__, __LINE__, "no memory");
}

static inline void
rig_close(void)
{
	es_streams_free(&streams);
	es_side_free(&c);
	es_ices_free(&ices);
	es_dialogs_free(&dialogs);
	es_media_table_free(&medias);
	es_pool_free(&c.checks);
	es_places_free(&c.bands);
	es_places_free(&c.pauses);
	es_places_free(&c.repairs);
	es_heap_free(&c.heap);
}

/* A believed stream that nobody claims; it stands in no table yet. */
static inline struct es_stream_state *
rig_stream(struct es_addr src, struct es_addr dst, uint32_t ssrc)
{
	uint32_t i = es_pool_take(&streams.pool);
	struct es_stream_state *s = es_stream_at(&streams, i);

	s->id.key = (struct es_stream_key){ .src = src, .dst = dst, .ssrc = ssrc };
	s->id.index = i;
	s->id.serial = c.next_serial++;
	s->id.deadline = ES_HEAP_NONE;
	s->id.flow = ES_POOL_NONE;
	s->life = ES_STREAM_OPEN;
	s->owner.call = ES_POOL_NONE;
	s->owner.call_next = ES_POOL_NONE;
	s->owner.media = ES_POOL_NONE;
	es_coding_begin(s);
	s->record.start = s->prev_at = s->last_at = s->highest_at = c.clock;
	return s;
}

/* Speaks PCMU of 20 ms. */
static inline void
rig_speaks(struct es_stream_state *s)
{
	es_coding_payload(&c, s, 0)->packets = 100;
	s->changes.step = 160;
}

/* Came to its path with this number, and has these since. */
static inline void
rig_came(struct es_stream_state *s, es_time at, uint64_t number, uint64_t highest)
{
	s->run_at = at;
	es_side_rare(&c, s)->returned.first = number;
	s->lowest = number;
	s->highest = highest;
	s->highest_at = s->prev_at = s->last_at =
	    es_time_add(at, (int64_t)(highest - number) * 20 * ES_NS_PER_MS);
}

/* A call between two signalling hosts that begins now. */
static inline struct es_dialog *
rig_call(const char *id, struct es_addr src, struct es_addr dst)
{
	struct es_dialog *d =
	    es_dialog_at(&dialogs, es_dialogs_take(&dialogs, es_slice_str(id), &src, c.clock));

	d->invite_src = src;
	d->invite_dst = dst;
	return d;
}

/* An address that a side of a call announced. */
static inline struct es_media *
rig_media(struct es_dialog *d, struct es_addr addr, bool is_caller)
{
	uint32_t i = es_media_table_take(&c, &medias, &addr, &d->invite_src);
	struct es_media *m = es_media_table_at(&medias, i);

	m->call = d->index;
	m->call_next = d->media;
	m->is_caller = is_caller;
	m->expires = es_time_of_ns(INT64_MAX);
	m->generation = ++c.media_generation;
	m->terms = es_terms_new(&medias.terms);
	d->media = i;
	d->n_media++;
	return m;
}

#endif
