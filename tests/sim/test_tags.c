/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls side by side under one Call-ID: a dialog is a Call-ID and two tags (RFC 3261 section 12). Call i is
 * from host 20 + i to host 60 + i, with the tags "a<i>" and "b<i>".
 */
#include "tests/sim/parties.h"

enum { CALLER = 20, CALLEE = 60, SSRC = 0x100 };

static char sdp[1024];

struct reported {
	unsigned call;
	bool is_callers; /* the request that it is, or answers */
	const char *start;
	const char *method;
	unsigned cseq;
	bool is_first;
	const char *sdp;
};

static void
say(double ms, const struct reported *m)
{
	char tag[2][16], branch[48];
	bool is_response = strncmp(m->start, "SIP/2.0", 7) == 0;
	uint8_t from = (uint8_t)((m->is_callers != is_response ? CALLER : CALLEE) + m->call);
	uint8_t to = (uint8_t)((m->is_callers != is_response ? CALLEE : CALLER) + m->call);
	struct world_sip sip = { .start = m->start,
		.call_id = "same@example",
		.cseq = m->cseq,
		.method = m->method,
		.branch = branch,
		.sdp = m->sdp };

	snprintf(tag[0], sizeof(tag[0]), "%c%u", m->is_callers ? 'a' : 'b', m->call);
	snprintf(tag[1], sizeof(tag[1]), "%c%u", m->is_callers ? 'b' : 'a', m->call);
	snprintf(branch, sizeof(branch), "z9hG4bK%u-%u%s", m->call, m->cseq, m->method);
	sip.from_tag = tag[0];
	sip.to_tag = m->is_first ? NULL : tag[1];
	world_send_sip(&w, ms, world_addr(from, 5060), world_addr(to, 5060), &sip);
}

static const char *
of(unsigned call, bool is_callers)
{
	return world_sdp(sdp, (uint8_t)((is_callers ? CALLER : CALLEE) + call),
	    (uint16_t)(is_callers ? A_PORT : B_PORT), "0 101", NULL);
}

static void
invite(double ms, unsigned call)
{
	say(ms, &(struct reported){
		    call, true, "INVITE sip:b@b SIP/2.0", "INVITE", 1, true, of(call, true) });
}

static void
answer(double ms, unsigned call)
{
	say(ms, &(struct reported){
		    call, true, "SIP/2.0 200 OK", "INVITE", 1, false, of(call, false) });
}

static void
bye(double ms, unsigned call, bool by_caller)
{
	say(ms,
	    &(struct reported){ call, by_caller, "BYE sip:b@b SIP/2.0", "BYE", 2, false, NULL });
	say(ms + 1, &(struct reported){ call, by_caller, "SIP/2.0 200 OK", "BYE", 2, false, NULL });
}

/* The same number of packets both ways in each of n calls, from ms on. */
static double
talk(double ms, unsigned n, unsigned packets)
{
	static struct world_rtp r[32][2];

	for (unsigned i = 0; i < n; i++) {
		r[i][0] = to_bob();
		r[i][1] = to_alice();
		r[i][0].from = r[i][1].to = (uint8_t)(CALLER + i);
		r[i][0].to = r[i][1].from = (uint8_t)(CALLEE + i);
		r[i][0].ssrc = SSRC + 2 * i;
		r[i][1].ssrc = SSRC + 2 * i + 1;
	}
	for (unsigned k = 0; k < packets; k++, ms += 20)
		for (unsigned i = 0; i < 2 * n; i++) {
			struct world_rtp *p = &r[i / 2][i % 2];

			world_send_rtp(&w, ms, p);
			p->seq++;
			p->ts += 160;
		}
	return ms;
}

/* The last record of the call that began then. */
static const struct es_call *
began(double ms, unsigned call)
{
	const struct es_call *found = NULL;
	const struct es_record *r;

	for (unsigned i = 0; (r = world_nth(&w, ES_REC_CALL, i)) != NULL; i++)
		if (r->u.call.start.ns == world_time(ms).ns &&
		    es_addr_same_ip(&r->u.call.invite_src,
			&(struct es_addr[]){ world_addr((uint8_t)(CALLER + call), 0) }[0]))
			found = &r->u.call;
	return found;
}

static void
has_own_media(const struct es_call *c, unsigned call)
{
	CHECK(c != NULL);
	CHECK_SLICE(c->call_id, "same@example");
	CHECK_EQ(c->final_status, 200);
	CHECK_EQ(c->n_streams, 2);
	for (unsigned i = 0; i < 2; i++) {
		const struct es_stream *s = world_stream(&w, SSRC + 2 * call + i, 0);

		CHECK(c->streams[i].ssrc / 2 == (SSRC + 2 * call) / 2);
		CHECK_SLICE(s->call_id, "same@example");
		CHECK_SLICE(s->codec, "PCMU");
		CHECK_EQ(s->n_other_call_ids, 0);
		CHECK_EQ(s->findings, 0);
	}
}

/* Each has its own answer, media, and end. */
TEST(calls_of_one_call_id_between_other_hosts_are_calls_of_their_own)
{
	begin();
	for (unsigned i = 0; i < 12; i++)
		invite(100 * i, i);
	for (unsigned i = 0; i < 12; i++)
		answer(2000 + 10 * i, i);
	(void)talk(3000, 12, 500);
	for (unsigned i = 12; i-- > 0;)
		bye(14000 - 100 * i, i, i % 2 == 0);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 12);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_FOREIGN), 0);
	for (unsigned i = 0; i < 12; i++) {
		const struct es_call *c = began(100 * i, i);

		has_own_media(c, i);
		CHECK_EQ(c->state, ES_STATE_COMPLETED);
		CHECK_EQ(c->setup_us, 2000000 - 90000 * i);
		CHECK_EQ(c->duration_us, 12000000 - 110000 * i);
		CHECK_EQ(c->ended_by, i % 2 == 0 ? ES_PARTY_CALLER : ES_PARTY_CALLEE);
	}
	world_done(&w);
}

/* At one instant, too, and each is known by when it began. */
TEST(calls_of_one_call_id_at_one_instant_are_distinguished)
{
	const struct es_call *c[2];

	begin();
	invite(0, 0);
	invite(0, 1);
	answer(500, 1);
	answer(1000, 0);
	(void)talk(1100, 2, 300);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 2);
	for (unsigned i = 0; i < 2; i++) {
		c[i] = began(0, i);
		has_own_media(c[i], i);
	}
	CHECK(es_call_begun(c[0]).ns != es_call_begun(c[1]).ns);
	world_done(&w);
}

/* Whichever of them was there first, and a nanosecond after which. */
TEST(calls_of_one_call_id_within_nanoseconds_begin_apart)
{
	enum { CALLS = 4 };

	for (unsigned order = 0; order < 1u << CALLS; order++) {
		es_time begun[CALLS];

		begin();
		for (unsigned i = 0; i < CALLS; i++)
			invite(order >> i & 1 ? 0.000001 : 0, i);
		world_flush(&w);
		CHECK_EQ(world_counter(&w, ES_CNT_CALLS), CALLS);
		CHECK_EQ(world_count(&w, ES_REC_CALL) % CALLS, 0);
		for (unsigned i = 0; i < CALLS; i++) {
			unsigned last = world_count(&w, ES_REC_CALL) - CALLS;

			begun[i] = es_call_begun(&world_nth(&w, ES_REC_CALL, last + i)->u.call);
			for (unsigned k = 0; k < i; k++)
				CHECK(begun[k].ns != begun[i].ns);
		}
		world_done(&w);
	}
}

/* One call is refused, one given up, one continues. */
TEST(end_of_a_call_is_not_that_of_another_one_under_its_call_id)
{
	begin();
	for (unsigned i = 0; i < 3; i++)
		invite(10 * i, i);
	say(300, &(struct reported){ 0, true, "SIP/2.0 486 Busy Here", "INVITE", 1, false, NULL });
	say(400, &(struct reported){ 1, true, "CANCEL sip:b@b SIP/2.0", "CANCEL", 1, true, NULL });
	say(420, &(struct reported){
		     1, true, "SIP/2.0 487 Request Terminated", "INVITE", 1, false, NULL });
	answer(1000, 2);
	(void)talk(1100, 3, 200);
	CHECK_EQ(began(0, 0)->final_status, 486);
	CHECK_EQ(began(0, 0)->state, ES_STATE_FAILED);
	CHECK_EQ(began(10, 1)->state, ES_STATE_CANCELLED);
	CHECK_EQ(began(20, 2)->state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(began(20, 2)->final_status, 200);
	CHECK_EQ(began(20, 2)->n_streams, 2);
	bye(6000, 2, true);
	CHECK_EQ(began(20, 2)->duration_us, 5000000);
	world_done(&w);
}

/* Two seconds after a refusal are for the next target of the call, not for other callers. */
TEST(call_between_other_hosts_begins_right_after_a_refusal)
{
	begin();
	invite(0, 0);
	say(300, &(struct reported){ 0, true, "SIP/2.0 486 Busy Here", "INVITE", 1, false, NULL });
	invite(500, 1);
	answer(900, 1);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 2);
	CHECK_EQ(began(0, 0)->state, ES_STATE_FAILED);
	CHECK(began(500, 1) != NULL);
	CHECK_EQ(began(500, 1)->final_status, 200);
	world_done(&w);
}

/* A capture that begins in the middle of both. */
TEST(calls_of_one_call_id_seen_from_their_middle_on_are_calls_of_their_own)
{
	begin();
	for (unsigned i = 0; i < 2; i++) {
		say(10 * i, &(struct reported){ i, i == 0, "INVITE sip:b@b SIP/2.0", "INVITE", 5,
				false, of(i, i == 0) });
		say(100 + 10 * i, &(struct reported){ i, i == 0, "SIP/2.0 200 OK", "INVITE", 5,
				      false, of(i, i != 0) });
	}
	(void)talk(300, 2, 300);
	bye(7000, 0, true);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 2);
	for (unsigned i = 0; i < 4; i++) {
		CHECK_SLICE(world_stream(&w, SSRC + i, 0)->codec, "PCMU");
		CHECK_EQ(world_stream(&w, SSRC + i, 0)->findings, 0);
	}
	CHECK_EQ(began(0, 0)->state, ES_STATE_COMPLETED);
	CHECK_EQ(began(0, 0)->n_streams, 2);
	world_done(&w);
}

/* Sixteen are remembered; the place of one that is up is counted, and its record says so. */
TEST(call_that_found_no_place_under_its_call_id_is_counted)
{
	begin();
	for (unsigned i = 0; i < 17; i++) {
		invite(100 * i, i);
		answer(100 * i + 50, i);
	}
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 17);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS_EVICTED), 1);
	CHECK_EQ(began(0, 0)->state, ES_STATE_UNKNOWN);
	CHECK_EQ(began(0, 0)->final_status, 200);
	CHECK_EQ(began(1600, 16)->state, ES_STATE_IN_PROGRESS);
	world_done(&w);
}

static void
hop(double ms, uint8_t from, uint8_t to, struct world_sip m)
{
	m.call_id = "same@example";
	send_sip(ms, from, to, m);
}

/* A B2BUA that keeps the Call-ID: in a chain of three, one of which overtakes, and with two hosts of its own. */
TEST(far_sides_of_b2buas_that_keep_the_call_id_are_one_call)
{
	struct world_sip near = { .method = "INVITE", .cseq = 1, .from_tag = "t1" };
	struct world_sip mid = { .method = "INVITE", .cseq = 7, .from_tag = "t2", .branch = "b2" };
	struct world_sip far = { .method = "INVITE", .cseq = 9, .from_tag = "t3", .branch = "b3" };

	begin();
	hop(0, 1, 9, near);
	hop(5, 9, 8, mid);
	hop(9, 8, 2, far);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 1);
	world_restart(&w);
	hop(0, 8, 2, far);
	hop(1, 9, 8, mid);
	hop(2, 1, 9, near);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 1);
	world_restart(&w);
	far.max_forwards = 69;
	hop(0, 1, 9, near);
	hop(30, 19, 2, far); /* the other host of 9 */
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 1);
	world_done(&w);
}
