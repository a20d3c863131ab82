/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What UDP carries, by its shape (RFC 7983, RFC 5761), in the kernel's filter: the same decisions as those of the
 * engine (sniff.c, stun.c), because a packet that is cut here must count there as if it were whole.
 */
#include "agent/capture/kernel_filter_private.h"

enum {
	STUN_HEAD_BYTES = 20,
	COOKIE = 0x2112a442,
	TURN_SEND = 0x0016, /* indications */
	TURN_DATA = 0x0017,
	CHANNEL_HEAD_BYTES = 4,
};

/* RFC 8656 section 12.4: channel and length; up to three bytes of padding may follow the data. */
static void
channel(const struct es_kf *f, unsigned none)
{
	es_kf_load16(f, 2);
	es_kf_keep(f, ES_KF_M_T);
	es_kf_recall(f, ES_KF_M_BYTES);
	es_kf_math(f, BPF_SUB, CHANNEL_HEAD_BYTES);
	es_kf_math_memory(f, BPF_SUB, ES_KF_M_T);
	es_bpf_if(f->b, BPF_JGE, 4, none);
	es_kf_recall(f, ES_KF_M_T);
	es_kf_keep(f, ES_KF_M_BYTES);
	es_kf_skip(f, CHANNEL_HEAD_BYTES);
	es_bpf_go(f->b, ES_KF_RELAYED);
}

/* RFC 8489 section 5; RFC 3489 had no cookie and two methods. */
static void
stun(const struct es_kf *f)
{
	static const uint16_t classic[] = { 0x0001, 0x0101, 0x0111, 0x0002, 0x0102, 0x0112 };
	unsigned has_cookie = es_bpf_label(f->b);

	es_kf_need(f, STUN_HEAD_BYTES, ES_KF_WHOLE);
	es_kf_load16(f, 2);
	es_kf_math(f, BPF_ADD, STUN_HEAD_BYTES);
	es_kf_math_memory(f, BPF_SUB, ES_KF_M_BYTES);
	es_kf_unless(f, BPF_JEQ, 0, ES_KF_OTHER);
	es_kf_load32(f, 4);
	es_bpf_if(f->b, BPF_JEQ, COOKIE, has_cookie);
	es_kf_load16(f, 0);
	for (size_t i = 0; i < sizeof(classic) / sizeof(classic[0]); i++)
		es_bpf_if(f->b, BPF_JEQ, classic[i], ES_KF_WHOLE);
	es_kf_go(f, ES_KF_OTHER);
	es_bpf_here(f->b, has_cookie);
	es_kf_load16(f, 0);
	es_bpf_if(f->b, BPF_JEQ, TURN_SEND, ES_KF_STUN_ATTRIBUTES);
	es_bpf_if(f->b, BPF_JEQ, TURN_DATA, ES_KF_STUN_ATTRIBUTES);
	es_bpf_go(f->b, ES_KF_WHOLE);
}

/* A record of DTLS 1.0 to 1.2 that is no application data: handshakes are whole. */
static void
dtls(const struct es_kf *f)
{
	es_kf_load16(f, 1);
	es_bpf_if(f->b, BPF_JEQ, 0xfeff, ES_KF_WHOLE);
	es_bpf_if(f->b, BPF_JEQ, 0xfefd, ES_KF_WHOLE);
	es_kf_go(f, ES_KF_OTHER);
}

void
es_kf_datagram(const struct es_kf *f)
{
	unsigned is_stun = es_bpf_label(f->b);
	unsigned is_channel = es_bpf_label(f->b);
	unsigned no_channel = es_bpf_label(f->b);
	unsigned maybe_sip = es_bpf_label(f->b);

	es_kf_here(f, ES_KF_DATAGRAM);
	es_kf_recall(f, ES_KF_M_BYTES);
	es_bpf_unless(f->b, BPF_JGE, ES_KF_RTP_HEAD_BYTES, ES_KF_LOOK);
	es_kf_need(f, ES_KF_RTP_HEAD_BYTES, ES_KF_WHOLE);
	es_kf_if_version_2(f, 0, ES_KF_VERSION_2);
	es_kf_load8(f, 0);
	es_bpf_unless(f->b, BPF_JGE, 4, is_stun);
	es_bpf_if(f->b, BPF_JEQ, '\r', maybe_sip); /* line breaks in front of a message */
	es_bpf_if(f->b, BPF_JEQ, '\n', maybe_sip);
	es_kf_unless(f, BPF_JGE, 20, ES_KF_OTHER);
	es_kf_math(f, BPF_AND, 0xf0);
	es_bpf_if(f->b, BPF_JEQ, 0x40, is_channel);
	es_kf_load8(f, 0);
	es_bpf_if(f->b, BPF_JGE, 23, maybe_sip);
	dtls(f);
	es_bpf_here(f->b, is_stun);
	stun(f);
	es_bpf_here(f->b, is_channel);
	channel(f, no_channel);
	es_bpf_here(f->b, no_channel);
	es_kf_load32(f, 0);
	es_bpf_if(f->b, BPF_JEQ, 0x48455033, ES_KF_HEP); /* "HEP3" */
	es_bpf_here(f->b, maybe_sip);
	if (es_kf_is_innermost(f)) {
		es_bpf_go(f->b, ES_KF_TEXT);
		return;
	}
	es_kf_unless_sip(f, es_kf_at(f, ES_KF_OTHER));
	es_bpf_go(f->b, ES_KF_WHOLE);
}
