/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 server for the portal (evhttp), with the limits evhttp lacks: a total deadline per request,
 * a cap on connections, and 400 for requests that two readers may read in two ways (http_check.h).
 */
#ifndef EARSHOT_RUNTIME_HTTP_H
#define EARSHOT_RUNTIME_HTTP_H

#include "earshot/slice.h"
#include "runtime/loop/loop.h"

enum {
	ES_HTTP_HEADER_MAX = 8 << 10,
	ES_HTTP_BODY_MAX = 1 << 20,
};

enum es_http_method {
	ES_HTTP_GET = 1,
	ES_HTTP_POST = 2,
	ES_HTTP_PUT = 3,
	ES_HTTP_DELETE = 4,
	ES_HTTP_HEAD = 5, /* replies without a body, lengths as GET */
	ES_HTTP_OTHER = 0,
};

struct es_http_config {
	struct es_addr bind;
	/* Names the server answers to, NULL where the client gave none; 421 else. NULL: to all. */
	bool (*is_ours)(const char *host);
	uint32_t max_connections; /* 0 = 256; above it who waited longest without a request goes */
	uint32_t deadline_ms; /* 0 = 10000: from connect (or the reply before) to the last byte of a
	                             request, and as much again for the reply to be taken */
};

struct es_http;
struct es_http_request; /* lives until its reply was given; borrowed from the server */

struct es_http_header {
	const char *name;
	const char *value;
};

/* handle is called for every request and must reply to it, now or later. ES_EIO (errno), ES_ENOMEM. */
int es_http_new(struct es_loop *l, const struct es_http_config *cfg,
    void (*handle)(void *ctx, struct es_http_request *req), void *ctx, struct es_http **out);
uint16_t es_http_port(const struct es_http *h);
void es_http_free(struct es_http *h); /* NULL is fine */

enum es_http_method es_http_method(const struct es_http_request *r);
const char *es_http_path(const struct es_http_request *r); /* decoded, begins with "/" */
const char *
es_http_query(const struct es_http_request *r, const char *name); /* decoded; NULL: absent */
/* The name of the n-th parameter, from 0, in the order of the target; decoded; NULL: there are not as many. */
const char *es_http_query_name(const struct es_http_request *r, size_t n);
/* The server's name, of the target in absolute form or of Host; NULL: the client gave none. */
const char *es_http_host(const struct es_http_request *r);
/* The client's address, without its port; empty: the connection has ended. */
const char *es_http_peer(const struct es_http_request *r);
const char *es_http_header(const struct es_http_request *r, const char *name); /* NULL: absent */

/* One whole reply. Ends the request: do not touch it again. Header values with line breaks are dropped. */
void es_http_reply(struct es_http_request *r, int status, const struct es_http_header *headers,
    size_t n_headers, es_slice body);

#endif
