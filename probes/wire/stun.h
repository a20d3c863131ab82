/* SPDX-License-Identifier: Apache-2.0 */
/* What shares a port with media, recognised by shape only (RFC 7983): STUN, DTLS. */
#ifndef EARSHOT_WIRE_STUN_H
#define EARSHOT_WIRE_STUN_H

#include "probes/base/cursor.h"

/* A STUN message (RFC 8489 section 5; without the magic cookie: RFC 3489), cut or whole. */
bool es_stun_is(es_slice pkt, uint32_t wire_bytes);

/* A DTLS record (RFC 9147 section 4), cut or whole. */
bool es_dtls_is(es_slice pkt, uint32_t wire_bytes);

#endif
