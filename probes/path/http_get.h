/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/1.1 request and the status of its response, RFC 9112. */
#ifndef EARSHOT_PATH_HTTP_GET_H
#define EARSHOT_PATH_HTTP_GET_H

#include "probes/path/target.h"

enum { ES_HTTP_GET_MAX_BYTES = 768 };

/* GET of the target's path; ends the connection. Returns its length. */
size_t es_http_get_build(const struct es_target *target, char out[ES_HTTP_GET_MAX_BYTES]);

/* ES_ESHORT: the status line is not whole yet. ES_EMALFORMED: that is not HTTP/1. */
int es_http_get_status(es_slice bytes, uint16_t *status);

#endif
