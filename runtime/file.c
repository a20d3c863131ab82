/* SPDX-License-Identifier: Apache-2.0 */
/* Small files, whole. */
#include "runtime/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int
close_keeping_errno(int fd)
{
	int saved = errno;
	int err = close(fd);

	errno = err != 0 && saved == 0 ? errno : saved;
	return err;
}

int
es_file_read_fd(int fd, size_t cap_bytes, char **text, size_t *n_bytes)
{
	size_t room = 0;
	size_t n = 0;
	char *buf = NULL;
	int err = 0;

	for (;;) {
		ssize_t got;

		if (n + 1 >= room) {
			char *more;

			room = room == 0 ? 4096 : room * 2;
			more = realloc(buf, room);
			if (more == NULL) {
				err = ES_ENOMEM;
				break;
			}
			buf = more;
		}
		got = read(fd, buf + n, room - n - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			err = ES_EIO;
		if (got <= 0)
			break;
		n += (size_t)got;
		if (n > cap_bytes) {
			err = ES_EFULL;
			break;
		}
	}
	if (err != 0) {
		free(buf);
		return err;
	}
	buf[n] = '\0';
	*text = buf;
	*n_bytes = n;
	return 0;
}

/* Of the open file, which nobody can put another in place of. */
static int
check_regular(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return ES_EIO;
	errno = EISDIR;
	return S_ISREG(st.st_mode) ? 0 : S_ISDIR(st.st_mode) ? ES_EIO : ES_EUNSUPPORTED;
}

int
es_file_open(const char *path, enum es_file_kind kind)
{
	/* without O_NONBLOCK to open a named pipe waits for a writer; a regular file does not know the flag */
	int flags = kind == ES_FILE_REGULAR ? O_NONBLOCK : 0, err = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags);

	if (fd < 0) /* of a socket or a device without a driver */
		return errno == ENXIO || errno == ENODEV ? ES_EUNSUPPORTED : ES_EIO;
	if (kind == ES_FILE_REGULAR)
		err = check_regular(fd);
	if (err == 0)
		return fd;
	close_keeping_errno(fd);
	return err;
}

const char *
es_file_why(int err)
{
	return err == ES_EIO            ? strerror(errno)
	       : err == ES_EUNSUPPORTED ? "is not a regular file"
	       : err == ES_EFULL        ? "is too large"
					: es_strerror(err);
}

int
es_file_read(const char *path, size_t cap_bytes, char **text, size_t *n_bytes)
{
	return es_file_read_as(ES_FILE_REGULAR, path, cap_bytes, text, n_bytes);
}

int
es_file_read_as(
    enum es_file_kind kind, const char *path, size_t cap_bytes, char **text, size_t *n_bytes)
{
	int fd = es_file_open(path, kind);
	int err;

	if (fd < 0)
		return fd;
	err = es_file_read_fd(fd, cap_bytes, text, n_bytes);
	close_keeping_errno(fd);
	return err;
}

static int
write_all(int fd, es_slice content)
{
	size_t n = 0;

	while (n < content.n) {
		ssize_t put = write(fd, content.p + n, content.n - n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return ES_EIO;
		n += (size_t)put;
	}
	return fsync(fd) == 0 ? 0 : ES_EIO;
}

int
es_file_parent(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	size_t n = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);

	if (n >= PATH_MAX)
		return ES_EINVALID;
	memcpy(out, slash == NULL ? "." : path, n);
	out[n] = '\0';
	return 0;
}

/* After it a rename or a new file in the directory survives a power cut. */
static int
sync_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return ES_EIO;
	err = fsync(fd) == 0 ? 0 : ES_EIO;
	close_keeping_errno(fd);
	return err;
}

/* The temporary name, in the same directory. */
static int
temp_of(const char *path, char out[PATH_MAX])
{
	int n = snprintf(out, PATH_MAX, "%s.%ld.tmp", path, (long)getpid());

	return n < 0 || n >= PATH_MAX ? ES_EINVALID : 0;
}

void
es_file_discard(const char *path)
{
	int saved = errno; /* the first error is the one to report */
	char temp[PATH_MAX];

	if (temp_of(path, temp) == 0)
		(void)unlink(temp);
	errno = saved;
}

int
es_file_stage(const char *path, es_slice content, mode_t mode)
{
	char temp[PATH_MAX];
	int err = ES_EIO;
	int fd;

	if (temp_of(path, temp) != 0)
		return ES_EINVALID;
	if (unlink(temp) != 0 && errno != ENOENT)
		return ES_EIO;
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return ES_EIO;
	errno = 0;
	/* the umask may have narrowed the mode */
	if (fchmod(fd, mode) == 0 && write_all(fd, content) == 0)
		err = 0;
	if (close_keeping_errno(fd) != 0)
		err = ES_EIO;
	if (err != 0)
		es_file_discard(path);
	return err;
}

int
es_file_rename(const char *from, const char *to)
{
	char dir[PATH_MAX];

	if (es_file_parent(to, dir) != 0)
		return ES_EINVALID;
	return rename(from, to) == 0 ? sync_dir(dir) : ES_EIO;
}

int
es_file_commit(const char *path)
{
	char temp[PATH_MAX];
	int err = temp_of(path, temp) == 0 ? es_file_rename(temp, path) : ES_EINVALID;

	if (err != 0)
		es_file_discard(path);
	return err;
}

int
es_file_write(const char *path, es_slice content, mode_t mode)
{
	int err = es_file_stage(path, content, mode);

	return err != 0 ? err : es_file_commit(path);
}

int
es_dir_make(const char *path, mode_t mode)
{
	char part[PATH_MAX];
	size_t n = strlen(path);
	struct stat st;

	if (n == 0 || n >= sizeof(part))
		return ES_EINVALID;
	memcpy(part, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, mode) == 0) {
			if (chmod(part, mode) != 0)
				return ES_EIO;
		} else if (errno != EEXIST) {
			return ES_EIO;
		}
		part[i] = path[i];
	}
	if (stat(path, &st) != 0)
		return ES_EIO;
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode) ? 0 : ES_EIO;
}
