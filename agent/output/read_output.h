/* SPDX-License-Identifier: Apache-2.0 */
/* What `earshot read` and `earshot live` print: JSON or CSV as it comes, or tables for people. */
#ifndef AGENT_OUTPUT_READ_OUTPUT_H
#define AGENT_OUTPUT_READ_OUTPUT_H

#include "agent/output/read_choice.h"
#include "agent/output/read_style.h"
#include "earshot/engine.h"

#include <stdio.h>

struct es_output;

enum es_output_format { ES_OUTPUT_TABLE, ES_OUTPUT_JSON, ES_OUTPUT_CSV };

struct es_output_config {
	FILE *to;
	enum es_output_format format;
	struct es_read_style style; /* of tables */
	struct es_read_wish wish;   /* which records, and in what order; not at once */
	bool at_once;       /* live: nothing waits for the end, calls that are over for 2 s only */
	uint32_t max_calls; /* at once: so many ended calls are known */
	uint32_t wanted;    /* 1u << enum es_record_type of each record that is printed */
	uint8_t hash_key[16]; /* random per run; the output does not depend on it */
};

/* 0 and *out given, or ES_ENOMEM. */
int es_read_output_new(const struct es_output_config *cfg, struct es_output **out);

/*
 * The engine's sink. A call or stream in progress is not printed: a later record replaces it. A call
 * may have news even after its end (a stream that outlives it), so calls wait for the end.
 */
struct es_sink es_read_output_sink(struct es_output *o);

/* Whether no call was one that --call and --number ask for. */
bool es_read_output_fits_no_call(const struct es_output *o);

/* From now on records of what is in progress are the last of their kind: call before es_engine_flush. */
void es_read_output_last(struct es_output *o);

/* Whether something could not be written: what is still to come will not be either. */
bool es_read_output_is_broken(const struct es_output *o);

/* Whether that is because whoever read the output has left, as head does. */
bool es_read_output_is_left(const struct es_output *o);

/* Whether whoever read the output has left by now, also where nothing was written since. */
bool es_read_output_has_no_reader(const struct es_output *o);

/* At once: prints the calls that were over for 2 s at now, in capture time. */
void es_read_output_advance(struct es_output *o, es_time now);

/* Hands what was printed so far to the system: for live output. 0, or ES_EIO. */
int es_read_output_push(struct es_output *o);

/*
 * Prints what was held back. 0; ES_EIO: something could not be written; ES_ENOMEM; ES_EFULL: the temporary file for
 * blocks and reports had no room.
 */
int es_read_output_finish(struct es_output *o);

/* NULL is fine. */
void es_read_output_free(struct es_output *o);

#endif
