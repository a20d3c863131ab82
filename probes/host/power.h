/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine runs on, how full its battery is, and whether heat slows its processors down. */
#ifndef EARSHOT_HOST_POWER_H
#define EARSHOT_HOST_POWER_H

#include "probes/host/reading.h"

struct es_host_power {
	struct es_host_counter throttled_ms;
};

/* Empty: not known. */
struct es_host_power_state {
	const char *supply; /* "mains", "battery": constant */
	char profile[ES_HOST_NAME_MAX];
};

/*
 * From /sys/class/power_supply, /sys/firmware/acpi/platform_profile and the first processor's thermal_throttle (x86). A
 * machine without a battery has no supply to speak of.
 */
void es_host_power_read(struct es_host_power *p, struct es_host_files *files,
    struct es_host_reading *r, struct es_host_power_state *out);

#endif
