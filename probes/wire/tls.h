/* SPDX-License-Identifier: Apache-2.0 */
/* TLS as an observer without keys sees it: that it is TLS, and whether it offers to carry SIP. */
#ifndef EARSHOT_WIRE_TLS_H
#define EARSHOT_WIRE_TLS_H

#include "earshot/error.h"
#include "earshot/slice.h"

enum { ES_TLS_SIPS_PORT = 5061 };

/* Whether bytes begin with a record of TLS 1.0 to 1.3 (RFC 8446 section 5.1). */
bool es_tls_is_record(es_slice bytes);

/*
 * A direction that begins with a ClientHello (RFC 8446 section 4.1.2); *offers_sip: its ALPN
 * (RFC 7301) names a protocol that begins with "sip". ES_ESHORT: the record is not all there.
 * ES_EMALFORMED: it is no ClientHello. One that goes on in a second record is read as far as the first.
 */
int es_tls_hello(es_slice bytes, bool *offers_sip);

#endif
