/* SPDX-License-Identifier: Apache-2.0 */
/* Which call owns the packets to an address that several announced, and which share them. */
#include "probes/media/owners.h"

#include "probes/media/flows.h"

#include "streams_rig.h"

enum {
	ALICE = 1,
	BOB = 2,
	CAROL = 3,
	DAVE = 4,
	PROXY = 8,
	B2BUA = 9,
	PHONE = 4000,
	CARRIER = 5000
};

/* Of two legs: Alice calls the B2BUA, which calls Bob. */
static struct es_dialog *near_leg, *far_leg;

static uint32_t
index_of(const struct es_media *m)
{
	return es_media_table_of_call(&c, &medias, &m->addr, m->call);
}

/* A leg that begins at ms. */
static struct es_dialog *
leg(const char *id, uint8_t from, uint8_t to, int64_t ms)
{
	struct es_dialog *d;

	c.clock = at_ms(ms);
	d = rig_call(id, host(from, 5060), host(to, 5060));
	d->step = ES_DIALOG_UP;
	return d;
}

static void
answered(struct es_dialog *d, int64_t ms)
{
	d->has_answer = true;
	d->answered_at = at_ms(ms);
}

static void
two_legs(void)
{
	rig_open();
	near_leg = leg("near", ALICE, B2BUA, 0);
	far_leg = leg("far", B2BUA, BOB, 10);
}

/* Who owns packets from a port to another one. */
static uint32_t
owner(uint8_t from, uint16_t from_port, uint8_t to, uint16_t to_port, uint32_t way_back)
{
	struct es_addr src = host(from, from_port), dst = host(to, to_port);

	return es_owners_find(&streams, &src, &dst, way_back);
}

/* Calls next to its own that share a stream from Alice to Bob, as bits of their indexes. */
static unsigned
others_of(const struct es_dialog *d)
{
	struct es_stream_state *s = rig_stream(host(ALICE, PHONE), host(BOB, CARRIER), 1);
	uint32_t calls[ES_STREAM_OTHERS_MAX];
	unsigned n, bits = 0;

	s->owner.call = d != NULL ? d->index : ES_POOL_NONE;
	n = es_owners_others(&streams, s, calls);
	for (unsigned i = 0; i < n; i++)
		bits |= 1u << calls[i];
	es_pool_give(&streams.pool, s->id.index);
	return bits;
}

TEST(owner_of_a_lone_address_is_its_call_until_it_expires)
{
	struct es_media *m;

	two_legs();
	m = rig_media(near_leg, host(BOB, CARRIER), false);
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER, ES_POOL_NONE), index_of(m));
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER + 1, ES_POOL_NONE), ES_POOL_NONE);
	m->expires = c.clock;
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER, ES_POOL_NONE), index_of(m));
	m->expires = at_ms(9);
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER, ES_POOL_NONE), ES_POOL_NONE);
	rig_close();
}

TEST(owner_is_live_said_known_to_the_sender_and_newest_in_that_order)
{
	struct es_dialog *a, *b;
	struct es_media *of_a, *of_b;
	uint32_t is_a, is_b;

	rig_open();
	a = leg("a", ALICE, PROXY, 0);
	b = leg("b", CAROL, PROXY, 10);
	of_a = rig_media(a, host(BOB, CARRIER), false);
	of_b = rig_media(b, host(BOB, CARRIER), false);
	is_a = index_of(of_a);
	is_b = index_of(of_b);
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER, ES_POOL_NONE), is_b); /* announced last */
	of_a->generation = of_b->generation + 1;
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER, ES_POOL_NONE), is_a);
	(void)rig_media(b, host(ALICE, PHONE), true); /* of its other side */
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER, ES_POOL_NONE), is_b);
	CHECK_EQ(owner(ALICE, PHONE + 2, BOB, CARRIER, ES_POOL_NONE), is_a);
	of_b->rank = ES_MEDIA_CANDIDATE;
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER, ES_POOL_NONE), is_a);
	a->step = ES_DIALOG_OVER;
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER, ES_POOL_NONE), is_b);
	b->step = ES_DIALOG_OVER;
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER, ES_POOL_NONE), is_a);
	rig_close();
}

TEST(owner_among_candidates_is_the_call_that_began_first)
{
	struct es_media *m[2];

	two_legs();
	m[0] = rig_media(near_leg, host(BOB, CARRIER), false);
	m[1] = rig_media(far_leg, host(BOB, CARRIER), false);
	m[0]->rank = m[1]->rank = ES_MEDIA_CANDIDATE;
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER, ES_POOL_NONE), index_of(m[0]));
	m[0]->generation = 99;
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER, ES_POOL_NONE), index_of(m[0]));
	rig_close();
}

/* Both legs announce both ends. */
static void
share(struct es_media *target[2])
{
	two_legs();
	target[0] = rig_media(near_leg, host(BOB, CARRIER), false);
	target[1] = rig_media(far_leg, host(BOB, CARRIER), false);
	(void)rig_media(near_leg, host(ALICE, PHONE), true);
	(void)rig_media(far_leg, host(ALICE, PHONE), true);
}

TEST(owner_of_shared_media_is_the_leg_that_began_first_or_owns_the_way_back)
{
	struct es_media *m[2];

	share(m);
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER, ES_POOL_NONE), index_of(m[0]));
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER, far_leg->index), index_of(m[1]));
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER, near_leg->index), index_of(m[0]));
	near_leg->step = ES_DIALOG_OVER;
	near_leg->ended_at = at_ms(5000);
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER, ES_POOL_NONE), index_of(m[1]));
	CHECK_EQ(owner(ALICE, PHONE, BOB, CARRIER, near_leg->index), index_of(m[0]));
	rig_close();
}

TEST(media_that_both_legs_announce_at_both_ends_are_shared)
{
	struct es_media *m[2];

	share(m);
	CHECK_EQ(others_of(near_leg), 1u << far_leg->index);
	CHECK_EQ(others_of(far_leg), 1u << near_leg->index);
	CHECK_EQ(others_of(NULL), 0);
	far_leg->invite_src = near_leg->invite_src; /* two calls of one hop */
	far_leg->invite_dst = near_leg->invite_dst;
	CHECK_EQ(others_of(near_leg), 0);
	rig_close();
	share(m);
	near_leg->step = ES_DIALOG_OVER;
	near_leg->ended_at = at_ms(9); /* before the other one began */
	CHECK_EQ(others_of(near_leg), 0);
	CHECK_EQ(others_of(far_leg), 0);
	near_leg->ended_at = at_ms(10);
	CHECK_EQ(others_of(far_leg), 1u << near_leg->index);
	rig_close();
}

TEST(media_of_one_end_alone_are_not_shared)
{
	two_legs();
	(void)rig_media(near_leg, host(BOB, CARRIER), false);
	(void)rig_media(far_leg, host(BOB, CARRIER), false);
	(void)rig_media(near_leg, host(ALICE, PHONE), true);
	CHECK_EQ(others_of(near_leg), 0);
	(void)rig_media(far_leg, host(ALICE, PHONE), false); /* of the wrong side */
	CHECK_EQ(others_of(near_leg), 0);
	rig_close();
}

/* Another port of the sender's host, where a NAT renumbered it on one leg. */
TEST(media_are_shared_where_one_leg_knows_another_port_of_the_sender)
{
	for (unsigned late = 0; late < 2; late++) {
		two_legs();
		answered(near_leg, late != 0 ? 9 : 10); /* before the other leg began */
		(void)rig_media(near_leg, host(BOB, CARRIER), false);
		(void)rig_media(far_leg, host(BOB, CARRIER), false);
		(void)rig_media(near_leg, host(ALICE, PHONE), true);
		CHECK_EQ(others_of(near_leg), 0);
		(void)rig_media(far_leg, host(ALICE, PHONE + 2), true);
		CHECK_EQ(others_of(near_leg), late != 0 ? 0 : 1u << far_leg->index);
		rig_close();
	}
}

/* Media that bypass the B2BUA in one direction: it handed Bob's address on. */
static bool
half(bool is_peer, bool answers_within, uint8_t far_host)
{
	struct es_media *at_near, *at_far;

	two_legs();
	at_near = rig_media(near_leg, host(BOB, CARRIER), false);
	at_far = rig_media(far_leg, host(BOB, CARRIER), false);
	(void)rig_media(near_leg, host(ALICE, PHONE), true);
	(void)rig_media(far_leg, host(B2BUA, 7000), true);
	at_near->host = host(B2BUA, CARRIER);
	at_near->peer = host(ALICE, 0);
	at_far->host = host(far_host, CARRIER);
	at_far->peer = host(is_peer ? B2BUA : PROXY, 0);
	answered(far_leg, 50);
	answered(near_leg, answers_within ? 50 : 49);
	return others_of(near_leg) == 1u << far_leg->index;
}

TEST(media_that_bypass_a_relay_one_way_are_shared_where_the_address_was_handed_on)
{
	CHECK(half(true, true, BOB));
	rig_close();
	CHECK(half(true, false, BOB));
	rig_close();
	CHECK(half(false, true, BOB)); /* another host on each side: answered within the other */
	rig_close();
	CHECK(!half(false, false, BOB));
	rig_close();
	CHECK(!half(true, true, B2BUA)); /* of one host, nothing was handed on */
	rig_close();
	CHECK(half(true, true, BOB));
	far_leg->has_answer = false;
	CHECK_EQ(others_of(near_leg), 0);
	rig_close();
}

TEST(half_shared_media_are_of_what_both_legs_said)
{
	for (unsigned i = 0; i < 4; i++) {
		struct es_addr bob = host(BOB, CARRIER);

		CHECK(half(true, true, BOB));
		if (i == 1)
			es_media_table_at(
			    &medias, es_media_table_of_call(&c, &medias, &bob, near_leg->index))
			    ->rank = ES_MEDIA_CANDIDATE;
		if (i == 2)
			es_media_table_at(
			    &medias, es_media_table_of_call(&c, &medias, &bob, far_leg->index))
			    ->rank = ES_MEDIA_CANDIDATE;
		if (i == 3)
			es_media_table_at(
			    &medias, es_media_table_of_call(&c, &medias, &bob, far_leg->index))
			    ->host.family = 0;
		CHECK_EQ(others_of(near_leg), i == 0 ? 1u << far_leg->index : 0);
		rig_close();
	}
}

TEST(address_is_that_of_one_call_alone_or_of_its_legs)
{
	struct es_media *m[2];
	struct es_dialog *third;
	struct es_addr alice = host(ALICE, PHONE);
	struct es_media *of_third;

	share(m);
	CHECK(es_owners_is_sole(&streams, index_of(m[0]), &alice));
	third = leg("third", CAROL, DAVE, 20);
	of_third = rig_media(third, host(BOB, CARRIER), false);
	CHECK(!es_owners_is_sole(&streams, index_of(m[0]), &alice));
	of_third->expires = at_ms(19);
	CHECK(es_owners_is_sole(&streams, index_of(m[0]), &alice));
	of_third->expires = at_ms(20);
	third->step = ES_DIALOG_OVER;
	CHECK(es_owners_is_sole(&streams, index_of(m[0]), &alice));
	rig_close();
}

TEST(other_side_of_an_address_is_the_latest_of_the_other_party)
{
	struct es_media *one, *bob;

	two_legs();
	one = rig_media(near_leg, host(ALICE, PHONE), true);
	CHECK_EQ(es_owners_other_side(&streams, one), ES_POOL_NONE);
	bob = rig_media(near_leg, host(BOB, CARRIER), false);
	(void)rig_media(near_leg, host(ALICE, PHONE + 2), true);
	CHECK_EQ(es_owners_other_side(&streams, one), index_of(bob));
	CHECK_EQ(es_owners_other_side(&streams, bob), near_leg->media);
	rig_close();
}

TEST(shared_stream_continues_as_long_as_one_of_its_other_legs)
{
	struct es_media *m[2];
	struct es_stream_state *s;

	share(m);
	s = rig_stream(host(ALICE, PHONE), host(BOB, CARRIER), 1);
	s->owner.call = near_leg->index;
	CHECK(es_owners_go_on(&streams, s));
	near_leg->step = ES_DIALOG_OVER;
	near_leg->ended_at = at_ms(5000);
	CHECK(es_owners_go_on(&streams, s));
	far_leg->step = ES_DIALOG_OVER;
	far_leg->ended_at = at_ms(5000);
	CHECK(!es_owners_go_on(&streams, s));
	rig_close();
}

TEST(shared_stream_is_listed_by_its_other_legs_once)
{
	struct es_media *m[2];
	struct es_stream_state *s;

	share(m);
	far_leg->step = ES_DIALOG_CALLING;
	s = rig_stream(host(BOB, CARRIER), host(ALICE, PHONE), 1);
	s->owner.call = near_leg->index;
	es_owners_share(&streams, s);
	CHECK_EQ(far_leg->n_streams, 1);
	CHECK_EQ(far_leg->stream[0].ssrc, 1);
	CHECK(far_leg->has & ES_CALL_HAS_EARLY_MEDIA); /* Bob's, before the answer */
	CHECK_EQ(near_leg->n_streams, 0);
	CHECK_EQ(rig_records, 1);
	es_owners_share(&streams, s);
	CHECK_EQ(rig_records, 1);
	s = rig_stream(host(ALICE, PHONE), host(BOB, CARRIER), 2);
	s->owner.call = near_leg->index;
	far_leg->has = 0;
	es_owners_share(&streams, s);
	CHECK_EQ(far_leg->n_streams, 2);
	CHECK_EQ(far_leg->has, 0); /* the caller's own media are not early */
	rig_close();
}

TEST(streams_of_a_call_end_with_it_unless_another_leg_continues)
{
	struct es_media *m[2];
	struct es_stream_state *s;
	struct es_addr src = host(ALICE, PHONE), dst = host(BOB, CARRIER);

	share(m);
	s = rig_stream(src, dst, 1);
	es_flow_enter(&streams, es_flow_take(&streams, &src, &dst), s);
	s->owner.call = near_leg->index;
	near_leg->streams = s->id.index;
	es_owners_share(&streams, s);
	near_leg->step = ES_DIALOG_OVER;
	near_leg->ended_at = at_ms(5000);
	es_owners_call_ended(&streams, near_leg->index, at_ms(5000));
	CHECK_EQ(s->owner.call_end.ns, 0);
	CHECK_EQ(s->id.deadline, ES_HEAP_NONE);
	far_leg->step = ES_DIALOG_OVER;
	far_leg->ended_at = at_ms(6000);
	es_owners_call_ended(&streams, far_leg->index, at_ms(6000));
	CHECK_EQ(s->owner.call_end.ns, at_ms(6000).ns);
	CHECK(s->id.deadline != ES_HEAP_NONE);
	es_owners_call_ended(&streams, far_leg->index, at_ms(7000)); /* it is known already */
	CHECK_EQ(s->owner.call_end.ns, at_ms(6000).ns);
	rig_close();
}

/* The first three of them. */
TEST(legs_that_share_a_stream_stand_in_the_order_they_began)
{
	static const uint8_t hosts[] = { ALICE, B2BUA, CAROL, DAVE, PROXY, BOB };
	struct es_dialog *d[5];
	struct es_stream_state *s;
	uint32_t calls[ES_STREAM_OTHERS_MAX];

	rig_open();
	for (unsigned i = 0; i < 5; i++)
		d[i] = leg("leg", hosts[i], hosts[i + 1], i);
	for (unsigned i = 0; i < 5; i++) {
		unsigned k = i * 2 % 5;

		(void)rig_media(d[k], host(BOB, CARRIER), false);
		(void)rig_media(d[4 - k], host(ALICE, PHONE), true);
	}
	s = rig_stream(host(ALICE, PHONE), host(BOB, CARRIER), 1);
	s->owner.call = d[2]->index;
	CHECK_EQ(es_owners_others(&streams, s, calls), ES_STREAM_OTHERS_MAX);
	CHECK_EQ(calls[0], d[0]->index);
	CHECK_EQ(calls[1], d[1]->index);
	CHECK_EQ(calls[2], d[3]->index);
	rig_close();
}
