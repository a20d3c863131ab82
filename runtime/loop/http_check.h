/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that two readers may read in two ways (RFC 9112 section 11): evhttp takes them, a proxy in
 * front of it may take them otherwise. They are refused.
 */
#ifndef EARSHOT_RUNTIME_HTTP_CHECK_H
#define EARSHOT_RUNTIME_HTTP_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evhttp_request;

/* Finds what evhttp's parser hides: NUL, and header lines that a leading blank continues. */
struct es_http_scan {
	uint8_t last; /* the byte before */
	bool has_nul;
	bool has_fold;
};

void es_http_scan(struct es_http_scan *scan, const uint8_t *bytes, size_t n);

/* Why a request is refused, or NULL. */
const char *es_http_refusal(struct evhttp_request *req, const struct es_http_scan *scan);

#endif
