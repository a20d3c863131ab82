/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `earshot explain`, and its operands: vantage points with their captures, machines with timelines. */
#ifndef AGENT_COMMAND_EXPLAIN_OPTIONS_H
#define AGENT_COMMAND_EXPLAIN_OPTIONS_H

#include "earshot/correlate.h"
#include "runtime/arguments.h"

enum {
	ES_EXPLAIN_FILES_MAX = 256,
	ES_EXPLAIN_HOSTS_MAX = 64,
	ES_EXPLAIN_NAME_MAX = 64, /* bytes */
};

/* One vantage point; several captures of it are merged by time. */
struct es_explain_vantage {
	es_slice name;
	enum es_role role;
	char *files[ES_EXPLAIN_FILES_MAX];
	uint32_t n_files;
};

struct es_explain_host {
	es_slice name;
	const char *file;
};

struct es_explain_options {
	bool json;
	bool help;
	bool mask;              /* print no user parts of From and To */
	bool keep_going;        /* explain with what is left where an input cannot be read */
	const char *html;       /* where the page goes; NULL: none is wanted */
	const char *keylog;     /* NULL: none */
	const char *leg_header; /* one more header that joins legs; NULL: none */
	struct es_explain_vantage vantages[ES_CORRELATE_VANTAGES_MAX]; /* in order of arguments */
	uint32_t n_vantages;
	struct es_explain_host hosts[ES_EXPLAIN_HOSTS_MAX];
	uint32_t n_hosts;
};

extern const struct es_argument es_explain_arguments[];

/* 0, or ES_EINVALID after the reason was printed on stderr. Operands are borrowed from argv. */
int es_explain_options_parse(int argc, char **argv, struct es_explain_options *out);

#endif
