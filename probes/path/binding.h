/* SPDX-License-Identifier: Apache-2.0 */
/* A STUN binding request and its answer, RFC 8489; the server's other address, RFC 5780. */
#ifndef EARSHOT_PATH_BINDING_H
#define EARSHOT_PATH_BINDING_H

#include "earshot/addr.h"
#include "earshot/error.h"
#include "earshot/slice.h"

enum { ES_BINDING_BYTES = 20, ES_BINDING_ID_BYTES = 12 };

struct es_binding {
	uint16_t error;        /* of an error response, 300..699; 0: success */
	struct es_addr mapped; /* our address as the server sees it */
	struct es_addr other;  /* OTHER-ADDRESS, else CHANGED-ADDRESS; family 0: none */
};

void es_binding_request(const uint8_t id[ES_BINDING_ID_BYTES], uint8_t out[ES_BINDING_BYTES]);

/* ES_ENOTFOUND: another transaction's. ES_EMALFORMED: no response to a binding, or one without an address. */
int es_binding_response(
    const uint8_t id[ES_BINDING_ID_BYTES], es_slice message, struct es_binding *out);

#endif
