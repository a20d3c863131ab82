/* SPDX-License-Identifier: Apache-2.0 */
/* The records a correlation works on. */
#include "correlate/input/record_store.h"

#include "correlate/input/stream_uses.h"
#include "probes/base/text.h"

#include <stdlib.h>

enum {
	VALUES_PER_SAMPLE = 8, /* on average: most samples list only what changed */
	REPORTED_PER_STREAM = 16,
};

static void *
reserve(uint32_t n, size_t each_bytes)
{
	return calloc(n, each_bytes);
}

static void
fill_defaults(struct es_correlate_config *cfg)
{
	static const struct es_correlate_config dflt = { { 0 }, 4096, 65536, 262144, 2048, 32768,
		1u << 20 };

	cfg->max_sources = cfg->max_sources == 0 ? dflt.max_sources : cfg->max_sources;
	cfg->max_blocks = cfg->max_blocks == 0 ? dflt.max_blocks : cfg->max_blocks;
	cfg->max_missing = cfg->max_missing == 0 ? dflt.max_missing : cfg->max_missing;
	cfg->max_calls = cfg->max_calls == 0 ? dflt.max_calls : cfg->max_calls;
	cfg->max_host = cfg->max_host == 0 ? dflt.max_host : cfg->max_host;
	cfg->text_bytes = cfg->text_bytes == 0 ? dflt.text_bytes : cfg->text_bytes;
}

int
es_cor_record_store_new(struct es_cor_record_store *s, const struct es_correlate_config *cfg)
{
	uint32_t names;

	if (cfg != NULL)
		s->cfg = *cfg;
	fill_defaults(&s->cfg);
	cfg = &s->cfg;
	if (cfg->max_sources > 1u << 20 || cfg->max_blocks > 1u << 26 ||
	    cfg->max_missing > 1u << 27 || cfg->max_calls > 1u << 20 || cfg->max_host > 1u << 24)
		return ES_EINVALID;
	s->key = es_hash_key_of(cfg->hash_key);
	s->cap_values = cfg->max_host * VALUES_PER_SAMPLE;
	names = cfg->text_bytes / 4 + 16;
	s->streams = reserve(cfg->max_sources, sizeof(*s->streams));
	s->parts = reserve(cfg->max_blocks, sizeof(*s->parts));
	s->missing = reserve(cfg->max_missing, sizeof(*s->missing));
	s->calls = reserve(cfg->max_calls, sizeof(*s->calls));
	s->reported = reserve(cfg->max_sources * REPORTED_PER_STREAM, sizeof(*s->reported));
	s->samples = reserve(cfg->max_host, sizeof(*s->samples));
	s->values = reserve(s->cap_values, sizeof(*s->values));
	s->changes = reserve(cfg->max_host, sizeof(*s->changes));
	if (s->streams == NULL || s->parts == NULL || s->missing == NULL || s->calls == NULL ||
	    s->reported == NULL || s->samples == NULL || s->values == NULL || s->changes == NULL)
		return ES_ENOMEM;
	if (es_table_new(&s->stream_table, cfg->max_sources) != 0 ||
	    es_table_new(&s->call_table, cfg->max_calls) != 0)
		return ES_ENOMEM;
	return es_cor_names_new(&s->names, &s->key, cfg->text_bytes, names);
}

void
es_cor_record_store_free(struct es_cor_record_store *s)
{
	free(s->streams);
	free(s->parts);
	free(s->missing);
	free(s->calls);
	free(s->reported);
	free(s->samples);
	free(s->values);
	free(s->changes);
	es_table_free(&s->stream_table);
	es_table_free(&s->call_table);
	es_cor_names_free(&s->names);
}

int
es_cor_record_store_vantage(struct es_cor_record_store *s, es_slice name, enum es_role role)
{
	struct es_cor_vantage v = { 0 };
	es_slice machine = es_text_first(name, es_text_find(name, '/'));
	uint32_t m;

	for (uint32_t i = 0; i < s->n_vantages; i++) {
		if (es_slice_eq(s->vantages[i].name, name))
			return ES_EINVALID;
	}
	if (name.n == 0)
		return ES_EINVALID;
	if (s->n_vantages == ES_CORRELATE_VANTAGES_MAX ||
	    es_cor_names_keep(&s->names, name, &v.name) != 0)
		return ES_EFULL;
	for (m = 0; m < s->n_machines; m++) {
		if (es_slice_eq(s->machines[m], machine))
			break;
	}
	if (m == s->n_machines) {
		s->machines[m] = es_text_first(v.name, machine.n);
		s->n_machines++;
	}
	v.role = role;
	v.machine = m;
	s->vantages[s->n_vantages] = v;
	return (int)s->n_vantages++;
}

/* A stream without records; there is room for it. */
static void
clear_stream(struct es_cor_record_store *s, uint32_t vantage, const struct es_stream_key *key)
{
	struct es_cor_stream *st = &s->streams[s->n_streams++];

	memset(st, 0, sizeof(*st));
	st->vantage = vantage;
	st->key = *key;
	st->parts = ES_COR_NONE;
	st->older = ES_COR_NONE;
}

/* The first stream of this key at this vantage point, made when it is new; ES_COR_NONE when full. */
static uint32_t
stream_of(struct es_cor_record_store *s, uint32_t vantage, const struct es_stream_key *key)
{
	struct {
		struct es_stream_key key;
		uint32_t vantage;
		uint32_t pad;
	} text;
	struct es_probe at;
	uint64_t hash;
	uint32_t i;

	memset(&text, 0, sizeof(text));
	memcpy(&text.key, key, sizeof(*key));
	text.vantage = vantage;
	hash = es_hash(&s->key, es_slice_of(&text, sizeof(text)));
	at = es_table_probe(&s->stream_table, hash);
	while ((i = es_table_next(&s->stream_table, &at)) != ES_TABLE_NONE) {
		const struct es_cor_stream *st = &s->streams[i];

		if (st->vantage == vantage && memcmp(&st->key, key, sizeof(*key)) == 0)
			return i;
	}
	if (s->n_streams == s->cfg.max_sources)
		return ES_COR_NONE;
	i = s->n_streams;
	if (es_table_insert(&s->stream_table, hash, i) != 0)
		return ES_COR_NONE;
	clear_stream(s, vantage, key);
	return i;
}

/* The stream of a record, made when it is new; ES_COR_NONE when full. */
static uint32_t
stream_of_record(struct es_cor_record_store *s, uint32_t vantage, const struct es_stream *rec)
{
	uint32_t first = stream_of(s, vantage, &rec->key);
	uint32_t i = first == ES_COR_NONE ? ES_COR_NONE : es_cor_stream_use(s, first, rec);

	if (first == ES_COR_NONE || i != ES_COR_NONE || s->n_streams == s->cfg.max_sources)
		return i;
	i = s->n_streams;
	clear_stream(s, vantage, &rec->key);
	s->streams[i].is_again = true;
	s->streams[i].older = s->streams[first].older;
	s->streams[first].older = i;
	return i;
}

static int
add_stream(struct es_cor_record_store *s, uint32_t vantage, const struct es_record *rec)
{
	struct es_stream r = rec->u.stream;
	uint32_t i = stream_of_record(s, vantage, &r);
	struct es_cor_stream *st;

	if (i == ES_COR_NONE || es_cor_names_keep(&s->names, r.codec, &r.codec) != 0 ||
	    es_cor_names_keep(&s->names, r.model, &r.model) != 0 ||
	    es_cor_names_keep(&s->names, r.call_id, &r.call_id) != 0)
		return ES_EFULL;
	for (uint32_t k = 0; k < r.n_other_call_ids; k++)
		if (es_cor_names_keep(&s->names, r.other_call_ids[k], &r.other_call_ids[k]) != 0)
			return ES_EFULL;
	st = &s->streams[i];
	st->coverage |= rec->coverage.flags;
	es_cor_stream_use_widen(st, &r);
	/* The latest replaces: a finished one is never replaced by one of a stream still open. */
	if (st->has_rec && (st->rec.packets > r.packets || (st->rec.state == ES_STATE_COMPLETED &&
							       r.state != ES_STATE_COMPLETED)))
		return 0;
	st->has_rec = true;
	st->rec = r;
	st->call_id = r.call_id;
	return 0;
}

/* Lowest number of a part that was received: the first one outside the missing runs. */
static uint64_t
lowest_received(const struct es_interval *r)
{
	uint64_t seq = r->first_seq;

	for (uint32_t i = 0; i < r->n_missing && r->missing[i].seq == seq; i++)
		seq += r->missing[i].run;
	return seq;
}

static bool
is_sane(const struct es_interval *r)
{
	return r->first_seq <= r->last_seq && r->last_seq < UINT64_C(1) << 40 &&
	       r->last_seq - r->first_seq < ES_BLOCK_SEQS;
}

static int
add_part(struct es_cor_record_store *s, uint32_t vantage, const struct es_record *rec)
{
	const struct es_interval *r = &rec->u.interval;
	struct es_cor_part *p;
	uint32_t i;

	if (!is_sane(r))
		return ES_EINVALID;
	i = stream_of(s, vantage, &r->stream);
	if (i == ES_COR_NONE || s->n_parts == s->cfg.max_blocks ||
	    r->n_missing > s->cfg.max_missing - s->n_missing)
		return ES_EFULL;
	/* Given twice: the same part again adds nothing. Only the latest few can be repeated. */
	for (uint32_t at = s->streams[i].parts, n = 0; at != ES_COR_NONE && n < 64;
	     at = s->parts[at].next, n++) {
		if (s->parts[at].first_seq == r->first_seq &&
		    s->parts[at].last_seq == r->last_seq && s->parts[at].start.ns == r->start.ns)
			return 0;
	}
	p = &s->parts[s->n_parts];
	p->next = s->streams[i].parts;
	p->has = r->received == 0 ? r->has & ~(uint32_t)ES_INTERVAL_HAS_RTP_TS : r->has;
	p->coverage = rec->coverage.flags;
	p->first_seq = r->first_seq;
	p->last_seq = r->last_seq;
	p->lowest_seq = lowest_received(r);
	p->rtp_ts = r->rtp_ts;
	p->start = r->start;
	p->end = r->end;
	p->received = r->received;
	p->late = r->late;
	p->mos_lq_milli = r->mos_lq_milli;
	p->clean_mos_lq_milli = r->clean_mos_lq_milli;
	p->missing = s->n_missing;
	p->n_missing = r->n_missing;
	if (r->n_missing > 0)
		memcpy(&s->missing[s->n_missing], r->missing, r->n_missing * sizeof(*r->missing));
	s->n_missing += r->n_missing;
	s->streams[i].parts = s->n_parts++;
	return 0;
}

static uint32_t
copy_media(struct es_addr *to, const struct es_addr *from, uint32_t n)
{
	n = n > ES_CALL_MEDIA_MAX ? ES_CALL_MEDIA_MAX : n;
	if (n > 0)
		memcpy(to, from, n * sizeof(*to));
	return n;
}

static uint64_t
call_hash(const struct es_cor_record_store *s, uint32_t vantage, const struct es_call *call)
{
	uint64_t words[3] = { (uint64_t)(uintptr_t)call->call_id.p, vantage, /* a kept name */
		(uint64_t)es_call_begun(call).ns };

	return es_hash_words(&s->key, words, 3);
}

/* The record of this call at this vantage point; NULL: none. */
static struct es_cor_call *
find_call(struct es_cor_record_store *s, uint32_t vantage, const struct es_call *call)
{
	struct es_probe at = es_table_probe(&s->call_table, call_hash(s, vantage, call));
	uint32_t i;

	while ((i = es_table_next(&s->call_table, &at)) != ES_TABLE_NONE) {
		const struct es_call *c = &s->calls[i].rec;

		if (s->calls[i].vantage == vantage && c->call_id.p == call->call_id.p &&
		    es_call_begun(c).ns == es_call_begun(call).ns)
			return &s->calls[i];
	}
	return NULL;
}

static int
add_call(struct es_cor_record_store *s, uint32_t vantage, const struct es_record *rec)
{
	const struct es_call *from = &rec->u.call;
	struct es_call r = *from;
	struct es_cor_call *c;

	if (es_cor_names_keep(&s->names, r.call_id, &r.call_id) != 0 ||
	    es_cor_names_keep(&s->names, r.session_id, &r.session_id) != 0 ||
	    es_cor_names_keep(&s->names, r.x_call_id, &r.x_call_id) != 0 ||
	    es_cor_names_keep(&s->names, r.icid, &r.icid) != 0 ||
	    es_cor_names_keep(&s->names, r.custom_key, &r.custom_key) != 0 ||
	    es_cor_names_keep(&s->names, r.user_to_user, &r.user_to_user) != 0 ||
	    es_cor_names_keep(&s->names, r.from, &r.from) != 0 ||
	    es_cor_names_keep(&s->names, r.to, &r.to) != 0 ||
	    es_cor_names_keep(&s->names, r.callee_agent, &r.callee_agent) != 0)
		return ES_EFULL;
	c = find_call(s, vantage, &r);
	if (c == NULL) {
		if (s->n_calls == s->cfg.max_calls ||
		    es_table_insert(&s->call_table, call_hash(s, vantage, &r), s->n_calls) != 0)
			return ES_EFULL;
		c = &s->calls[s->n_calls++];
		c->vantage = vantage;
		c->coverage = rec->coverage.flags;
	} else {
		c->coverage |= rec->coverage.flags;
		if (r.state == ES_STATE_IN_PROGRESS && c->rec.state != ES_STATE_IN_PROGRESS)
			return 0;
	}
	r.codecs = NULL;
	r.n_codecs = 0;
	r.streams = NULL;
	r.n_streams = 0;
	r.n_caller_media = copy_media(c->caller_media, from->caller_media, from->n_caller_media);
	r.n_callee_media = copy_media(c->callee_media, from->callee_media, from->n_callee_media);
	r.caller_media = c->caller_media;
	r.callee_media = c->callee_media;
	c->rec = r;
	return 0;
}

static int
add_reported(struct es_cor_record_store *s, uint32_t vantage, const struct es_reported *r)
{
	struct es_cor_reported *out;

	if (s->n_reported == s->cfg.max_sources * REPORTED_PER_STREAM)
		return ES_EFULL;
	out = &s->reported[s->n_reported];
	out->vantage = vantage;
	out->rec = *r;
	if (es_cor_names_keep(&s->names, r->call_id, &out->rec.call_id) != 0)
		return ES_EFULL;
	s->n_reported++;
	return 0;
}

static int
add_sample(struct es_cor_record_store *s, uint32_t machine, const struct es_host *r)
{
	struct es_cor_sample *out;

	if (s->n_samples == s->cfg.max_host || r->n_values > s->cap_values - s->n_values)
		return ES_EFULL;
	out = &s->samples[s->n_samples++];
	out->machine = machine;
	out->start = r->start;
	out->end = r->end;
	out->full = r->full;
	out->is_synthetic = r->synthetic;
	out->values = s->n_values;
	out->n_values = r->n_values;
	if (r->n_values > 0)
		memcpy(&s->values[s->n_values], r->values, r->n_values * sizeof(*r->values));
	s->n_values += r->n_values;
	return 0;
}

static int
add_change(struct es_cor_record_store *s, uint32_t machine, const struct es_change *r)
{
	struct es_cor_change *out;

	if (s->n_changes == s->cfg.max_host)
		return ES_EFULL;
	out = &s->changes[s->n_changes];
	out->machine = machine;
	out->rec = *r;
	if (es_cor_names_keep(&s->names, r->subject, &out->rec.subject) != 0 ||
	    es_cor_names_keep(&s->names, r->before, &out->rec.before) != 0 ||
	    es_cor_names_keep(&s->names, r->after, &out->rec.after) != 0)
		return ES_EFULL;
	s->n_changes++;
	return 0;
}

int
es_cor_record_store_add_host(
    struct es_cor_record_store *s, uint32_t machine, const struct es_record *rec)
{
	int err = 0;

	if (rec->type == ES_REC_HOST)
		err = add_sample(s, machine, &rec->u.host);
	else if (rec->type == ES_REC_CHANGE)
		err = add_change(s, machine, &rec->u.change);
	if (err == ES_EFULL)
		s->refused++;
	return err;
}

int
es_cor_record_store_add(
    struct es_cor_record_store *s, uint32_t vantage, const struct es_record *rec)
{
	int err = 0;

	switch (rec->type) {
	case ES_REC_INTERVAL:
		err = add_part(s, vantage, rec);
		break;
	case ES_REC_STREAM:
		err = add_stream(s, vantage, rec);
		break;
	case ES_REC_CALL:
		/* HEP: another agent's report of another place. No leg was seen here. */
		if (rec->u.call.transport != ES_TRANSPORT_HEP)
			err = add_call(s, vantage, rec);
		break;
	case ES_REC_REPORTED:
		err = add_reported(s, vantage, &rec->u.reported);
		break;
	case ES_REC_HOST:
	case ES_REC_CHANGE:
		return es_cor_record_store_add_host(s, s->vantages[vantage].machine, rec);
	default:
		break;
	}
	if (err == ES_EFULL)
		s->refused++;
	return err;
}
