/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of the spool's files: encode and check. */
#include "agent/spool/spool_format.h"

#include <string.h>
#include <zlib.h>

static void
put_le(uint8_t *at, uint64_t v, size_t n_bytes)
{
	size_t i;

	for (i = 0; i < n_bytes; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t
get_le(const uint8_t *at, size_t n_bytes)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < n_bytes; i++)
		v |= (uint64_t)at[i] << (8 * i);
	return v;
}

static uint32_t
salted_crc(uint64_t salt, const uint8_t *bytes, size_t n)
{
	uint8_t s[8];
	uLong crc;

	put_le(s, salt, sizeof(s));
	crc = crc32(crc32(0, Z_NULL, 0), s, sizeof(s));
	return (uint32_t)crc32(crc, bytes, (uInt)n);
}

void
es_spool_header_encode(const struct es_spool_header *h, uint8_t out[ES_SPOOL_HEADER_BYTES])
{
	memset(out, 0, ES_SPOOL_HEADER_BYTES);
	memcpy(out, "ESspool1", 8);
	put_le(out + 8, h->salt, 8);
	put_le(out + 16, h->epoch, 8);
	put_le(out + 24, h->first_seq, 8);
	put_le(out + 32, (uint64_t)h->created.ns, 8);
	put_le(out + 40, h->ipc.run, 8);
	put_le(out + 48, h->ipc.number, 8);
	put_le(out + 60, salted_crc(h->salt, out, 60), 4);
}

int
es_spool_header_parse(es_slice bytes, struct es_spool_header *out)
{
	const uint8_t *p = bytes.p;
	struct es_spool_header h;

	if (bytes.n < ES_SPOOL_HEADER_BYTES)
		return ES_ESHORT;
	if (memcmp(p, "ESspool1", 8) != 0)
		return ES_EMALFORMED;
	h.salt = get_le(p + 8, 8);
	if (get_le(p + 60, 4) != salted_crc(h.salt, p, 60))
		return ES_EMALFORMED;
	h.epoch = get_le(p + 16, 8);
	h.first_seq = get_le(p + 24, 8);
	h.created = es_time_of_ns((int64_t)get_le(p + 32, 8));
	h.ipc.run = get_le(p + 40, 8);
	h.ipc.number = get_le(p + 48, 8);
	if (h.epoch == 0 || h.first_seq == 0)
		return ES_EMALFORMED;
	*out = h;
	return 0;
}

/* Over the 44 bytes before the CRC's own place and the payload behind it. */
static uint32_t
entry_crc(uint64_t salt, const uint8_t *entry, size_t payload_bytes)
{
	uint32_t crc = salted_crc(salt, entry, ES_SPOOL_ENTRY_BYTES - 4);

	return (uint32_t)crc32(crc, entry + ES_SPOOL_ENTRY_BYTES, (uInt)payload_bytes);
}

void
es_spool_entry_encode(const struct es_spool_entry *e, es_slice payload, uint64_t salt, uint8_t *out)
{
	memset(out, 0, ES_SPOOL_ENTRY_BYTES);
	memcpy(out, "ESr1", 4);
	put_le(out + 4, payload.n, 4);
	put_le(out + 8, e->seq, 8);
	put_le(out + 16, (uint64_t)e->stored.ns, 8);
	put_le(out + 24, e->ipc.run, 8);
	put_le(out + 32, e->ipc.number, 8);
	put_le(out + 40, e->flags, 4);
	memcpy(out + ES_SPOOL_ENTRY_BYTES, payload.p, payload.n);
	put_le(out + 44, entry_crc(salt, out, payload.n), 4);
}

int
es_spool_entry_parse(es_slice bytes, uint64_t salt, struct es_spool_entry *out)
{
	const uint8_t *p = bytes.p;
	struct es_spool_entry e;

	if (bytes.n < ES_SPOOL_ENTRY_BYTES)
		return ES_ESHORT;
	if (memcmp(p, "ESr1", 4) != 0)
		return ES_EMALFORMED;
	e.n_bytes = (uint32_t)get_le(p + 4, 4);
	if (e.n_bytes == 0 || e.n_bytes > ES_SPOOL_PAYLOAD_MAX)
		return ES_EMALFORMED;
	if (bytes.n - ES_SPOOL_ENTRY_BYTES < e.n_bytes)
		return ES_ESHORT;
	if (get_le(p + 44, 4) != entry_crc(salt, p, e.n_bytes))
		return ES_EMALFORMED;
	e.seq = get_le(p + 8, 8);
	e.stored = es_time_of_ns((int64_t)get_le(p + 16, 8));
	e.ipc.run = get_le(p + 24, 8);
	e.ipc.number = get_le(p + 32, 8);
	e.flags = (uint32_t)get_le(p + 40, 4);
	if (e.seq == 0)
		return ES_EMALFORMED;
	*out = e;
	return 0;
}

/* Values of 8 bytes one behind the other. */
struct words {
	uint8_t *out;      /* writing */
	const uint8_t *in; /* reading */
};

static void
word(struct words *w, uint64_t *v)
{
	if (w->out != NULL) {
		put_le(w->out, *v, 8);
		w->out += 8;
	} else {
		*v = get_le(w->in, 8);
		w->in += 8;
	}
}

static void
time_word(struct words *w, es_time *t)
{
	uint64_t v = (uint64_t)t->ns;

	word(w, &v);
	*t = es_time_of_ns((int64_t)v);
}

static void
loss_words(struct words *w, struct es_loss *l)
{
	uint64_t reason = (uint64_t)l->reason;

	time_word(w, &l->from);
	time_word(w, &l->to);
	word(w, &l->count);
	word(w, &l->first_seq);
	word(w, &l->last_seq);
	word(w, &reason);
	l->reason = reason < ES_SPOOL_REASONS ? (enum es_loss_reason)reason : ES_LOSS_DISK;
}

/* One list for both ways: what is written is what is read. */
static void
slot_words(struct words *w, struct es_spool_slot *s)
{
	uint64_t n_gone = s->n_gone, joined = 0, passed = 0;
	size_t i;

	word(w, &s->generation);
	word(w, &s->salt);
	word(w, &s->epoch);
	word(w, &s->acked_seq);
	word(w, &s->synced_seq);
	word(w, &s->sent_seq);
	word(w, &s->proof_seq);
	word(w, &s->proof);
	word(w, &s->ipc.run);
	word(w, &s->ipc.number);
	word(w, &s->ipc_seq);
	word(w, &s->boot);
	word(w, &s->boot_ns);
	time_word(w, &s->wall);
	loss_words(w, &s->doubt);
	for (i = 0; i < ES_SPOOL_REASONS; i++) {
		loss_words(w, &s->pending[i]);
		loss_words(w, &s->reported[i]);
		word(w, &s->reported_by[i]);
	}
	word(w, &n_gone);
	s->n_gone = n_gone < ES_SPOOL_GONE_MAX ? (uint32_t)n_gone : ES_SPOOL_GONE_MAX;
	for (i = 0; i < ES_SPOOL_GONE_MAX; i++) {
		word(w, &s->gone[i].first);
		word(w, &s->gone[i].last);
		joined |= (uint64_t)s->gone[i].joined << i;
	}
	word(w, &joined);
	for (i = 0; i < ES_SPOOL_GONE_MAX; i++)
		s->gone[i].joined = (joined >> i & 1) != 0;
	for (i = 0; i < ES_SPOOL_SPARE_MAX; i++) {
		word(w, &s->spare[i].first);
		word(w, &s->spare[i].last);
		passed |= (uint64_t)s->spare[i].passed << i;
		passed |= (uint64_t)s->spare[i].in_doubt << (i + 32);
	}
	word(w, &passed);
	for (i = 0; i < ES_SPOOL_SPARE_MAX; i++) {
		s->spare[i].passed = (passed >> i & 1) != 0;
		s->spare[i].in_doubt = (passed >> (i + 32) & 1) != 0;
	}
}

void
es_spool_slot_encode(const struct es_spool_slot *s, uint8_t out[ES_SPOOL_SLOT_BYTES])
{
	struct es_spool_slot copy = *s;
	struct words w = { out + 8, NULL };

	memset(out, 0, ES_SPOOL_SLOT_BYTES);
	memcpy(out, "EScur002", 8);
	slot_words(&w, &copy);
	put_le(out + ES_SPOOL_SLOT_BYTES - 4, salted_crc(0, out, ES_SPOOL_SLOT_BYTES - 4), 4);
}

int
es_spool_slot_parse(es_slice bytes, struct es_spool_slot *out)
{
	struct words w = { NULL, bytes.p + 8 };
	struct es_spool_slot s;

	if (bytes.n < ES_SPOOL_SLOT_BYTES)
		return ES_ESHORT;
	if (memcmp(bytes.p, "EScur002", 8) != 0 ||
	    get_le(bytes.p + ES_SPOOL_SLOT_BYTES - 4, 4) !=
		salted_crc(0, bytes.p, ES_SPOOL_SLOT_BYTES - 4))
		return ES_EMALFORMED;
	memset(&s, 0, sizeof(s));
	slot_words(&w, &s);
	if (s.epoch == 0)
		return ES_EMALFORMED;
	*out = s;
	return 0;
}

int
es_spool_slot_1_parse(es_slice bytes, struct es_spool_slot *out, uint64_t *reported_seq)
{
	const uint8_t *p = bytes.p;
	struct es_spool_slot s;

	if (bytes.n < ES_SPOOL_SLOT_1_BYTES)
		return ES_ESHORT;
	if (memcmp(p, "EScur001", 8) != 0 || get_le(p + 60, 4) != salted_crc(0, p, 60))
		return ES_EMALFORMED;
	memset(&s, 0, sizeof(s));
	s.generation = get_le(p + 8, 8);
	s.salt = get_le(p + 16, 8);
	s.epoch = get_le(p + 24, 8);
	s.acked_seq = get_le(p + 32, 8);
	s.sent_seq = UINT64_MAX;
	if (s.epoch == 0)
		return ES_EMALFORMED;
	*reported_seq = get_le(p + 40, 8);
	*out = s;
	return 0;
}
