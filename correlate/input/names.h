/* SPDX-License-Identifier: Apache-2.0 */
/* Names and texts kept once each: Call-IDs, codecs, vantage points. Equal texts are one pointer. */
#ifndef CORRELATE_INPUT_NAMES_H
#define CORRELATE_INPUT_NAMES_H

#include "earshot/error.h"
#include "earshot/slice.h"
#include "probes/base/arena.h"
#include "probes/base/hash.h"
#include "probes/base/table.h"

struct es_cor_names {
	struct es_hash_key key;
	struct es_arena bytes;
	es_slice *names;
	uint32_t n_names;
	uint32_t cap_names;
	uint32_t n_again;
	struct es_table table;
};

/* Fills a struct of the caller's, which may be given to _free whatever this returns. ES_ENOMEM. */
int es_cor_names_new(
    struct es_cor_names *n, const struct es_hash_key *key, uint32_t cap_bytes, uint32_t cap_names);
void es_cor_names_free(struct es_cor_names *n);

/* The kept copy of text; the empty slice for an empty one. ES_EFULL leaves out alone. */
int es_cor_names_keep(struct es_cor_names *n, es_slice text, es_slice *out);

/* Another copy of a kept text, which es_cor_names_keep does not find: equal bytes, another pointer. */
int es_cor_names_again(struct es_cor_names *n, es_slice text, es_slice *out);

/* Ascending by bytes: <0, 0, >0. */
int es_cor_names_compare(es_slice a, es_slice b);

#endif
