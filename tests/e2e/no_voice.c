/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Floods one end of a veth pair with speech in every shape and envelope, between SIP, RTCP and STUN, and looks at what
 * two sockets at the other end, with and without link header, let through to user space: no byte of speech, and all of
 * the rest. Then tries to get rid of their filters.
 * usage: no_voice FROM TO ROUNDS; exit status 0, 77: no right, or no room for the filter; 1: a line says what is wrong.
 */
#include "agent/capture/kernel_filter.h"
#include "tests/unit/made_envelopes.h"
#include "tests/unit/made_payloads.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SNAP_BYTES = 65535, WAIT_S = 10, ETH_ALL = 0x0003, SKIP = 77 };

/* What one socket got. */
struct tally {
	const char *name;
	size_t link_bytes; /* of the link header, which it does not give */
	int fd;
	unsigned packets, unequal;
	unsigned long long voice, bytes, sent_bytes;
};

static void
fail(const char *what)
{
	int status = errno == EPERM || errno == ENOMEM ? SKIP : 1;

	printf("%s: %s\n", what, strerror(errno));
	exit(status);
}

static int
open_socket(const char *iface, int type, int protocol)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		.sll_protocol = htons((uint16_t)protocol),
		.sll_ifindex = (int)if_nametoindex(iface) };
	int fd = socket(AF_PACKET, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || at.sll_ifindex == 0)
		fail(iface);
	if (type == SOCK_RAW && protocol == 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		fail("bind");
	return fd;
}

/* A socket that takes nothing before its filter is there, and locked. */
static void
listen_on(struct tally *t, const char *iface, enum es_kernel_filter_link link)
{
	static struct sock_filter program[ES_KERNEL_FILTER_MAX];
	struct es_kernel_filter_config cfg = { link, false, SNAP_BYTES,
		ES_KERNEL_FILTER_TUNNELS_MAX };
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_ALL),
		.sll_ifindex = (int)if_nametoindex(iface) };
	struct timeval wait = { WAIT_S, 0 };
	struct sock_fprog prog = { 0, program };
	int one = 1, room = 1 << 22;
	size_t n;

	t->fd = open_socket(iface, t->link_bytes == 0 ? SOCK_RAW : SOCK_DGRAM, ETH_ALL);
	if (es_kernel_filter_build(&cfg, program, ES_KERNEL_FILTER_MAX, &n) != 0)
		exit(1);
	prog.len = (unsigned short)n;
	if (setsockopt(t->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) != 0)
		fail("attach");
	if (setsockopt(t->fd, SOL_SOCKET, SO_LOCK_FILTER, &one, sizeof(one)) != 0 ||
	    setsockopt(t->fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) != 0 ||
	    setsockopt(t->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0 ||
	    bind(t->fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		fail("listen");
	(void)setsockopt(t->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
}

/* The next packet: the bytes that are here, and the length as sent. */
static size_t
take(const struct tally *t, uint8_t *bytes, size_t cap, size_t *sent_bytes)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct iovec part = { bytes, cap };
	struct msghdr m = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(t->fd, &m, 0);
	struct tpacket_auxdata aux;

	if (n < 0 || CMSG_FIRSTHDR(&m) == NULL)
		fail("a packet did not come");
	memcpy(&aux, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(aux));
	*sent_bytes = aux.tp_len;
	return (size_t)n;
}

/* A packet of which `voice` bytes are speech. */
static void
look(struct tally *t, size_t voice, const char *payload, const char *envelope)
{
	static uint8_t bytes[SNAP_BYTES];
	size_t sent, n = take(t, bytes, sizeof(bytes), &sent);

	t->packets++;
	t->bytes += n;
	t->sent_bytes += sent;
	for (size_t i = 1; i < n; i++) /* one alone is the half of a length */
		t->voice += bytes[i] == MADE_VOICE && bytes[i - 1] == MADE_VOICE;
	if (n != sent - voice && t->unequal++ == 0)
		printf("%s: %s in %s: %zu of %zu bytes came, %zu are speech\n", t->name, payload,
		    envelope, n, sent, voice);
}

/* One packet of each shape in each envelope. */
static void
flood(int from, struct tally *t, size_t n_sockets)
{
	for (size_t e = 0; e < N_ENVELOPES; e++) {
		for (size_t i = 0; i < N_PAYLOADS; i++) {
			struct made m = made_packet();
			size_t voice;

			payloads[i].carried(&m);
			voice = payloads[i].outcome == ALL ? 0 : voice_of(&m);
			envelopes[e].around(&m);
			if (send(from, made_p(&m), made_n(&m), 0) != (ssize_t)made_n(&m))
				fail("send");
			for (size_t k = 0; k < n_sockets; k++)
				look(&t[k], voice, payloads[i].name, envelopes[e].name);
		}
	}
}

/* Neither another filter nor none. */
static bool
is_locked(const struct tally *t)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, SNAP_BYTES);
	struct sock_fprog prog = { 1, &all };
	int zero = 0;

	return setsockopt(t->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) != 0 &&
	       errno == EPERM &&
	       setsockopt(t->fd, SOL_SOCKET, SO_DETACH_FILTER, &zero, sizeof(zero)) != 0 &&
	       errno == EPERM &&
	       setsockopt(t->fd, SOL_SOCKET, SO_LOCK_FILTER, &zero, sizeof(zero)) != 0 &&
	       errno == EPERM;
}

int
main(int argc, char **argv)
{
	struct tally t[] = { { .name = "with link header" },
		{ .name = "without link header", .link_bytes = 14 } };
	enum { N = sizeof(t) / sizeof(t[0]) };
	int from, status = 0;

	if (argc != 4)
		return 2;
	from = open_socket(argv[1], SOCK_RAW, 0);
	listen_on(&t[0], argv[2], ES_KERNEL_FILTER_ETHERNET);
	listen_on(&t[1], argv[2], ES_KERNEL_FILTER_COOKED);
	for (int i = (int)strtol(argv[3], NULL, 10); i > 0; i--)
		flood(from, t, N);
	for (size_t k = 0; k < N; k++) {
		bool locked = is_locked(&t[k]);

		printf("%s: %u packets, %llu bytes of speech, %u not as expected, %s; %llu of %llu "
		       "bytes came\n",
		    t[k].name, t[k].packets, t[k].voice, t[k].unequal,
		    locked ? "locked" : "NOT LOCKED", t[k].bytes, t[k].sent_bytes);
		if (t[k].packets == 0 || t[k].voice > 0 || t[k].unequal > 0 || !locked)
			status = 1;
	}
	return status;
}
