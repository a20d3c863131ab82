/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's filter: its beginning by link type, its levels and its ends. */
#include "agent/capture/kernel_filter.h"
#include "agent/capture/kernel_filter_private.h"

#include "earshot/error.h"

void
es_kf_math_memory(const struct es_kf *f, unsigned operator, uint32_t m)
{
	es_bpf_do(f->b, BPF_STX, ES_KF_M_SAVED);
	es_bpf_do(f->b, BPF_LDX | BPF_MEM, m);
	es_bpf_do(f->b, BPF_ALU | BPF_X | operator, 0);
	es_bpf_do(f->b, BPF_LDX | BPF_MEM, ES_KF_M_SAVED);
}

void
es_kf_left(const struct es_kf *f)
{
	es_bpf_do(f->b, BPF_LD | BPF_W | BPF_LEN, 0);
	es_bpf_do(f->b, BPF_ALU | BPF_SUB | BPF_X, 0);
}

void
es_kf_need(const struct es_kf *f, uint32_t n, unsigned otherwise)
{
	es_kf_left(f);
	es_bpf_unless(f->b, BPF_JGE, n, otherwise);
}

void
es_kf_skip(const struct es_kf *f, uint32_t n)
{
	es_kf_x(f);
	es_kf_math(f, BPF_ADD, n);
	es_bpf_do(f->b, BPF_MISC | BPF_TAX, 0);
}

void
es_kf_advance(const struct es_kf *f)
{
	es_bpf_do(f->b, BPF_STX, ES_KF_M_X);
	es_bpf_do(f->b, BPF_ALU | BPF_ADD | BPF_X, 0);
	es_bpf_do(f->b, BPF_MISC | BPF_TAX, 0);
	es_bpf_do(f->b, BPF_LD | BPF_W | BPF_LEN, 0);
	es_bpf_unless(f->b, BPF_JGE | BPF_X, 0, ES_KF_BACK);
}

void
es_kf_if_version_2(const struct es_kf *f, uint32_t k, unsigned label)
{
	es_kf_load8(f, k);
	es_kf_math(f, BPF_AND, 0xc0);
	es_bpf_if(f->b, BPF_JEQ, 0x80, label);
}

void
es_kf_unless_text(const struct es_kf *f, uint32_t k, unsigned label)
{
	es_kf_load32(f, k);
	es_bpf_if(f->b, BPF_JSET, 0x80808080, label);
	es_kf_math(f, BPF_OR, 0x80808080); /* lends to its own byte only */
	es_kf_math(f, BPF_SUB, 0x09090909);
	es_kf_math(f, BPF_AND, 0x80808080);
	es_bpf_unless(f->b, BPF_JEQ, 0x80808080, label);
}

void
es_kf_unless_sip(const struct es_kf *f, unsigned label)
{
	unsigned is_text = es_bpf_label(f->b);

	es_kf_need(f, ES_KF_LOOK_BYTES, ES_KF_WHOLE);
	es_kf_load32(f, 0);
	es_bpf_if(f->b, BPF_JEQ, 0x5349502f, is_text); /* "SIP/" */
	for (uint32_t i = 0; i < ES_KF_LOOK_BYTES; i += 4)
		es_kf_unless_text(f, i, label);
	es_bpf_here(f->b, is_text);
}

static void
begin(const struct es_kf *f, enum es_kernel_filter_link link)
{
	es_bpf_do(f->b, BPF_LDX | BPF_IMM, 0);
	switch (link) {
	case ES_KERNEL_FILTER_ETHERNET:
		break; /* the first label of a level */
	case ES_KERNEL_FILTER_COOKED:
		es_bpf_do(f->b, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
		es_kf_keep(f, ES_KF_M_T);
		es_kf_go(f, ES_KF_TYPE);
		break;
	case ES_KERNEL_FILTER_IP:
		es_kf_go(f, ES_KF_IP);
		break;
	}
}

static void
end(struct es_bpf *b, uint32_t snap_bytes)
{
	es_bpf_here(b, ES_KF_BACK);
	es_bpf_do(b, BPF_LDX | BPF_MEM, ES_KF_M_X);
	es_bpf_go(b, ES_KF_LOOK);
	es_bpf_here(b, ES_KF_WRONG);
	es_bpf_do(b, BPF_MISC | BPF_TXA, 0);
	es_bpf_do(b, BPF_ALU | BPF_ADD | BPF_K, ES_KF_WRONG_BYTES);
	es_bpf_go(b, ES_KF_AT_A);
	es_bpf_here(b, ES_KF_LOOK);
	es_bpf_do(b, BPF_MISC | BPF_TXA, 0);
	es_bpf_do(b, BPF_ALU | BPF_ADD | BPF_K, ES_KF_LOOK_BYTES);
	es_bpf_go(b, ES_KF_AT_A);
	es_bpf_here(b, ES_KF_CUT);
	es_bpf_do(b, BPF_MISC | BPF_TXA, 0);
	es_bpf_here(b, ES_KF_AT_A);
	es_bpf_if(b, BPF_JGE, snap_bytes, ES_KF_WHOLE);
	es_bpf_do(b, BPF_RET | BPF_A, 0);
	es_bpf_here(b, ES_KF_WHOLE);
	es_bpf_do(b, BPF_RET | BPF_K, snap_bytes);
}

static void
no_tunnels(const struct es_kf *f)
{
	es_kf_here(f, ES_KF_OTHER);
	es_kf_here(f, ES_KF_L2TPV3);
	es_kf_here(f, ES_KF_GRE);
	es_bpf_go(f->b, ES_KF_LOOK);
}

static void
write(struct es_bpf *b, const void *ctx)
{
	const struct es_kernel_filter_config *cfg = ctx;
	struct es_kf f = { b, 0, cfg->tunnels + 1 };

	if (cfg->wants_payload) {
		es_bpf_do(b, BPF_RET | BPF_K, cfg->snap_bytes);
		return;
	}
	begin(&f, cfg->link);
	for (f.level = 0; f.level < f.levels; f.level++) {
		es_kf_link(&f);
		es_kf_network(&f);
		es_kf_udp(&f);
		es_kf_datagram(&f);
		if (es_kf_is_innermost(&f)) {
			no_tunnels(&f);
		} else {
			es_kf_tunnels(&f);
			es_kf_gre(&f);
		}
	}
	es_kf_tcp(&f);
	es_kf_hep(&f);
	es_kf_media(&f);
	es_kf_fragment(&f);
	end(b, cfg->snap_bytes);
}

int
es_kernel_filter_build(
    const struct es_kernel_filter_config *cfg, struct sock_filter *out, size_t cap, size_t *n)
{
	if (cfg->snap_bytes == 0 || cfg->link < ES_KERNEL_FILTER_ETHERNET ||
	    cfg->link > ES_KERNEL_FILTER_IP || cfg->tunnels > ES_KERNEL_FILTER_TUNNELS_MAX)
		return ES_EINVALID;
	return es_bpf_build(write, cfg, ES_KF_FIXED_LABELS, out, cap, n);
}
