/* SPDX-License-Identifier: Apache-2.0 */
/* SRTCP of a call whose keys are held: decrypted outside, then read like any RTCP. */
#include "probes/engine/srtcp.h"

#include "probes/base/cursor.h"
#include "probes/engine/packet.h"
#include "probes/engine/reported.h"

enum {
	SRTCP_MAX_BYTES = 2048, /* of a compound: RTCP keeps below the MTU */
	TRIES_MAX = 16,         /* keys tried on one packet */
	SSRC_AT = 4,            /* the first eight bytes are never encrypted */
};

/* The call of an address: RTP's own, or one below. */
static uint32_t
call_at(struct es_engine *e, const struct es_addr *addr)
{
	struct es_addr below = *addr;
	uint32_t m = es_media_table_latest(&e->c, &e->media, addr);

	below.port = (uint16_t)(below.port & ~1u);
	if (m == ES_POOL_NONE)
		m = es_media_table_latest(&e->c, &e->media, &below);
	return m != ES_POOL_NONE ? es_media_table_at(&e->media, m)->call : ES_POOL_NONE;
}

/* The call a packet belongs to, by the stream of its sender or by announced addresses. */
static uint32_t
call_of(struct es_engine *e, const struct es_datagram *d)
{
	struct es_cur c = es_cur_of(d->payload);
	const struct es_stream_state *s;
	uint32_t call;

	es_cur_skip(&c, SSRC_AT);
	s = es_reported_stream(e, &d->src, &d->dst, es_cur_be32(&c));
	if (s != NULL && s->owner.call != ES_POOL_NONE)
		return s->owner.call;
	call = call_at(e, &d->dst);
	return call != ES_POOL_NONE ? call : call_at(e, &d->src);
}

/* Tries the keys of one address. ES_EDENIED: none of them fits. */
static int
try_media(struct es_engine *e, const struct es_media *m, const struct es_datagram *d,
    unsigned *tries, uint8_t *out, size_t *n_out)
{
	const struct es_keys *k = &e->c.keys;

	for (unsigned i = m->n_keys; i-- > 0 && *tries < TRIES_MAX; (*tries)++) {
		int err = k->srtcp(k->ctx, m->key[i].id, d->payload.p, d->payload.n, out, n_out);

		if (err != ES_EDENIED)
			return err;
	}
	return ES_EDENIED;
}

/* The keys of the call, those of the sending host first: the authentication tag shows which one is right. */
static int
decrypt(
    struct es_engine *e, const struct es_datagram *d, uint32_t call, uint8_t *out, size_t *n_out)
{
	unsigned tries = 0;

	for (unsigned round = 0; round < 2; round++) {
		uint32_t i = es_dialog_at(&e->dialogs, call)->media;

		for (; i != ES_POOL_NONE; i = es_media_table_at(&e->media, i)->call_next) {
			const struct es_media *m = es_media_table_at(&e->media, i);
			int err;

			if (es_addr_same_ip(&m->addr, &d->src) != (round == 0))
				continue;
			err = try_media(e, m, d, &tries, out, n_out);
			if (err != ES_EDENIED)
				return err;
		}
	}
	return tries > 0 ? ES_EDENIED : ES_ENOTFOUND;
}

static bool
is_secure(const struct es_engine *e, uint32_t call)
{
	uint32_t i = es_dialog_at(&e->dialogs, call)->media;

	for (; i != ES_POOL_NONE; i = es_media_table_at(&e->media, i)->call_next)
		if (es_media_table_at(&e->media, i)->terms->is_secure)
			return true;
	return false;
}

bool
es_engine_srtcp(struct es_engine *e, const struct es_datagram *d)
{
	struct es_datagram plain = *d;
	uint8_t out[SRTCP_MAX_BYTES];
	uint32_t call = call_of(e, d);
	size_t n = 0;
	int err;

	if (call == ES_POOL_NONE || !is_secure(e, call))
		return false;
	es_context_count(&e->c, ES_CNT_SRTCP_PACKETS);
	if (e->c.keys.srtcp == NULL || d->payload.n < d->payload_wire_bytes ||
	    d->payload.n > sizeof(out))
		return true;
	err = decrypt(e, d, call, out, &n);
	if (err == ES_EDENIED)
		es_context_count(&e->c, ES_CNT_SRTCP_FAILED);
	if (err != 0)
		return true;
	es_context_count(&e->c, ES_CNT_SRTCP_DECRYPTED);
	plain.payload = es_slice_of(out, n);
	plain.payload_wire_bytes = (uint32_t)n;
	if (es_rtcp_check(plain.payload, (uint32_t)n) == 0)
		es_engine_compound(e, &plain);
	else
		es_context_count(&e->c, ES_CNT_RTCP_MALFORMED);
	return true;
}
