/* SPDX-License-Identifier: Apache-2.0 */
/* Which files, directories and local users may be relied on. */
#include "runtime/trust.h"

#include "runtime/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OTHERS_WRITE = 022, OTHERS_ANY = 077 };

bool
es_trust_user(uid_t uid, uid_t also)
{
	return uid == 0 || uid == geteuid() || (also != 0 && uid == also);
}

int
es_trust_find_user(const char *name, uid_t *out)
{
	const struct passwd *pw = getpwnam(name);
	unsigned long number;
	char *end;

	if (pw != NULL) {
		*out = pw->pw_uid;
		return 0;
	}
	if (name[0] < '0' || name[0] > '9')
		return ES_ENOTFOUND;
	errno = 0;
	number = strtoul(name, &end, 10);
	if (errno != 0 || *end != '\0' || number >= UINT_MAX)
		return ES_ENOTFOUND;
	*out = (uid_t)number;
	return 0;
}

static int
deny(char why[ES_TRUST_WHY_MAX], const char *path, const char *what, const char *command)
{
	(void)snprintf(why, ES_TRUST_WHY_MAX, "%s %s: %s %s", path, what, command, path);
	return ES_EDENIED;
}

static int
deny_owner(char why[ES_TRUST_WHY_MAX], const char *path, uid_t owner, const char *option)
{
	(void)snprintf(why, ES_TRUST_WHY_MAX, "%s belongs to user %u: chown%s %u %s", path,
	    (unsigned)owner, option, (unsigned)geteuid(), path);
	return ES_EDENIED;
}

static int
deny_errno(char why[ES_TRUST_WHY_MAX], const char *path)
{
	int saved = errno;

	(void)snprintf(why, ES_TRUST_WHY_MAX, "%s: %s", path, strerror(saved));
	errno = saved;
	return saved == ENOENT ? ES_ENOTFOUND : ES_EIO;
}

/* One directory on the way to the last one; a symbolic link is judged by its owner alone. */
static int
check_above(const char *path, uid_t also, char why[ES_TRUST_WHY_MAX])
{
	struct stat st;
	bool by_group, by_all;

	if (lstat(path, &st) != 0)
		return deny_errno(why, path);
	if (!es_trust_user(st.st_uid, also))
		return deny_owner(why, path, st.st_uid, S_ISLNK(st.st_mode) ? " -h" : "");
	if (S_ISLNK(st.st_mode) || (st.st_mode & S_ISVTX) != 0)
		return 0;
	by_all = (st.st_mode & S_IWOTH) != 0;
	by_group = (st.st_mode & S_IWGRP) != 0 && st.st_gid != getegid();
	return by_all || by_group ? deny(why, path, "can be written by others", "chmod go-w") : 0;
}

/* Every name on the way to path, itself left out. */
static int
check_way(const char *path, uid_t also, char why[ES_TRUST_WHY_MAX])
{
	char part[PATH_MAX];
	size_t n = strlen(path);
	int err = 0;

	if (n >= sizeof(part)) {
		errno = ENAMETOOLONG;
		return deny_errno(why, path);
	}
	if (path[0] != '/')
		err = check_above(".", also, why);
	for (size_t i = 0; err == 0 && i < n; i++) {
		if (path[i] != '/' || (i > 0 && path[i - 1] == '/'))
			continue;
		memcpy(part, path, i + 1);
		part[i == 0 ? 1 : i] = '\0';
		err = check_above(part, also, why);
	}
	return err;
}

int
es_trust_dir(const char *path, uid_t also, char why[ES_TRUST_WHY_MAX])
{
	char real[PATH_MAX];
	struct stat st;
	int err = lstat(path, &st) != 0 ? deny_errno(why, path) : 0;

	if (err == 0 && S_ISLNK(st.st_mode))
		err = check_above(path, also, why);
	if (err == 0)
		err = check_way(path, also, why);
	if (err == 0 && (realpath(path, real) == NULL || lstat(real, &st) != 0))
		err = deny_errno(why, path);
	if (err == 0)
		err = check_way(real, also, why); /* the way that links took */
	if (err != 0)
		return err;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return deny_errno(why, path);
	}
	if (!es_trust_user(st.st_uid, also))
		return deny_owner(why, path, st.st_uid, "");
	if ((st.st_mode & OTHERS_WRITE) != 0)
		return deny(why, path, "can be written by others", "chmod go-w");
	return 0;
}

int
es_trust_parent(const char *path, uid_t also, char why[ES_TRUST_WHY_MAX])
{
	char dir[PATH_MAX];

	if (es_file_parent(path, dir) != 0) {
		errno = ENAMETOOLONG;
		return deny_errno(why, path);
	}
	return es_trust_dir(dir, also, why);
}

int
es_trust_make_dir(const char *path, uid_t also, char why[ES_TRUST_WHY_MAX])
{
	if (es_dir_make(path, 0700) != 0)
		return deny_errno(why, path);
	return es_trust_dir(path, also, why);
}

/* A directory above the file lets nobody in but its owner, who is relied on. */
static bool
is_shut(const char *path, uid_t also)
{
	char real[PATH_MAX], *slash;
	struct stat st;

	if (realpath(path, real) == NULL)
		return false;
	while ((slash = strrchr(real, '/')) != NULL && slash != real) {
		*slash = '\0';
		if (stat(real, &st) == 0 && es_trust_user(st.st_uid, also) &&
		    (st.st_mode & OTHERS_ANY) == 0)
			return true;
	}
	return false;
}

/* Of the open file, so that what is judged is what is read. */
static int
check_secret(int fd, const char *path, uid_t also, char why[ES_TRUST_WHY_MAX])
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return deny_errno(why, path);
	if (!S_ISREG(st.st_mode)) {
		(void)snprintf(why, ES_TRUST_WHY_MAX, "%s is not a regular file", path);
		return ES_EDENIED;
	}
	if (!es_trust_user(st.st_uid, also))
		return deny_owner(why, path, st.st_uid, "");
	if ((st.st_mode & OTHERS_ANY) != 0)
		return deny(why, path, "is a secret that others can read or write", "chmod 600");
	why[0] = '\0';
	return 0;
}

/* Nothing is wrong with it but rights of others. */
static bool
is_only_wide(int fd, uid_t also)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && es_trust_user(st.st_uid, also);
}

static int
read_secret(bool is_shut_enough, const char *path, size_t cap_bytes, uid_t also, char **text,
    size_t *n_bytes, char why[ES_TRUST_WHY_MAX])
{
	/* non-blocking: a named pipe in its place must not stop the process */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), err;

	if (fd < 0)
		return deny_errno(why, path);
	err = check_secret(fd, path, also, why);
	if (err == ES_EDENIED && is_shut_enough && is_only_wide(fd, also) && is_shut(path, also)) {
		(void)deny(why, path, "is a secret that only its directory keeps from others",
		    "chmod 600");
		err = 0;
	}
	if (err == 0) {
		err = es_file_read_fd(fd, cap_bytes, text, n_bytes);
		if (err == ES_EIO)
			(void)deny_errno(why, path);
		else if (err != 0)
			(void)snprintf(why, ES_TRUST_WHY_MAX, "%s: %s", path, es_strerror(err));
	}
	close(fd);
	return err;
}

int
es_trust_read_secret(const char *path, size_t cap_bytes, uid_t also, char **text, size_t *n_bytes,
    char why[ES_TRUST_WHY_MAX])
{
	return read_secret(false, path, cap_bytes, also, text, n_bytes, why);
}

int
es_trust_read_shut_secret(const char *path, size_t cap_bytes, uid_t also, char **text,
    size_t *n_bytes, char why[ES_TRUST_WHY_MAX])
{
	return read_secret(true, path, cap_bytes, also, text, n_bytes, why);
}
