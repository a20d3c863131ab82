/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows belong to a call that was explained, and which names it goes by. */
#include "collector/query/gather.h"
#include "tests/unit/harness.h"

static const struct es_addr here = { .family = 4, .port = 4000, .ip = { 10, 0, 0, 1 } },
			    there = { .family = 4, .port = 5000, .ip = { 10, 0, 0, 2 } };

/* Two legs of two streams each; what lies behind the counts must not be looked at. */
struct fixture {
	struct es_explained call;
	struct es_call_stream streams[3][3];
};

static void
set_up(struct fixture *f)
{
	static const char *const names[] = { "ep", "sbc/access", "beyond" };
	static const char *const ids[] = { "one", "two", "three" };

	memset(f, 0, sizeof(*f));
	for (uint32_t i = 0; i < 3; i++) {
		f->call.legs[i].vantage = es_slice_str(names[i]);
		f->call.legs[i].call_id = es_slice_str(ids[i]);
		f->call.legs[i].start = es_time_of_ns((i + 1) * ES_NS_PER_S);
		f->call.legs[i].streams = f->streams[i];
		f->call.legs[i].n_streams = 2;
		for (uint32_t k = 0; k < 3; k++) {
			f->streams[i][k].ssrc = 10 * (i + 1) + k;
			f->streams[i][k].src = here;
			f->streams[i][k].dst = there;
		}
	}

	f->call.n_legs = 2;
}

static struct es_gathered
stream_row(const char *vantage, uint32_t ssrc)
{
	struct es_gathered row;

	memset(&row, 0, sizeof(row));
	row.type = ES_REC_STREAM;
	row.vantage = es_slice_str(vantage);
	row.key.ssrc = ssrc;
	row.key.src = here;
	row.key.dst = there;
	return row;
}

static struct es_gathered
call_row(const char *vantage, const char *call_id, int64_t start_s)
{
	struct es_gathered row;

	memset(&row, 0, sizeof(row));
	row.type = ES_REC_CALL;
	row.vantage = es_slice_str(vantage);
	row.call_id = es_slice_str(call_id);
	row.start = es_time_of_ns(start_s * ES_NS_PER_S);
	return row;
}

TEST(gather_streams_are_of_the_leg_that_has_them)
{
	struct fixture f;
	struct es_gathered row;

	set_up(&f);
	for (uint32_t k = 0; k < 2; k++) {
		row = stream_row("ep", 10 + k);
		CHECK(es_gathered_is_of(&row, &f.call));
		row = stream_row("sbc/access", 20 + k);
		CHECK(es_gathered_is_of(&row, &f.call));
	}
	row = stream_row("ep", 20); /* of the other leg */
	CHECK(!es_gathered_is_of(&row, &f.call));
	row = stream_row("ep", 12); /* behind the leg's last stream */
	CHECK(!es_gathered_is_of(&row, &f.call));
	row = stream_row("beyond", 30); /* behind the last leg */
	CHECK(!es_gathered_is_of(&row, &f.call));
	row = stream_row("ep", 10);
	row.key.src.port++;
	CHECK(!es_gathered_is_of(&row, &f.call));
	row = stream_row("ep", 10);
	row.key.dst.port++;
	CHECK(!es_gathered_is_of(&row, &f.call));
}

TEST(gather_calls_are_distinguished_by_their_start)
{
	struct fixture f;
	struct es_gathered row = call_row("ep", "one", 1);

	set_up(&f);
	CHECK(es_gathered_is_of(&row, &f.call));
	row = call_row("ep", "one", 2); /* another call of that Call-ID */
	CHECK(!es_gathered_is_of(&row, &f.call));
	f.call.legs[0].start = es_time_of_ns(0); /* the leg has no call record: not known */
	CHECK(es_gathered_is_of(&row, &f.call));
	row = call_row("ep", "two", 2);
	CHECK(!es_gathered_is_of(&row, &f.call));
	row = call_row("sbc/access", "two", 2);
	CHECK(es_gathered_is_of(&row, &f.call));
	row = call_row("beyond", "three", 3);
	CHECK(!es_gathered_is_of(&row, &f.call));
	row = call_row("ep", "none", 0);
	row.key.ssrc = 10; /* a call row is no stream */
	row.key.src = here;
	row.key.dst = there;
	CHECK(!es_gathered_is_of(&row, &f.call));
}

TEST(gather_a_call_goes_by_its_call_ids_and_ssrcs)
{
	static const struct {
		const char *name;
		bool is;
	} rows[] = { { "one", true }, { "two", true }, { "three", false }, { "on", false },
		{ "", false }, { "rtp:0x0000000a", true }, { "rtp:0x0000000b", true },
		{ "rtp:0x0000000c", false }, { "rtp:0x00000014", true },
		{ "rtp:0x0000001e", false } };
	struct fixture f;

	set_up(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (es_gathered_is_named(&f.call, es_slice_str(rows[i].name)) != rows[i].is)
			test_fail(__FILE__, __LINE__, "%s", rows[i].name);
	f.call.legs[0].call_id =
	    es_slice_str("rtp:0x0000000a"); /* looks like one, and is found as one */
	f.call.legs[0].n_streams = 0;
	f.call.legs[1].call_id = es_slice_of(NULL, 0);
	CHECK(!es_gathered_is_named(&f.call, es_slice_str("rtp:0x0000000a")));
	CHECK(!es_gathered_is_named(&f.call, es_slice_of(NULL, 0)));
}
