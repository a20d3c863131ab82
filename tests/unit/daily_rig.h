/* SPDX-License-Identifier: Apache-2.0 */
/* A collector's directory with agents in its database, for the tests of the commands of every day. */
#ifndef TESTS_DAILY_RIG_H
#define TESTS_DAILY_RIG_H

#include "collector/store/store.h"
#include "collector_dir.h"

#include <sqlite3.h>

static inline struct es_store *
open_store(const char *path)
{
	struct es_store *store;
	char error[512];

	if (es_store_open(path, ES_STORE_WRITE, &store, error) != 0)
		test_fail(__FILE__, __LINE__, "%s", error);
	return store;
}

/* Puts one agent in: its name is what a database is known by. */
static inline int64_t
add_agent(const char *name, uint8_t key)
{
	struct es_store *store = open_store(in("earshot.db"));
	struct es_agent a;

	memset(&a, 0, sizeof(a));
	(void)snprintf(a.cn, sizeof(a.cn), "%032x", key);
	(void)snprintf(a.name, sizeof(a.name), "%s", name);
	memset(a.spki, key, sizeof(a.spki));
	if (es_store_agent_bind(store, &a) != 0 || es_store_agent_by_spki(store, a.spki, &a) != 0)
		test_fail(__FILE__, __LINE__, "%s", es_store_error(store));
	es_store_close(store);
	return a.id;
}

static inline bool
note_names(void *ctx, const struct es_agent *a)
{
	char *names = ctx;

	(void)snprintf(
	    names + strlen(names), 64 - strlen(names), "%s%s ", a->name, a->disabled ? "-" : "");
	return true;
}

/* Of all agents, a dash behind those that are disabled. */
static inline const char *
agents_in(const char *path)
{
	static char names[64];
	struct es_store *store = open_store(path);

	names[0] = '\0';
	(void)es_store_agents(store, note_names, names);
	es_store_close(store);
	return names;
}

static inline int
run_with(int (*command)(int, char **), const char *name, const char *first, char out[256])
{
	char *argv[] = { (char *)name, (char *)"--dir", dir, (char *)first, NULL };

	return run(command, argv, out);
}

static inline bool
ready(void)
{
	char out[256];

	return begin() && init(out) == 0;
}

static inline void
set_version(const char *path, int version)
{
	sqlite3 *db = NULL;
	char sql[64];

	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", version);
	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		abort();
	sqlite3_close(db);
}

#endif
