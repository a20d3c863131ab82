/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the kernel's filter share. X is where the header begins that a label names; A is free. The
 * program is written once for each level of tunnels, because classic BPF cannot go back; what a level finds in a
 * tunnel is for the next.
 *
 * A load from behind the packet's end would drop the packet, so each is preceded by es_kf_need: what is too short for
 * its header is whole.
 */
#ifndef AGENT_CAPTURE_KERNEL_FILTER_PRIVATE_H
#define AGENT_CAPTURE_KERNEL_FILTER_PRIVATE_H

#include "agent/capture/bpf_program.h"

/* Labels of each level. */
enum es_kf_label {
	ES_KF_ETHER,
	ES_KF_TYPE, /* A is an ethertype, X behind it */
	ES_KF_PPPOE,
	ES_KF_PPP,
	ES_KF_MPLS,
	ES_KF_IP, /* by its version */
	ES_KF_IPV4,
	ES_KF_IPV6,
	ES_KF_TRANSPORT, /* M_PROTO tells which */
	ES_KF_UDP,
	ES_KF_DATAGRAM, /* what UDP carries, M_BYTES long */
	ES_KF_OTHER,    /* it has no shape */
	ES_KF_L2TPV3,
	ES_KF_GRE,
	ES_KF_LABELS,
};

/* Labels behind all levels. Nothing leads back into one from here. */
enum {
	ES_KF_LEVELS = 3, /* at most: the packet itself, and tunnels */
	ES_KF_TCP = ES_KF_LEVELS * ES_KF_LABELS,
	ES_KF_HEP,             /* version 3 */
	ES_KF_STUN_ATTRIBUTES, /* of a message with data of a peer; X at the message */
	ES_KF_RELAYED,         /* what TURN, HEP or TCP carries, M_BYTES long */
	ES_KF_TEXT,            /* SIP, or nothing that is known */
	ES_KF_VERSION_2,       /* RTP or RTCP, M_BYTES long */
	ES_KF_RTP,
	ES_KF_LATER, /* a later fragment, M_BYTES long */
	ES_KF_BACK,  /* a length that leads out of the packet: as before it, at M_X */
	ES_KF_WRONG, /* a header that breaks its format: ES_KF_WRONG_BYTES from X on */
	ES_KF_LOOK,  /* ES_KF_LOOK_BYTES from X on */
	ES_KF_CUT,   /* nothing from X on */
	ES_KF_AT_A,  /* A bytes */
	ES_KF_WHOLE,
	ES_KF_FIXED_LABELS,
};

enum {
	/* Of what has no shape. With so many the engine knows each shape (packet.c), and has its sample of the unknown. */
	ES_KF_LOOK_BYTES = 20,
	ES_KF_WRONG_BYTES =
	    80, /* with so many it is malformed for the engine, and not cut (layers.c) */
	ES_KF_RTP_HEAD_BYTES = 12,
};

/* Scratch memory. */
enum {
	ES_KF_M_X,     /* X before it was moved, for ES_KF_BACK */
	ES_KF_M_SAVED, /* X while it is needed for arithmetic */
	ES_KF_M_BYTES, /* of what is at X, as sent */
	ES_KF_M_PROTO, /* IP protocol, next header */
	ES_KF_M_SRC,   /* ports */
	ES_KF_M_DST,
	ES_KF_M_T, /* temporary */
	ES_KF_M_U,
};

struct es_kf {
	struct es_bpf *b;
	unsigned level;
	unsigned levels; /* that are written */
};

/* A label of this level. */
static inline unsigned
es_kf_at(const struct es_kf *f, enum es_kf_label l)
{
	return f->level * ES_KF_LABELS + (unsigned)l;
}

static inline bool
es_kf_is_innermost(const struct es_kf *f)
{
	return f->level + 1 == f->levels;
}

/* The same in the tunnel; in the innermost one no tunnel is looked into. */
static inline unsigned
es_kf_inside(const struct es_kf *f, enum es_kf_label l)
{
	return es_kf_is_innermost(f) ? (unsigned)ES_KF_LOOK
				     : (f->level + 1) * ES_KF_LABELS + (unsigned)l;
}

static inline void
es_kf_here(const struct es_kf *f, enum es_kf_label l)
{
	es_bpf_here(f->b, es_kf_at(f, l));
}

static inline void
es_kf_go(const struct es_kf *f, enum es_kf_label l)
{
	es_bpf_go(f->b, es_kf_at(f, l));
}

static inline void
es_kf_if(const struct es_kf *f, unsigned test, uint32_t k, enum es_kf_label l)
{
	es_bpf_if(f->b, test, k, es_kf_at(f, l));
}

static inline void
es_kf_unless(const struct es_kf *f, unsigned test, uint32_t k, enum es_kf_label l)
{
	es_bpf_unless(f->b, test, k, es_kf_at(f, l));
}

/* A = the byte, the two or the four bytes at X + k, in network order. */
static inline void
es_kf_load8(const struct es_kf *f, uint32_t k)
{
	es_bpf_do(f->b, BPF_LD | BPF_B | BPF_IND, k);
}

static inline void
es_kf_load16(const struct es_kf *f, uint32_t k)
{
	es_bpf_do(f->b, BPF_LD | BPF_H | BPF_IND, k);
}

static inline void
es_kf_load32(const struct es_kf *f, uint32_t k)
{
	es_bpf_do(f->b, BPF_LD | BPF_W | BPF_IND, k);
}

static inline void
es_kf_set(const struct es_kf *f, uint32_t k)
{
	es_bpf_do(f->b, BPF_LD | BPF_IMM, k);
}

/* A = A operator k: BPF_ADD and its like. */
static inline void
es_kf_math(const struct es_kf *f, unsigned operator, uint32_t k)
{
	es_bpf_do(f->b, BPF_ALU | BPF_K | operator, k);
}

static inline void
es_kf_keep(const struct es_kf *f, uint32_t m)
{
	es_bpf_do(f->b, BPF_ST, m);
}

static inline void
es_kf_recall(const struct es_kf *f, uint32_t m)
{
	es_bpf_do(f->b, BPF_LD | BPF_MEM, m);
}

/* A = A operator memory. */
void es_kf_math_memory(const struct es_kf *f, unsigned operator, uint32_t m);

/* A = X. */
static inline void
es_kf_x(const struct es_kf *f)
{
	es_bpf_do(f->b, BPF_MISC | BPF_TXA, 0);
}

/* A = the bytes from X to the packet's end. */
void es_kf_left(const struct es_kf *f);

/* There are n bytes at X, else to the label. */
void es_kf_need(const struct es_kf *f, uint32_t n, unsigned otherwise);

/* X += n, which es_kf_need has asked for. */
void es_kf_skip(const struct es_kf *f, uint32_t n);

/* X += A; ES_KF_BACK if that is behind the packet's end. */
void es_kf_advance(const struct es_kf *f);

/* To the label if the first two bits of the byte at X + k are those of RTP. */
void es_kf_if_version_2(const struct es_kf *f, uint32_t k, unsigned label);

/* To the label unless each of the four bytes at X + k is that of text: from the tab on, and below 128. */
void es_kf_unless_text(const struct es_kf *f, uint32_t k, unsigned label);

/* To the label unless what is at X is text: a response of SIP, whose reason may be in any language, or ASCII. */
void es_kf_unless_sip(const struct es_kf *f, unsigned label);

/* The parts that each level has. */
void es_kf_link(const struct es_kf *f);
void es_kf_network(const struct es_kf *f);
void es_kf_udp(const struct es_kf *f);
void es_kf_datagram(const struct es_kf *f);
void es_kf_tunnels(const struct es_kf *f);
void es_kf_gre(const struct es_kf *f);

/* And those behind all levels. */
void es_kf_tcp(const struct es_kf *f);
void es_kf_hep(const struct es_kf *f);
void es_kf_media(const struct es_kf *f);
void es_kf_fragment(const struct es_kf *f);

#endif
