/* SPDX-License-Identifier: Apache-2.0 */
/* What offers and answers agree on: buffers, codecs, holds, moves, addresses that are withdrawn. */
#include "probes/call/buffers.h"

#include "signalling_rig.h"

TEST(buffer_of_a_product_goes_before_that_of_a_class_and_stays)
{
	static const char class[] =
	    HEAD(1) "m=audio 4000 RTP/SAVPF 0\r\na=fingerprint:sha-1 00:11\r\n"
		    "a=ice-ufrag:a\r\na=ice-pwd:x\r\n";
	static const char plain[] = HEAD(1) "m=audio 4000 RTP/AVP 0\r\n";
	struct es_offer o;

	begin();
	offers(0, plain);
	CHECK_EQ(at(ALICE, 4000).buffer_by, ES_RECEIVER_BY_NOBODY);
	offers(0, class);
	CHECK_EQ(at(ALICE, 4000).buffer_by, ES_RECEIVER_BY_CLASS);
	offers(0, plain);
	CHECK_EQ(at(ALICE, 4000).buffer_by, ES_RECEIVER_BY_CLASS);
	o = offer_of(0, plain);
	o.buffer_by = ES_RECEIVER_BY_AGENT;
	es_offer_apply(&g, call, &o);
	CHECK_EQ(at(ALICE, 4000).buffer_by, ES_RECEIVER_BY_AGENT);
	offers(0, class);
	CHECK_EQ(at(ALICE, 4000).buffer_by, ES_RECEIVER_BY_AGENT);
	end();
}

TEST(buffer_is_known_by_the_beginning_of_the_products_name)
{
	CHECK_EQ(
	    es_buffer_of_product(es_slice_str("Audiocodes-Sip-Gateway-M1K")), ES_RECEIVER_BY_AGENT);
	CHECK_EQ(es_buffer_of_product(es_slice_str("polycomsoundpointip")), ES_RECEIVER_BY_AGENT);
	CHECK_EQ(es_buffer_of_product(es_slice_str("PolycomSoun")), ES_RECEIVER_BY_NOBODY);
	CHECK_EQ(es_buffer_of_product(es_slice_str("Asterisk PBX")), ES_RECEIVER_BY_NOBODY);
	CHECK_EQ(es_buffer_of_class(true, true), ES_RECEIVER_BY_CLASS);
	CHECK_EQ(es_buffer_of_class(true, false), ES_RECEIVER_BY_NOBODY);
	CHECK_EQ(es_buffer_of_class(false, true), ES_RECEIVER_BY_NOBODY);
}

TEST(codecs_of_a_call_are_those_of_its_answers_each_once)
{
	begin();
	offers(0, HEAD(1) "m=audio 4000 RTP/AVP 0 8 9\r\n");
	CHECK_EQ(call->n_codecs, 0);
	answers(1, HEAD(2) "m=audio 5000 RTP/AVP 101 8 0\r\na=rtpmap:101 telephone-event/8000\r\n",
	    false);
	CHECK_EQ(call->n_codecs, 2);
	CHECK_SLICE(es_payload_name(&call->codec[0]), "PCMA");
	CHECK_SLICE(es_payload_name(&call->codec[1]), "PCMU");
	CHECK_EQ(call->codec_now, 1);
	CHECK_EQ(call->codec_changes, 0);
	call->is_changed = false;
	answers(1, HEAD(2) "m=audio 5000 RTP/AVP 8\r\n", true);
	CHECK_EQ(call->codec_changes, 0);
	answers(
	    1, HEAD(2) "m=audio 5000 RTP/AVP 0\r\n", false); /* no change of a call that is up */
	CHECK_EQ(call->codec_changes, 0);
	CHECK_EQ(call->codec_now, 2);
	answers(1, HEAD(2) "m=audio 5000 RTP/AVP 9\r\n", true);
	CHECK_EQ(call->codec_changes, 1);
	CHECK_EQ(call->codec_now, 3);
	CHECK_EQ(call->n_codecs, 3);
	answers(
	    1, HEAD(2) "m=audio 5000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n", true);
	CHECK_EQ(call->codec_now, 3);
	answers(1, HEAD(2) "m=audio 5000 RTP/AVP 9\r\nm=audio 5002 RTP/AVP 0\r\n",
	    true); /* of the first line */
	CHECK_EQ(call->codec_changes, 1);
	end();
}

TEST(codecs_of_a_call_are_eight_at_most)
{
	char text[1024] = HEAD(2) "m=audio 5000 RTP/AVP";

	begin();
	for (unsigned i = 0; i < ES_CALL_CODECS_MAX + 1; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %u", 96 + i);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "\r\n");
	for (unsigned i = 0; i < ES_CALL_CODECS_MAX + 1; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "a=rtpmap:%u codec%u/8000\r\n", 96 + i, i);
	answers(1, text, false);
	CHECK_EQ(call->n_codecs, ES_CALL_CODECS_MAX);
	CHECK_EQ(call->codec_now, 1);
	end();
}

/* One side says sendonly while the call is up; how many holds are counted. */
static unsigned
holds_of(const char *way, const char *ufrag, bool is_answer, bool is_later, bool other_talks)
{
	char text[512];
	struct es_offer o;
	unsigned holds;

	begin();
	call->step = ES_DIALOG_UP;
	call->side[1].can_talk = other_talks;
	snprintf(text, sizeof(text),
	    "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
	    "m=audio 4000 RTP/AVP 0\r\na=%s\r\n%s",
	    way[0] == '0' ? "0.0.0.0" : "10.0.0.1", way[0] == '0' ? "sendrecv" : way, ufrag);
	o = offer_of(0, text);
	o.is_answer = is_answer;
	o.is_later = is_later;
	es_offer_apply(&g, call, &o);
	es_offer_apply(&g, call, &o); /* once more is no other one */
	holds = call->holds;
	end();
	return holds;
}

TEST(hold_is_what_a_side_asks_for)
{
	CHECK_EQ(holds_of("sendonly", "", false, true, true), 1);
	CHECK_EQ(holds_of("inactive", "", false, true, true), 1);
	CHECK_EQ(holds_of("0", "", false, true, true), 1);
	CHECK_EQ(holds_of("0", "a=ice-ufrag:a\r\na=ice-pwd:x\r\n", false, true, true), 0);
	CHECK_EQ(holds_of("recvonly", "", false, true, true), 0);
	CHECK_EQ(holds_of("sendrecv", "", false, true, true), 0);
	CHECK_EQ(holds_of("sendonly", "", false, true, false), 1);
	CHECK_EQ(holds_of("sendonly", "", true, true, true), 1);
	CHECK_EQ(holds_of("sendonly", "", true, true, false), 0); /* the answer to a hold */
	CHECK_EQ(holds_of("sendonly", "", true, false, true), 0); /* the first answer */
	CHECK_EQ(holds_of("sendonly", "", false, false, true), 1);
}

TEST(move_is_another_address_of_a_call_that_is_up)
{
	struct es_offer o;

	begin();
	offers(0, HEAD(1) "m=audio 4000 RTP/AVP 0\r\n");
	CHECK_EQ(call->media_moves, 0);
	offers(0, HEAD(1) "m=audio 4002 RTP/AVP 0\r\n"); /* not up yet */
	CHECK_EQ(call->media_moves, 0);
	o = offer_of(0, HEAD(1) "m=audio 4002 RTP/AVP 0\r\n");
	o.is_later = true;
	es_offer_apply(&g, call, &o);
	CHECK_EQ(call->media_moves, 0);
	o.text = es_slice_str(HEAD(1) "m=audio 4004 RTP/AVP 0\r\n");
	call->is_changed = false;
	es_offer_apply(&g, call, &o);
	CHECK_EQ(call->media_moves, 1);
	CHECK(call->is_changed);
	o.text =
	    es_slice_str("v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
			 "m=audio 4006 RTP/AVP 0\r\n"); /* a hold */
	es_offer_apply(&g, call, &o);
	o.text = es_slice_str(HEAD(1) "m=audio 4008 RTP/AVP 0\r\na=ice-ufrag:a\r\na=ice-pwd:x\r\n");
	es_offer_apply(&g, call, &o); /* the candidates say where */
	CHECK_EQ(call->media_moves, 1);
	o.text = es_slice_str(HEAD(1) "m=audio 4004 RTP/AVP 0\r\nm=audio 4010 RTP/AVP 0\r\n");
	es_offer_apply(&g, call, &o); /* the first line is where it was */
	CHECK_EQ(call->media_moves, 1);
	call->legs.is_hopped = true; /* seen on several hops: to one of before is no move */
	o.request.cseq = 5;
	o.text = es_slice_str(HEAD(1) "m=audio 4000 RTP/AVP 0\r\n");
	es_offer_apply(&g, call, &o);
	CHECK_EQ(call->media_moves, 1);
	o.text = es_slice_str(HEAD(1) "m=audio 4020 RTP/AVP 0\r\n");
	es_offer_apply(&g, call, &o);
	CHECK_EQ(call->media_moves, 2);
	o.text = es_slice_str(HEAD(1) "m=audio 4022 RTP/AVP 0\r\n");
	es_offer_apply(&g, call, &o); /* of the same negotiation, on the next hop */
	CHECK_EQ(call->media_moves, 2);
	o.request.cseq = 6;
	o.text = es_slice_str(HEAD(1) "m=audio 4024 RTP/AVP 0\r\n");
	es_offer_apply(&g, call, &o);
	CHECK_EQ(call->media_moves, 3);
	o.request.side = ES_CALLEE; /* its request has a number of its own, and Alice answers */
	o.is_answer = true;
	o.text = es_slice_str(HEAD(1) "m=audio 4026 RTP/AVP 0\r\n");
	es_offer_apply(&g, call, &o);
	CHECK_EQ(call->media_moves, 4);
	end();
}

TEST(side_can_talk_where_its_first_audio_line_goes_both_ways)
{
	static const struct {
		const char *lines;
		bool can;
	} rows[] = { { "m=audio 4000 RTP/AVP 0\r\n", true },
		{ "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n", false },
		{ "m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n", false },
		{ "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", false },
		{ "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 name.example\r\n", false },
		{ "m=video 4000 RTP/AVP 0\r\n", false },
		{ "m=video 4002 RTP/AVP 34\r\na=inactive\r\nm=audio 4000 RTP/AVP 0\r\n", true },
		{ "m=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 0\r\na=inactive\r\n", true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];

		begin();
		snprintf(text, sizeof(text), HEAD(1) "%s", rows[i].lines);
		offers(0, text);
		CHECK_EQ(call->side[0].can_talk, rows[i].can);
		CHECK(!call->side[1].can_talk);
		end();
	}
}

TEST(description_above_a_limit_or_unreadable_is_counted)
{
	char text[4096] = HEAD(1);

	begin();
	for (unsigned i = 0; i < ES_SDP_MEDIA_MAX + 2; i++)
		snprintf(
		    text + strlen(text), sizeof(text) - strlen(text), "m=audio 4000 RTP/AVP 0\r\n");
	offers(0, text);
	CHECK_EQ(c.count[ES_CNT_SDP_OVER_LIMIT], 2);
	CHECK_EQ(c.count[ES_CNT_SDP_MALFORMED], 0);
	offers(0, "v=1\r\n");
	CHECK_EQ(c.count[ES_CNT_SDP_OVER_LIMIT], 2);
	CHECK_EQ(c.count[ES_CNT_SDP_MALFORMED], 1);
	end();
}

/* An address that its owner names, leaves for another one and names again, each in a negotiation of its own. */
TEST(withdrawn_is_an_address_that_its_owner_names_no_more)
{
	struct es_offer o;

	begin();
	o = offer_of(0, HEAD(1) "m=audio 4000 RTP/AVP 0\r\n");
	es_offer_apply(&g, call, &o);
	CHECK(!at(ALICE, 4000).is_away);
	CHECK_EQ(at(ALICE, 4000).named_by.cseq, 1);
	c.clock = at_ms(1000);
	o.text = es_slice_str(HEAD(1) "m=audio 4002 RTP/AVP 0\r\n");
	es_offer_apply(&g, call, &o); /* another hop of the same negotiation */
	CHECK(!at(ALICE, 4000).is_away);
	o.request.cseq = 2;
	es_offer_apply(&g, call, &o);
	CHECK(at(ALICE, 4000).is_away);
	CHECK(!at(ALICE, 4000).is_held);
	CHECK_EQ(at(ALICE, 4000).left_at.ns, at_ms(1000).ns);
	CHECK_EQ(at(ALICE, 4000).left_by.cseq, 2);
	CHECK(!at(ALICE, 4002).is_away);
	c.clock = at_ms(1500);
	es_offer_apply(&g, call, &o);
	CHECK_EQ(at(ALICE, 4000).left_at.ns, at_ms(1000).ns);
	c.clock = at_ms(2000);
	o.request.cseq = 3;
	o.text = es_slice_str(HEAD(1) "m=audio 4000 RTP/AVP 0\r\n");
	es_offer_apply(&g, call, &o);
	CHECK(!at(ALICE, 4000).is_away);
	CHECK_EQ(at(ALICE, 4000).away_at.ns, at_ms(1000).ns);
	CHECK_EQ(at(ALICE, 4000).back_at.ns, at_ms(2000).ns);
	CHECK(at(ALICE, 4002).is_away);
	CHECK_EQ(at(ALICE, 4002).away_at.ns, 0);
	end();
}

/* The audio moves or is held, the video stays where it was. */
TEST(withdrawn_address_is_left_for_the_one_of_its_media_line)
{
	struct es_addr moved = host(ALICE, 4004), left_for;
	struct es_offer o;

	begin();
	offers(0, HEAD(1) "m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 96\r\n");
	o = offer_of(0, HEAD(1) "m=audio 4004 RTP/AVP 0\r\nm=video 4002 RTP/AVP 96\r\n");
	o.request.cseq = 2;
	es_offer_apply(&g, call, &o);
	CHECK(at(ALICE, 4000).is_away);
	left_for = at(ALICE, 4000).left_for;
	CHECK(es_addr_eq(&left_for, &moved));
	o = offer_of(
	    0, HEAD(1) "m=audio 4004 RTP/AVP 0\r\na=inactive\r\nm=video 4002 RTP/AVP 96\r\n");
	o.request.cseq = 3;
	es_offer_apply(&g, call, &o);
	CHECK(at(ALICE, 4004).is_away);
	CHECK_EQ(at(ALICE, 4004).left_for.family, 0);
	left_for = at(ALICE, 4000).left_for; /* it was away before */
	CHECK(es_addr_eq(&left_for, &moved));
	end();
}

TEST(withdrawn_by_a_hold_is_an_address_without_another_one)
{
	struct es_offer o;

	begin();
	offers(0, HEAD(1) "m=audio 4000 RTP/AVP 0\r\n");
	offers(1, HEAD(2) "m=audio 5000 RTP/AVP 0\r\n");
	o = offer_of(0, HEAD(1) "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n");
	o.request.cseq = 2;
	es_offer_apply(&g, call, &o);
	CHECK(at(ALICE, 4000).is_away);
	CHECK(at(ALICE, 4000).is_held);
	CHECK_EQ(at(ALICE, 4000).named_by.cseq, 2);
	CHECK(!at(BOB, 5000).is_away); /* of the other side */
	o.text = es_slice_str(HEAD(1) "m=audio 4000 RTP/AVP 0\r\n");
	c.clock = at_ms(700);
	es_offer_apply(&g, call, &o); /* of the same negotiation: it counts not as left */
	CHECK(!at(ALICE, 4000).is_away);
	CHECK_EQ(at(ALICE, 4000).away_at.ns, 0);
	end();
}
