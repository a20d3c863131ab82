/* SPDX-License-Identifier: Apache-2.0 */
/* In place of runtime/rights.c: a test keeps its rights, whatever role it runs. */
#include "tests/sim/made_rights.h"

#include "runtime/rights.h"

#include <stdio.h>

struct made_rights made_rights;
void (*made_rights_drop)(void);

static void
keep(char out[64], const char *text)
{
	(void)snprintf(out, 64, "%s", text == NULL ? "" : text);
}

int
es_rights_drop(const struct es_rights *want, char *error, size_t error_cap)
{
	(void)error;
	(void)error_cap;
	made_rights.n++;
	keep(made_rights.user, want->user);
	keep(made_rights.group, want->group);
	keep(made_rights.capabilities, want->capabilities);
	if (made_rights_drop != NULL)
		made_rights_drop();
	return 0;
}

bool
es_rights_has(const char *capability)
{
	(void)capability;
	return true;
}

int
es_rights_confine(unsigned n_files)
{
	made_rights.n_files = n_files;
	return 0;
}

void
es_rights_text(char out[ES_RIGHTS_TEXT_MAX])
{
	(void)snprintf(out, ES_RIGHTS_TEXT_MAX, "made");
}
