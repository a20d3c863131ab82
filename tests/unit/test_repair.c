/* SPDX-License-Identifier: Apache-2.0 */
/* Which lost packets a repair gives back: to the packet, the microsecond and the field. */
#include "probes/media/repair.h"

#include "probes/media/flows.h"
#include "probes/stream/side.h"

#include "streams_rig.h"

enum { ALICE = 1, BOB = 2, HIGHEST = 1000, SSRC = 0xa, REPAIRING = 0xb };

static struct es_stream_state *s; /* Alice's audio to Bob */
static struct es_stream_state *r; /* what repairs it */
static uint8_t payload[64];

static struct es_stream_state *
enter(uint16_t port, uint32_t ssrc, const char *name, uint32_t rate_hz)
{
	struct es_addr src = host(ALICE, port), dst = host(BOB, 5000);
	struct es_stream_state *o = rig_stream(src, dst, ssrc);

	es_flow_enter(&streams, es_flow_take(&streams, &src, &dst), o);
	rig_speaks(o);
	es_payload_of(96, es_slice_str(name), rate_hz, &o->coding.first.is);
	return o;
}

/* 20 ms of PCMU in RED, all of which came but the number before the highest; a buffer of 200 ms. */
static void
begin(void)
{
	rig_open();
	s = enter(4000, SSRC, "PCMU", 8000);
	s->coding.first.is.is_red = true;
	s->highest = HIGHEST;
	s->lowest = HIGHEST - 400;
	s->oldest = (HIGHEST - 300) / ES_BLOCK_SEQS;
	s->judged = HIGHEST - 300;
	s->receiver.dejitter.depth_us = 200000;
	memset(s->window.got, 0xff, sizeof(s->window.got));
}

static void
lose(uint64_t number)
{
	s->window.got[number / 64 % (ES_WINDOW_SEQS / 64)] &= ~(UINT64_C(1) << number % 64);
}

static void
repair_with(struct es_stream_state *by, struct es_rtp *rtp, size_t n)
{
	rtp->pt = by->coding.now->is.pt;
	rtp->payload = es_slice_of(payload, n);
	rtp->payload_bytes = (uint32_t)n;
	es_repair_packet(&streams, by, rtp);
}

static bool
is_back(uint64_t number)
{
	return s->side.recovered_at != NULL && es_window_has(s->side.recovered_at, number);
}

static unsigned
count_back(void)
{
	unsigned n = 0;

	for (unsigned i = 0; s->side.recovered_at != NULL && i < ES_WINDOW_SEQS; i++)
		n += es_window_has(s->side.recovered_at, i);
	return n;
}

/* RFC 2198: redundant blocks of one byte, or none, so many timestamp units before the packet `number`. */
static void
red(uint64_t number, unsigned n, const unsigned *offsets, unsigned bytes)
{
	struct es_rtp rtp = { .seq = (uint16_t)number };
	size_t at = 0;

	for (unsigned i = 0; i < n; i++) {
		payload[at++] = 0x80 | 96;
		payload[at++] = (uint8_t)(offsets[i] >> 6);
		payload[at++] = (uint8_t)(offsets[i] << 2);
		payload[at++] = (uint8_t)bytes;
	}
	payload[at++] = 96;
	repair_with(s, &rtp, at + (size_t)n * bytes + 1);
}

TEST(red_block_stands_for_the_packet_of_its_time_else_of_its_place)
{
	static const struct {
		unsigned offset;
		uint16_t step;
		unsigned back;
	} rows[] = { { 160, 160, 1 }, { 320, 160, 2 }, { 1280, 160, 8 }, { 1440, 160, 1 },
		{ 0, 160, 1 }, { 161, 160, 1 }, { 319, 160, 1 }, { 320, 0, 1 }, { 320, 320, 1 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		s->changes.step = rows[i].step;
		for (unsigned k = 1; k < 10; k++)
			lose(HIGHEST - k);
		red(HIGHEST, 1, &rows[i].offset, 1);
		CHECK(is_back(HIGHEST - rows[i].back));
		CHECK_EQ(count_back(), 1);
		rig_close();
	}
}

TEST(red_of_an_unsteady_step_is_of_its_median)
{
	const unsigned offset = 480;

	begin();
	s->changes.step = 0;
	es_steps_add(&s->coding.steps, 240);
	lose(HIGHEST - 2);
	red(HIGHEST, 1, &offset, 1);
	CHECK(is_back(HIGHEST - 2));
	CHECK_EQ(count_back(), 1);
	rig_close();
}

TEST(red_blocks_without_times_stand_for_the_packets_right_before)
{
	const unsigned offsets[2] = { 0, 0 };

	begin();
	for (unsigned k = 1; k < 5; k++)
		lose(HIGHEST - k);
	red(HIGHEST, 2, offsets, 1);
	CHECK(is_back(HIGHEST - 1));
	CHECK(is_back(HIGHEST - 2));
	CHECK_EQ(count_back(), 2);
	rig_close();
}

TEST(red_that_gives_nothing_back_says_so)
{
	const unsigned offset = 160;

	begin();
	lose(HIGHEST - 1);
	red(HIGHEST, 1, &offset, 0); /* an empty block */
	CHECK(s->side.recovered_at != NULL);
	CHECK_EQ(count_back(), 0);
	red(HIGHEST, 0, NULL, 0);
	CHECK_EQ(count_back(), 0);
	rig_close();
	begin();
	red(HIGHEST, 1, &offset, 1); /* of a packet that came */
	CHECK(s->side.recovered_at != NULL);
	CHECK_EQ(count_back(), 0);
	es_repair_drop(&c, s);
	CHECK(s->side.recovered_at == NULL);
	CHECK_EQ(c.repairs.pool.n_used, 0);
	rig_close();
	begin(); /* it cannot be read */
	payload[0] = 0x80;
	repair_with(s, &(struct es_rtp){ .seq = HIGHEST }, 1);
	CHECK(s->side.recovered_at == NULL);
	rig_close();
}

/* A packet's turn is its place before the highest one, which came so long ago. */
TEST(packet_given_back_must_come_before_its_turn)
{
	static const struct {
		int64_t us;
		unsigned back;
		bool is_in_time;
	} rows[] = { { 0, 3, true }, { 0, 4, false }, { 1, 3, false }, { 20000, 2, true },
		{ 20001, 2, false }, { 40000, 1, true }, { 40001, 1, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const unsigned offset = 160 * rows[i].back;

		begin();
		s->receiver.dejitter.depth_us = 60000;
		s->last_at = es_time_add(s->highest_at, rows[i].us * ES_NS_PER_US);
		lose(HIGHEST - rows[i].back);
		red(HIGHEST, 1, &offset, 1);
		CHECK_EQ(count_back(), rows[i].is_in_time);
		rig_close();
	}
}

TEST(packet_given_back_is_of_numbers_that_are_not_judged)
{
	static const struct {
		uint64_t judged, lowest, oldest;
		bool is;
	} rows[] = { { 997, 600, 2, true }, { 998, 600, 2, false }, { 999, 600, 2, false },
		{ 700, 998, 2, true }, { 700, 999, 2, false }, { 700, 600, 3, true },
		{ 700, 600, 4, false } };
	const unsigned offset = 320;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		s->judged = rows[i].judged;
		s->lowest = rows[i].lowest;
		s->oldest = rows[i].oldest;
		lose(HIGHEST - 2);
		red(HIGHEST, 1, &offset, 1);
		CHECK_EQ(count_back(), rows[i].is);
		rig_close();
	}
}

TEST(secure_or_other_payloads_give_nothing_back)
{
	const unsigned offset = 160;
	struct es_rtp other = { .seq = HIGHEST, .pt = 97 };

	begin();
	lose(HIGHEST - 1);
	s->is_secure = true;
	red(HIGHEST, 1, &offset, 1);
	CHECK(s->side.recovered_at == NULL);
	s->is_secure = false;
	other.payload = es_slice_of(payload, 6);
	other.payload_bytes = 6;
	es_repair_packet(&streams, s, &other); /* not the packet that was measured */
	CHECK(s->side.recovered_at == NULL);
	s->coding.first.is.is_red = false;
	red(HIGHEST, 1, &offset, 1);
	CHECK(s->side.recovered_at == NULL);
	s->coding.first.is.kind = ES_CODEC_RED; /* packs what nobody knows */
	red(HIGHEST, 1, &offset, 1);
	CHECK_EQ(count_back(), 1);
	rig_close();
}

/* RFC 4588: the original number stands in front. */
static void
rtx(uint64_t number)
{
	struct es_rtp rtp = { .seq = 1 };

	payload[0] = (uint8_t)(number >> 8);
	payload[1] = (uint8_t)number;
	repair_with(r, &rtp, 2);
}

static void
begin_repairing(const char *name)
{
	begin();
	r = enter(4000, REPAIRING, name, 90000);
	r->owner.has_repairs = true;
	r->owner.repairs_ssrc = SSRC;
	lose(HIGHEST - 1);
	lose(HIGHEST - 3);
}

TEST(rtx_gives_a_packet_of_an_open_stream_in_clear_back)
{
	begin_repairing("rtx");
	rtx(HIGHEST - 3);
	CHECK(is_back(HIGHEST - 3));
	CHECK_EQ(count_back(), 1);
	rtx(HIGHEST + 1); /* ahead of what came */
	rtx(HIGHEST - 2); /* which came */
	CHECK_EQ(count_back(), 1);
	CHECK(r->side.recovered_at == NULL);
	rig_close();

	begin_repairing("rtx");
	s->is_secure = true;
	rtx(HIGHEST - 3);
	CHECK(s->side.recovered_at == NULL);
	s->is_secure = false;
	s->life = ES_STREAM_ENDED;
	rtx(HIGHEST - 3);
	CHECK(s->side.recovered_at == NULL);
	s->life = ES_STREAM_OPEN;
	r->owner.repairs_ssrc = REPAIRING; /* itself */
	rtx(HIGHEST - 3);
	CHECK(r->side.recovered_at == NULL);
	r->owner.repairs_ssrc = SSRC;
	repair_with(r, &(struct es_rtp){ .seq = 1 }, 1); /* cut */
	CHECK(s->side.recovered_at == NULL);
	rig_close();
}

/* What is not audio has no packet time: as long as the longest buffer. */
TEST(rtx_of_video_is_in_time_for_250_ms)
{
	for (int64_t us = 249999; us <= 250001; us++) {
		begin_repairing("rtx");
		es_payload_of(96, es_slice_str("VP8"), 90000, &s->coding.first.is);
		r->last_at = es_time_add(s->highest_at, us * ES_NS_PER_US);
		rtx(HIGHEST - 3);
		CHECK_EQ(count_back(), us <= 250000);
		rig_close();
	}
}

/* RFC 5109: the numbers from base on that a mask of 16 names, the first one the highest bit. */
static size_t
write_ulp(uint8_t *p, uint64_t base, unsigned mask)
{
	memset(p, 0, 14);
	p[2] = (uint8_t)(base >> 8);
	p[3] = (uint8_t)base;
	p[12] = (uint8_t)(mask >> 8);
	p[13] = (uint8_t)mask;
	return 14;
}

TEST(parity_gives_the_only_packet_back_that_is_missing)
{
	static const struct {
		unsigned base; /* before the highest */
		unsigned mask;
		unsigned back; /* 0: nothing */
	} rows[] = { { 3, 0xc000, 3 }, { 3, 0x8000, 3 }, { 3, 0xe000, 0 }, { 2, 0xc000, 1 },
		{ 3, 0x2000, 1 }, { 2, 0x8000, 0 }, { 1, 0xc000, 1 }, { 1, 0xe000, 0 },
		{ 3, 0x9000, 3 }, { 3, 0x8800, 0 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_repairing("ulpfec");
		repair_with(r, &(struct es_rtp){ .seq = 1 },
		    write_ulp(payload, HIGHEST - rows[i].base, rows[i].mask));
		CHECK(s->side.recovered_at != NULL);
		CHECK_EQ(count_back(), rows[i].back != 0);
		if (rows[i].back != 0)
			CHECK(is_back(HIGHEST - rows[i].back));
		rig_close();
	}
}

TEST(parity_over_what_is_judged_gives_nothing_back)
{
	begin_repairing("ulpfec");
	s->judged = HIGHEST - 4;
	repair_with(r, &(struct es_rtp){ .seq = 1 }, write_ulp(payload, HIGHEST - 4, 0xc000));
	CHECK_EQ(count_back(), 0);
	s->judged = HIGHEST - 5;
	repair_with(r, &(struct es_rtp){ .seq = 1 }, write_ulp(payload, HIGHEST - 4, 0xc000));
	CHECK(is_back(HIGHEST - 3));
	/* Given back, it can be used for repair. */
	repair_with(r, &(struct es_rtp){ .seq = 1 }, write_ulp(payload, HIGHEST - 3, 0xe000));
	CHECK(is_back(HIGHEST - 1));
	CHECK_EQ(count_back(), 2);
	rig_close();
	begin_repairing("ulpfec"); /* cut */
	repair_with(r, &(struct es_rtp){ .seq = 1 }, write_ulp(payload, HIGHEST - 3, 0xc000) - 1);
	CHECK(s->side.recovered_at == NULL);
	rig_close();
}

/* RFC 8627 names its stream by a CSRC, the draft before it inside; without, SDP does. */
TEST(flexible_parity_names_whom_it_repairs)
{
	static const struct {
		const char *name;
		unsigned n_csrc;
		uint32_t inside, csrc, said;
		bool is;
	} rows[] = {
		{ "flexfec", 1, 0, SSRC, 0x99, true },
		{ "flexfec", 1, 0, 0x99, SSRC, false },
		{ "flexfec", 0, 0, 0, SSRC, true },
		{ "flexfec", 2, 0, 0x99, SSRC, true },
		{ "flexfec-03", 0, SSRC, 0, 0x99, true },
		{ "flexfec-03", 1, SSRC, 0x99, 0x99, true },
		{ "flexfec-03", 0, 0x99, 0, SSRC, false },
		{ "ulpfec", 1, 0, 0x99, SSRC, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t csrc[8] = { 0, 0, 0, (uint8_t)rows[i].csrc };
		struct es_rtp rtp = { .seq = 1, .n_csrc = (uint8_t)rows[i].n_csrc };
		size_t at = 8;

		begin_repairing(rows[i].name);
		r->owner.repairs_ssrc = rows[i].said;
		rtp.csrc = es_slice_of(csrc, 4 * (size_t)rows[i].n_csrc);
		memset(payload, 0, sizeof(payload));
		if (rows[i].inside != 0) {
			payload[at] = 1; /* sources */
			at += 4;
			payload[at + 3] = (uint8_t)rows[i].inside;
			at += 4;
		}
		payload[at] = (uint8_t)((HIGHEST - 3) >> 8);
		payload[at + 1] = (uint8_t)(HIGHEST - 3);
		/* Two of 15; k is 1 in the draft and 0 since, where no more of the mask follows. */
		payload[at + 2] = rows[i].inside != 0 ? 0xe0 : 0x60;
		if (i == 7)
			at = write_ulp(payload, HIGHEST - 3, 0xc000) - 4;
		repair_with(r, &rtp, at + 4);
		CHECK_EQ(count_back(), rows[i].is);
		rig_close();
	}
}

/* ULPFEC as the primary of RED goes among the numbers of what it protects. */
TEST(parity_inside_red_is_of_a_type_that_signalling_names)
{
	static const struct {
		const char *name;
		uint8_t pt;
		bool is_claimed, is;
	} rows[] = { { "ulpfec", 97, true, true }, { "ulpfec", 97, false, false },
		{ "ulpfec", 98, true, false }, { "VP8", 97, true, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_dialog *d;
		struct es_media *m;

		begin();
		d = rig_call("c", host(ALICE, 5060), host(BOB, 5060));
		m = rig_media(d, host(BOB, 5000), false);
		es_payload_of(rows[i].pt, es_slice_str(rows[i].name), 90000, &m->terms->type[0]);
		m->terms->n_types = 1;
		if (rows[i].is_claimed)
			s->owner.media = es_pool_index(&medias.pool, m);
		lose(HIGHEST - 1);
		payload[0] = 97;
		repair_with(s, &(struct es_rtp){ .seq = HIGHEST },
		    1 + write_ulp(payload + 1, HIGHEST - 2, 0xc000));
		CHECK_EQ(count_back(), rows[i].is);
		rig_close();
	}
}

TEST(parity_inside_red_is_looked_for_where_no_block_is)
{
	const unsigned offset = 160;
	struct es_dialog *d;
	struct es_media *m;

	begin();
	d = rig_call("c", host(ALICE, 5060), host(BOB, 5060));
	m = rig_media(d, host(BOB, 5000), false);
	es_payload_of(96, es_slice_str("ulpfec"), 90000, &m->terms->type[0]);
	m->terms->n_types = 1;
	s->owner.media = es_pool_index(&medias.pool, m);
	lose(HIGHEST - 1);
	lose(HIGHEST - 3);
	red(HIGHEST, 1, &offset, 1);
	(void)write_ulp(payload + 6, HIGHEST - 3, 0xc000); /* behind the block */
	repair_with(s, &(struct es_rtp){ .seq = HIGHEST }, 6 + 14);
	CHECK(is_back(HIGHEST - 1));
	CHECK_EQ(count_back(), 1);
	rig_close();
}

/* The only media stream on its flow, where SDP does not say. */
TEST(repair_is_of_the_one_media_stream_next_to_it)
{
	static const struct {
		const char *name;
		uint16_t port;
		enum es_stream_life life;
		bool is; /* the first one is still the only one */
	} rows[] = { { "rtx", 4000, ES_STREAM_OPEN, true },
		{ "ulpfec", 4000, ES_STREAM_OPEN, true }, { "VP8", 4000, ES_STREAM_OPEN, false },
		{ "VP8", 4000, ES_STREAM_ENDED, false }, { "VP8", 4000, ES_STREAM_UNPROVEN, true },
		{ "VP8", 4002, ES_STREAM_OPEN, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned is_fec = 0; is_fec < 2; is_fec++) {
			begin_repairing(is_fec != 0 ? "ulpfec" : "rtx");
			r->owner.has_repairs = false;
			r->owner.repairs_ssrc = 0;
			enter(rows[i].port, 0xc, rows[i].name, 90000)->life = rows[i].life;
			es_repair_find_subject(&streams, r);
			CHECK_EQ(r->owner.has_repairs, rows[i].is);
			CHECK_EQ(r->owner.repairs_ssrc, rows[i].is ? SSRC : 0);
			rig_close();
		}
	}
}

TEST(repair_that_sdp_explains_or_that_repairs_nothing_looks_for_nobody)
{
	begin_repairing("rtx");
	r->owner.repairs_ssrc = 0x99;
	es_repair_find_subject(&streams, r);
	CHECK_EQ(r->owner.repairs_ssrc, 0x99);
	es_repair_find_subject(&streams, s); /* media */
	CHECK(!s->owner.has_repairs);
	r->owner.has_repairs = false;
	rtx(HIGHEST - 3); /* looks when it is measured */
	CHECK(r->owner.has_repairs);
	CHECK_EQ(count_back(), 1);
	s->life = ES_STREAM_UNPROVEN;
	r->owner.has_repairs = false;
	r->owner.repairs_ssrc = 0;
	es_repair_find_subject(&streams, r);
	CHECK(!r->owner.has_repairs);
	rig_close();
}
