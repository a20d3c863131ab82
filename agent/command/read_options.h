/* SPDX-License-Identifier: Apache-2.0 */
/* Options that `earshot read` and `earshot live` share. */
#ifndef AGENT_COMMAND_READ_OPTIONS_H
#define AGENT_COMMAND_READ_OPTIONS_H

#include "earshot/engine.h"

struct es_read_options {
	bool json;
	bool help;
	uint32_t records; /* 1u << enum es_record_type of each that is wanted */
	enum es_receiver receiver;
	uint32_t receiver_ms;
	bool use_payload;
	es_slice leg_header; /* one more header that joins legs; borrowed from argv */
	const char *iface;   /* live only */
	int first_file;      /* index into argv of the first operand */
	bool use_keys;
	const char *keylog; /* NULL: none */
};

/* name is "read" or "live". 0, or ES_EINVALID after the reason was printed on stderr. */
int es_read_options_parse(int argc, char **argv, bool live, struct es_read_options *out);

/* The lines of --help that describe these options. */
const char *es_read_options_help(void);

/* An engine's configuration: the options, address space for a million streams, a random hash key. */
struct es_config es_read_options_config(const struct es_read_options *o);

#endif
