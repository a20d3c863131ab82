/* SPDX-License-Identifier: Apache-2.0 */
/* The health record of a process. */
#include "agent/sensor/health.h"

#include "proto/encode.h"
#include "runtime/clock.h"
#include "runtime/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The second number of statm, in pages; 0 where there is no /proc. */
static uint64_t
resident_bytes(void)
{
	char *text, *p;
	uint64_t pages = 0;
	size_t n;

	if (es_file_read("/proc/self/statm", 256, &text, &n) != 0)
		return 0;
	p = strchr(text, ' ');
	for (p = p == NULL ? text + n : p + 1; *p >= '0' && *p <= '9'; p++)
		pages = pages * 10 + (uint64_t)(*p - '0');
	free(text);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void
es_health_process(struct es_health_counters *c)
{
	c->value[ES_CNT_CPU_US] = (uint64_t)es_clock_cpu_us();
	c->value[ES_CNT_RSS_BYTES] = resident_bytes();
}

int
es_health_encode(const struct es_health_counters *c, es_time at, uint8_t *out, size_t cap)
{
	struct es_counter_value values[ES_CNT_END];
	struct es_record rec;
	uint16_t i;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_HEALTH;
	rec.at = rec.u.health.time = at;
	rec.u.health.values = values;
	for (i = 1; i < ES_CNT_END; i++)
		if (c->value[i] != 0)
			values[rec.u.health.n_values++] =
			    (struct es_counter_value){ i, c->value[i] };
	return es_record_encode(&rec, out, cap);
}
