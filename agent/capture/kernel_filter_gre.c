/* SPDX-License-Identifier: Apache-2.0 */
/* GRE in the kernel's filter, with ERSPAN and PPTP. */
#include "agent/capture/kernel_filter_private.h"

enum {
	HAS_CHECKSUM = 0x8000,
	HAS_ROUTING = 0x4000,
	HAS_KEY = 0x2000,
	HAS_SEQUENCE = 0x1000,
	HAS_ACK = 0x0080,
	TYPE_WCCP = 0x883e,
	TYPE_ERSPAN = 0x88be,
	TYPE_ERSPAN_3 = 0x22eb,
	TYPE_PPP = 0x880b,
	TYPE_BRIDGED = 0x6558,
};

/* X += 4 if M_T, the flags, has the flag. */
static void
optional(const struct es_kf *f, uint32_t flag)
{
	unsigned none = es_bpf_label(f->b);

	es_kf_recall(f, ES_KF_M_T);
	es_bpf_unless(f->b, BPF_JSET, flag, none);
	es_kf_need(f, 4, ES_KF_WHOLE);
	es_kf_skip(f, 4);
	es_bpf_here(f->b, none);
}

/* Type III: the last word tells whether a subheader follows, and what the frame is. */
static void
erspan_3(const struct es_kf *f)
{
	unsigned no_subheader = es_bpf_label(f->b);

	es_kf_need(f, 12, ES_KF_WHOLE);
	es_kf_load32(f, 8);
	es_kf_keep(f, ES_KF_M_U);
	es_kf_skip(f, 12);
	es_kf_recall(f, ES_KF_M_U);
	es_bpf_unless(f->b, BPF_JSET, 1, no_subheader);
	es_kf_need(f, 8, ES_KF_WHOLE);
	es_kf_skip(f, 8);
	es_bpf_here(f->b, no_subheader);
	es_kf_recall(f, ES_KF_M_U);
	es_kf_math(f, BPF_AND, 0x1f << 10);
	es_bpf_if(f->b, BPF_JEQ, 0, es_kf_inside(f, ES_KF_ETHER));
	es_bpf_if(f->b, BPF_JEQ, 2 << 10, es_kf_inside(f, ES_KF_IP));
	es_bpf_go(f->b, ES_KF_LOOK);
}

/* draft-foschiano-erspan: type I has no header of its own, and no sequence number. */
static void
erspan(const struct es_kf *f, unsigned version_3)
{
	es_kf_recall(f, ES_KF_M_T);
	es_bpf_unless(f->b, BPF_JSET, HAS_SEQUENCE, es_kf_inside(f, ES_KF_ETHER));
	es_kf_need(f, 8, ES_KF_WHOLE);
	es_kf_load8(f, 0);
	es_kf_math(f, BPF_RSH, 4);
	es_bpf_if(f->b, BPF_JEQ, 2, version_3);
	es_kf_skip(f, 8);
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_ETHER));
}

/* Version 2 of the redirection has four bytes of its own. */
static void
wccp(const struct es_kf *f)
{
	es_kf_need(f, 4, ES_KF_WHOLE);
	es_kf_load8(f, 0);
	es_kf_math(f, BPF_RSH, 4);
	es_bpf_if(f->b, BPF_JEQ, 4, es_kf_inside(f, ES_KF_IPV4));
	es_kf_skip(f, 4);
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_IPV4));
}

/* RFC 2637 section 4.1. */
static void
pptp(const struct es_kf *f)
{
	es_kf_need(f, 8, ES_KF_WHOLE);
	es_kf_load16(f, 2);
	es_bpf_unless(f->b, BPF_JEQ, TYPE_PPP, ES_KF_LOOK);
	es_kf_skip(f, 8);
	optional(f, HAS_SEQUENCE);
	optional(f, HAS_ACK);
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_PPP));
}

/* RFC 2784, RFC 2890. The source route of RFC 1701 is a list without a known end. */
void
es_kf_gre(const struct es_kf *f)
{
	unsigned version_1 = es_bpf_label(f->b);
	unsigned is_erspan = es_bpf_label(f->b);
	unsigned is_erspan_3 = es_bpf_label(f->b);
	unsigned is_wccp = es_bpf_label(f->b);

	es_kf_here(f, ES_KF_GRE);
	es_kf_need(f, 4, ES_KF_WHOLE);
	es_kf_load16(f, 0);
	es_kf_keep(f, ES_KF_M_T);
	es_kf_math(f, BPF_AND, 7);
	es_bpf_if(f->b, BPF_JEQ, 1, version_1);
	es_bpf_unless(f->b, BPF_JEQ, 0, ES_KF_LOOK);
	es_kf_recall(f, ES_KF_M_T);
	es_bpf_if(f->b, BPF_JSET, HAS_ROUTING, ES_KF_LOOK);
	es_kf_load16(f, 2);
	es_kf_keep(f, ES_KF_M_U);
	es_kf_skip(f, 4);
	optional(f, HAS_CHECKSUM);
	optional(f, HAS_KEY);
	optional(f, HAS_SEQUENCE);
	es_kf_recall(f, ES_KF_M_U);
	es_bpf_if(f->b, BPF_JEQ, TYPE_ERSPAN, is_erspan);
	es_bpf_if(f->b, BPF_JEQ, TYPE_ERSPAN_3, is_erspan_3);
	es_bpf_if(f->b, BPF_JEQ, TYPE_WCCP, is_wccp);
	es_bpf_if(f->b, BPF_JEQ, TYPE_BRIDGED, es_kf_inside(f, ES_KF_ETHER));
	es_bpf_if(f->b, BPF_JEQ, TYPE_PPP, es_kf_inside(f, ES_KF_PPP));
	es_bpf_go(f->b, es_kf_inside(f, ES_KF_TYPE));
	es_bpf_here(f->b, is_erspan);
	erspan(f, is_erspan_3);
	es_bpf_here(f->b, is_erspan_3);
	erspan_3(f);
	es_bpf_here(f->b, is_wccp);
	wccp(f);
	es_bpf_here(f->b, version_1);
	pptp(f);
}
