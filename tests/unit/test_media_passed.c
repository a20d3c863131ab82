/* SPDX-License-Identifier: Apache-2.0 */
/* Which streams SDP sends past a relay, to the millisecond; a leg of Alice and the relay, one of the relay and Bob. */
#include "probes/media/passed.h"

#include "probes/media/flows.h"

#include "streams_rig.h"

enum { ALICE = 1, BOB = 2, CAROL = 3, RELAY = 9, SILENT_MS = 10000, NOW_MS = 90000 };

static struct es_dialog *leg_a, *leg_b;
static struct es_stream_state *in, *out; /* to the relay, and behind it */
static struct es_media *of_relay, *of_bob_a;

static struct es_stream_state *
enter(struct es_dialog *d, struct es_addr src, struct es_addr dst, uint32_t ssrc)
{
	struct es_stream_state *s = rig_stream(src, dst, ssrc);

	es_flow_enter(&streams, es_flow_take(&streams, &src, &dst), s);
	s->owner.call = d->index;
	(void)es_dialog_add_stream(d, &s->id.key);
	s->prev_at = at_ms(50000);
	return s;
}

/* Both streams ran from 0 to 50 s; at 50 s leg A names Bob instead of the relay. */
static void
begin(void)
{
	rig_open();
	leg_a = rig_call("a", host(ALICE, 5060), host(RELAY, 5060));
	leg_b = rig_call("b", host(RELAY, 5060), host(BOB, 5060));
	(void)rig_media(leg_a, host(ALICE, 4000), true);
	of_relay = rig_media(leg_a, host(RELAY, 6000), false);
	of_bob_a = rig_media(leg_a, host(BOB, 5000), false);
	(void)rig_media(leg_b, host(RELAY, 6002), true);
	(void)rig_media(leg_b, host(BOB, 5000), false);
	in = enter(leg_a, host(ALICE, 4000), host(RELAY, 6000), 0xa);
	out = enter(leg_b, host(RELAY, 6002), host(BOB, 5000), 0xb);
	of_relay->is_away = true;
	of_relay->left_at = at_ms(50000);
	of_relay->left_for = of_bob_a->addr;
	c.clock = at_ms(NOW_MS);
}

/* Until when both went past, as ms; 0: they did not. */
static int64_t
until(const struct es_stream_state *s)
{
	es_time t = es_passed_until(&streams, s, SILENT_MS);

	return t.ns == 0 ? 0 : es_time_diff(t, at_ms(0)) / ES_NS_PER_MS;
}

TEST(passed_are_the_stream_to_the_relay_and_the_one_behind_it)
{
	begin();
	CHECK_EQ(until(in), NOW_MS);
	CHECK_EQ(until(out), NOW_MS);
	of_relay->is_away = false; /* never withdrawn */
	CHECK_EQ(until(in), 0);
	CHECK_EQ(until(out), 0);
	of_relay->away_at = at_ms(50000);
	of_relay->back_at = at_ms(70000);
	CHECK_EQ(until(in), 70000);
	CHECK_EQ(until(out), 70000);
	rig_close();
}

TEST(passed_is_what_fell_silent_when_sdp_said_so)
{
	static const struct {
		int64_t left_ms;
		bool is;
	} rows[] = { { 47999, false }, { 48000, true }, { 50000 + SILENT_MS - 1, true },
		{ 50000 + SILENT_MS, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		of_relay->left_at = at_ms(rows[i].left_ms);
		CHECK_EQ(until(in), rows[i].is ? NOW_MS : 0);
		CHECK_EQ(until(out), rows[i].is ? NOW_MS : 0);
		rig_close();
	}
}

TEST(passed_is_nothing_by_a_hold_or_another_side_or_the_same_host)
{
	begin();
	of_relay->is_held = true;
	CHECK_EQ(until(in) + until(out), 0);
	of_relay->is_held = false;
	of_bob_a->wants_none = true;
	CHECK_EQ(until(in) + until(out), 0);
	of_bob_a->wants_none = false;
	of_bob_a->is_caller = true;
	CHECK_EQ(until(in) + until(out), 0);
	of_bob_a->is_caller = false;
	CHECK_EQ(until(in), NOW_MS);
	of_relay->addr = host(BOB, 6000);
	CHECK_EQ(until(out), 0);
	rig_close();
}

/* Another media line, or another hop of the call, names it; the one in place of the relay got nothing. */
TEST(passed_is_nothing_by_an_address_that_did_not_take_the_place)
{
	begin();
	(void)rig_media(leg_a, host(CAROL, 7000), false);
	of_relay->left_for = host(CAROL, 7000);
	CHECK_EQ(until(in) + until(out), 0);
	rig_close();
}

/* It was named once, and withdrawn before the relay was, or while that was away. */
TEST(passed_is_nothing_by_an_address_that_is_withdrawn_itself)
{
	begin();
	of_bob_a->is_away = true;
	of_bob_a->left_at = at_ms(50000);
	CHECK_EQ(until(in) + until(out), 0);
	of_bob_a->left_at = at_ms(50001);
	CHECK_EQ(until(in), NOW_MS);
	CHECK_EQ(until(out), NOW_MS);
	rig_close();
}

/* A phone that moves: nobody was heard sending to the new address before. */
TEST(passed_is_nothing_where_nobody_sent_to_the_address_before)
{
	begin();
	out->record.start = at_ms(50000);
	CHECK_EQ(until(in) + until(out), 0);
	out->record.start = at_ms(49999);
	CHECK_EQ(until(in), NOW_MS);
	CHECK_EQ(until(out), NOW_MS);
	out->life = ES_STREAM_UNPROVEN;
	CHECK_EQ(until(in), 0);
	out->life = ES_STREAM_ENDED; /* its leg was over first */
	CHECK_EQ(until(in), NOW_MS);
	leg_b->stream[0].dst = host(CAROL, 5000);
	CHECK_EQ(until(in), 0);
	rig_close();
}

/* The address of the relay belongs to its own call alone: another one may use it next. */
TEST(passed_is_the_stream_of_the_call_that_withdrew)
{
	begin();
	in->owner.call = leg_b->index;
	CHECK_EQ(until(in), 0);
	rig_close();
}

/* Nobody need have been heard sending to the address that was named. */
TEST(withdrawn_is_a_stream_whose_destination_sdp_gave_another_host)
{
	begin();
	leg_b->n_streams = 0;
	CHECK_EQ(until(in), 0);
	CHECK(es_passed_is_withdrawn(&streams, in, SILENT_MS));
	CHECK(!es_passed_is_withdrawn(&streams, out, SILENT_MS)); /* Bob withdrew nothing */
	of_relay->left_at = at_ms(47999);
	CHECK(!es_passed_is_withdrawn(&streams, in, SILENT_MS));
	of_relay->left_at = at_ms(50000 + SILENT_MS);
	CHECK(!es_passed_is_withdrawn(&streams, in, SILENT_MS));
	of_relay->left_at = at_ms(50000 + SILENT_MS - 1);
	CHECK(es_passed_is_withdrawn(&streams, in, SILENT_MS));
	of_relay->is_held = true;
	CHECK(!es_passed_is_withdrawn(&streams, in, SILENT_MS));
	of_relay->is_held = false;
	of_relay->left_for = host(CAROL, 7000); /* another line's, or of another hop */
	CHECK(!es_passed_is_withdrawn(&streams, in, SILENT_MS));
	rig_close();
}

TEST(withdrawn_is_no_stream_whose_destination_is_wanted_again)
{
	begin();
	of_relay->is_away = false;
	of_relay->away_at = at_ms(50000);
	of_relay->back_at = at_ms(70000);
	CHECK_EQ(until(in), 70000);
	CHECK(!es_passed_is_withdrawn(&streams, in, SILENT_MS));
	rig_close();
}

/* Packets between Alice and Bob, either way: this place would see hers. */
TEST(withdrawn_is_no_stream_whose_sender_is_seen_with_the_named_host)
{
	for (unsigned k = 0; k < 4; k++) {
		uint8_t src = k == 0 || k == 2 ? ALICE : BOB;

		begin();
		leg_a->stream[leg_a->n_streams].src = host(src, 4002);
		leg_a->stream[leg_a->n_streams].dst =
		    k == 3 ? host(RELAY, 6000) : host((uint8_t)(ALICE + BOB - src), 5002);
		leg_a->n_streams = (uint8_t)(leg_a->n_streams + (k != 2));
		CHECK_EQ(es_passed_is_withdrawn(&streams, in, SILENT_MS), k >= 2);
		leg_a->n_streams = ES_CALL_STREAMS_MAX; /* more may have been seen */
		CHECK(!es_passed_is_withdrawn(&streams, in, SILENT_MS));
		rig_close();
	}
}

/* Bob sends to the relay, and the relay to Alice; of all SDP she got, hers names Bob. */
static void
begin_at_start(void)
{
	rig_open();
	leg_a = rig_call("a", host(ALICE, 5060), host(RELAY, 5060));
	leg_b = rig_call("b", host(RELAY, 5060), host(BOB, 5060));
	(void)rig_media(leg_a, host(ALICE, 4000), true);
	of_bob_a = rig_media(leg_a, host(BOB, 5000), false);
	of_relay = rig_media(leg_b, host(RELAY, 6002), true);
	(void)rig_media(leg_b, host(BOB, 5000), false);
	in = enter(leg_b, host(BOB, 5000), host(RELAY, 6002), 0xb);
	out = enter(leg_a, host(RELAY, 6000), host(ALICE, 4000), 0xa);
}

/* The streams whose other direction goes past: 1 the one to the relay, 2 the one behind it. */
static unsigned
unseen(void)
{
	unsigned n = es_passed_reverse(&streams, in, leg_b) ? 1 : 0;

	n += es_passed_reverse(&streams, out, leg_a) ? 2 : 0;
	rig_close();
	return n;
}

TEST(passed_from_the_start_is_the_other_direction_of_both_streams)
{
	begin_at_start();
	CHECK_EQ(unseen(), 3);
}

/* One Call-ID on both legs. */
TEST(passed_from_the_start_is_the_other_direction_in_one_call)
{
	begin_at_start();
	(void)rig_media(leg_b, host(ALICE, 4000), true);
	(void)es_dialog_add_stream(leg_b, &out->id.key);
	leg_a->n_streams = 0;
	CHECK(es_passed_reverse(&streams, in, leg_b));
	CHECK(es_passed_reverse(&streams, out, leg_b));
	(void)rig_media(leg_b, host(RELAY, 6000), false);
	CHECK(!es_passed_reverse(&streams, in, leg_b));
	CHECK(!es_passed_reverse(&streams, out, leg_b));
	rig_close();
}

/* A real one-way call: the relay named itself, at any time. */
TEST(passed_from_the_start_is_nothing_where_the_relay_named_itself)
{
	struct es_media *m;

	begin_at_start();
	m = rig_media(leg_a, host(RELAY, 6000), false);
	m->is_away = true;
	CHECK_EQ(unseen(), 0);
	begin_at_start();
	(void)rig_media(leg_a, host(RELAY, 6004), true); /* not to Alice */
	CHECK_EQ(unseen(), 3);
}

/* Without one of the two streams nobody knows of a relay: a phone behind a NAT names an address that is not its own. */
TEST(passed_from_the_start_is_nothing_without_both_streams)
{
	begin_at_start();
	leg_b->n_streams = 0;
	CHECK(!es_passed_reverse(&streams, out, leg_a));
	rig_close();
	begin_at_start();
	leg_a->n_streams = 0;
	CHECK(!es_passed_reverse(&streams, in, leg_b));
	rig_close();
	begin_at_start();
	leg_b->stream[0].src = host(CAROL, 5000);
	CHECK(!es_passed_reverse(&streams, out, leg_a));
	rig_close();
	begin_at_start();
	leg_b->stream[0].dst = host(CAROL, 6002);
	CHECK(!es_passed_reverse(&streams, out, leg_a));
	rig_close();
}

TEST(passed_from_the_start_is_nothing_by_sdp_that_does_not_hold)
{
	begin_at_start();
	of_bob_a->wants_none = true;
	CHECK(!es_passed_reverse(&streams, out, leg_a));
	rig_close();
	begin_at_start();
	of_bob_a->is_away = true;
	CHECK(!es_passed_reverse(&streams, out, leg_a));
	rig_close();
	begin_at_start();
	of_bob_a->is_caller = true;
	CHECK_EQ(unseen(), 0);
	begin_at_start();
	of_relay->is_caller = false;
	CHECK_EQ(unseen(), 0);
}

/* Bob who is at the relay, and Alice who is at Bob's: what goes between two hosts is seen with them. */
TEST(passed_from_the_start_is_nothing_between_hosts_that_are_seen)
{
	begin_at_start();
	out->id.key.dst = host(BOB, 4000);
	leg_a->stream[0].dst = host(BOB, 4000);
	(void)rig_media(leg_a, host(BOB, 4000), true);
	CHECK_EQ(unseen(), 0);
	begin_at_start();
	out->id.key.dst = host(RELAY, 4000);
	leg_a->stream[0].dst = host(RELAY, 4000);
	(void)rig_media(leg_a, host(RELAY, 4000), true);
	CHECK_EQ(unseen(), 0);
}
