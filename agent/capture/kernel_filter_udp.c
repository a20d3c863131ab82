/* SPDX-License-Identifier: Apache-2.0 */
/* The UDP header in the kernel's filter, and the tunnels whose header may begin as RTP does. */
#include "agent/capture/kernel_filter_private.h"

enum {
	PORT_VXLAN = 4789,
	PORT_VXLAN_GPE = 4790,
	PORT_VXLAN_LINUX = 8472,
	PORT_MPLS = 6635,
	PORT_GRE = 4754,
	TYPE_IPV4 = 0x0800,
	TYPE_IPV6 = 0x86dd,
	TYPE_VLAN = 0x8100,
};

/* To the label if an IPv4 or IPv6 header may begin at X + k whose length is that of the datagram less k. */
static void
if_true_ip(const struct es_kf *f, uint32_t k, unsigned ipv4, unsigned ipv6)
{
	unsigned no_ipv4 = es_bpf_label(f->b);
	unsigned none = es_bpf_label(f->b);

	es_kf_need(f, k + 20, none);
	es_kf_load8(f, k);
	es_bpf_unless(f->b, BPF_JEQ, 0x45, no_ipv4);
	es_kf_load16(f, k + 2);
	es_kf_math(f, BPF_ADD, k);
	es_kf_math_memory(f, BPF_SUB, ES_KF_M_BYTES);
	es_bpf_if(f->b, BPF_JEQ, 0, ipv4);
	es_bpf_here(f->b, no_ipv4);
	es_kf_load8(f, k);
	es_kf_math(f, BPF_RSH, 4);
	es_bpf_unless(f->b, BPF_JEQ, 6, none);
	es_kf_load16(f, k + 4);
	es_kf_math(f, BPF_ADD, k + 40);
	es_kf_math_memory(f, BPF_SUB, ES_KF_M_BYTES);
	es_bpf_if(f->b, BPF_JEQ, 0, ipv6);
	es_bpf_here(f->b, none);
}

/* RFC 7348, with group policy or protocol (GPE). What may be RTP or text must have IP in its frame. */
static void
vxlan(const struct es_kf *f)
{
	unsigned ethernet = es_bpf_label(f->b);
	unsigned doubt = es_bpf_label(f->b);
	unsigned protocol = es_bpf_label(f->b);
	unsigned ipv4 = es_bpf_label(f->b);
	unsigned ipv6 = es_bpf_label(f->b);

	es_kf_need(f, 8, ES_KF_WHOLE);
	es_kf_load8(f, 0);
	es_kf_unless(f, BPF_JSET, 0x08, ES_KF_DATAGRAM);
	es_bpf_if(f->b, BPF_JSET, 0xf0, doubt);
	es_bpf_if(f->b, BPF_JSET, 0x04, protocol);
	es_bpf_go(f->b, ethernet);
	es_bpf_here(f->b, doubt);
	es_kf_need(f, 8 + 14 + 1, es_kf_at(f, ES_KF_DATAGRAM));
	es_kf_load16(f, 8 + 12);
	es_bpf_if(f->b, BPF_JEQ, TYPE_IPV4, ethernet);
	es_bpf_if(f->b, BPF_JEQ, TYPE_IPV6, ethernet);
	es_bpf_if(f->b, BPF_JEQ, TYPE_VLAN, ethernet);
	es_kf_go(f, ES_KF_DATAGRAM);
	es_bpf_here(f->b, protocol);
	es_kf_load8(f, 3);
	es_bpf_if(f->b, BPF_JEQ, 1, ipv4);
	es_bpf_if(f->b, BPF_JEQ, 2, ipv6);
	es_bpf_here(f->b, ethernet);
	es_kf_skip(f, 8);
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_ETHER));
	es_bpf_here(f->b, ipv4);
	es_kf_skip(f, 8);
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_IPV4));
	es_bpf_here(f->b, ipv6);
	es_kf_skip(f, 8);
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_IPV6));
}

/* RFC 7510: one label, then IP of the right length. */
static void
mpls(const struct es_kf *f)
{
	unsigned found = es_kf_inside(f, ES_KF_MPLS);

	es_kf_need(f, 4, ES_KF_WHOLE);
	es_kf_load8(f, 2);
	es_kf_unless(f, BPF_JSET, 1, ES_KF_DATAGRAM);
	if_true_ip(f, 4, found, found);
	es_kf_go(f, ES_KF_DATAGRAM);
}

/* RFC 8086: the checksum flag of GRE looks like RTP's version; then IP of the right length must be inside. */
static void
gre(const struct es_kf *f)
{
	unsigned no_checksum = es_bpf_label(f->b);

	es_kf_need(f, 4, ES_KF_WHOLE);
	es_kf_load8(f, 0);
	es_kf_if(f, BPF_JSET, 0x4f, ES_KF_DATAGRAM);
	es_bpf_unless(f->b, BPF_JSET, 0x80, no_checksum);
	if_true_ip(f, 8, es_kf_at(f, ES_KF_GRE), es_kf_at(f, ES_KF_GRE));
	es_kf_go(f, ES_KF_DATAGRAM);
	es_bpf_here(f->b, no_checksum);
	es_kf_load16(f, 2);
	es_kf_if(f, BPF_JEQ, TYPE_IPV4, ES_KF_GRE);
	es_kf_if(f, BPF_JEQ, TYPE_IPV6, ES_KF_GRE);
	es_kf_if(f, BPF_JEQ, 0x6558, ES_KF_GRE);
	es_kf_go(f, ES_KF_DATAGRAM);
}

static void
header(const struct es_kf *f)
{
	unsigned has_length = es_bpf_label(f->b);

	es_kf_need(f, 8, ES_KF_WHOLE);
	es_kf_load16(f, 0);
	es_kf_keep(f, ES_KF_M_SRC);
	es_kf_load16(f, 2);
	es_kf_keep(f, ES_KF_M_DST);
	es_kf_load16(f, 4);
	es_bpf_if(f->b, BPF_JGE, 8, has_length);
	es_kf_left(f); /* segmentation offload leaves it out */
	es_bpf_here(f->b, has_length);
	es_kf_math(f, BPF_SUB, 8);
	es_kf_keep(f, ES_KF_M_BYTES);
	es_kf_skip(f, 8);
}

void
es_kf_udp(const struct es_kf *f)
{
	unsigned is_vxlan = es_bpf_label(f->b);
	unsigned is_mpls = es_bpf_label(f->b);
	unsigned is_gre = es_bpf_label(f->b);

	es_kf_here(f, ES_KF_UDP);
	header(f);
	es_kf_recall(f, ES_KF_M_DST);
	es_bpf_if(f->b, BPF_JEQ, PORT_VXLAN, is_vxlan);
	es_bpf_if(f->b, BPF_JEQ, PORT_VXLAN_GPE, is_vxlan);
	es_bpf_if(f->b, BPF_JEQ, PORT_VXLAN_LINUX, is_vxlan);
	es_bpf_if(f->b, BPF_JEQ, PORT_MPLS, is_mpls);
	es_bpf_if(f->b, BPF_JEQ, PORT_GRE, is_gre);
	es_kf_go(f, ES_KF_DATAGRAM);
	es_bpf_here(f->b, is_vxlan);
	vxlan(f);
	es_bpf_here(f->b, is_mpls);
	mpls(f);
	es_bpf_here(f->b, is_gre);
	gre(f);
}
