/* SPDX-License-Identifier: Apache-2.0 */
/* Which calls and streams `earshot read` prints: --call, --number, --sort, --worst. */
#ifndef AGENT_OUTPUT_READ_CHOICE_H
#define AGENT_OUTPUT_READ_CHOICE_H

#include "earshot/record.h"
#include "probes/base/hash.h"
#include "probes/base/table.h"

enum es_read_sort { ES_SORT_START, ES_SORT_MOS, ES_SORT_LOSS, ES_SORT_JITTER };

enum { ES_WORST_MAX = 1000000 }; /* streams that --worst may ask for */

/* What was asked for; zeroed: everything, by start. */
struct es_read_wish {
	const char *call;   /* part of the text of a Call-ID, base/call_id.h; NULL: any */
	const char *number; /* part of the user of a party; NULL: any */
	enum es_read_sort sort;
	uint32_t worst; /* so many streams; 0: all */
};

/* Whether something is left out, and so blocks wait for the fate of their stream. */
static inline bool
es_read_wish_leaves_out(const struct es_read_wish *w)
{
	return w->call != NULL || w->number != NULL || w->worst != 0;
}

/* Whether streams wait for the end. */
static inline bool
es_read_wish_ranks(const struct es_read_wish *w)
{
	return w->sort != ES_SORT_START || w->worst != 0;
}

/* Whether something of the text counts when numbers are compared: an empty one is a part of them all. */
bool es_read_wish_is_number(const char *text);

/*
 * How bad a stream is by the key it is sorted by, --worst by MOS where that is the start; from 1 on. 0: it has no such
 * figure.
 */
uint64_t es_read_wish_badness(const struct es_read_wish *w, const struct es_stream *s);

struct es_choice {
	struct es_read_wish wish;
	struct es_hash_key key;
	struct es_table calls; /* Call-IDs of calls with the number */
	es_slice *call_ids;    /* given */
	uint32_t n_calls;
	uint32_t cap_calls;
	struct es_table streams; /* chosen ones, by key and by SSRC */
	struct es_stream_key *keys;
	uint32_t n_streams;
	uint32_t cap_streams;
	bool has_call; /* a call was wanted */
	bool out_of_memory;
};

/* Fills a choice whose struct belongs to the caller. ES_ENOMEM. */
int es_choice_new(struct es_choice *c, const struct es_read_wish *wish, struct es_hash_key key);

/* A zeroed choice is fine. */
void es_choice_free(struct es_choice *c);

/*
 * Whether a record is wanted, --worst apart. Each record of a call, in progress or not, must be shown: its streams are
 * recognised by its Call-ID.
 */
bool es_choice_call(struct es_choice *c, const struct es_call *call);
bool es_choice_stream(const struct es_choice *c, const struct es_stream *s);
bool es_choice_registration(const struct es_choice *c, const struct es_registration *r);

/* From now on a block of this stream is wanted, and a report about it. */
void es_choice_add(struct es_choice *c, const struct es_stream_key *key);

bool es_choice_block(const struct es_choice *c, const struct es_stream_key *key);
bool es_choice_report(const struct es_choice *c, uint32_t subject_ssrc, es_slice call_id);

#endif
