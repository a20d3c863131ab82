/* SPDX-License-Identifier: Apache-2.0 */
/* Classic BPF with labels. */
#include "agent/capture/bpf_program.h"

#include "earshot/error.h"

#include <string.h>

enum {
	PASS_FAR = 0,   /* every conditional jump takes two instructions: the longest distances */
	PASS_PLACE = 1, /* those that reach take one: the true distances */
	PASS_WRITE = 2,
	REACH = 255, /* of a conditional jump */
};

static void
put(struct es_bpf *b, unsigned code, unsigned jt, unsigned jf, uint32_t k)
{
	if (b->pass == PASS_WRITE && b->n < b->cap)
		b->out[b->n] = (struct sock_filter){ (uint16_t)code, (uint8_t)jt, (uint8_t)jf, k };
	b->n++;
	b->n_long++;
}

unsigned
es_bpf_label(struct es_bpf *b)
{
	if (b->n_labels == ES_BPF_LABELS_MAX) {
		b->is_bad = true;
		return ES_BPF_LABELS_MAX - 1;
	}
	return b->n_labels++;
}

void
es_bpf_here(struct es_bpf *b, unsigned label)
{
	if (b->pass == PASS_FAR)
		b->far[label] = (uint16_t)b->n_long;
	else if (b->pass == PASS_PLACE)
		b->place[label] = (uint16_t)b->n;
}

void
es_bpf_do(struct es_bpf *b, unsigned code, uint32_t k)
{
	put(b, code, 0, 0, k);
}

/* From behind the instruction that is written next. */
static uint32_t
distance(struct es_bpf *b, unsigned label)
{
	if (b->pass != PASS_WRITE)
		return 0;
	if (b->place[label] <= b->n)
		b->is_bad = true;
	return b->place[label] - (uint32_t)b->n - 1;
}

void
es_bpf_go(struct es_bpf *b, unsigned label)
{
	put(b, BPF_JMP | BPF_JA, 0, 0, distance(b, label));
}

static void
branch(struct es_bpf *b, unsigned test, uint32_t k, unsigned label, bool if_true)
{
	bool reaches = b->pass != PASS_FAR && b->far[label] <= b->n_long + REACH;
	unsigned code = BPF_JMP | test;

	if (reaches) {
		uint32_t d = distance(b, label);

		put(b, code, if_true ? d : 0, if_true ? 0 : d, k);
		b->n_long++;
		return;
	}
	put(b, code, if_true ? 0 : 1, if_true ? 1 : 0, k);
	es_bpf_go(b, label);
}

void
es_bpf_if(struct es_bpf *b, unsigned test, uint32_t k, unsigned label)
{
	branch(b, test, k, label, true);
}

void
es_bpf_unless(struct es_bpf *b, unsigned test, uint32_t k, unsigned label)
{
	branch(b, test, k, label, false);
}

int
es_bpf_build(void (*write)(struct es_bpf *b, const void *ctx), const void *ctx, unsigned n_fixed,
    struct sock_filter *out, size_t cap, size_t *n)
{
	struct es_bpf b;

	memset(&b, 0, sizeof(b));
	b.out = out;
	b.cap = cap;
	for (b.pass = PASS_FAR; b.pass <= PASS_WRITE; b.pass++) {
		b.n = 0;
		b.n_long = 0;
		b.n_labels = n_fixed;
		write(&b, ctx);
	}
	if (b.is_bad)
		return ES_EINVALID;
	if (b.n > cap)
		return ES_EFULL;
	*n = b.n;
	return 0;
}
