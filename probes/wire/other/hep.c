/* SPDX-License-Identifier: Apache-2.0 */
/* HEP 1 to 3. */
#include "probes/wire/other/hep.h"

#include "probes/base/cursor.h"
#include "probes/base/text.h"
#include "probes/wire/sip/sip.h"

enum { CHUNK_HEAD_BYTES = 6, FAMILY_INET = 2, FAMILY_INET6 = 10, V2_TIME_BYTES = 12 };

/* Chunk types of vendor 0. */
enum {
	CHUNK_SRC_4 = 3,
	CHUNK_DST_4 = 4,
	CHUNK_SRC_6 = 5,
	CHUNK_DST_6 = 6,
	CHUNK_SRC_PORT = 7,
	CHUNK_DST_PORT = 8,
	CHUNK_SECONDS = 9,
	CHUNK_MICROS = 10,
	CHUNK_TYPE = 11,
	CHUNK_PAYLOAD = 15,
	CHUNK_COMPRESSED = 16,
};

/* What is put together from several chunks. */
struct stamp {
	bool has_seconds;
	uint32_t seconds;
	uint32_t micros;
};

static const uint8_t magic[4] = { 'H', 'E', 'P', '3' };

size_t
es_hep_find(es_slice bytes, size_t from)
{
	for (size_t at = from; at < bytes.n; at++) {
		size_t k = 0;

		while (k < sizeof(magic) && at + k < bytes.n && bytes.p[at + k] == magic[k])
			k++;
		if (k == sizeof(magic) || at + k == bytes.n)
			return at;
	}
	return bytes.n;
}

int
es_hep_length(es_slice bytes, uint32_t *n_bytes)
{
	struct es_cur c = es_cur_of(bytes);
	size_t n = bytes.n < sizeof(magic) ? bytes.n : sizeof(magic);

	if (n > 0 && memcmp(bytes.p, magic, n) != 0)
		return ES_EMALFORMED;
	es_cur_skip(&c, sizeof(magic));
	*n_bytes = es_cur_be16(&c);
	if (c.bad)
		return ES_ESHORT;
	return *n_bytes < ES_HEP_HEAD_BYTES ? ES_EMALFORMED : 0;
}

bool
es_hep_is(es_slice bytes, uint32_t wire_bytes)
{
	uint32_t n;

	return es_hep_length(bytes, &n) == 0 && n <= wire_bytes;
}

static void
read_ip(struct es_addr *a, struct es_cur *value, uint8_t family)
{
	size_t n = family == 4 ? 4 : 16;
	const uint8_t *ip = es_cur_take(value, n);

	if (ip == NULL)
		return;
	a->family = family;
	memset(a->ip, 0, sizeof(a->ip));
	memcpy(a->ip, ip, n);
}

static void
read_chunk(struct es_hep *h, struct stamp *t, uint16_t type, struct es_cur *v)
{
	switch (type) {
	case CHUNK_SRC_4:
	case CHUNK_SRC_6:
		read_ip(&h->src, v, type == CHUNK_SRC_4 ? 4 : 6);
		break;
	case CHUNK_DST_4:
	case CHUNK_DST_6:
		read_ip(&h->dst, v, type == CHUNK_DST_4 ? 4 : 6);
		break;
	case CHUNK_SRC_PORT:
		h->src.port = es_cur_be16(v);
		break;
	case CHUNK_DST_PORT:
		h->dst.port = es_cur_be16(v);
		break;
	case CHUNK_SECONDS:
		t->seconds = es_cur_be32(v);
		t->has_seconds = !v->bad;
		break;
	case CHUNK_MICROS:
		t->micros = es_cur_be32(v);
		break;
	case CHUNK_TYPE:
		h->type = es_cur_u8(v);
		break;
	default:
		break;
	}
}

static void
set_time(struct es_hep *h, const struct stamp *t)
{
	h->has_time = t->has_seconds && t->micros < 1000000;
	if (h->has_time)
		h->time = es_time_of_ns(
		    (int64_t)t->seconds * ES_NS_PER_S + (int64_t)t->micros * ES_NS_PER_US);
}

static bool
has_addresses(const struct es_hep *h)
{
	return h->src.family != 0 && h->src.family == h->dst.family;
}

static int
parse3(es_slice bytes, uint32_t wire_bytes, struct es_hep *h)
{
	struct es_cur c = es_cur_of(bytes);
	struct stamp t = { 0 };
	uint32_t n_bytes;

	if (es_hep_length(bytes, &n_bytes) != 0 || n_bytes > wire_bytes)
		return ES_EMALFORMED;
	if (bytes.n > n_bytes)
		c = es_cur_sub(&c, n_bytes);
	es_cur_skip(&c, ES_HEP_HEAD_BYTES);
	n_bytes -= ES_HEP_HEAD_BYTES; /* of chunks, as sent */
	while (n_bytes >= CHUNK_HEAD_BYTES && es_cur_left(&c) >= CHUNK_HEAD_BYTES) {
		uint16_t vendor = es_cur_be16(&c);
		uint16_t type = es_cur_be16(&c);
		uint16_t n = es_cur_be16(&c);
		struct es_cur value;
		size_t there;

		if (n < CHUNK_HEAD_BYTES || n > n_bytes)
			return ES_EMALFORMED;
		n_bytes -= n;
		n = (uint16_t)(n - CHUNK_HEAD_BYTES);
		there = es_cur_left(&c) < n ? es_cur_left(&c) : n; /* the capture may end in it */
		value = es_cur_sub(&c, there);
		if (vendor == 0 && (type == CHUNK_PAYLOAD || type == CHUNK_COMPRESSED)) {
			h->payload = es_cur_rest(&value);
			h->payload_wire_bytes = n;
			h->is_compressed = type == CHUNK_COMPRESSED;
		} else if (vendor == 0) {
			read_chunk(h, &t, type, &value);
		}
	}
	set_time(h, &t);
	return n_bytes == 0 || bytes.n < wire_bytes ? 0 : ES_EMALFORMED;
}

/* Version 1 and 2: head length, family, protocol, ports, addresses; 2 adds a time of host order. */
static int
parse12(es_slice bytes, uint32_t wire_bytes, struct es_hep *h)
{
	struct es_cur c = es_cur_of(bytes);
	struct stamp t = { 0 };
	uint8_t version = es_cur_u8(&c);
	uint8_t head_bytes = es_cur_u8(&c);
	uint8_t family = es_cur_u8(&c);
	uint8_t ip_bytes = family == FAMILY_INET ? 4 : 16;
	uint32_t short_bytes = 8u + 2u * ip_bytes; /* some senders of version 2 write this, too */
	uint32_t whole_bytes = short_bytes + (version == 2 ? V2_TIME_BYTES : 0u);

	es_cur_skip(&c, 1); /* protocol: UDP */
	h->src.port = es_cur_be16(&c);
	h->dst.port = es_cur_be16(&c);
	if ((version != 1 && version != 2) || (family != FAMILY_INET && family != FAMILY_INET6) ||
	    (head_bytes != short_bytes && (version == 1 || head_bytes != whole_bytes)))
		return ES_EMALFORMED;
	read_ip(&h->src, &c, ip_bytes == 4 ? 4 : 6);
	read_ip(&h->dst, &c, ip_bytes == 4 ? 4 : 6);
	if (version == 2) {
		t.seconds = es_cur_le32(&c);
		t.micros = es_cur_le32(&c);
		t.has_seconds = true;
		es_cur_skip(&c, 4); /* node, padding */
		set_time(h, &t);
	}
	h->type = ES_HEP_SIP;
	h->payload = es_cur_rest(&c);
	if (c.bad || wire_bytes < whole_bytes || !es_sip_is_start(h->payload))
		return ES_EMALFORMED;
	h->payload_wire_bytes = wire_bytes - whole_bytes;
	return 0;
}

int
es_hep_parse(es_slice bytes, uint32_t wire_bytes, struct es_hep *out)
{
	struct es_hep h;
	int err;

	memset(&h, 0, sizeof(h));
	if (bytes.n > 0 && bytes.p[0] == 'H')
		err = parse3(bytes, wire_bytes, &h);
	else
		err = parse12(bytes, wire_bytes, &h);
	if (err == 0 && !has_addresses(&h))
		err = ES_EMALFORMED;
	if (err == 0)
		*out = h;
	return err;
}
