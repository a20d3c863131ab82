/* SPDX-License-Identifier: Apache-2.0 */
/* Streams found by 5-tuple, by hosts and SSRC, and among their siblings; hosts of unclaimed media. */
#include "probes/media/by_hosts.h"
#include "probes/media/flows.h"
#include "probes/media/orphans.h"
#include "probes/media/siblings.h"

#include "streams_rig.h"

enum { ALICE = 1, BOB = 2, CAROL = 3 };

static struct es_stream_state *
enter(uint8_t from, uint8_t to, uint32_t ssrc)
{
	struct es_addr src = host(from, 4000), dst = host(to, 5000);
	struct es_stream_state *s = rig_stream(src, dst, ssrc);

	es_flow_enter(&streams, es_flow_take(&streams, &src, &dst), s);
	return s;
}

static struct es_stream_state *
found(uint8_t from, uint16_t from_port, uint8_t to, uint16_t to_port, uint32_t ssrc)
{
	struct es_addr src = host(from, from_port), dst = host(to, to_port);

	return es_flow_find(&streams, &src, &dst, ssrc);
}

TEST(flow_is_one_direction_of_a_5_tuple_and_holds_its_streams)
{
	struct es_stream_state *one, *two, *back;

	rig_open();
	one = enter(ALICE, BOB, 1);
	two = enter(ALICE, BOB, 2);
	back = enter(BOB, ALICE, 1);
	CHECK_EQ(streams.flows.n_used, 2);
	CHECK_EQ(one->id.flow, two->id.flow);
	CHECK(one->id.flow != back->id.flow);
	CHECK_EQ(((struct es_flow *)es_pool_at(&streams.flows, one->id.flow))->n_streams, 2);
	CHECK(found(ALICE, 4000, BOB, 5000, 1) == one);
	CHECK(found(ALICE, 4000, BOB, 5000, 2) == two);
	CHECK(found(BOB, 4000, ALICE, 5000, 1) == back);
	CHECK(found(ALICE, 4000, BOB, 5000, 3) == NULL);
	CHECK(found(ALICE, 4001, BOB, 5000, 1) == NULL);
	CHECK(found(ALICE, 4000, BOB, 5001, 1) == NULL);
	CHECK(found(CAROL, 4000, BOB, 5000, 1) == NULL);
	rig_close();
}

TEST(flow_goes_with_its_last_stream)
{
	struct es_stream_state *one, *two, *three;

	rig_open();
	one = enter(ALICE, BOB, 1);
	two = enter(ALICE, BOB, 2);
	three = enter(ALICE, BOB, 3);
	es_flow_leave(&streams, two); /* in the middle of the list */
	CHECK(found(ALICE, 4000, BOB, 5000, 1) == one);
	CHECK(found(ALICE, 4000, BOB, 5000, 2) == NULL);
	CHECK(found(ALICE, 4000, BOB, 5000, 3) == three);
	es_flow_leave(&streams, three); /* at its head */
	CHECK_EQ(streams.flows.n_used, 1);
	CHECK(found(ALICE, 4000, BOB, 5000, 1) == one);
	es_flow_leave(&streams, one);
	CHECK_EQ(streams.flows.n_used, 0);
	CHECK_EQ(es_flow_index(&streams, &one->id.key.src, &one->id.key.dst), ES_POOL_NONE);
	rig_close();
}

TEST(flow_finds_no_room_in_a_full_pool)
{
	struct es_addr src = host(ALICE, 1), dst = host(BOB, 1);

	rig_open();
	for (src.port = 1; src.port <= RIG_ROOM; src.port++)
		CHECK(es_flow_take(&streams, &src, &dst) != ES_POOL_NONE);
	CHECK_EQ(es_flow_take(&streams, &src, &dst), ES_POOL_NONE);
	CHECK_EQ(streams.flows.n_used, RIG_ROOM);
	src.port = 1; /* but one that is there */
	CHECK(es_flow_take(&streams, &src, &dst) != ES_POOL_NONE);
	rig_close();
}

TEST(streams_find_knows_open_ones_alone)
{
	struct es_stream_state *s;

	rig_open();
	s = enter(ALICE, BOB, 1);
	CHECK(es_flow_find_open(&streams, &s->id.key.src, &s->id.key.dst, 1) == s);
	CHECK(es_flow_find_open(&streams, &s->id.key.src, &s->id.key.dst, 2) == NULL);
	s->life = ES_STREAM_ENDED;
	CHECK(es_flow_find_open(&streams, &s->id.key.src, &s->id.key.dst, 1) == NULL);
	s->life = ES_STREAM_UNPROVEN;
	CHECK(es_flow_find_open(&streams, &s->id.key.src, &s->id.key.dst, 1) == NULL);
	CHECK(found(ALICE, 4000, BOB, 5000, 1) == s);
	rig_close();
}

/* Of two streams on one flow, which makes room: 1, 2; 0: neither. */
static unsigned
victim(int64_t last1, int life1, bool silent1, int64_t last2, int life2, bool silent2)
{
	struct es_stream_state *one, *two;
	const struct es_stream_state *v;

	rig_open();
	one = enter(ALICE, BOB, 1);
	two = enter(ALICE, BOB, 2);
	one->last_at = at_ms(last1);
	two->last_at = at_ms(last2);
	one->life = (uint8_t)life1;
	two->life = (uint8_t)life2;
	one->was_silent = silent1;
	two->was_silent = silent2;
	v = es_flow_victim(&streams, es_pool_at(&streams.flows, one->id.flow));
	rig_close();
	return v == NULL ? 0 : v == one ? 1 : 2;
}

TEST(unproven_stream_makes_room_before_ended_before_silent_and_a_heard_one_never)
{
	static const int unproven = ES_STREAM_UNPROVEN, ended = ES_STREAM_ENDED,
			 open = ES_STREAM_OPEN;

	CHECK_EQ(victim(1, open, false, 2, open, false), 0);
	CHECK_EQ(victim(1, open, false, 2, open, true), 2);
	CHECK_EQ(victim(2, open, true, 1, open, false), 1);
	CHECK_EQ(victim(1, open, true, 2, ended, false), 2);
	CHECK_EQ(victim(2, ended, true, 1, open, true), 1);
	CHECK_EQ(victim(1, ended, false, 2, unproven, false), 2);
	CHECK_EQ(victim(2, unproven, false, 1, ended, false), 1);
	/* Of two alike, who was heard last longest ago; of one moment, the newer one. */
	CHECK_EQ(victim(1, ended, false, 2, ended, false), 1);
	CHECK_EQ(victim(2, ended, false, 1, ended, false), 2);
	CHECK_EQ(victim(1, unproven, false, 2, unproven, false), 1);
	CHECK_EQ(victim(2, open, true, 1, open, true), 2);
	CHECK_EQ(victim(1, ended, false, 1, ended, false), 2);
}

static struct es_stream_state *
between(uint8_t from, uint16_t from_port, uint8_t to, uint16_t to_port, uint32_t ssrc)
{
	struct es_addr src = host(from, from_port), dst = host(to, to_port);

	return es_by_hosts_find(&streams, &src, &dst, ssrc);
}

TEST(stream_between_two_hosts_is_found_whatever_the_ports)
{
	struct es_stream_state *s;

	rig_open();
	s = rig_stream(host(ALICE, 4000), host(BOB, 5000), 0x10002);
	es_by_hosts_add(&streams, s);
	CHECK(between(ALICE, 4001, BOB, 5001, 0x10002) == s);
	CHECK(between(ALICE, 4000, BOB, 5000, 0x10003) == NULL);
	CHECK(between(ALICE, 4000, BOB, 5000, 0x20002) == NULL);
	CHECK(between(BOB, 5001, ALICE, 4001, 0x10002) == NULL);
	CHECK(between(CAROL, 4001, BOB, 5001, 0x10002) == NULL);
	CHECK(between(ALICE, 4001, CAROL, 5001, 0x10002) == NULL);
	s->life = ES_STREAM_ENDED;
	CHECK(between(ALICE, 4001, BOB, 5001, 0x10002) == NULL);
	s->life = ES_STREAM_OPEN;
	es_by_hosts_remove(&streams, s);
	CHECK(between(ALICE, 4001, BOB, 5001, 0x10002) == NULL);
	rig_close();
}

TEST(of_several_streams_between_two_hosts_the_announced_rtcp_address_decides)
{
	struct es_stream_state *one, *two;
	struct es_media *m;

	rig_open();
	one = rig_stream(host(ALICE, 4000), host(BOB, 5000), 7);
	two = rig_stream(host(ALICE, 4100), host(BOB, 5100), 7);
	es_by_hosts_add(&streams, one);
	es_by_hosts_add(&streams, two);
	CHECK(between(ALICE, 4001, BOB, 5001, 7) == NULL); /* nobody can say which */
	m = rig_media(rig_call("c", host(ALICE, 5060), host(BOB, 5060)), host(BOB, 5000), false);
	m->rtcp = host(BOB, 5001);
	one->owner.media = 0;
	CHECK(between(ALICE, 4001, BOB, 5001, 7) == one);
	CHECK(between(ALICE, 4001, BOB, 5101, 7) == NULL);
	one->owner.media = ES_POOL_NONE;
	two->owner.media = 0;
	CHECK(between(ALICE, 4001, BOB, 5001, 7) == two);
	rig_close();
}

/* The streams of a list, newest first, as a number of their SSRCs: 321. */
static unsigned
listed(enum es_siblings kind, const struct es_stream_state *s)
{
	unsigned all = 0;

	for (uint32_t i = es_siblings_first(&streams, kind, s); i != ES_POOL_NONE;
	     i = es_stream_at(&streams, i)->id.sibling[kind].next)
		all = all * 10 + es_stream_at(&streams, i)->id.key.ssrc % 10;
	return all;
}

TEST(siblings_stand_newest_first_and_leave_from_any_place)
{
	static const unsigned without[] = { 32, 31, 21 };

	for (unsigned leaves = 0; leaves < 3; leaves++) {
		struct es_stream_state *s[3];

		rig_open();
		for (unsigned i = 0; i < 3; i++) {
			s[i] = rig_stream(host(ALICE, 4000), host(BOB, 5000), i + 1);
			es_siblings_enter(&streams, s[i]);
		}
		CHECK_EQ(listed(ES_SIBLINGS_TARGET, s[0]), 321);
		es_siblings_leave(&streams, s[leaves]);
		CHECK(!s[leaves]->id.is_listed);
		CHECK_EQ(listed(ES_SIBLINGS_TARGET, s[0]), without[leaves]);
		es_siblings_leave(&streams, s[leaves]); /* again: nothing */
		CHECK_EQ(listed(ES_SIBLINGS_TARGET, s[0]), without[leaves]);
		es_siblings_enter(&streams, s[leaves]);
		CHECK_EQ(listed(ES_SIBLINGS_TARGET, s[0]), (leaves + 1) * 100 + without[leaves]);
		CHECK_EQ(listed(ES_SIBLINGS_SSRC, s[leaves]), leaves + 1);
		for (unsigned i = 0; i < 3; i++)
			es_siblings_leave(&streams, s[i]);
		CHECK_EQ(listed(ES_SIBLINGS_TARGET, s[0]), 0);
		CHECK_EQ(streams.siblings[ES_SIBLINGS_TARGET].n, 0);
		rig_close();
	}
}

TEST(siblings_share_an_ssrc_or_a_target)
{
	struct es_stream_state *one, *same_ssrc, *same_target, *other_port;

	rig_open();
	one = rig_stream(host(ALICE, 4000), host(BOB, 5000), 11);
	same_ssrc = rig_stream(host(ALICE, 4000), host(CAROL, 5000), 11);
	same_target = rig_stream(host(CAROL, 4000), host(BOB, 5000), 13);
	other_port = rig_stream(host(ALICE, 4000), host(BOB, 5001), 14);
	es_siblings_enter(&streams, one);
	es_siblings_enter(&streams, same_ssrc);
	es_siblings_enter(&streams, same_target);
	es_siblings_enter(&streams, other_port);
	CHECK_EQ(listed(ES_SIBLINGS_SSRC, one), 11);
	CHECK_EQ(listed(ES_SIBLINGS_SSRC, same_target), 3);
	CHECK_EQ(listed(ES_SIBLINGS_TARGET, one), 31);
	CHECK_EQ(listed(ES_SIBLINGS_TARGET, other_port), 4);
	es_siblings_enter(&streams, one); /* to the head */
	CHECK_EQ(listed(ES_SIBLINGS_TARGET, one), 13);
	rig_close();
}

static bool
flows(uint8_t from, uint8_t to)
{
	struct es_addr src = host(from, 1), dst = host(to, 2);

	return es_orphans_flow(&streams, &src, &dst);
}

TEST(hosts_of_unclaimed_media_are_known_until_the_last_stream_went)
{
	struct es_stream_state *one, *two;

	rig_open();
	one = rig_stream(host(ALICE, 4000), host(BOB, 5000), 1);
	two = rig_stream(host(ALICE, 4002), host(BOB, 5002), 2);
	CHECK(!flows(ALICE, BOB));
	es_orphans_remove(&streams, one); /* it never came */
	es_orphans_add(&streams, one);
	es_orphans_add(&streams, two);
	CHECK_EQ(streams.orphans.pool.n_used, 1);
	CHECK(flows(ALICE, BOB));
	CHECK(!flows(BOB, ALICE));
	CHECK(!flows(ALICE, CAROL));
	CHECK(!flows(CAROL, BOB));
	es_orphans_remove(&streams, one);
	CHECK(flows(ALICE, BOB));
	es_orphans_remove(&streams, two);
	CHECK(!flows(ALICE, BOB));
	CHECK_EQ(streams.orphans.pool.n_used, 0);
	es_orphans_add(&streams, two);
	CHECK(flows(ALICE, BOB));
	rig_close();
}
