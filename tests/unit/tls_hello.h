/* SPDX-License-Identifier: Apache-2.0 */
/* A ClientHello, as small as they come. */
#ifndef TESTS_TLS_HELLO_H
#define TESTS_TLS_HELLO_H

#include <stdint.h>
#include <string.h>

enum { TLS_HELLO_BYTES_MAX = 128 };

/* alpn NULL: no such extension. Returns the length. */
static inline size_t
tls_hello(uint8_t out[TLS_HELLO_BYTES_MAX], const char *alpn)
{
	static const uint8_t start[] = { 22, 3, 1, 0, 0, 1, 0, 0, 0, 3, 3 };
	static const uint8_t middle[] = { 0, 0, 2, 0x13, 1, 1, 0 };
	static const uint8_t sni[] = { 0, 0, 0, 4, 0, 2, 0, 0 };
	size_t n = sizeof(start) + 32, names = alpn != NULL ? strlen(alpn) : 0;
	size_t extensions = sizeof(sni) + (alpn != NULL ? 7 + names : 0);

	memset(out, 0x5a, TLS_HELLO_BYTES_MAX);
	memcpy(out, start, sizeof(start));
	memcpy(out + n, middle, sizeof(middle));
	n += sizeof(middle);
	out[n++] = 0;
	out[n++] = (uint8_t)extensions;
	memcpy(out + n, sni, sizeof(sni));
	n += sizeof(sni);
	if (alpn != NULL) {
		const uint8_t head[] = { 0, 16, 0, (uint8_t)(names + 3), 0, (uint8_t)(names + 1),
			(uint8_t)names };

		memcpy(out + n, head, sizeof(head));
		memcpy(out + n + sizeof(head), alpn, names);
		n += sizeof(head) + names;
	}
	out[4] = (uint8_t)(n - 5);
	out[8] = (uint8_t)(n - 9);
	return n;
}

#endif
