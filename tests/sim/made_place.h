/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of the test's own, and what a test that runs inside a role saw go wrong there. */
#ifndef TESTS_MADE_PLACE_H
#define TESTS_MADE_PLACE_H

#include "tests/unit/harness.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	char dir[TEST_DIR_MAX];
	bool failed; /* inside the run: said by place_remove after it */
	char where[512];
} place;

#define NEED(cond)                                                                              \
	do {                                                                                    \
		if (!(cond) && !place.failed) {                                                 \
			place.failed = true;                                                    \
			(void)snprintf(place.where, sizeof(place.where), "%s:%d: %s", __FILE__, \
			    __LINE__, #cond);                                                   \
		}                                                                               \
	} while (0)

static inline void
place_make(void)
{
	memset(&place, 0, sizeof(place));
	test_dir(place.dir);
}

/* What NEED saw is the test's failure now. */
static inline void
place_remove(void)
{
	if (place.failed)
		test_fail(__FILE__, __LINE__, "%s", place.where);
}

/* A path in it; of four that were asked for last each is valid. */
static inline const char *
at(const char *name)
{
	static char paths[4][128];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", place.dir, name);
	return path;
}

#endif
