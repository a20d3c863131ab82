/* SPDX-License-Identifier: Apache-2.0 */
/* A database that refuses one thing it is asked to do. */
#ifndef TESTS_REFUSING_DATABASE_H
#define TESTS_REFUSING_DATABASE_H

#include "collector/store/store_private.h"
#include "tests/unit/harness.h"

struct refused {
	int action;
	const char *what;
};

static inline int
judge(void *ctx, int action, const char *a, const char *b, const char *schema, const char *inner)
{
	const struct refused *is = ctx;

	(void)b;
	(void)schema;
	(void)inner;
	return is->action == action && a != NULL && strcmp(a, is->what) == 0 ? SQLITE_DENY
									     : SQLITE_OK;
}

/* From now on s refuses that action (SQLITE_UPDATE ..) on what it names, and nothing else; action 0: nothing. */
static inline void
refuse(struct es_store *s, int action, const char *what)
{
	static struct refused is;

	is = (struct refused){ action, what };
	CHECK_EQ(sqlite3_set_authorizer(s->db, action != 0 ? judge : NULL, &is), SQLITE_OK);
}

#endif
