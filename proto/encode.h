/* SPDX-License-Identifier: Apache-2.0 */
/* Records to bytes: one Record of earshot.proto that is complete in itself (vantage and time inside). Pure. */
#ifndef EARSHOT_PROTO_ENCODE_H
#define EARSHOT_PROTO_ENCODE_H

#include "earshot/error.h"
#include "earshot/record.h"

enum { ES_RECORD_MAX_BYTES = 60 << 10 }; /* fits an IPC message and a spool entry */

/* Returns the length, ES_EFULL (cap), ES_EINVALID (type). rec is borrowed. */
int es_record_encode(const struct es_record *rec, uint8_t *out, size_t cap_bytes);

#endif
