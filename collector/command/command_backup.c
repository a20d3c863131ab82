/* SPDX-License-Identifier: Apache-2.0 */
/* `backup` and `restore`: the database in one file, and back. */
#include "collector/command/command_private.h"
#include "collector/store/hold.h"
#include "runtime/clock.h"
#include "runtime/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
es_command_backup(int argc, char **argv)
{
	struct es_command_store s;
	struct es_command_wish wish;
	const char *file;
	int err = es_command_parse(argc, argv, "backup", &wish, &file, 1);

	if (err != 0)
		return err;
	if (!es_command_open(&s, "backup", wish.dir, ES_STORE_READ))
		return 1;
	err = es_store_copy(s.store, file);
	if (err < 0)
		(void)es_command_store_error(&s, "backup");
	else
		printf("%s is a backup of %s; to go back to it: earshot-collector restore %s --dir "
		       "%s\n",
		    file, s.cfg.database, file, wish.dir);
	es_command_close(&s);
	return err < 0 ? 1 : 0;
}

struct restore {
	struct es_collector_config cfg;
	char staged[ES_PATH_TEXT_MAX + 32]; /* the backup, as a database next to ours */
	char aside[ES_PATH_TEXT_MAX + 32];  /* where the old database goes */
};

static int
complain(const char *path, const char *why)
{
	fprintf(stderr, "earshot-collector: restore: %s: %s\n", path, why);
	return ES_EIO;
}

/* The backup is read to its last page before anything is touched. */
static int
stage(struct restore *r, const char *file)
{
	struct es_store *s;
	char error[512];
	int err = es_store_open(file, ES_STORE_BACKUP, &s, error);

	if (err < 0) {
		fprintf(stderr, "earshot-collector: restore: %s\n", error);
		return err;
	}
	err = es_store_check(s);
	if (err == 0)
		err = es_store_copy(s, r->staged);
	if (err < 0)
		(void)complain(file, es_store_error(s));
	es_store_close(s);
	return err;
}

static int
move_aside(const struct restore *r, const char *end)
{
	char from[ES_PATH_TEXT_MAX + 16], to[ES_PATH_TEXT_MAX + 64];

	(void)snprintf(from, sizeof(from), "%s%s", r->cfg.database, end);
	(void)snprintf(to, sizeof(to), "%s%s", r->aside, end);
	if (es_file_rename(from, to) == 0 || errno == ENOENT)
		return 0;
	return complain(from, strerror(errno));
}

/* A second name for the old database, which is on the disk before its first one goes. */
static int
keep_aside(const struct restore *r)
{
	char temp[sizeof(r->aside) + 8];

	(void)snprintf(temp, sizeof(temp), "%s.tmp", r->aside);
	if ((unlink(temp) == 0 || errno == ENOENT) && link(r->cfg.database, temp) == 0 &&
	    es_file_rename(temp, r->aside) == 0)
		return 0;
	(void)complain(r->aside, strerror(errno));
	(void)unlink(temp);
	return ES_EIO;
}

/*
 * At each moment one whole database has the name: the old one keeps it until the new one takes it. Only one that cannot
 * be read still has a log. That must be away before, for it would be taken for the log of the new one.
 */
static int
replace(const struct restore *r, bool has_old)
{
	char shm[ES_PATH_TEXT_MAX + 16];
	int err = has_old ? keep_aside(r) : 0;

	if (err == 0)
		err = move_aside(r, "-wal");
	if (err == 0)
		err = move_aside(r, "-journal");
	(void)snprintf(shm, sizeof(shm), "%s-shm", r->cfg.database);
	if (err == 0 && unlink(shm) != 0 && errno != ENOENT)
		err = complain(shm, strerror(errno));
	if (err == 0 && es_file_rename(r->staged, r->cfg.database) < 0)
		err = complain(r->cfg.database, strerror(errno));
	return err;
}

/* A backup does not enable whom it knew before, nor make a token good again. */
static void
carry(const struct restore *r, struct sqlite3 *replaced)
{
	int64_t n_unknown;

	if (replaced == NULL || es_store_carry(replaced, r->staged, &n_unknown) < 0)
		fprintf(stderr,
		    "earshot-collector: restore: %s cannot be read: agents that were disabled and "
		    "tokens that were used since the backup are not known; see earshot-collector "
		    "agents\n",
		    r->cfg.database);
	else if (n_unknown > 0)
		fprintf(stderr,
		    "earshot-collector: restore: %lld %s since the backup and must enrol again\n",
		    (long long)n_unknown, n_unknown == 1 ? "agent enrolled" : "agents enrolled");
}

/* A collector of before the lock file, or a shell of SQLite, is seen by its lock on the database alone. */
static int
seize(const struct restore *r, struct sqlite3 **replaced)
{
	int err = es_store_seize(r->cfg.database, replaced);

	if (err == ES_EAGAIN)
		return complain(r->cfg.database, "is in use by another process, perhaps an older "
						 "earshot-collector: stop it first");
	if (err == ES_EFULL)
		return complain(r->cfg.database, "no room on the disk to write its log into it");
	return 0;
}

/* A name that nobody has used: an older database that was put aside stays. */
static void
name_aside(struct restore *r)
{
	long long s = es_clock_wall().ns / ES_NS_PER_S;
	struct stat st;

	do {
		(void)snprintf(r->aside, sizeof(r->aside), "%s.before-%lld", r->cfg.database, s++);
	} while (lstat(r->aside, &st) == 0);
}

static int
put_in_place(const struct restore *r, bool has_old)
{
	struct sqlite3 *replaced = NULL;
	int err = has_old ? seize(r, &replaced) : 0;
	uid_t user;
	gid_t group;

	if (err < 0)
		return err;
	if (has_old)
		carry(r, replaced);
	es_hold_owner(r->cfg.database, &user, &group);
	/* the directory is the service's: what stands there now need not be what was staged */
	if (geteuid() == 0 && lchown(r->staged, user, group) != 0)
		err = complain(r->staged, strerror(errno));
	if (err == 0) {
		err = replace(r, has_old);
		if (err < 0 && has_old)
			fprintf(stderr,
			    "earshot-collector: restore: the database as it was may be in %s\n",
			    r->aside);
	}
	es_store_release(replaced);
	return err;
}

/* The group that reads the database reads the one in its place, too. */
static int
share(const struct restore *r)
{
	int fd = open(r->staged, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int err = fd < 0 ? ES_EIO : es_hold_share(fd, r->cfg.database);

	if (err < 0)
		err = complain(r->staged, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return err;
}

static int
restore(struct restore *r, const char *file)
{
	struct stat ours, old;
	bool has_old = stat(r->cfg.database, &old) == 0;
	int err;

	if (has_old && stat(file, &ours) == 0 && ours.st_dev == old.st_dev &&
	    ours.st_ino == old.st_ino)
		return complain(file, "is the database itself");
	(void)snprintf(r->staged, sizeof(r->staged), "%s.restored", r->cfg.database);
	name_aside(r);
	err = stage(r, file);
	if (err < 0)
		return err;
	err = share(r);
	if (err == 0)
		err = put_in_place(r, has_old);
	if (err < 0) {
		(void)unlink(r->staged);
		return err;
	}
	if (has_old)
		printf("%s is what it was in %s; as it was before it is in %s\n", r->cfg.database,
		    file, r->aside);
	else
		printf("%s is what it was in %s\n", r->cfg.database, file);
	return 0;
}

int
es_command_restore(int argc, char **argv)
{
	struct restore r;
	char why[ES_HOLD_WHY_MAX];
	struct es_command_wish wish;
	const char *file;
	int hold, err = es_command_parse(argc, argv, "restore", &wish, &file, 1);

	if (err != 0)
		return err;
	if (!es_command_config(wish.dir, &r.cfg))
		return 1;
	if (es_hold(r.cfg.database, true, &hold, why) < 0) {
		fprintf(stderr, "earshot-collector: restore: %s\n", why);
		return 1;
	}
	err = restore(&r, file);
	(void)close(hold);
	return err < 0 ? 1 : 0;
}
