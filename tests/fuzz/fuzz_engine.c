/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of packets into a whole engine with small pools. Input: steps of
 * {what: 1, milliseconds: 2, length: 2, bytes}; what decides link type, interface and extra calls.
 */
#include "earshot/engine.h"
#include "fuzz.h"
#include "probes/base/cursor.h"

static void
check_interval(const struct es_interval *i)
{
	uint64_t lost = 0;
	uint64_t next = i->first_seq;

	MUST(i->first_seq <= i->last_seq && i->block == i->first_seq / ES_BLOCK_SEQS);
	MUST(i->last_seq / ES_BLOCK_SEQS == i->block);
	MUST(i->expected == i->last_seq - i->first_seq + 1);
	MUST(i->expected == i->received + i->lost && i->late <= i->received);
	for (uint32_t k = 0; k < i->n_missing; k++) {
		MUST(i->missing[k].seq >= next && i->missing[k].run > 0);
		next = i->missing[k].seq + i->missing[k].run;
		lost += i->missing[k].run;
	}
	MUST(next <= i->last_seq + 1 && lost == i->lost);
}

static void
on_record(void *ctx, const struct es_record *r)
{
	uint64_t *n = ctx;

	(*n)++;
	if (r->type == ES_REC_INTERVAL)
		check_interval(&r->u.interval);
	if (r->type == ES_REC_STREAM) {
		const struct es_stream *s = &r->u.stream;

		MUST(s->lost <= s->expected && s->packets >= s->expected - s->lost);
		MUST(s->expected == s->last_seq - s->first_seq + 1);
		if ((s->has & ES_STREAM_HAS_QUALITY) != 0)
			MUST(s->mos_lq_milli >= 1000 && s->mos_lq_milli <= 4500);
		MUST((s->has & ES_STREAM_HAS_PAUSES) == 0 || s->quiet_packets <= s->packets);
	}
	if (r->type == ES_REC_CALL)
		MUST(r->u.call.n_streams <= ES_CALL_STREAMS_MAX);
}

static void
step(struct es_engine *e, struct es_cur *c, es_time *now)
{
	static const uint16_t links[] = { ES_LINK_ETHERNET, ES_LINK_IPV4, ES_LINK_SLL, ES_LINK_SLL2,
		ES_LINK_RAW, ES_LINK_NULL, ES_LINK_IPV6, 9 };
	uint8_t what = es_cur_u8(c);
	int16_t ms = (int16_t)es_cur_be16(c);
	uint16_t n = es_cur_be16(c);
	struct es_packet p;

	/* Mostly forward; a packet may also be late. */
	*now = es_time_add(*now, ms * ES_NS_PER_MS);
	if ((what & 0xe0) == 0xe0)
		es_engine_advance(e, *now);
	if ((what & 0xe0) == 0xc0)
		es_engine_dropped(e, es_time_add(*now, -ES_NS_PER_S), *now, 3);
	if (n > es_cur_left(c))
		n = (uint16_t)es_cur_left(c);
	p.ts = *now;
	p.cap_bytes = n;
	p.wire_bytes = n + ((what & 0x10) != 0 ? 100u : 0u);
	p.data = es_cur_take(c, n);
	p.link = links[what & 7];
	p.iface = what >> 3 & 1;
	es_engine_packet(e, &p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct es_cur c = es_cur_of(es_slice_of(bytes, n));
	struct es_config cfg = { .max_streams = 6,
		.max_calls = 3,
		.max_expected = 4,
		.use_payload = n % 2 != 0, /* either way is tried */
		.max_tcp = 2,
		.max_registrations = 4,
		.max_fragments = 2,
		.max_recent = 16 };
	es_time now = es_time_of_ns(INT64_C(1767225600) * ES_NS_PER_S);
	uint64_t records = 0;
	struct es_sink sink = { on_record, &records };
	struct es_engine *e;

	MUST(es_engine_new(&cfg, &sink, &e) == 0);
	while (es_cur_left(&c) >= 5)
		step(e, &c, &now);
	es_engine_health(e, now);
	es_engine_flush(e);
	MUST(es_engine_calls_up(e) == 0);
	es_engine_free(e);
	return 0;
}
