/* SPDX-License-Identifier: Apache-2.0 */
/* All agents of a store. */
#include "collector/query/agent_list.h"

#include <stdlib.h>
#include <string.h>

static bool
note_agent(void *ctx, const struct es_agent *a)
{
	struct es_agent_list *l = ctx;

	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 64 : 2 * l->cap;
		struct es_agent *grown = realloc(l->agents, cap * sizeof(*grown));

		if (grown == NULL) {
			l->bad = true;
			return false;
		}
		l->agents = grown;
		l->cap = cap;
	}
	l->agents[l->n++] = *a;
	return true;
}

int
es_agent_list_read(struct es_store *store, struct es_agent_list *out)
{
	int err = es_store_agents(store, note_agent, out);

	return err == 0 && out->bad ? ES_ENOMEM : err;
}

void
es_agent_list_free(struct es_agent_list *l)
{
	free(l->agents);
	memset(l, 0, sizeof(*l));
}

const struct es_agent *
es_agent_list_find(const struct es_agent_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->agents[i].name, name) == 0)
			return &l->agents[i];
	return NULL;
}
