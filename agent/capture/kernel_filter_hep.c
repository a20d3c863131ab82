/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HEP 3 in the kernel's filter: its chunks up to the one with the packet, which is taken for what it looks like.
 * Behind the chunks that are looked at nothing passes.
 */
#include "agent/capture/kernel_filter_private.h"

enum {
	HEAD_BYTES = 6,  /* of the message, and of each chunk */
	CHUNKS_MAX = 12, /* in front of the packet */
	PAYLOAD = 15,    /* vendor 0 */
};

void
es_kf_hep(const struct es_kf *f)
{
	unsigned payload = es_bpf_label(f->b);

	es_bpf_here(f->b, ES_KF_HEP);
	es_kf_need(f, HEAD_BYTES, ES_KF_WHOLE);
	es_kf_skip(f, HEAD_BYTES);
	for (int i = 0; i <= CHUNKS_MAX; i++) {
		es_kf_need(f, HEAD_BYTES, ES_KF_WHOLE);
		es_kf_load32(f, 0);
		es_bpf_if(f->b, BPF_JEQ, PAYLOAD, payload);
		es_kf_load16(f, 4);
		es_kf_advance(f);
	}
	es_bpf_go(f->b, ES_KF_CUT);
	es_bpf_here(f->b, payload);
	es_kf_load16(f, 4);
	es_bpf_unless(f->b, BPF_JGE, HEAD_BYTES, ES_KF_CUT);
	es_kf_math(f, BPF_SUB, HEAD_BYTES);
	es_kf_keep(f, ES_KF_M_BYTES);
	es_kf_skip(f, HEAD_BYTES);
	es_bpf_go(f->b, ES_KF_RELAYED);
}
