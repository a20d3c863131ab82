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

const char *
es_sandbox_text(void)
{
	return "made";
}
