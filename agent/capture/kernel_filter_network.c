/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4, IPv6 and fragments in the kernel's filter, and which transport is inside. */
#include "agent/capture/kernel_filter_private.h"

enum {
	EXTENSIONS_MAX = 3, /* of IPv6 */
	HOP_BY_HOP = 0,
	ROUTING = 43,
	FRAGMENT = 44,
	AUTHENTICATION = 51,
	DESTINATION = 60,
	MOBILITY = 135,
	HIP = 139,
	SHIM6 = 140,
	TEXT_WORDS = 12,      /* of a later fragment that are looked at, */
	TEXT_STEP_BYTES = 12, /* one in so many bytes */
};

static void
ip(const struct es_kf *f)
{
	es_kf_here(f, ES_KF_IP);
	es_kf_need(f, 1, ES_KF_WHOLE);
	es_kf_load8(f, 0);
	es_kf_math(f, BPF_RSH, 4);
	es_kf_if(f, BPF_JEQ, 4, ES_KF_IPV4);
	es_kf_if(f, BPF_JEQ, 6, ES_KF_IPV6);
	es_bpf_go(f->b, ES_KF_LOOK);
}

/* A = the length of the IPv4 header. */
static void
ipv4_header(const struct es_kf *f)
{
	es_kf_load8(f, 0);
	es_kf_math(f, BPF_AND, 0x0f);
	es_kf_math(f, BPF_LSH, 2);
}

static void
ipv4(const struct es_kf *f)
{
	unsigned later = es_bpf_label(f->b);

	es_kf_here(f, ES_KF_IPV4);
	es_kf_need(f, 20, ES_KF_WHOLE);
	es_kf_load8(f, 0);
	es_bpf_unless(f->b, BPF_JGE, 0x45, ES_KF_WRONG);
	es_bpf_if(f->b, BPF_JGE, 0x50, ES_KF_WRONG);
	es_kf_load8(f, 9);
	es_kf_keep(f, ES_KF_M_PROTO);
	es_kf_load16(f, 6);
	es_bpf_if(f->b, BPF_JSET, 0x1fff, later);
	ipv4_header(f);
	es_kf_advance(f);
	es_kf_go(f, ES_KF_TRANSPORT);
	es_bpf_here(f->b, later);
	ipv4_header(f);
	es_kf_keep(f, ES_KF_M_T);
	es_kf_load16(f, 2);
	es_kf_math_memory(f, BPF_SUB, ES_KF_M_T);
	es_kf_keep(f, ES_KF_M_BYTES);
	es_kf_recall(f, ES_KF_M_T);
	es_kf_advance(f);
	es_bpf_go(f->b, ES_KF_LATER);
}

/* One extension header; done: there is no more. */
static void
extension(const struct es_kf *f, unsigned done)
{
	static const uint8_t others[] = { HOP_BY_HOP, ROUTING, DESTINATION, MOBILITY, HIP, SHIM6 };
	unsigned other = es_bpf_label(f->b);
	unsigned next = es_bpf_label(f->b);

	es_kf_recall(f, ES_KF_M_PROTO);
	for (size_t i = 0; i < sizeof(others); i++)
		es_bpf_if(f->b, BPF_JEQ, others[i], other);
	es_bpf_unless(f->b, BPF_JEQ, FRAGMENT, done);
	es_kf_need(f, 8, ES_KF_WHOLE);
	es_kf_load8(f, 0);
	es_kf_keep(f, ES_KF_M_PROTO);
	es_kf_load16(f, 2);
	es_kf_keep(f, ES_KF_M_T);
	es_kf_skip(f, 8);
	es_kf_recall(f, ES_KF_M_BYTES);
	es_kf_math(f, BPF_SUB, 8);
	es_kf_keep(f, ES_KF_M_BYTES);
	es_kf_recall(f, ES_KF_M_T);
	es_bpf_if(f->b, BPF_JSET, 0xfff8, ES_KF_LATER);
	es_bpf_go(f->b, next);
	es_bpf_here(f->b, other);
	es_kf_need(f, 8, ES_KF_WHOLE);
	es_kf_load8(f, 0);
	es_kf_keep(f, ES_KF_M_PROTO);
	es_kf_load8(f, 1);
	es_kf_math(f, BPF_ADD, 1);
	es_kf_math(f, BPF_LSH, 3);
	es_kf_advance(f);
	es_bpf_here(f->b, next);
}

static void
ipv6(const struct es_kf *f)
{
	unsigned done = es_bpf_label(f->b);

	es_kf_here(f, ES_KF_IPV6);
	es_kf_need(f, 40, ES_KF_WHOLE);
	es_kf_load8(f, 0);
	es_kf_math(f, BPF_RSH, 4);
	es_bpf_unless(f->b, BPF_JEQ, 6, ES_KF_WRONG);
	es_kf_load16(f, 4);
	es_kf_keep(f, ES_KF_M_BYTES);
	es_kf_load8(f, 6);
	es_kf_keep(f, ES_KF_M_PROTO);
	es_kf_skip(f, 40);
	es_kf_recall(f, ES_KF_M_PROTO);
	es_kf_if(f, BPF_JEQ, 17, ES_KF_UDP);
	for (int i = 0; i < EXTENSIONS_MAX; i++)
		extension(f, done);
	es_bpf_here(f->b, done);
}

/* RFC 4302: its length counts words of four bytes, two left out. */
static void
authentication(const struct es_kf *f)
{
	unsigned none = es_bpf_label(f->b);

	es_kf_recall(f, ES_KF_M_PROTO);
	es_bpf_unless(f->b, BPF_JEQ, AUTHENTICATION, none);
	es_kf_need(f, 8, ES_KF_WHOLE);
	es_kf_load8(f, 0);
	es_kf_keep(f, ES_KF_M_PROTO);
	es_kf_load8(f, 1);
	es_kf_math(f, BPF_ADD, 2);
	es_kf_math(f, BPF_LSH, 2);
	es_kf_advance(f);
	es_kf_recall(f, ES_KF_M_PROTO);
	es_bpf_here(f->b, none);
}

static void
transport(const struct es_kf *f)
{
	unsigned etherip = es_bpf_label(f->b);
	unsigned icmp = es_bpf_label(f->b);

	es_kf_here(f, ES_KF_TRANSPORT);
	authentication(f);
	es_kf_if(f, BPF_JEQ, 17, ES_KF_UDP);
	es_bpf_if(f->b, BPF_JEQ, 6, ES_KF_TCP);
	es_bpf_if(f->b, BPF_JEQ, 1, icmp);
	es_bpf_if(f->b, BPF_JEQ, 58, icmp);
	es_bpf_if(f->b, BPF_JEQ, 4, es_kf_inside(f, ES_KF_IPV4));
	es_bpf_if(f->b, BPF_JEQ, 41, es_kf_inside(f, ES_KF_IPV6));
	es_kf_if(f, BPF_JEQ, 47, ES_KF_GRE);
	es_bpf_if(f->b, BPF_JEQ, 97, etherip);
	es_kf_if(f, BPF_JEQ, 115, ES_KF_L2TPV3);
	es_bpf_if(f->b, BPF_JEQ, 137, es_kf_inside(f, ES_KF_MPLS));
	es_bpf_go(f->b, ES_KF_LOOK);
	es_bpf_here(f->b, etherip);
	es_kf_need(f, 2, ES_KF_WHOLE);
	es_kf_skip(f, 2);
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_ETHER));
	es_bpf_here(f->b, icmp); /* an error quotes the packet that it is about */
	es_kf_need(f, 8, ES_KF_WHOLE);
	es_kf_skip(f, 8);
	es_bpf_go(f->b, ES_KF_CUT);
}

/*
 * A later fragment has no ports and no shape. It is whole if it may be text, the rest of a large SIP message: none of
 * the bytes that are looked at is below the tab or above 127.
 */
void
es_kf_fragment(const struct es_kf *f)
{
	unsigned fits = es_bpf_label(f->b);

	es_bpf_here(f->b, ES_KF_LATER);
	es_kf_left(f); /* behind M_BYTES is what the link pads with */
	es_kf_keep(f, ES_KF_M_T);
	es_kf_math_memory(f, BPF_SUB, ES_KF_M_BYTES);
	es_bpf_if(f->b, BPF_JSET, 0x80000000, fits);
	es_kf_recall(f, ES_KF_M_BYTES);
	es_kf_keep(f, ES_KF_M_T);
	es_bpf_here(f->b, fits);
	for (uint32_t i = 0; i < TEXT_WORDS; i++) {
		es_kf_recall(f, ES_KF_M_T);
		es_bpf_unless(f->b, BPF_JGE, i * TEXT_STEP_BYTES + 4,
		    i == 0 ? (unsigned)ES_KF_CUT : (unsigned)ES_KF_WHOLE);
		es_kf_unless_text(f, i * TEXT_STEP_BYTES, ES_KF_CUT);
	}
	es_bpf_go(f->b, ES_KF_WHOLE);
}

void
es_kf_network(const struct es_kf *f)
{
	ip(f);
	ipv4(f);
	ipv6(f);
	transport(f);
}
