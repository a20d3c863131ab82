/* SPDX-License-Identifier: Apache-2.0 */
/* A transport endpoint: IP address and port. */
#ifndef EARSHOT_ADDR_H
#define EARSHOT_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct es_addr {
	uint8_t family; /* 4, 6; 0 = none */
	uint8_t pad;    /* always 0: addresses are hashed and compared as bytes */
	uint16_t port;  /* host byte order */
	uint8_t ip[16]; /* network order; IPv4 in the first four, the rest 0 */
};

/* Room for "[addr]:port" of RFC 5952 with its NUL. */
enum { ES_ADDR_TEXT_MAX = 64 };

/* Whether address and port are equal. */
static inline bool
es_addr_eq(const struct es_addr *a, const struct es_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Whether the IP addresses are equal, whatever the ports. */
static inline bool
es_addr_same_ip(const struct es_addr *a, const struct es_addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

/* Writes "10.0.0.1:4000" or "[2001:db8::1]:4000" (RFC 5952), NUL-terminated; returns its length. */
int es_addr_text(const struct es_addr *a, char out[ES_ADDR_TEXT_MAX]);

/* Writes the IP address alone, without port and brackets, NUL-terminated; returns its length. */
int es_addr_ip_text(const struct es_addr *a, char out[ES_ADDR_TEXT_MAX]);

/*
 * Parses the text of an IPv4 or IPv6 address (no port, no brackets) into out, port 0.
 * Returns 0, or ES_EMALFORMED.
 */
int es_addr_parse_ip(const char *text, size_t n, struct es_addr *out);

#ifdef __cplusplus
}
#endif

#endif
