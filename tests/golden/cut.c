/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a live capture with the kernel's filter would have seen of a capture file: each packet passes the filter in the
 * kernel, on a pair of sockets. Writes the packets twice, whole and cut, as pcapng with the lengths as sent.
 * usage: cut [--tunnels=N] IN WHOLE CUT; exit status 0, 77: a type of link without a filter, 1: anything else.
 */
#include "agent/capture/capture.h"
#include "agent/capture/kernel_filter.h"
#include "tests/unit/kernel_cut.h"

#include <stdio.h>
#include <stdlib.h>

enum { SNAP_BYTES = 65535, INTERFACES_MAX = 64, PROGRAMS_MAX = 64 };
enum {
	SKIP = 77,
	SLL_BYTES = 16,
	SLL2_BYTES = 20,
	BLOCK_HEADER = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 6
};

/* One program for each way to read a packet; of a cooked one the type is a constant in it. */
struct filter {
	enum es_kernel_filter_link link;
	unsigned type;
	struct kernel_cut cut;
};

struct cut {
	unsigned tunnels;
	size_t n_filters;
	struct filter filter[PROGRAMS_MAX];
	size_t n_interfaces;
	struct {
		uint16_t iface, link;
	} interface[INTERFACES_MAX];
	FILE *out[2]; /* whole, cut */
	uint64_t packets, bytes, passed;
};

static void
fail(const char *what, const char *why)
{
	fprintf(stderr, "cut: %s: %s\n", what, why);
	exit(1);
}

static struct sock_filter program[ES_KERNEL_FILTER_MAX];

static const struct kernel_cut *
filter_of(struct cut *c, enum es_kernel_filter_link link, unsigned type)
{
	struct es_kernel_filter_config cfg = { link, false, SNAP_BYTES, c->tunnels };
	struct filter *f = &c->filter[c->n_filters];
	size_t n;
	int rc;

	for (size_t i = 0; i < c->n_filters; i++)
		if (c->filter[i].link == link && c->filter[i].type == type)
			return &c->filter[i].cut;
	if (c->n_filters == PROGRAMS_MAX) {
		f = &c->filter[PROGRAMS_MAX - 1];
		kernel_cut_close(&f->cut);
	} else {
		c->n_filters++;
	}
	if (es_kernel_filter_build(&cfg, program, ES_KERNEL_FILTER_MAX, &n) != 0)
		fail("program", "not built");
	for (size_t i = 0; link == ES_KERNEL_FILTER_COOKED && i < n; i++)
		if (program[i].code == (BPF_LD | BPF_W | BPF_ABS))
			program[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, type);
	f->link = link;
	f->type = type;
	rc = kernel_cut_open(&f->cut, program, n);
	if (rc != 0)
		fail("attach", strerror(rc));
	return &f->cut;
}

static unsigned
be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* The bytes of a link header that the kernel's filter does not see, and the filter. */
static uint32_t
look(struct cut *c, const struct es_packet *p, const struct kernel_cut **filter)
{
	switch (p->link) {
	case ES_LINK_ETHERNET:
		*filter = filter_of(c, ES_KERNEL_FILTER_ETHERNET, 0);
		return 0;
	case ES_LINK_RAW:
	case ES_LINK_RAW_BSD:
	case ES_LINK_RAW_OPENBSD:
	case ES_LINK_IPV4:
	case ES_LINK_IPV6:
		*filter = filter_of(c, ES_KERNEL_FILTER_IP, 0);
		return 0;
	case ES_LINK_SLL:
		if (p->cap_bytes < SLL_BYTES)
			break;
		*filter = filter_of(c, ES_KERNEL_FILTER_COOKED, be16(p->data + 14));
		return SLL_BYTES;
	case ES_LINK_SLL2:
		if (p->cap_bytes < SLL2_BYTES)
			break;
		*filter = filter_of(c, ES_KERNEL_FILTER_COOKED, be16(p->data));
		return SLL2_BYTES;
	default:
		fprintf(stderr, "cut: link type %u has no filter\n", p->link);
		exit(SKIP);
	}
	*filter = NULL;
	return 0;
}

/* How many bytes of the packet reach user space. */
static uint32_t
cut_of(struct cut *c, const struct es_packet *p)
{
	const struct kernel_cut *filter;
	uint32_t behind = look(c, p, &filter);
	int n;

	if (filter == NULL || p->cap_bytes == behind)
		return p->cap_bytes;
	n = kernel_cut(filter, p->data + behind, p->cap_bytes - behind);
	if (n < 0)
		fail("packet", n == KERNEL_CUT_DROPPED ? "refused by the filter" : "too long");
	return behind + (uint32_t)n;
}

static void
put32(FILE *f, uint32_t v)
{
	if (fwrite(&v, sizeof(v), 1, f) != 1)
		fail("output", strerror(errno));
}

static void
begin(FILE *f)
{
	put32(f, BLOCK_HEADER);
	put32(f, 28);
	put32(f, 0x1a2b3c4d);
	put32(f, 1); /* version 1.0 */
	put32(f, UINT32_MAX);
	put32(f, UINT32_MAX);
	put32(f, 28);
}

static void
put_interface(FILE *f, uint16_t link)
{
	put32(f, BLOCK_INTERFACE);
	put32(f, 32);
	put32(f, link);
	put32(f, 0);
	put32(f, 1u << 16 | 9); /* if_tsresol: nanoseconds */
	put32(f, 9);
	put32(f, 0);
	put32(f, 32);
}

static uint32_t
interface_of(struct cut *c, const struct es_packet *p)
{
	size_t i = 0;

	while (i < c->n_interfaces &&
	       (c->interface[i].iface != p->iface || c->interface[i].link != p->link))
		i++;
	if (i == INTERFACES_MAX)
		fail("capture", "too many interfaces");
	if (i < c->n_interfaces)
		return (uint32_t)i;
	c->n_interfaces++;
	c->interface[i].iface = p->iface;
	c->interface[i].link = p->link;
	for (int k = 0; k < 2; k++)
		put_interface(c->out[k], p->link);
	return (uint32_t)i;
}

static void
put_packet(FILE *f, const struct es_packet *p, uint32_t iface, uint32_t n)
{
	static const uint8_t zero[4];
	uint32_t padding = (4 - n % 4) % 4;
	uint64_t at = (uint64_t)p->ts.ns;

	put32(f, BLOCK_PACKET);
	put32(f, 32 + n + padding);
	put32(f, iface);
	put32(f, (uint32_t)(at >> 32));
	put32(f, (uint32_t)at);
	put32(f, n);
	put32(f, p->wire_bytes);
	if (fwrite(p->data, 1, n, f) != n || fwrite(zero, 1, padding, f) != padding)
		fail("output", strerror(errno));
	put32(f, 32 + n + padding);
}

static void
copy(struct cut *c, struct es_capture *in)
{
	struct es_packet p;
	int rc;

	while ((rc = es_capture_next(in, &p)) != ES_EEOF) {
		uint32_t n, iface;

		if (rc != 0)
			continue; /* what is broken off is not in either file */
		if (p.cap_bytes > SNAP_BYTES)
			p.cap_bytes = SNAP_BYTES;
		n = cut_of(c, &p);
		iface = interface_of(c, &p);
		put_packet(c->out[0], &p, iface, p.cap_bytes);
		put_packet(c->out[1], &p, iface, n);
		c->packets++;
		c->bytes += p.cap_bytes;
		c->passed += n;
	}
}

int
main(int argc, char **argv)
{
	static struct cut c = { .tunnels = ES_KERNEL_FILTER_TUNNELS_MAX };
	char error[ES_CAPTURE_ERROR_MAX];
	struct es_capture *in;

	if (argc == 5 && strncmp(argv[1], "--tunnels=", 10) == 0) {
		c.tunnels = (unsigned)strtoul(argv[1] + 10, NULL, 10);
		argv++;
		argc--;
	}
	if (argc != 4) {
		fprintf(stderr, "usage: cut [--tunnels=N] IN WHOLE CUT\n");
		return 2;
	}
	if (es_capture_file_open(argv[1], ES_FILE_REGULAR, &in, error) != 0)
		fail("input", error);
	for (int k = 0; k < 2; k++) {
		c.out[k] = fopen(argv[2 + k], "wb");
		if (c.out[k] == NULL)
			fail(argv[2 + k], strerror(errno));
		begin(c.out[k]);
	}
	copy(&c, in);
	es_capture_free(in);
	for (int k = 0; k < 2; k++)
		if (fclose(c.out[k]) != 0)
			fail(argv[2 + k], strerror(errno));
	printf("%llu packets, %llu of %llu bytes pass\n", (unsigned long long)c.packets,
	    (unsigned long long)c.passed, (unsigned long long)c.bytes);
	return 0;
}
