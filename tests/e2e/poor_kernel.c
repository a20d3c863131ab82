/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a program on a kernel that lacks something, as a build without an option of its configuration does: a filter answers
 * its system calls with what such a kernel answers. usage: poor_kernel WHAT COMMAND [ARG...]; exit 77: not here
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LACKS(error, call, ...) \
	seccomp_rule_add(to, SCMP_ACT_ERRNO(error), SCMP_SYS(call), __VA_ARGS__)

enum { SKIPPED = 77 };

static bool
lacks_ring(scmp_filter_ctx to) /* no memory in one piece for PACKET_RX_RING, packet(7) */
{
	return LACKS(ENOMEM, setsockopt, 2, SCMP_A1(SCMP_CMP_EQ, SOL_PACKET),
		   SCMP_A2(SCMP_CMP_EQ, PACKET_RX_RING)) == 0;
}

static bool
lacks_events(scmp_filter_ctx to) /* CONFIG_INOTIFY_USER, CONFIG_TIMERFD, and no netlink */
{
	return LACKS(ENOSYS, inotify_init1, 0) == 0 && LACKS(ENOSYS, timerfd_create, 0) == 0 &&
	       LACKS(EAFNOSUPPORT, socket, 1, SCMP_A0(SCMP_CMP_EQ, AF_NETLINK)) == 0;
}

static bool
lacks_packet(scmp_filter_ctx to) /* CONFIG_PACKET */
{
	return LACKS(EAFNOSUPPORT, socket, 1, SCMP_A0(SCMP_CMP_EQ, AF_PACKET)) == 0;
}

static const struct {
	const char *name;
	bool (*add)(scmp_filter_ctx to);
} kinds[] = { { "ring", lacks_ring }, { "events", lacks_events }, { "packet", lacks_packet } };

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc > 2 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		scmp_filter_ctx to;

		if (strcmp(argv[1], kinds[i].name) != 0)
			continue;
		to = seccomp_init(SCMP_ACT_ALLOW);
		if (to == NULL || !kinds[i].add(to) || seccomp_load(to) != 0)
			return SKIPPED;
		(void)execvp(argv[2], argv + 2);
		perror(argv[2]);
		return 1;
	}
	(void)fprintf(stderr, "usage: poor_kernel ring|events|packet COMMAND [ARG...]\n");
	return 2;
}
