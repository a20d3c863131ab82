/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The law of time (docs/ARCHITECTURE.md): whatever the ticks, the batches and the key of the hash, the records
 * are the same, byte for byte.
 */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

#include <glob.h>
#include <stdlib.h>

enum { PATH_BYTES = 1024 };

struct law {
	struct world w;
	uint64_t rng; /* 0: no ticks */
	es_time last; /* highest time handed over */
};

/* A live source: a tick now and then, never beyond the next packet. */
static void
each(void *ctx, const struct es_packet *p)
{
	struct law *l = ctx;

	while (l->rng != 0 && l->last.ns != 0 && p->ts.ns > l->last.ns &&
	       test_random(&l->rng) % 4 == 0) {
		int64_t room = p->ts.ns - l->last.ns;

		l->last.ns += (int64_t)(test_random(&l->rng) % 1001) * (room / 1000);
		if (l->last.ns > p->ts.ns)
			l->last = p->ts;
		es_engine_advance(l->w.e, l->last);
	}
	es_engine_packet(l->w.e, p);
	l->last = es_time_max(l->last, p->ts);
}

static int
run(struct law *l, const char *path, uint64_t rng, uint8_t key)
{
	int err;

	memset(l, 0, sizeof(*l));
	world_init(&l->w);
	l->w.keep_records = false;
	/* Room enough for any of the captures; a sanitizer pays for what is only reserved. */
	l->w.cfg.max_streams = 1024;
	l->w.cfg.max_calls = 256;
	l->w.cfg.max_expected = 1024;
	l->w.cfg.max_tcp = 32;
	l->w.cfg.max_fragments = 8;
	l->w.cfg.use_payload = true; /* more that could hang on ticks */
	memset(l->w.cfg.hash_key, key, sizeof(l->w.cfg.hash_key));
	world_start(&l->w);
	l->rng = rng;
	err = world_read_pcap(path, each, l);
	world_flush(&l->w);
	return err;
}

static bool
same(const struct law *a, const struct law *b)
{
	return es_slice_eq(
	    es_slice_of(a->w.log, a->w.log_bytes), es_slice_of(b->w.log, b->w.log_bytes));
}

/* Each capture with four seeds, or with one of the four in turn. */
static unsigned
check_all(const char *pattern, size_t *n_files)
{
	unsigned bad = 0;
	glob_t g;

	if (glob(pattern, 0, NULL, &g) != 0)
		return 0;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		static struct law whole, other;

		(void)run(&whole, g.gl_pathv[i], 0, 1);
		*n_files += whole.w.log_bytes > 0;
		for (uint64_t seed = 1 + i % test_step(4); seed <= 4; seed += test_step(4)) {
			(void)run(&other, g.gl_pathv[i], seed, (uint8_t)(seed * 50));
			if (!same(&whole, &other)) {
				printf("%s: seed %u differs\n", g.gl_pathv[i], (unsigned)seed);
				bad++;
			}
			world_done(&other.w);
		}
		world_done(&whole.w);
	}
	globfree(&g);
	return bad;
}

TEST(ticks_and_hash_key_change_nothing_on_live_captures)
{
	char pattern[PATH_BYTES];
	const char *shared = test_shared();
	size_t n = 0;

	if (shared == NULL) {
		test_skip("no shared captures");
		return;
	}
	snprintf(pattern, sizeof(pattern), "%s/corpus/live/*/*.pcap*", shared);
	CHECK_EQ(check_all(pattern, &n), 0);
	CHECK(n > 50);
}

TEST(ticks_and_hash_key_change_nothing_on_foreign_captures)
{
	char pattern[PATH_BYTES];
	const char *shared = test_shared();
	size_t n = 0;

	if (shared == NULL) {
		test_skip("no shared captures");
		return;
	}
	snprintf(pattern, sizeof(pattern), "%s/corpus/real/*.pcap", shared);
	CHECK_EQ(check_all(pattern, &n), 0);
	CHECK(n > 10);
}

TEST(ticks_and_hash_key_change_nothing_on_golden_captures)
{
	size_t n = 0;

	CHECK_EQ(check_all("tests/golden/*/*.pcap.gz", &n), 0);
	CHECK(n > 10);
}

/* Packets of one interface come a little out of order in time; the late ones keep their own. */
TEST(late_packets_keep_their_own_time_whatever_the_ticks)
{
	static struct world w[2];

	for (unsigned k = 0; k < 2; k++) {
		struct world_rtp r = {
			.from = 1, .to = 2, .from_port = 4000, .to_port = 5000, .ssrc = 1, .seq = 5
		};
		uint64_t rng = 5;
		double ms = 0;

		world_init(&w[k]);
		world_start(&w[k]);
		for (unsigned i = 0; i < 3000; i++) {
			bool is_late = test_random(&rng) % 10 == 0 && i > 0;
			double at = is_late ? ms - 15 : ms;

			if (k == 1 && !is_late)
				es_engine_advance(w[k].e, world_time(at));
			world_send_rtp(&w[k], at, &r);
			r.seq++;
			r.ts += 160;
			ms += 20;
		}
		world_flush(&w[k]);
	}
	CHECK_EQ(w[0].log_bytes, w[1].log_bytes);
	CHECK(memcmp(w[0].log, w[1].log, w[0].log_bytes) == 0);
	CHECK_EQ(world_stream(&w[0], 1, 0)->packets, 3000);
	world_done(&w[0]);
	world_done(&w[1]);
}

TEST(packet_behind_a_tick_is_counted_and_measured)
{
	static struct world w;
	struct world_rtp r = { .from = 1, .to = 2, .from_port = 4000, .to_port = 5000, .ssrc = 1 };
	double ms = 0;

	world_init(&w);
	world_start(&w);
	es_engine_advance(w.e, world_time(50));
	world_run_rtp(&w, &ms, &r, 10);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_TICK_OVERTOOK), 3);
	CHECK_EQ(world_stream(&w, 1, 0)->packets, 10);
	CHECK_EQ(world_stream(&w, 1, 0)->start.ns, world_time(0).ns);
	world_done(&w);
}

TEST(flush_lets_records_leave_by_start)
{
	static struct world w;
	es_time last = es_time_of_ns(INT64_MIN);
	size_t before;

	world_init(&w);
	world_start(&w);
	for (uint32_t i = 0; i < 40; i++) {
		struct world_rtp r = { .from = (uint8_t)(40 - i),
			.to = 99,
			.from_port = 4000,
			.to_port = 5000,
			.ssrc = 1000 - i,
			.seq = 5 };
		double ms = i * 7 % 40;

		world_run_rtp(&w, &ms, &r, 5);
	}
	before = w.n_records;
	world_flush(&w);
	for (size_t i = before; i < w.n_records; i++) {
		if (w.records[i]->is.type != ES_REC_STREAM)
			continue;
		CHECK(w.records[i]->is.u.stream.start.ns >= last.ns);
		last = w.records[i]->is.u.stream.start;
	}
	world_done(&w);
}
