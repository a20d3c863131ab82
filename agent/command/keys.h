/* SPDX-License-Identifier: Apache-2.0 */
/* What --use-keys and --keylog give an engine, and what came of it. */
#ifndef AGENT_COMMAND_KEYS_H
#define AGENT_COMMAND_KEYS_H

#include "agent/capture/capture.h"
#include "agent/srtp.h"
#include "agent/tls_reader.h"

struct es_command_keys {
	const char *command; /* "read": begins each message */
	bool bad;            /* more than a note was reported: exit status 1 */
	struct es_srtp *srtp;
	struct es_keylog *log;
	struct es_tls_reader *tls;
	bool is_inside_only; /* no --keylog: only keys inside captures */
	bool has_unused;     /* such keys were read, but the TLS reader was not opened */
};

struct es_command_keys_wanted {
	bool use_keys;
	const char *keylog; /* NULL: none */
	bool is_growing;    /* it may be written to while it is used */
};

/*
 * Opens what is wanted; command is set before. Memory with keys goes into no core dump from then on.
* Not 0: the reason was reported. Call es_command_keys_done in any case.
 */
int es_command_keys_open(struct es_command_keys *k, const struct es_command_keys_wanted *wanted);

/*
 * Uses keys inside the capture like those of --keylog. Call it before es_command_keys_apply. Not 0: the reason was
 * reported.
 */
int es_command_keys_inside(struct es_command_keys *k, struct es_capture *capture);
/* Sets the callbacks for keys in cfg; they borrow from k, which must outlive the engine. */
void es_command_keys_apply(const struct es_command_keys *k, struct es_config *cfg);

/* Reports which connections of TLS the engine could not read. vantage: name of it among several, else empty. */
void
es_command_keys_report(struct es_command_keys *k, const struct es_engine *engine, es_slice vantage);

void es_command_keys_done(struct es_command_keys *k); /* behind the engines */

#endif
