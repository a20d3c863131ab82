/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every kind of message of every golden capture, hurt in every small way, through a whole engine:
 * cut at each length, each bit flipped. What is measured of it is its own business; that the engine
 * stays whole, its records possible and its promises kept is checked here.
 */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

#include <glob.h>
#include <stdlib.h>

enum {
	SAMPLES_MAX = 1024,
	SAMPLE_BYTES_MAX = 4096,
	RTP_SAMPLES_MAX = 3, /* of one capture: one RTP header is like the next */
	TRIES_MS = 1,        /* between two hurt packets */
};

struct sample {
	struct es_packet is;
	size_t capture; /* first sample of its capture */
	uint8_t bytes[SAMPLE_BYTES_MAX];
};

struct samples {
	struct sample *at;
	size_t n;
	size_t first_of_capture;
	unsigned n_rtp;
};

/* The payload of an untagged IPv4 UDP or TCP frame begins about here: enough to distinguish kinds. */
static es_slice
kind_of(const struct es_packet *p)
{
	size_t at = p->link == ES_LINK_ETHERNET ? 42 : 48;
	size_t n = p->cap_bytes > at ? p->cap_bytes - at : 0;

	return es_slice_of(p->data + (n > 0 ? at : 0), n < 14 ? n : 14);
}

static bool
is_known(struct samples *s, const struct es_packet *p)
{
	es_slice kind = kind_of(p);

	if (kind.n >= 2 && kind.p[0] >> 6 == 2 && (kind.p[1] < 192 || kind.p[1] > 223))
		return s->n_rtp++ >= RTP_SAMPLES_MAX;
	if (kind.n >= 2 && kind.p[0] >> 6 == 2)
		kind.n = 2; /* RTCP: one of each type */
	for (size_t i = s->first_of_capture; i < s->n; i++) {
		es_slice other = kind_of(&s->at[i].is);

		if (other.n >= kind.n && memcmp(other.p, kind.p, kind.n) == 0)
			return true;
	}
	return false;
}

static void
collect(void *ctx, const struct es_packet *p)
{
	struct samples *s = ctx;
	struct sample *to = &s->at[s->n];

	if (s->n == SAMPLES_MAX || p->cap_bytes > SAMPLE_BYTES_MAX || is_known(s, p))
		return;
	to->is = *p;
	memcpy(to->bytes, p->data, p->cap_bytes);
	to->is.data = to->bytes;
	to->capture = s->first_of_capture;
	s->n++;
}

/* What must hold of every record, however it came about. */
static void
check_record(void *ctx, const struct es_record *r)
{
	unsigned *wrong = ctx;
	const struct es_interval *i = &r->u.interval;
	const struct es_stream *t = &r->u.stream;

	if (r->type == ES_REC_INTERVAL)
		*wrong += i->expected != i->received + i->lost || i->late > i->received ||
			  i->first_seq > i->last_seq;
	if (r->type == ES_REC_STREAM)
		*wrong += t->lost > t->expected || t->recovered > t->lost ||
			  t->packets < t->expected - t->lost;
	if (r->type == ES_REC_CALL)
		*wrong += r->u.call.n_streams > ES_CALL_STREAMS_MAX;
}

struct hurting {
	struct es_engine *e;
	es_time now;
};

static void
send(struct hurting *h, const struct es_packet *like, const uint8_t *bytes, uint32_t cap,
    uint32_t wire)
{
	struct es_packet p = *like;

	h->now = es_time_add(h->now, TRIES_MS * ES_NS_PER_MS);
	p.ts = h->now;
	p.data = bytes;
	p.cap_bytes = cap;
	p.wire_bytes = wire;
	es_engine_packet(h->e, &p);
}

/* Copies live on the heap at their exact size, so that a sanitizer sees one byte too far. */
static void
hurt(struct hurting *h, const struct sample *s, uint32_t turn)
{
	uint32_t step = test_step(11);
	uint32_t n = s->is.cap_bytes;
	uint8_t *copy = malloc(n);

	memcpy(copy, s->bytes, n);
	send(h, &s->is, copy, n, s->is.wire_bytes);
	for (uint32_t bit = turn % step; bit < n * 8; bit += step) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		send(h, &s->is, copy, n, s->is.wire_bytes);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(copy);
	for (uint32_t cut = turn % step; cut < n; cut += step) {
		uint8_t *part = malloc(cut > 0 ? cut : 1);

		memcpy(part, s->bytes, cut);
		send(h, &s->is, part, cut, s->is.wire_bytes); /* captured that short */
		send(h, &s->is, part, cut, cut);              /* sent that short */
		free(part);
	}
}

/* One capture of each golden call, and each alone where a folder holds different things. */
static void
collect_all(struct samples *s, const char *pattern)
{
	glob_t g;
	size_t folder = 0;

	if (glob(pattern, 0, NULL, &g) != 0)
		return;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		const char *path = g.gl_pathv[i];
		size_t n = (size_t)(strrchr(path, '/') - path);

		if (i > 0 && n == folder && strncmp(path, g.gl_pathv[i - 1], n) == 0 &&
		    strstr(path, "/encap/") == NULL)
			continue;
		folder = n;
		s->first_of_capture = s->n;
		s->n_rtp = 0;
		(void)world_read_pcap(path, collect, s);
	}
	globfree(&g);
}

static void
finish(struct hurting *h)
{
	es_engine_health(h->e, h->now);
	es_engine_flush(h->e);
	es_engine_free(h->e);
}

/* The messages of one capture meet in one engine: a hurt one finds the state a good one left. */
TEST(every_golden_message_may_be_cut_and_flipped)
{
	struct samples s = { .at = calloc(SAMPLES_MAX, sizeof(*s.at)) };
	struct es_config cfg = { .max_streams = 64,
		.max_calls = 32,
		.max_expected = 64,
		.max_tcp = 8,
		.max_fragments = 4 };
	unsigned wrong = 0;
	struct es_sink sink = { check_record, &wrong };
	struct hurting h = { NULL, world_time(0) };

	collect_all(&s, "tests/golden/*/*.pcap.gz");
	CHECK(s.n > 250 && s.n < SAMPLES_MAX);
	for (size_t i = 0; i < s.n; i++) {
		if (s.at[i].capture == i && h.e != NULL)
			finish(&h);
		if (s.at[i].capture == i)
			CHECK_EQ(es_engine_new(&cfg, &sink, &h.e), 0);
		hurt(&h, &s.at[i], (uint32_t)i);
	}
	finish(&h);
	CHECK_EQ(wrong, 0);
	free(s.at);
}
