/* SPDX-License-Identifier: Apache-2.0 */
/* Which SDP offers, which answers, and what settles an offer that waits. */
#include "probes/signalling/negotiation.h"

#include "signalling_rig.h"

#define PLAIN HEAD(1) "m=audio 4000 RTP/AVP 0\r\n"
#define MOVED HEAD(1) "m=audio 4002 RTP/AVP 0\r\n"
#define OTHER HEAD(2) "m=audio 5002 RTP/AVP 8\r\n"

static struct es_addr ends[2];
static struct es_sip m;
static struct es_sip_event ev;

/* A call that is up since INVITE 1; Alice has her sound at port 4000. */
static void
begin_up(void)
{
	begin();
	CHECK_EQ(es_negotiation_new(&g, 16), 0);
	offers(ES_CALLER, PLAIN);
	call->step = ES_DIALOG_UP;
	call->answer_cseq = 1;
	call->legs.is_hopped = true;
}

static void
end_up(void)
{
	es_negotiation_drop(&g, call);
	CHECK_EQ(g.offers.n_used, 0);
	es_pool_free(&g.offers);
	end();
}

/* A request of a side, or with a status the answer of the other side. */
static void
message(enum es_sip_method method, unsigned side, uint32_t cseq, uint16_t status, const char *sdp)
{
	unsigned sender = status != 0 ? 1 - side : side;

	memset(&m, 0, sizeof(m));
	ends[0] = host(ALICE, 5060);
	ends[1] = host(BOB, 5060);
	m.method = method;
	m.cseq = cseq;
	m.is_response = status != 0;
	m.status = status;
	m.sdp = es_slice_str(sdp);
	m.via_branch = es_slice_str("b");
	ev = (struct es_sip_event){ .g = &g,
		.d = call,
		.m = &m,
		.src = &ends[sender],
		.dst = &ends[1 - sender],
		.at = at_ms(0),
		.side = side,
		.was_up = call->step == ES_DIALOG_UP };
}

static void
sent(enum es_sip_method method, unsigned side, uint32_t cseq, uint16_t status, const char *sdp)
{
	message(method, side, cseq, status, sdp);
	es_negotiation(&ev);
}

TEST(room_for_offers_that_wait_grows_with_the_calls)
{
	static const uint32_t rows[][2] = { { 0, 16 }, { 15, 16 }, { 16, 17 }, { 160, 26 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		CHECK_EQ(es_negotiation_new(&g, rows[i][0]), 0);
		CHECK_EQ(g.offers.cap, rows[i][1]);
		es_pool_free(&g.offers);
		end();
	}
}

/* Final responses of INVITE and UPDATE, of the same side and CSeq, and nothing else. */
TEST(offer_within_a_call_waits_for_its_final_answer)
{
	static const struct {
		const char *name;
		enum es_sip_method method;
		unsigned side;
		uint32_t cseq;
		uint16_t status;
		bool is_settled, is_accepted;
	} rows[] = {
		{ "100", ES_SIP_INVITE, ES_CALLER, 2, 100, false, false },
		{ "199", ES_SIP_INVITE, ES_CALLER, 2, 199, false, false },
		{ "200", ES_SIP_INVITE, ES_CALLER, 2, 200, true, true },
		{ "299", ES_SIP_INVITE, ES_CALLER, 2, 299, true, true },
		{ "300", ES_SIP_INVITE, ES_CALLER, 2, 300, true, false },
		{ "491", ES_SIP_INVITE, ES_CALLER, 2, 491, true, false },
		{ "199 of UPDATE", ES_SIP_UPDATE, ES_CALLER, 2, 199, false, false },
		{ "200 of UPDATE", ES_SIP_UPDATE, ES_CALLER, 2, 200, true, true },
		{ "488 of UPDATE", ES_SIP_UPDATE, ES_CALLER, 2, 488, true, false },
		{ "200 of INFO", ES_SIP_INFO, ES_CALLER, 2, 200, false, false },
		{ "200 of PRACK", ES_SIP_PRACK, ES_CALLER, 2, 200, false, false },
		{ "200 of another side", ES_SIP_INVITE, ES_CALLEE, 2, 200, false, false },
		{ "200 of another request", ES_SIP_INVITE, ES_CALLER, 3, 200, false, false },
		{ "request without SDP", ES_SIP_INVITE, ES_CALLER, 2, 0, false, false },
		{ "UPDATE without SDP", ES_SIP_UPDATE, ES_CALLER, 2, 0, false, false },
		{ "BYE", ES_SIP_BYE, ES_CALLER, 2, 0, false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_up();
		sent(ES_SIP_INVITE, ES_CALLER, 2, 0, MOVED);
		CHECK_EQ(g.offers.n_used, 1);
		CHECK_EQ(at(ALICE, 4002).addr.family, 0);
		sent(rows[i].method, rows[i].side, rows[i].cseq, rows[i].status, "");
		if (g.offers.n_used != (rows[i].is_settled ? 0 : 1) ||
		    call->media_moves != (rows[i].is_accepted ? 1 : 0) ||
		    (at(ALICE, 4002).addr.family != 0) != rows[i].is_accepted)
			test_fail(__FILE__, __LINE__, "%s", rows[i].name);
		end_up();
	}
}

TEST(offer_that_waited_has_all_that_it_came_with)
{
	begin_up();
	message(ES_SIP_INVITE, ES_CALLER, 7, 0, MOVED);
	m.user_agent = es_slice_str("Audiocodes-Sip-Gateway-M1K");
	es_negotiation(&ev);
	sent(ES_SIP_INVITE, ES_CALLER, 7, 200, "");
	CHECK_EQ(at(ALICE, 4002).buffer_by, ES_RECEIVER_BY_AGENT);
	CHECK(at(ALICE, 4002).is_caller);
	CHECK_EQ(at(ALICE, 4002).host.ip[3], ALICE); /* who sent it, and to whom */
	CHECK_EQ(at(ALICE, 4002).peer.ip[3], BOB);
	CHECK_EQ(call->side[ES_CALLER].moved_by.cseq, 7);
	CHECK_EQ(call->side[ES_CALLER].moved_by.side, ES_CALLER);
	CHECK_EQ(call->side[ES_CALLER].audio.port, 4002);
	CHECK_EQ(call->side[ES_CALLEE].audio.port, 0);
	sent(ES_SIP_UPDATE, ES_CALLEE, 8, 0, OTHER);
	CHECK_EQ(call->side[ES_CALLEE].audio.port, 0);
	sent(ES_SIP_UPDATE, ES_CALLEE, 8, 200, "");
	CHECK_EQ(call->side[ES_CALLEE].audio.port, 5002);
	CHECK_EQ(at(BOB, 5002).buffer_by, ES_RECEIVER_BY_NOBODY);
	CHECK(!at(BOB, 5002).is_caller);
	end_up();
}

TEST(product_of_an_offer_that_does_not_wait_is_known)
{
	begin_up();
	call->step = ES_DIALOG_CALLING;
	message(ES_SIP_INVITE, ES_CALLER, 1, 0, MOVED);
	m.user_agent = es_slice_str("Audiocodes-Sip-Gateway-M1K");
	es_negotiation(&ev);
	CHECK_EQ(at(ALICE, 4002).buffer_by, ES_RECEIVER_BY_AGENT);
	end_up();
}

/* Whichever place it has in the list. */
TEST(answer_settles_the_offer_it_is_of_alone)
{
	for (unsigned which = 0; which < 3; which++) {
		static const struct {
			unsigned side;
			uint32_t cseq;
		} held[] = { { ES_CALLER, 2 }, { ES_CALLEE, 2 }, { ES_CALLER, 3 } };

		begin_up();
		for (unsigned i = 0; i < 3; i++)
			sent(ES_SIP_INVITE, held[i].side, held[i].cseq, 0,
			    held[i].side == ES_CALLER ? MOVED : OTHER);
		CHECK_EQ(g.offers.n_used, 3);
		sent(ES_SIP_INVITE, held[which].side, held[which].cseq, 200, "");
		CHECK_EQ(g.offers.n_used, 2);
		CHECK_EQ(at(ALICE, 4002).addr.family != 0, held[which].side == ES_CALLER);
		CHECK_EQ(at(BOB, 5002).addr.family != 0, held[which].side == ES_CALLEE);
		for (unsigned i = 0; i < 3; i++)
			sent(ES_SIP_INVITE, held[i].side, held[i].cseq, 491, "");
		CHECK_EQ(g.offers.n_used, 0);
		end_up();
	}
}

/* Only the ACK of a failure has the branch of its INVITE. */
TEST(ack_shows_what_became_of_an_offer_whose_answer_was_missed)
{
	static const struct {
		const char *name, *branch;
		unsigned side;
		uint32_t cseq;
		unsigned n_left;
		bool is_accepted;
	} rows[] = {
		{ "of a 2xx", "c", ES_CALLER, 2, 2, true },
		{ "of a failure", "b", ES_CALLER, 2, 2, false },
		{ "with the branch of another request", "b3", ES_CALLER, 2, 2, true },
		{ "with the branch of the other side", "d", ES_CALLER, 2, 2, true },
		{ "of nothing that waits", "c", ES_CALLER, 4, 3, false },
		{ "of nothing of this side", "c", ES_CALLEE, 3, 3, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_up();
		message(ES_SIP_INVITE, ES_CALLEE, 2, 0, OTHER);
		m.via_branch = es_slice_str("d");
		es_negotiation(&ev);
		message(ES_SIP_INVITE, ES_CALLER, 3, 0, PLAIN);
		m.via_branch = es_slice_str("b3");
		es_negotiation(&ev);
		sent(ES_SIP_INVITE, ES_CALLER, 2, 0, MOVED);
		CHECK_EQ(g.offers.n_used, 3);
		message(ES_SIP_ACK, rows[i].side, rows[i].cseq, 0, "");
		m.via_branch = es_slice_str(rows[i].branch);
		es_negotiation(&ev);
		if (g.offers.n_used != rows[i].n_left ||
		    (at(ALICE, 4002).addr.family != 0) != rows[i].is_accepted)
			test_fail(__FILE__, __LINE__, "%s", rows[i].name);
		end_up();
	}
}

/* What the message of a side is, by the codec that an answer agrees on. */
enum role { IS_NOTHING, IS_OFFER, IS_ANSWER };

static enum role
role_in_call(void)
{
	if (call->codec_now != 0)
		return IS_ANSWER;
	return at(ALICE, 4002).addr.family != 0 || at(BOB, 5002).addr.family != 0 ? IS_OFFER
										  : IS_NOTHING;
}

/* Before a call is up, nothing waits. */
TEST(sdp_is_an_offer_or_an_answer_by_its_message)
{
	static const struct {
		const char *name;
		enum es_sip_method method;
		uint16_t status;
		bool has_offer, has_late, is_late;
		enum role role;
	} rows[] = {
		{ "INVITE", ES_SIP_INVITE, 0, false, false, false, IS_OFFER },
		{ "UPDATE", ES_SIP_UPDATE, 0, true, true, true, IS_OFFER },
		{ "PRACK", ES_SIP_PRACK, 0, true, false, false, IS_OFFER },
		{ "PRACK of a late offer", ES_SIP_PRACK, 0, false, true, false, IS_ANSWER },
		{ "ACK", ES_SIP_ACK, 0, false, true, false, IS_ANSWER },
		{ "INFO", ES_SIP_INFO, 0, false, true, true, IS_NOTHING },
		{ "183 of an offer", ES_SIP_INVITE, 183, true, true, false, IS_ANSWER },
		{ "299 of an offer", ES_SIP_INVITE, 299, true, false, false, IS_ANSWER },
		{ "300 of an offer", ES_SIP_INVITE, 300, true, false, false, IS_NOTHING },
		{ "200 of none", ES_SIP_INVITE, 200, false, false, true, IS_OFFER },
		{ "200 of PRACK", ES_SIP_PRACK, 200, false, false, false, IS_ANSWER },
		{ "200 of UPDATE", ES_SIP_UPDATE, 200, false, true, true, IS_ANSWER },
		{ "200 of INFO", ES_SIP_INFO, 200, true, false, false, IS_NOTHING },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_up();
		call->step = ES_DIALOG_CALLING;
		call->side[ES_CALLER].has_offer = rows[i].has_offer;
		call->side[ES_CALLER].has_late_offer = rows[i].has_late;
		sent(rows[i].method, ES_CALLER, 1, rows[i].status,
		    rows[i].status != 0 ? OTHER : MOVED);
		if (role_in_call() != rows[i].role ||
		    call->side[ES_CALLER].has_late_offer != rows[i].is_late || g.offers.n_used != 0)
			test_fail(__FILE__, __LINE__, "%s", rows[i].name);
		end_up();
	}
}

TEST(offer_waits_where_it_changes_a_call_that_is_up)
{
	static const struct {
		const char *name;
		enum es_dialog_step step;
		unsigned side;
		uint32_t cseq;
		bool is_resent, waits, counts;
	} rows[] = {
		{ "later", ES_DIALOG_UP, ES_CALLER, 2, false, true, false },
		{ "later, sent again", ES_DIALOG_UP, ES_CALLER, 2, true, false, false },
		{ "of the callee", ES_DIALOG_UP, ES_CALLEE, 1, false, true, false },
		{ "the first one", ES_DIALOG_UP, ES_CALLER, 1, false, false, true },
		{ "the first one, sent again", ES_DIALOG_UP, ES_CALLER, 1, true, false, true },
		{ "not up", ES_DIALOG_CALLING, ES_CALLER, 2, false, false, true },
		{ "over", ES_DIALOG_OVER, ES_CALLER, 2, false, false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_up();
		call->step = rows[i].step;
		message(ES_SIP_INVITE, rows[i].side, rows[i].cseq, 0, MOVED);
		ev.is_resent = rows[i].is_resent;
		es_negotiation(&ev);
		if (g.offers.n_used != (rows[i].waits ? 1 : 0) ||
		    (at(ALICE, 4002).addr.family != 0) != rows[i].counts)
			test_fail(__FILE__, __LINE__, "%s", rows[i].name);
		end_up();
	}
}

TEST(preview_of_an_answer_within_a_call_changes_nothing_unless_it_is_reliable)
{
	static const struct {
		const char *name;
		uint32_t cseq;
		uint16_t status;
		bool has_rseq, counts;
	} rows[] = {
		{ "183", 2, 183, false, false },
		{ "reliable 183", 2, 183, true, true },
		{ "199", 2, 199, false, false },
		{ "200", 2, 200, false, true },
		{ "183 of the first INVITE", 1, 183, false, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_up();
		message(ES_SIP_INVITE, ES_CALLER, rows[i].cseq, rows[i].status, OTHER);
		m.has_rseq = rows[i].has_rseq;
		es_negotiation(&ev);
		if ((at(BOB, 5002).addr.family != 0) != rows[i].counts)
			test_fail(__FILE__, __LINE__, "%s", rows[i].name);
		end_up();
	}
}

/* Of the other side than its request, and a change only of what was agreed before. */
TEST(answer_changes_the_codec_of_a_call_that_is_up)
{
	for (uint32_t cseq = 1; cseq <= 2; cseq++) {
		begin_up();
		call->side[ES_CALLER].has_offer = true;
		answers(ES_CALLEE, HEAD(2) "m=audio 5000 RTP/AVP 0\r\n", false);
		sent(ES_SIP_INVITE, ES_CALLER, cseq, 200, OTHER);
		CHECK_EQ(call->codec_now, 2);
		CHECK_EQ(call->codec_changes, cseq - 1);
		CHECK_EQ(call->side[ES_CALLEE].audio.port, 5002);
		CHECK_EQ(call->side[ES_CALLER].audio.port, 4000);
		end_up();
	}
}
