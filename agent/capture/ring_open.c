/* SPDX-License-Identifier: Apache-2.0 */
/* The half of a ring that needs the right to capture. */
#include "agent/capture/ring.h"

#include "agent/capture/kernel_filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	SNAP_BYTES = 65535,
	BUFFER_BYTES = 8 * 1024 * 1024,
	TIMEOUT_MS = 200,
	BLOCK_BYTES = 128 * 1024, /* has room for the longest packet with its headers */
	BLOCKS_MIN = 2,           /* one is read while the other fills */
	FRAME_BYTES = 2048,       /* only a divisor: packets of a block lie one behind the other */
	ROOM_BYTES = 4,           /* before each packet, for the VLAN tag that goes back there */
};

static int
fail(int err, const char *what, const struct es_ring_layout *l, char error[ES_CAPTURE_ERROR_MAX])
{
	const char *missing = err == ES_EDENIED ? "; capturing needs root or CAP_NET_RAW"
			      : errno == EAFNOSUPPORT
				  ? "; this kernel has no packet sockets (CONFIG_PACKET)"
				  : "";

	(void)snprintf(
	    error, ES_CAPTURE_ERROR_MAX, "%s: %s: %s%s", l->name, what, strerror(errno), missing);
	return err;
}

/* How frames of such an interface begin. Others come without their own header and get one of Linux (SLL2). */
static uint16_t
link_of(unsigned short hardware)
{
	switch (hardware) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK:
		return ES_LINK_ETHERNET;
	case ARPHRD_IEEE80211:
		return ES_LINK_IEEE802_11;
	case ARPHRD_IEEE80211_RADIOTAP:
		return ES_LINK_RADIOTAP;
	case ARPHRD_NONE:
	case ARPHRD_RAWIP:
		return ES_LINK_RAW;
	default:
		return ES_LINK_SLL2;
	}
}

static int
ask_of(int fd, const char *name, uint16_t what, struct ifreq *answer)
{
	memset(answer, 0, sizeof(*answer));
	(void)snprintf(answer->ifr_name, sizeof(answer->ifr_name), "%s", name);
	return ioctl(fd, what, answer) == 0 ? 0 : ES_EIO;
}

static int
look_up(int fd, struct es_ring_layout *l, char error[ES_CAPTURE_ERROR_MAX])
{
	struct ifreq is;

	if (ask_of(fd, "lo", SIOCGIFINDEX, &is) == 0)
		l->loopback = (uint32_t)is.ifr_ifindex;
	l->link = ES_LINK_SLL2;
	if (strcmp(l->name, "any") == 0)
		return 0;
	if (ask_of(fd, l->name, SIOCGIFINDEX, &is) != 0)
		return fail(
		    errno == ENODEV ? ES_ENOTFOUND : ES_EIO, "cannot be captured", l, error);
	l->index = (uint32_t)is.ifr_ifindex;
	if (ask_of(fd, l->name, SIOCGIFHWADDR, &is) != 0)
		return fail(ES_ENOTFOUND, "cannot be captured", l, error);
	l->link = link_of(is.ifr_hwaddr.sa_family);
	return 0;
}

/* Frames of Wi-Fi in the air are not cut: the filter does not read them. */
static struct es_kernel_filter_config
filter_for(uint16_t link, bool wants_payload)
{
	struct es_kernel_filter_config f = { ES_KERNEL_FILTER_ETHERNET, wants_payload, SNAP_BYTES,
		ES_KERNEL_FILTER_TUNNELS_MAX };

	if (link == ES_LINK_SLL2)
		f.link = ES_KERNEL_FILTER_COOKED;
	else if (link == ES_LINK_RAW)
		f.link = ES_KERNEL_FILTER_IP;
	else if (link != ES_LINK_ETHERNET)
		f.wants_payload = true;
	return f;
}

/* Before the socket is bound, so that nothing is ever queued that it would refuse or cut. */
static int
set_filter(int fd, bool wants_payload, struct es_ring_layout *l)
{
	struct es_kernel_filter_config filter = filter_for(l->link, wants_payload);
	struct sock_filter all[ES_KERNEL_FILTER_MAX];
	struct sock_fprog program = { 0, all };
	const int yes = 1;
	size_t n;

	while (es_kernel_filter_build(&filter, all, ES_KERNEL_FILTER_MAX, &n) == 0) {
		program.len = (unsigned short)n;
		l->tunnels = filter.tunnels;
		if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0)
			return setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &yes, sizeof(yes)) == 0
				   ? 0
				   : ES_EIO;
		if (errno != ENOMEM || filter.tunnels-- == 0)
			break;
	}
	return ES_EIO;
}

/* As large as wanted, or half of that and so on where the kernel has no such memory. */
static int
make_ring(int fd, const struct es_ring_config *cfg, struct es_ring_layout *l)
{
	uint32_t bytes = cfg->buffer_bytes == 0 ? BUFFER_BYTES : cfg->buffer_bytes;
	struct tpacket_req3 want = { .tp_block_size = BLOCK_BYTES,
		.tp_frame_size = FRAME_BYTES,
		.tp_retire_blk_tov = cfg->timeout_ms == 0 ? TIMEOUT_MS : cfg->timeout_ms };

	l->block_bytes = BLOCK_BYTES;
	l->n_blocks = bytes / BLOCK_BYTES + (bytes % BLOCK_BYTES != 0);
	if (l->n_blocks < BLOCKS_MIN)
		l->n_blocks = BLOCKS_MIN;
	for (;;) {
		want.tp_block_nr = l->n_blocks;
		want.tp_frame_nr = l->n_blocks * (BLOCK_BYTES / FRAME_BYTES);
		if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &want, sizeof(want)) == 0)
			return 0;
		if (errno != ENOMEM || l->n_blocks <= BLOCKS_MIN)
			return ES_EIO;
		l->n_blocks /= 2;
	}
}

static int
set_up(int fd, const struct es_ring_config *cfg, struct es_ring_layout *l)
{
	const int version = TPACKET_V3, room = ROOM_BYTES;
	struct packet_mreq every = { .mr_ifindex = (int)l->index, .mr_type = PACKET_MR_PROMISC };

	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) != 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_RESERVE, &room, sizeof(room)) != 0 ||
	    set_filter(fd, cfg->wants_payload, l) != 0 || make_ring(fd, cfg, l) != 0)
		return ES_EIO;
	if (cfg->promiscuous && l->index != 0 &&
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &every, sizeof(every)) != 0)
		return ES_EIO;
	return 0;
}

static int
bind_to(int fd, const struct es_ring_layout *l, char error[ES_CAPTURE_ERROR_MAX])
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)l->index };
	socklen_t n = sizeof(int);
	int why = 0;

	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0)
		return fail(
		    errno == ENODEV ? ES_ENOTFOUND : ES_EIO, "cannot be captured", l, error);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n) == 0 && why == 0)
		return 0;
	errno = why;
	return fail(why == ENETDOWN ? ES_ENOTFOUND : ES_EIO, "is not up", l, error);
}

/* Without a protocol it hears nothing until it is bound. */
static int
new_socket(int type)
{
	return socket(AF_PACKET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int
es_ring_open(const struct es_ring_config *cfg, int *fd, struct es_ring_layout *layout,
    char error[ES_CAPTURE_ERROR_MAX])
{
	int s = new_socket(SOCK_RAW), err;

	memset(layout, 0, sizeof(*layout));
	(void)snprintf(layout->name, sizeof(layout->name), "%s", cfg->iface);
	if (s < 0)
		return fail(errno == EPERM || errno == EACCES ? ES_EDENIED : ES_EIO, "no socket",
		    layout, error);
	err = look_up(s, layout, error);
	if (err == 0 && layout->link == ES_LINK_SLL2) {
		close(s);
		s = new_socket(SOCK_DGRAM);
		err = s < 0 ? fail(ES_EIO, "no socket", layout, error) : 0;
	}
	if (err == 0 && set_up(s, cfg, layout) != 0)
		err = fail(ES_EIO, "cannot set up a ring", layout, error);
	if (err == 0)
		err = bind_to(s, layout, error);
	if (err == 0)
		*fd = s;
	else if (s >= 0)
		close(s);
	return err;
}
