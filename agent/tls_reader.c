/* SPDX-License-Identifier: Apache-2.0 */
/* Connections whose keys are at hand: what a phase's keys come from, and records through them. */
#include "agent/tls_reader.h"

#include "runtime/crypto/hmac.h"
#include "runtime/crypto/tls_opening.h"

#include <stdlib.h>
#include <string.h>

struct connection {
	const struct es_keylog_row *row;
	struct es_tls_suite suite;
	struct es_tls_hellos hellos;
	struct es_tls_opening *opening[2]; /* the client's, the server's; NULL: no keys yet */
	uint32_t next_free;
	bool is_used;
};

struct es_tls_reader {
	struct es_keylog *log;
	uint32_t n_fresh; /* from here on none was ever used */
	uint32_t free_head;
	struct connection at[ES_TLS_READER_CONNECTIONS_MAX];
};

/* Which secret the keys of a direction come from. */
static enum es_keylog_secret
secret_of(const struct es_tls_suite *suite, bool by_server, enum es_tls_phase phase)
{
	if (!suite->is_1_3)
		return ES_KEYLOG_MASTER;
	if (phase == ES_TLS_HANDSHAKE_KEYS)
		return by_server ? ES_KEYLOG_SERVER_HANDSHAKE : ES_KEYLOG_CLIENT_HANDSHAKE;
	return by_server ? ES_KEYLOG_SERVER_TRAFFIC : ES_KEYLOG_CLIENT_TRAFFIC;
}

static bool
has_secret(
    const struct es_keylog_row *row, const struct es_tls_suite *suite, enum es_keylog_secret which)
{
	uint8_t wanted = suite->is_1_3 ? es_tls_hash_bytes(suite->schedule) : 48;

	return row->n_bytes[which] == wanted;
}

/* Whether a log that is whole has all it takes; one that grows gets the later secrets later. */
static bool
is_enough(const struct es_keylog_row *row, const struct es_tls_suite *suite, bool is_growing)
{
	bool is_enough = true;

	for (int side = 0; side < 2; side++) {
		is_enough &=
		    has_secret(row, suite, secret_of(suite, side == 1, ES_TLS_HANDSHAKE_KEYS));
		is_enough &= is_growing || has_secret(row, suite,
					       secret_of(suite, side == 1, ES_TLS_TRAFFIC_KEYS));
	}
	return is_enough;
}

/* NULL: the log has not what it takes. */
static const struct es_keylog_row *
find(const struct es_tls_reader *r, const struct es_tls_hellos *hellos,
    const struct es_tls_suite *suite)
{
	bool is_growing = es_keylog_is_growing(r->log);

	do {
		const struct es_keylog_row *row = es_keylog_find(r->log, hellos->client_random);

		if (row != NULL && is_enough(row, suite, is_growing))
			return row;
	} while (es_keylog_is_longer(r->log));
	return NULL;
}

/* What a log that grows lacks may come. */
static int
missing(const struct es_tls_reader *r)
{
	return es_keylog_is_growing(r->log) ? ES_EAGAIN : ES_ENOTFOUND;
}

static int
open_connection(void *ctx, const struct es_tls_hellos *hellos, uint32_t *id)
{
	struct es_tls_reader *r = ctx;
	uint32_t i = r->free_head;
	const struct es_keylog_row *row;
	struct es_tls_suite suite;
	int err = es_tls_suite_of(hellos->version, hellos->suite, &suite);

	if (err != 0)
		return err;
	row = find(r, hellos, &suite);
	if (row == NULL)
		return missing(r);
	if (i != ES_TLS_READER_CONNECTIONS_MAX)
		r->free_head = r->at[i].next_free;
	else if (r->n_fresh < ES_TLS_READER_CONNECTIONS_MAX)
		i = r->n_fresh++;
	else
		return ES_EFULL;
	r->at[i] =
	    (struct connection){ .row = row, .suite = suite, .hellos = *hellos, .is_used = true };
	*id = i;
	return 0;
}

static struct connection *
connection_of(struct es_tls_reader *r, uint32_t id)
{
	return id < r->n_fresh && r->at[id].is_used ? &r->at[id] : NULL;
}

static int
make_keys(struct es_tls_reader *r, const struct connection *c, bool by_server,
    enum es_tls_phase phase, struct es_tls_opening **out)
{
	enum es_keylog_secret which = secret_of(&c->suite, by_server, phase);
	struct es_tls_master master = {
		.secret = c->row->secret[ES_KEYLOG_MASTER],
		.client_random = c->hellos.client_random,
		.server_random = c->hellos.server_random,
		.by_server = by_server,
		.is_mac_last = c->hellos.is_mac_last,
	};

	while (!has_secret(c->row, &c->suite, which))
		if (!es_keylog_is_longer(r->log))
			return missing(r);
	if (!c->suite.is_1_3)
		return es_tls_opening_1_2(&c->suite, &master, out);
	return es_tls_opening_1_3(
	    &c->suite, es_slice_of(c->row->secret[which], c->row->n_bytes[which]), out);
}

static int
rekey(void *ctx, uint32_t id, bool by_server, enum es_tls_phase phase)
{
	struct es_tls_reader *r = ctx;
	struct connection *c = connection_of(r, id);
	struct es_tls_opening **at, *next;
	int err;

	if (c == NULL)
		return ES_EINVALID;
	at = &c->opening[by_server ? 1 : 0];
	if (phase == ES_TLS_UPDATED_KEYS)
		return *at != NULL ? es_tls_opening_update(*at) : ES_EINVALID;
	err = make_keys(r, c, by_server, phase, &next);
	if (err != 0)
		return err;
	es_tls_opening_free(*at);
	*at = next;
	return 0;
}

static int
open_record(void *ctx, uint32_t id, bool by_server, es_slice record, uint8_t *out, size_t *n_out,
    uint8_t *type)
{
	struct connection *c = connection_of(ctx, id);

	if (c == NULL || c->opening[by_server ? 1 : 0] == NULL)
		return ES_EINVALID;
	return es_tls_opening_record(c->opening[by_server ? 1 : 0], record, out, n_out, type);
}

static void
close_connection(void *ctx, uint32_t id)
{
	struct es_tls_reader *r = ctx;
	struct connection *c = connection_of(r, id);

	if (c == NULL)
		return;
	es_tls_opening_free(c->opening[0]);
	es_tls_opening_free(c->opening[1]);
	*c = (struct connection){ .next_free = r->free_head };
	r->free_head = id;
}

int
es_tls_reader_new(struct es_keylog *log, struct es_tls_reader **out)
{
	struct es_tls_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return ES_ENOMEM;
	r->log = log;
	r->free_head = ES_TLS_READER_CONNECTIONS_MAX;
	*out = r;
	return 0;
}

void
es_tls_reader_free(struct es_tls_reader *r)
{
	if (r == NULL)
		return;
	for (uint32_t i = 0; i < r->n_fresh; i++)
		close_connection(r, i);
	free(r);
}

struct es_tls_opener
es_tls_reader_opener(struct es_tls_reader *r)
{
	return (struct es_tls_opener){ r, open_connection, rekey, open_record, close_connection };
}
