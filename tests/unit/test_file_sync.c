/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of keys, certificates and state are replaced so that a power cut leaves the old one or the
 * new one: written, synced, renamed, and the directory synced, in this order; and a step that fails
 * leaves the old one as it was. The calls of the C library are watched by standing in for them.
 */
#include "runtime/crypto/pki.h"
#include "runtime/file.h"
#include "tests/unit/harness.h"
#include "tests/unit/libc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
	char order[64];
	unsigned n;
	unsigned fail_at; /* this step, from 1; 0: none */
	size_t write_at_most;
} seen;

static bool
note(enum test_disk_step step, size_t *n)
{
	if (seen.n < sizeof(seen.order) - 1)
		seen.order[seen.n] = (char)step;
	seen.n++;
	if (seen.write_at_most > 0 && *n > seen.write_at_most)
		*n = seen.write_at_most;
	if (seen.n != seen.fail_at)
		return true;
	errno = ENOSPC;
	return false;
}

static char dir[64], path[96];

static bool
begin(void)
{
	memset(&seen, 0, sizeof(seen));
	(void)snprintf(dir, sizeof(dir), "/tmp/earshot-sync-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return false;
	(void)snprintf(path, sizeof(path), "%s/f", dir);
	return true;
}

static int
replace(const char *text, unsigned fail_at)
{
	int err;

	memset(seen.order, 0, sizeof(seen.order));
	seen.n = 0;
	seen.fail_at = fail_at;
	test_disk = note;
	err = es_file_write(path, es_slice_str(text), 0600);
	test_disk = NULL;
	return err;
}

/* The file holds text, and nothing else lies in its directory. */
static bool
holds(const char *text)
{
	const struct dirent *e;
	DIR *d = opendir(dir);
	unsigned names = 0;
	char *is;
	size_t n;
	bool same;

	while (d != NULL && (e = readdir(d)) != NULL)
		names += e->d_name[0] != '.';
	if (d != NULL)
		closedir(d);
	if (es_file_read(path, 100, &is, &n) != 0)
		return false;
	same = strcmp(is, text) == 0 && names == 1;
	free(is);
	return same;
}

static void
end(void)
{
	(void)unlink(path);
	(void)rmdir(dir);
}

TEST(file_is_synced_before_and_its_directory_after_the_rename)
{
	CHECK(begin());
	CHECK_EQ(replace("one", 0), 0);
	CHECK_STR(seen.order, "wfrd");
	CHECK(holds("one"));
	seen.write_at_most = 2;
	CHECK_EQ(replace("twelve", 0), 0);
	CHECK_STR(seen.order, "wwwfrd");
	CHECK(holds("twelve"));
	end();
}

TEST(file_step_that_fails_leaves_the_old_one)
{
	CHECK(begin());
	CHECK_EQ(replace("old", 0), 0);
	for (unsigned step = 1; step <= 3; step++) {
		CHECK_EQ(replace("new", step), ES_EIO);
		CHECK_EQ(errno, ENOSPC);
		CHECK(holds("old"));
		CHECK_EQ(replace("newer", step), ES_EIO); /* the second try, too */
		CHECK(holds("old"));
	}
	seen.write_at_most = 1;
	CHECK_EQ(replace("new", 2), ES_EIO); /* half of it is written */
	CHECK(holds("old"));
	seen.write_at_most = 0;
	CHECK_EQ(replace("new", 4), ES_EIO); /* is there, but may not survive: said */
	CHECK(holds("new"));
	CHECK_EQ(replace("newest", 0), 0);
	CHECK(holds("newest"));
	end();
}

/* Files that belong together: none is put in place before all are on the disk. */
TEST(file_staged_ones_stand_aside_until_they_are_committed)
{
	CHECK(begin());
	CHECK_EQ(replace("old", 0), 0);
	memset(&seen, 0, sizeof(seen));
	test_disk = note;
	CHECK_EQ(es_file_stage(path, es_slice_str("new"), 0600), 0);
	CHECK_STR(seen.order, "wf");
	test_disk = NULL;
	es_file_discard(path);
	CHECK(holds("old"));
	es_file_discard(path); /* nothing there is fine */
	CHECK_EQ(es_file_commit(path), ES_EIO);
	CHECK(holds("old"));
	CHECK_EQ(es_file_stage(path, es_slice_str("new"), 0600), 0);
	memset(&seen, 0, sizeof(seen));
	test_disk = note;
	CHECK_EQ(es_file_commit(path), 0);
	CHECK_STR(seen.order, "rd");
	test_disk = NULL;
	CHECK(holds("new"));
	memset(&seen, 0, sizeof(seen));
	test_disk = note;
	seen.fail_at = 2;
	CHECK_EQ(es_file_stage(path, es_slice_str("newer"), 0600), ES_EIO);
	test_disk = NULL;
	CHECK(holds("new")); /* and no temporary name is left */
	end();
}

TEST(file_left_by_a_process_that_died_is_no_obstacle)
{
	char temp[128];
	int fd;

	CHECK(begin());
	CHECK_EQ(replace("old", 0), 0);
	(void)snprintf(temp, sizeof(temp), "%s.%ld.tmp", path, (long)getpid());
	fd = open(temp, O_WRONLY | O_CREAT, 0644);
	CHECK(fd >= 0);
	close(fd);
	CHECK_EQ(replace("new", 0), 0);
	CHECK(holds("new"));
	CHECK_EQ(symlink("f", temp), 0); /* a link in the way is taken away, not followed */
	CHECK_EQ(replace("newer", 0), 0);
	CHECK(holds("newer"));
	end();
}

TEST(file_keys_and_certificates_are_synced)
{
	struct es_pki_key *key;
	struct stat st;

	CHECK(begin());
	CHECK_EQ(es_pki_key_new(&key), 0);
	test_disk = note;
	CHECK_EQ(es_pki_key_write(key, path), 0);
	test_disk = NULL;
	CHECK_STR(seen.order, "wfrd");
	CHECK_EQ(stat(path, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0600);
	memset(&seen, 0, sizeof(seen));
	test_disk = note;
	CHECK_EQ(es_pki_write_pem(path, "pem", 0644), 0);
	test_disk = NULL;
	CHECK_STR(seen.order, "wfrd");
	CHECK_EQ(stat(path, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0644);
	memset(&seen, 0, sizeof(seen));
	test_disk = note;
	seen.fail_at = 2;
	CHECK_EQ(es_pki_key_write(key, path), ES_EIO);
	test_disk = NULL;
	CHECK(holds("pem"));
	es_pki_key_free(key);
	end();
}

TEST(file_directories_are_made_with_their_mode)
{
	mode_t was = umask(077);
	struct stat st;
	char deep[160];

	CHECK(begin());
	(void)snprintf(deep, sizeof(deep), "%s/a/b", dir);
	CHECK_EQ(es_dir_make(deep, 0750), 0); /* whatever the umask is */
	umask(was);
	CHECK_EQ(stat(deep, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0750);
	CHECK_EQ(chmod(deep, 0700), 0);
	CHECK_EQ(es_dir_make(deep, 0750), 0); /* one that is there stays as it is */
	CHECK_EQ(stat(deep, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0700);
	CHECK_EQ(es_dir_make("", 0700), ES_EINVALID);
	CHECK_EQ(rmdir(deep), 0);
	(void)snprintf(deep, sizeof(deep), "%s/a", dir);
	CHECK_EQ(rmdir(deep), 0);
	end();
}

TEST(file_parent_of_a_path)
{
	static const char *const pairs[][2] = { { "/a/b", "/a" }, { "/a", "/" }, { "a", "." },
		{ "a/b/c", "a/b" }, { "/", "/" }, { "./a", "." } };
	static char longest[PATH_MAX + 9];
	char out[PATH_MAX];

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		CHECK_EQ(es_file_parent(pairs[i][0], out), 0);
		CHECK_STR(out, pairs[i][1]);
	}
	memset(longest, 'a', sizeof(longest) - 1);
	longest[PATH_MAX - 1] = '/';
	CHECK_EQ(es_file_parent(longest, out), 0);
	longest[PATH_MAX - 1] = 'a';
	longest[PATH_MAX] = '/';
	CHECK_EQ(es_file_parent(longest, out), ES_EINVALID);
}
