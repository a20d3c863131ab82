/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of GET /api/v1/calls: text to values, with a reason for the client when one is wrong. */
#ifndef COLLECTOR_QUERY_QUERY_H
#define COLLECTOR_QUERY_QUERY_H

#include "collector/store/store.h"
#include "earshot/correlate.h"

enum { ES_CALLS_LIMIT_DEFAULT = 50, ES_CALLS_LIMIT_MAX = 200 };

/* The value of a request's parameter, borrowed from ctx; NULL: not given. */
typedef const char *es_parameter_fn(void *ctx, const char *name);

/* What a list begins with. */
enum es_calls_sort {
	ES_SORT_START,    /* the newest call; the rest follows page by page */
	ES_SORT_MOS,      /* the worst score */
	ES_SORT_LOSS,     /* most lost packets */
	ES_SORT_DURATION, /* the longest call */
};

struct es_calls_query {
	es_time from;
	es_time to;
	bool has_min_mos;
	uint32_t min_mos_milli;
	bool has_max_mos;
	uint32_t max_mos_milli;
	const char *site; /* empty: any; borrowed from the ctx of es_parameter_fn */
	const char *agent;
	const char *q;
	const char *number;  /* a number, a user or a SIP URI, as typed */
	const char *segment; /* as es_segment_is takes it */
	const char *codec;
	bool has_verdict;
	enum es_verdict_state verdict;
	bool has_cause;
	enum es_cause cause;
	uint32_t status; /* of the call; 0: any */
	enum es_calls_sort sort;
	uint32_t limit;
	bool has_after;
	struct es_page after;
};

/* Names of every parameter that es_calls_query_parse asks for; ends with NULL. */
extern const char *const es_calls_parameters[];

/*
 * Reads the parameters; an absent or empty one has its default. 0, or ES_EMALFORMED with the name of the first bad
 * parameter and what was expected, both constants; *out is then untouched.
 */
int es_calls_query_parse(es_parameter_fn *parameter, void *ctx, struct es_calls_query *out,
    const char **name, const char **expected);

/* The range of GET /api/v1/hosts/{agent}: the last hour unless given, at most ES_HOST_RANGE_S. As above. */
enum { ES_HOST_RANGE_S = 31 * 86400 };
extern const char *const es_host_parameters[];
int es_query_of_host(es_parameter_fn *parameter, void *ctx, es_time now, es_time *from, es_time *to,
    const char **name, const char **expected);

/* "2026-01-31", "2026-01-31T08:00Z", "...T08:00:00.5+01:00". ES_EMALFORMED. */
int es_parse_instant(const char *text, es_time *out);
/* "3.6" -> 3600; at most three decimals. ES_EMALFORMED. */
int es_parse_milli(const char *text, uint32_t max_milli, uint32_t *out);

/* The text of a place in the list, for `next` in an answer and `after` in a request. */
void es_page_text(const struct es_page *page, char out[64]);
/* Reads such a text. ES_EMALFORMED. */
int es_page_parse(const char *text, struct es_page *out);

#endif
