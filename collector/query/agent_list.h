/* SPDX-License-Identifier: Apache-2.0 */
/* All agents of a store, read to the end before anything else is asked of it. A zeroed struct is an empty list. */
#ifndef COLLECTOR_QUERY_AGENT_LIST_H
#define COLLECTOR_QUERY_AGENT_LIST_H

#include "collector/store/store.h"

struct es_agent_list {
	struct es_agent *agents; /* in order of name */
	size_t n;
	size_t cap;
	bool bad; /* out of memory */
};

/* ES_ENOMEM; else the store has the reason. What was read is in the list also after an error. */
int es_agent_list_read(struct es_store *store, struct es_agent_list *out);
void es_agent_list_free(struct es_agent_list *l);

/* NULL: none has this name. */
const struct es_agent *es_agent_list_find(const struct es_agent_list *l, const char *name);

#endif
