/* SPDX-License-Identifier: Apache-2.0 */
/* Memory from /proc/meminfo and /proc/vmstat; proc(5). */
#include "probes/host/memory.h"

/* The number behind a name at the begin of a line. */
static bool
number_of(es_slice text, const char *name, uint64_t *out)
{
	es_slice line;

	while (es_text_line(&text, &line))
		if (es_text_is(es_text_word(&line), name))
			return es_text_u64(es_text_word(&line), UINT64_MAX / 1024, out) == 0;
	return false;
}

static void
step(es_slice text, const char *name, struct es_host_counter *c, enum es_signal signal,
    struct es_host_reading *r)
{
	uint64_t now, by;

	if (!number_of(text, name, &now))
		es_host_forget(c);
	else if (es_host_step(c, now, &by))
		es_host_set(r, signal, (int64_t)by);
}

void
es_host_memory_read(
    struct es_host_memory *m, struct es_host_files *files, struct es_host_reading *r)
{
	uint64_t kib;
	es_slice text;

	if (number_of(es_host_read(files, "proc/meminfo"), "MemAvailable:", &kib) &&
	    kib < (uint64_t)INT64_MAX / 1024)
		es_host_set(r, ES_SIG_MEM_AVAILABLE,
		    (int64_t)(kib * 1024 / ES_HOST_MEMORY_STEP * ES_HOST_MEMORY_STEP));
	text = es_host_read(files, "proc/vmstat");
	step(text, "pswpin", &m->swap_in, ES_SIG_SWAP_IN, r);
	step(text, "oom_kill", &m->oom_kills, ES_SIG_OOM_KILLS, r);
}
