/* SPDX-License-Identifier: Apache-2.0 */
/* A batch client with a limit of bytes a second: in order, on time, nothing lost. */
#include "tests/unit/batch_peer.h"

enum { RECORDS = 500, RATE = 1000, PIECE = 1000 /* more than the largest frame here */ };

/* Takes and acknowledges what has come; how much may have come by then. */
static uint64_t
take_all(struct peer *p, int64_t begun_ms, uint64_t last)
{
	if (p->n_wire > (size_t)((p->now_ms - begun_ms) * RATE / 1000) + RATE + PIECE)
		test_fail(__FILE__, __LINE__, "%zu bytes were sent", p->n_wire);
	while (open_batch(p)) {
		if (p->env.u.batch.first_seq != last + 1)
			test_fail(__FILE__, __LINE__, "the spool's order is broken");
		last = p->opened_seq;
		ack(p, last);
	}
	return last;
}

/* A clock that moves to whatever is due next; what was sent by then is within the limit, all the way. */
TEST(batch_client_keeps_its_limit_and_loses_nothing)
{
	struct peer *p = peer_new(0);
	uint64_t last = 0;
	int64_t begun_ms = p->now_ms;
	unsigned held = 0;

	es_batch_client_limit(p->up, RATE, p->now_ms);
	CHECK(greet(p));
	welcome(p, 0, 4);
	for (int i = 0; i < RECORDS / 10; i++) {
		append(p, 10);
		es_batch_client_pump(p->up, p->now_ms);
		last = take_all(p, begun_ms, last);
		if (!es_batch_client_stats(p->up).is_held)
			continue;
		held++;
		CHECK(es_batch_client_next_ms(p->up) > p->now_ms);
		p->now_ms = es_batch_client_next_ms(p->up);
		es_batch_client_tick(p->up, p->now_ms);
		last = take_all(p, begun_ms, last);
	}
	while (es_batch_client_stats(p->up).is_held) {
		p->now_ms = es_batch_client_next_ms(p->up);
		es_batch_client_tick(p->up, p->now_ms);
		last = take_all(p, begun_ms, last);
	}
	CHECK_EQ(last, RECORDS);
	CHECK(es_batch_client_is_drained(p->up));
	CHECK(held > 3);
	CHECK_EQ(es_batch_client_next_ms(p->up), INT64_MAX);
	for (int i = 1; i <= RECORDS; i++)
		CHECK_EQ(p->seen[i], 1);
	peer_free(p);
}
