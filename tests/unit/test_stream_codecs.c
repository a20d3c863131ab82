/* SPDX-License-Identifier: Apache-2.0 */
/* Which codec a stream, and each block of it, is of; its kind and packet time. */
#include "probes/stream/coding.h"
#include "probes/stream/side.h"

#include "harness.h"

static struct es_context c;
static struct es_stream_state s;

static void
begin(void)
{
	es_side_free(&c);
	memset(&c, 0, sizeof(c));
	memset(&s, 0, sizeof(s));
	if (es_side_new(&c, 1) != 0)
		test_fail(__FILE__, __LINE__, "no memory");
	es_coding_begin(&s);
}

static struct es_stream_payload *
speaks(uint8_t pt, const char *name, uint32_t rate_hz, uint32_t packets)
{
	struct es_stream_payload *p = es_coding_payload(&c, &s, pt);

	if (name != NULL)
		es_payload_of(pt, es_slice_str(name), rate_hz, &p->is);
	p->packets = packets;
	return p;
}

TEST(main_payload_is_of_the_codec_with_most_packets)
{
	struct es_stream_payload *pcmu, *pcma, *again;

	begin();
	CHECK(es_stream_main_payload(&s) == NULL);
	pcmu = speaks(0, NULL, 0, 0);
	CHECK(es_stream_main_payload(&s) == pcmu);
	pcmu->packets = 10;
	pcma = speaks(8, NULL, 0, 10);
	CHECK(es_stream_main_payload(&s) == pcmu); /* of two alike the first */
	pcma->packets = 11;
	CHECK(es_stream_main_payload(&s) == pcma);
	again = speaks(96, "PCMU", 8000, 5); /* by both numbers PCMU has 15 */
	CHECK(es_stream_main_payload(&s) == pcmu);
	again->packets = 10;
	CHECK(es_stream_main_payload(&s) == pcmu);
	again->packets = 11; /* of one codec, the number with most */
	CHECK(es_stream_main_payload(&s) == again);
}

TEST(main_payload_is_media_if_any_is)
{
	struct es_stream_payload *event, *cn, *pcmu;

	begin();
	event = speaks(101, "telephone-event", 8000, 50);
	cn = speaks(13, NULL, 0, 60);
	CHECK(es_stream_main_payload(&s) == cn);
	pcmu = speaks(0, NULL, 0, 1);
	CHECK(es_stream_main_payload(&s) == pcmu);
	begin();
	pcmu = speaks(0, NULL, 0, 1);
	event = speaks(101, "telephone-event", 8000, 50);
	CHECK(es_stream_main_payload(&s) == pcmu);
	CHECK(event != pcmu);
}

TEST(kind_is_of_the_codec_else_of_the_media_line)
{
	static const struct {
		const char *name;
		uint32_t rate_hz;
		enum es_stream_kind kind;
	} rows[] = { { "PCMU", 8000, ES_KIND_AUDIO }, { "telephone-event", 8000, ES_KIND_AUDIO },
		{ "CN", 8000, ES_KIND_AUDIO }, { "H264", 90000, ES_KIND_VIDEO },
		{ "rtx", 90000, ES_KIND_RTX }, { "ulpfec", 90000, ES_KIND_FEC },
		{ "red", 8000, ES_KIND_TEXT }, { "nobody-knows", 8000, ES_KIND_TEXT } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		s.owner.media_kind = ES_KIND_TEXT;
		CHECK_EQ(es_stream_kind(&s), ES_KIND_TEXT);
		(void)speaks(96, rows[i].name, rows[i].rate_hz, 1);
		CHECK_EQ(es_stream_kind(&s), rows[i].kind);
	}
}

TEST(packet_time_is_the_step_in_the_clock_of_the_codec)
{
	begin();
	CHECK_EQ(es_stream_ptime_us(&s), 0);
	(void)speaks(0, NULL, 0, 9);
	CHECK_EQ(es_stream_ptime_us(&s), 20000); /* what the codec is sent with */
	es_steps_add(&s.coding.steps, 240);
	CHECK_EQ(es_stream_ptime_us(&s), 30000);
	s.changes.step = 80;
	CHECK_EQ(es_stream_ptime_us(&s), 10000);
	s.changes.step = 8000;
	CHECK_EQ(es_stream_ptime_us(&s), 1000000);
	s.changes.step = 8001; /* more than a second is no packet time */
	CHECK_EQ(es_stream_ptime_us(&s), 20000);
	s.changes.step = 1;
	CHECK_EQ(es_stream_ptime_us(&s), 125);
	s.coding.audio->is.kind = ES_CODEC_VIDEO;
	CHECK_EQ(es_stream_ptime_us(&s), 0);
	begin();
	(void)speaks(96, "nobody-knows", 0, 9);
	s.changes.step = 160;
	CHECK_EQ(es_stream_ptime_us(&s), 0); /* no clock */
	begin();
	speaks(0, NULL, 0, 9)->step = 480; /* as it was before another codec */
	CHECK_EQ(es_stream_ptime_us(&s), 60000);
}

TEST(packet_time_that_was_divided_before_is_taken_for_its_step_and_clock_alone)
{
	begin();
	(void)speaks(0, NULL, 0, 9);
	s.changes.step = 160;
	s.coding.ptime = (struct es_stream_ptime){ .step = 160, .rate_hz = 8000, .us = 4711 };
	CHECK_EQ(es_stream_ptime_us(&s), 4711);
	s.changes.step = 161;
	CHECK_EQ(es_stream_ptime_us(&s), 20125);
	s.changes.step = 160;
	s.coding.ptime.rate_hz = 16000;
	CHECK_EQ(es_stream_ptime_us(&s), 20000);
	s.coding.ptime = (struct es_stream_ptime){ .rate_hz = 8000, .us = 4711 };
	s.changes.step = 0;
	CHECK_EQ(es_stream_ptime_us(&s), 20000);
}

TEST(packet_time_of_each_codec_is_its_own)
{
	struct es_stream_payload *now, *before, *event;

	begin();
	now = speaks(0, NULL, 0, 9);
	before = speaks(8, NULL, 0, 9);
	event = speaks(101, "telephone-event", 8000, 1);
	s.changes.step = 160;
	before->step = 240;
	before->step_of = 5;
	es_steps_add(&s.coding.steps, 320);
	CHECK_EQ(es_stream_ptime_of(&s, now), 20000);
	CHECK_EQ(es_stream_ptime_of(&s, before), 30000);
	CHECK_EQ(es_stream_ptime_of(&s, event), 0);
	CHECK_EQ(es_stream_step_of(&s, now), 320);
	CHECK_EQ(es_stream_step_of(&s, before), 240);
	CHECK_EQ(es_stream_step_of(&s, event), 320);
	now->step = 480; /* from more packets, when it was spoken before */
	now->step_of = 1;
	CHECK_EQ(es_stream_step_of(&s, now), 320);
	now->step_of = 2;
	CHECK_EQ(es_stream_step_of(&s, now), 480);
	before->is = now->is; /* the same codec under another number */
	before->step_of = 1;
	CHECK_EQ(es_stream_step_of(&s, before), 320);
	CHECK_EQ(es_stream_ptime_of(&s, before), 20000);
}

TEST(codecs_of_two_packets_count_each_once)
{
	struct es_stream_payload *pcmu, *pcma;

	begin();
	CHECK_EQ(es_coding_count(&s), 0);
	pcmu = speaks(0, NULL, 0, 1);
	CHECK_EQ(es_coding_count(&s), 0);
	pcmu->packets = 2;
	CHECK_EQ(es_coding_count(&s), 1);
	pcma = speaks(8, NULL, 0, 1);
	CHECK_EQ(es_coding_count(&s), 1);
	(void)speaks(96, "PCMA", 8000, 1); /* two in all */
	CHECK_EQ(es_coding_count(&s), 2);
	(void)speaks(101, "telephone-event", 8000, 9);
	CHECK_EQ(es_coding_count(&s), 2);
	pcma->packets = 0;
	CHECK_EQ(es_coding_count(&s), 1);
	begin();
	(void)speaks(97, NULL, 0, 9); /* nobody knows its name */
	CHECK_EQ(es_coding_count(&s), 0);
}

/* PCMU up to number 1099, PCMA from there on to `highest`. */
static struct es_stream_payload *
changes_at_1100(struct es_stream_payload **pcmu, uint64_t highest)
{
	struct es_stream_payload *pcma;

	begin();
	*pcmu = speaks(0, NULL, 0, 100);
	pcma = speaks(8, NULL, 0, 100);
	s.lowest = 1024;
	s.oldest = 3;
	s.highest = 1099;
	s.coding.audio = *pcmu;
	s.changes.step = 160;
	es_steps_add(&s.coding.steps, 160);
	es_coding_other(&s, pcma, 1100);
	s.highest = highest;
	return pcma;
}

TEST(codec_that_ends_leaves_its_step_and_its_numbers)
{
	struct es_stream_payload *pcmu, *pcma = changes_at_1100(&pcmu, 1100);

	CHECK(s.coding.audio == pcma);
	CHECK_EQ(s.coding.audio_since, 1100);
	CHECK_EQ(pcmu->step, 160);
	CHECK_EQ(pcmu->step_of, 1);
	CHECK_EQ(es_steps_count(&s.coding.steps), 0);
	CHECK_EQ(s.changes.step, 0);
	CHECK_EQ(s.window.block[0].codec_numbers, 76); /* 1024 .. 1099 */
	CHECK_EQ(s.window.block[0].codec, pcmu->slot);
	CHECK_EQ(s.window.block[1].codec_numbers, 256); /* and all of the one before */
	es_steps_add(&s.coding.steps, 80);
	es_coding_other(&s, pcma, 1110); /* the same again: nothing */
	CHECK_EQ(es_steps_count(&s.coding.steps), 1);
	es_coding_other(&s, speaks(101, "telephone-event", 8000, 1), 1110);
	CHECK(s.coding.audio == pcma);
	es_coding_other(&s, speaks(96, "PCMA", 8000, 1), 1111); /* another number of it */
	CHECK_EQ(s.coding.audio->is.pt, 96);
	CHECK_EQ(s.coding.audio_since, 1100);
	CHECK_EQ(es_steps_count(&s.coding.steps), 1);
}

TEST(block_is_of_the_codec_that_most_of_its_numbers_have)
{
	struct es_stream_payload *pcmu, *pcma;

	pcma = changes_at_1100(&pcmu, 1174);
	CHECK(es_coding_of_block(&s, 1024, 1174) == pcmu); /* 76 against 75 */
	pcma = changes_at_1100(&pcmu, 1175);
	CHECK(es_coding_of_block(&s, 1024, 1175) == pcma); /* as many: who speaks now */
	CHECK(es_coding_of_block(&s, 1024, 1174) == pcmu); /* of that part */
	CHECK(es_coding_of_block(&s, 1100, 1175) == pcma);
	CHECK(es_coding_of_block(&s, 1280, 1300) == pcma);        /* one that is not there yet */
	s.coding.audio = speaks(101, "telephone-event", 8000, 1); /* no audio by now */
	CHECK(es_coding_of_block(&s, 1024, 1279) == es_stream_main_payload(&s));
	begin();
	CHECK(es_coding_of_block(&s, 0, 255) == NULL);
}
