/* SPDX-License-Identifier: Apache-2.0 */
/* HEP as input: what other agents saw and handed on. */
#ifndef EARSHOT_ENGINE_HEP_INPUT_H
#define EARSHOT_ENGINE_HEP_INPUT_H

#include "probes/engine/engine_private.h"

/* A HEP packet, of a datagram or of a TCP stream. False if it is not HEP. */
bool es_engine_hep(struct es_engine *e, es_slice bytes, uint32_t wire_bytes, es_time at);

#endif
