/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: from an older schema to the present one, a step at a time, after a copy was made. */
#include "collector/store/store_private.h"

#include <stdio.h>

enum { PATH_TEXT_MAX = 4096 };

static const char *const steps[ES_STORE_VERSION] = {
	[1] = es_store_forward_1,
	[2] = es_store_forward_2,
};

static int
copy_before(struct es_store *s, const char *path, int64_t version)
{
	char to[PATH_TEXT_MAX];
	int n = snprintf(to, sizeof(to), "%s.version-%lld", path, (long long)version);

	if (n < 0 || n >= (int)sizeof(to)) {
		(void)snprintf(s->error, sizeof(s->error), "path too long");
		return ES_EINVALID;
	}
	return es_store_copy(s, to);
}

/* One step, or nothing of it. False: there is none to take, or *err says why it was not taken. */
static bool
step(struct es_store *s, const char *path, int *err)
{
	char sql[64];
	int64_t version = 0;
	bool is_older = false;

	*err = es_store_execute(s, "BEGIN IMMEDIATE"); /* from here on nobody else writes */
	if (*err == 0)
		*err = es_store_pragma(s, "PRAGMA user_version", &version);
	is_older = *err == 0 && version >= 1 && version < ES_STORE_VERSION;
	if (is_older && s->moved_from == 0)
		*err = copy_before(s, path, version);
	if (is_older && *err == 0)
		*err = es_store_execute(s, steps[version]);
	(void)snprintf(
	    sql, sizeof(sql), "PRAGMA user_version = %lld; COMMIT", (long long)(version + 1));
	if (is_older && *err == 0)
		*err = es_store_execute(s, sql);
	if (is_older && *err == 0) {
		s->moved_from = s->moved_from == 0 ? version : s->moved_from;
		return true;
	}
	es_store_rollback(s);
	return false;
}

int
es_store_forward(struct es_store *s, const char *path)
{
	int64_t version = 0;
	int err = es_store_pragma(s, "PRAGMA user_version", &version);

	if (err < 0 || version < 1 || version >= ES_STORE_VERSION)
		return err;
	while (step(s, path, &err))
		continue;
	return err;
}

int
es_store_was_version(const struct es_store *s)
{
	return s->moved_from == 0 ? ES_STORE_VERSION : (int)s->moved_from;
}
