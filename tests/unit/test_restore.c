/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot-collector backup` and `restore`. */
#include "collector/store/hold.h"
#include "collector/store/store_private.h"
#include "daily_rig.h"
#include "libc.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/wait.h>

TEST(restore_brings_a_backup_back_and_keeps_what_was_there)
{
	char out[256], file[96], aside[256];
	const char *at;

	CHECK(ready());
	(void)add_agent("one", 1);
	(void)snprintf(file, sizeof(file), "%s", at_top("saved"));
	CHECK_EQ(run_with(es_command_backup, "backup", file, out), 0);
	CHECK_STR(complaint, "");
	CHECK(strstr(out, "is a backup of") != NULL);
	CHECK(strstr(out, "earshot-collector restore ") != NULL);
	(void)add_agent("two", 2);
	CHECK_STR(agents_in(in("earshot.db")), "one two ");
	CHECK_EQ(run_with(es_command_restore, "restore", file, out), 0);
	CHECK_STR(complaint,
	    "earshot-collector: restore: 1 agent enrolled since the backup and must enrol again\n");
	at = strstr(out, "earshot.db.before-");
	CHECK(at != NULL);
	(void)snprintf(aside, sizeof(aside), "%s/%.*s", dir, (int)strcspn(at, "\n"), at);
	CHECK_STR(agents_in(in("earshot.db")), "one ");
	CHECK_STR(agents_in(aside), "one two ");
	CHECK(access(in("earshot.db.restored"), F_OK) != 0);
	CHECK_EQ(run_with(es_command_restore, "restore", aside, out), 0); /* and forward again */
	CHECK_STR(agents_in(in("earshot.db")), "one two ");
	CHECK_STR(agents_in(aside), "one two ");
	CHECK_EQ(unlink(in("earshot.db")), 0); /* what a disk left of it: nothing */
	CHECK_EQ(run_with(es_command_restore, "restore", file, out), 0);
	CHECK_STR(agents_in(in("earshot.db")), "one ");
	end();
}

static bool
is_spent(uint8_t token)
{
	struct es_store *store = open_store(in("earshot.db"));
	uint8_t hash[ES_STORE_HASH_LEN];
	struct es_store_token t;
	int err;

	memset(hash, token, sizeof(hash));
	err = es_store_token_get(store, hash, &t);
	es_store_close(store);
	return err == 0 && t.used;
}

static void
spend(uint8_t token)
{
	struct es_store *store = open_store(in("earshot.db"));
	uint8_t hash[ES_STORE_HASH_LEN];

	memset(hash, token, sizeof(hash));
	CHECK_EQ(es_store_token_burn(store, hash, es_time_of_ns(7)), 0);
	es_store_close(store);
}

TEST(restore_keeps_the_new_key_of_an_agent)
{
	char out[256], file[96];
	struct es_store *store;
	struct es_agent a, found;

	CHECK(ready());
	(void)add_agent("one", 1);
	(void)snprintf(file, sizeof(file), "%s", at_top("saved"));
	CHECK_EQ(run_with(es_command_backup, "backup", file, out), 0);
	store = open_store(in("earshot.db"));
	memset(&a, 0, sizeof(a));
	(void)snprintf(a.cn, sizeof(a.cn), "%032x", 9);
	(void)snprintf(a.name, sizeof(a.name), "one");
	memset(a.spki, 9, sizeof(a.spki));
	a.enrolled = es_time_of_ns(5);
	CHECK_EQ(es_store_agent_bind(store, &a), 0);
	es_store_close(store);
	CHECK_EQ(run_with(es_command_restore, "restore", file, out), 0);
	CHECK_STR(complaint, "");
	store = open_store(in("earshot.db"));
	CHECK_EQ(es_store_agent_by_spki(store, a.spki, &found), 0);
	CHECK_STR(found.name, "one");
	memset(a.spki, 1, sizeof(a.spki));
	CHECK_EQ(es_store_agent_by_spki(store, a.spki, &found), ES_ENOTFOUND);
	es_store_close(store);
	end();
}

/* It renewed its certificate after the backup: the common name is the same, the end a later one. */
TEST(restore_keeps_the_renewed_key_of_an_agent)
{
	char out[256], file[96];
	struct es_store *store;
	struct es_agent a, found;
	uint8_t renewed[ES_STORE_HASH_LEN];

	CHECK(ready());
	(void)add_agent("one", 1);
	(void)snprintf(file, sizeof(file), "%s", at_top("saved"));
	CHECK_EQ(run_with(es_command_backup, "backup", file, out), 0);
	store = open_store(in("earshot.db"));
	memset(a.spki, 1, sizeof(a.spki));
	memset(renewed, 9, sizeof(renewed));
	CHECK_EQ(es_store_agent_by_spki(store, a.spki, &a), 0);
	CHECK_EQ(es_store_agent_rekey(store, a.id, renewed, es_time_of_ns(a.not_after.ns + 1)), 0);
	es_store_close(store);
	CHECK_EQ(run_with(es_command_restore, "restore", file, out), 0);
	store = open_store(in("earshot.db"));
	CHECK_EQ(es_store_agent_by_spki(store, renewed, &found), 0);
	CHECK_STR(found.name, "one");
	CHECK_EQ(es_store_agent_by_spki(store, a.spki, &found), ES_ENOTFOUND);
	es_store_close(store);
	end();
}

TEST(restore_enables_no_agent_and_no_token_again)
{
	char out[256], file[96];
	struct es_store *store;
	uint8_t hash[ES_STORE_HASH_LEN];

	CHECK(ready());
	(void)add_agent("one", 1);
	(void)add_agent("two", 2);
	store = open_store(in("earshot.db"));
	for (uint8_t token = 1; token <= 2; token++) {
		memset(hash, token, sizeof(hash));
		CHECK_EQ(
		    es_store_token_add(store, hash, "new", "", es_time_of_ns(1), es_time_of_ns(9)),
		    0);
	}
	es_store_close(store);
	(void)snprintf(file, sizeof(file), "%s", at_top("saved"));
	CHECK_EQ(run_with(es_command_backup, "backup", file, out), 0);
	CHECK_EQ(run_with(es_command_disable, "disable", "two", out), 0);
	spend(1);
	CHECK_EQ(run_with(es_command_restore, "restore", file, out), 0);
	CHECK_STR(complaint, "");
	CHECK_STR(agents_in(in("earshot.db")), "one two- ");
	CHECK(is_spent(1));
	CHECK(!is_spent(2));
	CHECK_EQ(truncate(in("earshot.db"), 100), 0); /* then nobody knows */
	CHECK_EQ(run_with(es_command_restore, "restore", file, out), 0);
	CHECK(strstr(complaint,
		  "agents that were disabled and tokens that were used since the backup") != NULL);
	CHECK_STR(agents_in(in("earshot.db")), "one two ");
	end();
}

/* What a killed process left in the log of the database belongs to it, and not to the one that takes its place. */
TEST(restore_leaves_no_log_of_the_old_database)
{
	char out[256], file[96];
	struct es_store *store;
	struct es_agent a = { .cn = "9", .name = "nine", .spki = { 9 } };
	pid_t pid;

	CHECK(ready());
	(void)add_agent("one", 1);
	(void)snprintf(file, sizeof(file), "%s", at_top("saved"));
	CHECK_EQ(run_with(es_command_backup, "backup", file, out), 0);
	pid = fork();
	if (pid == 0) {
		store = open_store(in("earshot.db"));
		_exit(es_store_agent_bind(store, &a) != 0);
	}
	CHECK_EQ(waitpid(pid, &(int){ 0 }, 0), pid);
	CHECK_EQ(access(in("earshot.db-wal"), F_OK), 0);
	CHECK_EQ(run_with(es_command_restore, "restore", file, out), 0);
	CHECK_STR(agents_in(in("earshot.db")), "one ");
	{
		char aside[256];
		const char *at = strstr(out, "earshot.db.before-");

		CHECK(at != NULL);
		(void)snprintf(aside, sizeof(aside), "%s/%.*s", dir, (int)strcspn(at, "\n"), at);
		CHECK_STR(agents_in(aside), "nine one ");
	}
	end();
}

/* A collector of before the lock file, or a forgotten shell of SQLite: what it writes later would be lost, or worse. */
TEST(restore_is_refused_while_a_program_without_the_lock_has_the_database)
{
	char out[256], file[96];
	sqlite3 *other = NULL;

	CHECK(ready());
	(void)add_agent("one", 1);
	(void)snprintf(file, sizeof(file), "%s", at_top("saved"));
	CHECK_EQ(run_with(es_command_backup, "backup", file, out), 0);
	CHECK_EQ(sqlite3_open(in("earshot.db"), &other), SQLITE_OK);
	CHECK_EQ(
	    sqlite3_exec(other, "SELECT name FROM agent", NULL, NULL, NULL), SQLITE_OK); /* idle */
	(void)add_agent("two", 2);
	CHECK_EQ(run_with(es_command_restore, "restore", file, out), 1);
	CHECK(strstr(complaint, "earshot.db: is in use by another process") != NULL);
	CHECK_STR(out, "");
	CHECK(access(in("earshot.db.restored"), F_OK) != 0);
	CHECK_EQ(sqlite3_exec(other, "DELETE FROM token", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	CHECK_STR(agents_in(in("earshot.db")), "one two ");
	CHECK_EQ(run_with(es_command_restore, "restore", file, out), 0);
	CHECK_STR(agents_in(in("earshot.db")), "one ");
	end();
}

static int disk_steps, disk_fails_at; /* from 1; 0: never */
static bool disk_fails_on, disk_had_none;

/* At each step the database must be there: a power cut just now would leave it like this. */
static bool
count_step(enum test_disk_step step, size_t *n)
{
	(void)step;
	(void)n;
	disk_steps++;
	disk_had_none = disk_had_none || access(in("earshot.db"), F_OK) != 0;
	if (disk_fails_at == 0 || disk_steps < disk_fails_at ||
	    (disk_steps > disk_fails_at && !disk_fails_on))
		return true;
	errno = EIO;
	return false;
}

/* One step fails, or that and all after it: the old database or the new one is there, never none and no mixture. */
TEST(restore_leaves_the_old_or_the_new_database_at_each_failure)
{
	char out[256], file[96];

	CHECK(ready());
	(void)add_agent("one", 1);
	(void)snprintf(file, sizeof(file), "%s", at_top("saved"));
	CHECK_EQ(run_with(es_command_backup, "backup", file, out), 0);
	disk_had_none = false;
	for (int fails_at = 1, err = 1; err != 0; fails_at++) {
		for (int on = 1; on >= 0; on--) {
			const char *agents;

			(void)add_agent("two", 2);
			disk_steps = 0;
			disk_fails_at = fails_at;
			disk_fails_on = on != 0;
			test_disk = count_step;
			err = run_with(es_command_restore, "restore", file, out);
			test_disk = NULL;
			agents = agents_in(in("earshot.db"));
			if (strcmp(agents, "one ") != 0 &&
			    (err == 0 || strcmp(agents, "one two ") != 0))
				test_fail(
				    __FILE__, __LINE__, "step %d: %d, %s", fails_at, err, agents);
			if (err != 0)
				CHECK(complaint[0] != '\0');
		}
		CHECK(fails_at < 100);
		if (err == 0)
			CHECK(fails_at > 3);
	}
	CHECK(!disk_had_none);
	end();
}

/* It cannot be read, but its log can: applied to the new database, that would bring back what was not asked for. */
TEST(restore_gives_the_log_of_an_unreadable_database_to_no_other)
{
	char out[256], file[96];
	pid_t pid;

	CHECK(ready());
	(void)add_agent("one", 1);
	(void)snprintf(file, sizeof(file), "%s", at_top("saved"));
	CHECK_EQ(run_with(es_command_backup, "backup", file, out), 0);
	pid = fork();
	if (pid == 0) {
		struct es_agent a = { .cn = "9", .name = "nine", .spki = { 9 } };

		_exit(es_store_agent_bind(open_store(in("earshot.db")), &a) != 0);
	}
	CHECK_EQ(waitpid(pid, &(int){ 0 }, 0), pid);
	CHECK_EQ(es_file_write(
		     in("earshot.db"), es_slice_str("no database at all, but some text"), 0600),
	    0);
	CHECK_EQ(run_with(es_command_restore, "restore", file, out), 0);
	CHECK(access(in("earshot.db-wal"), F_OK) != 0);
	CHECK_STR(agents_in(in("earshot.db")), "one ");
	end();
}

/* Turns over the bytes in the middle of a file. */
static void
damage(const char *path)
{
	int fd = open(path, O_RDWR);
	char bytes[4096];
	off_t middle = lseek(fd, 0, SEEK_END) / 8192 * 4096;

	if (fd < 0 || pread(fd, bytes, sizeof(bytes), middle) != sizeof(bytes))
		abort();
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)~bytes[i];
	if (pwrite(fd, bytes, sizeof(bytes), middle) != sizeof(bytes))
		abort();
	close(fd);
}

TEST(restore_refuses_what_would_not_do_and_changes_nothing)
{
	char out[256], file[96], why[ES_HOLD_WHY_MAX];
	int fd;

	CHECK(ready());
	(void)add_agent("one", 1);
	(void)snprintf(file, sizeof(file), "%s", at_top("saved"));
	CHECK_EQ(run_with(es_command_backup, "backup", file, out), 0);
	(void)add_agent("two", 2);
	CHECK_EQ(es_hold(in("earshot.db"), false, &fd, why), 0); /* as a collector that serves */
	CHECK_EQ(run_with(es_command_restore, "restore", file, out), 1);
	CHECK(strstr(complaint, "is in use: stop `earshot-collector serve`") != NULL);
	close(fd);
	set_version(file, ES_STORE_VERSION + 1);
	CHECK_EQ(run_with(es_command_restore, "restore", file, out), 1);
	CHECK(strstr(complaint, "is newer than") != NULL);
	set_version(file, ES_STORE_VERSION);
	damage(file);
	CHECK_EQ(run_with(es_command_restore, "restore", file, out), 1);
	CHECK(strstr(complaint, file) != NULL);
	CHECK_EQ(run_with(es_command_restore, "restore", at_top("none"), out), 1);
	CHECK_EQ(run_with(es_command_restore, "restore", in("earshot.db"), out), 1);
	CHECK(strstr(complaint, "is the database itself") != NULL);
	CHECK_EQ(run_with(es_command_restore, "restore", NULL, out), 2);
	CHECK_STR(agents_in(in("earshot.db")), "one two ");
	CHECK(access(in("earshot.db.restored"), F_OK) != 0);
	end();
}

TEST(backup_says_why_there_is_none)
{
	char out[256], file[96];

	CHECK(ready());
	(void)snprintf(file, sizeof(file), "%s", at_top("no/such"));
	CHECK_EQ(run_with(es_command_backup, "backup", file, out), 1);
	CHECK(strstr(complaint, "no/such.tmp: No such file or directory") != NULL);
	CHECK_EQ(run_with(es_command_backup, "backup", NULL, out), 2);
	CHECK_STR(out, "");
	end();
}
