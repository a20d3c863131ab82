/* SPDX-License-Identifier: Apache-2.0 */
/* Late starts, one-way and stopped media, SSRCs that follow: to the millisecond, by whose leg it is. */
#include "probes/media/findings.h"

#include "probes/media/flows.h"
#include "probes/media/orphans.h"

#include "streams_rig.h"

enum { ALICE = 1, BOB = 2, CAROL = 3 };

static struct es_dialog *call;
static struct es_stream_state *a, *b; /* Alice's and Bob's */

static struct es_stream_state *
enter(struct es_dialog *d, uint8_t from, uint16_t from_port, uint8_t to, uint16_t to_port,
    uint32_t ssrc)
{
	struct es_addr src = host(from, from_port), dst = host(to, to_port);
	struct es_stream_state *s = rig_stream(src, dst, ssrc);

	es_flow_enter(&streams, es_flow_take(&streams, &src, &dst), s);
	if (d == NULL)
		return s;
	s->owner.call = d->index;
	s->owner.call_next = d->streams;
	d->streams = s->id.index;
	(void)es_dialog_add_stream(d, &s->id.key);
	return s;
}

static void
heard(struct es_stream_state *s, int64_t from_ms, int64_t to_ms)
{
	s->record.start = at_ms(from_ms);
	s->prev_at = s->last_at = at_ms(to_ms);
}

/* A call answered at 0 ms whose sides can talk from then on. */
static void
answer(void)
{
	rig_open();
	call = rig_call("c", host(ALICE, 5060), host(BOB, 5060));
	(void)rig_media(call, host(ALICE, 4000), true);
	(void)rig_media(call, host(BOB, 5000), false);
	call->step = ES_DIALOG_UP;
	call->answered_at = at_ms(0);
	es_findings_sdp(call, ES_CALLER, true, at_ms(0));
	es_findings_sdp(call, ES_CALLEE, true, at_ms(0));
}

static void
begin(void)
{
	answer();
	a = enter(call, ALICE, 4000, BOB, 5000, 0xa);
	b = enter(call, BOB, 5000, ALICE, 4000, 0xb);
	a->owner.is_first_of_direction = b->owner.is_first_of_direction = true;
}

/* What is said of a stream of audio at the end, at ms. */
static struct es_stream
reported(const struct es_stream_state *s, int64_t ms)
{
	struct es_stream r;

	c.clock = at_ms(ms);
	memset(&r, 0, sizeof(r));
	r.kind = ES_KIND_AUDIO;
	es_findings_report(&streams, s, true, &r);
	return r;
}

TEST(both_ways_are_open_while_both_sides_can_talk_in_an_answered_call)
{
	static struct es_dialog d;

	memset(&d, 0, sizeof(d));
	es_findings_sdp(&d, 0, true, at_ms(10));
	es_findings_sdp(&d, 1, true, at_ms(20));
	CHECK_EQ(d.both_since.ns, 0); /* not answered */
	d.answered_at = at_ms(30);
	es_findings_answered(&d, at_ms(30));
	CHECK_EQ(d.both_since.ns, 0); /* nor up */
	d.step = ES_DIALOG_UP;
	es_findings_answered(&d, at_ms(30));
	CHECK_EQ(d.both_since.ns, at_ms(30).ns);
	CHECK_EQ(d.both_first.ns, at_ms(30).ns);
	CHECK_EQ(d.both_last.ns, at_ms(30).ns);
	es_findings_answered(&d, at_ms(40)); /* nothing new */
	CHECK_EQ(d.both_since.ns, at_ms(30).ns);
	es_findings_sdp(&d, 0, false, at_ms(130));
	CHECK_EQ(d.both_since.ns, 0);
	CHECK_EQ(d.both_until.ns, at_ms(130).ns);
	CHECK_EQ(d.both_ms, 100);
	es_findings_sdp(&d, 1, false, at_ms(200));
	es_findings_sdp(&d, 0, true, at_ms(250));
	CHECK_EQ(d.both_since.ns, 0);
	CHECK_EQ(d.both_until.ns, at_ms(130).ns);
	es_findings_sdp(&d, 1, true, at_ms(300));
	CHECK_EQ(d.both_since.ns, at_ms(300).ns);
	CHECK_EQ(d.both_first.ns, at_ms(30).ns);
	CHECK_EQ(d.both_last.ns, at_ms(300).ns);
	d.step = ES_DIALOG_OVER;
	es_findings_over(&d, at_ms(307));
	CHECK_EQ(d.both_ms, 107);
	CHECK_EQ(d.both_until.ns, at_ms(307).ns);
	CHECK_EQ(d.both_since.ns, 0);
	memset(&d, 0, sizeof(d)); /* begun late: nobody saw the answer */
	d.began_unseen = true;
	d.step = ES_DIALOG_UP;
	es_findings_sdp(&d, 0, true, at_ms(10));
	CHECK_EQ(d.both_since.ns, 0);
	es_findings_sdp(&d, 1, true, at_ms(20));
	CHECK_EQ(d.both_since.ns, at_ms(20).ns);
}

TEST(start_is_late_against_the_time_at_which_both_could_talk)
{
	static const struct {
		int64_t start_ms;
		uint64_t late_us;
		bool is;
	} rows[] = { { -5, 0, false }, { 0, 0, false }, { 40, 40000, false },
		{ ES_LATE_START_MS, ES_LATE_START_MS * 1000, false },
		{ ES_LATE_START_MS + 1, (ES_LATE_START_MS + 1) * 1000, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		heard(a, rows[i].start_ms, 100000);
		heard(b, 0, 100000);
		CHECK(reported(a, 100000).has & ES_STREAM_HAS_LATE_START);
		CHECK_EQ(reported(a, 100000).late_start_us, rows[i].late_us);
		CHECK_EQ(reported(a, 100000).findings, rows[i].is ? ES_FINDING_LATE_START : 0);
		a->owner.is_first_of_direction = false;
		CHECK_EQ(reported(a, 100000).has, 0);
		CHECK_EQ(reported(a, 100000).findings, 0);
		a->owner.is_first_of_direction = true;
		call->began_unseen = true;
		CHECK_EQ(reported(a, 100000).has, 0);
		rig_close();
	}
}

TEST(start_without_a_call_is_late_against_the_first_of_the_way_back)
{
	struct es_stream_state *more;

	rig_open();
	a = enter(NULL, ALICE, 4000, BOB, 5000, 0xa);
	a->owner.is_first_of_direction = true;
	heard(a, 9000, 20000);
	CHECK_EQ(reported(a, 20000).has, 0);
	b = enter(NULL, BOB, 5000, ALICE, 4000, 0xb);
	heard(b, 100, 20000);
	more = enter(NULL, BOB, 5000, ALICE, 4000, 0xc);
	heard(more, 50, 20000);
	CHECK_EQ(reported(a, 20000).late_start_us, 8950000);
	CHECK_EQ(reported(a, 20000).findings, ES_FINDING_LATE_START);
	more->life = ES_STREAM_UNPROVEN;
	CHECK_EQ(reported(a, 20000).late_start_us, 8900000);
	more->life = ES_STREAM_OPEN;
	heard(more, 200, 20000);
	CHECK_EQ(reported(a, 20000).late_start_us, 8900000);
	rig_close();
}

/* Bob's stream was never there. */
static void
begin_one_way(int64_t from_ms, int64_t to_ms)
{
	answer();
	a = enter(call, ALICE, 4000, BOB, 5000, 0xa);
	heard(a, from_ms, to_ms);
}

static bool
is_one_way(void)
{
	return (reported(a, 100000).findings & ES_FINDING_ONE_WAY) != 0;
}

TEST(one_way_is_a_stream_that_ran_while_both_could_talk)
{
	begin_one_way(0, ES_ONE_WAY_MIN_MS);
	CHECK(is_one_way());
	heard(a, 0, ES_ONE_WAY_MIN_MS - 1);
	CHECK(!is_one_way());
	heard(a, 1, ES_ONE_WAY_MIN_MS);
	CHECK(!is_one_way());
	heard(a, 1, ES_ONE_WAY_MIN_MS + 1);
	CHECK(is_one_way());
	a->record.coverage.flags = ES_COV_EVICTED;
	CHECK(!is_one_way());
	a->record.coverage.flags = ES_COV_DROPS;
	CHECK(is_one_way());
	rig_close();
	begin_one_way(-5000, ES_ONE_WAY_MIN_MS - 1); /* early media are no proof */
	CHECK(!is_one_way());
	rig_close();
	begin_one_way(0, 60000);
	es_findings_sdp(call, ES_CALLEE, false, at_ms(ES_ONE_WAY_MIN_MS - 1));
	CHECK(!is_one_way());
	es_findings_sdp(call, ES_CALLEE, true, at_ms(59999));
	CHECK(is_one_way()); /* a millisecond more */
	rig_close();
}

TEST(one_way_is_no_stream_whose_way_back_may_be_there)
{
	struct es_stream_state *o;

	begin_one_way(0, 60000);
	o = enter(NULL, BOB, 5000, ALICE, 4000, 0xb); /* on the very 5-tuple */
	CHECK(!is_one_way());
	es_flow_leave(&streams, o);
	CHECK(is_one_way());
	o = rig_stream(host(BOB, 7), host(ALICE, 9), 0xc); /* of the hosts, claimed by no call */
	es_orphans_add(&streams, o);
	CHECK(!is_one_way());
	es_orphans_remove(&streams, o);
	CHECK(is_one_way());
	(void)enter(
	    call, CAROL, 7, ALICE, 4000, 0xd); /* to Alice's address: her leg, from elsewhere */
	CHECK(!is_one_way());
	rig_close();
}

/* Where no side announced an address, both hosts must be those of the leg. */
TEST(one_way_is_not_excused_by_one_host_of_another_leg)
{
	begin_one_way(0, 60000);
	(void)enter(call, BOB, 7, CAROL, 9, 0xe);
	(void)enter(call, CAROL, 7, ALICE, 9, 0xf);
	CHECK(is_one_way());
	(void)enter(call, BOB, 7, ALICE, 9, 0xd);
	CHECK(!is_one_way());
	rig_close();
}

/* Carol relays what comes for Alice; what Alice sends to Bob's address is the way back of it. */
TEST(one_way_of_the_callee_is_excused_by_what_comes_from_the_callers_host)
{
	answer();
	a = enter(call, CAROL, 7, ALICE, 4000, 0xa);
	heard(a, 0, 60000);
	CHECK(is_one_way());
	(void)enter(call, ALICE, 4000, BOB, 5000, 0xb);
	CHECK(!is_one_way());
	rig_close();
}

TEST(one_way_is_known_unless_a_call_has_more_streams_than_it_lists)
{
	struct es_stream_key key = { .src = host(ALICE, 4000), .dst = host(BOB, 5000) };

	begin_one_way(0, 60000);
	while (call->n_streams < ES_CALL_STREAMS_MAX - 1) {
		key.ssrc++;
		(void)es_dialog_add_stream(call, &key);
	}
	CHECK(is_one_way());
	key.ssrc++;
	(void)es_dialog_add_stream(call, &key);
	CHECK(!is_one_way());
	rig_close();
}

/* Alice fell silent at 1000 ms and Bob continues. */
static void
begin_stopped(int64_t b_last_ms)
{
	begin();
	heard(a, 0, 1000);
	heard(b, 0, b_last_ms);
}

static bool
has_stopped(int64_t ms)
{
	return (reported(a, ms).findings & ES_FINDING_STOPPED) != 0;
}

TEST(stopped_is_a_direction_that_is_silent_while_the_other_continues)
{
	enum { ENOUGH = 1000 + ES_STOPPED_MIN_MS };

	begin_stopped(ENOUGH);
	CHECK(has_stopped(ENOUGH));
	CHECK(!has_stopped(ENOUGH - 1));
	heard(b, 0, ENOUGH - 1);
	CHECK(!has_stopped(ENOUGH));
	heard(b, 0, ENOUGH);
	es_findings_sdp(call, ES_CALLEE, false, at_ms(ENOUGH - 1)); /* a hold */
	CHECK(!has_stopped(60000));
	rig_close();
	begin_stopped(60000);
	es_findings_sdp(call, ES_CALLEE, false, at_ms(ENOUGH));
	CHECK(has_stopped(60000));
	es_findings_sdp(call, ES_CALLEE, true, at_ms(40000)); /* opened again: from then on */
	CHECK(!has_stopped(40000 + ES_STOPPED_MIN_MS - 1));
	CHECK(has_stopped(40000 + ES_STOPPED_MIN_MS));
	rig_close();
}

TEST(stopped_is_no_stream_that_pauses_or_begins_again)
{
	begin_stopped(60000);
	CHECK(has_stopped(60000));
	a->changes.silences = 1;
	CHECK(!has_stopped(60000));
	a->changes.silences = 0;
	a->changes.comfort = 1;
	CHECK(!has_stopped(60000));
	a->changes.comfort = 0;
	a->record.coverage.flags = ES_COV_EVICTED;
	CHECK(!has_stopped(60000));
	a->record.coverage.flags = 0;
	a->begins_again = true;
	CHECK(!has_stopped(60000));
	a->begins_again = false;
	CHECK(has_stopped(60000));
	rig_close();
}

TEST(stopped_is_no_direction_that_another_stream_continues)
{
	struct es_stream_state *o;

	begin_stopped(60000);
	o = enter(call, ALICE, 4000, BOB, 5000, 0xc);
	heard(o, 0, 1000);
	CHECK(has_stopped(60000)); /* it stopped with the first */
	heard(o, 0, 1001);
	CHECK(!has_stopped(60000));
	o->life = ES_STREAM_UNPROVEN;
	o->owner.call = ES_POOL_NONE;
	rig_close();
}

/* A stream of the way that another leg owns and this one lists. */
TEST(stopped_is_no_direction_that_another_leg_continues)
{
	struct es_dialog *other;
	struct es_stream_state *o;

	begin_stopped(60000);
	other = rig_call("d", host(ALICE, 5060), host(CAROL, 5060));
	o = enter(other, ALICE, 4000, BOB, 5000, 0xc);
	heard(o, 0, 60000);
	CHECK(has_stopped(60000)); /* of no concern: this leg does not list it */
	(void)es_dialog_add_stream(call, &o->id.key);
	CHECK(!has_stopped(60000));
	heard(o, 0, 1000);
	CHECK(has_stopped(60000));
	heard(o, 0, 60000);
	o->id.key.dst = call->stream[2].dst = host(CAROL, 5000); /* another way */
	CHECK(has_stopped(60000));
	rig_close();
}

/* An SSRC that another one may follow; it began at 0 ms and was heard last at ms. */
static bool
follows(int64_t last_ms, int64_t start_ms, bool is_other)
{
	struct es_stream_state *s;
	bool has;

	answer();
	heard(enter(call, ALICE, 4000, BOB, 5000, 0xa), 0, last_ms);
	if (is_other)
		es_stream_at(&streams, call->streams)->owner.call = ES_POOL_NONE;
	s = enter(NULL, ALICE, 4000, BOB, 5000, 0xc);
	s->owner.call = call->index;
	heard(s, start_ms, start_ms + 10000);
	es_findings_begin(&streams, s);
	has = s->owner.has_follows;
	if (has && s->owner.follows_ssrc != 0xa)
		test_fail(__FILE__, __LINE__, "follows another one");
	rig_close();
	return has;
}

TEST(ssrc_follows_one_that_ended_at_about_the_time_it_began)
{
	CHECK(follows(1000, 1000 + ES_FOLLOWS_MAX_MS, false));
	CHECK(!follows(1000, 1001 + ES_FOLLOWS_MAX_MS, false));
	CHECK(follows(1000 + ES_FOLLOWS_OVER_MS, 1000, false));
	CHECK(!follows(1001 + ES_FOLLOWS_OVER_MS, 1000, false));
	CHECK(!follows(100, 0, false)); /* they began together */
	CHECK(follows(100, 1, false));
	CHECK(!follows(1000, 1000, true)); /* of nobody's */
}

TEST(ssrc_follows_who_fell_silent_last)
{
	struct es_stream_state *s;

	answer();
	heard(enter(call, ALICE, 4000, BOB, 5000, 1), 0, 1000);
	heard(enter(call, ALICE, 4000, BOB, 5000, 2), 0, 2000);
	heard(enter(call, ALICE, 4000, BOB, 5000, 3), 0, 1500);
	s = enter(call, ALICE, 4000, BOB, 5000, 4);
	heard(s, 2000, 2000 + ES_FOLLOWS_WAIT_MS);
	es_findings_begin(&streams, s);
	CHECK(s->owner.has_follows);
	CHECK_EQ(s->owner.follows_ssrc, 2);
	CHECK_EQ(reported(s, 9000).follows_ssrc, 2);
	CHECK_EQ(reported(s, 9000).has & ES_STREAM_HAS_FOLLOWS, ES_STREAM_HAS_FOLLOWS);
	CHECK(reported(s, 9000).findings & ES_FINDING_SSRC_CHANGED);
	rig_close();
}

TEST(ssrc_that_continued_next_to_another_is_not_followed)
{
	struct es_stream_state *first, *s;
	struct es_stream r;

	answer();
	first = enter(call, ALICE, 4000, BOB, 5000, 1);
	heard(first, 0, 2000);
	s = enter(call, ALICE, 4000, BOB, 5000, 4);
	heard(s, 2000, 2000 + ES_FOLLOWS_WAIT_MS);
	es_findings_begin(&streams, s);
	first->prev_at = at_ms(2000 + ES_FOLLOWS_OVER_MS);
	CHECK(reported(s, 9000).has & ES_STREAM_HAS_FOLLOWS);
	first->prev_at = at_ms(2001 + ES_FOLLOWS_OVER_MS);
	CHECK(!(reported(s, 9000).has & ES_STREAM_HAS_FOLLOWS));
	es_flow_leave(&streams, first); /* on another flow of the call */
	CHECK(!(reported(s, 9000).has & ES_STREAM_HAS_FOLLOWS));
	first->prev_at = at_ms(2000);
	memset(&r, 0, sizeof(r)); /* while it runs, not at once */
	es_findings_report(&streams, s, false, &r);
	CHECK(r.has & ES_STREAM_HAS_FOLLOWS);
	s->prev_at = at_ms(2000 + ES_FOLLOWS_WAIT_MS - 1);
	memset(&r, 0, sizeof(r));
	es_findings_report(&streams, s, false, &r);
	CHECK(!(r.has & ES_STREAM_HAS_FOLLOWS));
	rig_close();
}

TEST(first_of_a_direction_is_known_by_the_streams_of_the_call)
{
	struct es_stream_state *s;

	answer();
	s = enter(NULL, ALICE, 4000, BOB, 5000, 1);
	s->owner.call = call->index;
	es_findings_begin(&streams, s);
	CHECK(s->owner.is_first_of_direction);
	(void)enter(call, BOB, 5000, ALICE, 4000, 2);
	es_findings_begin(&streams, s);
	CHECK(s->owner.is_first_of_direction);
	(void)enter(call, ALICE, 4002, BOB, 5000, 3);
	es_findings_begin(&streams, s);
	CHECK(!s->owner.is_first_of_direction);
	rig_close();
}

TEST(first_of_a_way_without_a_call_is_alone_on_its_flow_and_no_restart)
{
	struct es_stream_state *s, *o;

	rig_open();
	s = enter(NULL, ALICE, 4000, BOB, 5000, 1);
	es_findings_begin(&streams, s);
	CHECK(s->owner.is_first_of_direction);
	s->id.key.restart = 1;
	es_findings_begin(&streams, s);
	CHECK(!s->owner.is_first_of_direction);
	s->id.key.restart = 0;
	o = enter(NULL, ALICE, 4000, BOB, 5000, 2);
	es_findings_begin(&streams, s);
	CHECK(!s->owner.is_first_of_direction);
	o->life = ES_STREAM_UNPROVEN;
	es_findings_begin(&streams, s);
	CHECK(s->owner.is_first_of_direction);
	rig_close();
}
