/* SPDX-License-Identifier: Apache-2.0 */
/* From the captured frame to the innermost IP header that is read. */
#ifndef EARSHOT_ENGINE_LAYERS_H
#define EARSHOT_ENGINE_LAYERS_H

#include "probes/engine/engine_private.h"

/* A header could not be read; n_left bytes of the packet are there from its beginning on. */
void es_engine_unreadable(struct es_engine *e, const struct es_packet *packet, size_t n_left);

#endif
