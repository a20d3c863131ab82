/* SPDX-License-Identifier: Apache-2.0 */
/* Which call under one Call-ID a message is of, and when it begins another one. */
#include "probes/signalling/call_id_uses.h"

#include "signalling_rig.h"

enum { CAROL = 3, DAVE = 4, ERIN = 5, AGAIN = ES_CALL_AGAIN_MS };

static struct es_addr ends[2];
static struct es_sip m;
static struct es_sip_event ev;

static uint64_t
tag(const char *text)
{
	return es_hash(&c.key, es_slice_str(text));
}

/* From Ann to Bob with the caller's tag, INVITE 5. */
static struct es_dialog *
use(const char *caller, uint8_t src, uint8_t dst)
{
	struct es_dialog *d = rig_call("c", host(src, 5060), host(dst, 5060));

	d->legs.caller = tag(caller);
	d->side[ES_CALLER].invite_cseq = 5;
	d->max_forwards = 70;
	d->has = ES_CALL_HAS_MAX_FORWARDS;
	memcpy(d->from.text, "ann@a.example", d->from.n = 13);
	memcpy(d->to.text, "bob@b.example", d->to.n = 13);
	return d;
}

/* A request without a tag of the callee. */
static void
message(enum es_sip_method method, const char *from_tag, uint32_t cseq, struct es_addr src,
    struct es_addr dst)
{
	memset(&m, 0, sizeof(m));
	ends[0] = src;
	ends[1] = dst;
	m.method = method;
	m.cseq = cseq;
	m.from.tag = es_slice_str(from_tag);
	m.from.user = es_slice_str("ann");
	m.to.user = es_slice_str("bob");
	ev = (struct es_sip_event){
		.g = &g, .m = &m, .src = &ends[0], .dst = &ends[1], .at = at_ms(100000)
	};
}

/* The call that it is of, among these; NULL: it begins one. */
static const struct es_dialog *
found(const struct es_dialog *newest, const struct es_dialog *older, enum es_transport transport)
{
	const uint32_t uses[2] = { newest->index, older != NULL ? older->index : 0 };

	return es_call_id_uses_find(&ev, uses, older != NULL ? 2 : 1, transport);
}

/* INVITEs behind the end of a call from Alice to Bob. */
TEST(first_invite_after_a_call_begins_another_one_or_not)
{
	static const struct {
		const char *name;
		enum es_state state;
		const char *tag;
		uint32_t cseq;
		int64_t since_ms;
		uint8_t src, dst;
		bool begins;
	} rows[] = {
		{ "answered, repeated", ES_STATE_COMPLETED, "a", 5, AGAIN - 1, ALICE, BOB, false },
		{ "answered, older", ES_STATE_COMPLETED, "a", 4, AGAIN - 1, ALICE, BOB, false },
		{ "answered, repeated later", ES_STATE_COMPLETED, "a", 5, AGAIN, ALICE, BOB, true },
		{ "answered, next", ES_STATE_COMPLETED, "a", 6, 0, ALICE, BOB, true },
		{ "answered, other tag", ES_STATE_COMPLETED, "x", 5, 0, ALICE, BOB, true },
		{ "answered, other tag, next", ES_STATE_COMPLETED, "x", 6, 0, ALICE, BOB, true },
		{ "answered, by who was called", ES_STATE_COMPLETED, "x", 6, 0, BOB, CAROL, true },
		{ "cancelled, repeated", ES_STATE_CANCELLED, "a", 5, AGAIN - 1, ALICE, BOB, false },
		{ "cancelled, repeated later", ES_STATE_CANCELLED, "a", 5, AGAIN, ALICE, BOB,
		    true },
		{ "cancelled, next", ES_STATE_CANCELLED, "a", 6, 0, ALICE, BOB, true },
		{ "cancelled, other tag", ES_STATE_CANCELLED, "x", 6, AGAIN - 1, ALICE, BOB,
		    false },
		{ "cancelled, other tag later", ES_STATE_CANCELLED, "x", 6, AGAIN, ALICE, BOB,
		    true },
		{ "cancelled, elsewhere", ES_STATE_CANCELLED, "x", 6, 0, CAROL, DAVE, true },
		{ "cancelled, by the caller", ES_STATE_CANCELLED, "x", 6, 0, ALICE, DAVE, false },
		{ "cancelled, to the callee", ES_STATE_CANCELLED, "x", 6, 0, CAROL, BOB, false },
		{ "cancelled, to the caller", ES_STATE_CANCELLED, "x", 6, 0, CAROL, ALICE, false },
		{ "cancelled, in the caller", ES_STATE_CANCELLED, "x", 6, 0, ALICE, ALICE, false },
		{ "cancelled, in the callee", ES_STATE_CANCELLED, "x", 6, 0, BOB, BOB, false },
		{ "failed, repeated", ES_STATE_FAILED, "a", 5, AGAIN, ALICE, BOB, false },
		{ "failed, next", ES_STATE_FAILED, "a", 6, AGAIN, ALICE, BOB, false },
		{ "failed, next target", ES_STATE_FAILED, "x", 6, AGAIN, ALICE, DAVE, false },
		{ "failed, other tag", ES_STATE_FAILED, "x", 5, AGAIN - 1, ALICE, BOB, false },
		{ "failed, other tag later", ES_STATE_FAILED, "x", 5, AGAIN, ALICE, BOB, true },
		{ "failed, older later", ES_STATE_FAILED, "x", 4, AGAIN, ALICE, BOB, true },
		{ "failed, to the callee", ES_STATE_FAILED, "x", 6, AGAIN, CAROL, BOB, false },
		{ "failed, elsewhere", ES_STATE_FAILED, "x", 6, AGAIN, CAROL, DAVE, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_dialog *d;

		begin();
		d = use("a", ALICE, BOB);
		d->step = ES_DIALOG_OVER;
		d->state = rows[i].state;
		message(ES_SIP_INVITE, rows[i].tag, rows[i].cseq, host(rows[i].src, 5060),
		    host(rows[i].dst, 5060));
		d->ended_at = es_time_add(ev.at, -rows[i].since_ms * ES_NS_PER_MS);
		if (found(d, NULL, ES_TRANSPORT_UDP) != (rows[i].begins ? NULL : d))
			test_fail(__FILE__, __LINE__, "%s", rows[i].name);
		end();
	}
}

/* INVITEs with another tag while a call from Alice to Bob is not over. */
TEST(first_invite_during_a_call_is_of_it_where_it_was_sent_on_or_tried_again)
{
	static const struct {
		const char *name;
		enum es_dialog_step step;
		uint32_t cseq;
		uint8_t src, dst;
		bool begins;
	} rows[] = {
		{ "by the callee", ES_DIALOG_CALLING, 5, BOB, CAROL, false },
		{ "by the callee of a call that is up", ES_DIALOG_UP, 5, BOB, CAROL, false },
		{ "to the caller", ES_DIALOG_CALLING, 5, CAROL, ALICE, false },
		{ "by the caller", ES_DIALOG_CALLING, 6, ALICE, CAROL, true },
		{ "by the caller of a call that is up", ES_DIALOG_UP, 6, ALICE, CAROL, true },
		{ "on the same hop", ES_DIALOG_CALLING, 6, ALICE, BOB, true },
		{ "elsewhere", ES_DIALOG_CALLING, 5, CAROL, DAVE, true },
		{ "with credentials", ES_DIALOG_CHALLENGED, 6, ALICE, BOB, false },
		{ "with credentials elsewhere", ES_DIALOG_CHALLENGED, 6, ALICE, DAVE, false },
		{ "challenged, repeated", ES_DIALOG_CHALLENGED, 5, ALICE, BOB, true },
		{ "challenged, another caller", ES_DIALOG_CHALLENGED, 6, CAROL, BOB, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_dialog *d;

		begin();
		d = use("a", ALICE, BOB);
		d->step = rows[i].step;
		message(ES_SIP_INVITE, "x", rows[i].cseq, host(rows[i].src, 5070),
		    host(rows[i].dst, 5060));
		if (found(d, NULL, ES_TRANSPORT_UDP) != (rows[i].begins ? NULL : d))
			test_fail(__FILE__, __LINE__, "%s", rows[i].name);
		end();
	}
}

/* A B2BUA with other hosts on its far side: the users and Max-Forwards show that it sent the call on. */
TEST(first_invite_between_other_hosts_is_of_the_call_that_it_sends_on)
{
	static const struct {
		const char *name;
		const char *from, *to;
		uint8_t max_forwards;
		bool has_max_forwards, had_max_forwards;
		enum es_dialog_step step;
		struct es_addr src, dst;
		bool begins;
	} rows[] = {
#define HOST(n, p) { .family = 4, .port = (p), .ip = { 10, 0, 0, (n) } }
#define FAR HOST(CAROL, 5060), HOST(DAVE, 5060)
		{ "sent on", "ann", "bob", 69, true, true, ES_DIALOG_CALLING, FAR, false },
		{ "as many", "ann", "bob", 70, true, true, ES_DIALOG_CALLING, FAR, true },
		{ "more", "ann", "bob", 71, true, true, ES_DIALOG_CALLING, FAR, true },
		{ "none", "ann", "bob", 0, false, true, ES_DIALOG_CALLING, FAR, true },
		{ "none before", "ann", "bob", 69, true, false, ES_DIALOG_CALLING, FAR, true },
		{ "up", "ann", "bob", 69, true, true, ES_DIALOG_UP, FAR, true },
		{ "challenged", "ann", "bob", 69, true, true, ES_DIALOG_CHALLENGED, FAR, true },
		{ "other caller", "eve", "bob", 69, true, true, ES_DIALOG_CALLING, FAR, true },
		{ "other callee", "ann", "eve", 69, true, true, ES_DIALOG_CALLING, FAR, true },
		{ "shorter name", "an", "bob", 69, true, true, ES_DIALOG_CALLING, FAR, true },
		{ "longer name", "anna", "bob", 69, true, true, ES_DIALOG_CALLING, FAR, true },
		{ "whole URI", "ann@a.example", "bob", 69, true, true, ES_DIALOG_CALLING, FAR,
		    true },
		{ "no name", "", "bob", 69, true, true, ES_DIALOG_CALLING, FAR, true },
		{ "same hop", "ann", "bob", 69, true, true, ES_DIALOG_CALLING, HOST(ALICE, 5070),
		    HOST(BOB, 5060), true },
		{ "other port", "ann", "bob", 69, true, true, ES_DIALOG_CALLING, HOST(ALICE, 5060),
		    HOST(BOB, 5070), false },
#undef FAR
#undef HOST
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_dialog *d;

		begin();
		d = use("a", ALICE, BOB);
		d->step = rows[i].step;
		d->has = rows[i].had_max_forwards ? ES_CALL_HAS_MAX_FORWARDS : 0;
		message(ES_SIP_INVITE, "x", 5, rows[i].src, rows[i].dst);
		m.from.user = es_slice_str(rows[i].from);
		m.to.user = es_slice_str(rows[i].to);
		m.has_max_forwards = rows[i].has_max_forwards;
		m.max_forwards = rows[i].max_forwards;
		if (found(d, NULL, ES_TRANSPORT_UDP) != (rows[i].begins ? NULL : d))
			test_fail(__FILE__, __LINE__, "%s", rows[i].name);
		end();
	}
}

/* A party that was kept without a user is nobody, also where the message names nobody. */
TEST(parties_without_a_user_are_not_the_same_user)
{
	struct es_dialog *d;

	begin();
	d = use("a", ALICE, BOB);
	d->from.n = 0;
	message(ES_SIP_INVITE, "x", 5, host(CAROL, 5060), host(DAVE, 5060));
	m.has_max_forwards = true;
	m.max_forwards = 69;
	m.from.user = es_slice_str("");
	CHECK(found(d, NULL, ES_TRANSPORT_UDP) == NULL);
	end();
}

/* Another caller's INVITE of the call went from Carol to Dave, and the first one within a host. */
TEST(message_at_a_host_of_any_hop_of_the_call_is_not_elsewhere)
{
	static const struct {
		const char *name;
		uint8_t src, dst;
		bool is_elsewhere;
	} rows[] = {
		{ "from the receiver", DAVE, ERIN, false },
		{ "to the sender", ERIN, CAROL, false },
		{ "from the sender", CAROL, ERIN, false },
		{ "to the receiver", ERIN, DAVE, false },
		{ "from the first host", ALICE, ERIN, false },
		{ "to the first host", ERIN, ALICE, false },
		{ "from nobody to nobody", ERIN, BOB, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_addr from = host(CAROL, 5060), to = host(DAVE, 5060);
		struct es_dialog *d;

		begin();
		d = use("a", ALICE, ALICE);
		message(ES_SIP_INVITE, "o", 5, from, to);
		es_legs_add_other(&d->legs, &c, &m, &from, &to);
		message(ES_SIP_INVITE, "x", 7, host(rows[i].src, 5070), host(rows[i].dst, 5080));
		m.to.tag = es_slice_str("y");
		if ((found(d, NULL, ES_TRANSPORT_UDP) == NULL) != rows[i].is_elsewhere)
			test_fail(__FILE__, __LINE__, "%s", rows[i].name);
		end();
	}
}

/* With SDP and both tags, from the middle of a call whose INVITE was not seen. */
TEST(later_message_begins_a_call_between_hosts_of_none)
{
	static const struct {
		const char *name;
		enum es_sip_method method;
		const char *from, *to, *sdp;
		uint8_t src, dst;
		bool begins;
	} rows[] = {
		{ "INVITE", ES_SIP_INVITE, "x", "y", "", CAROL, ERIN, true },
		{ "UPDATE", ES_SIP_UPDATE, "x", "y", "v=0", CAROL, ERIN, true },
		{ "UPDATE without SDP", ES_SIP_UPDATE, "x", "y", "", CAROL, ERIN, false },
		{ "BYE", ES_SIP_BYE, "x", "y", "v=0", CAROL, ERIN, false },
		{ "INVITE without a tag of its sender", ES_SIP_INVITE, "", "y", "", CAROL, ERIN,
		    false },
		{ "at the newer call", ES_SIP_INVITE, "x", "y", "", CAROL, ALICE, false },
		{ "at the older call", ES_SIP_INVITE, "x", "y", "", CAROL, DAVE, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_dialog *newest, *older;

		begin();
		newest = use("a", ALICE, BOB);
		older = use("b", DAVE, DAVE);
		message(rows[i].method, rows[i].from, 7, host(rows[i].src, 5060),
		    host(rows[i].dst, 5060));
		m.to.tag = es_slice_str(rows[i].to);
		m.sdp = es_slice_str(rows[i].sdp);
		if (found(newest, older, ES_TRANSPORT_UDP) != (rows[i].begins ? NULL : newest))
			test_fail(__FILE__, __LINE__, "%s", rows[i].name);
		end();
	}
}

TEST(response_to_an_invite_that_no_call_knows_is_of_the_newest_without_a_tag_of_the_callee)
{
	struct es_dialog *d;

	begin();
	d = use("a", ALICE, BOB);
	message(ES_SIP_INVITE, "x", 5, host(CAROL, 5060), host(DAVE, 5060));
	m.is_response = true;
	m.status = 180;
	CHECK(found(d, NULL, ES_TRANSPORT_UDP) == d);
	m.to.tag = es_slice_str("y");
	CHECK(found(d, NULL, ES_TRANSPORT_UDP) == NULL);
	m.status = 100;
	CHECK(found(d, NULL, ES_TRANSPORT_UDP) == d);
	end();
}

TEST(message_is_of_the_newest_call_that_knows_its_tag)
{
	struct es_dialog *newest, *older;
	struct es_addr from = host(CAROL, 5060), to = host(DAVE, 5060);

	begin();
	newest = use("a", ALICE, BOB);
	older = use("b", ALICE, BOB);
	message(ES_SIP_BYE, "b", 6, host(ALICE, 5060), host(BOB, 5060));
	CHECK(found(newest, older, ES_TRANSPORT_UDP) == older);
	m.from.tag = es_slice_str("a");
	CHECK(found(newest, older, ES_TRANSPORT_UDP) == newest);
	m.from.tag = es_slice_str("x");
	CHECK(found(newest, older, ES_TRANSPORT_UDP) == newest);
	m.from.tag = es_slice_str("o"); /* of another caller in the older one */
	es_legs_add_other(&older->legs, &c, &m, &from, &to);
	CHECK(found(newest, older, ES_TRANSPORT_UDP) == older);
	older->legs.caller = newest->legs.caller;
	m.from.tag = es_slice_str("a");
	CHECK(found(newest, older, ES_TRANSPORT_UDP) == newest);
	end();
}

/* Only behind the newest one another call begins with its tag. */
TEST(invite_of_an_older_call_that_is_over_stays_with_it)
{
	struct es_dialog *newest, *older;

	begin();
	newest = use("a", ALICE, BOB);
	older = use("b", ALICE, BOB);
	newest->step = older->step = ES_DIALOG_OVER;
	newest->state = older->state = ES_STATE_COMPLETED;
	message(ES_SIP_INVITE, "b", 6, host(ALICE, 5060), host(BOB, 5060));
	CHECK(found(newest, older, ES_TRANSPORT_UDP) == older);
	CHECK(found(older, newest, ES_TRANSPORT_UDP) == NULL);
	m.method = ES_SIP_BYE; /* no INVITE */
	CHECK(found(older, newest, ES_TRANSPORT_UDP) == older);
	m.method = ES_SIP_INVITE;
	older->step = ES_DIALOG_UP; /* not over */
	CHECK(found(older, newest, ES_TRANSPORT_UDP) == older);
	end();
}

/* The first of them, from the newest on, that it may be of. */
TEST(first_invite_is_of_whichever_call_sent_it_on)
{
	struct es_dialog *newest, *older;

	begin();
	newest = use("a", ALICE, BOB);
	older = use("b", CAROL, DAVE);
	message(ES_SIP_INVITE, "x", 5, host(DAVE, 5060), host(ERIN, 5060));
	CHECK(found(newest, older, ES_TRANSPORT_UDP) == older);
	message(ES_SIP_INVITE, "x", 5, host(BOB, 5060), host(ERIN, 5060));
	CHECK(found(newest, older, ES_TRANSPORT_UDP) == newest);
	message(ES_SIP_INVITE, "x", 5, host(BOB, 5060), host(CAROL, 5060)); /* both */
	CHECK(found(newest, older, ES_TRANSPORT_UDP) == newest);
	message(ES_SIP_INVITE, "x", 5, host(ERIN, 5060), host(DAVE, 5060));
	CHECK(found(newest, older, ES_TRANSPORT_UDP) == NULL);
	end();
}

/* A report by HEP and the packets of a call are of the same call, with other hosts and tags or not. */
TEST(call_that_hep_reported_is_the_one_that_is_seen)
{
	struct es_dialog *newest, *older;

	begin();
	newest = use("a", ALICE, BOB);
	older = use("b", ALICE, BOB);
	newest->transport = ES_TRANSPORT_HEP;
	message(ES_SIP_INVITE, "x", 5, host(CAROL, 5060), host(DAVE, 5060));
	CHECK(found(newest, older, ES_TRANSPORT_UDP) == newest);
	CHECK(found(newest, older, ES_TRANSPORT_HEP) == NULL);
	CHECK(found(older, newest, ES_TRANSPORT_HEP) == older);
	CHECK(found(older, newest, ES_TRANSPORT_UDP) == NULL);
	m.from.tag = es_slice_str("b");
	CHECK(found(newest, older, ES_TRANSPORT_UDP) == older);
	end();
}
