/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what es_pack_encode wrote. Private to proto/. */
#ifndef EARSHOT_PROTO_PACK_PRIVATE_H
#define EARSHOT_PROTO_PACK_PRIVATE_H

#include "proto/alloc.h"
#include "proto/pack.h"
#include "proto/shape.h"

/*
 * The blocks of a pack as records at *recs, in the arena. head: type, vantage and at of the Record.
 * Returns how many, ES_EMALFORMED, ES_EFULL (arena).
 */
int es_pack_read(const Earshot__Pb__IntervalPack *m, const struct es_record *head,
    struct es_alloc *alloc, struct es_record **recs);

#endif
