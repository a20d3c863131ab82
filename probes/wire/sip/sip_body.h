/* SPDX-License-Identifier: Apache-2.0 */
/* What the body of a SIP message holds, alone or as parts of a multipart one. */
#ifndef EARSHOT_WIRE_SIP_SIP_BODY_H
#define EARSHOT_WIRE_SIP_SIP_BODY_H

#include "probes/wire/sip/sip.h"

/*
 * Finds m->sdp and m->vq_report in a body: the whole of it, or the first part of that type in a
 * multipart one (RFC 2046 section 5.1, RFC 5621). content_type: whole value, with its boundary.
 */
void es_sip_body_parts(es_slice content_type, es_slice body, struct es_sip *m);

#endif
