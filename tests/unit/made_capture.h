/* SPDX-License-Identifier: Apache-2.0 */
/* Capture files made byte by byte in memory, for the tests of whoever reads them. */
#ifndef TESTS_MADE_CAPTURE_H
#define TESTS_MADE_CAPTURE_H

#include "agent/capture/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROOM = 8192 };

/* A capture in the making. */
struct made {
	uint8_t b[ROOM];
	size_t n;
	bool big;
};

static inline void
put(struct made *m, uint64_t v, int bytes)
{
	int i;

	for (i = 0; i < bytes; i++) {
		int shift = 8 * (m->big ? bytes - 1 - i : i);
		m->b[m->n++] = (uint8_t)(v >> shift);
	}
}

static inline void
put_bytes(struct made *m, const char *text, size_t padded)
{
	size_t n = strlen(text);

	memset(m->b + m->n, 0, padded);
	memcpy(m->b + m->n, text, n);
	m->n += padded;
}

static inline void
pcap_begin(struct made *m, uint32_t magic)
{
	put(m, magic, 4);
	put(m, 2, 2);
	put(m, 4, 2);
	put(m, 0, 8);
	put(m, 65535, 4);
	put(m, 1, 4);
}

static inline void
pcap_packet(struct made *m, uint32_t sec, uint32_t frac, const char *text)
{
	put(m, sec, 4);
	put(m, frac, 4);
	put(m, strlen(text), 4);
	put(m, strlen(text) + 100, 4);
	put_bytes(m, text, strlen(text));
}

/* Opens bytes as a file. */
static inline int
open_made(const void *bytes, size_t n, struct es_capture **out, char error[ES_CAPTURE_ERROR_MAX])
{
	char path[64];
	int fd = memfd_create("capture", MFD_CLOEXEC);
	int rc;

	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = es_capture_file_open(path, out, error);
	(void)close(fd);
	return rc;
}

#endif
