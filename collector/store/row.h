/* SPDX-License-Identifier: Apache-2.0 */
/* From a record as it came on the wire to the row that keeps it: what it is found by. */
#ifndef COLLECTOR_STORE_ROW_H
#define COLLECTOR_STORE_ROW_H

#include "collector/store/store.h"
#include "proto/alloc.h"

/*
 * Decodes bytes and fills out with what the columns need; its slices point into bytes or alloc and live until alloc
 * is reset. agent: its id in the store; received: our wall clock. *lost: records that the agent reports as lost.
 * 0; ES_EMALFORMED: not a record, or a text in it is longer than a column takes; ES_EFULL: alloc has no room.
 */
int es_row_of(es_slice bytes, int64_t agent, es_time received, struct es_alloc *alloc,
    struct es_row *out, uint64_t *lost);

/* What two Session-IDs of one session have in common (RFC 7989): the part before the parameters. */
es_slice es_row_session(es_slice session_id);

#endif
