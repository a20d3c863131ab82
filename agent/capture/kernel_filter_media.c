/* SPDX-License-Identifier: Apache-2.0 */
/* RTP and RTCP in the kernel's filter, wherever they are carried: where RTP is cut. */
#include "agent/capture/kernel_filter_private.h"

enum {
	EXTENSION_HEAD_BYTES = 4,
	EXTENSION_MAX_BYTES = 1024, /* that pass; elements of RFC 8285 are a few dozen bytes */
	STUN_HEAD_BYTES = 20,
	STUN_ATTRIBUTES_MAX = 3, /* in front of the data */
	STUN_DATA = 0x0013,
};

/* M_BYTES is what is left of the RTP packet at X; the extension header is there, its content may be cut. */
static void
rtp_extension(const struct es_kf *f)
{
	unsigned fits = es_bpf_label(f->b);
	unsigned usual = es_bpf_label(f->b);

	es_kf_need(f, EXTENSION_HEAD_BYTES, ES_KF_WHOLE);
	es_kf_load16(f, 2);
	es_kf_math(f, BPF_LSH, 2);
	es_kf_math(f, BPF_ADD, EXTENSION_HEAD_BYTES);
	es_kf_keep(f, ES_KF_M_T);
	es_kf_recall(f, ES_KF_M_BYTES);
	es_kf_math_memory(f, BPF_SUB, ES_KF_M_T);
	es_bpf_unless(f->b, BPF_JSET, 0x80000000, fits);
	es_kf_set(f, EXTENSION_HEAD_BYTES); /* no extension: RFC 3550 appendix A.1 */
	es_kf_keep(f, ES_KF_M_T);
	es_bpf_here(f->b, fits);
	es_kf_recall(f, ES_KF_M_T);
	es_bpf_unless(f->b, BPF_JGT, EXTENSION_MAX_BYTES + (uint32_t)EXTENSION_HEAD_BYTES, usual);
	es_kf_set(f, EXTENSION_MAX_BYTES + EXTENSION_HEAD_BYTES);
	es_bpf_here(f->b, usual);
	es_bpf_do(f->b, BPF_ALU | BPF_ADD | BPF_X, 0);
	es_bpf_go(f->b, ES_KF_AT_A);
}

/* RFC 3550 section 5.1: the fixed header, the CSRC list, the extension. */
static void
rtp(const struct es_kf *f)
{
	unsigned has_sources = es_bpf_label(f->b);
	unsigned has_extension = es_bpf_label(f->b);

	es_bpf_here(f->b, ES_KF_RTP);
	es_kf_load8(f, 0);
	es_kf_math(f, BPF_AND, 0x0f);
	es_kf_math(f, BPF_LSH, 2);
	es_kf_math(f, BPF_ADD, ES_KF_RTP_HEAD_BYTES);
	es_kf_keep(f, ES_KF_M_T);
	es_kf_recall(f, ES_KF_M_BYTES);
	es_kf_math_memory(f, BPF_SUB, ES_KF_M_T);
	es_bpf_unless(f->b, BPF_JSET, 0x80000000, has_sources);
	es_kf_x(f); /* the list does not fit */
	es_kf_math(f, BPF_ADD, ES_KF_RTP_HEAD_BYTES);
	es_bpf_go(f->b, ES_KF_AT_A);
	es_bpf_here(f->b, has_sources);
	es_kf_keep(f, ES_KF_M_BYTES);
	es_kf_load8(f, 0);
	es_bpf_if(f->b, BPF_JSET, 0x10, has_extension);
	es_kf_recall(f, ES_KF_M_T);
	es_bpf_do(f->b, BPF_ALU | BPF_ADD | BPF_X, 0);
	es_bpf_go(f->b, ES_KF_AT_A);
	es_bpf_here(f->b, has_extension);
	es_kf_recall(f, ES_KF_M_T);
	es_kf_advance(f);
	rtp_extension(f);
}

/*
 * RTCP if the second byte and the length of its first packet are those of RTCP; else RTP with the marker set, but for
 * the types that are in use for RTCP (sniff.c).
 */
static void
version_2(const struct es_kf *f)
{
	es_bpf_here(f->b, ES_KF_VERSION_2);
	es_kf_load8(f, 1);
	es_kf_math(f, BPF_AND, 0xe0);
	es_bpf_unless(f->b, BPF_JEQ, 0xc0, ES_KF_RTP);
	es_kf_load16(f, 2);
	es_kf_math(f, BPF_ADD, 1);
	es_kf_math(f, BPF_LSH, 2);
	es_kf_keep(f, ES_KF_M_T);
	es_kf_recall(f, ES_KF_M_BYTES);
	es_kf_math_memory(f, BPF_SUB, ES_KF_M_T);
	es_bpf_unless(f->b, BPF_JSET, 0x80000000, ES_KF_WHOLE);
	es_kf_load8(f, 1);
	es_kf_math(f, BPF_AND, 0xf8);
	es_bpf_if(f->b, BPF_JEQ, 0xc8, ES_KF_LOOK); /* 200 to 207 */
	rtp(f);
}

/* What is carried inside; it is no tunnel. */
static void
relayed(const struct es_kf *f)
{
	es_bpf_here(f->b, ES_KF_RELAYED);
	es_kf_recall(f, ES_KF_M_BYTES);
	es_bpf_unless(f->b, BPF_JGE, ES_KF_RTP_HEAD_BYTES, ES_KF_LOOK);
	es_kf_need(f, ES_KF_RTP_HEAD_BYTES, ES_KF_WHOLE);
	es_kf_if_version_2(f, 0, ES_KF_VERSION_2);
	es_bpf_here(f->b, ES_KF_TEXT);
	es_kf_unless_sip(f, ES_KF_LOOK);
	es_bpf_go(f->b, ES_KF_WHOLE);
}

/* M_BYTES = its length. Behind the attributes that are looked at nothing passes. */
static void
stun_attributes(const struct es_kf *f)
{
	unsigned data = es_bpf_label(f->b);

	es_bpf_here(f->b, ES_KF_STUN_ATTRIBUTES);
	es_kf_skip(f, STUN_HEAD_BYTES);
	for (int i = 0; i <= STUN_ATTRIBUTES_MAX; i++) {
		es_kf_need(f, 4, ES_KF_WHOLE);
		es_kf_load16(f, 0);
		es_bpf_if(f->b, BPF_JEQ, STUN_DATA, data);
		es_kf_load16(f, 2);
		es_kf_math(f, BPF_ADD, 4 + 3);
		es_kf_math(f, BPF_AND, 0x1fffc);
		es_kf_advance(f);
	}
	es_bpf_go(f->b, ES_KF_CUT);
	es_bpf_here(f->b, data);
	es_kf_load16(f, 2);
	es_kf_keep(f, ES_KF_M_BYTES);
	es_kf_skip(f, 4);
	es_bpf_go(f->b, ES_KF_RELAYED);
}

void
es_kf_media(const struct es_kf *f)
{
	stun_attributes(f);
	relayed(f);
	version_2(f);
}
