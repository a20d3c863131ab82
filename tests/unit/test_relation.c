/* SPDX-License-Identifier: Apache-2.0 */
/* Two calls held against each other: which may be legs of one. */
#include "probes/call/relation.h"
#include "tests/unit/harness.h"

enum { ALICE = 1, BOB = 2, CAROL = 3, B2BUA = 9 };

static struct es_dialog d, e;

static es_time
at(int64_t s)
{
	return es_time_of_ns(s * ES_NS_PER_S);
}

static struct es_addr
host(uint8_t n, uint16_t port)
{
	return (struct es_addr){ .family = 4, .port = port, .ip = { 10, 0, 0, n } };
}

/* An INVITE from one host to another at a time; answered_s 0: not answered. */
static void
call(struct es_dialog *out, uint8_t from, uint8_t to, int64_t start_s, int64_t answered_s)
{
	memset(out, 0, sizeof(*out));
	out->invite_src = host(from, 5060);
	out->invite_dst = host(to, 5060);
	out->start = at(start_s);
	out->answered_at = answered_s == 0 ? es_time_of_ns(0) : at(answered_s);
	out->has_answer = answered_s != 0;
	out->step = answered_s == 0 ? ES_DIALOG_CALLING : ES_DIALOG_UP;
}

static void
over(struct es_dialog *out, int64_t at_s)
{
	out->step = ES_DIALOG_OVER;
	out->ended_at = at(at_s);
}

/* The same, whichever of both is asked about the other. */
static bool
both(bool (*is)(const struct es_dialog *, const struct es_dialog *))
{
	if (is(&d, &e) != is(&e, &d))
		test_fail(__FILE__, __LINE__, "one way only");
	return is(&d, &e);
}

TEST(relation_same_hop_is_of_one_sender_and_one_port)
{
	call(&d, ALICE, B2BUA, 1, 0);
	call(&e, ALICE, B2BUA, 2, 0);
	CHECK(both(es_relation_is_same_hop));
	e.invite_src.port = 40000; /* TCP: another connection of the same host */
	CHECK(both(es_relation_is_same_hop));
	e.invite_dst.port = 5062; /* another trunk of it */
	CHECK(!both(es_relation_is_same_hop));
	call(&e, CAROL, B2BUA, 2, 0);
	CHECK(!both(es_relation_is_same_hop));
	call(&e, ALICE, BOB, 2, 0);
	CHECK(!both(es_relation_is_same_hop));
}

TEST(relation_over_before_is_of_a_call_that_ended_first)
{
	call(&d, ALICE, B2BUA, 1, 2);
	call(&e, B2BUA, BOB, 5, 6);
	CHECK(!es_relation_is_over_before(&d, &e)); /* not over */
	d.ended_at = at(4);
	CHECK(!es_relation_is_over_before(&d, &e));
	over(&d, 4);
	CHECK(es_relation_is_over_before(&d, &e));
	over(&d, 5); /* at that very moment */
	CHECK(!es_relation_is_over_before(&d, &e));
	over(&d, 6);
	CHECK(!es_relation_is_over_before(&d, &e));
}

TEST(relation_answered_is_known_or_assumed)
{
	call(&d, ALICE, B2BUA, 1, 0);
	CHECK(!es_relation_is_answered(&d));
	d.began_unseen = true;
	CHECK(es_relation_is_answered(&d));
	call(&d, ALICE, B2BUA, 1, 2);
	CHECK(es_relation_is_answered(&d));
}

/* Legs of one call are set up before the first of them is answered. */
TEST(relation_set_up_with_is_begun_before_the_first_was_answered)
{
	static const struct {
		int64_t answered_s;
		bool is;
	} rows[] = { { 0, true }, { 4, false }, { 5, true }, { 6, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		call(&d, ALICE, B2BUA, 1, rows[i].answered_s);
		call(&e, B2BUA, BOB, 5, 2); /* of the second one the answer says nothing */
		CHECK_EQ(both(es_relation_is_set_up_with), rows[i].is);
	}
}

TEST(relation_answered_within_is_of_a_second_answer_first)
{
	static const struct {
		int64_t first_s, second_s;
		bool is;
	} rows[] = { { 9, 8, true }, { 9, 9, true }, { 9, 10, false }, { 0, 8, false },
		{ 9, 0, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		call(&d, ALICE, B2BUA, 1, rows[i].first_s);
		call(&e, B2BUA, BOB, 5, rows[i].second_s);
		CHECK_EQ(both(es_relation_is_answered_within), rows[i].is);
	}
}

TEST(relation_onward_is_from_the_host_that_was_asked)
{
	call(&d, ALICE, B2BUA, 1, 0);
	call(&e, B2BUA, BOB, 2, 0);
	CHECK(both(es_relation_is_onward));
	e.invite_src.port = 40000;
	CHECK(both(es_relation_is_onward));
	call(&e, CAROL, BOB, 2, 0); /* nothing in common */
	CHECK(!both(es_relation_is_onward));
	call(&d, ALICE, B2BUA, 1, 9); /* but one was answered within the other */
	call(&e, CAROL, BOB, 2, 8);
	CHECK(both(es_relation_is_onward));
	call(&e, ALICE, B2BUA, 2, 8); /* two calls of one hop are two calls */
	CHECK(!both(es_relation_is_onward));
	call(&e, B2BUA, BOB, 2, 8);
	over(&d, 1);
	CHECK(!both(es_relation_is_onward));
	call(&d, ALICE, B2BUA, 5, 0);
	over(&e, 4);
	CHECK(!both(es_relation_is_onward));
	call(&d, ALICE, B2BUA, 1, 2); /* answered before the other one began */
	call(&e, B2BUA, BOB, 5, 0);
	CHECK(!both(es_relation_is_onward));
}

/* In the middle of a call nobody knows who asked: a host in common will do. */
TEST(relation_onward_of_a_call_that_began_unseen_has_a_host_in_common)
{
	static const struct {
		uint8_t from, to;
		bool is;
	} rows[] = { { ALICE, BOB, true }, { CAROL, B2BUA, true }, { CAROL, BOB, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned late = 0; late < 4; late++) {
			call(&d, ALICE, B2BUA, 1, 0);
			call(&e, rows[i].from, rows[i].to, 2, 0);
			d.began_unseen = (late & 1) != 0;
			e.began_unseen = (late & 2) != 0;
			CHECK_EQ(both(es_relation_is_onward), rows[i].is && late != 0);
		}
}
