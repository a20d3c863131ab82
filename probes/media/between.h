/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams by SSRC between two hosts, whatever the ports: RTCP may use any (a=rtcp, a NAT). The hash
 * is that of the 5-tuple with the SSRC in place of the ports.
 */
#ifndef EARSHOT_MEDIA_BETWEEN_H
#define EARSHOT_MEDIA_BETWEEN_H

#include "probes/media/streams.h"

enum { ES_BETWEEN_LOOK_MAX = 256 }; /* candidates looked at: one SSRC may serve many calls */

void es_between_add(struct es_streams *t, const struct es_stream_state *s);
void es_between_remove(struct es_streams *t, const struct es_stream_state *s);

/*
 * The open stream of ssrc from the host of src to that of dst. Where there are several, the one whose
 * receiver announced dst for its RTCP; NULL: none, or nobody can say which.
 */
struct es_stream_state *es_between_find(const struct es_streams *t, const struct es_addr *src,
    const struct es_addr *dst, uint32_t ssrc);

#endif
