/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes user parts out of what a page shows. Parties lose theirs; in other texts from outside (Call-IDs, User-Agents)
 * each place that reads like a user part is hidden, too: many devices put the number into the Call-ID.
 */
#ifndef AGENT_REPORT_MASK_H
#define AGENT_REPORT_MASK_H

#include "agent/report/html.h"

enum { ES_MASK_USERS_MAX = 82, ES_MASK_PARTY_MAX = 320 };

/* Zeroed it hides nothing. */
struct es_mask {
	bool is_on;
	es_slice users[ES_MASK_USERS_MAX]; /* borrowed */
	uint32_t n_users;
};

/* The user of "user@host" is hidden from now on, in the texts as well; of the first ES_MASK_USERS_MAX. */
void es_mask_add(struct es_mask *m, es_slice party);

/* "****@host" in out, or the party as it is. An empty one stays empty. */
es_slice es_mask_party(const struct es_mask *m, es_slice party, char out[ES_MASK_PARTY_MAX]);

/* A text from outside, escaped, with what must not be seen as ****. */
void es_mask_text(const struct es_mask *m, es_slice text, struct es_html *to);

#endif
