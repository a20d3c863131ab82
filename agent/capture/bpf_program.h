/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classic BPF written with labels in place of distances. A jump goes forward only; a conditional one reaches 255
 * instructions, so a longer one becomes two. The writer of a program is run several times over until all distances
 * are known, and must write the same each time.
 */
#ifndef AGENT_CAPTURE_BPF_PROGRAM_H
#define AGENT_CAPTURE_BPF_PROGRAM_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ES_BPF_LABELS_MAX = 1024 };

struct es_bpf {
	struct sock_filter *out;
	size_t cap;
	size_t n;      /* instructions so far */
	size_t n_long; /* the same if each conditional jump took two */
	unsigned pass;
	unsigned n_labels;
	bool is_bad;                       /* a jump backwards, or too many labels */
	uint16_t far[ES_BPF_LABELS_MAX];   /* where a label is, counted in n_long */
	uint16_t place[ES_BPF_LABELS_MAX]; /* and in n */
};

/*
 * Writes a program of at most cap instructions to out. Labels below n_fixed are named by the writer itself. 0, and *n
 * is its length; ES_EFULL: cap is too small; ES_EINVALID: a label that a jump names is not behind it.
 */
int es_bpf_build(void (*write)(struct es_bpf *b, const void *ctx), const void *ctx,
    unsigned n_fixed, struct sock_filter *out, size_t cap, size_t *n);

/* A label that nobody named. */
unsigned es_bpf_label(struct es_bpf *b);

/* The next instruction has this label. */
void es_bpf_here(struct es_bpf *b, unsigned label);

/* An instruction that is no jump. */
void es_bpf_do(struct es_bpf *b, unsigned code, uint32_t k);

void es_bpf_go(struct es_bpf *b, unsigned label);

/* Jumps if A compares so with k (BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET), or with X if test has BPF_X. */
void es_bpf_if(struct es_bpf *b, unsigned test, uint32_t k, unsigned label);

/* Jumps if it does not. */
void es_bpf_unless(struct es_bpf *b, unsigned test, uint32_t k, unsigned label);

#endif
