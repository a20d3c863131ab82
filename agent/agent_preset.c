/* SPDX-License-Identifier: Apache-2.0 */
/* Defaults for a kind of machine. */
#include "agent/agent_preset.h"

/*
 * One stream is 50 packets a second in each direction, of which the capture keeps about 160 bytes each. The buffer holds
 * a second or more at the number of streams that the machine is for: 50 on an endpoint, 4000 on an SBC, 2000 on a
 * gateway, 8000 on a tap. On an endpoint few packets come, and a wake-up costs more than they do; on a tap a block is
 * full before its time is up. The hop holds the records of a shipper that stands still for a minute; the spool those of a week
 * without a collector.
 */
const struct es_preset_row es_preset_rows[] = {
	{ "role", true, { "endpoint", "sbc", "gateway", "tap" } },
	{ "promiscuous", true, { "no", "no", "no", "yes" } },
	{ "buffer-bytes", true, { "2MiB", "32MiB", "16MiB", "64MiB" } },
	{ "block-timeout", true, { "500ms", "200ms", "200ms", "100ms" } },
	{ "max-streams", false, { "128", "16384", "8192", "32768" } },
	{ "max-calls", false, { "64", "8192", "4096", "16384" } },
	{ "cpu-budget", false, { "25", "80", "80", "100" } },
	{ "memory-budget", false, { "4MiB", "128MiB", "64MiB", "256MiB" } },
	{ "hop-memory", false, { "1MiB", "16MiB", "8MiB", "32MiB" } },
	{ "spool-bytes", false, { "32MiB", "1GiB", "512MiB", "2GiB" } },
	{ "uplink-budget", false, { "64KiB", "0", "0", "0" } },
	{ "host-period-up", false, { "5s", "10s", "10s", "30s" } },
	{ NULL, false, { NULL } },
};

void
es_agent_preset_apply(struct es_options *options)
{
	int64_t preset = es_section_num(options->top, "preset");
	const struct es_option_value *capture = es_section_values(options->top, "capture")->first;

	if (preset < 0)
		return;
	for (const struct es_preset_row *row = es_preset_rows; row->option != NULL; row++) {
		if (!row->is_of_capture)
			es_section_default(options->top, row->option, row->values[preset]);
		for (const struct es_option_value *c = capture; row->is_of_capture && c != NULL;
		     c = c->next)
			es_section_default(c->section, row->option, row->values[preset]);
	}
}
