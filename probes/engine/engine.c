/* SPDX-License-Identifier: Apache-2.0 */
/* Making an engine, moving its time, ending it. */
#include "earshot/engine.h"

#include "probes/call/srtp_keys.h"
#include "probes/engine/engine_private.h"
#include "probes/engine/hep_input.h"
#include "probes/engine/packet.h"
#include "probes/media/dropped.h"
#include "probes/media/srtp_check.h"
#include "probes/stream/pauses.h"
#include "probes/stream/restart.h"
#include "probes/stream/side.h"

#include <stdlib.h>

static void
on_tcp_message(void *ctx, enum es_transport transport, const struct es_addr *src,
    const struct es_addr *dst, es_slice message, uint32_t wire_bytes, es_time at)
{
	if (transport == ES_TRANSPORT_HEP)
		(void)es_engine_hep(ctx, message, wire_bytes, at); /* a bad one is counted */
	else if (transport == ES_TRANSPORT_UDP)
		es_engine_streamed(ctx, src, dst, message, wire_bytes, at);
	else
		es_engine_sip(ctx, transport, src, dst, message, wire_bytes, at);
}

/* What the capture missed of a connection is no loss of the media in it. */
static void
on_tcp_hole(void *ctx, const struct es_addr *src, const struct es_addr *dst)
{
	struct es_engine *e = ctx;

	es_dropped_hole(&e->streams, src, dst);
}

static uint32_t
or_default(uint32_t limit, uint32_t otherwise)
{
	return limit != 0 ? limit : otherwise;
}

static void
configure(struct es_engine *e, const struct es_config *cfg, const struct es_sink *sink)
{
	e->c.sink = *sink;
	e->c.vantage = cfg->vantage;
	e->c.keys = cfg->keys;
	e->c.key = es_hash_key_of(cfg->hash_key);
	e->c.clock = es_time_of_ns(INT64_MIN);
	e->ticked = e->c.clock;
	e->c.next_serial = 1;
	e->c.credit = ES_JUMP_CREDIT;
	e->c.credit_at = e->c.clock;
	e->c.receiver_ms = cfg->receiver == ES_RECEIVER_FIXED ? cfg->receiver_ms : 0;
	e->c.is_receiver_set = cfg->receiver != ES_RECEIVER_LEARNED;
	for (uint32_t i = 0; i < cfg->n_local; i++)
		e->c.local[e->c.n_local++] = cfg->local[i];
	e->dialogs.c = &e->c;
	e->streams.c = &e->c;
	e->streams.media = &e->media;
	e->streams.dialogs = &e->dialogs;
	e->streams.ice = &e->ice;
	e->streams.refuse = cfg->may_shed ? es_refused_packet : NULL;
	e->streams.refuse_ctx = &e->refused;
	e->refused.streams = &e->streams;
	e->ice.c = &e->c;
	e->ice.media = &e->media;
	e->ice.dialogs = &e->dialogs;
	e->signalling.ice = &e->ice;
	e->key_header = cfg->key_header;
	e->signalling.c = &e->c;
	e->signalling.sip = cfg->sip;
	e->signalling.dialogs = &e->dialogs;
	e->signalling.media = &e->media;
	e->signalling.streams = &e->streams;
	e->fragments.c = &e->c;
	e->tcp.c = &e->c;
	e->tcp.opener = cfg->tls;
	e->tcp.message = on_tcp_message;
	e->tcp.hole = on_tcp_hole;
	e->tcp.ctx = e;
}

static int
reserve(struct es_engine *e, const struct es_config *cfg)
{
	uint32_t streams = or_default(cfg->max_streams, ES_STREAMS_DEFAULT);
	uint32_t calls = or_default(cfg->max_calls, ES_CALLS_DEFAULT);
	uint32_t registrations = or_default(cfg->max_registrations, ES_REGISTRATIONS_DEFAULT);
	int err;

	if (streams > UINT32_MAX / 4 || calls > UINT32_MAX / 4 || registrations > UINT32_MAX / 4)
		return ES_EINVALID;
	e->sdp = calloc(1, sizeof(*e->sdp));
	e->signalling.sdp = e->sdp;
	err = e->sdp != NULL ? es_heap_new(&e->c.heap, streams + calls + registrations) : ES_ENOMEM;
	if (err == 0)
		err = es_media_table_new(
		    &e->media, or_default(cfg->max_expected, ES_EXPECTED_DEFAULT));
	if (err == 0)
		err = es_dialogs_new(&e->dialogs, calls);
	if (err == 0)
		err = es_signalling_new(&e->signalling, calls, registrations,
		    or_default(cfg->max_recent, ES_RECENT_DEFAULT));
	if (err == 0)
		err = es_repeats_new(&e->repeats, or_default(cfg->max_recent, ES_RECENT_DEFAULT));
	if (err == 0)
		err = es_srtcp_seen_new(&e->srtcp_seen);
	if (err == 0)
		err = es_streams_new(&e->streams, streams);
	if (err == 0 && cfg->may_shed)
		err = es_refused_new(&e->refused, streams);
	if (err == 0)
		err = es_side_new(&e->c, streams);
	if (err == 0)
		err = es_places_new(
		    &e->c.bands, streams, ES_OPINION_MORE * sizeof(struct es_opinion_band));
	if (err == 0 && cfg->use_payload)
		err = es_places_new(&e->c.repairs, streams, ES_WINDOW_SEQS / 8);
	if (err == 0 && cfg->use_payload)
		err = es_places_new(&e->c.pauses, streams, sizeof(struct es_pauses));
	if (err == 0 && cfg->keys.srtp != NULL)
		err = es_pool_new(&e->c.checks, streams, sizeof(struct es_srtp_check));
	if (err == 0)
		err = es_ices_new(&e->ice, or_default(cfg->max_expected, ES_EXPECTED_DEFAULT));
	if (err == 0)
		err = es_tcps_new(&e->tcp, or_default(cfg->max_tcp, ES_TCP_DEFAULT));
	if (err == 0)
		err = es_fragments_new(
		    &e->fragments, or_default(cfg->max_fragments, ES_FRAGMENTS_DEFAULT));
	return err;
}

int
es_engine_new(const struct es_config *cfg, const struct es_sink *sink, struct es_engine **out)
{
	struct es_engine *e;
	int err;

	if (sink == NULL || sink->record == NULL || cfg->n_local > ES_LOCAL_MAX)
		return ES_EINVALID;
	if (cfg->receiver == ES_RECEIVER_FIXED && cfg->receiver_ms == 0)
		return ES_EINVALID;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return ES_ENOMEM;
	configure(e, cfg, sink);
	err = reserve(e, cfg);
	if (err != 0) {
		es_engine_free(e);
		return err;
	}
	*out = e;
	return 0;
}

void
es_engine_free(struct es_engine *e)
{
	if (e == NULL)
		return;
	es_tcps_free(&e->tcp);
	es_fragments_free(&e->fragments);
	es_repeats_free(&e->repeats);
	es_srtcp_seen_free(&e->srtcp_seen);
	es_refused_free(&e->refused);
	es_streams_free(&e->streams);
	es_ices_free(&e->ice);
	es_signalling_free(&e->signalling);
	es_side_free(&e->c);
	es_places_free(&e->c.bands);
	es_places_free(&e->c.repairs);
	es_places_free(&e->c.pauses);
	es_pool_free(&e->c.checks);
	es_dialogs_free(&e->dialogs);
	es_srtp_keys_forget_all(&e->c, &e->media);
	es_media_table_free(&e->media);
	es_heap_free(&e->c.heap);
	free(e->sdp);
	free(e);
}

static void
fire(struct es_engine *e)
{
	struct es_deadline d;

	(void)es_heap_pop(&e->c.heap, &d); /* one is due: the caller looked */
	e->c.clock = es_time_max(e->c.clock, d.due);
	if (d.type == ES_DUE_STREAM)
		es_streams_due(&e->streams, d.handle, d.due);
	else if (d.type == ES_DUE_CALL)
		es_signalling_due(&e->signalling, d.handle, d.due);
	else
		es_registrations_due(&e->signalling.registrations, d.handle, d.due);
}

void
es_engine_move(struct es_engine *e, es_time now)
{
	if (now.ns <= e->c.clock.ns)
		return;
	while (es_heap_is_due(&e->c.heap, now))
		fire(e);
	e->c.clock = now;
}

void
es_engine_advance(struct es_engine *e, es_time now)
{
	e->ticked = es_time_max(e->ticked, now);
	es_engine_move(e, now);
}

static void
lower_coverage(struct es_engine *e, uint32_t flags)
{
	struct es_coverage coverage = { .flags = flags };
	es_time now = e->c.clock;

	es_dropped_between(&e->streams, now, now, &coverage);
	es_signalling_dropped(&e->signalling, now, now, &coverage);
}

void
es_engine_cut(struct es_engine *e)
{
	lower_coverage(e, ES_COV_CUT);
}

void
es_engine_clock_stepped(struct es_engine *e)
{
	lower_coverage(e, ES_COV_CLOCK);
}

/* From now on the deadlines are the start times of open objects, so that they end in order of their start. */
static void
sort_open(struct es_engine *e)
{
	struct es_heap *h = &e->c.heap;
	const struct es_pool *p = &e->streams.pool;

	for (uint32_t i = es_pool_next(p, 0); i != ES_POOL_NONE; i = es_pool_next(p, i + 1)) {
		const struct es_stream_state *s = es_stream_at(&e->streams, i);

		es_heap_move(h, s->id.deadline, s->record.start);
	}
	p = &e->dialogs.pool;
	for (uint32_t i = es_pool_next(p, 0); i != ES_POOL_NONE; i = es_pool_next(p, i + 1)) {
		const struct es_dialog *d = es_dialog_at(&e->dialogs, i);

		es_heap_move(h, d->deadline, d->start);
	}
	p = &e->signalling.registrations.pool;
	for (uint32_t i = es_pool_next(p, 0); i != ES_POOL_NONE; i = es_pool_next(p, i + 1)) {
		const struct es_binding *b = es_binding_at(&e->signalling.registrations, i);

		es_heap_move(h, b->deadline, b->start);
	}
}

void
es_engine_flush(struct es_engine *e)
{
	struct es_deadline d;
	uint32_t i;

	es_tcps_flush(&e->tcp, e->c.clock);
	es_srtcp_seen_flush(&e->srtcp_seen, &e->c);
	sort_open(e);
	while (es_heap_pop(&e->c.heap, &d)) {
		if (d.type == ES_DUE_STREAM)
			es_streams_flush(&e->streams, d.handle, e->c.clock);
		else if (d.type == ES_DUE_CALL)
			es_signalling_flush(&e->signalling, d.handle, e->c.clock);
		else
			es_registrations_flush(&e->signalling.registrations, d.handle, e->c.clock);
	}
	while ((i = es_pool_next(&e->streams.pool, 0)) != ES_POOL_NONE)
		es_streams_forget(&e->streams, i);
	while ((i = es_pool_next(&e->dialogs.pool, 0)) != ES_POOL_NONE)
		es_signalling_forget(&e->signalling, i);
	while ((i = es_pool_next(&e->signalling.registrations.pool, 0)) != ES_POOL_NONE)
		es_registrations_forget(&e->signalling.registrations, i);
}

void
es_engine_dropped(struct es_engine *e, es_time from, es_time to, uint64_t n)
{
	struct es_coverage coverage = { .flags = ES_COV_DROPS };

	coverage.dropped = n;
	e->c.count[ES_CNT_CAPTURE_DROPPED] += n;
	es_dropped_between(&e->streams, from, to, &coverage);
	es_signalling_dropped(&e->signalling, from, to, &coverage);
}

void
es_engine_stood_still(struct es_engine *e, es_time from, es_time to)
{
	int64_t ms = es_time_diff(to, from) / ES_NS_PER_MS;
	struct es_coverage coverage = { .flags = ES_COV_GAP };

	coverage.gap_ms = ms < 0 ? 0 : ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
	es_dropped_between(&e->streams, from, to, &coverage);
	es_signalling_dropped(&e->signalling, from, to, &coverage);
}

void
es_engine_shed(struct es_engine *e, enum es_shed what, uint32_t refused_ppm)
{
	static const struct es_coverage sip = { .flags = ES_COV_SHED_SIP };

	if (what >= ES_SHED_SIP && e->shed < ES_SHED_SIP)
		es_registrations_dropped(&e->signalling.registrations, &sip);
	e->shed = what;
	e->refused.refused_ppm = what == ES_SHED_RTP ? refused_ppm : 0;
}

uint64_t
es_engine_memory_bytes(const struct es_engine *e)
{
	const struct es_pool *const pools[] = { &e->streams.pool, &e->streams.flows,
		&e->refused.pool, &e->c.payloads.pool, &e->c.rare.pool, &e->c.damages.pool,
		&e->c.senders.pool, &e->c.repairs.pool, &e->c.pauses.pool, &e->c.bands.pool,
		&e->c.checks, &e->dialogs.pool, &e->media.pool, &e->media.terms,
		&e->signalling.offers, &e->signalling.registrations.pool };
	uint64_t n = 0;

	for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++)
		n += (uint64_t)pools[i]->n_used * pools[i]->item_bytes;
	return n;
}

uint64_t
es_engine_counter(const struct es_engine *e, enum es_counter counter)
{
	return (unsigned)counter < ES_CNT_END ? e->c.count[counter] : 0;
}

uint32_t
es_engine_sip_counts(const struct es_engine *e, struct es_sip_count *out, uint32_t cap)
{
	return es_sip_counts_list(&e->signalling.counts, out, cap);
}

uint32_t
es_engine_unknowns(const struct es_engine *e, struct es_unknown *out, uint32_t cap)
{
	return es_unknowns_list(&e->unknowns, out, cap);
}

bool
es_engine_is_held(const struct es_engine *e, es_slice call_id)
{
	return es_dialogs_is_held(&e->dialogs, call_id);
}

uint32_t
es_engine_calls_up(const struct es_engine *e)
{
	/* Two streams without signalling make one call without signalling. */
	return e->dialogs.n_up + (e->streams.n_orphans + 1) / 2;
}

/* What the engine itself counts; the process that runs it counts the rest. */
static bool
is_ours(unsigned counter)
{
	static const bool exists[ES_CNT_END] = {
#define X(name, json, number) [number] = true,
		ES_COUNTERS(X)
#undef X
	};

	switch (counter) {
	case ES_CNT_CPU_US:
	case ES_CNT_RSS_BYTES:
	case ES_CNT_SPOOL_BYTES:
	case ES_CNT_SPOOL_RECORDS:
	case ES_CNT_HOP_DROPPED:
	case ES_CNT_PARSER_CRASHES:
	case ES_CNT_SHED_LEVEL:
	case ES_CNT_PAYLOAD_READ:
	case ES_CNT_KEYS_USED:
	case ES_CNT_SANDBOX:
		return false;
	default:
		return exists[counter];
	}
}

void
es_engine_health(struct es_engine *e, es_time at)
{
	struct es_coverage coverage = { 0 };
	struct es_counter_value values[ES_CNT_END];
	struct es_sip_count sip[ES_HEALTH_SIP_MAX];
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.u.health.time = at;
	rec.u.health.values = values;
	for (unsigned i = 0; i < ES_CNT_END; i++) {
		if (!is_ours(i))
			continue;
		values[rec.u.health.n_values].counter = (uint16_t)i;
		values[rec.u.health.n_values++].value = e->c.count[i];
	}
	rec.u.health.unknowns = e->unknowns.rows;
	rec.u.health.n_unknowns = e->unknowns.n;
	rec.u.health.sip = sip;
	rec.u.health.n_sip = es_engine_sip_counts(e, sip, ES_HEALTH_SIP_MAX);
	rec.type = ES_REC_HEALTH;
	rec.at = at;
	if (es_counters_say_cut(e->c.count))
		coverage.flags |= ES_COV_CUT;
	rec.coverage = coverage;
	e->c.sink.record(e->c.sink.ctx, &rec);
	es_unknowns_reported(&e->unknowns);
}
