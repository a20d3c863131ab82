/* SPDX-License-Identifier: Apache-2.0 */
/* The link layer in the kernel's filter: Ethernet, VLAN tags, LLC, PPPoE, PPP and MPLS. */
#include "agent/capture/kernel_filter_private.h"

enum {
	TAGS_MAX = 3,
	LABELS_MAX = 4,
	TYPE_IPV4 = 0x0800,
	TYPE_IPV6 = 0x86dd,
	TYPE_VLAN = 0x8100,
	TYPE_QINQ = 0x88a8,
	TYPE_QINQ_OLD = 0x9100,
	TYPE_MIN = 0x0600, /* below: a length, IEEE 802.3 */
	BOTTOM = 0x100,
};

static void
ether(const struct es_kf *f)
{
	es_kf_here(f, ES_KF_ETHER);
	es_kf_need(f, 14, ES_KF_WHOLE);
	es_kf_load16(f, 12);
	es_kf_keep(f, ES_KF_M_T);
	es_kf_skip(f, 14);
	es_kf_recall(f, ES_KF_M_T);
}

/* One VLAN tag after another; a tag that the kernel took out of the frame is not in these bytes. */
static void
tags(const struct es_kf *f, unsigned no_tag)
{
	for (int i = 0; i < TAGS_MAX; i++) {
		unsigned tag = es_bpf_label(f->b);

		es_bpf_if(f->b, BPF_JEQ, TYPE_VLAN, tag);
		es_bpf_if(f->b, BPF_JEQ, TYPE_QINQ, tag);
		es_bpf_unless(f->b, BPF_JEQ, TYPE_QINQ_OLD, no_tag);
		es_bpf_here(f->b, tag);
		es_kf_need(f, 4, ES_KF_WHOLE);
		es_kf_load16(f, 2);
		es_kf_keep(f, ES_KF_M_T);
		es_kf_skip(f, 4);
		es_kf_recall(f, ES_KF_M_T);
		es_kf_if(f, BPF_JEQ, TYPE_IPV4, ES_KF_IPV4);
		es_kf_if(f, BPF_JEQ, TYPE_IPV6, ES_KF_IPV6);
	}
}

/* IEEE 802.2 with SNAP: the type is behind it. */
static void
llc(const struct es_kf *f)
{
	es_kf_need(f, 8, ES_KF_WHOLE);
	es_kf_load32(f, 0);
	es_bpf_unless(f->b, BPF_JEQ, 0xaaaa0300, ES_KF_LOOK);
	es_kf_load16(f, 4);
	es_bpf_unless(f->b, BPF_JEQ, 0, ES_KF_LOOK);
	es_kf_load16(f, 6);
	es_kf_keep(f, ES_KF_M_T);
	es_kf_skip(f, 8);
	es_kf_recall(f, ES_KF_M_T);
	es_kf_if(f, BPF_JEQ, TYPE_IPV4, ES_KF_IPV4);
	es_kf_if(f, BPF_JEQ, TYPE_IPV6, ES_KF_IPV6);
	es_bpf_go(f->b, ES_KF_LOOK);
}

/* A tag of n bytes, then the type of what follows. */
static void
tagged(const struct es_kf *f, uint32_t n)
{
	es_kf_need(f, n + 2, ES_KF_WHOLE);
	es_kf_load16(f, n);
	es_kf_keep(f, ES_KF_M_T);
	es_kf_skip(f, n + 2);
	es_kf_recall(f, ES_KF_M_T);
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_TYPE));
}

/* RFC 8300: its length in words of four bytes, then what is inside. */
static void
nsh(const struct es_kf *f)
{
	es_kf_need(f, 8, ES_KF_WHOLE);
	es_kf_load8(f, 3);
	es_kf_keep(f, ES_KF_M_T);
	es_kf_load16(f, 0);
	es_kf_math(f, BPF_AND, 0x3f);
	es_kf_math(f, BPF_LSH, 2);
	es_kf_advance(f);
	es_kf_recall(f, ES_KF_M_T);
	es_bpf_if(f->b, BPF_JEQ, 1, es_kf_inside(f, ES_KF_IPV4));
	es_bpf_if(f->b, BPF_JEQ, 2, es_kf_inside(f, ES_KF_IPV6));
	es_bpf_if(f->b, BPF_JEQ, 3, es_kf_inside(f, ES_KF_ETHER));
	es_bpf_go(f->b, ES_KF_LOOK);
}

/* Bridged Ethernet, the tags of IEEE 802.1ah, 802.1BR, VN-Tag, HSR and of switch chips, NSH. */
static void
rare(const struct es_kf *f)
{
	unsigned backbone = es_bpf_label(f->b);
	unsigned four = es_bpf_label(f->b);
	unsigned six = es_bpf_label(f->b);
	unsigned chain = es_bpf_label(f->b);

	es_bpf_if(f->b, BPF_JEQ, 0x6558, es_kf_inside(f, ES_KF_ETHER));
	es_bpf_if(f->b, BPF_JEQ, 0x88e7, backbone);
	es_bpf_if(f->b, BPF_JEQ, 0x8926, four);
	es_bpf_if(f->b, BPF_JEQ, 0x892f, four);
	es_bpf_if(f->b, BPF_JEQ, 0x893f, six);
	es_bpf_if(f->b, BPF_JEQ, 0xdada, six);
	es_bpf_if(f->b, BPF_JEQ, 0x894f, chain);
	es_bpf_go(f->b, ES_KF_LOOK);
	es_bpf_here(f->b, backbone);
	es_kf_need(f, 4, ES_KF_WHOLE);
	es_kf_skip(f, 4);
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_ETHER));
	es_bpf_here(f->b, four);
	tagged(f, 4);
	es_bpf_here(f->b, six);
	tagged(f, 6);
	es_bpf_here(f->b, chain);
	nsh(f);
}

static void
type(const struct es_kf *f)
{
	unsigned no_tag = es_bpf_label(f->b);
	unsigned no_length = es_bpf_label(f->b);

	es_kf_here(f, ES_KF_TYPE);
	es_kf_if(f, BPF_JEQ, TYPE_IPV4, ES_KF_IPV4);
	es_kf_if(f, BPF_JEQ, TYPE_IPV6, ES_KF_IPV6);
	tags(f, no_tag);
	es_bpf_here(f->b, no_tag);
	es_bpf_if(f->b, BPF_JGE, TYPE_MIN, no_length);
	llc(f);
	es_bpf_here(f->b, no_length);
	es_kf_if(f, BPF_JEQ, 0x8864, ES_KF_PPPOE);
	es_kf_if(f, BPF_JEQ, 0x880b, ES_KF_PPP);
	es_kf_if(f, BPF_JEQ, 0x8847, ES_KF_MPLS);
	es_kf_if(f, BPF_JEQ, 0x8848, ES_KF_MPLS);
	if (es_kf_is_innermost(f))
		es_bpf_go(f->b, ES_KF_LOOK);
	else
		rare(f);
}

/* RFC 2516, RFC 1661. */
static void
ppp(const struct es_kf *f)
{
	unsigned no_address = es_bpf_label(f->b);
	unsigned compressed = es_bpf_label(f->b);
	unsigned protocol = es_bpf_label(f->b);

	es_kf_here(f, ES_KF_PPPOE);
	es_kf_need(f, 6, ES_KF_WHOLE);
	es_kf_load8(f, 1); /* code: not 0 is discovery */
	es_bpf_unless(f->b, BPF_JEQ, 0, ES_KF_LOOK);
	es_kf_skip(f, 6);
	es_kf_here(f, ES_KF_PPP);
	es_kf_need(f, 4, ES_KF_WHOLE);
	es_kf_load16(f, 0);
	es_bpf_unless(f->b, BPF_JEQ, 0xff03, no_address);
	es_kf_skip(f, 2);
	es_bpf_here(f->b, no_address);
	es_kf_load8(f, 0);
	es_bpf_if(f->b, BPF_JSET, 1, compressed); /* the last byte of a number is odd */
	es_kf_load16(f, 0);
	es_kf_keep(f, ES_KF_M_T);
	es_kf_skip(f, 2);
	es_bpf_go(f->b, protocol);
	es_bpf_here(f->b, compressed);
	es_kf_keep(f, ES_KF_M_T);
	es_kf_skip(f, 1);
	es_bpf_here(f->b, protocol);
	es_kf_recall(f, ES_KF_M_T);
	es_kf_if(f, BPF_JEQ, 0x0021, ES_KF_IPV4);
	es_kf_if(f, BPF_JEQ, 0x0057, ES_KF_IPV6);
	es_kf_if(f, BPF_JEQ, 0x0281, ES_KF_MPLS);
	es_kf_if(f, BPF_JEQ, 0x0283, ES_KF_MPLS);
	es_bpf_go(f->b, ES_KF_LOOK);
}

/* IP of a length that fits; else these are the first bytes of a MAC address. */
static void
ip_or_ether(const struct es_kf *f)
{
	unsigned no_ipv4 = es_bpf_label(f->b);
	unsigned ethernet = es_kf_inside(f, ES_KF_ETHER);

	es_kf_left(f);
	es_kf_keep(f, ES_KF_M_T);
	es_kf_load8(f, 0);
	es_kf_math(f, BPF_RSH, 4);
	es_bpf_unless(f->b, BPF_JEQ, 4, no_ipv4);
	es_kf_load16(f, 2);
	es_kf_keep(f, ES_KF_M_U);
	es_kf_recall(f, ES_KF_M_T);
	es_kf_math_memory(f, BPF_SUB, ES_KF_M_U);
	es_bpf_if(f->b, BPF_JSET, 0x80000000, ethernet); /* longer than what is there */
	es_kf_go(f, ES_KF_IPV4);
	es_bpf_here(f->b, no_ipv4);
	es_bpf_unless(f->b, BPF_JEQ, 6, ethernet);
	es_kf_load16(f, 4);
	es_kf_math(f, BPF_ADD, 40);
	es_kf_keep(f, ES_KF_M_U);
	es_kf_recall(f, ES_KF_M_T);
	es_kf_math_memory(f, BPF_SUB, ES_KF_M_U);
	es_bpf_if(f->b, BPF_JSET, 0x80000000, ethernet);
	es_kf_go(f, ES_KF_IPV6);
}

/* Labels (RFC 3032), then IP or a pseudo-wire of Ethernet (RFC 4448), which may have a control word. */
static void
mpls(const struct es_kf *f)
{
	unsigned bottom = es_bpf_label(f->b);
	unsigned no_word = es_bpf_label(f->b);
	unsigned word = es_bpf_label(f->b);

	es_kf_here(f, ES_KF_MPLS);
	for (int i = 0; i < LABELS_MAX; i++) {
		es_kf_need(f, 4, ES_KF_WHOLE);
		es_kf_load32(f, 0);
		es_kf_keep(f, ES_KF_M_T);
		es_kf_skip(f, 4);
		es_kf_recall(f, ES_KF_M_T);
		es_bpf_if(f->b, BPF_JSET, BOTTOM, bottom);
	}
	es_bpf_go(f->b, ES_KF_LOOK);
	es_bpf_here(f->b, bottom);
	es_kf_need(f, 20, ES_KF_WHOLE);
	es_kf_load8(f, 0);
	es_kf_math(f, BPF_RSH, 4);
	es_bpf_if(f->b, BPF_JEQ, 1, ES_KF_LOOK); /* OAM, RFC 4385 section 5 */
	es_bpf_unless(f->b, BPF_JEQ, 0, no_word);
	es_kf_load16(f, 4 + 12);
	es_bpf_if(f->b, BPF_JEQ, TYPE_IPV4, word);
	es_bpf_if(f->b, BPF_JEQ, TYPE_IPV6, word);
	es_bpf_if(f->b, BPF_JEQ, TYPE_VLAN, word);
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_ETHER));
	es_bpf_here(f->b, word);
	es_kf_skip(f, 4);
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_ETHER));
	es_bpf_here(f->b, no_word);
	ip_or_ether(f);
}

void
es_kf_link(const struct es_kf *f)
{
	ether(f);
	type(f);
	ppp(f);
	mpls(f);
}
