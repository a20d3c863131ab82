/* SPDX-License-Identifier: Apache-2.0 */
/* Classic BPF with labels: how far jumps reach, and what cannot be written. */
#include "agent/capture/bpf_program.h"
#include "earshot/error.h"
#include "tests/unit/harness.h"

enum { FAR = 0, N_FIXED = 1, CAP = 1024 };

static struct sock_filter program[CAP];

/* Two jumps over *between instructions. */
static void
over(struct es_bpf *b, const void *between)
{
	const unsigned *n = between;

	es_bpf_if(b, BPF_JEQ, 7, FAR);
	es_bpf_unless(b, BPF_JGT, 8, FAR);
	for (unsigned i = 0; i < *n; i++)
		es_bpf_do(b, BPF_LD | BPF_IMM, i);
	es_bpf_here(b, FAR);
	es_bpf_do(b, BPF_RET | BPF_K, 1);
}

TEST(bpf_program_jumps_in_one_instruction_where_it_reaches)
{
	unsigned between = 250;
	size_t n;

	CHECK_EQ(es_bpf_build(over, &between, N_FIXED, program, CAP, &n), 0);
	CHECK_EQ(n, 253);
	CHECK_EQ(program[0].code, BPF_JMP | BPF_JEQ);
	CHECK_EQ(program[0].jt, 251);
	CHECK_EQ(program[0].jf, 0);
	CHECK_EQ(program[0].k, 7);
	CHECK_EQ(program[1].code, BPF_JMP | BPF_JGT);
	CHECK_EQ(program[1].jt, 0);
	CHECK_EQ(program[1].jf, 250);
}

TEST(bpf_program_jumps_in_two_instructions_where_it_must)
{
	unsigned between = 300;
	size_t n;

	CHECK_EQ(es_bpf_build(over, &between, N_FIXED, program, CAP, &n), 0);
	CHECK_EQ(n, 305);
	CHECK_EQ(program[0].jt, 0);
	CHECK_EQ(program[0].jf, 1);
	CHECK_EQ(program[1].code, BPF_JMP | BPF_JA);
	CHECK_EQ(program[1].k, 302);
	CHECK_EQ(program[2].jt, 1);
	CHECK_EQ(program[2].jf, 0);
	CHECK_EQ(program[3].k, 300);
}

TEST(bpf_program_says_when_there_is_no_room)
{
	unsigned between = 10;
	size_t n = 99;

	CHECK_EQ(es_bpf_build(over, &between, N_FIXED, program, 12, &n), ES_EFULL);
	CHECK_EQ(n, 99);
	CHECK_EQ(es_bpf_build(over, &between, N_FIXED, program, 13, &n), 0);
}

static void
backwards(struct es_bpf *b, const void *unused)
{
	(void)unused;
	es_bpf_here(b, FAR);
	es_bpf_do(b, BPF_LD | BPF_IMM, 1);
	es_bpf_go(b, FAR);
}

TEST(bpf_program_refuses_a_jump_backwards)
{
	size_t n;

	CHECK_EQ(es_bpf_build(backwards, NULL, N_FIXED, program, CAP, &n), ES_EINVALID);
}

static void
many_labels(struct es_bpf *b, const void *count)
{
	const unsigned *n = count;

	for (unsigned i = 0; i < *n; i++) {
		unsigned label = es_bpf_label(b);

		es_bpf_here(b, label);
	}
	es_bpf_do(b, BPF_RET | BPF_K, 1);
}

TEST(bpf_program_refuses_more_labels_than_it_holds)
{
	unsigned count = ES_BPF_LABELS_MAX - N_FIXED;
	size_t n;

	CHECK_EQ(es_bpf_build(many_labels, &count, N_FIXED, program, CAP, &n), 0);
	count++;
	CHECK_EQ(es_bpf_build(many_labels, &count, N_FIXED, program, CAP, &n), ES_EINVALID);
}
