/* SPDX-License-Identifier: Apache-2.0 */
/* The file of the key log, line by line. */
#include "agent/keylog.h"

#include "probes/base/hash.h"
#include "probes/base/pool.h"
#include "probes/base/table.h"
#include "probes/base/text.h"
#include "runtime/crypto/hmac.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAID_MAX_BYTES = 512 };

struct es_keylog {
	struct es_keylog_config cfg;
	const char *name; /* of what is read, for messages */
	int fd;
	struct es_pool rows; /* struct es_keylog_row */
	struct es_table table;
	struct es_hash_key key;
	uint64_t line;   /* number of the last one */
	uint64_t n_bad;  /* lines */
	uint64_t n_left; /* lines of connections that found no room */
	size_t n_read;   /* bytes */
	size_t n;        /* bytes in buffer: a line that is not whole */
	bool is_long;    /* what comes up to the next line's end belongs to one that is too long */
	char buffer[ES_KEYLOG_LINE_MAX_BYTES];
};

static const struct {
	const char *label;
	enum es_keylog_secret secret;
	uint8_t least_bytes;
} labels[] = {
	{ "CLIENT_RANDOM", ES_KEYLOG_MASTER, 48 },
	{ "CLIENT_HANDSHAKE_TRAFFIC_SECRET", ES_KEYLOG_CLIENT_HANDSHAKE, 32 },
	{ "SERVER_HANDSHAKE_TRAFFIC_SECRET", ES_KEYLOG_SERVER_HANDSHAKE, 32 },
	{ "CLIENT_TRAFFIC_SECRET_0", ES_KEYLOG_CLIENT_TRAFFIC, 32 },
	{ "SERVER_TRAFFIC_SECRET_0", ES_KEYLOG_SERVER_TRAFFIC, 32 },
};

enum { LABELS = sizeof(labels) / sizeof(labels[0]) };

static void
report(const struct es_keylog *k, bool is_bad, const char *text)
{
	k->cfg.report(k->cfg.ctx, is_bad, text);
}

/* Reports what a line should have been, never what it is: that may be a secret. */
static void
complain(struct es_keylog *k, const char *expected)
{
	char text[SAID_MAX_BYTES];

	if (++k->n_bad > ES_KEYLOG_BAD_LINES_MAX)
		return;
	(void)snprintf(
	    text, sizeof(text), "%s:%" PRIu64 ": expected %s", k->name, k->line, expected);
	report(k, true, text);
}

static struct es_keylog_row *
row_of(const struct es_keylog *k, const uint8_t random[ES_KEYLOG_RANDOM_BYTES])
{
	uint64_t hash = es_hash(&k->key, es_slice_of(random, ES_KEYLOG_RANDOM_BYTES));
	struct es_probe at = es_table_probe(&k->table, hash);
	uint32_t i;

	while ((i = es_table_next(&k->table, &at)) != ES_TABLE_NONE) {
		struct es_keylog_row *row = es_pool_at(&k->rows, i);

		if (memcmp(row->client_random, random, ES_KEYLOG_RANDOM_BYTES) == 0)
			return row;
	}
	return NULL;
}

static struct es_keylog_row *
make_row(struct es_keylog *k, const uint8_t random[ES_KEYLOG_RANDOM_BYTES])
{
	uint32_t i = es_pool_take(&k->rows);
	struct es_keylog_row *row;

	if (i == ES_POOL_NONE) {
		k->n_left++;
		return NULL;
	}
	row = es_pool_at(&k->rows, i);
	memcpy(row->client_random, random, ES_KEYLOG_RANDOM_BYTES);
	(void)es_table_insert(&k->table,
	    es_hash(&k->key, es_slice_of(random, ES_KEYLOG_RANDOM_BYTES)),
	    i); /* as large as the pool */
	return row;
}

/* The latest line about a secret counts. */
static void
take_secret(struct es_keylog *k, unsigned label, es_slice random_text, es_slice secret_text)
{
	uint8_t random[ES_KEYLOG_RANDOM_BYTES], secret[ES_KEYLOG_SECRET_MAX_BYTES];
	size_t n = secret_text.n / 2;
	struct es_keylog_row *row;

	if (es_hex_parse(random_text, random, sizeof(random)) != 0 ||
	    (n != labels[label].least_bytes && n != ES_KEYLOG_SECRET_MAX_BYTES) ||
	    es_hex_parse(secret_text, secret, n) != 0) {
		complain(
		    k, labels[label].secret == ES_KEYLOG_MASTER
			   ? "CLIENT_RANDOM, then 64 and 96 hexadecimal digits"
			   : "a traffic secret: the label, 64 hexadecimal digits, and 64 or 96");
	} else {
		row = row_of(k, random);
		if (row == NULL)
			row = make_row(k, random);
		if (row != NULL) {
			row->n_bytes[labels[label].secret] = (uint8_t)n;
			memcpy(row->secret[labels[label].secret], secret, n);
		}
	}
	es_secret_zero(secret, sizeof(secret));
}

/* Labels of other secrets (exporters, early data, RSA, ECH) are as long as they like, but words. */
static bool
is_label(es_slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!(text.p[i] >= 'A' && text.p[i] <= 'Z') && !es_is_digit(text.p[i]) &&
		    text.p[i] != '_')
			return false;
	return text.n > 0;
}

static es_slice
next_word(es_slice *rest)
{
	es_slice word;

	do
		word = es_text_cut(rest, ' ');
	while (word.n == 0 && rest->n > 0);
	return word;
}

static void
take_line(struct es_keylog *k, es_slice line)
{
	es_slice label, random, secret;

	k->line++;
	if (k->line == 1 && es_text_begins(line, "\xef\xbb\xbf"))
		line = es_text_from(line, 3); /* what editors put in front of UTF-8 */
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	label = next_word(&line);
	if (label.n == 0 || label.p[0] == '#')
		return;
	random = next_word(&line);
	secret = next_word(&line);
	if (!is_label(label) || secret.n == 0 || next_word(&line).n > 0) {
		complain(k, "a label, a client random and a secret, as CLIENT_RANDOM 5b.. 9f..");
		return;
	}
	for (unsigned i = 0; i < LABELS; i++) {
		if (es_text_is(label, labels[i].label)) {
			take_secret(k, i, random, secret);
			return;
		}
	}
}

/* The whole lines in the buffer; what is left moves to its front. */
static void
take_lines(struct es_keylog *k)
{
	char *at = k->buffer, *end = k->buffer + k->n, *line_end;

	while ((line_end = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		if (!k->is_long)
			take_line(k, es_slice_of((uint8_t *)at, (size_t)(line_end - at)));
		k->is_long = false;
		at = line_end + 1;
	}
	k->n = (size_t)(end - at);
	memmove(k->buffer, at, k->n);
	if (k->n < sizeof(k->buffer))
		return;
	k->n = 0;
	if (!k->is_long) {
		k->line++;
		complain(k, "lines of at most 16384 bytes");
	}
	k->is_long = true;
}

/* Reads what is there, or what came since. */
static int
read_on(struct es_keylog *k)
{
	char text[SAID_MAX_BYTES];
	ssize_t n = 0;

	while (k->n_read < ES_KEYLOG_MAX_BYTES) {
		n = read(k->fd, k->buffer + k->n, sizeof(k->buffer) - k->n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		k->n += (size_t)n;
		k->n_read += (size_t)n;
		take_lines(k);
	}
	if (n < 0) {
		(void)snprintf(
		    text, sizeof(text), "cannot read key log %s: %s", k->cfg.path, strerror(errno));
		report(k, true, text);
		return ES_EIO;
	}
	return 0;
}

static int
open_file(struct es_keylog *k)
{
	char text[SAID_MAX_BYTES];
	struct stat st;

	k->fd = open(k->cfg.path, O_RDONLY | O_CLOEXEC);
	if (k->fd < 0 || fstat(k->fd, &st) != 0) {
		(void)snprintf(
		    text, sizeof(text), "cannot read key log %s: %s", k->cfg.path, strerror(errno));
		report(k, true, text);
		return ES_EIO;
	}
	k->cfg.is_growing &= S_ISREG(st.st_mode); /* of a pipe a read would wait */
	if (S_ISREG(st.st_mode) && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		(void)snprintf(text, sizeof(text),
		    "note: key log %s is open to other users (mode %04o): chmod 600 it",
		    k->cfg.path, (unsigned)(st.st_mode & 07777));
		report(k, false, text);
	}
	return 0;
}

/* is_inside: not the file itself, which should hold keys. */
static void
sum_up(struct es_keylog *k, bool is_inside)
{
	char text[SAID_MAX_BYTES];

	if (k->n_bad > ES_KEYLOG_BAD_LINES_MAX) {
		(void)snprintf(text, sizeof(text), "%s: %" PRIu64 " more lines were not understood",
		    k->name, k->n_bad - ES_KEYLOG_BAD_LINES_MAX);
		report(k, true, text);
	}
	if (k->n_read >= ES_KEYLOG_MAX_BYTES) {
		(void)snprintf(text, sizeof(text), "%s: longer than %d MiB: the rest was left out",
		    k->name, (int)ES_KEYLOG_MAX_BYTES >> 20);
		report(k, true, text);
	}
	if (k->n_left > 0) {
		(void)snprintf(text, sizeof(text),
		    "%s: %" PRIu64 " lines were left out: there is room for %d connections",
		    k->name, k->n_left, (int)ES_KEYLOG_CONNECTIONS_MAX);
		report(k, true, text);
	}
	if (k->rows.n_used == 0 && !k->cfg.is_growing && !is_inside) {
		(void)snprintf(text, sizeof(text),
		    "%s: holds no key: expected lines as CLIENT_RANDOM 5b.. 9f.. (SSLKEYLOGFILE)",
		    k->name);
		report(k, true, text);
	}
}

/* The last line may lack its end. */
static void
take_rest(struct es_keylog *k)
{
	if (k->n > 0 && !k->is_long)
		take_line(k, es_slice_of((uint8_t *)k->buffer, k->n));
	k->n = 0;
	k->is_long = false;
}

int
es_keylog_new(const struct es_keylog_config *cfg, struct es_keylog **out)
{
	struct es_keylog *k = calloc(1, sizeof(*k));
	uint8_t hash_key[16];
	int err;

	if (k == NULL)
		return ES_ENOMEM;
	k->cfg = *cfg;
	k->name = cfg->path;
	k->fd = -1;
	es_random_bytes(hash_key, sizeof(hash_key));
	k->key = es_hash_key_of(hash_key);
	err = es_pool_new(&k->rows, ES_KEYLOG_CONNECTIONS_MAX, sizeof(struct es_keylog_row));
	if (err == 0)
		err = es_table_new(&k->table, ES_KEYLOG_CONNECTIONS_MAX);
	if (err == 0 && cfg->path != NULL)
		err = open_file(k);
	if (err == 0 && cfg->path != NULL)
		err = read_on(k);
	if (err != 0) {
		es_keylog_free(k);
		return err;
	}
	if (!k->cfg.is_growing)
		take_rest(k);
	if (cfg->path != NULL)
		sum_up(k, false);
	*out = k;
	return 0;
}

void
es_keylog_free(struct es_keylog *k)
{
	if (k == NULL)
		return;
	if (k->fd >= 0)
		(void)close(k->fd); /* read only: nothing is lost */
	es_table_free(&k->table);
	if (k->rows.items != NULL)
		es_secret_zero(k->rows.items, (size_t)k->rows.fresh * k->rows.item_bytes);
	es_pool_free(&k->rows);
	es_secret_zero(k, sizeof(*k));
	free(k);
}

void
es_keylog_take(struct es_keylog *k, const char *name, es_slice part, bool is_last)
{
	char text[SAID_MAX_BYTES];

	(void)snprintf(text, sizeof(text), "%.200s, its decryption secrets", name);
	k->name = text;
	while (part.n > 0 && k->n_read < ES_KEYLOG_MAX_BYTES) {
		size_t room = sizeof(k->buffer) - k->n, n = part.n < room ? part.n : room;

		memcpy(k->buffer + k->n, part.p, n);
		k->n += n;
		k->n_read += n;
		part = es_text_from(part, n);
		take_lines(k);
	}
	if (is_last) {
		take_rest(k);
		sum_up(k, true);
		k->line = k->n_bad = k->n_left = 0;
	}
	k->name = k->cfg.path;
}

const struct es_keylog_row *
es_keylog_find(struct es_keylog *k, const uint8_t client_random[ES_KEYLOG_RANDOM_BYTES])
{
	return row_of(k, client_random);
}

bool
es_keylog_is_longer(struct es_keylog *k)
{
	uint64_t line = k->line;

	return k->cfg.is_growing && read_on(k) == 0 && k->line > line;
}

bool
es_keylog_is_growing(const struct es_keylog *k)
{
	return k->cfg.is_growing;
}
