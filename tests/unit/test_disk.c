/* SPDX-License-Identifier: Apache-2.0 */
/* The spool's disk on a real directory: what each operation does, what each failure is called, that nothing stays open. */
#include "agent/spool/disk.h"
#include "tests/unit/harness.h"
#include "tests/unit/open_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char home[64], path[96];
static struct es_disk disk;
static struct es_disk_dir *dir;

static int
begin(void)
{
	(void)snprintf(home, sizeof(home), "/tmp/earshot-disk-XXXXXX");
	if (mkdtemp(home) == NULL)
		return ES_EIO;
	(void)snprintf(path, sizeof(path), "%s/spool", home);
	return es_disk_dir_open(path, &disk, &dir);
}

static const char *
in_spool(const char *name)
{
	static char full[160];

	(void)snprintf(full, sizeof(full), "%s/%s", path, name);
	return full;
}

static void
end(void)
{
	es_disk_dir_close(dir);
	dir = NULL;
	CHECK_EQ(rmdir(path), 0); /* the test removed what it made */
	CHECK_EQ(rmdir(home), 0);
}

static void
put(const char *name, const char *text)
{
	int file = disk.open(disk.ctx, name, ES_DISK_CREATE);

	CHECK(file >= 0);
	CHECK_EQ(disk.write(disk.ctx, file, text, strlen(text), 0), (long long)strlen(text));
	CHECK_EQ(disk.sync(disk.ctx, file), 0);
	disk.close(disk.ctx, file);
}

TEST(disk_reads_and_writes_at_the_given_place)
{
	unsigned before = open_files();
	char got[16] = "";
	struct stat st;
	int file;

	CHECK_EQ(begin(), 0);
	CHECK_EQ(stat(path, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0700);
	put("a", "0123456789");
	CHECK_EQ(stat(in_spool("a"), &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	file = disk.open(disk.ctx, "a", ES_DISK_WRITE); /* keeps what is there */
	CHECK_EQ(disk.write(disk.ctx, file, "xy", 2, 4), 2);
	CHECK_EQ(disk.read(disk.ctx, file, got, 4, 3), 4);
	CHECK(memcmp(got, "3xy6", 4) == 0);
	CHECK_EQ(disk.truncate(disk.ctx, file, 5), 0);
	CHECK_EQ(disk.read(disk.ctx, file, got, sizeof(got), 3), 2);
	errno = EINTR; /* of some call before */
	CHECK_EQ(disk.read(disk.ctx, file, got, sizeof(got), 5), 0);
	CHECK_EQ(disk.write(disk.ctx, file, got, 0, 5), 0);
	CHECK(fcntl(file, F_GETFD) & FD_CLOEXEC);
	disk.close(disk.ctx, file);
	file = disk.open(disk.ctx, "a", ES_DISK_CREATE); /* begins with nothing */
	CHECK_EQ(disk.read(disk.ctx, file, got, sizeof(got), 0), 0);
	disk.close(disk.ctx, file);
	CHECK_EQ(disk.remove(disk.ctx, "a"), 0);
	CHECK_EQ(disk.sync_dir(disk.ctx), 0);
	CHECK(disk.free_bytes(disk.ctx) > 0);
	end();
	CHECK_EQ(open_files(), before);
}

TEST(disk_distinguishes_what_is_missing_from_what_is_broken)
{
	char byte = 0;
	int file;

	CHECK_EQ(begin(), 0);
	CHECK_EQ(disk.open(disk.ctx, "none", ES_DISK_READ), ES_ENOTFOUND);
	CHECK_EQ(disk.open(disk.ctx, "none", ES_DISK_WRITE), ES_ENOTFOUND);
	CHECK_EQ(disk.remove(disk.ctx, "none"), ES_ENOTFOUND);
	CHECK_EQ(disk.rename(disk.ctx, "none", "a"), ES_ENOTFOUND);
	CHECK_EQ(symlink("/etc/passwd", in_spool("link")), 0);
	CHECK_EQ(disk.open(disk.ctx, "link", ES_DISK_READ), ES_EIO); /* is not followed */
	CHECK_EQ(disk.remove(disk.ctx, "link"), 0);
	put("a", "x");
	file = disk.open(disk.ctx, "a", ES_DISK_READ);
	CHECK_EQ(disk.write(disk.ctx, file, "y", 1, 0), ES_EIO); /* opened for reading */
	CHECK_EQ(disk.truncate(disk.ctx, file, 0), ES_EIO);
	disk.close(disk.ctx, file);
	CHECK_EQ(disk.read(disk.ctx, file, &byte, 1, 0), ES_EIO); /* of a closed file */
	CHECK_EQ(disk.sync(disk.ctx, file), ES_EIO);
	file = open("/dev/full", O_WRONLY);
	if (file >= 0) {
		CHECK_EQ(disk.write(disk.ctx, file, "y", 1, 0), ES_EFULL);
		close(file);
	}
	CHECK_EQ(disk.remove(disk.ctx, "a"), 0);
	end();
}

struct seen {
	unsigned n;
	uint64_t n_bytes;
	char last[32];
};

static void
see(void *arg, const char *name, uint64_t n_bytes)
{
	struct seen *s = arg;

	s->n++;
	s->n_bytes += n_bytes;
	(void)snprintf(s->last, sizeof(s->last), "%s", name);
}

TEST(disk_does_not_wait_for_a_pipe_in_place_of_a_file)
{
	char byte;
	int file;

	CHECK_EQ(begin(), 0);
	CHECK_EQ(mkfifo(in_spool("pipe"), 0600), 0);
	file = disk.open(disk.ctx, "pipe", ES_DISK_READ);
	CHECK(file >= 0);
	CHECK_EQ(disk.read(disk.ctx, file, &byte, 1, 0), ES_EIO);
	disk.close(disk.ctx, file);
	CHECK_EQ(unlink(in_spool("pipe")), 0);
	end();
}

TEST(disk_lists_plain_files_only)
{
	unsigned before = open_files();
	struct seen s = { 0 };

	CHECK_EQ(begin(), 0);
	CHECK_EQ(disk.list(disk.ctx, see, &s), 0);
	CHECK_EQ(s.n, 0);
	put("a", "0123456789");
	CHECK_EQ(disk.rename(disk.ctx, "a", "b"), 0);
	CHECK_EQ(symlink("b", in_spool("link")), 0);
	CHECK_EQ(mkdir(in_spool("folder"), 0700), 0);
	CHECK_EQ(disk.list(disk.ctx, see, &s), 0);
	CHECK_EQ(s.n, 1);
	CHECK_EQ(s.n_bytes, 10);
	CHECK_STR(s.last, "b");
	CHECK_EQ(rmdir(in_spool("folder")), 0);
	CHECK_EQ(disk.remove(disk.ctx, "link"), 0);
	CHECK_EQ(disk.remove(disk.ctx, "b"), 0);
	end();
	CHECK_EQ(open_files(), before);
}

TEST(disk_is_opened_by_one_at_a_time)
{
	unsigned before;
	struct es_disk_dir *other = NULL;
	struct es_disk ops;

	CHECK_EQ(begin(), 0);
	before = open_files();
	CHECK_EQ(es_disk_dir_open(path, &ops, &other), ES_EAGAIN);
	CHECK_EQ(errno, EWOULDBLOCK); /* the reason is said, not that of the cleaning up */
	CHECK_EQ(es_disk_dir_open("/nowhere/at/all", &ops, &other), ES_EIO);
	CHECK_EQ(errno, ENOENT);
	CHECK_EQ(es_disk_dir_open("/dev/null", &ops, &other), ES_EIO);
	CHECK_EQ(errno, ENOTDIR);
	CHECK(other == NULL);
	CHECK_EQ(open_files(), before);
	es_disk_dir_close(NULL);
	es_disk_dir_close(dir);
	CHECK_EQ(es_disk_dir_open(path, &disk, &dir), 0); /* it is there already */
	end();
}
