/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks of this machine. */
#include "agent/host_clocks.h"

#include "runtime/clock.h"

#include <string.h>

void
es_host_clocks_set(struct es_host_config *cfg)
{
	if (cfg->root != NULL && strcmp(cfg->root, "/") != 0)
		return;
	cfg->awake_ns = es_clock_monotonic_ns;
	cfg->boot_ns = es_clock_boot_ns;
	cfg->is_synchronised = es_clock_is_synchronised;
}
