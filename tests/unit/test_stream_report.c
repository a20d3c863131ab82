/* SPDX-License-Identifier: Apache-2.0 */
/* What the record of a stream says, and what it leaves out, of a state put together by hand. */
#include "probes/stream/pauses.h"

#include "report_rig.h"

TEST(stream_names_its_codec_and_its_packet_time_rounded)
{
	static const struct {
		uint32_t step, rate_hz, ptime_us;
		bool has_codec, has_ptime;
	} rows[] = {
		{ 160, 8000, 20000, true, true },
		{ 1, 8000, 125, true, true },
		{ 1, 128, 7813, true, true },   /* 7812.5 */
		{ 1, 48000, 21, true, true },   /* 20.8 */
		{ 1, 44100, 23, true, true },   /* 22.7 */
		{ 11, 90000, 122, true, true }, /* 122.2 */
		{ 80000, 8000, 10000000, true, true },
		{ 80001, 8000, 0, true, false },
		{ 160, 0, 0, false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_stream r;

		begin();
		memset(&s->coding.steps, 0, sizeof(s->coding.steps));
		es_steps_add(&s->coding.steps, rows[i].step);
		s->coding.first.is.clock_rate_hz = rows[i].rate_hz;
		r = ended();
		CHECK_SLICE(r.codec, "PCMU");
		CHECK_EQ(r.payload_type, 0);
		CHECK_EQ(r.clock_rate_hz, rows[i].rate_hz);
		CHECK_EQ(r.band, ES_BAND_NB);
		CHECK_EQ((r.has & ES_STREAM_HAS_CODEC) != 0, rows[i].has_codec);
		CHECK_EQ(r.has & ES_STREAM_HAS_STEP, ES_STREAM_HAS_STEP);
		CHECK_EQ(r.rtp_step, rows[i].step);
		CHECK_EQ((r.has & ES_STREAM_HAS_PTIME) != 0, rows[i].has_ptime);
		CHECK_EQ(r.ptime_us, rows[i].ptime_us);
		rig_close();
	}
}

TEST(stream_without_steps_or_a_known_codec_reports_neither)
{
	struct es_stream r;

	begin();
	memset(&s->coding.steps, 0, sizeof(s->coding.steps));
	s->quality.clean = PACKETS;
	r = ended();
	CHECK_EQ(r.has & (ES_STREAM_HAS_STEP | ES_STREAM_HAS_PTIME | ES_STREAM_HAS_BURST), 0);
	CHECK_EQ(r.has & ES_STREAM_HAS_CODEC, ES_STREAM_HAS_CODEC);
	rig_close();
	begin();
	es_payload_of(96, es_slice_of(NULL, 0), 0, &s->coding.first.is);
	r = ended();
	CHECK_EQ(r.has & ES_STREAM_HAS_CODEC, 0);
	CHECK_EQ(r.payload_type, 96);
	CHECK_EQ(r.codec.n, 0);
	CHECK_EQ(r.band, 0);
	rig_close();
	begin();
	s->coding.n_payloads = 0;
	r = ended();
	CHECK_EQ(r.has & (ES_STREAM_HAS_CODEC | ES_STREAM_HAS_STEP), 0);
	CHECK_EQ(r.unscored, ES_UNSCORED_CODEC_UNKNOWN);
	rig_close();
}

TEST(stream_lasts_from_its_first_packet_to_the_last_one_measured)
{
	struct es_stream r;

	begin();
	s->record.start = at_ms(10);
	s->prev_at = at_ms(1234);
	s->last_at = at_ms(5000);
	s->record.first_ts = 4711;
	r = ended();
	CHECK_EQ(r.start.ns, at_ms(10).ns);
	CHECK_EQ(r.duration_us, 1224000);
	CHECK_EQ(r.rtp_ts, 4711);
	CHECK_EQ(r.state, ES_STATE_COMPLETED);
	CHECK_EQ(reported(ES_STATE_IN_PROGRESS).state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(r.key.ssrc, 0xa);
	CHECK(es_addr_eq(&r.key.dst, &s->id.key.dst));
	rig_close();
}

TEST(stream_of_two_packets_has_a_longest_interval)
{
	begin();
	s->delta_max_ns = 20999;
	s->distinct = 1;
	CHECK_EQ(ended().has & ES_STREAM_HAS_DELTA, 0);
	s->distinct = 2;
	CHECK_EQ(ended().has & ES_STREAM_HAS_DELTA, ES_STREAM_HAS_DELTA);
	CHECK_EQ(ended().delta_max_us, 20);
	rig_close();
}

TEST(stream_reports_jitter_variation_and_skew_where_they_are_known)
{
	struct es_stream r;

	begin();
	r = ended();
	CHECK_EQ(
	    r.has & (ES_STREAM_HAS_JITTER | ES_STREAM_HAS_DELAY_VARIATION | ES_STREAM_HAS_SKEW), 0);
	s->clock.jitter = (struct es_jitter){
		.j_ns16 = 16 * 3000000, .max_ns16 = 16 * 5000000, .sum_us = 4000 * 10, .n = 10
	};
	r = ended();
	CHECK_EQ(r.has & ES_STREAM_HAS_JITTER, ES_STREAM_HAS_JITTER);
	CHECK_EQ(r.jitter_last_us, 3000);
	CHECK_EQ(r.jitter_max_us, 5000);
	CHECK_EQ(r.jitter_mean_us, 4000);
	s->clock.variation.count[2] = 100; /* 32 to 48 us */
	r = ended();
	CHECK_EQ(r.has & ES_STREAM_HAS_DELAY_VARIATION, ES_STREAM_HAS_DELAY_VARIATION);
	CHECK_EQ(r.delay_variation.p50_us, 40);
	for (int64_t ms = 0; ms < 20000; ms += 20)
		(void)es_skew_update(&s->clock.skew, at_ms(ms), -ms * 100); /* 100 ppm */
	r = ended();
	CHECK_EQ(r.has & ES_STREAM_HAS_SKEW, ES_STREAM_HAS_SKEW);
	CHECK_NEAR(r.skew_ppb, 100000, 2000);
	rig_close();
}

TEST(stream_counts_its_packets)
{
	struct es_stream r;

	begin();
	s->count = (struct es_stream_count){ .duplicates = 1,
		.capture_duplicates = 2,
		.reordered = 3,
		.stale = 4,
		.late = 5,
		.recovered = 6 };
	s->window.block[0].identical = 10;
	s->window.block[1].identical = 20;
	s->distinct = 90;
	s->elsewhere = 3;
	r = ended();
	CHECK_EQ(r.duplicates, 31);
	CHECK_EQ(r.packets, 121);
	CHECK_EQ(r.expected, 97);
	CHECK_EQ(r.lost, 7);
	CHECK_EQ(r.first_seq, FIRST);
	CHECK_EQ(r.last_seq, FIRST + 99);
	CHECK_EQ(r.capture_duplicates, 2);
	CHECK_EQ(r.reordered, 3);
	CHECK_EQ(r.stale, 4);
	CHECK_EQ(r.late, 5);
	CHECK_EQ(r.recovered, 6);
	CHECK_EQ(r.has & (ES_STREAM_HAS_LATE | ES_STREAM_HAS_RECOVERED), 0);
	s->has_late = true;
	CHECK_EQ(ended().has & (ES_STREAM_HAS_LATE | ES_STREAM_HAS_RECOVERED), ES_STREAM_HAS_LATE);
	s->has_late = false;
	s->side.recovered_at = es_places_take(&c.repairs, s->id.index);
	CHECK_EQ(
	    ended().has & (ES_STREAM_HAS_LATE | ES_STREAM_HAS_RECOVERED), ES_STREAM_HAS_RECOVERED);
	rig_close();
}

TEST(stream_reports_what_its_packets_were_like)
{
	struct es_stream r;

	begin();
	s->record.dscp = 46;
	s->record.ttl = 63;
	s->changes.dscp_last = 8;
	s->changes.dscp_changes = 0;
	s->changes.ttl_min = 62;
	s->changes.ttl_max = 64;
	s->changes.events = 5;
	s->changes.comfort = 6;
	s->changes.silences = 7;
	s->changes.reordered_max = 8;
	r = ended();
	CHECK_EQ(r.has & ES_STREAM_HAS_IP, 0);
	CHECK_EQ(r.ttl, 0);
	CHECK_EQ(r.event_packets, 5);
	CHECK_EQ(r.comfort_noise_packets, 6);
	CHECK_EQ(r.silences, 7);
	CHECK_EQ(r.reordered_max, 8);
	CHECK_EQ(r.findings, 0);
	s->has_ip = true;
	r = ended();
	CHECK_EQ(r.has & ES_STREAM_HAS_IP, ES_STREAM_HAS_IP);
	CHECK_EQ(r.dscp, 46);
	CHECK_EQ(r.ttl, 63);
	CHECK_EQ(r.dscp_last, 8);
	CHECK_EQ(r.ttl_min, 62);
	CHECK_EQ(r.ttl_max, 64);
	s->changes.dscp_changes = 1;
	r = ended();
	CHECK_EQ(r.dscp_changes, 1);
	CHECK_EQ(r.findings, ES_FINDING_REMARKED);
	s->changes.dscp_changes = 0;
	s->changes.has_ptime_changed = true;
	CHECK_EQ(ended().findings, ES_FINDING_PTIME_CHANGED);
	s->changes.has_ptime_changed = false;
	s->id.key.ssrc = 0;
	CHECK_EQ(ended().findings, ES_FINDING_ZERO_SSRC);
	s->id.key.ssrc = 1;
	s->record.findings = ES_FINDING_BYE;
	CHECK_EQ(ended().findings, ES_FINDING_BYE);
	s->record.findings = 0;
	es_coding_payload(&c, s, 8)->packets = 1; /* one packet of another codec is no change yet */
	CHECK_EQ(ended().findings, 0);
	es_coding_payload(&c, s, 8)->packets = 2;
	CHECK_EQ(ended().findings, ES_FINDING_CODEC_CHANGED);
	rig_close();
}

TEST(stream_seen_leaving_its_sender_reports_what_that_did)
{
	struct es_sender *sender;
	struct es_stream r;

	begin();
	sender = es_side_sender(&c, s);
	sender->starvations = 2;
	sender->starved_us = 90000;
	CHECK_EQ(ended().has & ES_STREAM_HAS_SENDER, 0); /* no interval was measured */
	CHECK_EQ(ended().findings, 0);
	sender->count[0] = 100;
	r = ended();
	CHECK_EQ(r.has & ES_STREAM_HAS_SENDER, ES_STREAM_HAS_SENDER);
	CHECK_EQ(r.starvations, 2);
	CHECK_EQ(r.starved_us, 90000);
	CHECK_EQ(r.send_irregularity_us, 243); /* 95 % of the first bin of 256 us */
	CHECK_EQ(r.findings, ES_FINDING_STARVED);
	sender->starvations = 1;
	CHECK_EQ(ended().findings, ES_FINDING_STARVED);
	sender->starvations = 0;
	CHECK_EQ(ended().findings, 0);
	rig_close();
}

TEST(stream_reports_its_runs_of_loss_once_something_was_judged)
{
	struct es_stream r;

	begin();
	es_lossruns_add(&es_side_damage(&c, s)->lost_runs, true, 3);
	es_lossruns_add(&s->side.damage->lost_runs, false, 1);
	es_lossruns_add(&s->side.damage->lost_runs, true, 1);
	es_concealed_add(&s->quality.concealed, true, 3, 20000);
	CHECK_EQ(ended().has & (ES_STREAM_HAS_LOSS_RUNS | ES_STREAM_HAS_CONCEALED), 0);
	CHECK_EQ(ended().loss_run_max, 0);
	s->judged = 1;
	r = ended();
	CHECK_EQ(r.has & (ES_STREAM_HAS_LOSS_RUNS | ES_STREAM_HAS_CONCEALED),
	    ES_STREAM_HAS_LOSS_RUNS | ES_STREAM_HAS_CONCEALED);
	CHECK_EQ(r.loss_run[0], 1);
	CHECK_EQ(r.loss_run[1], 0);
	CHECK_EQ(r.loss_run[2], 1);
	CHECK_EQ(r.loss_run_max, 3);
	CHECK_EQ(r.concealed_s, 1);
	CHECK_EQ(r.severely_concealed_s, 1);
	es_payload_of(96, es_slice_str("MPA"), 90000, &s->coding.first.is);
	s->changes.step = 0;
	memset(&s->coding.steps, 0, sizeof(s->coding.steps)); /* audio, of no packet time */
	r = ended();
	CHECK_EQ(
	    r.has & (ES_STREAM_HAS_LOSS_RUNS | ES_STREAM_HAS_CONCEALED), ES_STREAM_HAS_LOSS_RUNS);
	es_payload_of(96, es_slice_str("VP8"), 90000, &s->coding.first.is);
	CHECK_EQ(ended().has & (ES_STREAM_HAS_LOSS_RUNS | ES_STREAM_HAS_CONCEALED),
	    ES_STREAM_HAS_LOSS_RUNS);
	rig_close();
	begin(); /* nothing of it was lost */
	s->judged = 1;
	r = ended();
	CHECK_EQ(r.has & ES_STREAM_HAS_LOSS_RUNS, ES_STREAM_HAS_LOSS_RUNS);
	CHECK_EQ(r.loss_run_max, 0);
	rig_close();
}

TEST(stream_that_repairs_names_whom)
{
	static const struct {
		const char *name;
		uint32_t rate_hz;
		bool has_repairs, is_reported;
	} rows[] = { { "rtx", 90000, true, true }, { "ulpfec", 90000, true, true },
		{ "VP8", 90000, true, false }, { "rtx", 90000, false, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		es_payload_of(96, es_slice_str(rows[i].name), rows[i].rate_hz, &s->coding.first.is);
		s->owner.has_repairs = rows[i].has_repairs;
		s->owner.repairs_ssrc = 0x1234;
		CHECK_EQ((ended().has & ES_STREAM_HAS_REPAIRS) != 0, rows[i].is_reported);
		CHECK_EQ(ended().repairs_ssrc, rows[i].is_reported ? 0x1234 : 0);
		rig_close();
	}
}

/* RFC 6464: the mean, rounded, below the overload point. */
TEST(stream_reports_its_level_and_its_identification)
{
	static const struct {
		uint64_t sum;
		uint32_t packets, speech;
		int level_dbov;
		uint32_t speech_ppm;
	} rows[] = { { 20, 1, 1, -20, 1000000 }, { 41, 2, 1, -21, 500000 },
		{ 40, 3, 1, -13, 333333 }, { 41, 3, 2, -14, 666666 }, { 254, 2, 0, -127, 0 },
		{ 0, 9, 9, 0, 1000000 } };
	struct es_stream r;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		es_side_rare(&c, s)->levels = (struct es_levels){
			.sum = rows[i].sum, .packets = rows[i].packets, .speech = rows[i].speech
		};
		r = ended();
		CHECK_EQ(r.has & ES_STREAM_HAS_LEVEL, ES_STREAM_HAS_LEVEL);
		CHECK_EQ(r.level_dbov, rows[i].level_dbov);
		CHECK_EQ(r.speech_ppm, rows[i].speech_ppm);
		rig_close();
	}
	begin();
	CHECK_EQ(ended().mid.n, 0);
	es_side_rare(&c, s)->mid_bytes = 2;
	memcpy(s->side.rare->mid, "a1", 2);
	r = ended();
	CHECK_SLICE(r.mid, "a1");
	CHECK_EQ(r.has & ES_STREAM_HAS_LEVEL, 0);
	rig_close();
}

TEST(stream_is_secure_or_not_where_signalling_says_so)
{
	struct es_stream r;

	begin();
	r = ended();
	CHECK(!r.srtp);
	CHECK_EQ(r.has & ES_STREAM_HAS_SRTP, 0);
	CHECK_EQ(r.call_id.n, 0);
	s->has_signalling = true;
	s->is_secure = true;
	s->owner.call = rig_call("call-1", host(ALICE, 5060), host(BOB, 5060))->index;
	r = ended();
	CHECK(r.srtp);
	CHECK_EQ(r.has & ES_STREAM_HAS_SRTP, ES_STREAM_HAS_SRTP);
	CHECK_SLICE(r.call_id, "call-1");
	rig_close();
}

/* Timestamps at twice the rate: what rests on them is left out, what was counted stays. */
TEST(stream_whose_clock_is_off_reports_no_times)
{
	const uint32_t times = ES_STREAM_HAS_PTIME | ES_STREAM_HAS_JITTER |
			       ES_STREAM_HAS_DELAY_VARIATION | ES_STREAM_HAS_BURST |
			       ES_STREAM_HAS_LATE | ES_STREAM_HAS_SKEW | ES_STREAM_HAS_CONCEALED |
			       ES_STREAM_HAS_CONCEALMENT | ES_STREAM_HAS_PAUSES |
			       ES_STREAM_HAS_DEVICE | ES_STREAM_HAS_SENDER;
	const uint32_t counts = ES_STREAM_HAS_CODEC | ES_STREAM_HAS_STEP | ES_STREAM_HAS_DELTA |
				ES_STREAM_HAS_LOSS_RUNS;
	struct es_sender *sender;
	struct es_stream r;

	begin();
	sender = es_side_sender(&c, s);
	sender->starvations = 1;
	sender->count[0] = 100;
	s->changes.has_ptime_changed = true;
	s->changes.dscp_changes = 1;
	s->clock.jitter = (struct es_jitter){ .j_ns16 = 16000, .n = 10 };
	s->clock.variation.count[2] = 100;
	for (int64_t ms = 0; ms < 20000; ms += 20)
		(void)es_skew_update(&s->clock.skew, at_ms(ms), 0);
	s->has_late = true;
	s->judged = 1;
	s->receiver.dejitter.started = true;
	es_pauses_level(&c, s, FIRST, 20);
	(void)judge(&s->coding.first, 4, 100, 0);
	r = ended();
	CHECK_EQ(r.has & times, times);
	CHECK_EQ(r.findings, ES_FINDING_STARVED | ES_FINDING_PTIME_CHANGED | ES_FINDING_REMARKED);
	CHECK_EQ(r.clock_ratio_ppm, 0);
	s->coding.first.pace.off_ms = 15000;
	s->coding.first.pace.off_media_ms = 30000;
	r = ended();
	CHECK_EQ(r.has & times, 0);
	CHECK_EQ(r.has & counts, counts);
	CHECK_EQ(r.findings, ES_FINDING_CLOCK_MISMATCH | ES_FINDING_REMARKED);
	CHECK_EQ(r.clock_ratio_ppm, 2000000);
	es_pauses_drop(&c, s);
	rig_close();
}
