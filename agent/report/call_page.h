/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page about calls: what a voice engineer sends to a carrier. One HTML file that needs nothing from elsewhere and has
 * no script, light or dark as the reader's system is, for a screen, a phone or A4 paper.
 */
#ifndef AGENT_REPORT_CALL_PAGE_H
#define AGENT_REPORT_CALL_PAGE_H

#include "agent/report/shown_call.h"

enum { ES_CALL_PAGE_CALLS_MAX = 100 }; /* the worst; further ones are counted on the page */

/* An input of the page. Texts are borrowed until the page is written. */
struct es_call_page_input {
	const char *role; /* "endpoint", "host"; NULL: not asked for */
	es_slice name;    /* empty: it has none */
	const char *file;
};

struct es_call_page_config {
	const struct es_course *course;
	bool is_masked;
	bool has_verdict; /* several places were compared; false: one capture was measured */
};

struct es_call_page;

/* 0 and *out given, or ES_ENOMEM. */
int es_call_page_new(const struct es_call_page_config *cfg, struct es_call_page **out);

/* NULL is fine. */
void es_call_page_free(struct es_call_page *p);

/* A call, in any order; borrowed for the call. It is kept as long as it is one of the worst. */
void es_call_page_call(struct es_call_page *p, const struct es_explained *call);

/*
 * Puts the page together from the calls, with the SHA-256 of each input, which is read once more. 0 and *html given,
 * which is the page's, or ES_ENOMEM.
 */
int es_call_page_finish(struct es_call_page *p, const struct es_call_page_input *inputs,
    size_t n_inputs, es_slice *html);

#endif
