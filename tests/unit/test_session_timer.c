/* SPDX-License-Identifier: Apache-2.0 */
/* Session timers of RFC 4028, and what else a message says to a call without its media. */
#include "probes/signalling/call_id_uses.h"
#include "probes/signalling/session_timer.h"
#include "probes/signalling/transfer.h"

#include "harness.h"

static struct es_dialog d;
static struct es_sip m;
static struct es_sip_event ev;

static es_time
at_ms(int64_t ms)
{
	return es_time_of_ns(1000 * ES_NS_PER_S + ms * ES_NS_PER_MS);
}

static void
begin(void)
{
	memset(&d, 0, sizeof(d));
	memset(&m, 0, sizeof(m));
	memset(&ev, 0, sizeof(ev));
	ev.d = &d;
	ev.m = &m;
}

/* Refreshed at 0 ms. */
static void
agreed(uint32_t expires_s, enum es_party refresher)
{
	begin();
	d.session_at = at_ms(0);
	d.session_expires_s = expires_s;
	d.session_refresher = refresher;
}

TEST(session_is_given_up_32_s_before_its_end_or_a_third_of_it)
{
	static const struct {
		uint32_t expires_s;
		int64_t from_ms;
	} rows[] = { { 1800, 1768000 }, { 96, 64000 }, { 99, 67000 }, { 95, 64000 }, { 90, 60000 },
		{ 3, 2000 }, { 2, 2000 }, { 1, 1000 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		agreed(rows[i].expires_s, ES_PARTY_CALLER);
		CHECK(
		    !es_session_timer_is_given_up(&d, ES_PARTY_CALLEE, at_ms(rows[i].from_ms - 1)));
		CHECK(es_session_timer_is_given_up(&d, ES_PARTY_CALLEE, at_ms(rows[i].from_ms)));
		CHECK(es_session_timer_is_given_up(&d, ES_PARTY_CALLEE, at_ms(9999999)));
	}
}

TEST(session_is_given_up_by_who_waits_for_the_refresh_alone)
{
	agreed(90, ES_PARTY_CALLER);
	CHECK(!es_session_timer_is_given_up(&d, ES_PARTY_CALLER, at_ms(90000)));
	agreed(90, ES_PARTY_CALLEE);
	CHECK(es_session_timer_is_given_up(&d, ES_PARTY_CALLER, at_ms(90000)));
	agreed(90, ES_PARTY_UNKNOWN);
	CHECK(!es_session_timer_is_given_up(&d, ES_PARTY_CALLER, at_ms(90000)));
	agreed(0, ES_PARTY_CALLEE);
	CHECK(!es_session_timer_is_given_up(&d, ES_PARTY_CALLER, at_ms(90000)));
}

TEST(session_ran_out_at_its_end_when_media_went_on_no_longer_than_32_s)
{
	agreed(90, ES_PARTY_UNKNOWN);
	CHECK(!es_session_timer_ran_out(&d, at_ms(89999)));
	CHECK(es_session_timer_ran_out(&d, at_ms(90000)));
	d.media_at = at_ms(90000 + 32000);
	CHECK(es_session_timer_ran_out(&d, at_ms(200000)));
	d.media_at = at_ms(90000 + 32001);
	CHECK(!es_session_timer_ran_out(&d, at_ms(200000)));
	agreed(1, ES_PARTY_UNKNOWN);
	CHECK(es_session_timer_ran_out(&d, at_ms(1000)));
	agreed(0, ES_PARTY_UNKNOWN);
	CHECK(!es_session_timer_ran_out(&d, at_ms(90000)));
}

/* A 2xx to a request of a side. */
static void
answered(enum es_sip_method method, uint16_t status, unsigned side, enum es_sip_refresher who)
{
	begin();
	d.step = ES_DIALOG_UP;
	m = (struct es_sip){ .is_response = true,
		.method = method,
		.status = status,
		.session_expires_s = 90,
		.refresher = who };
	ev.side = side;
	ev.at = at_ms(5);
}

TEST(session_is_agreed_by_a_2xx_to_an_invite_or_update)
{
	static const struct {
		enum es_sip_method method;
		uint16_t status;
		bool is;
	} rows[] = { { ES_SIP_INVITE, 200, true }, { ES_SIP_UPDATE, 200, true },
		{ ES_SIP_INVITE, 299, true }, { ES_SIP_INVITE, 199, false },
		{ ES_SIP_INVITE, 300, false }, { ES_SIP_PRACK, 200, false },
		{ ES_SIP_BYE, 200, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		answered(rows[i].method, rows[i].status, ES_CALLER, ES_REFRESHER_UAC);
		es_session_timer_agreed(&ev);
		CHECK_EQ(d.session_expires_s, rows[i].is ? 90 : 0);
		CHECK_EQ(d.is_changed, rows[i].is);
		CHECK_EQ(d.session_at.ns, rows[i].is ? at_ms(5).ns : 0);
	}
	answered(ES_SIP_INVITE, 200, ES_CALLER, ES_REFRESHER_UAC);
	ev.is_resent = true;
	es_session_timer_agreed(&ev);
	CHECK_EQ(d.session_expires_s, 0);
	answered(ES_SIP_INVITE, 200, ES_CALLER, ES_REFRESHER_UAC);
	d.step = ES_DIALOG_CALLING;
	es_session_timer_agreed(&ev);
	CHECK_EQ(d.session_expires_s, 0);
}

TEST(session_refresher_is_who_asked_or_who_answered)
{
	static const struct {
		unsigned side;
		enum es_sip_refresher who;
		enum es_party is;
	} rows[] = { { ES_CALLER, ES_REFRESHER_UAC, ES_PARTY_CALLER },
		{ ES_CALLER, ES_REFRESHER_UAS, ES_PARTY_CALLEE },
		{ ES_CALLEE, ES_REFRESHER_UAC, ES_PARTY_CALLEE },
		{ ES_CALLEE, ES_REFRESHER_UAS, ES_PARTY_CALLER },
		{ ES_CALLEE, ES_REFRESHER_UNKNOWN, ES_PARTY_UNKNOWN } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		answered(ES_SIP_UPDATE, 200, rows[i].side, rows[i].who);
		d.session_refresher =
		    rows[i].is == ES_PARTY_CALLER ? ES_PARTY_CALLEE : ES_PARTY_CALLER;
		es_session_timer_agreed(&ev);
		CHECK_EQ(d.session_refresher, rows[i].is);
	}
}

/* A REFER with a number that rises is another one, of each side on its own. */
TEST(transfer_is_counted_by_the_numbers_of_its_sender)
{
	static const struct {
		unsigned side;
		uint32_t cseq;
		uint32_t transfers;
	} rows[] = { { 0, 0, 1 }, { 0, 0, 1 }, { 0, 5, 2 }, { 0, 5, 2 }, { 0, 4, 2 }, { 1, 5, 3 },
		{ 1, 6, 4 }, { 0, 6, 5 } };

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		d.is_changed = false;
		ev.side = rows[i].side;
		m.cseq = rows[i].cseq;
		es_transfer_refer(&ev);
		CHECK_EQ(d.transfers, rows[i].transfers);
		CHECK_EQ(d.is_changed, i == 0 || rows[i].transfers > rows[i - 1].transfers);
	}
}

/* has: 1 SDP, 2 a tag of From, 4 one of To. */
static bool
begins(enum es_sip_method method, uint16_t status, unsigned has)
{
	begin();
	m.method = method;
	m.is_response = status != 0;
	m.status = status;
	m.sdp = es_slice_str((has & 1) != 0 ? "v" : "");
	m.from.tag = es_slice_str((has & 2) != 0 ? "f" : "");
	m.to.tag = es_slice_str((has & 4) != 0 ? "t" : "");
	return es_call_id_uses_begins(&m);
}

TEST(call_begins_with_an_invite_or_an_answer_that_says_something)
{
	static const struct {
		uint16_t status;
		bool is;
	} rows[] = { { 0, true }, { 100, false }, { 101, true }, { 183, true }, { 200, true },
		{ 299, true }, { 300, false }, { 486, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_EQ(begins(ES_SIP_INVITE, rows[i].status, 0), rows[i].is);
}

TEST(call_begins_late_with_media_and_the_tags_of_both_sides)
{
	for (unsigned has = 0; has < 8; has++) {
		CHECK_EQ(begins(ES_SIP_ACK, 0, has), has == 7);
		CHECK_EQ(begins(ES_SIP_UPDATE, 0, has), has == 7);
		CHECK_EQ(begins(ES_SIP_UPDATE, 200, has), has == 7);
		CHECK(!begins(ES_SIP_PRACK, 0, has));
		CHECK(!begins(ES_SIP_BYE, 0, has));
	}
	CHECK(begins(ES_SIP_UPDATE, 299, 7));
	CHECK(!begins(ES_SIP_UPDATE, 199, 7));
	CHECK(!begins(ES_SIP_UPDATE, 300, 7));
}

static struct es_addr
host(uint8_t n, uint16_t port)
{
	return (struct es_addr){ .family = 4, .port = port, .ip = { 10, 0, 0, n } };
}

TEST(hop_of_a_call_is_from_its_host_to_its_very_port)
{
	static const struct {
		uint8_t from;
		uint16_t from_port;
		uint8_t to;
		uint16_t to_port;
		bool is;
	} rows[] = { { 1, 5060, 2, 5060, true }, { 1, 40000, 2, 5060, true },
		{ 1, 5060, 2, 5062, false }, { 3, 5060, 2, 5060, false },
		{ 1, 5060, 3, 5060, false }, { 2, 5060, 1, 5060, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_addr src = host(rows[i].from, rows[i].from_port);
		struct es_addr dst = host(rows[i].to, rows[i].to_port);

		begin();
		d.invite_src = host(1, 5060);
		d.invite_dst = host(2, 5060);
		ev.src = &src;
		ev.dst = &dst;
		CHECK_EQ(es_call_id_uses_is_hop_of(&ev, &d), rows[i].is);
	}
}
