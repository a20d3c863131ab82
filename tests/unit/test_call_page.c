/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of made calls: bounds, order, hostile names, and what is hidden. */
#include "agent/report/call_page.h"
#include "agent/report/unexplained.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

enum { LEGS = 4, T0_S = 1767225600, PAGE_BYTES_MAX = 150 * 1024 };

static const uint8_t key[16] = { 1 };
static struct es_course *course;
static struct es_call_page *page;
static char *text; /* the page, NUL-terminated */

static es_time
at(int64_t ms)
{
	return es_time_of_ns(T0_S * ES_NS_PER_S + ms * ES_NS_PER_MS);
}

static struct es_addr
host(uint8_t n)
{
	return (struct es_addr){ .family = 4, .port = 5060, .ip = { 10, 0, 0, n } };
}

static void
begin(void)
{
	CHECK_EQ(es_course_new(key, &course), 0);
}

static void
new_page(bool is_masked, bool has_verdict)
{
	const struct es_call_page_config cfg = { course, is_masked, has_verdict };

	es_course_sort(course);
	CHECK_EQ(es_call_page_new(&cfg, &page), 0);
}

static void
finish(void)
{
	es_slice html;

	CHECK_EQ(es_call_page_finish(page, NULL, 0, &html), 0);
	free(text);
	text = calloc(1, html.n + 1);
	memcpy(text, html.p, html.n);
	es_call_page_free(page);
	es_course_free(course);
}

static unsigned
count(const char *what)
{
	unsigned n = 0;

	for (const char *found = strstr(text, what); found != NULL; found = strstr(found + 1, what))
		n++;
	return n;
}

static void
block(uint32_t vantage, const struct es_call_stream *s, int64_t ms, uint32_t lost)
{
	struct es_record rec = { .type = ES_REC_INTERVAL };
	struct es_interval *i = &rec.u.interval;

	i->stream = (struct es_stream_key){ s->src, s->dst, s->ssrc, 0 };
	i->has = ES_INTERVAL_HAS_JITTER | ES_INTERVAL_HAS_DELAY_VARIATION | ES_INTERVAL_HAS_LATE |
		 ES_INTERVAL_HAS_QUALITY;
	i->start = at(ms);
	i->end = at(ms + 5100);
	i->expected = 256;
	i->lost = lost;
	i->jitter_us = 123456;
	i->delay_variation.p95_us = 234567;
	i->mos_lq_milli = 4123;
	es_course_record(course, vantage, &rec);
}

static void
call_record(uint32_t vantage, const char *id, const char *from, const char *agent,
    const struct es_call_stream *streams, uint32_t n)
{
	struct es_record rec = { .type = ES_REC_CALL };
	struct es_call *c = &rec.u.call;

	c->call_id = es_slice_str(id);
	c->from = es_slice_str(from);
	c->to = es_slice_str("bob@example.org");
	c->caller_agent = es_slice_str(agent);
	c->start = at(0);
	c->streams = streams;
	c->n_streams = n;
	es_course_record(course, vantage, &rec);
}

static void
message(uint32_t vantage, const char *id, int64_t ms, uint32_t cseq)
{
	const struct es_sip_message m = { .at = at(ms),
		.src = host(1),
		.dst = host(2),
		.call_id = es_slice_str(id),
		.method = es_slice_str("INVITE"),
		.cseq = cseq };

	es_course_message(course, vantage, &m);
}

static void
take(void *ctx, const struct es_explained *call)
{
	(void)ctx; /* there is one page */
	es_call_page_call(page, call);
}

/* Two hours seen at four places, with a signalling storm: a page that can be sent, with all that was lost. */
TEST(page_of_a_long_call_is_bounded_and_says_what_is_cut)
{
	static const enum es_direction_name ways[] = { ES_FORWARD, ES_REVERSE };
	static const char *const names[] = { "ep", "access", "core", "gw" };
	static struct es_explained call;
	const struct es_call_stream streams[] = { { 1, host(1), host(2) },
		{ 2, host(2), host(1) } };

	begin();
	memset(&call, 0, sizeof(call));
	call.call = es_slice_str("long");
	call.start = at(0);
	call.n_legs = LEGS;
	for (uint32_t i = 0; i < LEGS; i++) {
		struct es_leg *leg = &call.legs[i];

		CHECK_EQ(es_course_vantage(course, es_slice_str(names[i])), i);
		*leg = (struct es_leg){ .vantage = es_slice_str(names[i]),
			.call_id = call.call,
			.start = at(0),
			.streams = streams,
			.directions = ways,
			.n_streams = 2,
			.has_clock_offset = true,
			.from = at(0),
			.to = at(7200000) };
		for (int64_t ms = 0; ms < 7200000; ms += 5120)
			for (int d = 0; d < 2; d++)
				block(i, &streams[d], ms, i > 0 && ms == 5120 * 700 ? 77 : 0);
		for (uint32_t n = 0; n < 1000; n++)
			message(i, "long", n * 3000, n);
	}
	new_page(false, true);
	es_call_page_call(page, &call);
	finish();
	CHECK(strlen(text) < PAGE_BYTES_MAX);
	CHECK_EQ(count("<b class=bad>77</b>"), 6); /* three legs, both ways */
	CHECK_EQ(count("<td>256<td>77<td>"), 6);
	CHECK(strstr(text, "a row may stand for up to") != NULL);
	CHECK(strstr(text, "Cut here: at least 920 later messages are not shown.") != NULL);
}

/* One and the same message at four places is one row, whatever their clocks. */
TEST(page_ladder_has_a_message_once_with_all_who_saw_it)
{
	static struct es_explained call;

	begin();
	memset(&call, 0, sizeof(call));
	call.call = es_slice_str("c1");
	call.start = at(0);
	call.n_legs = 2;
	for (uint32_t i = 0; i < 2; i++) {
		call.legs[i] = (struct es_leg){ .vantage = es_slice_str(i == 0 ? "ep" : "gw"),
			.call_id = call.call,
			.start = at(i * 90000),
			.has_clock_offset = true,
			.clock_offset_us = i * 90000000 };
		(void)es_course_vantage(course, call.legs[i].vantage);
		message(i, "c1", i * 90000 + 0, 1);
		message(i, "c1", i * 90000 + 500, 1); /* sent again */
		message(i, "other", i * 90000 + 10, 1);
	}
	new_page(false, true);
	es_call_page_call(page, &call);
	finish();
	CHECK_EQ(count("<b>INVITE</b>"), 2);
	CHECK_EQ(count("<td>ep, gw"), 2);
	CHECK(strstr(text, "<td class=n>0.500<td") != NULL);
}

TEST(page_says_that_clocks_are_not_known)
{
	static struct es_explained call;

	begin();
	memset(&call, 0, sizeof(call));
	call.n_legs = 1;
	call.legs[0].vantage = es_slice_str("ep");
	(void)es_course_vantage(course, es_slice_str("ep"));
	new_page(false, true);
	es_call_page_call(page, &call);
	finish();
	CHECK(strstr(text, "is shown by its own clock") != NULL);
}

/* Names come from the network: none becomes an element, an attribute or a turned line. */
TEST(page_keeps_hostile_names_as_text)
{
	const struct es_call_stream s = { 1, host(1), host(2) };

	begin();
	(void)es_course_vantage(course, es_slice_of(NULL, 0));
	call_record(0, "<script>alert(1)</script>", "\"><img src=x onerror=alert(2)>@h",
	    "evil\xe2\x80\xae\x1b[31m</style><svg onload=alert(3)>", &s, 1);
	block(0, &s, 0, 1);
	new_page(false, false);
	CHECK_EQ(es_unexplained_calls(course, take, NULL), 0);
	finish();
	CHECK(strstr(text, "&lt;script&gt;alert(1)&lt;/script&gt;") != NULL);
	CHECK_EQ(count("<script"), 0);
	CHECK_EQ(count("<img"), 0);
	CHECK_EQ(count("<svg onload"), 0);
	CHECK_EQ(count("\x1b"), 0);
	CHECK_EQ(count("\xe2\x80\xae"), 0);
	CHECK_EQ(count("</style>"), 1);
}

TEST(page_that_hides_users_has_none_of_them)
{
	begin();
	(void)es_course_vantage(course, es_slice_of(NULL, 0));
	call_record(0, "4930123456-7@alice-phone", "alice@example.org", "alice's phone", NULL, 0);
	call_record(
	    0, "x-0123456@h", "+4930123456@example.org", "device of 0049-30123456", NULL, 0);
	new_page(true, false);
	CHECK_EQ(es_unexplained_calls(course, take, NULL), 0);
	finish();
	CHECK_EQ(count("alice"), 0);
	CHECK_EQ(count("bob"), 0);
	CHECK_EQ(count("0123456"),
	    3); /* the Call-ID of a call between others, in index, title and facts */
	CHECK(strstr(text, "Who called whom is hidden") != NULL);
	CHECK_EQ(count("2 calls"), 1);
}

/* Of more calls than a page holds the worst stay, and come first. */
TEST(page_keeps_the_worst_calls_and_puts_them_first)
{
	static struct es_explained call;
	char name[32];

	begin();
	new_page(false, true);
	for (uint32_t i = 0; i < ES_CALL_PAGE_CALLS_MAX + 50; i++) {
		snprintf(name, sizeof(name), "call%u.", i);
		memset(&call, 0, sizeof(call));
		call.call = es_slice_str(name);
		call.n_directions = 1;
		call.directions[0].has_mos_lq = true;
		call.directions[0].mos_lq_milli = 4000 - i;
		call.verdict.state = i == 3 ? ES_VERDICT_DEGRADED : ES_VERDICT_CLEAN;
		es_call_page_call(page, &call);
	}
	finish();
	CHECK_EQ(count("<article"), ES_CALL_PAGE_CALLS_MAX);
	CHECK(strstr(text,
		  "150 calls, 1 degraded, the worst first; the 50 best of them are not shown") !=
	      NULL);
	CHECK(strstr(text, "call3.") != NULL && strstr(text, "call149.") != NULL);
	CHECK(strstr(text, "call3.") < strstr(text, "call149."));
	CHECK(strstr(text, "call149.") < strstr(text, "call148."));
	CHECK(strstr(text, "call2.") == NULL && strstr(text, "call50.") == NULL);
	CHECK(strstr(text, "call51.") != NULL);
}

TEST(page_puts_a_call_with_the_best_mos_before_one_with_none)
{
	static const uint32_t milli[] = { 0, 5001, 5000, 4999 };
	static const char *const names[] = { "none.", "above.", "best.", "good." };
	static struct es_explained call;

	begin();
	new_page(false, true);
	for (size_t i = 0; i < 4; i++) {
		memset(&call, 0, sizeof(call));
		call.call = es_slice_str(names[i]);
		call.n_directions = 1;
		call.directions[0].has_mos_lq = milli[i] != 0;
		call.directions[0].mos_lq_milli = milli[i];
		es_call_page_call(page, &call);
	}
	finish();
	CHECK(strstr(text, "good.") < strstr(text, "above."));
	CHECK(strstr(text, "above.") < strstr(text, "best."));
	CHECK(strstr(text, "best.") < strstr(text, "none."));
}

/* Directions of one capture: by the media addresses of SDP, else by who sent the INVITE. */
TEST(page_of_streams_without_a_call_names_them_by_ssrc)
{
	const struct es_call_stream s = { 0x1234abcd, host(1), host(2) };
	struct es_record rec = { .type = ES_REC_STREAM };

	begin();
	(void)es_course_vantage(course, es_slice_of(NULL, 0));
	rec.u.stream.key = (struct es_stream_key){ s.src, s.dst, s.ssrc, 0 };
	rec.u.stream.start = at(0);
	es_course_record(course, 0, &rec);
	rec.u.stream.duration_us = 5000000; /* a later record of the same stream */
	es_course_record(course, 0, &rec);
	new_page(false, false);
	CHECK_EQ(es_unexplained_calls(course, take, NULL), 0);
	finish();
	CHECK_EQ(count("<article"), 1);
	CHECK(strstr(text, "rtp:0x1234abcd") != NULL);
	CHECK(strstr(text, "<span data-n=duration_s>5.000</span>") != NULL);
	CHECK_EQ(count("<td>not known"), 1);
}

static void
stream_record(const struct es_call_stream *s, const char *id, int64_t ms, uint64_t lost)
{
	struct es_record rec = { .type = ES_REC_STREAM };
	struct es_stream *r = &rec.u.stream;

	r->key = (struct es_stream_key){ s->src, s->dst, s->ssrc, 0 };
	r->call_id = es_slice_str(id);
	r->start = at(ms);
	r->duration_us = 20000000;
	r->packets = 1000 - lost;
	r->expected = 1000;
	r->lost = lost;
	es_course_record(course, 0, &rec);
}

/* A trunk that uses its ports again, with the SSRC that it had. */
TEST(page_of_two_calls_on_the_same_ports_and_ssrc_keeps_their_figures_apart)
{
	static const char *const ids[] = { "first", "second" };
	const struct es_call_stream s = { 0x1234abcd, host(1), host(2) };
	const char *second;

	begin();
	(void)es_course_vantage(course, es_slice_of(NULL, 0));
	for (int i = 0; i < 2; i++) {
		struct es_record rec = { .type = ES_REC_CALL };
		struct es_call *c = &rec.u.call;

		c->call_id = es_slice_str(ids[i]);
		c->start = at(i * 60000);
		c->has = ES_CALL_HAS_DURATION;
		c->duration_us = 25000000;
		c->streams = &s;
		c->n_streams = 1;
		es_course_record(course, 0, &rec);
		stream_record(&s, ids[i], i * 60000 + 1000, i == 0 ? 11 : 333);
		block(0, &s, i * 60000 + 1000, i == 0 ? 11 : 133);
	}
	new_page(false, false);
	CHECK_EQ(es_unexplained_calls(course, take, NULL), 0);
	finish();
	second = strstr(text, "<article id=c2");
	CHECK_EQ(count("<article"), 2);
	CHECK(second != NULL && strstr(text, "<article id=c1") < second);
	CHECK_EQ(count("<td class=n>989<td class=n>1000<td class=n>11<td"), 1);
	CHECK_EQ(count("<td class=n>667<td class=n>1000<td class=n>333<td"), 1);
	CHECK(second != NULL && strstr(second, "<td class=n>989<") == NULL);
	CHECK_EQ(count("<td>256<td>11<td>"), 1);
	CHECK_EQ(count("<td>256<td>133<td>"), 1);
	CHECK_EQ(count("<td>1.000<td>6.100<td>256"), 2);
}

/* ICE moves media to addresses that SDP does not name: the source is the one that it was. */
TEST(page_knows_the_direction_of_a_source_that_moved)
{
	const struct es_call_stream streams[] = { { 7, host(1), host(2) }, { 7, host(3), host(4) },
		{ 8, host(4), host(3) } };
	struct es_record rec = { .type = ES_REC_CALL };

	begin();
	(void)es_course_vantage(course, es_slice_of(NULL, 0));
	rec.u.call.call_id = es_slice_str("moved");
	rec.u.call.start = at(0);
	rec.u.call.invite_src = host(1);
	rec.u.call.streams = streams;
	rec.u.call.n_streams = 3;
	es_course_record(course, 0, &rec);
	for (int i = 0; i < 3; i++)
		stream_record(&streams[i], "moved", i * 1000, 0);
	new_page(false, false);
	CHECK_EQ(es_unexplained_calls(course, take, NULL), 0);
	finish();
	CHECK_EQ(count("<td>forward"), 2);
	CHECK_EQ(count("<td>not known"), 1);
}

/* Two streams at one time are no line that runs to and fro. */
TEST(page_draws_streams_without_direction_one_by_one)
{
	enum { MANY = ES_PATH_MAX + 2 };
	static struct es_explained call;
	struct es_call_stream streams[MANY];
	enum es_direction_name ways[MANY];

	begin();
	(void)es_course_vantage(course, es_slice_str("ep"));
	for (uint32_t i = 0; i < MANY; i++) {
		streams[i] = (struct es_call_stream){ 0x10 + i, host(3), host(4) };
		ways[i] = ES_BOTH;
		stream_record(&streams[i], "many", 0, 0);
		block(0, &streams[i], 0, 1);
		block(0, &streams[i], 5100, 2);
	}
	memset(&call, 0, sizeof(call));
	call.n_legs = 1;
	call.legs[0] = (struct es_leg){ .vantage = es_slice_str("ep"),
		.streams = streams,
		.directions = ways,
		.n_streams = MANY,
		.has_clock_offset = true,
		.to = ES_COURSE_ALWAYS.to };
	new_page(false, true);
	es_call_page_call(page, &call);
	finish();
	CHECK_EQ(count("</b><small class=id>0x00000010</small>"), 3); /* of three plots */
	CHECK_EQ(count("</b><small class=id>0x0000001f</small>"), 3);
	CHECK_EQ(count("class=bar d=\"M"), ES_PATH_MAX);
	CHECK(strstr(text, "2 further streams are not drawn.") != NULL);
}
