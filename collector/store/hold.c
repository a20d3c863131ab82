/* SPDX-License-Identifier: Apache-2.0 */
/* The lock of those who have the database open. */
#include "collector/store/hold.h"

#include "runtime/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_TEXT_MAX = 560 };

void
es_hold_owner(const char *database, uid_t *user, gid_t *group)
{
	char dir[PATH_MAX];
	struct stat st;

	*user = geteuid();
	*group = getegid();
	if (stat(database, &st) != 0 && (es_file_parent(database, dir) < 0 || stat(dir, &st) != 0))
		return;
	*user = st.st_uid;
	*group = st.st_gid;
}

mode_t
es_hold_mode(const char *database)
{
	char dir[PATH_MAX];
	struct stat st;
	bool is_shared;

	if (stat(database, &st) == 0)
		is_shared = (st.st_mode & S_IRGRP) != 0;
	else
		is_shared = es_file_parent(database, dir) == 0 && stat(dir, &st) == 0 &&
			    (st.st_mode & 057) == 050;
	return is_shared ? 0640 : 0600;
}

int
es_hold_share(int fd, const char *database)
{
	mode_t mode = es_hold_mode(database);
	struct stat st;

	if (fstat(fd, &st) != 0)
		return ES_EIO;
	if (st.st_uid != geteuid() || (st.st_mode & 0777) == mode)
		return 0;
	return fchmod(fd, mode) == 0 ? 0 : ES_EIO;
}

/* A lock that root made would keep out the user whose the database is. */
static int
open_lock(const char *database, const char *path)
{
	int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	uid_t user;
	gid_t group;

	es_hold_owner(database, &user, &group);
	if (fd >= 0)
		(void)es_hold_share(fd, database); /* else its group is kept out, and says so */
	if (fd >= 0 && geteuid() == 0 && fchown(fd, user, group) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

int
es_hold(const char *database, bool alone, int *fd, char why[ES_HOLD_WHY_MAX])
{
	char path[PATH_TEXT_MAX];
	int n = snprintf(path, sizeof(path), "%s.lock", database);

	*fd = -1;
	if (n < 0 || n >= (int)sizeof(path)) {
		(void)snprintf(why, ES_HOLD_WHY_MAX, "%.200s...: path too long", database);
		return ES_EIO;
	}
	*fd = open_lock(database, path);
	if (*fd >= 0 && flock(*fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
		return 0;
	if (*fd < 0 || errno != EWOULDBLOCK)
		(void)snprintf(why, ES_HOLD_WHY_MAX, "%s: %m", path);
	else if (alone)
		(void)snprintf(why, ES_HOLD_WHY_MAX,
		    "%s is in use: stop `earshot-collector serve` and its other commands first",
		    database);
	else
		(void)snprintf(why, ES_HOLD_WHY_MAX, "%s is being restored", database);
	n = *fd >= 0 && errno == EWOULDBLOCK ? ES_EAGAIN : ES_EIO;
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	return n;
}
