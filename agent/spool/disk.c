/* SPDX-License-Identifier: Apache-2.0 */
/* The disk of this machine: one locked directory. */
#include "agent/spool/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct es_disk_dir {
	int fd;
};

static int
code_of(int err)
{
	if (err == ENOSPC || err == EDQUOT)
		return ES_EFULL;
	return err == ENOENT ? ES_ENOTFOUND : ES_EIO;
}

static int
dir_fd(void *ctx)
{
	return ((struct es_disk_dir *)ctx)->fd;
}

static int
file_open(void *ctx, const char *name, enum es_disk_mode mode)
{
	static const int flags[] = { O_RDONLY, O_RDWR, O_RDWR | O_CREAT | O_TRUNC };
	int fd = openat(dir_fd(ctx), name, flags[mode] | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	return fd >= 0 ? fd : code_of(errno);
}

static void
file_close(void *ctx, int file)
{
	(void)ctx;
	close(file);
}

static int64_t
file_read(void *ctx, int file, void *to, size_t n_bytes, uint64_t at)
{
	ssize_t n;

	(void)ctx;
	do
		n = pread(file, to, n_bytes, (off_t)at);
	while (n < 0 && errno == EINTR);
	return n >= 0 ? n : code_of(errno);
}

static int64_t
file_write(void *ctx, int file, const void *from, size_t n_bytes, uint64_t at)
{
	ssize_t n;

	(void)ctx;
	do
		n = pwrite(file, from, n_bytes, (off_t)at);
	while (n < 0 && errno == EINTR);
	return n >= 0 ? n : code_of(errno);
}

static int
file_truncate(void *ctx, int file, uint64_t n_bytes)
{
	(void)ctx;
	return ftruncate(file, (off_t)n_bytes) == 0 ? 0 : code_of(errno);
}

static int
file_sync(void *ctx, int file)
{
	(void)ctx;
	return fdatasync(file) == 0 ? 0 : code_of(errno);
}

static int
file_rename(void *ctx, const char *from, const char *to)
{
	return renameat(dir_fd(ctx), from, dir_fd(ctx), to) == 0 ? 0 : code_of(errno);
}

static int
file_remove(void *ctx, const char *name)
{
	return unlinkat(dir_fd(ctx), name, 0) == 0 ? 0 : code_of(errno);
}

static int
dir_sync(void *ctx)
{
	return fsync(dir_fd(ctx)) == 0 ? 0 : code_of(errno);
}

static int
dir_list(void *ctx, void (*each)(void *arg, const char *name, uint64_t n_bytes), void *arg)
{
	struct dirent *e;
	struct stat st;
	DIR *d;
	int fd;

	fd = openat(dir_fd(ctx), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return code_of(errno);
	d = fdopendir(fd);
	if (d == NULL) {
		close(fd);
		return ES_EIO;
	}
	while ((e = readdir(d)) != NULL)
		if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			each(arg, e->d_name, (uint64_t)st.st_size);
	closedir(d);
	return 0;
}

static int64_t
dir_free_bytes(void *ctx)
{
	struct statvfs v;

	if (fstatvfs(dir_fd(ctx), &v) != 0)
		return code_of(errno);
	return (int64_t)(v.f_bavail * v.f_frsize);
}

int
es_disk_dir_open(const char *path, struct es_disk *ops, struct es_disk_dir **out)
{
	static const struct es_disk table = { NULL, file_open, file_close, file_read, file_write,
		file_truncate, file_sync, file_rename, file_remove, dir_sync, dir_list,
		dir_free_bytes };
	struct es_disk_dir *d;
	int err = ES_EIO;

	d = malloc(sizeof(*d));
	if (d == NULL)
		return ES_ENOMEM;
	d->fd = -1;
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		goto fail;
	d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0)
		goto fail;
	if (flock(d->fd, LOCK_EX | LOCK_NB) != 0) {
		err = errno == EWOULDBLOCK ? ES_EAGAIN : ES_EIO;
		goto fail;
	}
	*ops = table;
	ops->ctx = d;
	*out = d;
	return 0;
fail:
	es_disk_dir_close(d);
	return err;
}

void
es_disk_dir_close(struct es_disk_dir *d)
{
	int saved = errno;

	if (d == NULL)
		return;
	if (d->fd >= 0)
		close(d->fd);
	free(d);
	errno = saved;
}
