/* SPDX-License-Identifier: Apache-2.0 */
/* What `earshot read` and `earshot live` print: JSON as it comes, or tables for people. */
#ifndef AGENT_READ_OUTPUT_H
#define AGENT_READ_OUTPUT_H

#include "earshot/engine.h"

#include <stdio.h>

struct es_output;

/*
 * json: one object per line as records come, else tables. at_once: table rows are printed as they
 * come too, unsorted. wanted: 1u << enum es_record_type of each record that is printed.
 * 0 and *out given, or ES_ENOMEM.
 */
int es_output_new(FILE *to, bool json, bool at_once, uint32_t wanted, struct es_output **out);

/* The engine's sink. A call or stream that goes on is kept quiet: a later record replaces it. */
struct es_sink es_output_sink(struct es_output *o);

/* From now on records of what goes on are the last of their kind: call before es_engine_flush. */
void es_output_last(struct es_output *o);

/* Hands what was printed so far to the system: for live output. 0, or ES_EIO. */
int es_output_push(struct es_output *o);

/* Prints what was held back. 0, ES_EIO when something could not be written, or ES_ENOMEM. */
int es_output_finish(struct es_output *o);

/* NULL is fine. */
void es_output_free(struct es_output *o);

#endif
