/* SPDX-License-Identifier: Apache-2.0 */
/* TLS records, and what a connection begins with. */
#include "probes/wire/other/tls_record.h"

#include "probes/base/cursor.h"
#include "probes/base/text.h"
#include "probes/wire/other/tls_handshake.h"

enum { FRAGMENT_MAX_BYTES = 16384 + 256 };

/* Type, version and length at the front; the length is 0 where it is no record. */
static uint16_t
head(struct es_cur *c, uint8_t *type)
{
	uint8_t major, minor;
	uint16_t n;

	*type = es_cur_u8(c);
	major = es_cur_u8(c);
	minor = es_cur_u8(c);
	n = es_cur_be16(c);
	return !c->bad && *type >= ES_TLS_CHANGE_CIPHER_SPEC && *type <= ES_TLS_APPLICATION_DATA &&
		       major == 3 && minor <= 4
		   ? n
		   : 0;
}

bool
es_tls_is_record(es_slice bytes)
{
	struct es_cur c = es_cur_of(bytes);
	uint8_t type;
	uint16_t n = head(&c, &type);

	return n > 0 && n <= FRAGMENT_MAX_BYTES;
}

int
es_tls_record_parse(es_slice bytes, struct es_tls_record *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint8_t type;
	uint16_t n = head(&c, &type);

	if (bytes.n < ES_TLS_RECORD_HEAD_BYTES)
		return ES_ESHORT;
	if (n == 0 || n > ES_TLS_RECORD_MAX_BYTES - ES_TLS_RECORD_HEAD_BYTES)
		return ES_EMALFORMED;
	if (es_cur_left(&c) < n)
		return ES_ESHORT;
	out->type = (enum es_tls_content)type;
	out->whole = es_text_first(bytes, ES_TLS_RECORD_HEAD_BYTES + (size_t)n);
	out->fragment = es_cur_slice(&c, n);
	return 0;
}

static bool
names(es_slice protocols, const char *prefix)
{
	struct es_cur list = es_cur_of(protocols);
	struct es_cur c = es_cur_sub(&list, es_cur_be16(&list));

	while (es_cur_left(&c) > 0) {
		uint8_t n = es_cur_u8(&c);

		if (es_text_begins(es_cur_slice(&c, n), prefix))
			return true;
	}
	return false;
}

/* Whether nothing that is there speaks against a handshake message of this type. */
static bool
may_begin_with(es_slice bytes, enum es_tls_message type)
{
	return bytes.n > 0 && bytes.p[0] == ES_TLS_HANDSHAKE && (bytes.n == 1 || bytes.p[1] == 3) &&
	       (bytes.n <= ES_TLS_RECORD_HEAD_BYTES || bytes.p[ES_TLS_RECORD_HEAD_BYTES] == type);
}

bool
es_tls_is_server_hello(es_slice bytes)
{
	return bytes.n > ES_TLS_RECORD_HEAD_BYTES && es_tls_is_record(bytes) &&
	       may_begin_with(bytes, ES_TLS_SERVER_HELLO);
}

int
es_tls_hello(es_slice bytes, bool *out)
{
	struct es_tls_client_hello hello;
	struct es_tls_record r;
	int err;

	if (!may_begin_with(bytes, ES_TLS_CLIENT_HELLO))
		return ES_EMALFORMED;
	if (bytes.n <= ES_TLS_RECORD_HEAD_BYTES)
		return ES_ESHORT;
	if (!es_tls_is_record(bytes))
		return ES_EMALFORMED;
	err = es_tls_record_parse(bytes, &r);
	if (err != 0)
		return err;
	*out = es_tls_client_hello_parse(r.fragment, &hello) == 0 && names(hello.protocols, "sip");
	return 0;
}

bool
es_tls_offers_turn(es_slice bytes)
{
	struct es_tls_client_hello hello;
	struct es_tls_record r;

	return es_tls_record_parse(bytes, &r) == 0 &&
	       es_tls_client_hello_parse(r.fragment, &hello) == 0 &&
	       names(hello.protocols, "stun.");
}
