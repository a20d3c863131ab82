/* SPDX-License-Identifier: Apache-2.0 */
/* What the record of a stream says of quality: its score, or why it has none, bursts, buffer and delay. */
#include "probes/quality/score.h"
#include "probes/stream/pauses.h"

#include "report_rig.h"

TEST(stream_is_unscored_for_the_first_reason_that_holds)
{
	static const struct {
		const char *name;
		uint32_t rate_hz;
		uint8_t media_kind;
		bool is_off;
		enum es_seen seen;
		enum es_unscored why;
	} rows[] = {
		{ "PCMU", 8000, ES_KIND_UNKNOWN, false, ES_SEEN_TRANSIT, ES_UNSCORED_NOT },
		{ "PCMU", 8000, ES_KIND_UNKNOWN, false, ES_SEEN_INGRESS, ES_UNSCORED_NOT },
		{ "PCMU", 8000, ES_KIND_UNKNOWN, false, ES_SEEN_EGRESS, ES_UNSCORED_EGRESS },
		{ "PCMU", 8000, ES_KIND_UNKNOWN, true, ES_SEEN_EGRESS, ES_UNSCORED_CLOCK_MISMATCH },
		{ "BV16", 8000, ES_KIND_UNKNOWN, true, ES_SEEN_EGRESS, ES_UNSCORED_CODEC_UNRATED },
		{ "", 0, ES_KIND_UNKNOWN, true, ES_SEEN_EGRESS, ES_UNSCORED_CODEC_UNKNOWN },
		{ "", 0, ES_KIND_AUDIO, false, ES_SEEN_TRANSIT, ES_UNSCORED_CODEC_UNKNOWN },
		{ "", 0, ES_KIND_VIDEO, false, ES_SEEN_TRANSIT, ES_UNSCORED_NOT_AUDIO },
		{ "new", 8000, ES_KIND_UNKNOWN, false, ES_SEEN_TRANSIT, ES_UNSCORED_CODEC_UNRATED },
		{ "VP8", 90000, ES_KIND_UNKNOWN, true, ES_SEEN_EGRESS, ES_UNSCORED_NOT_AUDIO },
		{ "rtx", 90000, ES_KIND_UNKNOWN, false, ES_SEEN_TRANSIT, ES_UNSCORED_NOT_AUDIO },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_stream r;

		begin();
		es_payload_of(96, es_slice_str(rows[i].name), rows[i].rate_hz, &s->coding.first.is);
		s->owner.media_kind = rows[i].media_kind;
		s->seen = (uint8_t)rows[i].seen;
		if (rows[i].is_off) {
			s->coding.first.pace.off_ms = 30000;
			s->coding.first.pace.off_media_ms = 15000;
		}
		(void)judge(&s->coding.first, 4, PACKETS, 0);
		r = ended();
		CHECK_EQ(r.unscored, rows[i].why);
		CHECK_EQ((r.has & ES_STREAM_HAS_QUALITY) != 0, rows[i].why == ES_UNSCORED_NOT);
		CHECK_EQ((r.has & ES_STREAM_HAS_CLEAN) != 0, rows[i].why == ES_UNSCORED_NOT);
		CHECK_EQ(r.seen, rows[i].seen);
		rig_close();
	}
}

TEST(stream_of_less_than_a_second_is_too_short_to_score_once_it_is_over)
{
	static const struct {
		uint64_t packets;
		enum es_state state;
		bool is_scored;
	} rows[] = { { 49, ES_STATE_COMPLETED, false }, { 50, ES_STATE_COMPLETED, true },
		{ 51, ES_STATE_COMPLETED, true }, { 49, ES_STATE_IN_PROGRESS, true } };
	uint32_t clean = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_stream r;

		begin();
		s->highest = FIRST + rows[i].packets - 1;
		s->distinct = rows[i].packets;
		clean = judge(&s->coding.first, 4, 49, 1).clean_mos_lq_milli;
		r = reported(rows[i].state);
		CHECK_EQ(r.unscored, rows[i].is_scored ? ES_UNSCORED_NOT : ES_UNSCORED_TOO_SHORT);
		CHECK_EQ((r.has & ES_STREAM_HAS_QUALITY) != 0, rows[i].is_scored);
		CHECK_EQ(r.has & ES_STREAM_HAS_CLEAN, ES_STREAM_HAS_CLEAN);
		CHECK_EQ(r.clean_mos_lq_milli, clean);
		rig_close();
	}
	begin(); /* of which nothing was judged */
	CHECK_EQ(ended().unscored, ES_UNSCORED_TOO_SHORT);
	CHECK_EQ(ended().clean_mos_lq_milli, clean);
	rig_close();
}

TEST(stream_is_worth_what_its_blocks_are)
{
	struct es_interval i;
	struct es_stream r;

	begin();
	i = judge(&s->coding.first, 4, 90, 10);
	CHECK_EQ(i.has & (ES_INTERVAL_HAS_QUALITY | ES_INTERVAL_HAS_TERMS | ES_INTERVAL_HAS_CLEAN),
	    ES_INTERVAL_HAS_QUALITY | ES_INTERVAL_HAS_TERMS | ES_INTERVAL_HAS_CLEAN);
	CHECK_EQ(i.has & (ES_INTERVAL_HAS_MOS_CQ | ES_INTERVAL_HAS_ID), 0);
	CHECK(i.mos_lq_milli < i.clean_mos_lq_milli);
	CHECK_EQ(i.band, ES_BAND_NB);
	r = ended();
	CHECK_EQ(r.has & (ES_STREAM_HAS_QUALITY | ES_STREAM_HAS_TERMS | ES_STREAM_HAS_WORST |
			     ES_STREAM_HAS_MOS_P10 | ES_STREAM_HAS_MOS_RECENCY),
	    ES_STREAM_HAS_QUALITY | ES_STREAM_HAS_TERMS | ES_STREAM_HAS_WORST |
		ES_STREAM_HAS_MOS_P10 | ES_STREAM_HAS_MOS_RECENCY);
	CHECK_EQ(r.has & (ES_STREAM_HAS_MOS_CQ | ES_STREAM_HAS_DEVICE), 0);
	CHECK_EQ(r.r_milli, i.r_milli);
	CHECK_EQ(r.mos_lq_milli, i.mos_lq_milli);
	CHECK_EQ(r.ie_eff_milli, i.ie_eff_milli);
	CHECK_EQ(r.ie_burst_milli, i.ie_burst_milli);
	CHECK_EQ(r.ie_discard_milli, i.ie_discard_milli);
	CHECK_EQ(r.burst_relief_milli, i.burst_relief_milli);
	CHECK_EQ(r.clean_mos_lq_milli, i.clean_mos_lq_milli);
	CHECK_EQ(r.mos_p10_milli, i.mos_lq_milli);
	CHECK_EQ(r.worst_mos_lq_milli, i.mos_lq_milli);
	CHECK_EQ(r.worst_block, 4);
	CHECK_EQ(r.basis, i.basis);
	CHECK_EQ(r.band, ES_BAND_NB);
	CHECK_EQ(r.scored_ppm, 0);
	CHECK_SLICE(r.model, es_score_model(es_stream_equipment(s, &s->coding.first)));
	CHECK(r.mos_lq_recency_milli > 0 && r.mos_lq_recency_milli < r.clean_mos_lq_milli);
	(void)judge(&s->coding.first, 5, 80, 20);
	(void)judge(&s->coding.first, 6, 90, 10);
	CHECK_EQ(ended().worst_block, 5);
	rig_close();
}

/* What came too late costs a block as what was lost does, under a name of its own. */
TEST(block_whose_packets_came_too_late_has_a_discard_impairment)
{
	struct es_effective_loss loss;
	struct es_interval i = { .block = 4, .expected = 100 };

	begin();
	es_effective_loss_init(&loss);
	es_effective_loss_add(&loss, ES_FATE_GOOD, 90);
	es_effective_loss_add(&loss, ES_FATE_LATE, 10);
	loss.late = 10;
	es_scored_set_codec(s, &s->coding.first);
	es_scored_block(&c, s, &s->coding.first, &loss, &i);
	CHECK(i.ie_discard_milli > 0);
	CHECK(i.ie_discard_milli <= i.ie_eff_milli);
	CHECK_EQ(judge(&s->coding.first, 5, 90, 10).ie_discard_milli, 0);
	rig_close();
}

TEST(stream_reports_its_last_bad_burst_in_one_band_with_a_packet_time_only)
{
	struct es_stream_payload *wide;
	struct es_stream r;

	begin();
	memset(&s->coding.steps, 0, sizeof(s->coding.steps)); /* its step is not known */
	(void)judge(&s->coding.first, 4, 90, 10);
	r = ended();
	CHECK_EQ(r.has & (ES_STREAM_HAS_MOS_RECENCY | ES_STREAM_HAS_BURST), 0);
	CHECK_EQ(r.has & ES_STREAM_HAS_QUALITY, ES_STREAM_HAS_QUALITY);
	rig_close();
	begin();
	wide = es_coding_payload(&c, s, 9);
	wide->packets = 300;
	s->coding.audio = s->coding.now = wide;
	(void)judge(es_stream_payload_at(s, 0), 4, 90, 10);
	(void)judge(wide, 5, 270, 30);
	r = ended();
	CHECK_SLICE(r.codec, "G722");
	CHECK_EQ(r.band, ES_BAND_WB);
	CHECK_NEAR(r.scored_ppm, 750000, 2);
	CHECK_EQ(r.has & ES_STREAM_HAS_MOS_RECENCY, 0);
	CHECK_EQ(r.worst_block, 5);
	rig_close();
}

TEST(stream_of_small_blocks_has_no_tenth_percentile)
{
	begin();
	(void)judge(&s->coding.first, 4, 63, 0);
	CHECK_EQ(ended().has & (ES_STREAM_HAS_MOS_P10 | ES_STREAM_HAS_WORST), ES_STREAM_HAS_WORST);
	rig_close();
	begin();
	(void)judge(&s->coding.first, 4, 64, 0);
	CHECK_EQ(ended().has & ES_STREAM_HAS_MOS_P10, ES_STREAM_HAS_MOS_P10);
	rig_close();
	begin(); /* of the window that is open: no block was scored */
	es_effective_loss_add(&s->quality.opinion.open, ES_FATE_GOOD, 100);
	CHECK_EQ(
	    ended().has & (ES_STREAM_HAS_QUALITY | ES_STREAM_HAS_MOS_P10 | ES_STREAM_HAS_WORST),
	    ES_STREAM_HAS_QUALITY);
	rig_close();
}

TEST(stream_bursts_are_of_all_that_was_judged)
{
	struct es_stream r;

	begin();
	CHECK_EQ(ended().has & ES_STREAM_HAS_BURST, 0);
	s->quality.clean = PACKETS;
	r = ended();
	CHECK_EQ(r.has & ES_STREAM_HAS_BURST, ES_STREAM_HAS_BURST);
	CHECK_EQ(r.burst_density_ppm, 0);
	CHECK_EQ(r.burst_length_us, 0);
	CHECK_EQ(r.gap_density_ppm, 0);
	CHECK_EQ(r.gap_length_us, PACKETS * 20000);
	es_burst_run(&es_side_damage(&c, s)->burst, true, 4);
	es_burst_run(&s->side.damage->burst, false, 100);
	es_burst_run(&s->side.damage->burst, true, 1);
	es_burst_run(&s->side.damage->burst, false, 95);
	r = ended();
	CHECK_EQ(r.burst_density_ppm, 1000000);
	CHECK_EQ(r.burst_length_us, 4 * 20000);
	CHECK_EQ(r.gap_density_ppm, (1000000 + 148) / 296);
	CHECK_EQ(r.gap_length_us, (100 + 196) / 2 * 20000);
	rig_close();
}

TEST(stream_reports_what_its_receiver_concealed)
{
	struct es_stream r;

	begin();
	s->receiver.dejitter.depth_us = 60999;
	s->receiver.dejitter.moves = 7;
	s->receiver.by = ES_RECEIVER_BY_END;
	(void)judge(&s->coding.first, 4, 90, 4);
	(void)judge(&s->coding.first, 4, 5, 1);
	s->side.damage->frozen.times = 3;
	s->side.damage->effective.frozen = 6;
	CHECK_EQ(ended().has & (ES_STREAM_HAS_CONCEALMENT | ES_STREAM_HAS_PAUSES), 0);
	s->has_late = true;
	r = ended();
	CHECK_EQ(
	    r.has & (ES_STREAM_HAS_CONCEALMENT | ES_STREAM_HAS_PAUSES), ES_STREAM_HAS_CONCEALMENT);
	CHECK_EQ(r.concealed_packets, 5);
	CHECK_EQ(r.concealed_runs, 2);
	CHECK_EQ(r.burst_ratio_milli, 2375); /* 2.5 x 0.95 */
	CHECK_EQ(r.freezes, 3);
	CHECK_EQ(r.frozen_us, 6 * 20000);
	CHECK_EQ(r.buffer_moves, 7);
	CHECK_EQ(r.receiver_ms, 60);
	CHECK_EQ(r.receiver_by, ES_RECEIVER_BY_END);
	es_pauses_level(&c, s, FIRST, 20);
	s->side.pauses->packets = 12;
	CHECK_EQ(ended().has & ES_STREAM_HAS_PAUSES, ES_STREAM_HAS_PAUSES);
	CHECK_EQ(ended().quiet_packets, 12);
	es_pauses_drop(&c, s);
	rig_close();
	begin();
	s->has_late = true; /* nothing was expected of it */
	CHECK_EQ(ended().has & ES_STREAM_HAS_CONCEALMENT, 0);
	s->quality.clean = 1;
	CHECK_EQ(ended().has & ES_STREAM_HAS_CONCEALMENT, ES_STREAM_HAS_CONCEALMENT);
	CHECK_EQ(ended().burst_ratio_milli, 1000);
	rig_close();
}

/* 400 ms there and back; the ends add a packet and the buffer. */
TEST(stream_reports_the_way_from_mouth_to_ear)
{
	struct es_interval i;
	struct es_stream r;

	begin();
	s->receiver.dejitter.started = true;
	s->receiver.dejitter.depth_us = 60000;
	i = judge(&s->coding.first, 4, 100, 0);
	CHECK_EQ(i.has & ES_INTERVAL_HAS_MOS_CQ, 0);
	r = ended();
	CHECK_EQ(r.has & (ES_STREAM_HAS_DEVICE | ES_STREAM_HAS_MOS_CQ), ES_STREAM_HAS_DEVICE);
	CHECK_EQ(r.device_us, 20000 + es_dejitter_depth_us(&s->receiver.dejitter));
	es_delay_path_note(&s->quality.path, ES_DELAY_PATH_WHOLE, 400000);
	i = judge(&s->coding.first, 5, 100, 0);
	CHECK_EQ(i.has & (ES_INTERVAL_HAS_MOS_CQ | ES_INTERVAL_HAS_ID),
	    ES_INTERVAL_HAS_MOS_CQ | ES_INTERVAL_HAS_ID);
	CHECK_EQ(s->quality.path.packets, 100);
	CHECK_EQ(s->quality.path.device_packets, 200);
	r = ended();
	CHECK_EQ(r.has & ES_STREAM_HAS_MOS_CQ, ES_STREAM_HAS_MOS_CQ);
	CHECK_EQ(r.mouth_to_ear_us, 200000 + r.device_us);
	CHECK_EQ(r.id_milli, i.id_milli);
	CHECK_EQ(r.mos_cq_milli, i.mos_cq_milli);
	CHECK(r.id_milli > 0 && r.mos_cq_milli < r.mos_lq_milli);
	rig_close();
}

/* A codec's lookahead is of the way; before the first packet was played nothing is reported. */
TEST(stream_whose_ends_are_not_known_reports_no_delay_path)
{
	static const struct {
		const char *name;
		bool is_started;
		uint32_t lookahead_us; /* 1: nothing is reported */
	} rows[] = { { "PCMU", true, 0 }, { "PCMU", false, 1 }, { "G729", true, 5000 },
		{ "iLBC", true, 10000 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_reported = rows[i].lookahead_us != 1;

		begin();
		es_payload_of(96, es_slice_str(rows[i].name), 8000, &s->coding.first.is);
		s->receiver.dejitter.depth_us = 60000;
		s->receiver.dejitter.started = rows[i].is_started;
		(void)judge(&s->coding.first, 4, 100, 0);
		CHECK_EQ((ended().has & ES_STREAM_HAS_DEVICE) != 0, is_reported);
		CHECK_EQ(ended().device_us,
		    is_reported
			? 20000 + rows[i].lookahead_us + es_dejitter_depth_us(&s->receiver.dejitter)
			: 0);
		rig_close();
	}
}
