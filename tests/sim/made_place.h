/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of the test's own, and what a test that runs inside a role saw go wrong there. */
#ifndef TESTS_MADE_PLACE_H
#define TESTS_MADE_PLACE_H

#include "tests/unit/harness.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	char dir[64];
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

static inline bool
place_make(void)
{
	memset(&place, 0, sizeof(place));
	(void)snprintf(place.dir, sizeof(place.dir), "/tmp/earshot-place-XXXXXX");
	return mkdtemp(place.dir) != NULL;
}

static inline int
take_away(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* What NEED saw is the test's failure now. */
static inline void
place_remove(void)
{
	if (place.failed)
		test_fail(__FILE__, __LINE__, "%s", place.where);
	(void)nftw(place.dir, take_away, 8, FTW_DEPTH | FTW_PHYS);
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
