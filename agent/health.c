/* SPDX-License-Identifier: Apache-2.0 */
/* The health record of a process. */
#include "agent/health.h"

#include "proto/encode.h"
#include "runtime/clock.h"
#include "runtime/sandbox.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int
es_health_open_memory(void)
{
	return open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
}

/* The second number of statm, in pages; 0 where there is no /proc. */
static uint64_t
resident_bytes(int memory)
{
	char text[256];
	ssize_t n = memory < 0 ? -1 : pread(memory, text, sizeof(text) - 1, 0);
	uint64_t pages = 0;
	const char *p;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	p = strchr(text, ' ');
	for (p = p == NULL ? text + n : p + 1; *p >= '0' && *p <= '9'; p++)
		pages = pages * 10 + (uint64_t)(*p - '0');
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void
es_health_process(struct es_health_sum *sum, int memory)
{
	sum->value[ES_CNT_CPU_US] = (uint64_t)es_clock_cpu_us();
	sum->value[ES_CNT_RSS_BYTES] = resident_bytes(memory);
	sum->value[ES_CNT_SANDBOX] = es_sandbox_state();
}

static void
add_sip(struct es_health_sum *sum, const struct es_sip_count *c)
{
	uint32_t i = 0;

	while (i < sum->n_sip && sum->sip[i].what != c->what)
		i++;
	if (i == ES_HEALTH_SIP_MAX)
		return;
	if (i == sum->n_sip)
		sum->sip[sum->n_sip++] = (struct es_sip_count){ .what = c->what };
	sum->sip[i].messages += c->messages;
	sum->sip[i].resent += c->resent;
}

static void
add_unknown(struct es_health_sum *sum, const struct es_unknown *u)
{
	uint32_t i = 0;
	uint64_t before;

	while (i < sum->n_unknowns &&
	       (sum->unknowns[i].layer != u->layer || sum->unknowns[i].number != u->number))
		i++;
	if (i == ES_HEALTH_UNKNOWNS_MAX)
		return;
	before = i == sum->n_unknowns ? 0 : sum->unknowns[i].count;
	if (i == sum->n_unknowns)
		sum->n_unknowns++;
	sum->unknowns[i] = *u; /* the sample of one of them is as good as any */
	sum->unknowns[i].count += before;
}

void
es_health_add(struct es_health_sum *sum, const struct es_health *h)
{
	uint32_t i;

	for (i = 0; i < h->n_values; i++)
		if (h->values[i].counter < ES_CNT_END)
			sum->value[h->values[i].counter] += h->values[i].value;
	for (i = 0; i < h->n_sip; i++)
		add_sip(sum, &h->sip[i]);
	for (i = 0; i < h->n_unknowns; i++)
		add_unknown(sum, &h->unknowns[i]);
}

int
es_health_encode(const struct es_health_sum *sum, es_time at, uint8_t *out, size_t cap)
{
	struct es_counter_value values[ES_CNT_END];
	struct es_record rec;
	uint16_t i;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_HEALTH;
	rec.at = rec.u.health.time = at;
	rec.u.health.values = values;
	if (es_counters_say_cut(sum->value))
		rec.coverage.flags |= ES_COV_CUT;
	for (i = 1; i < ES_CNT_END; i++)
		if (sum->value[i] != 0)
			values[rec.u.health.n_values++] =
			    (struct es_counter_value){ i, sum->value[i] };
	rec.u.health.sip = sum->sip;
	rec.u.health.n_sip = sum->n_sip;
	rec.u.health.unknowns = sum->unknowns;
	rec.u.health.n_unknowns = sum->n_unknowns;
	return es_record_encode(&rec, out, cap);
}
