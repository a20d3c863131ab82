/* SPDX-License-Identifier: Apache-2.0 */
/* Who takes part in a call: dialogs by their tags, targets by their branches. */
#include "probes/call/legs.h"
#include "tests/unit/harness.h"

static struct es_context c;
static struct es_legs l;

static struct es_sip
message(const char *from, const char *to)
{
	struct es_sip m;

	memset(&m, 0, sizeof(m));
	m.from.tag = es_slice_str(from);
	m.to.tag = es_slice_str(to);
	return m;
}

static struct es_addr
host(uint8_t n)
{
	return (struct es_addr){ .family = 4, .port = 5060, .ip = { 10, 0, 0, n } };
}

/* A call whose INVITE has this From tag. */
static void
begin(const char *caller)
{
	uint8_t key[16] = { 1, 2, 3 };

	memset(&c, 0, sizeof(c));
	memset(&l, 0, sizeof(l));
	c.key = es_hash_key_of(key);
	l.caller = es_hash(&c.key, es_slice_str(caller));
}

static unsigned
requester(const char *from, const char *to)
{
	struct es_sip m = message(from, to);

	return es_legs_requester(&l, &c, &m);
}

static struct es_dialog_leg *
note(unsigned side, const char *from, const char *to, bool *is_new)
{
	struct es_sip m = message(from, to);

	return es_legs_note(&l, &c, side, &m, is_new);
}

static void
add_other(const char *from)
{
	struct es_sip m = message(from, "");
	struct es_addr src = host(3), dst = host(4);

	es_legs_add_other(&l, &c, &m, &src, &dst);
}

/* Until a tag of the callee is known, whoever knows the caller's tag is it; then nobody else. */
TEST(legs_know_the_callee_by_its_tag)
{
	bool is_new;

	begin("a");
	CHECK_EQ(requester("a", ""), ES_CALLER);
	CHECK_EQ(requester("b", "a"), ES_CALLEE);
	CHECK_EQ(requester("b", ""), ES_STRANGER);
	CHECK_EQ(requester("b", "x"), ES_STRANGER);
	CHECK(note(ES_CALLER, "a", "b", &is_new) != NULL && is_new);
	CHECK(note(ES_CALLEE, "b", "a", &is_new) == &l.leg[0] && !is_new);
	CHECK_EQ(l.n_legs, 1);
	CHECK_EQ(requester("b", "a"), ES_CALLEE);
	CHECK_EQ(requester("x", "a"), ES_STRANGER);
}

/* The far side of a B2BUA says nothing of who the callee is, and stands there once. */
TEST(legs_know_another_caller_once)
{
	unsigned side;
	struct es_sip m = message("far", "t");

	begin("a");
	for (unsigned i = 0; i < 2 * ES_LEGS_MAX; i++)
		add_other("far");
	CHECK_EQ(l.n_legs, 1);
	CHECK(!l.is_full);
	CHECK(l.leg[0].is_other);
	CHECK_EQ(requester("b", "a"), ES_CALLEE);
	CHECK_EQ(requester("far", "t"), ES_STRANGER);
	CHECK(es_legs_is_other(&l, &c, &m, &side));
	CHECK_EQ(side, ES_CALLER);
	add_other("further");
	CHECK_EQ(l.n_legs, 2);
	CHECK(!es_legs_any(&l, ES_LEG_UP));
}

TEST(legs_are_full_when_one_more_comes)
{
	char tag[16];
	bool is_new;

	begin("a");
	for (unsigned i = 0; i < ES_LEGS_MAX; i++) {
		(void)snprintf(tag, sizeof(tag), "b%u", i);
		CHECK(note(ES_CALLER, "a", tag, &is_new) != NULL && is_new);
	}
	CHECK(!l.is_full);
	CHECK(note(ES_CALLER, "a", "one more", &is_new) == NULL);
	CHECK(l.is_full);
	CHECK(note(ES_CALLER, "a", "b7", &is_new) == &l.leg[7] && !is_new);
	CHECK(note(ES_CALLER, "a", "", &is_new) == NULL);
}
