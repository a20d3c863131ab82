/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to records. What comes from outside is range-checked here and trusted afterwards. Pure. */
#ifndef EARSHOT_PROTO_DECODE_H
#define EARSHOT_PROTO_DECODE_H

#include "earshot/error.h"
#include "earshot/record.h"
#include "proto/alloc.h"

/*
 * Decodes the bytes of one Record and calls each once per record in it: a pack of intervals holds
 * several, everything else one. Records and what they point to live until alloc is reset (by the
 * caller). Returns how many, 0 for a record type this version does not know (keep the bytes: a later
 * version reads them), ES_EMALFORMED (nothing was called back), ES_EFULL (arena).
 */
int es_record_decode(es_slice bytes, struct es_alloc *alloc,
    void (*each)(void *ctx, const struct es_record *rec), void *ctx);

#endif
