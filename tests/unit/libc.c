/* SPDX-License-Identifier: Apache-2.0 */
/* In place of the C library's own calls, which do the work. */
#include "libc.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

_Thread_local long test_allocations_left = -1;
_Thread_local bool test_is_out_of_memory;
bool (*test_disk)(enum test_disk_step step, size_t *n);
int (*test_statvfs)(const char *path, struct statvfs *out);
int (*test_pipe2)(int ends[2], int flags);
ssize_t (*test_getrandom)(void *out, size_t n, unsigned flags);

static bool
fails(void)
{
	return test_is_out_of_memory ||
	       (test_allocations_left >= 0 && test_allocations_left-- == 0);
}

#ifdef TEST_ALLOCATIONS_FAIL
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);

void *
malloc(size_t bytes)
{
	return fails() ? NULL : __libc_malloc(bytes);
}

void *
calloc(size_t n, size_t bytes)
{
	return fails() ? NULL : __libc_calloc(n, bytes);
}

void *
test_malloc(size_t bytes)
{
	return __libc_malloc(bytes);
}
#else
void *
test_malloc(size_t bytes)
{
	return malloc(bytes);
}
#endif

void *
test_realloc(void *old, size_t bytes)
{
	void *grown = test_malloc(bytes);
	size_t had = old == NULL ? 0 : malloc_usable_size(old);

	if (grown == NULL)
		return NULL;
	if (old != NULL)
		memcpy(grown, old, had < bytes ? had : bytes);
	free(old);
	return grown;
}

void *
realloc(void *old, size_t bytes)
{
	return fails() ? NULL : test_realloc(old, bytes);
}

static bool
is_allowed(enum test_disk_step step, size_t *n)
{
	return test_disk == NULL || test_disk(step, n);
}

int
fsync(int fd)
{
	struct stat st;
	bool is_dir = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
	size_t n = 0;

	return is_allowed(is_dir ? TEST_SYNC_DIR : TEST_SYNC_FILE, &n) ? (int)syscall(SYS_fsync, fd)
								       : -1;
}

int
fdatasync(int fd)
{
	size_t n = 0;

	return is_allowed(TEST_SYNC_FILE, &n) ? (int)syscall(SYS_fdatasync, fd) : -1;
}

int
rename(const char *from, const char *to)
{
	size_t n = 0;

	return is_allowed(TEST_RENAME, &n)
		   ? (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0)
		   : -1;
}

ssize_t
write(int fd, const void *bytes, size_t n)
{
	return fd > 2 && !is_allowed(TEST_WRITE, &n) ? -1 : syscall(SYS_write, fd, bytes, n);
}

int
statvfs(const char *path, struct statvfs *out)
{
	struct statfs fs;

	if (test_statvfs != NULL)
		return test_statvfs(path, out);
	memset(out, 0, sizeof(*out));
	if (statfs(path, &fs) != 0)
		return -1;
	out->f_bsize = (unsigned long)fs.f_bsize;
	out->f_frsize = (unsigned long)fs.f_frsize;
	out->f_blocks = fs.f_blocks;
	out->f_bfree = fs.f_bfree;
	out->f_bavail = fs.f_bavail;
	return 0;
}

int
pipe2(int ends[2], int flags)
{
	return test_pipe2 != NULL ? test_pipe2(ends, flags) : (int)syscall(SYS_pipe2, ends, flags);
}

ssize_t
getrandom(void *out, size_t n, unsigned flags)
{
	return test_getrandom != NULL ? test_getrandom(out, n, flags)
				      : syscall(SYS_getrandom, out, n, flags);
}
