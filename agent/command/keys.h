/* SPDX-License-Identifier: Apache-2.0 */
/* What --use-keys and --keylog give an engine, and what came of it. */
#ifndef AGENT_COMMAND_KEYS_H
#define AGENT_COMMAND_KEYS_H

#include "agent/capture/capture.h"
#include "agent/srtp.h"
#include "agent/tls_reader.h"

struct es_command_keys {
	const char *command; /* "read": who tells */
	bool bad;            /* something was told that is more than a note: exit status 1 */
	struct es_srtp *srtp;
	struct es_keylog *log;
	struct es_tls_reader *tls;
	bool is_inside_only; /* no --keylog: keys that stand in captures alone */
	bool has_unused;     /* such keys were met, and nobody reads TLS */
};

struct es_command_keys_wanted {
	bool use_keys;
	const char *keylog; /* NULL: none */
	bool is_growing;    /* it may be written to while it is used */
};

/*
 * Opens what is wanted; command is set before. Memory with keys goes into no core dump from then on.
 * Not 0: it was told why. Call done in any case.
 */
int es_command_keys_open(struct es_command_keys *k, const struct es_command_keys_wanted *wanted);

/* Keys that stand in a capture are used like those of --keylog. Call before apply. Not 0: it was told why. */
int es_command_keys_inside(struct es_command_keys *k, struct es_capture *capture);
void es_command_keys_apply(const struct es_command_keys *k, struct es_config *cfg);

/* Tells which connections of TLS the engine could not read. vantage: of several, else empty. */
void
es_command_keys_report(struct es_command_keys *k, const struct es_engine *engine, es_slice vantage);

void es_command_keys_done(struct es_command_keys *k); /* behind the engines */

#endif
