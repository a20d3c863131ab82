/* SPDX-License-Identifier: Apache-2.0 */
/* What a run of the chain needs to know beforehand: name servers, and names that need none. */
#ifndef AGENT_PATH_KNOWN_NAMES_H
#define AGENT_PATH_KNOWN_NAMES_H

#include "probes/path/chain.h"

/* From /etc/resolv.conf and /etc/hosts; a file that is missing says nothing. */
void es_known_names(const struct es_target *target, es_time wall, struct es_chain_config *out);

#endif
