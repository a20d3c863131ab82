/* SPDX-License-Identifier: Apache-2.0 */
/* What the roles of the agent give up before they read the first byte from outside. */
#include "agent/agent_rights.h"

#include "runtime/log.h"
#include "runtime/rights.h"

int
es_agent_rights_keep(const struct es_agent_config *cfg, const char *role, const char *capability)
{
	bool is_ours = capability != NULL && es_rights_has(capability);
	struct es_rights want = { cfg->user, cfg->group, is_ours ? capability : NULL };
	char error[ES_RIGHTS_TEXT_MAX];
	int err = es_rights_drop(&want, error, sizeof(error));

	if (err != 0)
		log_error("%s: cannot give up rights: %s", role, error);
	return err;
}

int
es_agent_rights_drop(const struct es_agent_config *cfg, const char *role)
{
	return es_agent_rights_keep(cfg, role, NULL);
}
