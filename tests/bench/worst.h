/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays hostile packets into an engine and keeps what each one cost. A play is run several times with
 * a fresh engine; of each packet the smallest time counts, so that a busy machine does not show.
 */
#ifndef TESTS_BENCH_WORST_H
#define TESTS_BENCH_WORST_H

#include "earshot/engine.h"
#include "probes/base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WORST_ROUNDS = 5, WORST_PACKETS_MAX = 400000, WORST_FRAME_MAX = 65535 };

struct worst {
	struct es_engine *e;
	struct es_hash_key key; /* of the engine: what no attacker has */
	es_time now;
	uint32_t *ns; /* of each packet */
	size_t n;
	unsigned round;
	uint8_t frame[WORST_FRAME_MAX];
};

static inline void
worst_put(uint8_t *at, unsigned n_bytes, uint64_t v)
{
	while (n_bytes-- > 0) {
		at[n_bytes] = (uint8_t)v;
		v >>= 8;
	}
}

/* Hands over n bytes of w->frame, sent us microseconds after the packet before. */
static inline void
worst_send(struct worst *w, uint16_t link, size_t n, int64_t us)
{
	struct timespec a, b;
	struct es_packet p = { .link = link };
	int64_t ns;

	w->now = es_time_add(w->now, us * ES_NS_PER_US);
	p.ts = w->now;
	p.data = w->frame;
	p.cap_bytes = (uint32_t)n;
	p.wire_bytes = (uint32_t)n;
	clock_gettime(CLOCK_MONOTONIC, &a);
	es_engine_packet(w->e, &p);
	clock_gettime(CLOCK_MONOTONIC, &b);
	if (w->n == WORST_PACKETS_MAX)
		return;
	ns = (b.tv_sec - a.tv_sec) * ES_NS_PER_S + (b.tv_nsec - a.tv_nsec);
	if (w->round == 0 || ns < w->ns[w->n])
		w->ns[w->n] = (uint32_t)ns;
	w->n++;
}

/* An IPv4 header over n bytes at w->frame + 20. proto 17 or 6. */
static inline void
worst_ip(struct worst *w, uint8_t proto, uint32_t src, uint32_t dst, size_t n)
{
	memset(w->frame, 0, 20);
	w->frame[0] = 0x45;
	worst_put(w->frame + 2, 2, 20 + n);
	w->frame[8] = 64;
	w->frame[9] = proto;
	worst_put(w->frame + 12, 4, src);
	worst_put(w->frame + 16, 4, dst);
}

/* UDP over n bytes at w->frame + 28, raw IPv4. */
static inline void
worst_udp(struct worst *w, uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport, size_t n,
    int64_t us)
{
	worst_ip(w, 17, src, dst, 8 + n);
	worst_put(w->frame + 20, 2, sport);
	worst_put(w->frame + 22, 2, dport);
	worst_put(w->frame + 24, 4, (8 + n) << 16);
	worst_send(w, ES_LINK_RAW, 28 + n, us);
}

static inline void
worst_rtp(struct worst *w, uint32_t src, uint16_t sport, uint32_t ssrc, uint16_t seq, uint32_t ts,
    int64_t us)
{
	uint8_t *p = w->frame + 28;

	p[0] = 0x80;
	p[1] = 0;
	worst_put(p + 2, 2, seq);
	worst_put(p + 4, 4, ts);
	worst_put(p + 8, 4, ssrc);
	memset(p + 12, 0xd5, 160);
	worst_udp(w, src, sport, 0x0a000001, 4000, 172, us);
}

/* A text of n bytes at w->frame + 28 is the caller's; this sends it. */
static inline char *
worst_text(struct worst *w)
{
	return (char *)w->frame + 28;
}

static inline uint64_t
worst_tuple_hash(const struct worst *w, uint32_t src, uint16_t sport)
{
	struct es_addr a = { .family = 4, .port = sport };
	struct es_addr b = { .family = 4, .port = 4000 };

	worst_put(a.ip, 4, src);
	worst_put(b.ip, 4, 0x0a000001);
	return es_hash_pair(&w->key, &a, &b);
}

struct worst_play {
	const char *name;
	void (*play)(struct worst *w);
};

static inline void
worst_drop_record(void *ctx, const struct es_record *r)
{
	uint64_t *n = ctx;

	(void)r; /* only how many */
	(*n)++;
}

static inline int
worst_run(struct worst *w, const struct worst_play *play, const struct es_config *cfg)
{
	uint64_t records = 0;
	struct es_sink sink = { worst_drop_record, &records };
	uint64_t sum = 0;
	uint32_t worst = 0;

	w->key = es_hash_key_of(cfg->hash_key);
	for (w->round = 0; w->round < WORST_ROUNDS; w->round++) {
		records = 0;
		w->n = 0;
		w->now = es_time_of_ns(INT64_C(1767225600) * ES_NS_PER_S);
		if (es_engine_new(cfg, &sink, &w->e) != 0)
			return 1;
		play->play(w);
		es_engine_free(w->e);
	}
	for (size_t i = 0; i < w->n; i++) {
		sum += w->ns[i];
		worst = w->ns[i] > worst ? w->ns[i] : worst;
	}
	printf("worst %-18s %7zu packets %8llu records   mean %7.2f us   dearest %8.2f us%s\n",
	    play->name, w->n, (unsigned long long)records,
	    w->n > 0 ? (double)sum / 1e3 / (double)w->n : 0, worst / 1e3,
	    worst > 1000000 ? "   ABOVE 1 ms" : "");
	return 0;
}

/* Of the plays that one named, or all. */
static inline int
worst_main(const char *only, const struct worst_play *plays, size_t n, const struct es_config *cfg)
{
	struct worst *w = calloc(1, sizeof(*w));
	int err = 0;

	if (w == NULL || (w->ns = calloc(WORST_PACKETS_MAX, sizeof(*w->ns))) == NULL)
		return 1;
	for (size_t i = 0; i < n && err == 0; i++)
		if (only == NULL || strcmp(only, plays[i].name) == 0)
			err = worst_run(w, &plays[i], cfg);
	free(w->ns);
	free(w);
	return err;
}

#endif
