/* SPDX-License-Identifier: Apache-2.0 */
/* `disable` and `enable`: whether an agent is let in. Ingest looks at it every second. */
#include "collector/command/command_private.h"

#include <stdio.h>

static int
set(int argc, char **argv, const char *command, bool disabled)
{
	struct es_command_store s;
	struct es_command_wish wish;
	const char *name;
	int err = es_command_parse(argc, argv, command, &wish, &name, 1);

	if (err != 0)
		return err;
	if (!es_command_open(&s, command, wish.dir, ES_STORE_WRITE))
		return 1;
	err = es_store_agent_disable(s.store, name, disabled);
	if (err == ES_ENOTFOUND)
		fprintf(stderr,
		    "earshot-collector: %s: there is no agent %s; `earshot-collector agents` lists "
		    "them\n",
		    command, name);
	else if (err < 0)
		(void)es_command_store_error(&s, command);
	else if (disabled)
		printf("%s is refused from now on; to let it in again: earshot-collector enable %s "
		       "--dir %s\n",
		    name, name, wish.dir);
	else
		printf("%s is let in again when it next connects\n", name);
	es_command_close(&s);
	return err < 0 ? 1 : 0;
}

int
es_command_disable(int argc, char **argv)
{
	return set(argc, argv, "disable", true);
}

int
es_command_enable(int argc, char **argv)
{
	return set(argc, argv, "enable", false);
}
