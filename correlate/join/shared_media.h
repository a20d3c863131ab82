/* SPDX-License-Identifier: Apache-2.0 */
/* The dialogs that a stream belongs to, of those that announced an address of it. */
#ifndef CORRELATE_JOIN_SHARED_MEDIA_H
#define CORRELATE_JOIN_SHARED_MEDIA_H

#include "correlate/join/solve.h"

enum { ES_COR_DIALOGS_MAX = 1 + ES_STREAM_OTHERS_MAX };

/*
 * The Call-IDs of a stream: all that its record names, but of two dialogs of a relay that lets the phones send to each
 * other for a while, the one whose media it is. There SDP names a phone in both dialogs, and a port of the relay for
 * each: a stream between the relay and the phone is not of the dialog that names both hosts on one and the same side.
 */
uint32_t es_cor_dialogs_of(const struct es_cor_solve *s, const struct es_cor_stream *stream,
    es_slice out[ES_COR_DIALOGS_MAX]);

#endif
