/* SPDX-License-Identifier: Apache-2.0 */
/* A classic BPF program run by the kernel itself, on bytes that pass a pair of sockets: no right is needed. */
#ifndef TESTS_KERNEL_CUT_H
#define TESTS_KERNEL_CUT_H

#include <errno.h>
#include <linux/filter.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

enum { KERNEL_CUT_DROPPED = -1, KERNEL_CUT_NO_SOCKET = -2 };

struct kernel_cut {
	int fd[2];
};

/* 0, or the error of the system, ENOMEM where the program is too long for net.core.optmem_max. */
static inline int
kernel_cut_open(struct kernel_cut *k, struct sock_filter *program, size_t n)
{
	struct sock_fprog prog = { (unsigned short)n, program };

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, k->fd) != 0)
		return errno;
	if (setsockopt(k->fd[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) == 0)
		return 0;
	return errno;
}

static inline void
kernel_cut_close(struct kernel_cut *k)
{
	(void)close(k->fd[0]);
	(void)close(k->fd[1]);
}

/* How many of n bytes pass. */
static inline int
kernel_cut(const struct kernel_cut *k, const uint8_t *bytes, size_t n)
{
	uint8_t out[65536];

	if (send(k->fd[0], bytes, n, 0) < 0)
		return errno == EPERM ? KERNEL_CUT_DROPPED : KERNEL_CUT_NO_SOCKET;
	return (int)recv(k->fd[1], out, sizeof(out), 0);
}

#endif
