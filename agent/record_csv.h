/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records as CSV, RFC 4180: one table for all kinds that are wanted, whose columns are the keys that their JSON may
 * have; those of an inner object have its name before theirs, as jitter_ms.mean. What a record does not know is empty.
 * Values are the text that the JSON has, lists as JSON.
 */
#ifndef AGENT_RECORD_CSV_H
#define AGENT_RECORD_CSV_H

#include "earshot/record.h"

#include <stdio.h>

struct es_csv;

/* The kinds of records that have columns: 1u << enum es_record_type of each. */
#define ES_CSV_RECORDS (1u << ES_REC_STREAM | 1u << ES_REC_CALL | 1u << ES_REC_INTERVAL)

/* wanted: some of ES_CSV_RECORDS. 0 and *out given, or ES_ENOMEM. */
int es_csv_new(uint32_t wanted, struct es_csv **out);

/* NULL is fine. */
void es_csv_free(struct es_csv *c);

/* The line of column names. */
void es_csv_head(const struct es_csv *c, FILE *to);

/*
 * A line of values; what a text looks like is in csv_field.h. ES_ENOMEM.
 */
int es_csv_row(struct es_csv *c, const struct es_record *rec, FILE *to);

#endif
