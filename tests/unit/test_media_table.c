/* SPDX-License-Identifier: Apache-2.0 */
/* Announced addresses in their pool: who holds them, what their types are, which hosts announced them; ICE. */
#include "probes/call/hosts.h"
#include "probes/wire/other/stun.h"

#include "streams_rig.h"

enum { ALICE = 1, BOB = 2, CAROL = 3 };

static uint32_t
index_of(const struct es_media *m)
{
	return es_media_table_of_call(&c, &medias, &m->addr, m->call);
}

static struct es_dialog *
call(const char *id)
{
	return rig_call(id, host(ALICE, 5060), host(BOB, 5060));
}

TEST(address_has_an_entry_for_each_call)
{
	struct es_addr addr = host(BOB, 5000), other = host(BOB, 5001);
	struct es_dialog *one, *two;
	struct es_media *of_one, *of_two;
	uint32_t out[ES_MEDIA_HOLDERS_MAX];

	rig_open();
	one = call("one");
	two = call("two");
	CHECK_EQ(es_media_table_holders(&c, &medias, &addr, out), 0);
	CHECK_EQ(es_media_table_latest(&c, &medias, &addr), ES_POOL_NONE);
	of_one = rig_media(one, addr, false);
	of_two = rig_media(two, addr, false);
	CHECK_EQ(es_media_table_holders(&c, &medias, &addr, out), 2);
	CHECK_EQ(es_media_table_holders(&c, &medias, &other, out), 0);
	CHECK(es_media_table_at(&medias, index_of(of_one)) == of_one);
	CHECK(es_media_table_at(&medias, index_of(of_two)) == of_two);
	CHECK_EQ(es_media_table_of_call(&c, &medias, &addr, 7), ES_POOL_NONE);
	CHECK_EQ(es_media_table_of_call(&c, &medias, &other, one->index), ES_POOL_NONE);
	CHECK_EQ(es_media_table_latest(&c, &medias, &addr), index_of(of_two));
	of_one->generation = 9;
	CHECK_EQ(es_media_table_latest(&c, &medias, &addr), index_of(of_one));
	of_two->generation = 9;
	CHECK(es_media_table_latest(&c, &medias, &addr) != ES_POOL_NONE);
	rig_close();
}

TEST(address_is_of_eight_calls_at_most)
{
	struct es_addr addr = host(BOB, 5000);
	uint32_t out[ES_MEDIA_HOLDERS_MAX];

	rig_open();
	for (unsigned i = 0; i < 9; i++) {
		(void)rig_media(call("c"), addr, false);
		CHECK_EQ(es_media_table_holders(&c, &medias, &addr, out), i < 8 ? i + 1 : 8);
	}
	rig_close();
}

TEST(address_is_expected_as_long_as_one_call_expects_it)
{
	struct es_addr addr = host(BOB, 5000);
	struct es_media *m[2];

	rig_open();
	CHECK(!es_media_table_is_expected(&c, &medias, &addr));
	for (unsigned i = 0; i < 2; i++) {
		m[i] = rig_media(call("c"), addr, false);
		m[i]->expires = at_ms(100);
	}
	c.clock = at_ms(100);
	CHECK(es_media_table_is_expected(&c, &medias, &addr));
	c.clock = es_time_add(at_ms(100), 1);
	CHECK(!es_media_table_is_expected(&c, &medias, &addr));
	m[0]->expires = c.clock;
	CHECK(es_media_table_is_expected(&c, &medias, &addr));
	m[0]->expires = at_ms(0);
	m[1]->expires = c.clock;
	CHECK(es_media_table_is_expected(&c, &medias, &addr));
	rig_close();
}

TEST(address_that_is_dropped_is_known_no_more)
{
	struct es_addr addr = host(BOB, 5000), to = host(ALICE, 5060);
	struct es_media *m;
	uint32_t out[ES_MEDIA_HOLDERS_MAX], i;

	rig_open();
	m = rig_media(call("c"), addr, false);
	i = index_of(m);
	es_media_table_set_ufrag(&medias, i, 5);
	es_media_table_set_ufrag(&medias, i, 5);
	CHECK_EQ(medias.ufrags.n, 1);
	es_media_table_set_ufrag(&medias, i, 6);
	CHECK_EQ(medias.ufrags.n, 1);
	CHECK_EQ(m->ufrag, 6);
	CHECK_EQ(es_hosts_set(&c, &medias, i, &addr, &to, out), 0);
	CHECK_EQ(medias.hosts.n, 1);
	es_media_table_drop(&c, &medias, i);
	CHECK_EQ(medias.pool.n_used, 0);
	CHECK_EQ(medias.terms.n_used, 0);
	CHECK_EQ(medias.ufrags.n, 0);
	CHECK_EQ(medias.hosts.n, 0);
	CHECK_EQ(medias.table.n, 0);
	CHECK_EQ(es_media_table_holders(&c, &medias, &addr, out), 0);
	rig_close();
}

TEST(address_finds_no_room_in_a_full_pool)
{
	struct es_addr addr = host(BOB, 5000), sender = host(ALICE, 5060);

	rig_open();
	for (unsigned i = 0; i < RIG_ROOM; i++)
		es_media_table_at(&medias, es_media_table_take(&c, &medias, &addr, &sender))
		    ->expires = at_ms(i);
	CHECK_EQ(es_media_table_take(&c, &medias, &addr, &sender), ES_POOL_NONE);
	CHECK_EQ(es_media_table_victim(&medias), 0); /* which expires first */
	es_media_table_at(&medias, 0)->expires = at_ms(100);
	CHECK_EQ(es_media_table_victim(&medias), 1);
	rig_close();
}

TEST(fragment_of_ice_has_a_hash_that_is_never_0)
{
	rig_open();
	CHECK(es_media_table_ufrag_of(&c, es_slice_str("a")) != 0);
	CHECK(es_media_table_ufrag_of(&c, es_slice_str("a")) !=
	      es_media_table_ufrag_of(&c, es_slice_str("b")));
	rig_close();
}

TEST(terms_are_shared_until_one_holder_changes_them)
{
	struct es_terms *one, *own;
	struct es_payload p;

	rig_open();
	one = es_terms_new(&medias.terms);
	CHECK_EQ(one->holders, 1);
	CHECK(es_terms_own(&medias.terms, one) == one);
	es_payload_of(8, es_slice_of(NULL, 0), 0, &one->type[one->n_types++]);
	one->holders = 2;
	own = es_terms_own(&medias.terms, one);
	CHECK(own != one);
	CHECK(own->index != one->index);
	CHECK_EQ(own->holders, 1);
	CHECK_EQ(one->holders, 1);
	CHECK(es_terms_type(own, 8, &p));
	CHECK_EQ(p.clock_rate_hz, 8000);
	CHECK(!es_terms_type(own, 0, &p));
	own->n_types = 0;
	CHECK(!es_terms_type(own, 8, &p));
	CHECK(es_terms_type(one, 8, &p));
	one->holders = 2;
	es_terms_release(&medias.terms, one);
	CHECK_EQ(medias.terms.n_used, 2);
	es_terms_release(&medias.terms, one);
	CHECK_EQ(medias.terms.n_used, 1);
	es_terms_release(&medias.terms, own);
	es_terms_release(&medias.terms, NULL);
	CHECK_EQ(medias.terms.n_used, 0);
	rig_close();
}

/* Addresses of the inside, each with its port, announced by one host to another; how many announced that before. */
static unsigned
report_hosts(struct es_media *m, uint8_t from, uint8_t to)
{
	struct es_addr src = host(from, 5060), dst = host(to, 5061);
	uint32_t others[ES_HOSTS_PORTS_MAX];

	return es_hosts_set(&c, &medias, index_of(m), &src, &dst, others);
}

static unsigned
reported_hosts(uint8_t from, uint16_t port, uint8_t to, uint32_t out[ES_HOSTS_PORTS_MAX])
{
	struct es_addr src = host(from, port), dst = host(to, 4711);

	return es_hosts_find(&c, &medias, &src, &dst, out);
}

TEST(port_is_found_by_the_hosts_that_announced_it)
{
	struct es_media *m, *same;
	uint32_t out[ES_HOSTS_PORTS_MAX];

	rig_open();
	m = rig_media(call("c"), host(100, 4000), true);
	CHECK_EQ(report_hosts(m, ALICE, BOB), 0);
	CHECK_EQ(reported_hosts(ALICE, 4000, BOB, out), 1);
	CHECK_EQ(out[0], index_of(m));
	CHECK_EQ(reported_hosts(ALICE, 4001, BOB, out), 0);
	CHECK_EQ(reported_hosts(BOB, 4000, ALICE, out), 0);
	CHECK_EQ(reported_hosts(ALICE, 4000, CAROL, out), 0);
	CHECK_EQ(reported_hosts(CAROL, 4000, BOB, out), 0);
	CHECK_EQ(report_hosts(m, CAROL, BOB), 0); /* the first hop counts */
	CHECK_EQ(m->host.ip[3], ALICE);
	same = rig_media(call("d"), host(101, 4000), true);
	CHECK_EQ(report_hosts(same, ALICE, ALICE), 0); /* a host by itself proves nothing */
	CHECK_EQ(same->host.family, 0);
	CHECK_EQ(report_hosts(same, ALICE, BOB), 1);
	CHECK_EQ(reported_hosts(ALICE, 4000, BOB, out), 2);
	es_hosts_drop(&c, &medias, index_of(m));
	es_hosts_drop(&c, &medias, index_of(m));
	CHECK_EQ(reported_hosts(ALICE, 4000, BOB, out), 1);
	same = rig_media(call("e"), host(102, 0), true); /* no port */
	CHECK_EQ(report_hosts(same, ALICE, BOB), 0);
	CHECK_EQ(same->host.family, 0);
	rig_close();
}

TEST(port_that_many_calls_announced_is_that_of_the_last_eight)
{
	struct es_media *m[9];
	uint32_t out[ES_HOSTS_PORTS_MAX];

	rig_open();
	for (unsigned i = 0; i < 9; i++)
		m[i] = rig_media(call("c"), host((uint8_t)(100 + i), 4000), true);
	m[3]->generation = 0; /* the oldest */
	for (unsigned i = 0; i < 9; i++)
		CHECK_EQ(report_hosts(m[i], ALICE, BOB), i);
	CHECK_EQ(reported_hosts(ALICE, 4000, BOB, out), 8);
	for (unsigned i = 0; i < 9; i++)
		CHECK_EQ(m[i]->host.family, i == 3 ? 0 : 4);
	rig_close();
}

static struct es_dialog *d;
static struct es_media *of_alice, *of_bob;

static struct es_media *
with_ufrag(struct es_dialog *of, struct es_addr addr, bool is_caller, const char *ufrag)
{
	struct es_media *m = rig_media(of, addr, is_caller);

	es_media_table_set_ufrag(
	    &medias, index_of(m), es_media_table_ufrag_of(&c, es_slice_str(ufrag)));
	return m;
}

/* Alice's fragment is a, Bob's b. */
static void
begin_ice(void)
{
	rig_open();
	d = call("c");
	of_alice = with_ufrag(d, host(ALICE, 4000), true, "a");
	of_bob = with_ufrag(d, host(BOB, 5000), false, "b");
}

static void
check_of(uint8_t from, uint8_t to, const char *username, uint8_t transaction)
{
	struct es_addr src = host(from, 7000), dst = host(to, 7000);
	struct es_stun m = { .class = ES_STUN_REQUEST,
		.method = ES_STUN_BINDING,
		.username = es_slice_str(username),
		.transaction = { transaction } };

	es_ices_message(&ices, &m, &src, &dst);
}

static void
success(uint8_t from, uint8_t to, uint8_t mapped, uint8_t transaction)
{
	struct es_addr src = host(from, 7000), dst = host(to, 7000);
	struct es_stun m = { .class = ES_STUN_SUCCESS,
		.method = ES_STUN_BINDING,
		.transaction = { transaction },
		.mapped = host(mapped, 7000) };

	es_ices_message(&ices, &m, &src, &dst);
}

/* The call that owns packets from a host to another one, and the address whose types they carry. */
static bool
owns(const struct es_dialog *call_of, const struct es_media *m, uint8_t from, uint8_t to)
{
	struct es_addr src = host(from, 7000), dst = host(to, 7000);
	uint32_t media;
	uint32_t found = es_ices_find(&ices, &src, &dst, &media);

	return found == (call_of == NULL ? ES_POOL_NONE : call_of->index) &&
	       media == (m == NULL ? ES_POOL_NONE : index_of(m));
}

TEST(check_teaches_both_directions_of_its_addresses)
{
	begin_ice();
	CHECK(owns(NULL, NULL, 11, 12));
	check_of(11, 12, "b:a", 1); /* to Bob, from Alice */
	CHECK(owns(d, of_bob, 11, 12));
	CHECK(owns(d, of_alice, 12, 11));
	CHECK(owns(NULL, NULL, 11, 13));
	CHECK_EQ(c.count[ES_CNT_ICE_PAIRS], 2);
	check_of(11, 12, "b:a", 2); /* again */
	CHECK_EQ(c.count[ES_CNT_ICE_PAIRS], 2);
	es_ices_drop(&ices, d);
	CHECK(owns(NULL, NULL, 11, 12));
	CHECK_EQ(ices.pool.n_used, 0);
	CHECK_EQ(ices.table.n, 0);
	rig_close();
}

TEST(check_names_both_fragments_of_one_letter_and_more)
{
	static const char *const names[] = { "", ":", "b:", ":a", "b", "x:y", "a:a", "b:b", "b:x",
		"x:a" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		begin_ice();
		check_of(11, 12, names[i], 1);
		CHECK_EQ(c.count[ES_CNT_ICE_PAIRS], 0);
		rig_close();
	}
}

TEST(check_of_a_side_that_announced_nothing_yet_is_of_the_call_of_the_other)
{
	rig_open();
	d = call("c");
	of_alice = with_ufrag(d, host(ALICE, 4000), true, "a");
	(void)rig_media(d, host(BOB, 5000), false); /* without a fragment */
	check_of(12, 11, "a:b", 1);
	CHECK(owns(d, of_alice, 12, 11));
	CHECK(owns(d, NULL, 11, 12));
	rig_close();
	rig_open();
	d = call("c");
	of_alice = with_ufrag(d, host(ALICE, 4000), true, "a");
	check_of(11, 12, "b:a", 1); /* towards who announced nothing */
	CHECK(owns(d, of_alice, 12, 11));
	CHECK(owns(d, NULL, 11, 12));
	rig_close();
}

TEST(check_is_of_the_call_that_named_both_fragments_else_of_the_first)
{
	struct es_dialog *first, *both, *later;

	rig_open();
	first = call("first");
	(void)with_ufrag(first, host(ALICE, 4000), true, "a");
	later = call("later");
	(void)with_ufrag(later, host(ALICE, 4002), true, "a");
	check_of(12, 11, "a:b", 1);
	CHECK(owns(first, es_media_table_at(&medias, first->media), 12, 11));
	both = call("both");
	(void)with_ufrag(both, host(ALICE, 4004), true, "a");
	(void)with_ufrag(both, host(BOB, 5000), false, "b");
	check_of(12, 11, "a:b", 2);
	CHECK(owns(both, es_media_table_at(&medias, 2), 12, 11));
	both->step = ES_DIALOG_OVER;
	check_of(12, 11, "a:b", 3);
	CHECK(owns(first, es_media_table_at(&medias, first->media), 12, 11));
	first->step = later->step = ES_DIALOG_OVER;
	check_of(14, 11, "a:b", 4);
	CHECK(owns(NULL, NULL, 14, 11));
	rig_close();
}

TEST(check_is_of_the_call_that_announced_its_fragment_on_any_of_its_addresses)
{
	begin_ice();
	(void)with_ufrag(d, host(BOB, 5002), false, "x");
	(void)with_ufrag(d, host(BOB, 5004), false, "y");
	check_of(11, 12, "b:a", 1);
	CHECK(owns(d, of_bob, 11, 12));
	CHECK(owns(d, of_alice, 12, 11));
	rig_close();
}

TEST(answer_to_a_check_teaches_where_its_sender_is_seen_from)
{
	begin_ice();
	check_of(11, 12, "b:a", 7);
	success(12, 11, 21, 8); /* of another transaction */
	success(12, 13, 21, 7); /* to another address */
	success(13, 11, 21, 7); /* from another one */
	CHECK(owns(NULL, NULL, 21, 12));
	success(12, 11, 21, 7);
	CHECK(owns(d, of_bob, 21, 12));
	CHECK(owns(d, of_alice, 12, 21));
	CHECK_EQ(c.count[ES_CNT_ICE_PAIRS], 4);
	success(12, 11, 22, 7); /* it is answered */
	CHECK(owns(NULL, NULL, 22, 12));
	rig_close();
}

TEST(answer_is_awaited_to_the_last_checks)
{
	for (unsigned more = ES_ICE_CHECKS - 1; more <= ES_ICE_CHECKS; more++) {
		begin_ice();
		check_of(11, 12, "b:a", 7);
		for (unsigned i = 0; i < more; i++)
			check_of(11, 12, "b:a", (uint8_t)(100 + i));
		success(12, 11, 21, 7);
		CHECK(more < ES_ICE_CHECKS ? owns(d, of_bob, 21, 12) : owns(NULL, NULL, 21, 12));
		success(12, 11, 22, 100);
		CHECK(owns(d, of_bob, 22, 12));
		rig_close();
	}
}

TEST(answer_of_addresses_that_went_to_another_call_teaches_nothing)
{
	struct es_dialog *other;

	begin_ice();
	check_of(11, 12, "b:a", 7);
	es_ices_drop(&ices, d);
	success(12, 11, 21, 7);
	CHECK_EQ(ices.pool.n_used, 0);
	check_of(11, 12, "b:a", 8);
	other = call("other");
	(void)with_ufrag(other, host(ALICE, 4002), true, "x");
	(void)with_ufrag(other, host(BOB, 5002), false, "y");
	check_of(11, 12, "y:x", 9);
	CHECK(owns(other, es_media_table_at(&medias, other->media), 11, 12));
	success(12, 11, 21, 8);
	CHECK(owns(other, es_media_table_at(&medias, other->media), 21, 12));
	rig_close();
}

/* The way back was checked so long ago that it gave way. */
TEST(answer_of_addresses_of_which_one_direction_is_known_teaches_nothing)
{
	begin_ice();
	(void)with_ufrag(d, host(BOB, 5002), false, "e");
	check_of(11, 12, "b:a", 7);
	for (uint8_t i = 0; i < ES_CALL_PAIRS_MAX / 2 - 1; i++)
		check_of(11, 13 + i, "b:a", 100 + i);
	check_of(11, 12, "e:a", 8); /* learns the way there again */
	CHECK_EQ(ices.pool.n_used, ES_CALL_PAIRS_MAX);
	check_of(11, 40, "b:a", 200);
	CHECK(owns(NULL, NULL, 12, 11));
	CHECK(!owns(NULL, NULL, 11, 12));
	success(12, 11, 21, 8);
	CHECK(owns(NULL, NULL, 21, 12));
	CHECK(owns(NULL, NULL, 12, 21));
	rig_close();
}

TEST(types_of_a_pair_are_those_of_its_address_or_of_what_was_said)
{
	struct es_media *candidate;

	begin_ice();
	candidate = with_ufrag(d, host(12, 7000), false, "b");
	candidate->rank = ES_MEDIA_CANDIDATE;
	check_of(11, 12, "b:a", 1);
	check_of(11, 13, "b:a", 2);
	CHECK(owns(d, candidate, 11, 12)); /* the very address */
	CHECK(owns(d, of_bob, 11, 13));
	rig_close();
}
