/* SPDX-License-Identifier: Apache-2.0 */
/* Interval records of one stream as one message, column by column: IntervalPack. */
#ifndef EARSHOT_PROTO_PACK_H
#define EARSHOT_PROTO_PACK_H

#include "earshot/error.h"
#include "earshot/record.h"

enum { ES_PACK_BLOCKS_MAX = 64 }; /* blocks in one pack */

/* One pack of 1..ES_PACK_BLOCKS_MAX interval records of one stream and vantage. Returns the length,
 * ES_EFULL, ES_EINVALID (not the same stream, not an interval). */
int es_pack_encode(const struct es_record *const *recs, size_t n, uint8_t *out, size_t cap_bytes);

#endif
