/* SPDX-License-Identifier: Apache-2.0 */
/* Handshake messages of TLS: both hellos, and where the others end. */
#include "probes/wire/other/tls_handshake.h"

#include "probes/base/cursor.h"

enum {
	EXTENSION_TRUNCATED_HMAC = 4,
	EXTENSION_ALPN = 16,
	EXTENSION_ENCRYPT_THEN_MAC = 22,
	EXTENSION_EARLY_DATA = 42,
	EXTENSION_SUPPORTED_VERSIONS = 43,
};

/* The random of a ServerHello that is a HelloRetryRequest (RFC 8446 section 4.1.3): SHA-256 of that name. */
static const uint8_t retry[ES_TLS_RANDOM_BYTES] = { 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
	0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c,
	0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c };

/* The next extension; false after the last. */
static bool
next_extension(struct es_cur *list, uint16_t *type, es_slice *value)
{
	*type = es_cur_be16(list);
	*value = es_cur_slice(list, es_cur_be16(list));
	return !list->bad;
}

/* Both hellos begin alike: the message's head, a version, the random. */
static int
begin(struct es_cur *c, enum es_tls_message wanted, uint16_t *version, es_slice *random)
{
	uint8_t type = es_cur_u8(c);
	uint32_t n =
	    es_cur_be24(c); /* which may reach into the next record, or end before this one does */

	if (n < es_cur_left(c))
		*c = es_cur_sub(c, n);
	*version = es_cur_be16(c);
	*random = es_cur_slice(c, ES_TLS_RANDOM_BYTES);
	return c->bad || type != wanted ? ES_EMALFORMED : 0;
}

int
es_tls_client_hello_parse(es_slice fragment, struct es_tls_client_hello *out)
{
	struct es_cur c = es_cur_of(fragment);
	struct es_tls_client_hello h = { .has_early_data = false };
	uint16_t version, type;
	es_slice value;
	int err = begin(&c, ES_TLS_CLIENT_HELLO, &version, &h.random);

	if (err != 0)
		return err;
	es_cur_skip(&c, es_cur_u8(&c));   /* session */
	es_cur_skip(&c, es_cur_be16(&c)); /* cipher suites */
	es_cur_skip(&c, es_cur_u8(&c));   /* compression */
	es_cur_skip(&c, 2);               /* length of all extensions */
	while (next_extension(&c, &type, &value)) {
		if (type == EXTENSION_ALPN)
			h.protocols = value;
		h.has_early_data |= type == EXTENSION_EARLY_DATA;
	}
	*out = h;
	return 0;
}

int
es_tls_server_hello_parse(es_slice fragment, struct es_tls_server_hello *out)
{
	struct es_cur c = es_cur_of(fragment);
	struct es_tls_server_hello h = { .is_retry = false };
	struct es_cur list;
	uint16_t type;
	es_slice value;
	int err = begin(&c, ES_TLS_SERVER_HELLO, &h.version, &h.random);

	if (err != 0)
		return err;
	es_cur_skip(&c, es_cur_u8(&c)); /* session */
	h.suite = es_cur_be16(&c);
	h.compression = es_cur_u8(&c);
	if (c.bad)
		return ES_EMALFORMED;
	list = es_cur_sub(&c, es_cur_be16(&c)); /* bad if it is missing: then nothing is read */
	while (next_extension(&list, &type, &value)) {
		if (type == EXTENSION_SUPPORTED_VERSIONS && value.n == 2)
			h.version = (uint16_t)(value.p[0] << 8 | value.p[1]);
		h.is_mac_last |= type == EXTENSION_ENCRYPT_THEN_MAC;
		h.is_mac_cut |= type == EXTENSION_TRUNCATED_HMAC;
	}
	h.is_retry = es_slice_eq(h.random, es_slice_of(retry, sizeof(retry)));
	*out = h;
	return 0;
}

uint8_t
es_tls_message_next(struct es_tls_messages *m, es_slice *bytes)
{
	struct es_cur c = es_cur_of(*bytes);
	size_t n;

	while (m->n_head < sizeof(m->head) && es_cur_left(&c) > 0) {
		m->head[m->n_head++] = es_cur_u8(&c);
		if (m->n_head == sizeof(m->head))
			m->left =
			    (uint32_t)m->head[1] << 16 | (uint32_t)m->head[2] << 8 | m->head[3];
	}
	n = m->left < es_cur_left(&c) ? m->left : es_cur_left(&c);
	if (m->n_head == sizeof(m->head)) {
		es_cur_skip(&c, n);
		m->left -= (uint32_t)n;
	}
	*bytes = es_cur_rest(&c);
	if (m->n_head < sizeof(m->head) || m->left > 0)
		return 0;
	m->n_head = 0;
	return m->head[0];
}
