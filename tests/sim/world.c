/* SPDX-License-Identifier: Apache-2.0 */
/* Packets in, records kept. */
#include "tests/sim/world.h"

#include "proto/encode.h"
#include "proto/fields.h"
#include "tests/unit/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

enum { FRAME_MAX = 65536 };

/* All of a record as it goes over the wire: what differs anywhere differs here. */
static void
log_record(struct world *w, const struct es_record *r)
{
	int n;

	if (w->log_cap - w->log_bytes < ES_RECORD_MAX_BYTES) {
		w->log_cap = w->log_cap * 2 + ES_RECORD_MAX_BYTES;
		w->log = realloc(w->log, w->log_cap);
	}
	n = es_record_encode(r, w->log + w->log_bytes, ES_RECORD_MAX_BYTES);
	if (n < 0)
		abort();
	w->log_bytes += (size_t)n;
}

static es_slice
keep(struct world_record *k, unsigned i, es_slice s)
{
	size_t n = s.n < WORLD_TEXT_MAX ? s.n : WORLD_TEXT_MAX;

	if (n > 0)
		memcpy(k->text[i], s.p, n);
	return es_slice_of(k->text[i], n);
}

/* The texts of a record's rows. */
#define KEEP(kind, ...) ES_ROW_##kind(KEEP_, __VA_ARGS__)
#define KEEP_T(member, bit, key, form) r->member = keep(k, n++, r->member);
#define KEEP_U(...)
#define KEEP_S(...)
#define KEEP_E(...)
#define KEEP_TIME(...)
#define KEEP_ADDR(...)
#define KEEP_LAYOUT(...)

static void
keep_call(struct world_record *k, struct es_call *r)
{
	unsigned n = 0;

	ES_CALL_FIELDS(KEEP)
	for (uint32_t i = 0; i < r->n_codecs; i++) {
		memcpy(k->codecs[i], r->codecs[i].p, r->codecs[i].n);
		k->codec_slices[i] = es_slice_of(k->codecs[i], r->codecs[i].n);
	}
	r->codecs = k->codec_slices;
	memcpy(k->streams, r->streams, r->n_streams * sizeof(*r->streams));
	r->streams = k->streams;
	memcpy(k->media[0], r->caller_media, r->n_caller_media * sizeof(struct es_addr));
	memcpy(k->media[1], r->callee_media, r->n_callee_media * sizeof(struct es_addr));
	r->caller_media = k->media[0];
	r->callee_media = k->media[1];
	if (r->n_statuses > 0)
		memcpy(k->statuses, r->statuses, r->n_statuses * sizeof(k->statuses[0]));
	r->statuses = k->statuses;
}

static void
keep_registration(struct world_record *k, struct es_registration *r)
{
	unsigned n = 0;

	ES_REGISTRATION_FIELDS(KEEP)
}

static void
keep_reported(struct world_record *k, struct es_reported *r)
{
	unsigned n = 0;

	ES_REPORTED_FIELDS(KEEP)
	if (r->n_values > 0)
		memcpy(k->reported, r->values, r->n_values * sizeof(k->reported[0]));
	r->values = k->reported;
}

static void
keep_health(struct world_record *k, struct es_health *h)
{
	if (h->n_values > 0)
		memcpy(k->counters, h->values, h->n_values * sizeof(k->counters[0]));
	if (h->n_sip > 0)
		memcpy(k->sip, h->sip, h->n_sip * sizeof(k->sip[0]));
	if (h->n_unknowns > 0)
		memcpy(k->unknowns, h->unknowns, h->n_unknowns * sizeof(k->unknowns[0]));
	h->values = k->counters;
	h->sip = k->sip;
	h->unknowns = k->unknowns;
}

/* Absent is absent: the first member with a value whose HAS bit is not set, or NULL. */
#define UNSAID(kind, ...) ES_ROW_##kind(UNSAID_, __VA_ARGS__)
#define UNSAID_U(field, member, type, bit, ...)                 \
	if (((bit) & ~r->has) != 0 && (uint64_t)r->member != 0) \
		return #member;
#define UNSAID_S(field, member, type, bit, ...) UNSAID_U(field, member, type, bit, )
#define UNSAID_E(field, member, type, bit, ...) UNSAID_U(field, member, type, bit, )
#define UNSAID_T(member, bit, ...)                     \
	if (((bit) & ~r->has) != 0 && r->member.n > 0) \
		return #member;
#define UNSAID_TIME(...)
#define UNSAID_ADDR(...)
#define UNSAID_LAYOUT(...)

static const char *
unsaid_value(const struct es_record *rec)
{
	if (rec->type == ES_REC_INTERVAL) {
		const struct es_interval *r = &rec->u.interval;

		ES_INTERVAL_FIELDS(UNSAID)
	} else if (rec->type == ES_REC_STREAM) {
		const struct es_stream *r = &rec->u.stream;

		ES_STREAM_FIELDS(UNSAID)
	} else if (rec->type == ES_REC_CALL) {
		const struct es_call *r = &rec->u.call;

		ES_CALL_FIELDS(UNSAID)
	} else if (rec->type == ES_REC_REGISTRATION) {
		const struct es_registration *r = &rec->u.registration;

		ES_REGISTRATION_FIELDS(UNSAID)
	} else if (rec->type == ES_REC_REPORTED) {
		const struct es_reported *r = &rec->u.reported;

		ES_REPORTED_FIELDS(UNSAID)
	}
	return NULL;
}

static void
on_record(void *ctx, const struct es_record *rec)
{
	struct world *w = ctx;
	struct world_record *k;
	const char *unsaid = unsaid_value(rec);

	if (unsaid != NULL)
		test_fail(__FILE__, __LINE__, "%s has a value without its HAS bit", unsaid);
	log_record(w, rec);
	if (!w->keep_records || w->n_records == WORLD_RECORDS_MAX)
		return;
	k = calloc(1, sizeof(*k));
	w->records[w->n_records++] = k;
	k->is = *rec;
	if (rec->type == ES_REC_INTERVAL) {
		memcpy(k->missing, rec->u.interval.missing,
		    rec->u.interval.n_missing * sizeof(k->missing[0]));
		k->is.u.interval.missing = k->missing;
	} else if (rec->type == ES_REC_STREAM) {
		k->is.u.stream.codec = keep(k, 0, rec->u.stream.codec);
		k->is.u.stream.call_id = keep(k, 1, rec->u.stream.call_id);
		k->is.u.stream.model = keep(k, 2, rec->u.stream.model);
		k->is.u.stream.mid = keep(k, 3, rec->u.stream.mid);
		for (unsigned i = 0; i < rec->u.stream.n_other_call_ids; i++)
			k->is.u.stream.other_call_ids[i] =
			    keep(k, 4 + i, rec->u.stream.other_call_ids[i]);
	} else if (rec->type == ES_REC_REPORTED) {
		keep_reported(k, &k->is.u.reported);
	} else if (rec->type == ES_REC_REGISTRATION) {
		keep_registration(k, &k->is.u.registration);
	} else if (rec->type == ES_REC_HEALTH) {
		keep_health(k, &k->is.u.health);
	} else if (rec->type == ES_REC_CALL) {
		keep_call(k, &k->is.u.call);
	}
}

void
world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->keep_records = true;
	w->ip_id = 1;
	for (unsigned i = 0; i < 16; i++)
		w->cfg.hash_key[i] = (uint8_t)(i * 7 + 3);
}

void
world_start(struct world *w)
{
	struct es_sink sink = { on_record, w };

	if (w->keep_records)
		w->records = calloc(WORLD_RECORDS_MAX, sizeof(*w->records));
	if (es_engine_new(&w->cfg, &sink, &w->e) != 0)
		abort();
}

void
world_done(struct world *w)
{
	es_engine_free(w->e);
	for (size_t i = 0; i < w->n_records; i++)
		free(w->records[i]);
	free(w->records);
	free(w->log);
}

void
world_restart(struct world *w)
{
	world_done(w);
	w->records = NULL;
	w->n_records = 0;
	w->log = NULL;
	w->log_bytes = w->log_cap = 0;
	world_start(w);
}

es_time
world_time(double ms)
{
	return es_time_of_ns(WORLD_T0_S * ES_NS_PER_S + (int64_t)(ms * 1e6));
}

struct es_addr
world_addr(uint8_t host, uint16_t port)
{
	struct es_addr a;

	memset(&a, 0, sizeof(a));
	a.family = 4;
	a.port = port;
	a.ip[0] = 10;
	a.ip[3] = host;
	return a;
}

static size_t
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return 2;
}

static size_t
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
	return 4;
}

/* Ethernet and IPv4 headers around n bytes already at frame + 34; returns the frame's length. */
static size_t
wrap(uint8_t *frame, const struct es_addr *from, const struct es_addr *to, uint8_t proto,
    uint16_t id, uint8_t ttl, uint8_t tos, size_t n)
{
	memset(frame, 0, 34);
	put16(frame + 12, 0x0800);
	frame[14] = 0x45;
	frame[15] = tos;
	put16(frame + 16, (unsigned)n + 20);
	put16(frame + 18, id);
	frame[22] = ttl != 0 ? ttl : 64;
	frame[23] = proto;
	memcpy(frame + 26, from->ip, 4);
	memcpy(frame + 30, to->ip, 4);
	return n + 34;
}

static void
hand_over(struct world *w, double ms, uint16_t iface, const uint8_t *frame, size_t n)
{
	size_t cap = w->snap_bytes != 0 && w->snap_bytes < n ? w->snap_bytes : n;
	struct es_packet p;
	uint8_t *exact = malloc(cap); /* so that a sanitizer sees one byte too far */

	memcpy(exact, frame, cap);
	p.ts = world_time(ms);
	p.data = exact;
	p.cap_bytes = (uint32_t)cap;
	p.wire_bytes = (uint32_t)n;
	p.link = ES_LINK_ETHERNET;
	p.iface = iface;
	es_engine_packet(w->e, &p);
	free(exact);
}

static size_t
udp_header(uint8_t *at, uint16_t from, uint16_t to, size_t n)
{
	uint32_t sum = from + to + (uint32_t)n;

	for (size_t i = 0; i < n; i++)
		sum = sum * 31 + at[8 + i];
	put16(at, from);
	put16(at + 2, to);
	put16(at + 4, (unsigned)n + 8);
	put16(at + 6, (sum ^ sum >> 16) & 0xffff);
	return n + 8;
}

void
world_send_udp(struct world *w, double ms, struct es_addr from, struct es_addr to,
    const void *payload, size_t n)
{
	uint8_t frame[FRAME_MAX];

	memcpy(frame + 42, payload, n);
	n = udp_header(frame + 34, from.port, to.port, n);
	hand_over(w, ms, 0, frame, wrap(frame, &from, &to, 17, w->ip_id++, 0, 0, n));
}

void
world_send_rtp(struct world *w, double ms, const struct world_rtp *r)
{
	struct es_addr from = world_addr(r->from, r->from_port);
	struct es_addr to = world_addr(r->to, r->to_port);
	uint8_t frame[FRAME_MAX];
	uint8_t *p = frame + 42;
	size_t n;

	from.ip[2] = r->net;
	p[0] = 0x80;
	p[1] = (uint8_t)(r->pt | (r->marker ? 0x80 : 0));
	put16(p + 2, r->seq);
	put32(p + 4, r->ts);
	put32(p + 8, r->ssrc);
	memset(p + 12, r->fill != 0 ? r->fill : 0xd5, 160);
	n = udp_header(frame + 34, from.port, to.port, 172);
	n = wrap(frame, &from, &to, 17, r->ip_id != 0 ? r->ip_id : w->ip_id++, r->ttl, r->tos, n);
	hand_over(w, ms, r->iface, frame, n);
}

void
world_run_rtp(struct world *w, double *ms, struct world_rtp *r, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		world_send_rtp(w, *ms, r);
		r->seq++;
		r->ts += 160;
		*ms += 20;
	}
}

void
world_send_text(
    struct world *w, double ms, struct es_addr from, struct es_addr to, const char *text)
{
	world_send_udp(w, ms, from, to, text, strlen(text));
}

static void
send_segment(struct world *w, double ms, struct es_addr from, struct es_addr to, uint32_t seq,
    uint32_t ack, uint8_t flags, const void *payload, size_t n)
{
	uint8_t frame[FRAME_MAX];
	uint8_t *p = frame + 34;

	memset(p, 0, 20);
	put16(p, from.port);
	put16(p + 2, to.port);
	put32(p + 4, seq);
	put32(p + 8, ack);
	p[12] = 0x50;
	p[13] = flags;
	if (n > 0)
		memcpy(p + 20, payload, n);
	hand_over(w, ms, 0, frame, wrap(frame, &from, &to, 6, w->ip_id++, 0, 0, n + 20));
}

void
world_send_tcp(struct world *w, double ms, struct es_addr from, struct es_addr to, uint32_t seq,
    uint8_t flags, const void *payload, size_t n)
{
	send_segment(w, ms, from, to, seq, 0, flags, payload, n);
}

void
world_ack(struct world *w, double ms, struct es_addr from, struct es_addr to, uint32_t ack)
{
	send_segment(w, ms, from, to, 0, ack, 0x10, NULL, 0);
}

void
world_flush(struct world *w)
{
	es_engine_flush(w->e);
}

const struct es_record *
world_stream_record(const struct world *w, uint32_t ssrc, uint32_t restart)
{
	for (size_t i = w->n_records; i-- > 0;) {
		const struct es_record *r = &w->records[i]->is;

		if (r->type == ES_REC_STREAM && r->u.stream.key.ssrc == ssrc &&
		    r->u.stream.key.restart == restart)
			return r;
	}
	return NULL;
}

const struct es_stream *
world_stream(const struct world *w, uint32_t ssrc, uint32_t restart)
{
	const struct es_record *r = world_stream_record(w, ssrc, restart);

	return r != NULL ? &r->u.stream : NULL;
}

const struct es_call *
world_call(const struct world *w, const char *call_id)
{
	for (size_t i = w->n_records; i-- > 0;) {
		const struct es_record *r = &w->records[i]->is;

		if (r->type == ES_REC_CALL && es_slice_eq(r->u.call.call_id, es_slice_str(call_id)))
			return &r->u.call;
	}
	return NULL;
}

const struct es_registration *
world_registration(const struct world *w, const char *contact)
{
	for (size_t i = w->n_records; i-- > 0;) {
		const struct es_record *r = &w->records[i]->is;

		if (r->type == ES_REC_REGISTRATION &&
		    es_slice_eq(r->u.registration.contact, es_slice_str(contact)))
			return &r->u.registration;
	}
	return NULL;
}

uint64_t
world_sip_count(const struct world *w, unsigned what, uint64_t *resent)
{
	struct es_sip_count all[700];
	uint32_t n = es_engine_sip_counts(w->e, all, 700);

	for (uint32_t i = 0; i < n; i++)
		if (all[i].what == what) {
			*resent = all[i].resent;
			return all[i].messages;
		}
	*resent = 0;
	return 0;
}

const struct es_record *
world_nth(const struct world *w, enum es_record_type type, unsigned n)
{
	for (size_t i = 0; i < w->n_records; i++)
		if (w->records[i]->is.type == type && n-- == 0)
			return &w->records[i]->is;
	return NULL;
}

unsigned
world_count(const struct world *w, enum es_record_type type)
{
	unsigned n = 0;

	while (world_nth(w, type, n) != NULL)
		n++;
	return n;
}

uint64_t
world_counter(const struct world *w, enum es_counter counter)
{
	return es_engine_counter(w->e, counter);
}

size_t
world_sip_text(const struct world_sip *m, char *out, size_t cap)
{
	char branch[32];
	int n;

	snprintf(branch, sizeof(branch), "z9hG4bK%u%s", m->cseq, m->method);
	n = snprintf(out, cap,
	    "%s\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=%s\r\nMax-Forwards: %u\r\n"
	    "From: <sip:alice@a.example>;tag=%s\r\nTo: <sip:bob@b.example>%s%s\r\n"
	    "Call-ID: %s\r\nCSeq: %u %s\r\n%s%sContent-Length: %zu\r\n\r\n%s",
	    m->start, m->branch != NULL ? m->branch : branch,
	    m->max_forwards != 0 ? m->max_forwards : 70, m->from_tag,
	    m->to_tag != NULL ? ";tag=" : "", m->to_tag != NULL ? m->to_tag : "", m->call_id,
	    m->cseq, m->method, m->extra != NULL ? m->extra : "",
	    m->sdp != NULL ? "Content-Type: application/sdp\r\n" : "",
	    m->sdp != NULL ? strlen(m->sdp) : 0, m->sdp != NULL ? m->sdp : "");

	return (size_t)n;
}

void
world_send_sip(
    struct world *w, double ms, struct es_addr from, struct es_addr to, const struct world_sip *m)
{
	char text[FRAME_MAX];

	world_send_udp(w, ms, from, to, text, world_sip_text(m, text, sizeof(text)));
}

const char *
world_sdp(char out[1024], uint8_t host, uint16_t port, const char *types, const char *extra)
{
	snprintf(out, 1024,
	    "v=0\r\no=- 1 1 IN IP4 10.0.0.%u\r\ns=-\r\nc=IN IP4 10.0.0.%u\r\nt=0 0\r\n"
	    "m=audio %u RTP/AVP %s\r\n%s",
	    host, host, port, types, extra != NULL ? extra : "");
	return out;
}

static uint32_t
get32(const uint8_t *p, bool big)
{
	return big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
		   : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

int
world_read_pcap(const char *path, void (*each)(void *ctx, const struct es_packet *p), void *ctx)
{
	gzFile f = gzopen(path, "rb"); /* plain files, too */
	uint8_t head[24];
	uint8_t rec[16];
	struct es_packet p = { 0 };
	static uint8_t data[262144];
	bool big, nano;

	if (f == NULL || gzread(f, head, sizeof(head)) != sizeof(head)) {
		if (f != NULL)
			gzclose(f);
		return -1;
	}
	big = head[0] == 0xa1;
	nano = get32(head, big) == 0xa1b23c4d;
	p.link = (uint16_t)get32(head + 20, big);
	while (gzread(f, rec, sizeof(rec)) == sizeof(rec)) {
		p.cap_bytes = get32(rec + 8, big);
		p.wire_bytes = get32(rec + 12, big);
		if (p.cap_bytes > sizeof(data) || gzread(f, data, p.cap_bytes) != (int)p.cap_bytes)
			break;
		p.ts = es_time_of_ns(get32(rec, big) * ES_NS_PER_S +
				     get32(rec + 4, big) * (nano ? 1 : ES_NS_PER_US));
		p.data = data;
		each(ctx, &p);
	}
	gzclose(f);
	return 0;
}
