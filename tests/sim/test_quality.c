/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for the score of any stream, whatever the network did: packets through the engine. */
#include "tests/sim/parties.h"

#include <stdlib.h>

enum { PACKETS = 700, FIRST = 3, LAST = PACKETS - 3, GONE_MS = -1, STEPS = 16 };

/* A codec in use, by its payload type in the description below. */
static const struct use {
	uint8_t pt;
	uint16_t step; /* of the timestamp in 20 ms */
} uses[] = { { 0, 160 }, { 3, 160 }, { 4, 160 }, { 9, 160 }, { 18, 160 }, { 96, 160 }, { 97, 320 },
	{ 98, 960 }, { 99, 960 }, { 100, 960 } };

enum { N_USES = sizeof(uses) / sizeof(uses[0]) };

static const char lines[] =
    "a=rtpmap:96 AMR/8000\r\na=rtpmap:97 AMR-WB/16000\r\na=rtpmap:98 opus/48000/2\r\n"
    "a=rtpmap:99 opus/48000/2\r\na=fmtp:99 maxplaybackrate=16000;useinbandfec=1\r\n"
    "a=rtpmap:100 opus/48000/2\r\na=fmtp:100 maxplaybackrate=8000\r\n";

/* What the network does to each packet: milliseconds later, or GONE_MS. */
struct network {
	int delay_ms[PACKETS];
};

struct sent {
	int at_ms;
	int i;
};

static int
by_arrival(const void *a, const void *b)
{
	const struct sent *x = a;
	const struct sent *y = b;

	return x->at_ms != y->at_ms ? x->at_ms - y->at_ms : x->i - y->i;
}

static void
call_up(uint32_t depth_ms)
{
	static const char types[] = "0 3 4 9 18 96 97 98 99 100";

	world_init(&w);
	w.cfg.max_streams = 16;
	w.cfg.max_calls = 16;
	w.cfg.max_expected = 16;
	w.cfg.max_tcp = 4;
	w.cfg.max_registrations = 4;
	w.cfg.max_fragments = 4;
	w.cfg.max_recent = 16;
	if (depth_ms != 0) {
		w.cfg.receiver = ES_RECEIVER_FIXED;
		w.cfg.receiver_ms = depth_ms;
	}
	world_start(&w);
	world_sdp(sdp_a, ALICE, A_PORT, types, lines);
	world_sdp(sdp_b, BOB, B_PORT, types, lines);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(100, true, "200 OK", "INVITE", 1, sdp_b);
	request(110, true, "ACK", 1, "tb", NULL);
}

/* The stream of one codec behind such a network; the world stays up. depth_ms 0: adaptive. */
static const struct es_stream *
hear(const struct use *u, uint32_t depth_ms, const struct network *net)
{
	struct world_rtp r = to_bob();
	struct sent sent[PACKETS];
	int n = 0;

	call_up(depth_ms);
	r.pt = u->pt;
	for (int i = 0; i < PACKETS; i++)
		if (net->delay_ms[i] != GONE_MS)
			sent[n++] = (struct sent){ 20 * i + net->delay_ms[i], i };
	qsort(sent, (size_t)n, sizeof(sent[0]), by_arrival);
	for (int k = 0; k < n; k++) {
		r.seq = (uint16_t)(65000 + sent[k].i); /* wraps on the way */
		r.ts = (uint32_t)sent[k].i * u->step;
		world_send_rtp(&w, 200 + sent[k].at_ms, &r);
	}
	world_flush(&w);
	return world_stream(&w, r.ssrc, 0);
}

static int
mos_of(const struct use *u, uint32_t depth_ms, const struct network *net)
{
	const struct es_stream *s = hear(u, depth_ms, net);
	int mos = s != NULL && (s->has & ES_STREAM_HAS_QUALITY) ? (int)s->mos_lq_milli : -1;

	world_done(&w);
	return mos;
}

/* Somewhere in the midst, or next to the last place: lone ones and runs mix. */
static int
next_place(uint64_t *seed, int last)
{
	if (last > FIRST && last + 1 < LAST && test_random(seed) % 2 == 0)
		return last + 1;
	return FIRST + (int)(test_random(seed) % (LAST - FIRST));
}

TEST(quality_never_rises_with_one_more_lost_packet)
{
	uint64_t seed = 4;

	for (unsigned k = 0; k < 2 * N_USES; k += test_step(3)) {
		const struct use *u = &uses[k % N_USES];
		uint32_t depth_ms = k < N_USES ? 60 : 0;
		struct network net = { { 0 } };
		int before = mos_of(u, depth_ms, &net);
		int at = 0;

		CHECK(before > 1000);
		for (int step = 0; step < STEPS; step++) {
			int now;

			for (int n = 0; n <= step / 2; n++) {
				at = next_place(&seed, at);
				net.delay_ms[at] = GONE_MS;
			}
			now = mos_of(u, depth_ms, &net);
			CHECK(now >= 1000 && now <= before);
			before = now;
		}
	}
}

TEST(quality_never_rises_with_lateness_at_a_fixed_receiver)
{
	uint64_t seed = 8;

	for (unsigned k = 0; k < N_USES; k++) {
		struct network net = { { 0 } };
		int before = mos_of(&uses[k], 60, &net);
		int clean = before;
		int at = 0;

		for (int step = 0; step < STEPS; step++) {
			int now;

			for (int n = 0; n < 4; n++) {
				at = next_place(&seed, at);
				net.delay_ms[at] += (int)(test_random(&seed) % 90);
			}
			now = mos_of(&uses[k], 60, &net);
			CHECK(now >= 1000 && now <= before);
			before = now;
		}
		CHECK(before < clean);
	}
}

TEST(quality_is_the_same_for_reordering_within_the_buffer)
{
	uint64_t seed = 15;

	for (unsigned k = 0; k < 2 * N_USES; k++) {
		const struct use *u = &uses[k % N_USES];
		uint32_t depth_ms = k < N_USES ? 60 : 0;
		struct network net = { { 0 } };
		struct es_stream swapped, in_order;

		for (int i = FIRST; i < LAST; i++)
			net.delay_ms[i] = test_random(&seed) % 25 == 0 ? GONE_MS : 0;
		in_order = *hear(u, depth_ms, &net);
		world_done(&w);
		for (int i = FIRST; i + 1 < LAST; i += 2)
			if (net.delay_ms[i] == 0 && test_random(&seed) % 3 == 0)
				net.delay_ms[i] = 25; /* behind the next one */
		swapped = *hear(u, depth_ms, &net);
		world_done(&w);
		CHECK(swapped.reordered > 50);
		CHECK_EQ(swapped.concealed_packets, in_order.concealed_packets);
		CHECK_EQ(swapped.concealed_runs, in_order.concealed_runs);
		CHECK_EQ(swapped.freezes + swapped.buffer_moves, 0);
		CHECK_EQ(swapped.mos_lq_milli, in_order.mos_lq_milli);
		CHECK_EQ(swapped.mos_p10_milli, in_order.mos_p10_milli);
		CHECK_EQ(swapped.worst_mos_lq_milli, in_order.worst_mos_lq_milli);
	}
}

static void
check_in_range(const struct es_stream *s)
{
	const unsigned rounded = 2; /* R and MOS, a thousandth each */

	CHECK(s != NULL && (s->has & ES_STREAM_HAS_QUALITY) != 0);
	CHECK(s->r_milli >= 0 && s->r_milli <= 148000);
	CHECK(s->mos_lq_milli >= 1000 && s->mos_lq_milli <= s->clean_mos_lq_milli);
	CHECK(s->clean_mos_lq_milli <= 4500);
	CHECK(s->worst_mos_lq_milli >= 1000);
	CHECK(s->worst_mos_lq_milli <= s->mos_lq_milli + rounded);
	if (s->has & ES_STREAM_HAS_MOS_P10)
		CHECK(s->worst_mos_lq_milli <= s->mos_p10_milli + rounded &&
		      s->mos_p10_milli <= s->clean_mos_lq_milli);
	CHECK(s->concealed_runs <= s->concealed_packets && s->concealed_packets <= s->expected);
	CHECK(s->burst_ratio_milli >= 1000);
}

/* Any loss up to all but a few, delays up to 2 s, holds that let go at once. */
TEST(quality_is_in_range_whatever_the_network_does)
{
	uint64_t seed = 16;

	for (int round = 0; round < 60; round++) {
		struct network net = { { 0 } };
		unsigned loss = test_random(&seed) % 100;
		unsigned delay_ms = 1 + test_random(&seed) % (1u << test_random(&seed) % 12);
		int hold = FIRST + (int)(test_random(&seed) % (LAST - FIRST - 100));

		for (int i = 0; i < PACKETS; i++)
			net.delay_ms[i] = i >= FIRST && i < LAST && test_random(&seed) % 100 < loss
					      ? GONE_MS
					      : (int)(test_random(&seed) % delay_ms);
		for (int i = 0; i < 100; i++)
			if (net.delay_ms[hold + i] != GONE_MS)
				net.delay_ms[hold + i] += 2000 - 20 * i;
		check_in_range(hear(&uses[round % N_USES], round % 3 == 0 ? 60 : 0, &net));
		world_done(&w);
	}
}

/* Of the same packets, gone or half a second late: the same whole but for the buffer, other parts. */
TEST(quality_terms_distinguish_loss_from_lateness)
{
	for (unsigned k = 0; k < N_USES; k++) {
		static const int fates_ms[2] = { GONE_MS, 500 };
		struct es_stream reported[2];

		for (unsigned i = 0; i < 2; i++) {
			struct network net = { { 0 } };
			const struct es_stream *s;

			for (int at = FIRST; at < LAST - 40; at++)
				net.delay_ms[at] = at % 60 < 3 ? fates_ms[i] : 0;
			s = hear(&uses[k], 60, &net);
			CHECK(s != NULL && (s->has & ES_STREAM_HAS_TERMS) != 0);
			CHECK_EQ((i == 0 ? s->lost : s->late), s->concealed_packets);
			reported[i] = *s;
			world_done(&w);
		}
		CHECK_EQ(reported[0].concealed_packets, reported[1].concealed_packets);
		CHECK_EQ(reported[0].ie_discard_milli, 0);
		CHECK(reported[1].ie_discard_milli > 2000);
		CHECK(reported[0].ie_burst_milli == 0 || reported[0].band == ES_BAND_NB);
		CHECK(reported[0].ie_burst_milli > 0 || uses[k].pt != 0);
		CHECK((reported[0].burst_relief_milli > 0) == (reported[0].band == ES_BAND_WB));
	}
}

/* Blocks of a clean stream say of themselves what the stream says. */
static void
check_blocks_like(const struct es_stream *s)
{
	unsigned n = world_count(&w, ES_REC_INTERVAL);

	CHECK(n > 0);
	for (unsigned i = 0; i < n; i++) {
		const struct es_interval *b = &world_nth(&w, ES_REC_INTERVAL, i)->u.interval;
		char version[16];

		CHECK_EQ(b->has & ES_INTERVAL_HAS_TERMS, ES_INTERVAL_HAS_TERMS);
		CHECK_EQ(b->band, s->band);
		CHECK_EQ(b->basis, s->basis);
		CHECK_EQ(b->ie_eff_milli, s->ie_eff_milli);
		CHECK_EQ(b->ie_discard_milli + b->ie_burst_milli + b->burst_relief_milli, 0);
		(void)snprintf(version, sizeof(version), "/%u", b->model_version);
		CHECK(strstr((const char *)s->model.p, version) != NULL);
		CHECK_EQ(b->has & ES_INTERVAL_HAS_ID, 0);
	}
}

/* Each codec chooses the model of its band, and never another's constants. */
TEST(quality_names_band_model_and_basis)
{
	static const struct {
		enum es_band band;
		enum es_mos_basis basis;
		const char *model;
	} want[N_USES] = {
		{ ES_BAND_NB, ES_BASIS_DERIVED, "es-nb/3" },
		{ ES_BAND_NB, ES_BASIS_DERIVED, "es-nb/3" },
		{ ES_BAND_NB, ES_BASIS_PLACEHOLDER, "es-nb/3" }, /* 160 bytes: as 5.3 kbit/s */
		{ ES_BAND_WB, ES_BASIS_DERIVED, "es-wb/2" },
		{ ES_BAND_NB, ES_BASIS_DERIVED, "es-nb/3" },
		{ ES_BAND_NB, ES_BASIS_DERIVED, "es-nb/3" },
		{ ES_BAND_WB, ES_BASIS_DERIVED, "es-wb/2" },
		{ ES_BAND_FB, ES_BASIS_PLACEHOLDER, "es-fb/1" },
		{ ES_BAND_WB, ES_BASIS_DERIVED, "es-wb/2" },
		{ ES_BAND_NB, ES_BASIS_DERIVED, "es-nb/3" },
	};
	struct network net = { { 0 } };

	for (unsigned k = 0; k < N_USES; k++) {
		const struct es_stream *s = hear(&uses[k], 0, &net);

		CHECK(s != NULL && (s->has & ES_STREAM_HAS_QUALITY) != 0);
		CHECK_EQ(s->band, want[k].band);
		CHECK_EQ(s->basis, want[k].basis);
		CHECK_SLICE(s->model, want[k].model);
		CHECK_EQ(s->mos_lq_milli, s->clean_mos_lq_milli);
		CHECK_EQ(s->mos_p10_milli, s->clean_mos_lq_milli);
		CHECK((s->has & ES_STREAM_HAS_MOS_CQ) == 0);
		check_blocks_like(s);
		world_done(&w);
	}
}
