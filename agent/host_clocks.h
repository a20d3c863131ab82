/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks that a sampler of this machine compares; probes/ reads none itself. */
#ifndef AGENT_HOST_CLOCKS_H
#define AGENT_HOST_CLOCKS_H

#include "earshot/host.h"

/* Sets them where the root is this machine's: those of another machine cannot be asked. */
void es_host_clocks_set(struct es_host_config *cfg);

#endif
