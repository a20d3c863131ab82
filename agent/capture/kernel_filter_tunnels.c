/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnels in UDP in the kernel's filter, by their ports, where the payload has the shape of nothing else. */
#include "agent/capture/kernel_filter_private.h"

enum {
	PORT_L2TP = 1701,
	PORT_GTP = 2152,
	PORT_TEREDO = 3544,
	PORT_GENEVE = 6081,
	PORT_TZSP = 37008,
	GTP_EXTENSIONS_MAX = 2,
	TZSP_TAGS_MAX = 6,
	TYPE_IPV4 = 0x0800,
	TYPE_IPV6 = 0x86dd,
	TYPE_VLAN = 0x8100,
};

/* The IP of its version; something else is an Ethernet frame. */
static void
inside_ip_or_ether(const struct es_kf *f)
{
	es_kf_need(f, 1, ES_KF_WHOLE);
	es_kf_load8(f, 0);
	es_kf_math(f, BPF_RSH, 4);
	es_bpf_if(f->b, BPF_JEQ, 4, es_kf_inside(f, ES_KF_IPV4));
	es_bpf_if(f->b, BPF_JEQ, 6, es_kf_inside(f, ES_KF_IPV6));
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_ETHER));
}

/* 3GPP TS 29.281 section 5: a G-PDU. */
static void
gtp(const struct es_kf *f)
{
	unsigned optional = es_bpf_label(f->b);
	unsigned inner = es_bpf_label(f->b);

	es_kf_load16(f, 0);
	es_kf_math(f, BPF_AND, 0xf0ff);
	es_bpf_unless(f->b, BPF_JEQ, 0x30ff, ES_KF_LOOK);
	es_kf_load8(f, 0);
	es_bpf_if(f->b, BPF_JSET, 7, optional);
	es_kf_skip(f, 8);
	es_bpf_go(f->b, inner);
	es_bpf_here(f->b, optional);
	es_kf_skip(f, 11);
	/* X at the type of the next extension header, which ends with the type of its next. */
	for (int i = 0; i <= GTP_EXTENSIONS_MAX; i++) {
		unsigned has = es_bpf_label(f->b);

		es_kf_need(f, 2, ES_KF_WHOLE);
		es_kf_load8(f, 0);
		es_bpf_unless(f->b, BPF_JEQ, 0, has);
		es_kf_skip(f, 1);
		es_bpf_go(f->b, inner);
		es_bpf_here(f->b, has);
		es_kf_load8(f, 1);
		es_bpf_if(f->b, BPF_JEQ, 0, ES_KF_LOOK);
		es_kf_math(f, BPF_LSH, 2);
		es_kf_advance(f);
	}
	es_bpf_go(f->b, ES_KF_LOOK);
	es_bpf_here(f->b, inner);
	inside_ip_or_ether(f);
}

/* RFC 8926: version 0, options in words of four bytes. */
static void
geneve(const struct es_kf *f)
{
	es_kf_load8(f, 0);
	es_bpf_if(f->b, BPF_JGE, 0x40, ES_KF_LOOK);
	es_kf_load16(f, 2);
	es_kf_keep(f, ES_KF_M_T);
	es_kf_load8(f, 0);
	es_kf_math(f, BPF_LSH, 2);
	es_kf_math(f, BPF_ADD, 8);
	es_kf_advance(f);
	es_kf_recall(f, ES_KF_M_T);
	es_bpf_if(f->b, BPF_JEQ, 0x6558, es_kf_inside(f, ES_KF_ETHER));
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_TYPE));
}

/* RFC 2661 section 3.1, RFC 3931 section 4.1.2.1. */
static void
l2tp(const struct es_kf *f)
{
	unsigned version_2 = es_bpf_label(f->b);
	unsigned no_length = es_bpf_label(f->b);
	unsigned no_sequence = es_bpf_label(f->b);
	unsigned no_offset = es_bpf_label(f->b);

	es_kf_load16(f, 0);
	es_kf_keep(f, ES_KF_M_T);
	es_bpf_if(f->b, BPF_JSET, 0x8000, ES_KF_LOOK); /* control */
	es_kf_math(f, BPF_AND, 0x000f);
	es_bpf_if(f->b, BPF_JEQ, 2, version_2);
	es_bpf_unless(f->b, BPF_JEQ, 3, ES_KF_LOOK);
	es_kf_skip(f, 4);
	es_kf_go(f, ES_KF_L2TPV3);
	es_bpf_here(f->b, version_2);
	es_kf_skip(f, 6);
	es_kf_recall(f, ES_KF_M_T);
	es_bpf_unless(f->b, BPF_JSET, 0x4000, no_length);
	es_kf_skip(f, 2);
	es_bpf_here(f->b, no_length);
	es_kf_recall(f, ES_KF_M_T);
	es_bpf_unless(f->b, BPF_JSET, 0x0800, no_sequence);
	es_kf_skip(f, 4);
	es_bpf_here(f->b, no_sequence);
	es_kf_recall(f, ES_KF_M_T);
	es_bpf_unless(f->b, BPF_JSET, 0x0200, no_offset);
	es_kf_need(f, 2, ES_KF_WHOLE);
	es_kf_load16(f, 0);
	es_kf_math(f, BPF_ADD, 2);
	es_kf_advance(f);
	es_bpf_here(f->b, no_offset);
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_PPP));
}

/* How long cookie and sublayer are is not in the packet: where the type of a frame stands shows it. */
static void
l2tpv3(const struct es_kf *f)
{
	unsigned frame[3];

	es_kf_here(f, ES_KF_L2TPV3);
	es_kf_need(f, 4 + 12 + 14, ES_KF_WHOLE);
	es_kf_load32(f, 0);
	es_bpf_if(f->b, BPF_JEQ, 0, ES_KF_LOOK); /* control */
	for (uint32_t i = 0; i < 3; i++) {
		frame[i] = es_bpf_label(f->b);
		es_kf_load16(f, 4 + 4 * i + 12);
		es_bpf_if(f->b, BPF_JEQ, TYPE_IPV4, frame[i]);
		es_bpf_if(f->b, BPF_JEQ, TYPE_IPV6, frame[i]);
		es_bpf_if(f->b, BPF_JEQ, TYPE_VLAN, frame[i]);
	}
	es_bpf_go(f->b, ES_KF_LOOK);
	for (uint32_t i = 0; i < 3; i++) {
		es_bpf_here(f->b, frame[i]);
		es_kf_skip(f, 4 + 4 * i);
		es_bpf_go(f->b, es_kf_inside(f, ES_KF_ETHER));
	}
}

/* Whole frames that a mirror hands on, behind tags. */
static void
tzsp(const struct es_kf *f)
{
	unsigned end = es_bpf_label(f->b);

	es_kf_load8(f, 0);
	es_bpf_unless(f->b, BPF_JEQ, 1, ES_KF_LOOK);
	es_kf_load16(f, 2);
	es_bpf_unless(f->b, BPF_JEQ, 1, ES_KF_LOOK); /* Ethernet */
	es_kf_skip(f, 4);
	for (int i = 0; i < TZSP_TAGS_MAX; i++) {
		unsigned padding = es_bpf_label(f->b);
		unsigned next = es_bpf_label(f->b);

		es_kf_need(f, 2, ES_KF_WHOLE);
		es_kf_load8(f, 0);
		es_bpf_if(f->b, BPF_JEQ, 1, end);
		es_bpf_if(f->b, BPF_JEQ, 0, padding);
		es_kf_load8(f, 1);
		es_kf_math(f, BPF_ADD, 2);
		es_kf_advance(f);
		es_bpf_go(f->b, next);
		es_bpf_here(f->b, padding);
		es_kf_skip(f, 1);
		es_bpf_here(f->b, next);
	}
	es_bpf_go(f->b, ES_KF_LOOK);
	es_bpf_here(f->b, end);
	es_kf_skip(f, 1);
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_ETHER));
}

/* RFC 4380 section 5.1.1: authentication and origin may be in front of IPv6. */
static void
teredo(const struct es_kf *f)
{
	unsigned no_authentication = es_bpf_label(f->b);
	unsigned no_origin = es_bpf_label(f->b);

	es_kf_load16(f, 0);
	es_bpf_unless(f->b, BPF_JEQ, 1, no_authentication);
	es_kf_load8(f, 2);
	es_kf_keep(f, ES_KF_M_T);
	es_kf_load8(f, 3);
	es_kf_math_memory(f, BPF_ADD, ES_KF_M_T);
	es_kf_math(f, BPF_ADD, 4 + 9);
	es_kf_advance(f);
	es_bpf_here(f->b, no_authentication);
	es_kf_need(f, 8, ES_KF_WHOLE);
	es_kf_load16(f, 0);
	es_bpf_unless(f->b, BPF_JEQ, 0, no_origin);
	es_kf_skip(f, 8);
	es_bpf_here(f->b, no_origin);
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_IPV6));
}

/* At any port, by a length that is right and a Teredo or link-local address. */
static void
teredo_anywhere(const struct es_kf *f)
{
	es_kf_need(f, 40, ES_KF_LOOK);
	es_kf_load8(f, 0);
	es_kf_math(f, BPF_RSH, 4);
	es_bpf_unless(f->b, BPF_JEQ, 6, ES_KF_LOOK);
	es_kf_load16(f, 4);
	es_kf_math(f, BPF_ADD, 40);
	es_kf_math_memory(f, BPF_SUB, ES_KF_M_BYTES);
	es_bpf_unless(f->b, BPF_JEQ, 0, ES_KF_LOOK);
	es_kf_load32(f, 8);
	es_bpf_if(f->b, BPF_JEQ, 0x20010000, es_kf_inside(f, ES_KF_IPV6));
	es_kf_math(f, BPF_RSH, 16);
	es_bpf_if(f->b, BPF_JEQ, 0xfe80, es_kf_inside(f, ES_KF_IPV6));
	es_kf_load32(f, 24);
	es_bpf_if(f->b, BPF_JEQ, 0x20010000, es_kf_inside(f, ES_KF_IPV6));
	es_bpf_go(f->b, ES_KF_LOOK);
}

void
es_kf_tunnels(const struct es_kf *f)
{
	static const struct {
		uint16_t port;
		bool both_ways;
		void (*write)(const struct es_kf *f);
	} tunnels[] = {
		{ PORT_L2TP, true, l2tp },
		{ PORT_GTP, false, gtp },
		{ PORT_TEREDO, true, teredo },
		{ PORT_GENEVE, false, geneve },
		{ PORT_TZSP, false, tzsp },
	};
	enum { N = sizeof(tunnels) / sizeof(tunnels[0]) };
	unsigned label[N];

	es_kf_here(f, ES_KF_OTHER);
	es_kf_need(f, 12, ES_KF_WHOLE);
	es_kf_recall(f, ES_KF_M_DST);
	for (size_t i = 0; i < N; i++) {
		label[i] = es_bpf_label(f->b);
		es_bpf_if(f->b, BPF_JEQ, tunnels[i].port, label[i]);
	}
	es_kf_recall(f, ES_KF_M_SRC);
	for (size_t i = 0; i < N; i++)
		if (tunnels[i].both_ways)
			es_bpf_if(f->b, BPF_JEQ, tunnels[i].port, label[i]);
	teredo_anywhere(f);
	for (size_t i = 0; i < N; i++) {
		es_bpf_here(f->b, label[i]);
		tunnels[i].write(f);
	}
	l2tpv3(f);
}
