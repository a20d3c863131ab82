/* SPDX-License-Identifier: Apache-2.0 */
/* What happens in a test where a role limits its system calls. */
#ifndef TESTS_MADE_SANDBOX_H
#define TESTS_MADE_SANDBOX_H

#include "runtime/sandbox.h"

/* What was entered last, and how often. */
struct made_sandbox {
	unsigned n;
	enum es_sandbox_role role;
	enum es_sandbox_mode mode;
};

extern struct made_sandbox made_sandbox;

#endif
