/* SPDX-License-Identifier: Apache-2.0 */
/* In place of runtime/rights.c: a test keeps its rights, whatever role it runs. */
#include "tests/sim/made_rights.h"

#include "runtime/rights.h"

#include <stdio.h>

void (*made_rights_drop)(void);

int
es_rights_drop(const struct es_rights *want, char *error, size_t error_cap)
{
	(void)want;
	(void)error;
	(void)error_cap;
	if (made_rights_drop != NULL)
		made_rights_drop();
	return 0;
}

void
es_rights_text(char out[ES_RIGHTS_TEXT_MAX])
{
	(void)snprintf(out, ES_RIGHTS_TEXT_MAX, "made");
}
