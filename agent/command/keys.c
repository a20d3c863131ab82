/* SPDX-License-Identifier: Apache-2.0 */
/* Keys for the engines of a command. */
#include "agent/command/keys.h"

#include "runtime/rights.h"

#include <inttypes.h>
#include <stdio.h>

static void
report(void *ctx, bool is_bad, const char *text)
{
	struct es_command_keys *k = ctx;

	fprintf(stderr, "earshot %s: %s\n", k->command, text);
	k->bad |= is_bad;
}

/* Opens a log, of a file or of what captures bring, and what reads with it. */
static int
open_log(struct es_command_keys *k, const struct es_keylog_config *log)
{
	int rc = es_keylog_new(log, &k->log);

	if (rc == 0)
		rc = es_tls_reader_new(k->log, &k->tls);
	if (rc == ES_ENOMEM)
		report(k, true, "keys of TLS: out of memory");
	return rc;
}

int
es_command_keys_open(struct es_command_keys *k, const struct es_command_keys_wanted *wanted)
{
	const struct es_keylog_config log = {
		.path = wanted->keylog, .is_growing = wanted->is_growing, .report = report, .ctx = k
	};
	int rc = 0;

	if ((wanted->use_keys || wanted->keylog != NULL) && es_rights_forbid_core() != 0)
		report(k, false, "note: core dumps of memory with keys cannot be forbidden");
	if (wanted->use_keys) {
		rc = es_srtp_new(&k->srtp);
		if (rc != 0)
			report(k, true, "--use-keys: libsrtp does not start");
	}
	if (rc != 0 || wanted->keylog == NULL)
		return rc;
	return open_log(k, &log);
}

static void
take_secrets(void *ctx, const char *file, es_slice part, bool is_last)
{
	struct es_command_keys *k = ctx;

	if (k->log != NULL)
		es_keylog_take(k->log, file, part, is_last);
	else
		k->has_unused = true;
}

static void
refuse_secrets(void *ctx, const char *text)
{
	report(ctx, true, text);
}

int
es_command_keys_inside(struct es_command_keys *k, struct es_capture *capture)
{
	const struct es_capture_secrets to = { k, take_secrets, refuse_secrets };
	const struct es_keylog_config none = { .report = report, .ctx = k };

	if (!es_capture_give_secrets(capture, &to) || k->log != NULL)
		return 0;
	if (es_rights_forbid_core() != 0)
		report(k, false, "note: core dumps of memory with keys cannot be forbidden");
	k->is_inside_only = true;
	return open_log(k, &none);
}

void
es_command_keys_apply(const struct es_command_keys *k, struct es_config *cfg)
{
	if (k->srtp != NULL)
		cfg->keys = es_srtp_callbacks(k->srtp);
	if (k->tls != NULL)
		cfg->tls = es_tls_reader_opener(k->tls);
}

/* What kept connections from being read; those that are no fault of the capture are notes if others could be. */
static const struct {
	enum es_counter counter;
	bool is_note;
	const char *what;
} obstacles[] = {
	{ ES_CNT_TLS_NO_KEY, true, "TLS connections have no key in the key log" },
	{ ES_CNT_TLS_UNSUPPORTED, true,
	    "TLS connections are of a kind that is not read: expected TLS 1.2 or 1.3 with AES-GCM, "
	    "AES-CCM, ChaCha20-Poly1305 or AES-CBC, and one handshake" },
	{ ES_CNT_TLS_MIDDLE, true,
	    "TLS connections began before the capture and cannot be read: expected their first "
	    "packets" },
	{ ES_CNT_TLS_EARLY, true, "records of TLS early data (0-RTT) were passed over" },
	{ ES_CNT_TLS_HOLES, false,
	    "TLS connections were read only in part, or not: the capture misses bytes of them" },
	{ ES_CNT_TLS_FAILED, false,
	    "TLS connections were given up: a record is damaged, or does not fit the key in the "
	    "key log" },
	{ ES_CNT_TLS_LEFT, false, "TLS connections were left out for want of room" },
};

enum { OBSTACLES = sizeof(obstacles) / sizeof(obstacles[0]) };

void
es_command_keys_report(struct es_command_keys *k, const struct es_engine *engine, es_slice vantage)
{
	bool is_any_read = es_engine_counter(engine, ES_CNT_TLS_RECORDS) > 0;
	bool has_any = is_any_read;

	if (k->has_unused)
		report(k, false,
		    "note: a capture holds keys of TLS behind its first packets only, which were "
		    "not "
		    "used: put them in front with editcap --inject-secrets, or give them as "
		    "--keylog");
	k->has_unused = false;
	if (k->tls == NULL)
		return;
	for (unsigned i = 0; i < OBSTACLES; i++) {
		uint64_t n = es_engine_counter(engine, obstacles[i].counter);
		bool is_note = obstacles[i].is_note && (is_any_read || k->is_inside_only);

		if (n == 0)
			continue;
		has_any = true;
		k->bad |= !is_note;
		fprintf(stderr, "earshot %s: %.*s%s%s%" PRIu64 " %s\n", k->command, (int)vantage.n,
		    (const char *)vantage.p, vantage.n > 0 ? ": " : "", is_note ? "note: " : "", n,
		    obstacles[i].what);
	}
	if (!has_any && !k->is_inside_only)
		fprintf(stderr, "earshot %s: %.*s%snote: no TLS connection was found to read\n",
		    k->command, (int)vantage.n, (const char *)vantage.p, vantage.n > 0 ? ": " : "");
}

void
es_command_keys_done(struct es_command_keys *k)
{
	es_tls_reader_free(k->tls);
	es_keylog_free(k->log);
	es_srtp_free(k->srtp);
}
