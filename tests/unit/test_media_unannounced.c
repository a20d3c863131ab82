/* SPDX-License-Identifier: Apache-2.0 */
/* Calls bound by hosts and port, and what the capture lost while streams were open. */
#include "probes/media/unannounced.h"

#include "probes/call/hosts.h"
#include "probes/media/dropped.h"
#include "probes/media/flows.h"

#include "streams_rig.h"

enum { ALICE = 1, BOB = 2, CAROL = 3, PHONE = 4000, CARRIER = 5000 };

/* A call of Alice's and Bob's, each behind a NAT: what SDP announces are addresses of the inside. */
static struct es_dialog *call;
static struct es_media *of_alice, *of_bob;
static struct es_stream_state *s;

static struct es_media *
announce(
    struct es_dialog *d, uint8_t inside, uint16_t port, bool is_caller, uint8_t from, uint8_t to)
{
	struct es_media *m = rig_media(d,
	    (struct es_addr){ .family = 4, .port = port, .ip = { 192, 168, 0, inside } },
	    is_caller);
	struct es_addr sender = host(from, 5060), receiver = host(to, 5060);
	uint32_t others[ES_HOSTS_PORTS_MAX];

	(void)es_hosts_set(&c, &medias, es_media_table_of_call(&c, &medias, &m->addr, d->index),
	    &sender, &receiver, others);
	es_payload_of(0, es_slice_of(NULL, 0), 0, &m->terms->type[m->terms->n_types++]);
	return m;
}

static void
begin(void)
{
	rig_open();
	call = rig_call("c", host(ALICE, 5060), host(BOB, 5060));
	of_alice = announce(call, ALICE, PHONE, true, ALICE, BOB);
	of_bob = announce(call, BOB, CARRIER, false, BOB, ALICE);
	s = rig_stream(host(ALICE, PHONE), host(BOB, 23456), 1);
}

static uint32_t
index_of(const struct es_media *m)
{
	return m == NULL ? ES_POOL_NONE : es_media_table_of_call(&c, &medias, &m->addr, m->call);
}

/* Whether the stream is the call's, and goes to m. */
static bool
is_bound(const struct es_dialog *d, const struct es_media *m, uint8_t pt, int64_t began_ms)
{
	uint32_t media;
	uint32_t found = es_unannounced_find(&streams, s, pt, at_ms(began_ms), &media);

	return found == (d == NULL ? ES_POOL_NONE : d->index) && media == index_of(m);
}

TEST(media_from_the_announced_port_of_its_host_are_the_calls)
{
	begin();
	CHECK(is_bound(call, of_bob, 0, 0)); /* by the sender; it goes to the other side */
	CHECK(is_bound(NULL, NULL, 8, 0));   /* a type that nobody announced */
	s->id.key.src.port++;
	CHECK(is_bound(NULL, NULL, 0, 0));
	s->id.key.src = host(CAROL, PHONE);
	CHECK(is_bound(NULL, NULL, 0, 0));
	s->id.key.src = host(ALICE, PHONE);
	s->id.key.dst = host(CAROL, CARRIER);
	CHECK(is_bound(NULL, NULL, 0, 0));
	rig_close();
}

TEST(media_to_the_announced_port_of_its_host_are_the_calls)
{
	begin();
	s->id.key.src.port = 34567;
	s->id.key.dst.port = CARRIER;
	CHECK(is_bound(call, of_bob, 0, 0));
	rig_close();
}

TEST(media_of_a_call_begin_with_it_and_end_with_it)
{
	begin();
	CHECK(is_bound(NULL, NULL, 0, -1));
	CHECK(is_bound(call, of_bob, 0, 0));
	call->began_unseen = true;
	CHECK(is_bound(call, of_bob, 0, -1));
	call->step = ES_DIALOG_OVER;
	CHECK(is_bound(NULL, NULL, 0, 0));
	rig_close();
}

TEST(types_of_the_receiver_count_and_of_the_sender_while_it_is_not_known)
{
	begin();
	of_bob->terms->n_types = 0;
	CHECK(is_bound(NULL, NULL, 0, 0));
	rig_close();
	rig_open();
	call = rig_call("c", host(ALICE, 5060), host(BOB, 5060));
	of_alice = announce(call, ALICE, PHONE, true, ALICE, BOB);
	s = rig_stream(host(ALICE, PHONE), host(BOB, 23456), 1);
	CHECK(is_bound(call, NULL, 0, 0));
	of_alice->terms->n_types = 0;
	CHECK(is_bound(NULL, NULL, 0, 0));
	rig_close();
}

TEST(media_that_two_calls_may_own_are_bound_to_none)
{
	struct es_dialog *other;

	begin();
	other = rig_call("d", host(ALICE, 5060), host(BOB, 5060));
	(void)announce(other, 7, PHONE, true, ALICE, BOB);
	CHECK(is_bound(NULL, NULL, 0, 0));
	other->step = ES_DIALOG_OVER;
	CHECK(is_bound(call, of_bob, 0, 0));
	rig_close();
}

TEST(last_sdp_of_the_receiver_decides_where_media_go)
{
	struct es_media *again;

	begin();
	s->id.key.dst.port = CARRIER;
	CHECK(is_bound(call, of_bob, 0, 0));
	again = announce(call, 7, CARRIER, false, BOB, ALICE); /* moved, inside of the NAT */
	CHECK(is_bound(call, again, 0, 0));
	again->generation = of_bob->generation - 1;
	CHECK(is_bound(call, of_bob, 0, 0));
	rig_close();
}

/* Another stream of the call; owned by it. */
static struct es_stream_state *
runs(uint8_t from, uint16_t from_port, struct es_addr dst, int64_t last_ms)
{
	struct es_stream_state *o = rig_stream(host(from, from_port), dst, 2);

	o->owner.call = call->index;
	o->owner.call_next = call->streams;
	o->last_at = at_ms(last_ms);
	call->streams = o->id.index;
	return o;
}

TEST(media_next_to_a_stream_from_the_same_port_are_not_the_calls)
{
	begin();
	(void)runs(ALICE, PHONE, host(CAROL, 1), 499);
	CHECK(is_bound(call, of_bob, 0, 500)); /* it ended before */
	es_stream_at(&streams, call->streams)->last_at = at_ms(500);
	CHECK(is_bound(NULL, NULL, 0, 500));
	es_stream_at(&streams, call->streams)->id.key.dst = s->id.key.dst; /* on the same path */
	CHECK(is_bound(call, of_bob, 0, 500));
	es_stream_at(&streams, call->streams)->id.key.dst = host(CAROL, 1);
	es_stream_at(&streams, call->streams)->id.key.src.port++;
	CHECK(is_bound(call, of_bob, 0, 500));
	rig_close();
}

TEST(media_next_to_those_to_the_address_that_sdp_announced_are_not_the_calls)
{
	begin();
	s->id.key.src.port = 34567;
	s->id.key.dst.port = CARRIER;
	(void)runs(CAROL, 1, of_bob->addr, 500);
	CHECK(is_bound(NULL, NULL, 0, 500));
	CHECK(is_bound(call, of_bob, 0, 501));
	es_stream_at(&streams, call->streams)->id.key.dst.port++;
	CHECK(is_bound(call, of_bob, 0, 500));
	rig_close();
}

TEST(media_from_an_address_of_one_call_alone_are_the_calls)
{
	struct es_dialog *other;

	rig_open();
	call = rig_call("c", host(ALICE, 5060), host(BOB, 5060));
	of_alice = rig_media(call, host(ALICE, PHONE), true);
	of_bob = rig_media(call, host(BOB, CARRIER), false);
	es_payload_of(0, es_slice_of(NULL, 0), 0, &of_bob->terms->type[of_bob->terms->n_types++]);
	s = rig_stream(host(ALICE, PHONE), host(CAROL, 23456), 1);
	CHECK(is_bound(call, of_bob, 0, 0));
	of_alice->rank = ES_MEDIA_CANDIDATE;
	CHECK(is_bound(NULL, NULL, 0, 0));
	of_alice->rank = ES_MEDIA_SAID;
	other = rig_call("d", host(ALICE, 5060), host(CAROL, 5060));
	(void)rig_media(other, host(ALICE, PHONE), true);
	CHECK(is_bound(NULL, NULL, 0, 0));
	other->step = ES_DIALOG_OVER;
	CHECK(is_bound(call, of_bob, 0, 0));
	rig_close();
}

/* Packets were dropped in from_ms .. to_ms; whether a stream of 1000 .. 3000 ms is marked. */
static bool
is_marked(enum es_stream_life life, int64_t from_ms, int64_t to_ms)
{
	static const struct es_coverage lost = { .flags = ES_COV_DROPS, .dropped = 7, .gap_ms = 3 };
	bool is;

	rig_open();
	s = rig_stream(host(ALICE, PHONE), host(BOB, CARRIER), 1);
	s->life = (uint8_t)life;
	s->record.start = at_ms(1000);
	s->last_at = at_ms(3000);
	for (unsigned i = 0; i < 2; i++)
		es_dropped_between(&streams, at_ms(from_ms), at_ms(to_ms), &lost);
	is = s->record.coverage.flags == ES_COV_DROPS;
	if (is != (s->record.coverage.dropped == 14 && s->record.coverage.gap_ms == 6 &&
		      s->since_flags == ES_COV_DROPS && s->since_dropped == 14) ||
	    is != (s->window.block[0].dropped == 14 &&
		      s->window.block[0].coverage_flags == ES_COV_DROPS) ||
	    is != (s->window.block[1].dropped == 14 &&
		      s->window.block[1].coverage_flags == ES_COV_DROPS))
		test_fail(__FILE__, __LINE__, "marked in part");
	rig_close();
	return is;
}

TEST(dropped_packets_mark_what_was_open_up_to_its_silence)
{
	CHECK(is_marked(ES_STREAM_OPEN, 500, 1000));
	CHECK(!is_marked(ES_STREAM_OPEN, 500, 999));
	CHECK(is_marked(ES_STREAM_OPEN, 13000, 14000));
	CHECK(!is_marked(ES_STREAM_OPEN, 13001, 14000));
	CHECK(is_marked(ES_STREAM_UNPROVEN, 2000, 2001));
	CHECK(!is_marked(ES_STREAM_ENDED, 2000, 2001));
}

TEST(dropped_packets_mark_every_stream_of_the_pool)
{
	static const struct es_coverage lost = { .flags = ES_COV_GAP };
	struct es_stream_state *all[3];

	rig_open();
	for (unsigned i = 0; i < 3; i++)
		all[i] = rig_stream(host(ALICE, PHONE), host(BOB, CARRIER), i);
	es_pool_give(&streams.pool, all[1]->id.index);
	es_dropped_between(&streams, at_ms(0), at_ms(1), &lost);
	CHECK_EQ(all[0]->record.coverage.flags, ES_COV_GAP);
	CHECK_EQ(all[2]->record.coverage.flags, ES_COV_GAP);
	rig_close();
}

TEST(hole_in_a_connection_marks_its_open_streams_alone)
{
	struct es_addr src = host(ALICE, PHONE), dst = host(BOB, CARRIER);
	struct es_stream_state *one, *two, *back;
	uint32_t flow;

	rig_open();
	es_dropped_hole(&streams, &src, &dst); /* of a flow that nobody knows */
	flow = es_flow_take(&streams, &src, &dst);
	one = rig_stream(src, dst, 1);
	two = rig_stream(src, dst, 2);
	back = rig_stream(dst, src, 3);
	es_flow_enter(&streams, flow, one);
	es_flow_enter(&streams, flow, two);
	es_flow_enter(&streams, es_flow_take(&streams, &dst, &src), back);
	two->life = ES_STREAM_ENDED;
	es_dropped_hole(&streams, &src, &dst);
	CHECK_EQ(one->record.coverage.flags, ES_COV_DROPS);
	CHECK_EQ(one->record.coverage.dropped, 1);
	CHECK_EQ(two->record.coverage.flags, 0);
	CHECK_EQ(back->record.coverage.flags, 0);
	rig_close();
}
