/* SPDX-License-Identifier: Apache-2.0 */
/* Processor time from /proc/stat, run queue from /proc/loadavg; proc(5). */
#include "probes/host/cpu.h"

enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, N_FIELDS };

void
es_host_cpu_read(struct es_host_cpu *cpu, struct es_host_files *files, struct es_host_reading *r)
{
	es_slice rest = es_host_read(files, "proc/stat");
	es_slice line = { 0 };
	uint64_t field[N_FIELDS] = { 0 };
	uint64_t total = 0, all = 0, idle = 0, part = 0;
	bool has_all, has_idle;

	if (!es_text_line(&rest, &line) || !es_text_is(es_text_word(&line), "cpu"))
		return;
	for (unsigned i = 0; i < N_FIELDS; i++) {
		int err = es_text_u64(es_text_word(&line), UINT64_MAX / N_FIELDS, &field[i]);

		if (err != 0 && i <= IDLE)
			return; /* old kernels end here: the missing values are 0 */
		total += field[i];
	}
	/* All are stepped, whether the first gives a value or not. */
	has_all = es_host_step(&cpu->total, total, &all) && all > 0;
	has_idle = es_host_step(&cpu->idle, field[IDLE] + field[IOWAIT], &idle);
	if (has_all && has_idle)
		es_host_set(r, ES_SIG_CPU_BUSY, 1000000 - es_host_ppm(idle, all));
	if (es_host_step(&cpu->softirq, field[SOFTIRQ], &part) && has_all)
		es_host_set(r, ES_SIG_CPU_SOFTIRQ, es_host_ppm(part, all));
	if (es_host_step(&cpu->steal, field[STEAL], &part) && has_all)
		es_host_set(r, ES_SIG_CPU_STEAL, es_host_ppm(part, all));
}

void
es_host_load_read(struct es_host_files *files, struct es_host_reading *r)
{
	es_slice rest = es_host_read(files, "proc/loadavg");
	es_slice word = es_text_word(&rest);
	es_slice whole = es_text_cut(&word, '.');
	uint64_t tasks, hundredths;

	if (es_text_u64(whole, 1000000, &tasks) != 0 || word.n != 2 ||
	    es_text_u64(word, 99, &hundredths) != 0)
		return;
	es_host_set(r, ES_SIG_RUN_QUEUE, (int64_t)(tasks * 1000 + hundredths * 10));
}
