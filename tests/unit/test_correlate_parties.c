/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that failed: which legs are one call, who refused it and where. */
#include "tests/unit/made_records.h"

enum { ALICE = 1, SBC = 9, BOB = 2 };

/* An INVITE without media, from one host to another, and how it ended. */
struct attempt {
	const char *call_id;
	int64_t at_ms;
	uint8_t src, dst;
	const char *from, *to;
	uint32_t status; /* 0: no answer was seen */
	bool is_cancelled;
	uint32_t max_forwards; /* 0: not seen */
	const char *session_id;
};

static struct es_addr
host(uint8_t n)
{
	char ip[16];

	(void)snprintf(ip, sizeof(ip), "10.0.0.%u", n);
	return made_addr(ip, 5060);
}

static void
add(struct es_correlate *c, int vantage, const struct attempt *a)
{
	struct es_record r;
	struct es_call *call = &r.u.call;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_CALL;
	call->call_id = es_slice_str(a->call_id);
	call->from = es_slice_str(a->from == NULL ? "alice@a.example" : a->from);
	call->to = es_slice_str(a->to == NULL ? "bob@b.example" : a->to);
	call->start = made_time(a->at_ms);
	call->invite_src = host(a->src);
	call->invite_dst = host(a->dst);
	call->state = a->is_cancelled ? ES_STATE_CANCELLED : ES_STATE_FAILED;
	call->has = a->status > 0 ? ES_CALL_HAS_STATUS : 0;
	call->final_status = a->status;
	call->max_forwards = a->max_forwards;
	call->session_id = es_slice_str(a->session_id == NULL ? "" : a->session_id);
	call->has |= a->max_forwards > 0 ? ES_CALL_HAS_MAX_FORWARDS : 0;
	CHECK_EQ(es_correlate_add(c, vantage, &r), 0);
}

static struct es_correlate *correlate;
static int ep, sbc, gw;

static void
set_up(void)
{
	correlate = made_correlate();
	ep = es_correlate_vantage(correlate, es_slice_str("ep"), ES_ROLE_ENDPOINT);
	sbc = es_correlate_vantage(correlate, es_slice_str("sbc"), ES_ROLE_SBC);
	gw = es_correlate_vantage(correlate, es_slice_str("gw"), ES_ROLE_GATEWAY);
}

/* What comes of two attempts, each seen at a vantage point. */
static const struct made_solved *
solve_two(int at_a, const struct attempt *a, int at_b, const struct attempt *b)
{
	add(correlate, at_a, a);
	add(correlate, at_b, b);
	return made_solve(correlate);
}

/* What comes of attempts that one vantage point saw. */
static const struct made_solved *
solve_all(int at, const struct attempt *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add(correlate, at, &all[i]);
	return made_solve(correlate);
}

TEST(refused_call_of_two_call_ids_is_one_call)
{
	const struct attempt a = { .call_id = "a", .src = ALICE, .dst = SBC, .status = 486 };
	const struct attempt b = {
		.call_id = "b", .at_ms = 45000, .src = SBC, .dst = BOB, .status = 486
	};
	const struct made_solved *h;

	set_up();
	h = solve_two(ep, &a, gw, &b);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].n_legs, 2);
	CHECK_EQ(h->calls[0].joins[0].reason, ES_JOIN_PARTIES);
	CHECK_SLICE(h->calls[0].from, "alice@a.example");
	CHECK_SLICE(h->calls[0].to, "bob@b.example");
	CHECK_EQ(h->calls[0].final_status, 486);
	CHECK_STR(
	    h->calls[0].verdict.evidence[0].text, "10.0.0.2 answered 486 Busy Here, as seen at gw");
	es_correlate_free(correlate);
}

TEST(refused_call_seen_on_both_sides_of_an_sbc_is_one_call)
{
	const struct attempt a = { .call_id = "a", .src = ALICE, .dst = SBC, .status = 404 };
	const struct attempt b = {
		.call_id = "b", .at_ms = 3, .src = SBC, .dst = BOB, .status = 404
	};
	const struct made_solved *h;

	set_up();
	h = solve_two(sbc, &a, sbc, &b);
	CHECK_EQ(h->n, 1);
	CHECK_STR(h->calls[0].verdict.evidence[0].text,
	    "10.0.0.2 answered 404 Not Found, as seen at sbc/2");
	es_correlate_free(correlate);
}

TEST(refused_call_says_what_the_caller_got_where_the_status_was_changed)
{
	const struct attempt a = { .call_id = "same", .src = ALICE, .dst = SBC, .status = 503 };
	const struct attempt b = { .call_id = "same", .src = SBC, .dst = BOB, .status = 480 };
	const struct made_solved *h;

	set_up();
	h = solve_two(ep, &a, gw, &b);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].final_status, 503);
	CHECK_STR(h->calls[0].verdict.evidence[0].text,
	    "10.0.0.2 answered 480 Temporarily Unavailable, as seen at gw");
	CHECK_STR(h->calls[0].verdict.evidence[1].text,
	    "the caller got 503 Service Unavailable, as seen at ep");
	es_correlate_free(correlate);
}

TEST(cancelled_call_is_not_said_to_be_refused)
{
	const struct attempt a = {
		.call_id = "a", .src = ALICE, .dst = SBC, .status = 487, .is_cancelled = true
	};
	const struct made_solved *h;

	set_up();
	add(correlate, ep, &a);
	h = made_solve(correlate);
	CHECK_STR(h->calls[0].verdict.evidence[0].text,
	    "the caller hung up before 10.0.0.9 answered (487 Request Terminated), as seen at ep");
	es_correlate_free(correlate);
}

TEST(refused_fork_of_an_answered_call_is_no_refusal)
{
	struct attempt a = { .call_id = "same", .src = ALICE, .dst = SBC, .status = 200 };
	const struct attempt b = { .call_id = "same", .src = SBC, .dst = BOB, .status = 486 };
	const struct made_solved *h;

	set_up();
	h = solve_two(ep, &a, gw, &b);
	CHECK_EQ(h->calls[0].final_status, 200);
	CHECK_STR(h->calls[0].verdict.evidence[0].text, "no media were seen");
	es_correlate_free(correlate);
}

/* An SBC that waited long enough cancels its own leg: the caller did not hang up. */
TEST(call_that_an_sbc_gave_up_was_not_hung_up_by_the_caller)
{
	const struct attempt a = { .call_id = "same", .src = ALICE, .dst = SBC, .status = 480 };
	const struct attempt b = {
		.call_id = "same", .src = SBC, .dst = BOB, .status = 487, .is_cancelled = true
	};
	static const char said[] = "the call was cancelled before 10.0.0.2 answered (487 Request "
				   "Terminated), as seen at gw";
	const struct made_solved *h;

	for (unsigned is_alone = 0; is_alone < 2; is_alone++) {
		set_up();
		if (!is_alone)
			h = solve_two(ep, &a, gw, &b);
		CHECK_STR(h->calls[0].verdict.evidence[0].text, said);
		es_correlate_free(correlate);
	}
}

/* The same extensions at two customers, hours apart. */
TEST(failed_legs_of_other_hours_are_two_calls)
{
	const struct attempt a = { .call_id = "a", .src = ALICE, .dst = SBC, .status = 486 };
	struct attempt b = { .call_id = "b", .src = SBC, .dst = BOB, .status = 486 };

	for (b.at_ms = 60000; b.at_ms <= 60001; b.at_ms++) {
		set_up();
		CHECK_EQ(solve_two(ep, &a, gw, &b)->n, b.at_ms == 60000 ? 1 : 2);
		es_correlate_free(correlate);
	}
}

/* What must differ for two failed legs to be two calls. */
TEST(failed_legs_that_differ_are_two_calls)
{
	static const struct attempt others[] = {
		{ .call_id = "b", .src = SBC, .dst = BOB, .status = 480 },
		{ .call_id = "b", .src = SBC, .dst = BOB, .status = 486, .to = "carol@b.example" },
		{ .call_id = "b", .src = SBC, .dst = BOB, .status = 486, .from = "dave@b.example" },
		{ .call_id = "b", .src = SBC, .dst = BOB, .status = 0 },
	};
	const struct attempt a = { .call_id = "a", .src = ALICE, .dst = SBC, .status = 486 };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		set_up();
		CHECK_EQ(solve_two(ep, &a, gw, &others[i])->n, 2);
		es_correlate_free(correlate);
	}
}

TEST(failed_legs_of_nobody_are_two_calls)
{
	const struct attempt a = { .call_id = "a",
		.src = ALICE,
		.dst = SBC,
		.status = 486,
		.from = "anonymous@anonymous.invalid" };
	const struct attempt b = { .call_id = "b",
		.src = SBC,
		.dst = BOB,
		.status = 486,
		.from = "anonymous@anonymous.invalid" };

	set_up();
	CHECK_EQ(solve_two(ep, &a, gw, &b)->n, 2);
	es_correlate_free(correlate);
}

/* Alice tries three times; the gateway's clock is far off, and its capture saw as many attempts, or not. */
TEST(attempts_of_the_same_two_people_are_joined_in_their_order)
{
	static const int64_t at_ms[] = { 0, 20000, 65000 };
	static const char *const leg_a[] = { "a1", "a2", "a3" }, *const leg_b[] = { "b1", "b2",
		"b3" };

	for (unsigned seen = 1; seen <= 3; seen++) {
		for (unsigned shift = 0; shift < 2; shift++) {
			const struct made_solved *h;

			set_up();
			for (unsigned i = 0; i < 3; i++) {
				const struct attempt a = { .call_id = leg_a[i],
					.at_ms = at_ms[i],
					.src = ALICE,
					.dst = SBC,
					.status = 486 };
				const struct attempt b = { .call_id = leg_b[i],
					.at_ms = 50000 + at_ms[i] + (i == 1 ? shift * 5000 : 0),
					.src = SBC,
					.dst = BOB,
					.status = 486 };

				add(correlate, ep, &a);
				if (i < seen)
					add(correlate, gw, &b);
			}
			h = made_solve(correlate);
			CHECK_EQ(h->n, seen == 3 && shift == 0 ? 3 : 3 + seen);
			es_correlate_free(correlate);
		}
	}
}

TEST(two_attempts_at_an_sbc_are_two_calls)
{
	const struct attempt all[] = {
		{ .call_id = "a1", .at_ms = 0, .src = ALICE, .dst = SBC, .status = 486 },
		{ .call_id = "b1", .at_ms = 2, .src = SBC, .dst = BOB, .status = 486 },
		{ .call_id = "a2", .at_ms = 9000, .src = ALICE, .dst = SBC, .status = 486 },
		{ .call_id = "b2", .at_ms = 9002, .src = SBC, .dst = BOB, .status = 486 },
	};
	const struct made_solved *h;

	set_up();
	h = solve_all(sbc, all, sizeof(all) / sizeof(all[0]));
	CHECK_EQ(h->n, 2);
	CHECK_EQ(h->calls[0].n_legs, 2);
	CHECK_EQ(h->calls[1].n_legs, 2);
	es_correlate_free(correlate);
}

/* Both came within a second: the second one was joined with what the SBC made of the first one. */
TEST(two_attempts_at_once_at_an_sbc_are_not_paired_by_their_order)
{
	const struct attempt all[] = {
		{ .call_id = "a1", .at_ms = 0, .src = ALICE, .dst = SBC, .status = 486 },
		{ .call_id = "a2", .at_ms = 100, .src = ALICE, .dst = SBC, .status = 486 },
		{ .call_id = "b1", .at_ms = 200, .src = SBC, .dst = BOB, .status = 486 },
		{ .call_id = "b2", .at_ms = 300, .src = SBC, .dst = BOB, .status = 486 },
	};
	const struct made_solved *h;

	set_up();
	h = solve_all(sbc, all, sizeof(all) / sizeof(all[0]));
	CHECK_EQ(h->n, 4);
	es_correlate_free(correlate);
}

/* What signalling joined is no attempt of its own, whatever else came in that second. */
TEST(two_attempts_at_once_at_an_sbc_are_paired_by_signalling)
{
	static const char *const session[] = { "0123456789abcdef0123456789abcdef",
		"fedcba9876543210fedcba9876543210" };
	struct attempt all[] = {
		{ .call_id = "a1", .at_ms = 0, .src = ALICE, .dst = SBC, .status = 486 },
		{ .call_id = "a2", .at_ms = 100, .src = ALICE, .dst = SBC, .status = 486 },
		{ .call_id = "b1", .at_ms = 200, .src = SBC, .dst = BOB, .status = 486 },
		{ .call_id = "b2", .at_ms = 300, .src = SBC, .dst = BOB, .status = 486 },
		{ .call_id = "c1", .at_ms = 400, .src = BOB, .dst = 3, .status = 486 },
	};
	const struct made_solved *h;

	set_up();
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		all[i].session_id = i < 4 ? session[i % 2] : NULL;
		add(correlate, sbc, &all[i]);
	}
	h = made_solve(correlate);
	CHECK_EQ(h->n, 3);
	CHECK_EQ(h->calls[0].n_legs, 2);
	CHECK_EQ(h->calls[1].n_legs, 2);
	es_correlate_free(correlate);
}

TEST(attempt_that_an_sbc_passes_on_to_two_hosts_is_one_call)
{
	const struct attempt all[] = {
		{ .call_id = "a1", .at_ms = 0, .src = ALICE, .dst = SBC, .status = 486 },
		{ .call_id = "b1", .at_ms = 2, .src = SBC, .dst = BOB, .status = 486 },
		{ .call_id = "b2", .at_ms = 900, .src = SBC, .dst = 3, .status = 486 },
		{ .call_id = "b3", .at_ms = 1000, .src = SBC, .dst = 4, .status = 486 },
	};
	const struct made_solved *h;

	set_up();
	h = solve_all(sbc, all, sizeof(all) / sizeof(all[0]));
	CHECK_EQ(h->n, 2);
	CHECK_EQ(h->calls[0].n_legs, 3);
	es_correlate_free(correlate);
}

/* Whoever can send INVITEs can make up a chain of hosts: it must not push legs out of the answer. */
TEST(chain_of_hosts_that_pass_an_attempt_on_is_no_longer_than_a_path)
{
	enum { HOSTS = 40 };
	char call_id[HOSTS][8];
	const struct made_solved *h;
	uint32_t n_legs = 0;

	set_up();
	for (uint8_t i = 0; i < HOSTS; i++) {
		struct attempt a = { .at_ms = 100 * i,
			.src = (uint8_t)(10 + i),
			.dst = (uint8_t)(11 + i),
			.status = 486 };

		(void)snprintf(call_id[i], sizeof(call_id[i]), "c%u", i);
		a.call_id = call_id[i];
		add(correlate, sbc, &a);
	}
	h = made_solve(correlate);
	for (uint32_t i = 0; i < h->n; i++)
		n_legs += h->calls[i].n_legs;
	CHECK_EQ(n_legs, HOSTS);
	CHECK_EQ(h->calls[0].n_legs, ES_PATH_MAX);
	CHECK_EQ(es_correlate_refused(correlate), 0);
	es_correlate_free(correlate);
}

static bool
has_evidence(const struct es_verdict *v, const char *text)
{
	for (uint32_t i = 0; i < v->n_evidence; i++)
		if (strcmp(v->evidence[i].text, text) == 0)
			return true;
	return false;
}

TEST(role_of_an_endpoint_that_passes_calls_on_is_contradicted)
{
	const struct attempt a = { .call_id = "a", .src = ALICE, .dst = SBC, .status = 404 };
	const struct attempt b = {
		.call_id = "b", .at_ms = 3, .src = SBC, .dst = BOB, .status = 404
	};
	static const char said[] =
	    "ep/1 is declared an endpoint, but 10.0.0.9 passes the call on there";

	for (unsigned is_wrong = 0; is_wrong < 2; is_wrong++) {
		set_up();
		CHECK_EQ(has_evidence(&solve_two(is_wrong ? ep : sbc, &a, is_wrong ? ep : sbc, &b)
					   ->calls[0]
					   .verdict,
			     said),
		    is_wrong);
		es_correlate_free(correlate);
	}
}

/* Two captures under each other's role: Max-Forwards shows which way the INVITE went. */
TEST(role_of_an_endpoint_between_others_is_contradicted)
{
	static const char said[] =
	    "ep is declared an endpoint, but the signalling passes through it from sbc to gw";
	struct attempt a = { .call_id = "a", .src = ALICE, .dst = SBC, .status = 404 };
	struct attempt b = { .call_id = "b", .src = SBC, .dst = BOB, .status = 404 };

	a.max_forwards = 70;
	b.max_forwards = 69;
	for (unsigned is_wrong = 0; is_wrong < 2; is_wrong++) {
		const struct made_solved *h;

		set_up();
		add(correlate, is_wrong ? sbc : ep, &a);
		h = solve_two(is_wrong ? ep : sbc, &b, gw, &b);
		CHECK_EQ(h->n, 1);
		CHECK_EQ(has_evidence(&h->calls[0].verdict, said), is_wrong);
		es_correlate_free(correlate);
	}
}

TEST(roles_of_two_phones_behind_a_proxy_are_not_contradicted)
{
	const struct attempt a = { .call_id = "a", .src = ALICE, .dst = BOB, .status = 404 };
	const struct made_solved *h;

	set_up();
	h = solve_two(ep, &a, gw, &a);
	CHECK_EQ(h->calls[0].verdict.n_evidence, 1);
	es_correlate_free(correlate);
}

/* A capture that could not be read is named in each answer, once. */
TEST(missing_vantage_point_is_named_in_each_answer)
{
	const struct attempt a = { .call_id = "a", .src = ALICE, .dst = SBC, .status = 486 };
	const struct attempt b = {
		.call_id = "b", .at_ms = 9000, .src = ALICE, .dst = SBC, .status = 404
	};
	const struct made_solved *h;

	set_up();
	add(correlate, ep, &a);
	add(correlate, ep, &b);
	CHECK_EQ(es_correlate_missing(correlate, es_slice_str("core")), 0);
	CHECK_EQ(es_correlate_missing(correlate, es_slice_str("core")), 0);
	h = made_solve(correlate);
	CHECK_EQ(h->n, 2);
	for (uint32_t i = 0; i < h->n; i++) {
		CHECK_EQ(h->calls[i].n_missing, 1);
		CHECK_SLICE(h->calls[i].missing[0], "core");
		CHECK(strstr(h->json[i], "\"missing\":[\"core\"],\"verdict\"") != NULL);
	}
	es_correlate_free(correlate);
}

TEST(missing_vantage_points_beyond_the_limit_are_refused)
{
	char name[16];

	set_up();
	for (int i = 0; i < ES_CORRELATE_VANTAGES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "m%d", i);
		CHECK_EQ(es_correlate_missing(correlate, es_slice_str(name)), 0);
	}
	CHECK_EQ(es_correlate_missing(correlate, es_slice_str("last")), ES_EFULL);
	es_correlate_free(correlate);
}

/* Work on n failed calls of the same two people, each seen at two vantage points. */
static void
count_steps(uint32_t n, uint64_t *steps)
{
	struct es_correlate_config cfg = { { 1 }, 64, 64, 64, 4096, 64, 1 << 20 };
	struct es_correlate *c = NULL;
	char id[16];
	int at[2];

	CHECK_EQ(es_correlate_new(&cfg, &c), 0);
	at[0] = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);
	at[1] = es_correlate_vantage(c, es_slice_str("gw"), ES_ROLE_GATEWAY);
	for (uint32_t i = 0; i < 2 * n; i++) {
		struct attempt a = { .call_id = id, .at_ms = (int64_t)i / 2 * 3000, .status = 503 };

		(void)snprintf(id, sizeof(id), "c%u", i);
		a.src = i % 2 == 0 ? ALICE : SBC;
		a.dst = i % 2 == 0 ? SBC : BOB;
		add(c, at[i % 2], &a);
	}
	CHECK_EQ(made_solve(c)->n, n);
	*steps = es_correlate_steps(c);
	es_correlate_free(c);
}

TEST(failed_calls_of_the_same_two_people_cost_as_much_as_there_are)
{
	uint64_t few = 0, many = UINT64_MAX;

	count_steps(100, &few);
	count_steps(1600, &many);
	CHECK(few > 0 && many <= 20 * few);
}
