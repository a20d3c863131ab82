/* SPDX-License-Identifier: Apache-2.0 */
/* Which call a stream belongs to, how it joins it and leaves it. */
#include "probes/media/claim.h"

#include "probes/media/flows.h"
#include "probes/media/orphans.h"

#include "streams_rig.h"

enum { ALICE = 1, BOB = 2, CAROL = 3 };

static struct es_dialog *call;
static struct es_media *of_alice, *of_bob;
static struct es_stream_state *s; /* Alice's to Bob */

static uint32_t
index_of(const struct es_media *m)
{
	return es_media_table_of_call(&c, &medias, &m->addr, m->call);
}

static void
lists(struct es_media *m, uint8_t pt, const char *name, uint32_t rate_hz)
{
	es_payload_of(pt, es_slice_str(name), rate_hz, &m->terms->type[m->terms->n_types++]);
}

static struct es_stream_state *
enter(uint8_t from, uint16_t from_port, uint8_t to, uint16_t to_port, uint32_t ssrc)
{
	struct es_addr src = host(from, from_port), dst = host(to, to_port);
	struct es_stream_state *o = rig_stream(src, dst, ssrc);

	es_flow_enter(&streams, es_flow_take(&streams, &src, &dst), o);
	es_eviction_add(&streams.eviction, o->id.index, &src, false);
	return o;
}

static void
begin(void)
{
	rig_open();
	call = rig_call("c", host(ALICE, 5060), host(BOB, 5060));
	of_alice = rig_media(call, host(ALICE, 4000), true);
	of_bob = rig_media(call, host(BOB, 5000), false);
	lists(of_alice, 96, "opus", 48000);
	lists(of_bob, 97, "speex", 16000);
	s = enter(ALICE, 4000, BOB, 5000, 0xa);
}

static bool
find(uint8_t pt, int64_t ms)
{
	return es_claim_find(&streams, s, pt, at_ms(ms));
}

TEST(claim_knows_call_and_target_and_whether_the_type_was_announced)
{
	begin();
	CHECK(find(97, 0));
	CHECK_EQ(s->owner.call, call->index);
	CHECK_EQ(s->owner.media, index_of(of_bob));
	CHECK(s->has_signalling);
	CHECK_EQ(s->owner.call_end.ns, 0);
	CHECK(!es_claim_is_stale(&streams, s));
	CHECK(!find(96, 0)); /* of the other side */
	CHECK_EQ(s->owner.media, index_of(of_bob));
	c.media_generation++;
	CHECK(!es_claim_is_stale(&streams, s));
	s->wants_refresh = true;
	CHECK(es_claim_is_stale(&streams, s));
	s->wants_refresh = false;
	s->id.key = (struct es_stream_key){ .src = host(CAROL, 1), .dst = host(CAROL, 3) };
	CHECK(!find(97, 0));
	CHECK_EQ(s->owner.call, ES_POOL_NONE);
	CHECK(!es_claim_is_stale(&streams, s)); /* nobody announced anything since */
	c.media_generation++;
	CHECK(es_claim_is_stale(&streams, s));
	CHECK(!find(97, 0));
	CHECK(!es_claim_is_stale(&streams, s));
	rig_close();
}

TEST(claim_is_void_five_seconds_after_the_call)
{
	begin();
	call->step = ES_DIALOG_OVER;
	call->ended_at = at_ms(1000);
	CHECK(find(97, 6000));
	CHECK_EQ(s->owner.call_end.ns, at_ms(1000).ns);
	CHECK(!find(97, 6001));
	CHECK_EQ(s->owner.call, ES_POOL_NONE);
	call->step = ES_DIALOG_UP;
	CHECK(find(97, 6001));
	CHECK_EQ(s->owner.call_end.ns, 0);
	call->n_open = ES_CALL_OPEN_STREAMS_MAX - 1;
	CHECK(find(97, 6001));
	call->n_open = ES_CALL_OPEN_STREAMS_MAX;
	CHECK(!find(97, 6001));
	CHECK_EQ(s->owner.call, ES_POOL_NONE);
	rig_close();
}

TEST(claim_teaches_what_the_types_mean)
{
	begin();
	(void)es_coding_payload(&c, s, 97);
	of_bob->terms->is_secure = true;
	of_bob->buffer_by = ES_RECEIVER_BY_AGENT;
	CHECK(find(97, 0));
	CHECK(s->is_secure);
	CHECK_SLICE(es_payload_name(&s->coding.first.is), "speex");
	CHECK_EQ(s->receiver.by, ES_RECEIVER_BY_AGENT);
	s->coding.first.packets = 5;
	/* now another codec, under the same number */
	es_payload_of(97, es_slice_str("GSM"), 8000, &of_bob->terms->type[0]);
	CHECK(find(97, 0));
	CHECK_EQ(s->coding.n_payloads, 2);
	CHECK(s->coding.first.is_past);
	CHECK_SLICE(es_payload_name(&s->coding.others[0].is), "GSM");
	rig_close();
}

TEST(claim_by_the_sender_alone_borrows_its_types)
{
	rig_open();
	call = rig_call("c", host(ALICE, 5060), host(BOB, 5060));
	of_alice = rig_media(call, host(ALICE, 4000), true);
	lists(of_alice, 96, "opus", 48000);
	of_alice->terms->is_secure = true;
	s = enter(ALICE, 4000, BOB, 5000, 0xa);
	(void)es_coding_payload(&c, s, 96);
	CHECK(!find(96, 0));
	CHECK(s->is_secure);
	CHECK_EQ(s->owner.call, call->index);
	CHECK_EQ(s->owner.media, ES_POOL_NONE);
	CHECK(s->owner.is_borrowed);
	CHECK(s->has_signalling);
	CHECK_SLICE(es_payload_name(&s->coding.first.is), "opus");
	es_claim_type(&streams, s, 98);
	CHECK_EQ(s->coding.n_payloads, 2);
	of_bob = rig_media(call, host(BOB, 5000), false); /* the receiver says what they mean */
	lists(of_bob, 96, "speex", 16000);
	CHECK(find(96, 0));
	CHECK(!s->owner.is_borrowed);
	CHECK_SLICE(es_payload_name(&s->coding.first.is), "speex");
	CHECK(!s->coding.first.is_past);
	rig_close();
}

TEST(claim_of_the_way_back_is_that_of_its_call)
{
	struct es_stream_state *back;

	begin();
	back = enter(BOB, 6000, ALICE, 4000, 0xb);
	back->owner.call = call->index;
	back->owner.media = index_of(of_alice);
	s->id.key.dst.port = 6000; /* where nobody announced anything: a NAT */
	es_flow_leave(&streams, s);
	es_flow_enter(&streams, es_flow_take(&streams, &s->id.key.src, &s->id.key.dst), s);
	CHECK(find(97, 0));
	CHECK_EQ(s->owner.media, index_of(of_bob));
	back->life = ES_STREAM_ENDED;
	call->step = ES_DIALOG_OVER; /* so that its own address says nothing */
	CHECK(!find(97, 60000));
	rig_close();
}

/* Joins its call as one that is believed. */
static void
join(struct es_stream_state *o)
{
	(void)es_claim_find(&streams, o, 97, o->record.start);
	es_claim_join(&streams, o);
}

TEST(streams_join_their_call_and_leave_it_in_any_order)
{
	for (unsigned leaves = 0; leaves < 3; leaves++) {
		struct es_stream_state *o[3];
		unsigned n = 0;

		begin();
		for (unsigned i = 0; i < 3; i++) {
			o[i] = enter(ALICE, 4000, BOB, 5000, 0x10 + i);
			o[i]->last_at = at_ms(100 + i);
			join(o[i]);
		}
		CHECK_EQ(call->n_open, 3);
		CHECK_EQ(call->n_streams, 3);
		CHECK_EQ(streams.n_orphans, 0);
		CHECK(call->ends[0].family != 0);
		es_claim_leave(&streams, o[leaves]);
		CHECK_EQ(call->n_open, 2);
		CHECK_EQ(call->media_at.ns, at_ms(100 + leaves).ns);
		CHECK_EQ(o[leaves]->owner.call, ES_POOL_NONE);
		CHECK_EQ(o[leaves]->owner.media, ES_POOL_NONE);
		CHECK_EQ(o[leaves]->owner.call_next, ES_POOL_NONE);
		for (uint32_t i = call->streams; i != ES_POOL_NONE;
		     i = es_stream_at(&streams, i)->owner.call_next) {
			CHECK(i != o[leaves]->id.index);
			n++;
		}
		CHECK_EQ(n, 2);
		rig_close();
	}
}

TEST(orphans_are_counted_until_they_are_silent_or_claimed)
{
	struct es_stream_state *o;

	begin();
	o = enter(CAROL, 1, CAROL, 3, 0x10);
	join(o);
	CHECK_EQ(streams.n_orphans, 1);
	CHECK(es_orphans_flow(&streams, &o->id.key.src, &o->id.key.dst));
	es_claim_leave(&streams, o);
	CHECK_EQ(streams.n_orphans, 0);
	CHECK(!es_orphans_flow(&streams, &o->id.key.src, &o->id.key.dst));
	join(o);
	streams.n_orphans--;
	o->was_silent = true;
	es_claim_leave(&streams, o);
	CHECK_EQ(streams.n_orphans, 0);
	rig_close();
}

TEST(stream_that_joins_claims_the_way_back)
{
	struct es_stream_state *back;

	begin();
	back = enter(BOB, 5000, ALICE, 4000, 0xb);
	es_media_table_drop(&c, &medias, index_of(of_alice)); /* known by Bob's address alone */
	call->media = index_of(of_bob);
	es_claim_join(&streams, back);
	CHECK_EQ(streams.n_orphans, 1);
	join(s);
	CHECK_EQ(back->owner.call, call->index);
	CHECK_EQ(call->n_open, 2);
	CHECK_EQ(streams.n_orphans, 0);
	CHECK(!es_orphans_flow(&streams, &back->id.key.src, &back->id.key.dst));
	rig_close();
	for (int64_t ms = -1; ms <= 0; ms++) { /* but not one that was over before the call began */
		begin();
		back = enter(BOB, 5000, ALICE, 4000, 0xb);
		es_media_table_drop(&c, &medias, index_of(of_alice));
		call->media = index_of(of_bob);
		back->last_at = at_ms(ms);
		es_claim_join(&streams, back);
		join(s);
		CHECK_EQ(back->owner.call, ms < 0 ? ES_POOL_NONE : call->index);
		rig_close();
	}
}

TEST(call_that_goes_leaves_orphans_behind)
{
	begin();
	join(s);
	es_claim_call_changed(&streams, call->index);
	CHECK(s->wants_refresh);
	es_claim_call_gone(&streams, call->index);
	CHECK_EQ(s->owner.call, ES_POOL_NONE);
	CHECK_EQ(call->n_open, 0);
	CHECK_EQ(call->streams, ES_POOL_NONE);
	CHECK_EQ(streams.n_orphans, 1);
	CHECK(es_orphans_flow(&streams, &s->id.key.src, &s->id.key.dst));
	CHECK_EQ(s->record.coverage.flags, ES_COV_EVICTED);
	rig_close();
}

TEST(address_that_goes_is_looked_for_again_by_its_streams_alone)
{
	struct es_stream_state *back;

	begin();
	join(s);
	back = enter(BOB, 5000, ALICE, 4000, 0xb);
	join(back);
	s->wants_refresh = back->wants_refresh = false;
	es_claim_media_gone(&streams, index_of(of_bob));
	CHECK_EQ(s->owner.media, ES_POOL_NONE);
	CHECK(s->wants_refresh);
	CHECK_EQ(back->owner.media, index_of(of_alice));
	CHECK(!back->wants_refresh);
	CHECK(!es_claim_refresh(&streams, s, at_ms(5)));
	CHECK_EQ(s->owner.media, index_of(of_bob));
	CHECK(!s->wants_refresh);
	CHECK(!es_claim_is_stale(&streams, s));
	rig_close();
}

TEST(stream_that_lost_its_call_is_asked_again_when_an_address_is_new)
{
	begin();
	join(s);
	c.media_generation++;
	CHECK(!es_claim_refresh(&streams, s, at_ms(5)));
	es_claim_leave(&streams, s);
	CHECK(!es_claim_is_stale(&streams, s));
	c.media_generation++;
	CHECK(es_claim_is_stale(&streams, s));
	rig_close();
}

TEST(another_call_takes_over_where_the_first_is_over)
{
	struct es_dialog *next;

	begin();
	join(s);
	call->step = ES_DIALOG_OVER;
	call->ended_at = at_ms(1000);
	s->owner.call_end = at_ms(1000);
	CHECK(!es_claim_refresh(&streams, s, at_ms(1500)));
	CHECK(!es_claim_is_live(&streams, s));
	c.clock = at_ms(2000);
	next = rig_call("d", host(ALICE, 5060), host(BOB, 5060));
	(void)rig_media(next, host(BOB, 5000), false);
	CHECK(es_claim_refresh(&streams, s, at_ms(2000)));
	CHECK(!es_claim_is_live(&streams, s)); /* it is not up yet */
	next->step = ES_DIALOG_UP;
	CHECK(es_claim_is_live(&streams, s));
	s->owner.call_end = es_time_of_ns(0); /* its own call continues */
	CHECK(!es_claim_refresh(&streams, s, at_ms(2000)));
	s->owner.call_end = at_ms(1000);
	next->step = ES_DIALOG_OVER;
	next->ended_at = at_ms(2500);
	CHECK(!es_claim_refresh(&streams, s, at_ms(3000)));
	s->life = ES_STREAM_UNPROVEN; /* asked when it is believed */
	next->step = ES_DIALOG_UP;
	CHECK(!es_claim_refresh(&streams, s, at_ms(3000)));
	rig_close();
}

TEST(orphan_is_adopted_when_its_call_is_known)
{
	rig_open();
	s = enter(ALICE, 4000, BOB, 5000, 0xa);
	es_claim_join(&streams, s);
	CHECK_EQ(streams.n_orphans, 1);
	CHECK(!es_claim_refresh(&streams, s, at_ms(5)));
	CHECK_EQ(streams.n_orphans, 1);
	CHECK_EQ(rig_records, 0);
	call = rig_call("c", host(ALICE, 5060), host(BOB, 5060));
	of_bob = rig_media(call, host(BOB, 5000), false);
	CHECK(!es_claim_refresh(&streams, s, at_ms(5)));
	CHECK_EQ(s->owner.call, call->index);
	CHECK_EQ(streams.n_orphans, 0);
	CHECK_EQ(call->n_open, 1);
	CHECK(rig_records >= 1);
	CHECK_EQ(rig_last.type, ES_REC_STREAM);
	rig_close();
}
