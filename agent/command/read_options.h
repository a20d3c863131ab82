/* SPDX-License-Identifier: Apache-2.0 */
/* Options that `earshot read`, `live` and `top` share. */
#ifndef AGENT_COMMAND_READ_OPTIONS_H
#define AGENT_COMMAND_READ_OPTIONS_H

#include "agent/output/read_output.h"
#include "earshot/engine.h"
#include "runtime/arguments.h"

struct es_read_options {
	bool json;
	bool csv;
	bool wide;  /* tables show whole names */
	bool lines; /* live only: the table, no screen and no JSON */
	bool help;
	struct es_read_wish wish; /* read only */
	uint32_t records;         /* 1u << enum es_record_type of each that is wanted */
	enum es_receiver receiver;
	uint32_t receiver_ms;
	bool use_payload;
	const char *leg_header; /* one more header that joins legs; NULL: none */
	const char *html;       /* read only: where the page goes; NULL: none is wanted */
	bool mask;              /* of the page: no user parts */
	const char *iface;      /* live and top only */
	uint32_t speed;         /* top only: of captures */
	int first_file;         /* index into argv of the first operand */
	const char *filter;     /* pcap-filter(7); NULL: none */
	bool use_keys;
	const char *keylog; /* NULL: none */
};

extern const struct es_argument es_read_arguments[];
extern const struct es_argument es_live_arguments[];
extern const struct es_argument es_top_arguments[];

/*
 * arguments: one of the tables. Texts are borrowed from argv. 0, or ES_EINVALID after the reason was printed on
 * standard error.
 */
int es_read_options_parse(
    const struct es_argument *arguments, int argc, char **argv, struct es_read_options *out);

enum es_output_format es_read_options_format(const struct es_read_options *o);

/* An engine's configuration: the options, address space for a million streams, a random hash key. */
struct es_config es_read_options_config(const struct es_read_options *o);

#endif
