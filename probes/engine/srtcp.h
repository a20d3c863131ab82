/* SPDX-License-Identifier: Apache-2.0 */
/* SRTCP of a call whose keys are held. */
#ifndef EARSHOT_ENGINE_SRTCP_H
#define EARSHOT_ENGINE_SRTCP_H

#include "probes/engine/packet.h"

/* Whether it is encrypted RTCP of a secure call; then it was dealt with. */
bool es_engine_srtcp(struct es_engine *e, const struct es_datagram *d);

#endif
