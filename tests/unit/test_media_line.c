/* SPDX-License-Identifier: Apache-2.0 */
/* Which media line a stream is of: by payload type, SSRC and MID. */
#include "probes/media/media_line.h"

#include "probes/stream/coding.h"
#include "probes/stream/pauses.h"
#include "probes/stream/side.h"
#include "probes/wire/rtp/rtp_ext.h"

#include "harness.h"

enum { MID_ID = 1, LEVEL_ID = 2, SSRC = 0xa };

static struct es_stream_state s;
static struct es_terms terms;
static struct es_media media;
static struct es_dialog_side sender;
static struct es_context c;

/* Lines with the MIDs "a", "b" .. in that order of index. */
static void
begin(uint16_t lines)
{
	memset(&s, 0, sizeof(s));
	memset(&terms, 0, sizeof(terms));
	memset(&media, 0, sizeof(media));
	memset(&sender, 0, sizeof(sender));
	es_side_free(&c);
	memset(&c, 0, sizeof(c));
	if (es_side_new(&c, 1) != 0)
		test_fail(__FILE__, __LINE__, "no memory");
	es_coding_begin(&s);
	media.terms = &terms;
	terms.lines = lines;
	for (unsigned i = 0; i < ES_MEDIA_LINES_MAX; i++) {
		terms.line[i].kind = (uint8_t)(1 + i % 3);
		terms.line[i].mid_bytes = 1;
		terms.line[i].mid[0] = (char)('a' + i);
	}
	s.id.key.ssrc = SSRC;
}

static void
send(uint32_t ssrc, uint8_t line)
{
	sender.source[sender.n_sources++] = (struct es_source){ .ssrc = ssrc, .line = line };
}

static void
of_type(uint8_t line)
{
	struct es_payload p = { .line = line };

	es_media_line_of_type(&c, &s, &media, &p);
}

/* A packet with elements of RFC 8285: a MID, and a level with its bit for speech. */
static struct es_rtp
packet(uint8_t bytes[16], const char *mid, int level)
{
	size_t n = 0, mid_bytes = strlen(mid);
	struct es_rtp rtp = { .seq = 100, .has_extension = true, .extension_profile = 0xbede };

	memset(bytes, 0, 16);
	if (mid_bytes > 0) {
		bytes[n++] = (uint8_t)(MID_ID << 4 | (mid_bytes - 1));
		memcpy(bytes + n, mid, mid_bytes);
		n += mid_bytes;
	}
	if (level >= 0) {
		bytes[n++] = LEVEL_ID << 4;
		bytes[n++] = (uint8_t)level;
	}
	rtp.extension = es_slice_of(bytes, 16);
	return rtp;
}

static void
read_packet(const struct es_media *m, const char *mid, int level)
{
	uint8_t bytes[16];
	struct es_rtp rtp = packet(bytes, mid, level);

	es_media_line_read(&c, &s, m, &rtp);
}

TEST(media_line_without_a_mid_takes_no_place_for_one)
{
	begin(3);
	terms.line[1].mid_bytes = 0;
	of_type(1);
	CHECK_EQ(s.owner.line, 1);
	CHECK(s.side.rare == NULL);
	of_type(0);
	CHECK_EQ(s.side.rare->mid_bytes, 1);
	of_type(1); /* what stood there goes */
	CHECK_EQ(s.side.rare->mid_bytes, 0);
}

TEST(lone_media_line_is_that_of_all_packets)
{
	for (unsigned i = 0; i < ES_MEDIA_LINES_MAX; i++) {
		begin((uint16_t)(1u << i));
		es_media_line_find(&c, &s, &media, NULL);
		CHECK_EQ(s.owner.line_by, ES_LINE_BY_TYPE);
		CHECK_EQ(s.owner.line, i);
		CHECK_EQ(s.owner.media_kind, 1 + i % 3);
		CHECK_EQ(s.side.rare->mid_bytes, 1);
		CHECK_EQ(s.side.rare->mid[0], 'a' + (int)i);
		begin((uint16_t)(1u << i | 1u << (i + 1) % 16));
		es_media_line_find(&c, &s, &media, NULL);
		CHECK_EQ(s.owner.line_by, ES_LINE_BY_NOTHING);
	}
}

TEST(media_line_brings_the_header_extensions_to_look_for)
{
	begin(3);
	terms.level_id = 7;
	terms.mid_id = 9;
	es_media_line_find(&c, &s, &media, NULL);
	CHECK_EQ(s.level_id, 7);
	CHECK_EQ(s.mid_id, 9);
}

TEST(media_line_of_a_payload_type_must_be_one_of_the_address)
{
	static const struct {
		uint8_t line;
		bool is;
	} rows[] = { { 0, true }, { 1, false }, { 2, true }, { 14, false }, { 15, true },
		{ 16, false }, { ES_LINE_SHARED, false }, { ES_LINE_NONE, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(0x8005);
		of_type(rows[i].line);
		CHECK_EQ(s.owner.line_by, rows[i].is ? ES_LINE_BY_TYPE : ES_LINE_BY_NOTHING);
		CHECK_EQ(s.owner.line, rows[i].is ? rows[i].line : 0);
	}
	begin(3); /* the last word of the same weight counts */
	of_type(0);
	of_type(1);
	CHECK_EQ(s.owner.line, 1);
}

TEST(media_line_of_an_announced_ssrc_outweighs_the_payload_type)
{
	begin(7);
	send(SSRC + 1, 0);
	send(SSRC, 2);
	send(SSRC - 1, 0);
	send(SSRC, 1);
	sender.n_sources--; /* an earlier description said that */
	sender.source[0].has_repairs = true;
	es_media_line_find(&c, &s, &media, &sender);
	CHECK_EQ(s.owner.line_by, ES_LINE_BY_SSRC);
	CHECK_EQ(s.owner.line, 2);
	CHECK(!s.owner.has_repairs);
	of_type(1);
	CHECK_EQ(s.owner.line, 2);
	begin(1); /* on a lone line, too */
	send(SSRC, 0);
	sender.source[0].has_repairs = true;
	sender.source[0].repairs = 77;
	es_media_line_find(&c, &s, &media, &sender);
	CHECK_EQ(s.owner.line_by, ES_LINE_BY_SSRC);
	CHECK(s.owner.has_repairs);
	CHECK_EQ(s.owner.repairs_ssrc, 77);
}

TEST(media_line_of_the_mid_outweighs_all)
{
	begin(0x8003);
	terms.mid_id = MID_ID;
	send(SSRC, 0);
	es_media_line_find(&c, &s, &media, &sender);
	CHECK_EQ(s.owner.line, 0);
	read_packet(&media, "b", -1);
	CHECK_EQ(s.owner.line_by, ES_LINE_BY_MID);
	CHECK_EQ(s.owner.line, 1);
	es_media_line_find(&c, &s, &media, &sender);
	CHECK_EQ(s.owner.line, 1);
	read_packet(&media, "a", -1); /* the first one counts */
	CHECK_EQ(s.owner.line, 1);
	s.owner.line_by = ES_LINE_BY_SSRC;
	read_packet(&media, "p", -1);
	CHECK_EQ(s.owner.line, 15);
	s.owner.line_by = ES_LINE_BY_SSRC;
	read_packet(&media, "a", -1);
	CHECK_EQ(s.owner.line, 0);
}

TEST(mid_that_no_line_of_the_address_has_says_nothing)
{
	static const char *const mids[] = { "", "c", "bb", "q" };

	for (size_t i = 0; i < sizeof(mids) / sizeof(mids[0]); i++) {
		begin(3);
		terms.line[0].mid_bytes = 0;
		terms.mid_id = MID_ID;
		es_media_line_find(&c, &s, &media, NULL);
		read_packet(&media, mids[i], -1);
		CHECK_EQ(s.owner.line_by, ES_LINE_BY_NOTHING);
	}
}

TEST(mid_is_read_only_where_it_was_negotiated_and_the_address_is_known)
{
	begin(3);
	s.mid_id = 0;
	read_packet(&media, "b", -1);
	CHECK_EQ(s.owner.line_by, ES_LINE_BY_NOTHING);
	s.mid_id = MID_ID;
	read_packet(NULL, "b", -1);
	CHECK_EQ(s.owner.line_by, ES_LINE_BY_NOTHING);
	s.mid_id = 3; /* another element */
	read_packet(&media, "b", -1);
	CHECK_EQ(s.owner.line_by, ES_LINE_BY_NOTHING);
	s.mid_id = MID_ID;
	read_packet(&media, "b", -1);
	CHECK_EQ(s.owner.line, 1);
}

TEST(levels_are_added_up_with_their_speech)
{
	begin(3);
	read_packet(&media, "", 40);
	CHECK(s.side.rare == NULL); /* not negotiated */
	s.level_id = LEVEL_ID;
	s.mid_id = MID_ID;
	read_packet(&media, "b", 40);
	read_packet(&media, "", 0x80 | 20);
	read_packet(NULL, "", 0x80 | 3);
	read_packet(&media, "b", -1);
	CHECK_EQ(s.side.rare->levels.packets, 3);
	CHECK_EQ(s.side.rare->levels.speech, 2);
	CHECK_EQ(s.side.rare->levels.sum, 63);
	CHECK_EQ(s.owner.line, 1);
}

TEST(levels_are_read_under_the_lowest_id_too)
{
	static const uint8_t bytes[4] = { 1 << 4, 0x80 | 9, 0, 0 };
	struct es_rtp rtp = { .has_extension = true, .extension_profile = 0xbede };

	begin(3);
	rtp.extension = es_slice_of(bytes, sizeof(bytes));
	s.level_id = 1;
	es_media_line_read(&c, &s, &media, &rtp);
	CHECK_EQ(s.side.rare->levels.packets, 1);
	CHECK_EQ(s.side.rare->levels.sum, 9);
}

TEST(levels_show_pauses_of_a_believed_stream_where_payloads_are_read)
{
	begin(1);
	s.level_id = LEVEL_ID;
	s.life = ES_STREAM_OPEN;
	read_packet(&media, "", 40); /* payloads are not read */
	CHECK(s.side.pauses == NULL);
	CHECK_EQ(es_places_new(&c.pauses, 1, sizeof(struct es_pauses)), 0);
	s.life = ES_STREAM_UNPROVEN;
	read_packet(&media, "", 40);
	CHECK(s.side.pauses == NULL);
	CHECK_EQ(c.pauses.pool.n_used, 0);
	s.life = ES_STREAM_OPEN;
	read_packet(&media, "", 40);
	CHECK(s.side.pauses != NULL);
	CHECK_EQ(c.pauses.pool.n_used, 1);
	es_pauses_drop(&c, &s);
	CHECK(s.side.pauses == NULL);
	CHECK_EQ(c.pauses.pool.n_used, 0);
	es_places_free(&c.pauses);
}
