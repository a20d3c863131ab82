/* SPDX-License-Identifier: Apache-2.0 */
/* Two legs of which each has one direction of the media alone: condition by condition. */
#include "probes/media/halves.h"

#include "probes/call/partners.h"
#include "probes/media/flows.h"

#include "streams_rig.h"

enum { ALICE = 1, BOB = 2, CAROL = 3, B2BUA = 9 };

/* Alice calls the B2BUA, which calls Bob; between the two, media go directly, to ports renumbered. */
static struct es_dialog *near_leg, *far_leg;
static struct es_stream_state *there, *back;

static struct es_dialog *
leg(const char *id, uint8_t from, uint8_t to)
{
	struct es_addr src = host(ALICE, 0), dst = host(BOB, 0);
	struct es_dialog *d = rig_call(id, host(from, 5060), host(to, 5060));

	d->step = ES_DIALOG_UP;
	es_partners_update(&dialogs, d, &src, &dst);
	return d;
}

static struct es_stream_state *
sends(struct es_dialog *d, uint8_t from, uint16_t from_port, uint8_t to, uint16_t to_port,
    uint32_t ssrc)
{
	struct es_addr src = host(from, from_port), dst = host(to, to_port);
	struct es_stream_state *s = rig_stream(src, dst, ssrc);

	es_flow_enter(&streams, es_flow_take(&streams, &src, &dst), s);
	s->owner.call = d->index;
	(void)es_dialog_add_stream(d, &s->id.key);
	return s;
}

static void
begin(void)
{
	rig_open();
	near_leg = leg("near", ALICE, B2BUA);
	far_leg = leg("far", B2BUA, BOB);
	(void)rig_media(near_leg, host(ALICE, 4000), true);
	(void)rig_media(near_leg, host(BOB, 6000), false);
	(void)rig_media(far_leg, host(ALICE, 4600), true);
	(void)rig_media(far_leg, host(BOB, 5000), false);
	there = sends(near_leg, ALICE, 4000, BOB, 6000, 0xa);
	back = sends(far_leg, BOB, 5000, ALICE, 4600, 0xb);
}

/* The leg that a stream is of next to its own; NULL: none. */
static const struct es_dialog *
other(const struct es_stream_state *s)
{
	uint32_t calls[ES_STREAM_OTHERS_MAX];
	unsigned n = es_halves_others(&streams, s, calls);

	if (n > 1)
		test_fail(__FILE__, __LINE__, "more than one other leg");
	return n == 1 ? es_dialog_at(&dialogs, calls[0]) : NULL;
}

/* Neither leg has the other's half. */
static bool
are_apart(void)
{
	unsigned n_near = near_leg->n_streams, n_far = far_leg->n_streams;

	es_halves_take(&streams, near_leg);
	es_halves_take(&streams, far_leg);
	return other(there) == NULL && other(back) == NULL && near_leg->n_streams == n_near &&
	       far_leg->n_streams == n_far;
}

TEST(half_of_a_call_is_of_the_leg_that_has_the_way_back)
{
	begin();
	CHECK(es_halves_may_hear(&streams, there, near_leg));
	CHECK(es_halves_may_hear(&streams, back, far_leg));
	CHECK(!es_halves_may_hear(&streams, there, far_leg));
	CHECK(other(there) == far_leg);
	CHECK(other(back) == near_leg);
	es_halves_take(&streams, near_leg);
	CHECK_EQ(near_leg->n_streams, 2);
	CHECK_EQ(near_leg->stream[1].ssrc, 0xb);
	CHECK(es_addr_eq(&near_leg->stream[1].src, &back->id.key.src));
	CHECK(es_addr_eq(&near_leg->stream[1].dst, &back->id.key.dst));
	rig_close();
	begin();
	es_halves_take(&streams, far_leg);
	CHECK_EQ(far_leg->n_streams, 2);
	CHECK_EQ(far_leg->stream[1].ssrc, 0xa);
	rig_close();
}

TEST(half_is_between_ports_that_the_other_leg_did_not_announce)
{
	static const struct {
		bool of_near; /* who announced it */
		uint8_t host;
		uint16_t port;
	} rows[] = { { false, ALICE, 4000 }, { false, BOB, 6000 }, { true, BOB, 5000 },
		{ true, ALICE, 4600 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		(void)rig_media(rows[i].of_near ? near_leg : far_leg,
		    host(rows[i].host, rows[i].port), rows[i].host == ALICE);
		CHECK(!es_halves_may_hear(&streams, there, near_leg));
		CHECK(!es_halves_may_hear(&streams, back, far_leg));
		rig_close();
	}
}

TEST(half_is_the_only_direction_that_its_leg_has)
{
	static const struct {
		bool of_near;
		uint8_t from, to;
		bool are_halves;
	} rows[] = { { true, BOB, ALICE, false }, { false, ALICE, BOB, false },
		{ true, ALICE, BOB, true }, { false, BOB, ALICE, true },
		{ true, CAROL, ALICE, true }, { true, BOB, CAROL, true },
		{ false, ALICE, CAROL, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		(void)sends(rows[i].of_near ? near_leg : far_leg, rows[i].from, 7000, rows[i].to,
		    7002, 0xc);
		CHECK_EQ(es_halves_may_hear(&streams, there, near_leg), rows[i].are_halves);
		CHECK_EQ(other(there) == far_leg, rows[i].are_halves);
		CHECK_EQ(other(back) == near_leg, rows[i].are_halves);
		rig_close();
	}
}

TEST(half_needs_both_legs_to_have_one)
{
	begin();
	far_leg->n_streams = 0;
	CHECK(!es_halves_may_hear(&streams, there, near_leg));
	CHECK(are_apart());
	rig_close();
	begin();
	near_leg->n_streams = 0;
	CHECK(are_apart());
	rig_close();
	begin(); /* which know nothing of each other */
	far_leg->invite_src = host(CAROL, 5060);
	CHECK(are_apart());
	rig_close();
	begin(); /* both of one direction */
	back->id.key = there->id.key;
	far_leg->n_streams = 0;
	(void)sends(far_leg, ALICE, 4002, BOB, 5000, 0xd);
	CHECK(are_apart());
	rig_close();
}

/* A flow from the very port to the very port: the way back is that. */
TEST(half_with_a_way_back_of_its_own_is_not_one)
{
	struct es_addr src = host(BOB, 6000), dst = host(ALICE, 4000);

	begin();
	es_flow_enter(&streams, es_flow_take(&streams, &src, &dst), rig_stream(src, dst, 0xc));
	CHECK(other(there) == NULL);
	CHECK(other(back) == near_leg);
	rig_close();
}

TEST(half_that_two_legs_may_have_is_of_neither)
{
	struct es_dialog *third;

	begin(); /* two have the way back */
	third = leg("third", B2BUA, BOB);
	(void)sends(third, BOB, 5002, ALICE, 4602, 0xc);
	CHECK(es_halves_may_hear(&streams, there, near_leg));
	CHECK(are_apart());
	rig_close();
	begin(); /* two have the way there */
	third = leg("third", ALICE, B2BUA);
	(void)sends(third, ALICE, 4002, BOB, 6002, 0xc);
	CHECK(es_halves_may_hear(&streams, back, far_leg));
	CHECK(are_apart());
	rig_close();
}

TEST(half_of_no_call_or_of_one_that_is_shared_is_left_alone)
{
	struct es_dialog *shared;

	begin();
	there->owner.call = ES_POOL_NONE;
	CHECK(other(there) == NULL);
	rig_close();
	begin();
	near_leg->invite_dst = host(B2BUA, 5060);
	shared = leg("shared", B2BUA, CAROL); /* hands on what the first leg announced */
	(void)rig_media(shared, host(ALICE, 4000), true);
	(void)rig_media(shared, host(BOB, 6000), false);
	CHECK(other(there) == shared);
	rig_close();
}

TEST(half_is_taken_with_all_that_its_leg_alone_has)
{
	begin();
	(void)sends(far_leg, BOB, 5002, ALICE, 4602, 0xc);
	(void)rig_media(near_leg, host(CAROL, 8000), false);
	(void)sends(far_leg, B2BUA, 9000, CAROL, 8000, 0xd); /* of the first leg, too */
	es_halves_take(&streams, near_leg);
	CHECK_EQ(near_leg->n_streams, 3);
	CHECK_EQ(near_leg->stream[1].ssrc, 0xb);
	CHECK_EQ(near_leg->stream[2].ssrc, 0xc);
	rig_close();
	begin(); /* the half is not the first stream of its leg */
	near_leg->n_streams = 0;
	(void)sends(near_leg, CAROL, 7000, B2BUA, 7002, 0xe);
	(void)es_dialog_add_stream(near_leg, &there->id.key);
	es_halves_take(&streams, near_leg);
	CHECK_EQ(near_leg->n_streams, 3);
	CHECK_EQ(near_leg->stream[2].ssrc, 0xb);
	rig_close();
}
