/* SPDX-License-Identifier: Apache-2.0 */
/* Readiness: the state that ingest reports, room on the disk, and the store. */
#include "collector/store/ready.h"

#include "collector/store/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { FREE_BYTES_MIN = 1 << 20 }; /* on the disk: the write-ahead log needs room to work in */

static int
path_of(const char *database, char out[ES_PATH_TEXT_MAX + 16])
{
	int n = snprintf(out, ES_PATH_TEXT_MAX + 16, "%s.ingest", database);

	return n >= ES_PATH_TEXT_MAX + 16 ? ES_EINVALID : 0;
}

/* An empty file means that all is well: it must not be empty on the way from one reason to the next. */
static int
replace_text(int fd, const char *text)
{
	size_t n = strlen(text);

	if (pwrite(fd, text, n, 0) != (ssize_t)n || ftruncate(fd, (off_t)n) != 0)
		return ES_EIO;
	return futimens(fd, NULL) == 0 ? 0 : ES_EIO;
}

int
es_ready_write(const char *database, const char *why)
{
	char path[ES_PATH_TEXT_MAX + 16];
	const char *text = why == NULL ? "" : why;
	int fd, saved, err = path_of(database, path);

	if (err < 0)
		return err;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return ES_EIO;
	err = es_hold_share(fd, database);
	if (err == 0)
		err = replace_text(fd, text);
	saved = errno;
	/* A reason that has no room: "does not run" is nearer to the truth than that all is well. */
	if (err < 0 && text[0] != '\0')
		(void)unlink(path);
	(void)close(fd);
	errno = saved;
	return err;
}

/* The last state that ingest reported; false: that is older than ES_READY_SILENT_S. */
static bool
read_reason(const char *database, es_time now, char out[ES_READY_TEXT_MAX])
{
	char path[ES_PATH_TEXT_MAX + 16];
	struct stat st;
	int64_t age_s;
	ssize_t n;
	int fd;

	out[0] = '\0';
	if (path_of(database, path) < 0)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	n = read(fd, out, ES_READY_TEXT_MAX - 1);
	(void)close(fd);
	if (n < 0)
		return false;
	out[n] = '\0';
	age_s = now.ns / ES_NS_PER_S - (int64_t)st.st_mtime;
	return age_s <= ES_READY_SILENT_S && age_s >= -ES_READY_SILENT_S;
}

static bool
any_agent(void *ctx, const struct es_agent *a)
{
	(void)ctx;
	(void)a;
	return false; /* one is enough: the table can be read */
}

static bool
has_room(const char *database)
{
	struct statvfs fs;

	return statvfs(database, &fs) != 0 || (uint64_t)fs.f_bavail * fs.f_frsize >= FREE_BYTES_MIN;
}

bool
es_ready_check(struct es_store *store, const struct es_collector_config *cfg, es_time now,
    char why[ES_READY_TEXT_MAX])
{
	char word[ES_READY_TEXT_MAX];
	bool is_full = false;

	why[0] = '\0';
	if (es_store_agents(store, any_agent, NULL) < 0 ||
	    es_store_is_full(store, (uint64_t)cfg->max_database_bytes, &is_full) < 0)
		(void)snprintf(why, ES_READY_TEXT_MAX, "the store cannot be read: %.200s",
		    es_store_error(store));
	else if (!read_reason(cfg->database, now, word))
		(void)snprintf(why, ES_READY_TEXT_MAX,
		    "ingest does not run: it said nothing for %d s", (int)ES_READY_SILENT_S);
	else if (word[0] != '\0')
		(void)snprintf(why, ES_READY_TEXT_MAX, "ingest takes nothing: %.200s", word);
	else if (is_full)
		(void)snprintf(why, ES_READY_TEXT_MAX, "the database is as large as it may be");
	else if (!has_room(cfg->database))
		(void)snprintf(why, ES_READY_TEXT_MAX, "the disk of the database is full");
	return why[0] == '\0';
}
