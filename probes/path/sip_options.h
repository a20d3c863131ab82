/* SPDX-License-Identifier: Apache-2.0 */
/* A SIP OPTIONS request outside of a dialog and its response, RFC 3261 section 11. */
#ifndef EARSHOT_PATH_SIP_OPTIONS_H
#define EARSHOT_PATH_SIP_OPTIONS_H

#include "probes/path/target.h"

enum { ES_SIP_OPTIONS_MAX_BYTES = 1280 };

struct es_sip_options {
	const struct es_target *target;
	enum es_transport transport; /* not ANY */
	struct es_addr source; /* our address; the response comes back by rport or the connection */
	uint32_t token;        /* random; the same for each time the request is sent */
};

/* Returns its length. */
size_t es_sip_options_build(const struct es_sip_options *o, char out[ES_SIP_OPTIONS_MAX_BYTES]);

/*
 * Reads what has come, a datagram or a stream so far, and *status of the first final response to this request.
 * ES_ESHORT: it has not come yet. ES_EMALFORMED: that is not SIP.
 */
int es_sip_options_response(const struct es_sip_options *o, es_slice bytes, uint16_t *status);

#endif
