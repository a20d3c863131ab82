/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds streams by the IP addresses of both hosts and the SSRC. The ports do not count, because RTCP may use
 * any (a=rtcp, a NAT). The hash is that of the 5-tuple with the SSRC in place of the ports.
 */
#ifndef EARSHOT_MEDIA_BY_HOSTS_H
#define EARSHOT_MEDIA_BY_HOSTS_H

#include "probes/media/streams.h"

enum { ES_BY_HOSTS_LOOK_MAX = 256 }; /* candidates looked at: one SSRC may serve many calls */

void es_by_hosts_add(struct es_streams *t, const struct es_stream_state *s);
void es_by_hosts_remove(struct es_streams *t, const struct es_stream_state *s);

/*
 * The open stream of ssrc from the host of src to that of dst. If there are several, the one whose receiver
 * announced dst for its RTCP. NULL if no stream is found, or if several are and none announced dst.
 */
struct es_stream_state *es_by_hosts_find(const struct es_streams *t, const struct es_addr *src,
    const struct es_addr *dst, uint32_t ssrc);

#endif
