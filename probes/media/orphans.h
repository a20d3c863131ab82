/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts between which media flow that no call claims. A call of these hosts whose other direction was
 * not found is not one-way as long as it may be among them.
 */
#ifndef EARSHOT_MEDIA_ORPHANS_H
#define EARSHOT_MEDIA_ORPHANS_H

#include "probes/media/streams.h"

/* For as many streams. ES_ENOMEM. */
int es_orphans_new(struct es_orphans *o, uint32_t cap);
void es_orphans_free(struct es_orphans *o);

/* A believed stream has no call; it got one, or is over. */
void es_orphans_add(struct es_streams *t, const struct es_stream_state *s);
void es_orphans_remove(struct es_streams *t, const struct es_stream_state *s);

/* Whether any flows from the host of src to that of dst. */
bool
es_orphans_flow(const struct es_streams *t, const struct es_addr *src, const struct es_addr *dst);

#endif
