/* SPDX-License-Identifier: Apache-2.0 */
/* Pressure from the running totals of /proc/pressure, Documentation/accounting/psi.rst. */
#include "probes/host/pressure.h"

static const struct {
	const char *file;
	enum es_signal signal;
} sources[ES_HOST_PRESSURES] = {
	{ "proc/pressure/cpu", ES_SIG_CPU_PRESSURE },
	{ "proc/pressure/memory", ES_SIG_MEM_PRESSURE },
	{ "proc/pressure/io", ES_SIG_IO_PRESSURE },
};

/* The total of the line "some avg10=0.00 avg60=0.00 avg300=0.00 total=12345". */
static bool
total_of(es_slice text, uint64_t *total_us)
{
	es_slice line, word;

	while (es_text_line(&text, &line)) {
		if (!es_text_is(es_text_word(&line), "some"))
			continue;
		for (word = es_text_word(&line); word.n > 0; word = es_text_word(&line)) {
			if (es_text_begins(word, "total="))
				return es_text_u64(es_text_from(word, 6), UINT64_MAX, total_us) ==
				       0;
		}
	}
	return false;
}

void
es_host_pressure_read(
    struct es_host_pressure *p, struct es_host_files *files, struct es_host_reading *r)
{
	for (unsigned i = 0; i < ES_HOST_PRESSURES; i++) {
		uint64_t total, step;

		if (!total_of(es_host_read(files, sources[i].file), &total))
			es_host_forget(&p->stalled_us[i]);
		else if (es_host_step(&p->stalled_us[i], total, &step) && r->elapsed_us > 0)
			es_host_set(
			    r, sources[i].signal, es_host_ppm(step, (uint64_t)r->elapsed_us));
	}
}
