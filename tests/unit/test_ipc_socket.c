/* SPDX-License-Identifier: Apache-2.0 */
/* Unix sockets of the agent: what each failure is called, rights, and that nothing stays open. */
#include "agent/ipc/ipc_socket.h"

#include "tests/unit/harness.h"
#include "tests/unit/open_files.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[96];

static bool
begin(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/earshot-hop-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return false;
	(void)snprintf(path, sizeof(path), "%s/hop", dir);
	return true;
}

static void
end(void)
{
	(void)unlink(path);
	CHECK_EQ(rmdir(dir), 0);
}

TEST(ipc_socket_connect_distinguishes_nobody_there_from_broken)
{
	char too_long[200];
	unsigned before;
	uid_t user;
	int fd;

	CHECK(begin());
	before = open_files();
	CHECK_EQ(es_unix_connect(path, SOCK_SEQPACKET, 0, &user), ES_ENOTFOUND);
	CHECK_EQ(errno, ENOENT);
	fd = es_unix_listen(path, SOCK_SEQPACKET, 0);
	CHECK(fd >= 0);
	CHECK_EQ(es_unix_connect(path, SOCK_STREAM, 0, &user), ES_EIO); /* of another kind */
	CHECK_EQ(errno, EPROTOTYPE);
	close(fd); /* its process was killed: the file is still there */
	CHECK_EQ(es_unix_connect(path, SOCK_SEQPACKET, 0, &user), ES_ENOTFOUND);
	CHECK_EQ(errno, ECONNREFUSED);
	memset(too_long, 'a', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	CHECK_EQ(es_unix_connect(too_long, SOCK_SEQPACKET, 0, &user), ES_EIO);
	CHECK_EQ(errno, ENAMETOOLONG);
	CHECK_EQ(open_files(), before);
	end();
}

/* A path of 107 bytes has room for its end, one of 108 has not. */
TEST(ipc_socket_path_ends_within_its_address)
{
	char long_path[128];
	int fd;

	CHECK(begin());
	memset(long_path, 'a', sizeof(long_path));
	memcpy(long_path, path, strlen(path));
	long_path[107] = '\0';
	fd = es_unix_listen(long_path, SOCK_SEQPACKET, 0);
	CHECK(fd >= 0);
	close(fd);
	CHECK_EQ(unlink(long_path), 0);
	long_path[107] = 'a';
	long_path[108] = '\0';
	CHECK_EQ(es_unix_listen(long_path, SOCK_SEQPACKET, 0), ES_EIO);
	CHECK_EQ(errno, ENAMETOOLONG);
	end();
}

TEST(ipc_socket_listener_is_for_its_user_or_asks_each)
{
	mode_t mask = umask(022);
	unsigned before;
	struct stat st;
	int fd;

	CHECK(begin());
	before = open_files();
	fd = es_unix_listen(path, SOCK_SEQPACKET, 0);
	CHECK_EQ(stat(path, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	close(fd);
	fd = es_unix_listen(path, SOCK_SEQPACKET, geteuid()); /* over the old file */
	CHECK_EQ(stat(path, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	close(fd);
	fd = es_unix_listen(path, SOCK_SEQPACKET, geteuid() + 1);
	CHECK_EQ(stat(path, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0666);
	close(fd);
	CHECK_EQ(umask(mask), 022); /* as it was */
	CHECK_EQ(unlink(path), 0);
	CHECK_EQ(mkdir(path, 0700), 0); /* something else has the name */
	CHECK_EQ(es_unix_listen(path, SOCK_SEQPACKET, 0), ES_EIO);
	CHECK_EQ(errno, EADDRINUSE);
	CHECK_EQ(open_files(), before);
	CHECK_EQ(rmdir(path), 0);
	end();
}

TEST(ipc_socket_accepts_one_after_the_other)
{
	uid_t user = 1;
	unsigned before;
	int fd, near, far;

	CHECK(begin());
	before = open_files();
	fd = es_unix_listen(path, SOCK_SEQPACKET, 0);
	CHECK_EQ(es_unix_accept(fd, 0, &user), ES_EAGAIN); /* does not wait */
	far = es_unix_connect(path, SOCK_SEQPACKET, 0, &user);
	CHECK(far >= 0);
	near = es_unix_accept(fd, 0, &user);
	CHECK(near >= 0);
	CHECK_EQ(user, 1); /* is said of those who are refused */
	CHECK_EQ(es_ipc_socket_send(far, es_slice_str("word")), 0);
	close(far);
	close(near);
	close(fd);
	CHECK_EQ(open_files(), before);
	end();
}

/* While one sensor is served nine wait, and who comes then is not kept waiting in its own connect. */
TEST(ipc_socket_has_a_queue_of_nine)
{
	int fds[10], listener;
	uid_t user;

	CHECK(begin());
	listener = es_unix_listen(path, SOCK_SEQPACKET, 0);
	CHECK(listener >= 0);
	for (int i = 0; i < 10; i++) {
		fds[i] = es_unix_connect(path, SOCK_SEQPACKET, 0, &user);
		CHECK_EQ(fds[i] >= 0, i < 9);
	}
	CHECK_EQ(fds[9], ES_EIO);
	CHECK_EQ(errno, EAGAIN);
	for (int i = 0; i < 9; i++)
		close(fds[i]);
	close(listener);
	end();
}

/* A process that was started without a standard input: its first socket is number 0. */
TEST(ipc_socket_number_0_is_a_descriptor)
{
	int in = dup(0), listener, far, near;
	uid_t user;

	CHECK(begin());
	CHECK(in > 0);
	close(0);
	listener = es_unix_listen(path, SOCK_SEQPACKET, 0);
	if (listener != 0)
		(void)dup2(in, 0);
	CHECK_EQ(listener, 0);
	listener = dup(0);
	close(0);
	far = es_unix_connect(path, SOCK_SEQPACKET, 0, &user);
	if (far != 0)
		(void)dup2(in, 0);
	CHECK_EQ(far, 0);
	far = dup(0);
	close(0);
	near = es_unix_accept(listener, 0, &user);
	(void)dup2(in, 0);
	CHECK_EQ(near, 0);
	close(in);
	close(far);
	close(listener);
	end();
}

TEST(ipc_socket_send_distinguishes_an_ended_peer_from_an_error)
{
	static uint8_t big[8 << 20];
	int fds[2], err = 0;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	es_ipc_socket_prepare(fds[0]);
	CHECK_EQ(es_ipc_socket_send(fds[0], es_slice_of(big, sizeof(big))), ES_EIO);
	CHECK_EQ(errno, EMSGSIZE);
	for (int i = 0; i < 100000 && err == 0; i++)
		err = es_ipc_socket_send(fds[0], es_slice_str("x"));
	CHECK_EQ(err, ES_EAGAIN); /* full: later */
	close(fds[1]);
	CHECK_EQ(es_ipc_socket_send(fds[0], es_slice_str("x")), ES_EEOF);
	close(fds[0]);
	CHECK_EQ(es_ipc_socket_send(fds[0], es_slice_str("x")), ES_EIO);
}

/* What a call before left in errno says nothing of a call that succeeds, also with nothing to send. */
TEST(ipc_socket_success_does_not_look_at_an_old_error)
{
	uint8_t bytes[16];
	int fds[2];
	size_t n = 9;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	errno = EINTR;
	CHECK_EQ(es_ipc_socket_send(fds[0], es_slice_of(bytes, 0)), 0);
	errno = EPIPE;
	CHECK_EQ(es_ipc_socket_send(fds[0], es_slice_of(bytes, 0)), 0);
	errno = EAGAIN; /* an empty datagram is what an ended peer looks like */
	CHECK_EQ(es_ipc_socket_receive(fds[1], bytes, sizeof(bytes), &n), ES_EEOF);
	errno = EINTR;
	CHECK_EQ(es_ipc_socket_receive(fds[1], bytes, sizeof(bytes), &n), ES_EEOF);
	CHECK_EQ(es_ipc_socket_receive(fds[1], bytes, sizeof(bytes), &n), ES_EAGAIN);
	CHECK_EQ(n, 9);
	close(fds[0]);
	close(fds[1]);
}

/* The peer was killed with datagrams of ours unread: what it had sent before is still to come. */
TEST(ipc_socket_of_a_killed_peer_yields_what_it_had_sent)
{
	uint8_t bytes[16];
	int fds[2];
	size_t n;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	CHECK_EQ(es_ipc_socket_send(fds[1], es_slice_str("first")), 0);
	CHECK_EQ(es_ipc_socket_send(fds[1], es_slice_str("second!")), 0);
	CHECK_EQ(es_ipc_socket_send(fds[0], es_slice_str("unread")), 0);
	close(fds[1]);
	CHECK_EQ(es_ipc_socket_receive(fds[0], bytes, sizeof(bytes), &n), 0);
	CHECK_EQ(n, 5);
	CHECK_EQ(es_ipc_socket_receive(fds[0], bytes, 7, &n), 0); /* fills its room */
	CHECK_EQ(n, 7);
	CHECK_EQ(es_ipc_socket_receive(fds[0], bytes, sizeof(bytes), &n), ES_EEOF);
	close(fds[0]);
}
