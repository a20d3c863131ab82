/* SPDX-License-Identifier: Apache-2.0 */
/* The half of a ring that needs no right: packets out of the blocks that the kernel filled. */
#include "agent/capture/ring.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PPM = 1000000,
	SNAP_BYTES = 65535,
	VLAN_AT = 12, /* behind the two addresses of an Ethernet header */
	VLAN_BYTES = 4,
	VLAN_TPID = 0x8100,
	SLL2_BYTES = 20,
	/* of struct sockaddr_ll behind a packet's header */
	FROM_AT = (sizeof(struct tpacket3_hdr) + TPACKET_ALIGNMENT - 1) / TPACKET_ALIGNMENT *
		  TPACKET_ALIGNMENT,
};

struct ring {
	struct es_capture base;
	struct es_ring_layout layout;
	int fd;
	uint8_t *blocks;
	uint32_t at;                 /* the block that is read, or that comes next */
	bool is_held;                /* it was given to us and not given back */
	uint32_t left;               /* packets of it */
	struct tpacket3_hdr *packet; /* the next of them */
	bool has_polled;
	es_time polled; /* when the drops were asked for last */
};

static struct tpacket_hdr_v1 *
block_of(const struct ring *r, uint32_t i)
{
	struct tpacket_block_desc *b =
	    (void *)(r->blocks + (size_t)i * r->layout.block_bytes); /* page-aligned */

	return &b->hdr.bh1;
}

/* The next block that is full, or whose time is up. False: the kernel still holds it. */
static bool
next_block(struct ring *r)
{
	struct tpacket_hdr_v1 *b = block_of(r, r->at);

	if (r->is_held) {
		__atomic_store_n(&b->block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		r->is_held = false;
		r->at = (r->at + 1) % r->layout.n_blocks;
		b = block_of(r, r->at);
	}
	if ((__atomic_load_n(&b->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0)
		return false;
	r->is_held = true;
	r->left = b->num_pkts;
	r->packet =
	    (void *)(r->blocks + (size_t)r->at * r->layout.block_bytes + b->offset_to_first_pkt);
	return true;
}

static void
put_be16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

/* The tag that the kernel took out of the frame is put back into it. */
static void
put_vlan(const struct tpacket3_hdr *h, struct es_packet *p, uint8_t *data)
{
	bool has_tag = h->hv1.tp_vlan_tci != 0 || (h->tp_status & TP_STATUS_VLAN_VALID) != 0;
	bool has_tpid = h->hv1.tp_vlan_tpid != 0 || (h->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;

	if (!has_tag || p->link != ES_LINK_ETHERNET || p->cap_bytes < VLAN_AT)
		return;
	memmove(data - VLAN_BYTES, data, VLAN_AT);
	data -= VLAN_BYTES;
	put_be16(data + VLAN_AT, has_tpid ? h->hv1.tp_vlan_tpid : VLAN_TPID);
	put_be16(data + VLAN_AT + 2, h->hv1.tp_vlan_tci);
	p->data = data;
	p->cap_bytes += VLAN_BYTES;
	p->wire_bytes += VLAN_BYTES;
}

/* LINKTYPE_LINUX_SLL2: names the interface and the direction of each packet. */
static void
put_sll2(const struct sockaddr_ll *from, struct es_packet *p, uint8_t *data)
{
	data -= SLL2_BYTES; /* over the end of the kernel's padding, behind *from */
	memcpy(data, &from->sll_protocol, 2);
	put_be16(data + 2, 0);
	put_be16(data + 4, (unsigned)from->sll_ifindex >> 16);
	put_be16(data + 6, (unsigned)from->sll_ifindex);
	put_be16(data + 8, from->sll_hatype);
	data[10] = from->sll_pkttype;
	data[11] = from->sll_halen;
	memcpy(data + 12, from->sll_addr, 8);
	p->data = data;
	p->cap_bytes += SLL2_BYTES;
	p->wire_bytes += SLL2_BYTES;
}

/* Takes the next packet of the block. False: it is one that we see a second time. */
static bool
take(struct ring *r, struct es_packet *out)
{
	struct tpacket3_hdr *h = r->packet;
	const struct sockaddr_ll *from = (const void *)((const uint8_t *)h + FROM_AT);
	uint8_t *data = (uint8_t *)h + h->tp_mac;

	r->left--;
	r->packet = (void *)((uint8_t *)h + h->tp_next_offset);
	if (from->sll_pkttype == PACKET_OUTGOING &&
	    (uint32_t)from->sll_ifindex == r->layout.loopback)
		return false; /* the loopback interface receives what it sends */
	out->ts = es_time_of_ns((int64_t)h->tp_sec * ES_NS_PER_S + h->tp_nsec);
	out->data = data;
	out->cap_bytes = h->tp_snaplen;
	out->wire_bytes = h->tp_len;
	out->link = r->layout.link;
	out->iface = 0;
	if (out->link == ES_LINK_SLL2)
		put_sll2(from, out, data);
	else
		put_vlan(h, out, data);
	if (out->cap_bytes > SNAP_BYTES)
		out->cap_bytes = SNAP_BYTES;
	return true;
}

/* Nothing is there now; why, if that is an error. */
static int
idle(struct ring *r)
{
	socklen_t n = sizeof(int);
	int why = 0;

	if (getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &why, &n) != 0 || why == 0)
		return ES_EAGAIN;
	(void)snprintf(r->base.error, sizeof(r->base.error), "%s: %s", r->layout.name,
	    why == ENETDOWN ? "the interface went down" : strerror(why));
	return ES_EIO;
}

static int
ring_next(struct es_capture *c, struct es_packet *out)
{
	struct ring *r = (struct ring *)c;

	for (;;) {
		if (r->left > 0) {
			if (take(r, out))
				return 0;
		} else if (!next_block(r)) {
			return idle(r);
		}
	}
}

static bool
ring_drops(struct es_capture *c, es_time now, struct es_capture_drops *out)
{
	struct ring *r = (struct ring *)c;
	struct tpacket_stats_v3 count = { 0 };
	socklen_t n = sizeof(count);

	out->from = r->has_polled ? r->polled : es_time_of_ns(INT64_MIN);
	out->to = now;
	if (getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &count, &n) != 0)
		return false;
	r->polled = now;
	r->has_polled = true;
	out->n = count.tp_drops; /* since the last time it was asked for */
	return out->n > 0;
}

/* The kernel hands its packets on as they come. */
static bool
ring_is_mixed(const struct es_capture *c)
{
	(void)c;
	return false;
}

static int
ring_fd(const struct es_capture *c)
{
	return ((const struct ring *)c)->fd;
}

/* The kernel fills the blocks one after the other, so those that wait for us lie together from ours on. */
static uint32_t
ring_fill_ppm(const struct es_capture *c)
{
	const struct ring *r = (const struct ring *)c;
	uint32_t low = 0, high = r->layout.n_blocks;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct tpacket_hdr_v1 *b = block_of(r, (r->at + middle) % r->layout.n_blocks);

		if ((__atomic_load_n(&b->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) != 0)
			low = middle + 1;
		else
			high = middle;
	}
	return (uint32_t)((uint64_t)low * PPM / r->layout.n_blocks);
}

static size_t
ring_bytes(const struct es_ring_layout *l)
{
	return (size_t)l->block_bytes * l->n_blocks;
}

static void
ring_free(struct es_capture *c)
{
	struct ring *r = (struct ring *)c;

	(void)munmap(r->blocks, ring_bytes(&r->layout));
	close(r->fd);
	free(r);
}

static const struct es_capture_ops ring_ops = { .next = ring_next,
	.drops = ring_drops,
	.is_mixed = ring_is_mixed,
	.fd = ring_fd,
	.fill_ppm = ring_fill_ppm,
	.free = ring_free };

int
es_capture_ring_new(int fd, const struct es_ring_layout *layout, struct es_capture **out,
    char error[ES_CAPTURE_ERROR_MAX])
{
	struct ring *r;

	(void)snprintf(error, ES_CAPTURE_ERROR_MAX, "%.15s: no layout of a ring", layout->name);
	if (layout->n_blocks == 0 || layout->block_bytes == 0)
		return ES_EINVALID;
	r = calloc(1, sizeof(*r));
	if (r == NULL) {
		(void)snprintf(error, ES_CAPTURE_ERROR_MAX, "%.15s: out of memory", layout->name);
		return ES_ENOMEM;
	}
	r->base.ops = &ring_ops;
	r->layout = *layout;
	r->layout.name[ES_RING_NAME_MAX - 1] = '\0';
	r->fd = fd;
	r->blocks = mmap(NULL, ring_bytes(layout), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (r->blocks == MAP_FAILED) {
		(void)snprintf(error, ES_CAPTURE_ERROR_MAX, "%.15s: cannot map its ring: %s",
		    layout->name, strerror(errno));
		free(r);
		return ES_EIO;
	}
	*out = &r->base;
	return 0;
}
