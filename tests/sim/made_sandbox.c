/* SPDX-License-Identifier: Apache-2.0 */
/* In place of runtime/sandbox.c: a test may go on calling for what it likes, whatever role it runs. */
#include "tests/sim/made_sandbox.h"

struct made_sandbox made_sandbox;
const char *const es_sandbox_words[] = { "enforce", "log", "off", NULL };

int
es_sandbox_enter(enum es_sandbox_role role, enum es_sandbox_mode mode, const char *name)
{
	(void)name;
	made_sandbox.n++;
	made_sandbox.role = role;
	made_sandbox.mode = mode;
	return 0;
}

int
es_sandbox_open_to_read(enum es_sandbox_mode mode, const char *name)
{
	(void)mode;
	(void)name;
	return 0;
}

enum es_sandbox_state
es_sandbox_state(void)
{
	return ES_SANDBOX_ENFORCED;
}

const char *
es_sandbox_text(uint64_t state)
{
	return state == ES_SANDBOX_ENFORCED ? "made" : "other";
}
