/* SPDX-License-Identifier: Apache-2.0 */
/* The modelled receiver over changes of packet time and codec: what comes on time is never late. */
#include "tests/sim/parties.h"

enum { N_PTIMES = 6, N_CODECS = 4, N_LOSSES = 3, EVENT = 101, COMFORT = 13 };

static const unsigned ptimes[N_PTIMES] = { 120, 60, 40, 20, 10, 5 };
static const struct {
	uint8_t pt;
	uint32_t ticks_per_ms;
} codecs[N_CODECS] = { { 0, 8 }, { 107, 48 }, { 102, 16 }, { 9, 8 } };

enum between { NOTHING, AN_EVENT, COMFORT_NOISE, A_LOSS, N_BETWEEN };

/* What is sent, and what of it must be found. */
static struct world_rtp r;
static double now_ms;
static double jitter_ms;
static uint64_t seed;
static unsigned lost;
static unsigned late;

static void
announce(enum es_receiver receiver)
{
	static const char more[] = "a=rtpmap:107 opus/48000/2\r\na=rtpmap:102 AMR-WB/16000\r\n"
				   "a=rtpmap:101 telephone-event/8000\r\n";

	world_init(&w);
	w.cfg.receiver = receiver;
	w.cfg.receiver_ms = receiver == ES_RECEIVER_FIXED ? 60 : 0;
	w.cfg.max_streams = w.cfg.max_calls = w.cfg.max_expected = w.cfg.max_tcp = 16;
	world_start(&w);
	world_sdp(sdp_a, ALICE, A_PORT, "0 9 107 102 101 13", more);
	world_sdp(sdp_b, BOB, B_PORT, "0 9 107 102 101 13", more);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(100, true, "200 OK", "INVITE", 1, sdp_b);
	r = to_bob();
	now_ms = 1000;
	lost = late = 0;
	jitter_ms = 0;
	seed = 1;
}

static void
send_at(double ms)
{
	world_send_rtp(
	    &w, ms + (jitter_ms > 0 ? test_random(&seed) % 1000 * jitter_ms / 1000 : 0), &r);
}

/* Some seconds of a codec. every_nth: of its packets one is lost, 0: none; n_late come 400 ms late. */
static void
speak(unsigned codec, unsigned ptime_ms, unsigned seconds, unsigned every_nth, unsigned n_late)
{
	unsigned n = seconds * 1000 / ptime_ms;
	unsigned behind = 400 / ptime_ms;
	struct world_rtp held = r;
	unsigned wait = 0;

	r.pt = codecs[codec].pt;
	for (unsigned i = 0; i < n; i++, now_ms += ptime_ms) {
		if (wait > 0 && --wait == 0)
			world_send_rtp(&w, now_ms - 1, &held);
		if (every_nth > 0 && i % every_nth == every_nth / 2) {
			lost++;
		} else if (n_late > 0 && wait == 0 && i > n / 2 && i + behind + 1 < n) {
			held = r;
			wait = behind + 1;
			n_late--;
			late++;
		} else {
			send_at(now_ms);
		}
		r.seq++;
		r.ts += ptime_ms * codecs[codec].ticks_per_ms;
	}
}

static void
come_between(enum between what, unsigned codec, unsigned ptime_ms)
{
	uint32_t per_packet = ptime_ms * codecs[codec].ticks_per_ms;

	switch (what) {
	case AN_EVENT:
		r.pt = EVENT;
		for (unsigned i = 0; i < 8; i++, now_ms += ptime_ms, r.seq++)
			send_at(now_ms);
		r.ts += 8 * per_packet;
		break;
	case COMFORT_NOISE:
		r.pt = COMFORT;
		send_at(now_ms);
		r.seq++;
		r.ts += 900 * codecs[codec].ticks_per_ms;
		now_ms += 900;
		break;
	case A_LOSS:
		r.seq++;
		r.ts += per_packet;
		now_ms += ptime_ms;
		lost++;
		break;
	default:
		break;
	}
}

static void
end(void)
{
	const struct es_stream *s;

	world_flush(&w);
	s = world_stream(&w, 0xa, 0);
	CHECK(s != NULL);
	CHECK_EQ(s->lost, lost);
	CHECK_EQ(s->late, late);
}

/* One change. */
static void
change(enum es_receiver receiver, unsigned from, unsigned to, unsigned a, unsigned b,
    unsigned every_nth, enum between what)
{
	announce(receiver);
	speak(a, ptimes[from], 5, every_nth, 0);
	come_between(what, a, ptimes[from]);
	speak(b, ptimes[to], 6, 0, 0);
	end();
	world_done(&w);
}

/* Every pair of packet times, of codecs, with losses before: packets on time are never late. */
TEST(playout_has_nothing_late_whatever_changes)
{
	static const unsigned losses[N_LOSSES] = { 0, 20, 3 };

	for (unsigned k = 0; k < N_PTIMES * N_PTIMES * N_CODECS * N_CODECS; k += test_step(11)) {
		unsigned from = k % N_PTIMES, to = k / N_PTIMES % N_PTIMES;
		unsigned a = k / N_PTIMES / N_PTIMES % N_CODECS;
		unsigned b = k / N_PTIMES / N_PTIMES / N_CODECS;

		for (unsigned l = 0; l < N_LOSSES; l++) {
			enum between what = (enum between)((k + l) % N_BETWEEN);

			change(ES_RECEIVER_ADAPTIVE, from, to, a, b, losses[l], what);
		}
		change(ES_RECEIVER_FIXED, from, to, a, b, losses[k % N_LOSSES],
		    (enum between)(k % N_BETWEEN));
	}
}

/* A change in a row with another one, back as a rule, within a second. */
TEST(playout_has_nothing_late_over_two_changes_in_a_row)
{
	for (unsigned k = 0; k < N_PTIMES * N_PTIMES * N_PTIMES; k++) {
		unsigned a = k % N_CODECS, b = k / 7 % N_CODECS;

		announce(ES_RECEIVER_ADAPTIVE);
		speak(a, ptimes[k % N_PTIMES], 4, k % 2 * 20, 0);
		speak(b, ptimes[k / N_PTIMES % N_PTIMES], 1, 0, 0);
		speak(a, ptimes[k / N_PTIMES / N_PTIMES], 5, 0, 0);
		end();
		world_done(&w);
	}
}

/* Some milliseconds of jitter are no lateness either, before and behind. */
TEST(playout_bears_jitter_over_a_change)
{
	for (unsigned k = 0; k < N_PTIMES * N_PTIMES; k++) {
		announce(ES_RECEIVER_ADAPTIVE);
		jitter_ms = 4;
		speak(0, ptimes[k % N_PTIMES], 5, 0, 0);
		speak(k % 2, ptimes[k / N_PTIMES], 6, 0, 0);
		end();
		world_done(&w);
	}
}

/* What is late is late: before a change and behind it, by either receiver, to the packet. */
TEST(playout_still_counts_what_is_late_behind_a_change)
{
	for (unsigned k = 0; k < 2 * N_PTIMES * N_PTIMES; k++) {
		unsigned of = k / 2;

		announce(k % 2 == 0 ? ES_RECEIVER_ADAPTIVE : ES_RECEIVER_FIXED);
		speak(of % N_CODECS, ptimes[of % N_PTIMES], 6, 0, 1);
		speak(of / 3 % N_CODECS, ptimes[of / N_PTIMES], 6, 0, 1);
		CHECK_EQ(late, 2);
		end();
		world_done(&w);
	}
}

/* A packet that overtook the first of another length, and one that came behind it, are both in time. */
TEST(playout_has_no_reordered_packet_late_at_a_change)
{
	for (unsigned k = 0; k < N_PTIMES * N_PTIMES; k++) {
		struct world_rtp first;

		announce(ES_RECEIVER_ADAPTIVE);
		speak(0, ptimes[k % N_PTIMES], 5, 0, 0);
		first = r;
		r.seq++;
		r.ts += 8 * ptimes[k / N_PTIMES];
		world_send_rtp(&w, now_ms, &r);
		world_send_rtp(&w, now_ms + 1, &first);
		r.seq++;
		r.ts += 8 * ptimes[k / N_PTIMES];
		now_ms += 2 * ptimes[k / N_PTIMES];
		speak(0, ptimes[k / N_PTIMES], 5, 0, 0);
		end();
		world_done(&w);
	}
}

/*
 * The way grew longer by less than half a packet of 120 ms, and no frame is put in for so little: but
 * after a second nothing may be late any more.
 */
TEST(playout_follows_a_longer_way_whatever_the_packet_time)
{
	for (unsigned k = 0; k < N_PTIMES; k++) {
		const struct es_stream *s;

		announce(ES_RECEIVER_ADAPTIVE);
		speak(0, ptimes[k], 6, 0, 0);
		now_ms += 55;
		speak(0, ptimes[k], 30, 0, 0);
		world_flush(&w);
		s = world_stream(&w, 0xa, 0);
		CHECK_EQ(s->lost, 0);
		CHECK(s->late * ptimes[k] <= 1000);
		world_done(&w);
	}
}

/* ../shared/cases-2: MOS is the clean one or some hundredths less, and the change is said. */
TEST(playout_keeps_the_score_over_ptime_60_to_10)
{
	const struct es_stream *s;

	announce(ES_RECEIVER_ADAPTIVE);
	speak(0, 60, 24, 0, 0);
	speak(0, 10, 6, 0, 0);
	end();
	s = world_stream(&w, 0xa, 0);
	CHECK_NEAR(s->mos_lq_milli, 4268, 26);
	CHECK(s->findings & ES_FINDING_PTIME_CHANGED);
	world_done(&w);
}

/* ../shared/cases-2: five percent of PCMU lost, then perfect opus: its blocks are clean. */
TEST(playout_forgets_the_losses_of_another_codec)
{
	const struct es_record *rec;
	const struct es_stream *s;

	announce(ES_RECEIVER_ADAPTIVE);
	speak(0, 20, 9, 20, 0);
	speak(1, 20, 24, 0, 0);
	end();
	s = world_stream(&w, 0xa, 0);
	CHECK_EQ(s->ptime_us, 20000);
	CHECK_EQ(s->findings & ES_FINDING_PTIME_CHANGED, 0);
	CHECK(s->findings & ES_FINDING_CODEC_CHANGED);
	for (unsigned i = 3; (rec = world_nth(&w, ES_REC_INTERVAL, i)) != NULL; i++) {
		CHECK_EQ(rec->u.interval.band, ES_BAND_FB);
		CHECK_EQ(rec->u.interval.mos_lq_milli, 4423);
	}
	world_done(&w);
}
