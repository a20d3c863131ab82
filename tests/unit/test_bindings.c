/* SPDX-License-Identifier: Apache-2.0 */
/* Registrations one by one: when each is looked at next, what a message changes, what is counted. */
#include "probes/signalling/registrations.h"

#include "harness.h"

enum { ROOM = 20, PHONE = 5, REGISTRAR = 6 };

static struct es_context c;
static struct es_registrations r;
static struct es_registration last;
static unsigned n_records;

static void
take_record(void *ctx, const struct es_record *rec)
{
	(void)ctx;
	last = rec->u.registration;
	n_records++;
}

static es_time
at_s(int64_t s)
{
	return es_time_of_ns((1000 + s) * ES_NS_PER_S);
}

static void
begin(void)
{
	memset(&c, 0, sizeof(c));
	memset(&r, 0, sizeof(r));
	c.sink.record = take_record;
	c.clock = at_s(0);
	c.next_serial = 1;
	r.c = &c;
	n_records = 0;
	if (es_heap_new(&c.heap, ROOM) != 0 || es_registrations_new(&r, ROOM) != 0)
		test_fail(__FILE__, __LINE__, "no memory");
}

static void
end(void)
{
	es_registrations_free(&r);
	es_heap_free(&c.heap);
}

static struct es_sip
message(uint32_t cseq, uint16_t status)
{
	return (struct es_sip){ .is_response = status != 0,
		.status = status,
		.method = ES_SIP_REGISTER,
		.call_id = es_slice_str("r1"),
		.cseq = cseq,
		.to = { .user = es_slice_str("bob"), .host = es_slice_str("b") } };
}

static void
send(const struct es_sip *m, enum es_sip_news news, int64_t s)
{
	struct es_addr phone = { .family = 4, .port = 5060, .ip = { 10, 0, 0, PHONE } };
	struct es_addr registrar = { .family = 4, .port = 5060, .ip = { 10, 0, 0, REGISTRAR } };

	c.clock = at_s(s);
	es_registrations_message(
	    &r, &(struct es_register){ m, &phone, &registrar, ES_TRANSPORT_UDP, news, at_s(s) });
}

/* A REGISTER of one contact; expires_s below 0: it asks for no time. */
static void
ask_news(uint32_t cseq, const char *contact, int64_t expires_s, enum es_sip_news news, int64_t s)
{
	struct es_sip m = message(cseq, 0);

	m.n_contacts = 1;
	m.contact[0].host = es_slice_str(contact);
	m.contact[0].has_expires = expires_s >= 0;
	m.contact[0].expires_s = expires_s >= 0 ? (uint32_t)expires_s : 0;
	send(&m, news, s);
}

static void
ask(uint32_t cseq, int64_t expires_s, int64_t s)
{
	ask_news(cseq, "phone", expires_s, ES_SIP_NEW, s);
}

static void
reported(uint32_t cseq, uint16_t status, int64_t expires_s, int64_t s)
{
	struct es_sip m = message(cseq, status);

	m.has_expires = expires_s >= 0;
	m.expires_s = expires_s >= 0 ? (uint32_t)expires_s : 0;
	send(&m, ES_SIP_NEW, s);
}

/* Seconds until the only binding is looked at; -1: none is. */
static int64_t
due(void)
{
	return c.heap.n == 1 ? c.heap.at[0].due.ns / ES_NS_PER_S - 1000 : -1;
}

static void
fire(void)
{
	struct es_deadline d;

	if (!es_heap_pop(&c.heap, &d))
		test_fail(__FILE__, __LINE__, "nothing is due");
	c.clock = d.due;
	es_registrations_due(&r, d.handle, d.due);
}

TEST(binding_waits_32_s_for_its_answer_and_as_long_for_credentials)
{
	begin();
	ask(1, 600, 0);
	CHECK_EQ(due(), 32);
	reported(1, 100, -1, 5); /* says nothing */
	CHECK_EQ(due(), 37);
	reported(1, 401, -1, 10);
	CHECK_EQ(due(), 42);
	CHECK_EQ(n_records, 0);
	ask(2, 600, 11);
	CHECK_EQ(due(), 43);
	reported(2, 200, 120, 12);
	CHECK_EQ(due(), 132);
	CHECK_EQ(n_records, 1);
	CHECK_EQ(last.state, ES_REGISTRATION_ACTIVE);
	CHECK_EQ(last.delay_us, 12000000);
	CHECK_EQ(last.attempts, 1);
	CHECK_EQ(last.challenges, 1);
	CHECK_EQ(last.expires_s, 120);
	CHECK_EQ(last.time.ns, at_s(12).ns);
	CHECK_EQ(last.start.ns, at_s(0).ns);
	CHECK_EQ(last.has,
	    ES_REGISTRATION_HAS_STATUS | ES_REGISTRATION_HAS_DELAY | ES_REGISTRATION_HAS_EXPIRES);
	ask(3, 600, 110); /* an active one runs out before its answer is missed */
	CHECK_EQ(due(), 132);
	reported(3, 200, 10, 111);
	CHECK_EQ(due(), 121);
	ask(4, 600, 112);
	CHECK_EQ(due(), 121);
	reported(4, 200, 3600, 113);
	ask(5, 600, 114);
	CHECK_EQ(due(), 146);
	CHECK_EQ(n_records, 1);
	end();
}

TEST(binding_lives_as_long_as_was_granted)
{
	static const struct {
		int64_t asked_s, granted_s, lives_s;
	} rows[] = { { -1, -1, 3600 }, { 600, -1, 600 }, { 600, 60, 60 }, { -1, 60, 60 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		ask(1, rows[i].asked_s, 0);
		reported(1, 200, rows[i].granted_s, 1);
		CHECK_EQ(due(), 1 + rows[i].lives_s);
		fire();
		CHECK_EQ(last.state, ES_REGISTRATION_EXPIRED);
		CHECK_EQ(last.time.ns, at_s(1 + rows[i].lives_s).ns);
		CHECK_EQ(due(), 1 + rows[i].lives_s + 300);
		fire();
		CHECK_EQ(r.pool.n_used, 0);
		CHECK_EQ(n_records, 2);
		end();
	}
}

TEST(binding_is_granted_what_its_own_contact_says)
{
	struct es_sip m;

	begin();
	ask(1, 600, 0);
	m = message(1, 200);
	m.has_expires = true;
	m.expires_s = 50;
	m.n_contacts = 2;
	m.contact[0] = (struct es_sip_contact){
		.host = es_slice_str("other"), .has_expires = true, .expires_s = 60
	};
	m.contact[1] = (struct es_sip_contact){
		.host = es_slice_str("phone"), .has_expires = true, .expires_s = 70
	};
	send(&m, ES_SIP_NEW, 1);
	CHECK_EQ(due(), 71);
	m.cseq = 2;
	m.contact[1].has_expires = false;
	ask(2, 600, 2);
	send(&m, ES_SIP_NEW, 3);
	CHECK_EQ(due(), 53);
	end();
}

TEST(binding_is_removed_by_0_seconds)
{
	struct es_sip m;

	begin();
	ask(1, 600, 0);
	reported(1, 200, 600, 1);
	ask(2, 0, 2);
	reported(2, 200, -1, 3);
	CHECK_EQ(last.state, ES_REGISTRATION_REMOVED);
	CHECK_EQ(due(), 303);
	ask(3, -1, 4); /* without a word of time it is no removal */
	reported(3, 200, 90, 5);
	CHECK_EQ(last.state, ES_REGISTRATION_ACTIVE);
	m = message(4, 0);
	m.n_contacts = 1;
	m.contact[0].uri = es_slice_str("*");
	m.has_expires = true;
	send(&m, ES_SIP_NEW, 6);
	CHECK_EQ(r.pool.n_used, 1);
	reported(4, 200, -1, 7);
	CHECK_EQ(last.state, ES_REGISTRATION_REMOVED);
	end();
}

TEST(binding_that_is_refused_is_remembered_for_an_hour)
{
	static const struct {
		uint16_t status;
		unsigned ineffective;
	} rows[] = { { 300, 0 }, { 399, 0 }, { 400, 1 }, { 402, 0 }, { 403, 1 }, { 503, 1 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		ask(1, 600, 0);
		reported(1, rows[i].status, -1, 1);
		CHECK_EQ(last.state, ES_REGISTRATION_FAILED);
		CHECK_EQ(last.status, rows[i].status);
		CHECK_EQ(last.failures, 1);
		CHECK_EQ(due(), 3601);
		CHECK_EQ(c.count[ES_CNT_REGISTRATIONS_INEFFECTIVE], rows[i].ineffective);
		end();
	}
}

TEST(binding_refused_under_its_own_call_id_has_failed_and_under_another_stands)
{
	struct es_sip m;

	begin();
	ask(1, 600, 0);
	reported(1, 200, 600, 1);
	m = message(1, 0);
	m.call_id = es_slice_str("stranger");
	m.n_contacts = 1;
	m.contact[0].host = es_slice_str("phone");
	send(&m, ES_SIP_NEW, 2);
	m = message(1, 403);
	m.call_id = es_slice_str("stranger");
	send(&m, ES_SIP_NEW, 3);
	CHECK_EQ(last.state, ES_REGISTRATION_ACTIVE);
	CHECK_EQ(last.status, 403);
	CHECK_EQ(due(), 601);
	ask(2, 600, 4);
	reported(2, 403, -1, 5);
	CHECK_EQ(last.state, ES_REGISTRATION_FAILED);
	CHECK_EQ(last.failures, 2);
	end();
}

TEST(binding_is_asked_for_again_by_a_higher_number_or_another_call_id)
{
	struct es_sip m;

	begin();
	ask(5, 600, 0);
	ask(5, 600, 1);
	ask(4, 600, 2);
	CHECK_EQ(c.count[ES_CNT_REGISTRATIONS], 1);
	ask(6, 600, 3);
	CHECK_EQ(c.count[ES_CNT_REGISTRATIONS], 2);
	m = message(1, 0);
	m.call_id = es_slice_str("r2");
	m.n_contacts = 1;
	m.contact[0].host = es_slice_str("phone");
	send(&m, ES_SIP_NEW, 4);
	CHECK_EQ(c.count[ES_CNT_REGISTRATIONS], 3);
	reported(6, 200, 600, 5); /* of the one before */
	CHECK_EQ(n_records, 0);
	m = message(1, 200);
	m.call_id = es_slice_str("r2");
	send(&m, ES_SIP_NEW, 6);
	CHECK_EQ(n_records, 1);
	CHECK_EQ(last.attempts, 3);
	CHECK_SLICE(last.call_id, "r2");
	send(&m, ES_SIP_NEW, 7); /* it waits for none */
	CHECK_EQ(n_records, 1);
	end();
}

TEST(binding_never_answered_failed_if_it_was_asked_for_again)
{
	begin();
	ask(1, 600, 0);
	fire();
	CHECK_EQ(last.state, ES_REGISTRATION_UNKNOWN);
	CHECK_EQ(last.failures, 0);
	CHECK_EQ(due(), 332);
	CHECK_EQ(c.count[ES_CNT_REGISTRATIONS_INEFFECTIVE], 0);
	ask(2, 600, 40);
	ask_news(2, "phone", 600, ES_SIP_RESENT, 41);
	fire();
	CHECK_EQ(last.state, ES_REGISTRATION_FAILED);
	CHECK_EQ(last.failures, 1);
	CHECK_EQ(c.count[ES_CNT_REGISTRATIONS_INEFFECTIVE], 1);
	ask(3, 600, 80); /* another one is not resent yet */
	ask_news(2, "phone", 600, ES_SIP_RESENT, 81);
	fire();
	CHECK_EQ(last.state, ES_REGISTRATION_UNKNOWN);
	CHECK_EQ(last.failures, 1);
	end();
}

TEST(binding_without_credentials_has_failed)
{
	begin();
	ask(1, 600, 0);
	reported(1, 407, -1, 1);
	fire();
	CHECK_EQ(last.state, ES_REGISTRATION_FAILED);
	CHECK_EQ(last.time.ns, at_s(33).ns);
	CHECK_EQ(last.failures, 1);
	CHECK_EQ(due(), 33 + 3600);
	end();
}

TEST(binding_whose_refresh_is_missed_stays_active_to_its_end)
{
	begin();
	ask(1, 600, 0);
	reported(1, 200, 600, 0);
	ask(2, 600, 100);
	fire();
	CHECK_EQ(n_records, 1);
	CHECK_EQ(due(), 600);
	fire();
	CHECK_EQ(last.state, ES_REGISTRATION_EXPIRED);
	end();
}

TEST(binding_is_reported_at_the_end_if_it_changed)
{
	struct es_deadline d;

	begin();
	ask(1, 600, 0);
	reported(1, 200, 600, 1);
	CHECK(es_heap_pop(&c.heap, &d));
	es_registrations_flush(&r, d.handle, at_s(2));
	CHECK_EQ(n_records, 1);
	ask(2, 600, 3);
	CHECK(es_heap_pop(&c.heap, &d));
	es_registrations_flush(&r, d.handle, at_s(4));
	CHECK_EQ(n_records, 2);
	CHECK_EQ(last.attempts, 2);
	end();
}

TEST(bindings_of_a_name_are_sixteen_and_the_longest_silent_gives_way)
{
	begin();
	for (unsigned i = 0; i < ES_BINDINGS_PER_AOR + 1; i++) {
		char contact[16];

		snprintf(contact, sizeof(contact), "phone%u", i);
		if (i == ES_BINDINGS_PER_AOR)
			ask_news(2, "phone0", 600, ES_SIP_NEW, 50); /* so the second one */
		ask_news(1, contact, 600, ES_SIP_NEW, 10 + i);
	}
	CHECK_EQ(r.pool.n_used, ES_BINDINGS_PER_AOR);
	CHECK_EQ(c.count[ES_CNT_REGISTRATIONS_EVICTED], 1);
	CHECK_EQ(n_records, 1);
	CHECK_SLICE(last.contact, "phone1");
	CHECK_EQ(last.aor.n, 5);
	end();
}
