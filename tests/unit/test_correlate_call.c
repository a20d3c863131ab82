/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of hand-built records: joining, path order, packet sets, directions. */
#include "tests/unit/made_records.h"

static const struct es_direction *
direction(const struct es_explained *call, enum es_direction_name name)
{
	for (uint32_t i = 0; i < call->n_directions; i++) {
		if (call->directions[i].name == name)
			return &call->directions[i];
	}
	return NULL;
}

TEST(correlate_four_points_are_one_call_in_path_order)
{
	struct call4 *s = call4_new(1200);
	struct made_solved *h;

	call4_signal(s);
	call4_media(s);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_SLICE(h->calls[0].call, "a@access");
	CHECK_EQ(h->calls[0].n_legs, 4);
	CHECK_SLICE(h->calls[0].legs[0].vantage, "ep");
	CHECK_SLICE(h->calls[0].legs[1].vantage, "access");
	CHECK_SLICE(h->calls[0].legs[2].vantage, "core");
	CHECK_SLICE(h->calls[0].legs[3].vantage, "gw");
	CHECK_EQ(h->calls[0].n_directions, 2);
	CHECK_SLICE(h->calls[0].directions[0].from, "ep");
	CHECK_SLICE(h->calls[0].directions[1].from, "gw");
	for (int dir = 0; dir < 2; dir++) {
		CHECK_EQ(h->calls[0].directions[dir].n_segments, 3);
		for (int i = 0; i < 3; i++) {
			CHECK_EQ(h->calls[0].directions[dir].segments[i].expected, 1200);
			CHECK_EQ(h->calls[0].directions[dir].segments[i].lost, 0);
		}
	}
	CHECK_EQ(h->calls[0].verdict.state, ES_VERDICT_CLEAN);
	es_correlate_free(s->c);
}

TEST(correlate_lost_counts_packets_dropped_after_the_last_one_that_arrived)
{
	struct call4 *s = call4_new(1000);
	const struct es_direction *f, *r;
	struct made_solved *h;

	for (uint32_t i = 990; i < 1000; i++) /* the end of the call */
		call4_lose(s->fwd_seen, 1, 1, i);
	for (uint32_t i = 0; i < 3; i++) /* and its beginning */
		call4_lose(s->fwd_seen, 1, 1, i);
	call4_lose(s->fwd_seen, 3, 1, 500);
	call4_lose(s->rev_seen, 0, -1, 321);
	call4_signal(s);
	call4_media(s);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	f = direction(&h->calls[0], ES_FORWARD);
	r = direction(&h->calls[0], ES_REVERSE);
	CHECK(f != NULL && r != NULL);
	CHECK_EQ(f->segments[0].expected, 1000);
	CHECK_EQ(f->segments[0].lost, 13);
	CHECK_EQ(f->segments[1].expected, 987);
	CHECK_EQ(f->segments[1].lost, 0);
	CHECK_EQ(f->segments[2].expected, 987);
	CHECK_EQ(f->segments[2].lost, 1);
	CHECK_SLICE(r->segments[2].to, "ep");
	CHECK_EQ(r->segments[2].lost, 1);
	CHECK_EQ(r->segments[0].lost, 0);
	es_correlate_free(s->c);
}

TEST(correlate_joins_by_media_alone_and_gives_the_call_the_name_of_its_first_ssrc)
{
	struct call4 *s = call4_new(900);
	struct made_solved *h;

	for (int i = 0; i < 4; i++)
		s->fwd[i].call_id = s->rev[i].call_id = NULL;
	call4_lose(s->fwd_seen, 2, 1, 100);
	call4_media(s);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].n_legs, 4);
	CHECK_SLICE(h->calls[0].call, "rtp:0x1111aaaa");
	CHECK_SLICE(h->calls[0].legs[0].vantage, "ep");
	CHECK_SLICE(h->calls[0].legs[3].vantage, "gw");
	CHECK_EQ(h->calls[0].directions[0].segments[1].lost, 1);
	CHECK_EQ(h->calls[0].directions[0].segments[0].lost, 0);
	es_correlate_free(s->c);
}

TEST(correlate_without_signalling_the_round_trip_shows_which_way_is_forward)
{
	struct call4 *s = call4_new(900);
	struct made_solved *h;

	for (int i = 0; i < 4; i++)
		s->fwd[i].call_id = s->rev[i].call_id = NULL;
	call4_media(s); /* nothing is lost: only time can show the order */
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].directions[0].name, ES_FORWARD);
	CHECK_SLICE(h->calls[0].directions[0].from, "ep");
	CHECK(strstr(h->json[0], "\"call\":\"rtp:0x") != NULL);
	es_correlate_free(s->c);
}

TEST(correlate_an_inbound_call_runs_from_the_gateway)
{
	struct call4 *s = call4_new(800);
	struct made_solved *h;

	/* the gateway's side sends the INVITE: Max-Forwards is higher there */
	for (int i = 0; i < 4; i++)
		made_call_add(s->c, s->vantage[i], s->fwd[i].call_id, i < 2 ? 69 : 70,
		    s->fwd[i].at_ms - 500, s->fwd[i].dst, s->fwd[i].src);
	call4_lose(s->rev_seen, 2, -1, 400); /* gw -> core, now the forward way */
	call4_media(s);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_SLICE(h->calls[0].call, "b@core");
	CHECK_SLICE(h->calls[0].legs[0].vantage, "gw");
	CHECK_SLICE(h->calls[0].legs[1].vantage, "core");
	CHECK_SLICE(h->calls[0].legs[2].vantage, "access");
	CHECK_SLICE(h->calls[0].legs[3].vantage, "ep");
	CHECK_SLICE(h->calls[0].directions[0].from, "gw");
	CHECK_EQ(h->calls[0].directions[0].segments[0].lost, 1);
	es_correlate_free(s->c);
}

TEST(correlate_clocks_change_nothing_but_start)
{
	static char first[16384];
	uint64_t state = 11;

	for (int round = 0; round < 6; round++) {
		struct call4 *s = call4_new(1100);
		struct made_solved *h;
		char *start;

		for (uint32_t i = 200; i < 260; i += 2)
			call4_lose(s->fwd_seen, 1, 1, i);
		for (int i = 0; i < 4; i++) {
			int64_t ms = round == 0 ? 0 : (int64_t)(test_random(&state) % 4001) - 2000;

			s->fwd[i].at_ms += ms;
			s->rev[i].at_ms += ms;
		}
		call4_signal(s);
		call4_media(s);
		h = made_solve(s->c);
		CHECK_EQ(h->n, 1);
		start = strstr(h->json[0], "\"start\":\"");
		CHECK(start != NULL);
		memset(start + 9, 'x', 27);
		if (round == 0)
			memcpy(first, h->json[0], sizeof(first));
		CHECK_STR(h->json[0], first);
		es_correlate_free(s->c);
	}
}

TEST(correlate_order_of_records_changes_nothing)
{
	static char first[16384];

	for (int round = 0; round < 3; round++) {
		struct call4 *s = call4_new(700);
		struct made_solved *h;

		call4_lose(s->fwd_seen, 2, 1, 300);
		if (round == 0) {
			call4_signal(s);
			call4_media(s);
		} else {
			for (int i = 3; i >= 0; i--) {
				made_stream_add(round == 1 ? &s->rev[i] : &s->fwd[i]);
				made_stream_add(round == 1 ? &s->fwd[i] : &s->rev[i]);
			}
			call4_signal(s);
		}
		h = made_solve(s->c);
		CHECK_EQ(h->n, 1);
		if (round == 0)
			memcpy(first, h->json[0], sizeof(first));
		CHECK_STR(h->json[0], first);
		es_correlate_free(s->c);
	}
}

/* SIPp: one SSRC for every call and both directions, numbers from 0, calls a second apart. */
TEST(correlate_an_ssrc_alone_proves_nothing)
{
	struct es_correlate *c = made_correlate();
	struct made_solved *h;
	int v[2];

	v[0] = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);
	v[1] = es_correlate_vantage(c, es_slice_str("gw"), ES_ROLE_GATEWAY);
	for (int call = 0; call < 3; call++) {
		for (int p = 0; p < 2; p++) {
			struct made_stream f = { 0 };
			uint16_t port = (uint16_t)(4000 + 2 * call);

			f.c = c;
			f.vantage = v[p];
			f.ssrc = 0xca110000;
			f.src = made_addr(p == 0 ? "10.0.0.1" : "10.1.0.9", port);
			f.dst = made_addr(p == 0 ? "10.0.0.9" : "10.1.0.2", port);
			f.ts = 1000; /* the same numbers with the same timestamps in every call */
			f.at_ms = 10000 * call + (p == 1 ? 5000 : 0);
			f.n = (uint32_t)(600 + 10 * call);
			made_stream_add(&f);
			/* the other way, six seconds earlier, as early media are */
			f.dst = made_addr(p == 0 ? "10.0.0.1" : "10.1.0.9", port);
			f.src = made_addr(p == 0 ? "10.0.0.9" : "10.1.0.2", port);
			f.at_ms -= 6000;
			f.n += 300;
			made_stream_add(&f);
		}
	}
	h = made_solve(c);
	CHECK_EQ(h->n, 3);
	for (int call = 0; call < 3; call++) {
		CHECK_EQ(h->calls[call].n_legs, 2);
		CHECK_EQ(h->calls[call].n_directions, 2);
		for (int dir = 0; dir < 2; dir++)
			CHECK_EQ(h->calls[call].directions[dir].segments[0].lost, 0);
		CHECK_EQ(h->calls[call].directions[0].segments[0].expected +
			     h->calls[call].directions[1].segments[0].expected,
		    2 * (600 + 10 * call) + 300);
	}
	es_correlate_free(c);
}

TEST(correlate_equal_ssrc_with_other_timestamps_are_two_calls)
{
	struct es_correlate *c = made_correlate();
	struct made_solved *h;

	for (int p = 0; p < 2; p++) {
		struct made_stream f = { 0 };

		f.c = c;
		f.vantage = es_correlate_vantage(c, es_slice_str(p == 0 ? "ep" : "gw"),
		    p == 0 ? ES_ROLE_ENDPOINT : ES_ROLE_GATEWAY);
		f.ssrc = 0xca110000;
		f.src = made_addr(p == 0 ? "10.0.0.1" : "10.1.0.9", 4000);
		f.dst = made_addr(p == 0 ? "10.0.0.9" : "10.1.0.2", 4000);
		f.ts = p == 0 ? 1000 : 90000;
		f.n = 700;
		made_stream_add(&f);
	}
	h = made_solve(c);
	CHECK_EQ(h->n, 2);
	es_correlate_free(c);
}

TEST(correlate_a_capture_that_begins_after_the_wrap_counts_the_same_packets)
{
	struct call4 *s = call4_new(1500);
	struct made_solved *h;

	/* gw's capture starts at packet 200: number 64, one cycle later than ep's count */
	s->fwd[3].seq = (uint16_t)(s->fwd[3].seq + 200);
	s->fwd[3].ts += 200 * MADE_STEP;
	s->fwd[3].at_ms += 200 * MADE_PTIME_MS;
	s->fwd[3].n -= 200;
	call4_signal(s);
	call4_media(s);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].directions[0].segments[2].expected, 1500);
	CHECK_EQ(h->calls[0].directions[0].segments[2].lost, 200);
	CHECK_EQ(h->calls[0].directions[0].segments[2].unseen_upstream, 0);
	es_correlate_free(s->c);
}

TEST(correlate_a_source_on_two_5_tuples_is_one_source)
{
	struct call4 *s = call4_new(1000);
	struct made_stream v4 = s->fwd[0];
	struct made_solved *h;

	/* ICE: 60 packets over one pair of addresses, then the rest over another one */
	for (int i = 0; i < 2; i++) {
		struct made_stream more = s->fwd[i];

		s->fwd[i].n = 60;
		made_stream_add(&s->fwd[i]);
		more.src = made_addr("fd00::1", 40067);
		more.dst = made_addr("fd00::9", 30000);
		more.seq = (uint16_t)(more.seq + 60);
		more.ts += 60 * MADE_STEP;
		more.at_ms += 60 * MADE_PTIME_MS;
		more.n = 940;
		more.call_id = NULL;
		made_stream_add(&more);
		made_stream_add(&s->rev[i]);
	}
	(void)v4;
	for (int i = 2; i < 4; i++) {
		made_stream_add(&s->fwd[i]);
		made_stream_add(&s->rev[i]);
	}
	call4_signal(s);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].n_legs, 4);
	CHECK_EQ(h->calls[0].legs[0].n_streams, 3);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(h->calls[0].directions[0].segments[i].expected, 1000);
		CHECK_EQ(h->calls[0].directions[0].segments[i].lost, 0);
	}
	es_correlate_free(s->c);
}

TEST(correlate_one_capture_on_both_legs_is_two_points)
{
	struct call4 *s = call4_new(900);
	struct made_solved *h;

	/* access and core are one capture on all interfaces of the SBC */
	s->fwd[2].vantage = s->rev[2].vantage = s->vantage[1];
	s->fwd[2].at_ms = s->fwd[1].at_ms;
	s->rev[2].at_ms = s->rev[1].at_ms;
	s->vantage[2] = s->vantage[1];
	call4_lose(s->fwd_seen, 2, 1, 77);
	call4_signal(s);
	call4_media(s);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].n_legs, 4);
	CHECK_SLICE(h->calls[0].legs[1].vantage, "access/1");
	CHECK_SLICE(h->calls[0].legs[2].vantage, "access/2");
	CHECK_EQ(h->calls[0].directions[0].segments[1].lost, 1);
	CHECK_SLICE(h->calls[0].directions[0].segments[1].from, "access/1");
	es_correlate_free(s->c);
}

TEST(correlate_a_restart_is_the_same_source_with_numbers_of_its_own)
{
	struct call4 *s = call4_new(600);
	struct made_solved *h;

	for (int i = 0; i < 4; i++) {
		struct made_stream again = s->fwd[i];

		made_stream_add(&s->fwd[i]);
		made_stream_add(&s->rev[i]);
		again.restart = 1;
		again.seq = 20000;
		again.ts = 5;
		again.at_ms += 600 * MADE_PTIME_MS;
		again.n = 400;
		made_stream_add(&again);
	}
	call4_signal(s);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(h->calls[0].directions[0].segments[i].expected, 1000);
		CHECK_EQ(h->calls[0].directions[0].segments[i].lost, 0);
	}
	es_correlate_free(s->c);
}

/* SIPp: the call before used the same ports and SSRC, so this call's stream is a restart of its own. */
TEST(correlate_leg_names_a_stream_that_begins_as_a_restart)
{
	struct call4 *s = call4_new(600);
	struct made_solved *h;

	for (int i = 0; i < 4; i++)
		s->fwd[i].restart = 1;
	call4_signal(s);
	call4_media(s);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(h->calls[0].legs[i].n_streams, 2);
	es_correlate_free(s->c);
}

TEST(correlate_transcoding_has_no_loss_figure)
{
	struct call4 *s = call4_new(900);
	struct made_solved *h;

	for (int i = 2; i < 4; i++) {
		s->fwd[i].ssrc = 0x3333cccc;
		s->fwd[i].seq = 5;
		s->fwd[i].ts = 9;
	}
	call4_lose(s->fwd_seen, 3, 1, 10);
	call4_signal(s);
	call4_media(s);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1); /* the way back still joins the legs */
	CHECK_EQ(h->calls[0].n_legs, 4);
	CHECK_EQ(h->calls[0].directions[0].segments[0].lost, 0);
	CHECK_EQ(h->calls[0].directions[0].segments[1].has & ES_SEGMENT_HAS_LOST, 0);
	CHECK(h->calls[0].directions[0].segments[1].has & ES_SEGMENT_HAS_EXPECTED);
	CHECK_EQ(h->calls[0].directions[0].segments[2].lost, 1);
	CHECK_EQ(h->calls[0].verdict.state, ES_VERDICT_CLEAN);
	es_correlate_free(s->c);
}

TEST(correlate_an_open_stream_compares_what_both_ends_delivered)
{
	struct call4 *s = call4_new(1200);
	struct made_solved *h;

	for (int i = 0; i < 4; i++) {
		s->fwd[i].is_open = true;
		if (i > 0)
			s->fwd[i].n = 700; /* the newest blocks are still on their way */
	}
	call4_lose(s->fwd_seen, 1, 1, 100);
	call4_signal(s);
	call4_media(s);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].directions[0].segments[0].expected, 700);
	CHECK_EQ(h->calls[0].directions[0].segments[0].lost, 1);
	CHECK_EQ(h->calls[0].verdict.state, ES_VERDICT_CLEAN);
	es_correlate_free(s->c);
}

TEST(correlate_session_id_and_x_call_id_join_legs)
{
	static const char *const headers[2][2] = {
		{ "ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000",
		    "AB30317F1A784DC48FF824D0D3715D86;remote=47755a9de7794ba387653f2099600ef2" },
		{ NULL, NULL },
	};

	for (int way = 0; way < 2; way++) {
		struct es_correlate *c = made_correlate();
		struct made_solved *h;

		for (int p = 0; p < 2; p++) {
			struct es_record r;
			int v = es_correlate_vantage(
			    c, es_slice_str(p == 0 ? "ep" : "gw"), ES_ROLE_SBC);

			memset(&r, 0, sizeof(r));
			r.type = ES_REC_CALL;
			r.u.call.call_id = es_slice_str(p == 0 ? "one" : "two");
			r.u.call.session_id = es_slice_str(headers[way][p]);
			if (way == 1 && p == 1)
				r.u.call.x_call_id = es_slice_str("one");
			CHECK_EQ(es_correlate_add(c, v, &r), 0);
		}
		h = made_solve(c);
		CHECK_EQ(h->n, 1);
		CHECK_EQ(h->calls[0].n_legs, 2);
		CHECK_EQ(h->calls[0].n_joins, 1);
		CHECK_EQ(
		    h->calls[0].joins[0].reason, way == 0 ? ES_JOIN_SESSION_ID : ES_JOIN_X_CALL_ID);
		CHECK_EQ(h->calls[0].verdict.state, ES_VERDICT_UNKNOWN);
		CHECK(strstr(h->json[0], "\"directions\":[]") != NULL);
		es_correlate_free(c);
	}
}

TEST(correlate_limits_refuse_and_count)
{
	struct es_correlate_config cfg = { { 0 }, 1, 1, 1, 1, 1, 64 };
	struct es_correlate *c = NULL;
	struct es_record r;

	CHECK_EQ(es_correlate_new(&cfg, &c), 0);
	CHECK_EQ(es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT), 0);
	CHECK_EQ(es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_SBC), ES_EINVALID);
	CHECK_EQ(es_correlate_vantage(c, es_slice_str(""), ES_ROLE_SBC), ES_EINVALID);
	memset(&r, 0, sizeof(r));
	r.type = ES_REC_STREAM;
	CHECK_EQ(es_correlate_add(c, 0, &r), 0);
	r.u.stream.key.ssrc = 5;
	CHECK_EQ(es_correlate_add(c, 0, &r), ES_EFULL);
	CHECK_EQ(es_correlate_add(c, 1, &r), ES_EINVALID);
	CHECK_EQ(es_correlate_refused(c), 1);
	CHECK_EQ(es_correlate_add_host(c, es_slice_str("nobody"), &r), ES_EINVALID);
	es_correlate_free(c);
	es_correlate_free(NULL);
}

/* A load test that replays one recording: every call and both ways have the same packets. */
TEST(correlate_calls_that_replay_one_recording_are_distinguished)
{
	enum { CALLS = 8, PACKETS = 700 };
	static bool seen[CALLS][2][PACKETS];
	struct es_correlate *c = made_correlate();
	struct made_solved *h;
	uint64_t lost[2] = { 0, 0 }, state = 5;
	bool was_seen[4];
	int v[2];

	v[0] = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);
	v[1] = es_correlate_vantage(c, es_slice_str("gw"), ES_ROLE_GATEWAY);
	memset(seen, 1, sizeof(seen));
	for (int call = 0; call < CALLS; call++) {
		for (int way = 0; way < 2; way++) {
			for (int i = 0; i < 9; i++)
				seen[call][way][1 + test_random(&state) % (PACKETS - 2)] = false;
		}
	}
	for (int call = 0; call < CALLS; call++) {
		for (int p = 0; p < 2; p++) {
			struct made_stream f = { 0 };
			struct made_stream r;

			f.c = c;
			f.vantage = v[p];
			f.ssrc = 0xca110000;
			f.src =
			    made_addr(p == 0 ? "10.0.0.1" : "10.1.0.9", (uint16_t)(4000 + call));
			f.dst =
			    made_addr(p == 0 ? "10.0.0.9" : "10.1.0.2", (uint16_t)(4000 + call));
			f.ts = 1000;
			f.at_ms = 100 * call + (p == 1 ? 5000 : 0) + p;
			f.n = PACKETS;
			r = f;
			r.src = f.dst;
			r.dst = f.src;
			r.at_ms -= 2 * p;
			/* what is lost before either point is missing at both; 4 more on the way */
			for (uint32_t i = 0; i < 4; i++) {
				uint32_t n = i * 60 + 5 + (uint32_t)call;

				if (p == 0)
					was_seen[i] = seen[call][1][n];
				seen[call][1][n] = p == 0 ? false : was_seen[i];
				if (p == 1)
					seen[call][0][i * 50 + 3 + (uint32_t)call] = false;
			}
			f.seen = seen[call][0];
			r.seen = seen[call][1];
			made_stream_add(&f);
			made_stream_add(&r);
		}
	}
	h = made_solve(c);
	CHECK_EQ(h->n, CALLS);
	for (int call = 0; call < CALLS; call++) {
		CHECK_EQ(h->calls[call].n_legs, 2);
		CHECK_EQ(h->calls[call].n_directions, 2);
		for (int way = 0; way < 2; way++) {
			const struct es_segment *s = &h->calls[call].directions[way].segments[0];

			CHECK(s->lost <= 4);
			CHECK_EQ(s->unseen_upstream, 0);
			lost[way] += s->lost;
		}
	}
	CHECK(lost[0] > 3 * CALLS && lost[1] > 3 * CALLS);
	es_correlate_free(c);
}

/* Short announcements, one after the other: the next one's numbers stand close behind, as copies. */
TEST(correlate_short_calls_that_replay_one_recording_are_distinguished)
{
	static const char *const ids[] = { "one@h", "two@h", "three@h" };
	struct es_correlate *c = made_correlate();
	struct made_solved *h;
	int v[2];

	v[0] = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);
	v[1] = es_correlate_vantage(c, es_slice_str("gw"), ES_ROLE_GATEWAY);
	for (int call = 0; call < 3; call++) {
		for (int p = 0; p < 2; p++) {
			struct made_stream f = { 0 };

			f.c = c;
			f.vantage = v[p];
			f.ssrc = 0xca110000;
			f.src = made_addr("10.0.0.1", (uint16_t)(4000 + 2 * call));
			f.dst = made_addr("10.0.0.9", (uint16_t)(4000 + 2 * call));
			f.ts = 1000;
			f.at_ms = 3000 * call;
			f.n = 40;
			f.call_id = ids[call];
			made_stream_add(&f);
		}
	}
	h = made_solve(c);
	CHECK_EQ(h->n, 3);
	for (int call = 0; call < 3; call++) {
		CHECK_EQ(h->calls[call].n_legs, 2);
		CHECK_EQ(h->calls[call].directions[0].segments[0].expected, 40);
	}
	es_correlate_free(c);
}
