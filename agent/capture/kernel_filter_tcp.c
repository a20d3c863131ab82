/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP in the kernel's filter. A segment is whole unless it is one packet of media: behind a length (RFC 4571), in channel
 * data or an indication of TURN; or it begins with one interleaved in RTSP (RFC 7826 section 14), which nobody reads. Of
 * several packets a cut would take away all headers but the first, of a part of one the time at which it was complete;
 * and what a segment continues cannot be known.
 */
#include "agent/capture/kernel_filter_private.h"

enum {
	MEDIA_MAX_BYTES = 1500, /* as for the engine (streamed.c) */
	COOKIE = 0x2112a442,
	TURN_SEND = 0x0016, /* indications */
	TURN_DATA = 0x0017,
};

/* M_BYTES = the length at X + k, which must be that of media. */
static void
length(const struct es_kf *f, uint32_t k)
{
	es_kf_load16(f, k);
	es_bpf_unless(f->b, BPF_JGE, ES_KF_RTP_HEAD_BYTES, ES_KF_WHOLE);
	es_bpf_if(f->b, BPF_JGT, MEDIA_MAX_BYTES, ES_KF_WHOLE);
	es_kf_keep(f, ES_KF_M_BYTES);
}

/* Whole unless M_BYTES behind the first head_bytes end the segment, but for padding. */
static void
one_packet(const struct es_kf *f, uint32_t head_bytes)
{
	es_kf_left(f);
	es_kf_math(f, BPF_SUB, head_bytes);
	es_kf_math_memory(f, BPF_SUB, ES_KF_M_BYTES);
	es_bpf_if(f->b, BPF_JGE, 4, ES_KF_WHOLE);
}

/* Version 2 behind four bytes that end with its length. Of interleaved packets nobody reads those behind the first. */
static void
behind_four(const struct es_kf *f, bool is_interleaved)
{
	unsigned media = es_bpf_label(f->b);

	es_kf_if_version_2(f, 4, media);
	es_bpf_go(f->b, ES_KF_WHOLE);
	es_bpf_here(f->b, media);
	length(f, 2);
	if (!is_interleaved)
		one_packet(f, 4);
	es_kf_skip(f, 4);
	es_bpf_go(f->b, ES_KF_VERSION_2);
}

/* RTP behind a length. The same by chance are a few segments of encrypted data in a million. */
static void
framed(const struct es_kf *f)
{
	unsigned media = es_bpf_label(f->b);

	es_kf_if_version_2(f, 2, media);
	es_bpf_go(f->b, ES_KF_WHOLE);
	es_bpf_here(f->b, media);
	length(f, 0);
	one_packet(f, 2);
	es_kf_skip(f, 2);
	es_bpf_go(f->b, ES_KF_VERSION_2);
}

/* A message that carries data to or from a peer. */
static void
indication(const struct es_kf *f)
{
	es_kf_load32(f, 4);
	es_bpf_unless(f->b, BPF_JEQ, COOKIE, ES_KF_WHOLE);
	es_kf_load16(f, 2);
	es_kf_math(f, BPF_ADD, 20);
	es_kf_keep(f, ES_KF_M_BYTES);
	one_packet(f, 0);
	es_bpf_go(f->b, ES_KF_STUN_ATTRIBUTES);
}

void
es_kf_tcp(const struct es_kf *f)
{
	unsigned is_interleaved = es_bpf_label(f->b);
	unsigned is_channel = es_bpf_label(f->b);
	unsigned is_framed = es_bpf_label(f->b);
	unsigned is_indication = es_bpf_label(f->b);

	es_bpf_here(f->b, ES_KF_TCP);
	es_kf_need(f, 20, ES_KF_WHOLE);
	es_kf_load8(f, 12);
	es_kf_math(f, BPF_AND, 0xf0);
	es_kf_math(f, BPF_RSH, 2);
	es_bpf_unless(f->b, BPF_JGE, 20, ES_KF_WRONG);
	es_kf_advance(f);
	es_kf_need(f, 20, ES_KF_WHOLE);
	es_kf_load16(f, 0);
	es_bpf_if(f->b, BPF_JEQ, TURN_SEND, is_indication);
	es_bpf_if(f->b, BPF_JEQ, TURN_DATA, is_indication);
	es_bpf_unless(f->b, BPF_JGT, MEDIA_MAX_BYTES, is_framed);
	es_kf_load8(f, 0);
	es_bpf_if(f->b, BPF_JEQ, '$', is_interleaved);
	es_kf_math(f, BPF_AND, 0xf0);
	es_bpf_if(f->b, BPF_JEQ, 0x40, is_channel);
	es_bpf_go(f->b, ES_KF_WHOLE);
	es_bpf_here(f->b, is_interleaved);
	behind_four(f, true);
	es_bpf_here(f->b, is_channel);
	behind_four(f, false);
	es_bpf_here(f->b, is_indication);
	indication(f);
	es_bpf_here(f->b, is_framed);
	framed(f);
}
