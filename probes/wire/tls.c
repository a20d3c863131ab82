/* SPDX-License-Identifier: Apache-2.0 */
/* TLS records and the ClientHello. */
#include "probes/wire/tls.h"

#include "probes/base/cursor.h"
#include "probes/base/text.h"

enum {
	RECORD_HEAD_BYTES = 5,
	RECORD_MAX_BYTES = 16384 + 256,
	HANDSHAKE = 22,
	CLIENT_HELLO = 1,
	RANDOM_BYTES = 32,
	EXTENSION_ALPN = 16,
};

bool
es_tls_is_record(es_slice bytes)
{
	struct es_cur c = es_cur_of(bytes);
	uint8_t type = es_cur_u8(&c);
	uint8_t major = es_cur_u8(&c);
	uint8_t minor = es_cur_u8(&c);
	uint16_t n = es_cur_be16(&c);

	return !c.bad && type >= 20 && type <= 23 && major == 3 && minor <= 4 && n > 0 &&
	       n <= RECORD_MAX_BYTES;
}

static bool
names_sip(struct es_cur list)
{
	struct es_cur c = es_cur_sub(&list, es_cur_be16(&list));

	while (es_cur_left(&c) > 0) {
		uint8_t n = es_cur_u8(&c);

		if (es_text_begins(es_cur_slice(&c, n), "sip"))
			return true;
	}
	return false;
}

static bool
offers_sip(struct es_cur c)
{
	es_cur_skip(&c, 4 + 2 + RANDOM_BYTES); /* handshake head, version */
	es_cur_skip(&c, es_cur_u8(&c));        /* session */
	es_cur_skip(&c, es_cur_be16(&c));      /* cipher suites */
	es_cur_skip(&c, es_cur_u8(&c));        /* compression */
	es_cur_skip(&c, 2);                    /* length of all extensions */
	while (es_cur_left(&c) > 0) {
		uint16_t type = es_cur_be16(&c);
		uint16_t n = es_cur_be16(&c);
		struct es_cur value = es_cur_sub(&c, n);

		if (type == EXTENSION_ALPN && !value.bad)
			return names_sip(value);
	}
	return false;
}

int
es_tls_hello(es_slice bytes, bool *out)
{
	struct es_cur c = es_cur_of(bytes);
	struct es_cur record;
	uint16_t n;

	/* What is there decides as soon as it speaks against a ClientHello. */
	if (bytes.n == 0 || bytes.p[0] != HANDSHAKE || (bytes.n > 1 && bytes.p[1] != 3) ||
	    (bytes.n > RECORD_HEAD_BYTES && bytes.p[RECORD_HEAD_BYTES] != CLIENT_HELLO))
		return ES_EMALFORMED;
	if (bytes.n <= RECORD_HEAD_BYTES)
		return ES_ESHORT;
	if (!es_tls_is_record(bytes))
		return ES_EMALFORMED;
	es_cur_skip(&c, 3);
	n = es_cur_be16(&c);
	if (es_cur_left(&c) < n)
		return ES_ESHORT;
	record = es_cur_sub(&c, n);
	*out = offers_sip(record);
	return 0;
}
