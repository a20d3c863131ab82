/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a page about one call. */
#ifndef AGENT_REPORT_CALL_SECTION_H
#define AGENT_REPORT_CALL_SECTION_H

#include "agent/report/shown_call.h"

void es_call_section(const struct es_shown_call *s, struct es_html *h);

/* A short sentence about what became of it: "Wi-Fi, on ep -> access, both ways". */
void es_call_section_verdict(const struct es_shown_call *s, struct es_html *h);

/* Who called: "alice@example.org", its user hidden where the page hides users. Nothing where it is not known. */
void es_call_section_party(const struct es_shown_call *s, es_slice party, struct es_html *h);

/* Its name: Call-ID or rtp: and an SSRC. */
void es_call_section_name(const struct es_shown_call *s, struct es_html *h);

/* The lower of both directions, or of its streams where no direction has one. False: not known. */
bool es_call_section_mos(const struct es_shown_call *s, uint32_t *mos_lq_milli);

#endif
