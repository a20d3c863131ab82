/* SPDX-License-Identifier: Apache-2.0 */
/* The page that --html asks for: keeps what was measured and explained, then writes the file, whole or not at all. */
#ifndef AGENT_COMMAND_HTML_OUTPUT_H
#define AGENT_COMMAND_HTML_OUTPUT_H

#include "agent/report/call_page.h"

struct es_html_output_config {
	const char *command; /* "read": begins each message */
	const char *path;
	bool is_masked;
	bool has_verdict; /* several places are compared */
	const struct es_call_page_input *inputs;
	size_t n_inputs;
	uint8_t hash_key[16];
};

struct es_html_output;

/*
 * Before hours of measuring: a page may take the place of nothing, or of a page that earshot wrote before, but never that
 * of an input or any other file. The configuration is copied. 0 and *out given; ES_EDENIED after the reason was printed
 * on standard error; ES_ENOMEM.
 */
int es_html_output_new(const struct es_html_output_config *cfg, struct es_html_output **out);

/* NULL is fine. */
void es_html_output_free(struct es_html_output *o);

/* What follows was seen at this vantage point. */
void es_html_output_vantage(struct es_html_output *o, es_slice name);
void es_html_output_record(struct es_html_output *o, const struct es_record *rec);
struct es_sip_sink es_html_output_sip(struct es_html_output *o);

/* A record of the machine named host. */
void es_html_output_machine(
    struct es_html_output *o, es_slice host, bool is_synthetic, const struct es_record *rec);

/* Nothing more will be measured: call before the calls. */
void es_html_output_measured(struct es_html_output *o);

/* A call that was explained, with who calls whom: the page hides it if it should. */
void es_html_output_call(struct es_html_output *o, const struct es_explained *call);

/* The calls of one capture, which explain nothing. 0, or ES_ENOMEM. */
int es_html_output_unexplained(struct es_html_output *o);

/* Replaces the file as a whole. 0; ES_EIO after the reason was printed on standard error; ES_ENOMEM. */
int es_html_output_write(struct es_html_output *o);

#endif
