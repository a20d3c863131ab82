/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of machine, sampled twice with nothing changed: what each has, and that nothing else is made up. */
#include "earshot/host.h"

#include "harness.h"

#define ROOT "tests/unit/fixtures/host/kind_"

enum { HAS_MAX = 12 };

struct seen {
	unsigned n_samples;
	bool has[ES_SIG_END];
	int64_t value[ES_SIG_END];
};

static void
on_record(void *ctx, const struct es_record *rec)
{
	struct seen *s = ctx;

	if (rec->type != ES_REC_HOST)
		return;
	memset(s->has, 0, sizeof(s->has));
	s->n_samples++;
	for (uint32_t i = 0; i < rec->u.host.n_values; i++) {
		s->has[rec->u.host.values[i].signal] = true;
		s->value[rec->u.host.values[i].signal] = rec->u.host.values[i].value;
	}
}

/* Of each machine with an interface. Shares of the processor's time are absent: no tick passes between the samples. */
static const enum es_signal common[] = { ES_SIG_RUN_QUEUE, ES_SIG_NIC_RX_ERRORS,
	ES_SIG_NIC_TX_ERRORS, ES_SIG_NIC_RX_DROPS, ES_SIG_NIC_TX_DROPS };

static const struct row {
	const char *root;
	bool has_common;
	enum es_signal more[HAS_MAX]; /* 0 ends it */
} rows[] = {
	{ ROOT "laptop", true,
	    { ES_SIG_CPU_PRESSURE, ES_SIG_MEM_PRESSURE, ES_SIG_IO_PRESSURE, ES_SIG_MEM_AVAILABLE,
		ES_SIG_WIFI_SIGNAL, ES_SIG_WIFI_LINK_QUALITY, ES_SIG_WIFI_TX_FAILED,
		ES_SIG_WIFI_BEACON_LOSS, ES_SIG_BATTERY } },
	{ ROOT "desktop", true,
	    { ES_SIG_CPU_PRESSURE, ES_SIG_MEM_PRESSURE, ES_SIG_IO_PRESSURE, ES_SIG_MEM_AVAILABLE,
		ES_SIG_NIC_SPEED } },
	{ ROOT "vm", true,
	    { ES_SIG_CPU_PRESSURE, ES_SIG_MEM_PRESSURE, ES_SIG_IO_PRESSURE,
		ES_SIG_MEM_AVAILABLE } },
	{ ROOT "container", true, { ES_SIG_MEM_AVAILABLE } },
	{ ROOT "appliance", true, { 0 } },
	{ ROOT "nothing", false, { 0 } },
};

static bool
is_expected(const struct row *row, enum es_signal signal)
{
	for (size_t i = 0; row->has_common && i < sizeof(common) / sizeof(common[0]); i++) {
		if (common[i] == signal)
			return true;
	}
	for (size_t i = 0; i < HAS_MAX && row->more[i] != 0; i++) {
		if (row->more[i] == signal)
			return true;
	}
	return false;
}

TEST(host_kinds_of_machine_have_what_they_have)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_host_config cfg = { .root = rows[i].root };
		struct seen seen = { 0 };
		struct es_host_sink sink = { .record = on_record, .ctx = &seen };
		struct es_host_sampler *s = NULL;

		CHECK_EQ(es_host_new(&cfg, &sink, &s), 0);
		es_host_media_port(s, 20000); /* no process has it */
		es_host_probe(s, es_time_of_ns(0));
		es_host_sample(s, es_time_of_ns(0), true);
		es_host_probe(s, es_time_of_ns(0)); /* sends nothing from a root */
		es_host_sample(s, es_time_of_ns(5 * ES_NS_PER_S), true);
		es_host_free(s);
		CHECK_EQ(seen.n_samples, 2);
		for (unsigned k = 1; k < ES_SIG_END; k++) {
			bool expected = is_expected(&rows[i], (enum es_signal)k);

			if (seen.has[k] != expected)
				test_fail(__FILE__, __LINE__, "%s: %s", rows[i].root,
				    es_signal_name((enum es_signal)k));
		}
	}
}
