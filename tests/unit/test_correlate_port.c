/* SPDX-License-Identifier: Apache-2.0 */
/* Streams without an opposite one, and whose port they come to. */
#include "tests/unit/made_records.h"

enum { N = 600, PORT = 5000 };

static struct es_correlate *c;
static int epb;

static void
begin(void)
{
	c = made_correlate();
	epb = es_correlate_vantage(c, es_slice_str("epb"), ES_ROLE_ENDPOINT);
}

/* A stream between the port and a peer. */
static struct made_stream
stream(const char *peer, bool is_to_port, uint32_t ssrc)
{
	struct made_stream h;

	memset(&h, 0, sizeof(h));
	h.c = c;
	h.vantage = epb;
	h.ssrc = ssrc;
	h.src = is_to_port ? made_addr(peer, 10000) : made_addr("192.0.2.10", PORT);
	h.dst = is_to_port ? made_addr("192.0.2.10", PORT) : made_addr(peer, 10000);
	h.seq = (uint16_t)(ssrc * 1000);
	h.ts = ssrc * 77777;
	h.n = N;
	h.call_id = "";
	h.ttl = 60;
	return h;
}

static void
talk(const char *peer, uint32_t ssrc)
{
	struct made_stream in = stream(peer, true, ssrc), out = stream(peer, false, ssrc + 1);

	made_stream_add(&in);
	made_stream_add(&out);
}

/* A stream to the port, from elsewhere. */
static void
come(int64_t at_ms, const char *call_id)
{
	struct made_stream h = stream("198.51.100.7", true, 9);

	h.at_ms = at_ms;
	h.call_id = call_id;
	made_stream_add(&h);
}

static void
is_calls(uint32_t n)
{
	CHECK_EQ(made_solve(c)->n, n);
	es_correlate_free(c);
}

TEST(correlate_stream_without_an_opposite_is_of_the_call_on_its_port)
{
	begin();
	talk("203.0.113.5", 1);
	come(0, "");
	is_calls(1);
	begin();
	talk("203.0.113.5", 1);
	come(N * MADE_PTIME_MS / 2 - 100, "");
	is_calls(1);
}

TEST(correlate_stream_to_a_port_whose_call_is_over_is_a_call_of_its_own)
{
	begin();
	talk("203.0.113.5", 1);
	come(N * MADE_PTIME_MS / 2 + 100, "");
	is_calls(2);
	begin();
	talk("203.0.113.5", 1);
	come(N * MADE_PTIME_MS + 1000, "");
	is_calls(2);
}

/* A mixer has one port for all: whose stream it is, is unknown. */
TEST(correlate_stream_to_a_port_of_several_calls_is_a_call_of_its_own)
{
	begin();
	talk("203.0.113.5", 1);
	talk("203.0.113.6", 3);
	come(0, "");
	is_calls(3);
}

TEST(correlate_stream_of_another_dialog_is_not_of_the_call_on_its_port)
{
	begin();
	talk("203.0.113.5", 1);
	come(0, "a@x");
	is_calls(2);
}

/* Both are answered: two calls of one port. */
TEST(correlate_streams_that_are_answered_are_not_joined_by_their_port)
{
	begin();
	talk("203.0.113.5", 1);
	talk("203.0.113.6", 3);
	is_calls(2);
}

/* Of a port that sent very many streams not all are looked at: then it is unknown. */
TEST(correlate_stream_to_a_port_of_very_many_streams_is_a_call_of_its_own)
{
	static const uint32_t others[] = { 63, 64 }, calls[] = { 64, 66 };
	const struct es_correlate_config cfg = { { 1 }, 256, 2048, 8192, 64, 512, 16384 };

	for (uint32_t k = 0; k < 2; k++) {
		CHECK_EQ(es_correlate_new(&cfg, &c), 0);
		epb = es_correlate_vantage(c, es_slice_str("epb"), ES_ROLE_ENDPOINT);
		talk("203.0.113.5", 1);
		for (uint32_t i = 0; i < others[k]; i++) {
			struct made_stream h = stream("203.0.113.9", false, 100 + i);

			h.n = 20;
			h.at_ms = 100000;
			h.dst.port = (uint16_t)(20000 + 2 * i);
			made_stream_add(&h);
		}
		come(0, "");
		is_calls(calls[k]);
	}
}
