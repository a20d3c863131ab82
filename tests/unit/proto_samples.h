/* SPDX-License-Identifier: Apache-2.0 */
/* Random but canonical records of every type for the proto tests, and a deep comparison. */
#ifndef TESTS_PROTO_SAMPLES_H
#define TESTS_PROTO_SAMPLES_H

#include "harness.h"
#include "proto/decode.h"
#include "proto/encode.h"
#include "proto/fields.h"

enum { SAMPLE_ALLOC = ES_ALLOC_BYTES };

static const enum es_record_type sample_types[] = { ES_REC_INTERVAL, ES_REC_STREAM, ES_REC_CALL,
	ES_REC_REGISTRATION, ES_REC_REPORTED, ES_REC_HOST, ES_REC_CHANGE, ES_REC_HEALTH,
	ES_REC_LOSS };
enum { SAMPLE_TYPES = sizeof(sample_types) / sizeof(sample_types[0]) };

/* Room for what a record points to. */
struct sample {
	struct es_record rec;
	struct es_vantage vantage;
	struct es_missing missing[ES_FIELD_RUNS_MAX];
	es_slice codecs[ES_CALL_CODECS_MAX];
	struct es_addr media[2][ES_CALL_MEDIA_MAX];
	struct es_call_stream streams[ES_CALL_STREAMS_MAX];
	struct es_signal_value signals[ES_FIELD_VALUES_MAX];
	struct es_counter_value counters[ES_FIELD_VALUES_MAX];
	uint16_t statuses[ES_CALL_STATUSES_MAX];
	struct es_reported_value metrics[ES_RM_END];
	struct es_sip_count sip[ES_HEALTH_SIP_MAX];
	struct es_unknown unknowns[ES_HEALTH_UNKNOWNS_MAX];
};

static inline uint64_t
sample_u64(uint64_t *rnd)
{
	uint64_t v =
	    (uint64_t)test_random(rnd) << 33 ^ (uint64_t)test_random(rnd) << 16 ^ test_random(rnd);

	return v >> test_random(rnd) % 64; /* all magnitudes alike */
}

static inline uint64_t
sample_below(uint64_t *rnd, uint64_t max)
{
	return max == UINT64_MAX ? sample_u64(rnd) : sample_u64(rnd) % (max + 1);
}

static inline es_time
sample_time(uint64_t *rnd)
{
	return es_time_of_ns(INT64_C(1767225600) * ES_NS_PER_S + (int64_t)(sample_u64(rnd) >> 16));
}

static inline es_slice
sample_text(uint64_t *rnd)
{
	static const char *const words[] = { "", "PCMU", "opus", "abc@host.example", "wlan0",
		"es-nb/1", "\x01\xff\x80 not UTF-8", "n1-cc49-0123456789abcdef01234567@10.0.0.1" };

	return es_slice_str(words[test_random(rnd) % 8]);
}

static inline struct es_addr
sample_addr(uint64_t *rnd)
{
	struct es_addr a;

	memset(&a, 0, sizeof(a));
	switch (test_random(rnd) % 3) {
	case 0:
		a.family = 4;
		break;
	case 1:
		a.family = 6;
		break;
	default:
		return a;
	}
	for (int i = 0; i < (a.family == 4 ? 4 : 16); i++)
		a.ip[i] = (uint8_t)test_random(rnd);
	a.port = (uint16_t)test_random(rnd);
	return a;
}

static inline void
sample_key(uint64_t *rnd, struct es_stream_key *k)
{
	k->src = sample_addr(rnd);
	k->dst = sample_addr(rnd);
	k->ssrc = test_random(rnd) << 1;
	k->restart = test_random(rnd) % 3;
}

/* Every row of fields.h that the HAS bits allow. */
#define FILL(kind, ...) ES_ROW_##kind(FILL_, __VA_ARGS__)
#define FILL_U(field, name, type, bit, max, key, form) \
	if ((bit) == 0 || (has & (bit)) != 0)          \
		r->name = (type)sample_below(rnd, (uint64_t)(max));
#define FILL_E(field, name, type, bit, max, other, key, form) \
	FILL_U(field, name, type, bit, max, key, form)
#define FILL_S(field, name, type, bit, min, max, key, form) \
	if ((has & (bit)) != 0)                             \
		r->name = (type)((min) +                    \
				 (int64_t)sample_below(rnd, (uint64_t)((int64_t)(max) - (min))));
#define FILL_T(name, bit, key, form)          \
	if ((bit) == 0 || (has & (bit)) != 0) \
		r->name = sample_text(rnd);
#define FILL_TIME(name, key) r->name = sample_time(rnd);
#define FILL_ADDR(name, key) r->name = sample_addr(rnd);
#define FILL_LAYOUT(...)

/* The HAS bits that the rows of a record use. */
#define BIT(kind, ...) ES_ROW_##kind(BIT_, __VA_ARGS__)
#define BIT_U(field, name, type, bit, ...) | (bit)
#define BIT_E(field, name, type, bit, ...) | (bit)
#define BIT_S(field, name, type, bit, ...) | (bit)
#define BIT_T(name, bit, ...) | (bit)
#define BIT_TIME(...)
#define BIT_ADDR(...)
#define BIT_LAYOUT(...)

static inline void
sample_interval(uint64_t *rnd, uint32_t has, struct sample *s, uint64_t first_seq)
{
	struct es_interval *r = &s->rec.u.interval;
	uint64_t at;

	r->has = has &= 0 ES_INTERVAL_FIELDS(BIT);
	ES_INTERVAL_FIELDS(FILL)
	sample_key(rnd, &r->stream);
	r->first_seq = at = first_seq;
	r->block = first_seq / ES_BLOCK_SEQS;
	r->last_seq = first_seq + test_random(rnd) % ES_BLOCK_SEQS;
	r->missing = s->missing;
	while (r->n_missing < ES_FIELD_RUNS_MAX) {
		struct es_missing *run = &s->missing[r->n_missing];

		memset(run, 0, sizeof(*run));
		run->seq = at + test_random(rnd) % 20;
		run->run = 1 + test_random(rnd) % 3;
		if (run->seq + run->run - 1 > r->last_seq || test_random(rnd) % 16 == 0)
			break;
		at = run->seq + run->run;
		r->n_missing++;
	}
	if (r->n_missing == 0)
		r->missing = NULL;
}

static inline void
sample_stream(uint64_t *rnd, uint32_t has, struct sample *s)
{
	struct es_stream *r = &s->rec.u.stream;

	r->has = has &= ES_STREAM_HAS_LOSS_RUNS ES_STREAM_FIELDS(BIT);
	ES_STREAM_FIELDS(FILL)
	sample_key(rnd, &r->key);
	r->n_other_call_ids = test_random(rnd) % (ES_STREAM_OTHERS_MAX + 1);
	for (uint32_t i = 0; i < r->n_other_call_ids; i++)
		r->other_call_ids[i] = sample_text(rnd);
	for (int i = 0; i < ES_LOSS_RUN_BINS && (r->has & ES_STREAM_HAS_LOSS_RUNS) != 0; i++)
		r->loss_run[i] = (uint32_t)sample_below(rnd, UINT32_MAX);
}

static inline void
sample_call(uint64_t *rnd, uint32_t has, struct sample *s)
{
	struct es_call *r = &s->rec.u.call;

	r->has = has &= ES_CALL_HAS_BEGUN ES_CALL_FIELDS(BIT);
	ES_CALL_FIELDS(FILL)
	if ((r->has & ES_CALL_HAS_BEGUN) != 0)
		r->begun = sample_time(rnd);
	r->n_codecs = test_random(rnd) % (ES_CALL_CODECS_MAX + 1);
	r->n_caller_media = test_random(rnd) % (ES_CALL_MEDIA_MAX + 1);
	r->n_callee_media = test_random(rnd) % (ES_CALL_MEDIA_MAX + 1);
	r->n_streams = test_random(rnd) % (ES_CALL_STREAMS_MAX + 1);
	r->n_statuses = test_random(rnd) % (ES_CALL_STATUSES_MAX + 1);
	for (uint32_t i = 0; i < r->n_codecs; i++)
		s->codecs[i] = sample_text(rnd);
	for (uint32_t i = 0; i < r->n_caller_media; i++)
		s->media[0][i] = sample_addr(rnd);
	for (uint32_t i = 0; i < r->n_callee_media; i++)
		s->media[1][i] = sample_addr(rnd);
	for (uint32_t i = 0; i < r->n_streams; i++) {
		s->streams[i].ssrc = test_random(rnd);
		s->streams[i].src = sample_addr(rnd);
		s->streams[i].dst = sample_addr(rnd);
	}
	for (uint32_t i = 0; i < r->n_statuses; i++)
		s->statuses[i] = (uint16_t)(100 + test_random(rnd) % 600);
	r->statuses = r->n_statuses > 0 ? s->statuses : NULL;
	r->codecs = r->n_codecs > 0 ? s->codecs : NULL;
	r->caller_media = r->n_caller_media > 0 ? s->media[0] : NULL;
	r->callee_media = r->n_callee_media > 0 ? s->media[1] : NULL;
	r->streams = r->n_streams > 0 ? s->streams : NULL;
}

static inline void
sample_registration(uint64_t *rnd, uint32_t has, struct sample *s)
{
	struct es_registration *r = &s->rec.u.registration;

	r->has = has &= 0 ES_REGISTRATION_FIELDS(BIT);
	ES_REGISTRATION_FIELDS(FILL)
}

static inline void
sample_reported(uint64_t *rnd, uint32_t has, struct sample *s)
{
	struct es_reported *r = &s->rec.u.reported;

	r->has = has &= 0 ES_REPORTED_FIELDS(BIT);
	ES_REPORTED_FIELDS(FILL)
	r->reporter_ssrc = test_random(rnd);
	r->subject_ssrc = test_random(rnd);
	r->n_values = test_random(rnd) % ES_RM_END;
	for (uint32_t i = 0; i < r->n_values; i++) {
		s->metrics[i].metric = (uint16_t)(1 + i);
		s->metrics[i].value = (int64_t)sample_u64(rnd) - (1 << 20);
	}
	r->values = r->n_values > 0 ? s->metrics : NULL;
}

static inline void
sample_health(uint64_t *rnd, struct sample *s)
{
	struct es_health *r = &s->rec.u.health;

	ES_HEALTH_FIELDS(FILL)
	r->n_values = test_random(rnd) % 40;
	for (uint32_t i = 0; i < r->n_values; i++) {
		s->counters[i].counter = (uint16_t)(1 + i);
		s->counters[i].value = sample_u64(rnd);
	}
	r->values = r->n_values > 0 ? s->counters : NULL;
	r->n_sip = test_random(rnd) % 12;
	for (uint32_t i = 0; i < r->n_sip; i++) {
		s->sip[i].what = (uint16_t)(1 + i * 50);
		s->sip[i].messages = sample_u64(rnd);
		s->sip[i].resent = sample_u64(rnd);
	}
	r->sip = r->n_sip > 0 ? s->sip : NULL;
	r->n_unknowns = test_random(rnd) % 6;
	for (uint32_t i = 0; i < r->n_unknowns; i++) {
		struct es_unknown *u = &s->unknowns[i];

		u->layer = (enum es_unknown_layer)(1 + i % 5);
		u->number = (uint32_t)sample_below(rnd, UINT32_MAX);
		u->count = sample_u64(rnd);
		u->sample_bytes = (uint8_t)(test_random(rnd) % (ES_UNKNOWN_BYTES + 1));
		for (uint8_t k = 0; k < u->sample_bytes; k++)
			u->sample[k] = (uint8_t)test_random(rnd);
	}
	r->unknowns = r->n_unknowns > 0 ? s->unknowns : NULL;
}

static inline void
sample_host(uint64_t *rnd, struct sample *s)
{
	struct es_host *r = &s->rec.u.host;
	const uint32_t has = 0;

	ES_HOST_FIELDS(FILL)
	r->n_values = test_random(rnd) % 30;
	for (uint32_t i = 0; i < r->n_values; i++) {
		s->signals[i].signal = (uint16_t)(1 + i);
		s->signals[i].value = (int64_t)sample_u64(rnd) - (1 << 20);
	}
	r->values = r->n_values > 0 ? s->signals : NULL;
}

static inline void
sample_change(uint64_t *rnd, struct es_change *r)
{
	const uint32_t has = 0;

	ES_CHANGE_FIELDS(FILL)
}

static inline void
sample_loss(uint64_t *rnd, struct es_loss *r)
{
	const uint32_t has = 0;

	ES_LOSS_FIELDS(FILL)
}

/* A record of a type whose HAS bits are those of `has` that exist. */
static inline void
sample_make(uint64_t *rnd, enum es_record_type type, uint32_t has, struct sample *s)
{
	memset(s, 0, sizeof(*s));
	s->rec.type = type;
	s->rec.at = sample_time(rnd);
	if (test_random(rnd) % 4 != 0) {
		s->vantage.label = sample_text(rnd);
		s->vantage.role = (enum es_role)(test_random(rnd) % 5);
		s->rec.vantage = &s->vantage;
	}
	if (test_random(rnd) % 2 != 0) {
		s->rec.coverage.flags = test_random(rnd) % 32;
		s->rec.coverage.gap_ms = test_random(rnd);
		s->rec.coverage.dropped = sample_u64(rnd);
	}
	if (type == ES_REC_INTERVAL)
		sample_interval(rnd, has, s, sample_u64(rnd) >> 1);
	else if (type == ES_REC_STREAM)
		sample_stream(rnd, has, s);
	else if (type == ES_REC_CALL)
		sample_call(rnd, has, s);
	else if (type == ES_REC_REGISTRATION)
		sample_registration(rnd, has, s);
	else if (type == ES_REC_REPORTED)
		sample_reported(rnd, has, s);
	else if (type == ES_REC_HEALTH)
		sample_health(rnd, s);
	else if (type == ES_REC_HOST)
		sample_host(rnd, s);
	else if (type == ES_REC_CHANGE)
		sample_change(rnd, &s->rec.u.change);
	else
		sample_loss(rnd, &s->rec.u.loss);
}

/* ---- deep comparison: the first difference by name, or NULL ---- */

#define SAME(cond)   \
	if (!(cond)) \
		return #cond;
#define SAME_ROW(kind, ...) ES_ROW_##kind(SAME_, __VA_ARGS__)
#define SAME_U(field, name, ...) SAME(a->name == b->name)
#define SAME_E(field, name, ...) SAME(a->name == b->name)
#define SAME_S(field, name, ...) SAME(a->name == b->name)
#define SAME_T(name, ...) SAME(es_slice_eq(a->name, b->name))
#define SAME_TIME(name, key) SAME(a->name.ns == b->name.ns)
#define SAME_ADDR(name, key) SAME(es_addr_eq(&a->name, &b->name))
#define SAME_LAYOUT(...)
#define SAME_LIST(list, n) \
	SAME(a->n == b->n && (a->n == 0 || memcmp(a->list, b->list, a->n * sizeof(*a->list)) == 0))

static inline const char *
same_interval(const struct es_interval *a, const struct es_interval *b)
{
	SAME(memcmp(&a->stream, &b->stream, sizeof(a->stream)) == 0)
	SAME(a->has == b->has)
	ES_INTERVAL_FIELDS(SAME_ROW)
	SAME(a->n_missing == b->n_missing)
	for (uint32_t i = 0; i < a->n_missing; i++) {
		SAME(a->missing[i].seq == b->missing[i].seq)
		SAME(a->missing[i].run == b->missing[i].run)
	}
	return NULL;
}

static inline const char *
same_stream(const struct es_stream *a, const struct es_stream *b)
{
	SAME(memcmp(&a->key, &b->key, sizeof(a->key)) == 0)
	SAME(a->has == b->has)
	ES_STREAM_FIELDS(SAME_ROW)
	SAME(a->n_other_call_ids == b->n_other_call_ids)
	for (uint32_t i = 0; i < a->n_other_call_ids; i++)
		SAME_T(other_call_ids[i])
	SAME(memcmp(a->loss_run, b->loss_run, sizeof(a->loss_run)) == 0)
	return NULL;
}

static inline const char *
same_call(const struct es_call *a, const struct es_call *b)
{
	SAME(a->has == b->has)
	ES_CALL_FIELDS(SAME_ROW)
	SAME_TIME(begun, NULL)
	SAME(a->n_codecs == b->n_codecs)
	for (uint32_t i = 0; i < a->n_codecs; i++)
		SAME_T(codecs[i])
	SAME_LIST(caller_media, n_caller_media)
	SAME_LIST(callee_media, n_callee_media)
	SAME_LIST(streams, n_streams)
	SAME_LIST(statuses, n_statuses)
	return NULL;
}

static inline const char *
same_registration(const struct es_registration *a, const struct es_registration *b)
{
	SAME(a->has == b->has)
	ES_REGISTRATION_FIELDS(SAME_ROW)
	return NULL;
}

static inline const char *
same_reported(const struct es_reported *a, const struct es_reported *b)
{
	SAME(a->has == b->has)
	ES_REPORTED_FIELDS(SAME_ROW)
	SAME(a->reporter_ssrc == b->reporter_ssrc)
	SAME(a->subject_ssrc == b->subject_ssrc)
	SAME(a->n_values == b->n_values)
	for (uint32_t i = 0; i < a->n_values; i++) {
		SAME(a->values[i].metric == b->values[i].metric)
		SAME(a->values[i].value == b->values[i].value)
	}
	return NULL;
}

static inline const char *
same_host(const struct es_host *a, const struct es_host *b)
{
	ES_HOST_FIELDS(SAME_ROW)
	SAME(a->n_values == b->n_values)
	for (uint32_t i = 0; i < a->n_values; i++) {
		SAME(a->values[i].signal == b->values[i].signal)
		SAME(a->values[i].value == b->values[i].value)
	}
	return NULL;
}

static inline const char *
same_health(const struct es_health *a, const struct es_health *b)
{
	ES_HEALTH_FIELDS(SAME_ROW)
	SAME(a->n_values == b->n_values)
	for (uint32_t i = 0; i < a->n_values; i++) {
		SAME(a->values[i].counter == b->values[i].counter)
		SAME(a->values[i].value == b->values[i].value)
	}
	SAME(a->n_sip == b->n_sip)
	for (uint32_t i = 0; i < a->n_sip; i++) {
		SAME(a->sip[i].what == b->sip[i].what)
		SAME(a->sip[i].messages == b->sip[i].messages)
		SAME(a->sip[i].resent == b->sip[i].resent)
	}
	SAME(a->n_unknowns == b->n_unknowns)
	for (uint32_t i = 0; i < a->n_unknowns; i++) {
		SAME(a->unknowns[i].layer == b->unknowns[i].layer)
		SAME(a->unknowns[i].number == b->unknowns[i].number)
		SAME(a->unknowns[i].count == b->unknowns[i].count)
		SAME(a->unknowns[i].sample_bytes == b->unknowns[i].sample_bytes)
		SAME(memcmp(a->unknowns[i].sample, b->unknowns[i].sample, ES_UNKNOWN_BYTES) == 0)
	}
	return NULL;
}

static inline const char *
same_change(const struct es_change *a, const struct es_change *b)
{
	ES_CHANGE_FIELDS(SAME_ROW)
	return NULL;
}

static inline const char *
same_loss(const struct es_loss *a, const struct es_loss *b)
{
	ES_LOSS_FIELDS(SAME_ROW)
	return NULL;
}

static inline const char *
same_record(const struct es_record *a, const struct es_record *b)
{
	SAME(a->type == b->type)
	SAME_TIME(at, NULL)
	SAME((a->vantage == NULL) == (b->vantage == NULL))
	if (a->vantage != NULL) {
		SAME(a->vantage->role == b->vantage->role)
		SAME(es_slice_eq(a->vantage->label, b->vantage->label))
	}
	SAME(a->coverage.flags == b->coverage.flags)
	SAME(a->coverage.gap_ms == b->coverage.gap_ms)
	SAME(a->coverage.dropped == b->coverage.dropped)
	switch (a->type) {
	case ES_REC_INTERVAL:
		return same_interval(&a->u.interval, &b->u.interval);
	case ES_REC_STREAM:
		return same_stream(&a->u.stream, &b->u.stream);
	case ES_REC_CALL:
		return same_call(&a->u.call, &b->u.call);
	case ES_REC_REGISTRATION:
		return same_registration(&a->u.registration, &b->u.registration);
	case ES_REC_REPORTED:
		return same_reported(&a->u.reported, &b->u.reported);
	case ES_REC_HOST:
		return same_host(&a->u.host, &b->u.host);
	case ES_REC_CHANGE:
		return same_change(&a->u.change, &b->u.change);
	case ES_REC_HEALTH:
		return same_health(&a->u.health, &b->u.health);
	case ES_REC_LOSS:
		return same_loss(&a->u.loss, &b->u.loss);
	}
	return "type";
}

#endif
