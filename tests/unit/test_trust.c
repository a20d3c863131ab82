/* SPDX-License-Identifier: Apache-2.0 */
/* Which files, directories and peers are relied on, and what is said of the others. */
#include "agent/ipc/ipc_socket.h"
#include "collector/tenant.h"
#include "runtime/file.h"
#include "runtime/trust.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, SOMEBODY = 65533 };

static char top[64], why[ES_TRUST_WHY_MAX];

/* top/name, in one of some buffers. */
static const char *
in(const char *name)
{
	static char bytes[4][160];
	static unsigned turn;
	char *at = bytes[turn++ % 4];

	(void)snprintf(at, 160, "%s/%s", top, name);
	return at;
}

static int
take_away(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void
end(void)
{
	if (top[0] != '\0')
		(void)nftw(top, take_away, 8, FTW_DEPTH | FTW_PHYS);
	top[0] = '\0';
}

static bool
begin(void)
{
	static bool is_again;

	if (!is_again && atexit(end) != 0)
		return false;
	is_again = true;
	end(); /* what the test before left */
	(void)snprintf(top, sizeof(top), "/tmp/earshot-trust-XXXXXX");
	why[0] = '\0';
	return mkdtemp(top) != NULL;
}

/* chmod, whatever the umask is. */
static bool
make(const char *path, mode_t mode)
{
	return mkdir(path, 0700) == 0 && chmod(path, mode) == 0;
}

static bool
says(const char *text)
{
	return strstr(why, text) != NULL;
}

TEST(trust_directory_of_ours_will_do)
{
	CHECK(begin());
	CHECK(make(in("a"), 0755));
	CHECK(make(in("a/b"), 0700));
	CHECK_EQ(es_trust_dir(in("a"), 0, why), 0);
	CHECK_EQ(es_trust_dir(in("a/b"), 0, why), 0);
	CHECK_EQ(es_trust_dir(in("a/b/"), 0, why), 0);
	CHECK_EQ(es_trust_dir("/", 0, why), 0);
	CHECK_EQ(es_trust_parent(in("a/b/hop"), 0, why), 0);
	CHECK_EQ(es_trust_dir(in("none"), 0, why), ES_ENOTFOUND);
	CHECK_EQ(es_trust_parent(in("none/hop"), 0, why), ES_ENOTFOUND);
	CHECK_EQ(es_file_write(in("file"), es_slice_str("x"), 0600), 0);
	CHECK_EQ(es_trust_dir(in("file"), 0, why), ES_EIO);
	CHECK(says("Not a directory"));
}

TEST(trust_directory_that_others_may_write_is_refused)
{
	CHECK(begin());
	CHECK(make(in("group"), 0770));
	CHECK(make(in("all"), 0707));
	CHECK(make(in("sticky"), 01777));
	CHECK_EQ(es_trust_dir(in("group"), 0, why), ES_EDENIED);
	CHECK(says("/group can be written by others: chmod go-w /tmp/"));
	CHECK_EQ(es_trust_dir(in("all"), 0, why), ES_EDENIED);
	/* in /tmp itself a name can be taken before we come: sticky protects what is there only */
	CHECK_EQ(es_trust_dir(in("sticky"), 0, why), ES_EDENIED);
	CHECK_EQ(es_trust_dir("/tmp", 0, why), ES_EDENIED);
	CHECK_EQ(es_trust_make_dir(in("all"), 0, why), ES_EDENIED);
	CHECK_EQ(es_trust_parent(in("all/hop"), 0, why), ES_EDENIED);
}

TEST(trust_way_that_others_may_write_is_refused)
{
	CHECK(begin());
	CHECK(make(in("all"), 0707));
	CHECK(make(in("all/a"), 0700));
	CHECK(make(in("all/a/b"), 0700));
	CHECK(make(in("sticky"), 01777));
	CHECK(make(in("sticky/a"), 0700));
	CHECK_EQ(es_trust_dir(in("all/a"), 0, why), ES_EDENIED);
	CHECK(says("/all can be written by others"));
	CHECK_EQ(es_trust_dir(in("all/a/b"), 0, why), ES_EDENIED);
	CHECK_EQ(es_trust_dir(in("sticky/a"), 0, why), 0);
	CHECK_EQ(symlink(in("all/a"), in("link")), 0);
	CHECK_EQ(es_trust_dir(in("link"), 0, why), ES_EDENIED);
	CHECK_EQ(symlink(in("sticky/a"), in("good")), 0);
	CHECK_EQ(es_trust_dir(in("good"), 0, why), 0);
	CHECK_EQ(es_trust_make_dir(in("good/new/one"), 0, why), 0);
	CHECK_EQ(es_trust_dir(in("sticky/a/new/one"), 0, why), 0);
	CHECK_EQ(symlink("nowhere", in("dead")), 0);
	CHECK_EQ(es_trust_dir(in("dead"), 0, why), ES_ENOTFOUND);
}

TEST(trust_relative_paths_begin_where_we_stand)
{
	char was[PATH_MAX];

	CHECK(begin());
	CHECK(getcwd(was, sizeof(was)) != NULL);
	CHECK(make(in("all"), 0707));
	CHECK(make(in("all/a"), 0700));
	CHECK_EQ(chdir(in("all")), 0);
	CHECK_EQ(es_trust_dir("a", 0, why), ES_EDENIED);
	CHECK_EQ(es_trust_parent("hop", 0, why), ES_EDENIED);
	CHECK_EQ(chdir("a"), 0);
	CHECK_EQ(es_trust_parent("hop", 0, why), ES_EDENIED); /* by the way to here */
	CHECK_EQ(chmod(in("all"), 0700), 0);
	CHECK_EQ(es_trust_parent("hop", 0, why), 0);
	CHECK_EQ(chdir(was), 0);
}

TEST(trust_directory_of_another_user_is_refused)
{
	CHECK(begin());
	if (geteuid() != 0) {
		test_skip("needs root to give files away");
		return;
	}
	CHECK(make(in("his"), 0755));
	CHECK(make(in("his/a"), 0755));
	CHECK(make(in("t"), 01777));
	CHECK_EQ(chown(in("his"), NOBODY, NOBODY), 0);
	CHECK_EQ(es_trust_dir(in("his"), 0, why), ES_EDENIED);
	CHECK(says("/his belongs to user 65534: chown 0 /tmp/"));
	CHECK_EQ(es_trust_dir(in("his"), SOMEBODY, why), ES_EDENIED);
	CHECK_EQ(es_trust_dir(in("his"), NOBODY, why), 0);
	CHECK_EQ(es_trust_dir(in("his/a"), 0, why), ES_EDENIED);
	CHECK_EQ(es_trust_dir(in("his/a"), NOBODY, why), 0);
	/* a link that its owner can turn elsewhere, to a place that is good now */
	CHECK(make(in("ours"), 0700));
	CHECK_EQ(symlink(in("ours"), in("t/link")), 0);
	CHECK_EQ(es_trust_dir(in("t/link"), 0, why), 0);
	CHECK_EQ(lchown(in("t/link"), NOBODY, NOBODY), 0);
	CHECK_EQ(es_trust_dir(in("t/link"), 0, why), ES_EDENIED);
	CHECK(says("chown -h 0 /tmp/"));
	CHECK(make(in("ours/b"), 0700));
	CHECK_EQ(es_trust_dir(in("t/link/b"), 0, why), ES_EDENIED);
	CHECK_EQ(symlink(in("his"), in("mine")), 0);
	CHECK_EQ(es_trust_dir(in("mine"), 0, why), ES_EDENIED);
	/* a group above that is not our own */
	CHECK(make(in("g"), 0770));
	CHECK(make(in("g/a"), 0700));
	CHECK_EQ(es_trust_dir(in("g/a"), 0, why), 0);
	CHECK_EQ(chown(in("g"), 0, NOBODY), 0);
	CHECK_EQ(es_trust_dir(in("g/a"), 0, why), ES_EDENIED);
}

TEST(trust_secret_that_others_can_read_is_refused)
{
	static const mode_t loose[] = { 0640, 0620, 0610, 0604, 0602, 0601, 0644, 0666 };
	size_t n = 0, i;
	char *text = NULL;

	CHECK(begin());
	CHECK_EQ(es_file_write(in("key"), es_slice_str("secret"), 0600), 0);
	CHECK_EQ(es_trust_read_secret(in("key"), 6, 0, &text, &n, why), 0);
	CHECK_EQ(n, 6);
	CHECK_STR(text, "secret");
	free(text);
	CHECK_EQ(es_trust_read_secret(in("key"), 5, 0, &text, &n, why), ES_EFULL);
	for (i = 0; i < sizeof(loose) / sizeof(loose[0]); i++) {
		CHECK_EQ(chmod(in("key"), loose[i]), 0);
		CHECK_EQ(es_trust_read_secret(in("key"), 9, 0, &text, &n, why), ES_EDENIED);
		CHECK(says("/key is a secret that others can read or write: chmod 600 /tmp/"));
	}
	CHECK_EQ(chmod(in("key"), 0400), 0);
	CHECK_EQ(symlink("key", in("link")), 0);
	CHECK_EQ(es_trust_read_secret(in("link"), 9, 0, &text, &n, why), 0);
	free(text);
	CHECK_EQ(es_trust_read_secret(in("none"), 9, 0, &text, &n, why), ES_ENOTFOUND);
	CHECK(says("/none: No such file"));
	CHECK_EQ(mkfifo(in("pipe"), 0600), 0); /* and does not wait for a writer */
	CHECK_EQ(es_trust_read_secret(in("pipe"), 9, 0, &text, &n, why), ES_EDENIED);
	CHECK(says("not a regular file"));
	CHECK_EQ(es_trust_read_secret(top, 9, 0, &text, &n, why), ES_EDENIED);
	if (geteuid() != 0)
		return;
	CHECK_EQ(chown(in("key"), NOBODY, NOBODY), 0);
	CHECK_EQ(es_trust_read_secret(in("key"), 9, 0, &text, &n, why), ES_EDENIED);
	CHECK(says("belongs to user 65534"));
	CHECK_EQ(es_trust_read_secret(in("key"), 9, NOBODY, &text, &n, why), 0);
	free(text);
}

TEST(trust_tenant_key_of_the_collector_is_a_secret)
{
	uint8_t key[ES_KEY_BYTES], again[ES_KEY_BYTES];
	struct stat st;

	CHECK(begin());
	CHECK_EQ(es_tenant_key_make(in("tenant.key")), 0);
	CHECK_EQ(stat(in("tenant.key"), &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	CHECK_EQ(es_tenant_key_load(in("tenant.key"), 0, why, key), 0);
	CHECK_EQ(es_tenant_key_load(in("tenant.key"), 0, why, again), 0);
	CHECK(memcmp(key, again, sizeof(key)) == 0);
	CHECK_EQ(chmod(in("tenant.key"), 0644), 0);
	CHECK_EQ(es_tenant_key_load(in("tenant.key"), 0, why, key), 0);
	CHECK(says("tenant.key is a secret that only its directory keeps from others: chmod 600 "));
	CHECK_EQ(chmod(top, 0711), 0);
	CHECK_EQ(es_tenant_key_load(in("tenant.key"), 0, why, key), ES_EDENIED);
	CHECK(says("tenant.key") && says("chmod 600 "));
	CHECK_EQ(es_file_write(in("tenant.key"), es_slice_str("0123"), 0600), 0);
	CHECK_EQ(es_tenant_key_load(in("tenant.key"), 0, why, key), ES_EMALFORMED);
	CHECK(says("tenant.key: expected 64 hexadecimal digits"));
}

/* One agent loses nothing when it waits; a collector that stops costs all of them their delivery. */
TEST(trust_secret_behind_a_shut_directory_is_warned_of)
{
	size_t n = 0;
	char *text = NULL;

	CHECK(begin());
	CHECK(make(in("shut"), 0700));
	CHECK(make(in("shut/a"), 0755));
	CHECK_EQ(es_file_write(in("shut/a/key"), es_slice_str("secret"), 0644), 0);
	CHECK_EQ(chmod(top, 0755), 0);
	CHECK_EQ(es_trust_read_secret(in("shut/a/key"), 9, 0, &text, &n, why), ES_EDENIED);
	CHECK_EQ(es_trust_read_shut_secret(in("shut/a/key"), 9, 0, &text, &n, why), 0);
	CHECK_STR(text, "secret");
	CHECK(says(
	    "/shut/a/key is a secret that only its directory keeps from others: chmod 600 /tmp/"));
	free(text);
	CHECK_EQ(chmod(in("shut"), 0710), 0); /* the group can pass */
	CHECK_EQ(es_trust_read_shut_secret(in("shut/a/key"), 9, 0, &text, &n, why), ES_EDENIED);
	CHECK_EQ(chmod(in("shut"), 0701), 0);
	CHECK_EQ(es_trust_read_shut_secret(in("shut/a/key"), 9, 0, &text, &n, why), ES_EDENIED);
	CHECK_EQ(chmod(in("shut/a"), 0700), 0);
	CHECK_EQ(es_trust_read_shut_secret(in("shut/a/key"), 9, 0, &text, &n, why), 0);
	free(text);
	CHECK_EQ(chmod(in("shut/a/key"), 0600), 0);
	CHECK_EQ(es_trust_read_shut_secret(in("shut/a/key"), 9, 0, &text, &n, why), 0);
	CHECK_STR(why, "");
	free(text);
	CHECK_EQ(mkfifo(in("shut/a/pipe"), 0644), 0);
	CHECK_EQ(es_trust_read_shut_secret(in("shut/a/pipe"), 9, 0, &text, &n, why), ES_EDENIED);
	if (geteuid() != 0)
		return;
	CHECK_EQ(chmod(in("shut/a/key"), 0644), 0);
	CHECK_EQ(chown(in("shut/a"), NOBODY, NOBODY), 0); /* shut, but not by us */
	CHECK_EQ(es_trust_read_shut_secret(in("shut/a/key"), 9, 0, &text, &n, why), ES_EDENIED);
	CHECK_EQ(es_trust_read_shut_secret(in("shut/a/key"), 9, NOBODY, &text, &n, why), 0);
	free(text);
}

TEST(trust_users_are_root_ours_and_one_more)
{
	uid_t uid = 1;

	CHECK(es_trust_user(0, 0));
	CHECK(es_trust_user(geteuid(), 0));
	CHECK(es_trust_user(NOBODY, NOBODY));
	CHECK(!es_trust_user(NOBODY, SOMEBODY));
	CHECK(!es_trust_user(NOBODY, 0));
	CHECK(!es_trust_user((uid_t)-1, 0));
	CHECK_EQ(es_trust_find_user("root", &uid), 0);
	CHECK_EQ(uid, 0);
	CHECK_EQ(es_trust_find_user("4242", &uid), 0);
	CHECK_EQ(uid, 4242);
	CHECK_EQ(es_trust_find_user("no-such-user", &uid), ES_ENOTFOUND);
	CHECK_EQ(es_trust_find_user("42x", &uid), ES_ENOTFOUND);
	CHECK_EQ(es_trust_find_user("4294967295", &uid), ES_ENOTFOUND);
	CHECK_EQ(es_trust_find_user("99999999999999999999", &uid), ES_ENOTFOUND);
	CHECK_EQ(es_trust_find_user("", &uid), ES_ENOTFOUND);
	CHECK_EQ(uid, 4242);
}

TEST(ipc_socket_is_for_its_owner_alone)
{
	uid_t user = 7;
	struct stat st;
	uint8_t byte;
	size_t n;
	int l, c, a;

	CHECK(begin());
	CHECK_EQ(es_unix_connect(in("hop"), SOCK_SEQPACKET, 0, &user), ES_ENOTFOUND);
	l = es_unix_listen(in("hop"), SOCK_SEQPACKET, 0);
	CHECK(l >= 0);
	CHECK_EQ(stat(in("hop"), &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	CHECK_EQ(es_unix_accept(l, 0, &user), ES_EAGAIN);
	c = es_unix_connect(in("hop"), SOCK_SEQPACKET, 0, &user);
	CHECK(c >= 0);
	a = es_unix_accept(l, 0, &user);
	CHECK(a >= 0);
	CHECK_EQ(user, 7);
	CHECK_EQ(es_ipc_socket_send(c, es_slice_str("x")), 0);
	CHECK_EQ(es_ipc_socket_receive(a, &byte, 1, &n), 0);
	close(a);
	CHECK_EQ(es_ipc_socket_receive(c, &byte, 1, &n), ES_EEOF);
	close(c);
	close(l);
	CHECK_EQ(es_unix_connect(in("hop"), SOCK_SEQPACKET, 0, &user), ES_ENOTFOUND);
	l = es_unix_listen(in("hop"), SOCK_SEQPACKET, NOBODY); /* over the stale one */
	CHECK(l >= 0);
	CHECK_EQ(stat(in("hop"), &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0666); /* the kernel's word on the peer decides, not the mode */
	close(l);
	l = es_unix_listen(in("hop"), SOCK_SEQPACKET, geteuid());
	CHECK(l >= 0);
	CHECK_EQ(stat(in("hop"), &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	close(l);
}

/* A link in its place is taken away, not followed. */
TEST(ipc_socket_replaces_a_link)
{
	struct stat st;
	char *text;
	size_t n;
	int l;

	CHECK(begin());
	CHECK_EQ(es_file_write(in("victim"), es_slice_str("precious"), 0600), 0);
	CHECK_EQ(symlink(in("victim"), in("hop")), 0);
	l = es_unix_listen(in("hop"), SOCK_SEQPACKET, 0);
	CHECK(l >= 0);
	CHECK_EQ(lstat(in("hop"), &st), 0);
	CHECK(S_ISSOCK(st.st_mode));
	CHECK_EQ(es_file_read(in("victim"), 100, &text, &n), 0);
	CHECK_STR(text, "precious");
	free(text);
	close(l);
}

/* What another user does at path: connects to it, or listens there. Returns its pid. */
static int
as_user(uid_t uid, const char *path, bool listens, int *ready_fd)
{
	int pipe_fds[2], fd;
	uid_t user;
	char byte = 0;
	int pid = pipe(pipe_fds) == 0 ? fork() : -1;

	if (pid != 0) {
		*ready_fd = pipe_fds[0];
		close(pipe_fds[1]);
		return pid;
	}
	if (setgid(uid) != 0 || setuid(uid) != 0)
		_exit(3);
	fd = listens ? es_unix_listen(path, SOCK_SEQPACKET, SOMEBODY)
		     : es_unix_connect(path, SOCK_SEQPACKET, 0, &user);
	(void)!write(pipe_fds[1], &byte, 1);
	if (fd < 0)
		_exit(2);
	if (listens) { /* takes whatever comes */
		struct pollfd p = { fd, POLLIN, 0 };

		(void)poll(&p, 1, 10000);
		fd = accept(fd, NULL, NULL);
	}
	if (fd >= 0) {
		struct pollfd p = { fd, POLLIN, 0 };

		(void)poll(&p, 1, 10000); /* the other end speaks or hangs up */
	}
	_exit(fd >= 0 && recv(fd, &byte, 1, 0) > 0); /* 1: got something */
}

static int
status_of(int pid)
{
	int status = 0;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(ipc_nothing_is_handed_to_a_thief_who_listens)
{
	uid_t user = 0;
	int ready, pid, fd;
	char byte;

	CHECK(begin());
	if (geteuid() != 0) {
		test_skip("needs root to act as other users");
		return;
	}
	CHECK_EQ(chmod(top, 0777), 0);
	pid = as_user(NOBODY, in("hop"), true, &ready);
	CHECK(pid > 0);
	CHECK_EQ(read(ready, &byte, 1), 1);
	CHECK_EQ(es_unix_connect(in("hop"), SOCK_SEQPACKET, 0, &user), ES_EDENIED);
	CHECK_EQ(user, NOBODY);
	CHECK_EQ(status_of(pid), 0); /* saw us hang up, without a byte */
	close(ready);
	pid = as_user(NOBODY, in("hop"), true, &ready);
	CHECK_EQ(read(ready, &byte, 1), 1);
	fd = es_unix_connect(in("hop"), SOCK_SEQPACKET, NOBODY, &user);
	CHECK(fd >= 0); /* the user that the configuration names */
	CHECK_EQ(es_ipc_socket_send(fd, es_slice_str("x")), 0);
	CHECK_EQ(status_of(pid), 1);
	close(fd);
	close(ready);
}

TEST(ipc_a_stranger_who_connects_is_refused)
{
	uid_t user = 0;
	int ready, pid, l, fd;
	char byte;

	CHECK(begin());
	if (geteuid() != 0) {
		test_skip("needs root to act as other users");
		return;
	}
	CHECK_EQ(chmod(top, 0755), 0);
	l = es_unix_listen(in("hop"), SOCK_SEQPACKET, SOMEBODY);
	CHECK(l >= 0);
	pid = as_user(NOBODY, in("hop"), false, &ready);
	CHECK_EQ(read(ready, &byte, 1), 1);
	CHECK_EQ(es_unix_accept(l, SOMEBODY, &user), ES_EDENIED);
	CHECK_EQ(user, NOBODY);
	CHECK_EQ(status_of(pid), 0);
	close(ready);
	pid = as_user(SOMEBODY, in("hop"), false, &ready);
	CHECK_EQ(read(ready, &byte, 1), 1);
	fd = es_unix_accept(l, SOMEBODY, &user);
	CHECK(fd >= 0);
	CHECK_EQ(es_ipc_socket_send(fd, es_slice_str("x")), 0);
	CHECK_EQ(status_of(pid), 1);
	close(fd);
	close(l);
	close(ready);
}
