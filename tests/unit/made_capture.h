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

static inline void
ng_section(struct made *m)
{
	put(m, 0x0a0d0d0a, 4);
	put(m, 28, 4);
	put(m, 0x1a2b3c4d, 4);
	put(m, 1, 2);
	put(m, 0, 2);
	put(m, UINT64_MAX, 8);
	put(m, 28, 4);
}

/* tsresol 0: the option is left out. */
static inline void
ng_interface(struct made *m, uint16_t link, uint8_t tsresol, int64_t offset_s)
{
	uint32_t total = 24u + (tsresol != 0 ? 8u : 0u) + (offset_s != 0 ? 12u : 0u);

	put(m, 1, 4);
	put(m, total, 4);
	put(m, link, 2);
	put(m, 0, 2);
	put(m, 0, 4);
	if (tsresol != 0) {
		put(m, 9, 2);
		put(m, 1, 2);
		m->b[m->n++] = tsresol;
		put(m, 0, 3);
	}
	if (offset_s != 0) {
		put(m, 14, 2);
		put(m, 8, 2);
		put(m, (uint64_t)offset_s, 8);
	}
	put(m, 0, 4);
	put(m, total, 4);
}

/* One packet of wire_bytes, captured so far. drops 0: the option is left out. */
static inline void
ng_bytes(struct made *m, uint32_t iface, uint64_t ticks, es_slice packet, size_t wire_bytes,
    uint64_t drops)
{
	size_t padded = (packet.n + 3) & ~(size_t)3;
	uint32_t total = 32 + (uint32_t)padded + (drops != 0 ? 16 : 0);

	put(m, 6, 4);
	put(m, total, 4);
	put(m, iface, 4);
	put(m, ticks >> 32, 4);
	put(m, ticks & UINT32_MAX, 4);
	put(m, packet.n, 4);
	put(m, wire_bytes, 4);
	memset(m->b + m->n, 0, padded);
	memcpy(m->b + m->n, packet.p, packet.n);
	m->n += padded;
	if (drops != 0) {
		put(m, 4, 2);
		put(m, 8, 2);
		put(m, drops, 8);
		put(m, 0, 4);
	}
	put(m, total, 4);
}

static inline void
ng_packet(struct made *m, uint32_t iface, uint64_t ticks, const char *text, uint64_t drops)
{
	ng_bytes(m, iface, ticks, es_slice_str(text), strlen(text) + 100, drops);
}

static inline void
ng_statistics(struct made *m, uint64_t ticks, uint64_t if_drops)
{
	put(m, 5, 4);
	put(m, 40, 4);
	put(m, 0, 4);
	put(m, ticks >> 32, 4);
	put(m, ticks & UINT32_MAX, 4);
	put(m, 5, 2);
	put(m, 8, 2);
	put(m, if_drops, 8);
	put(m, 0, 4);
	put(m, 40, 4);
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
	rc = es_capture_file_open(path, ES_FILE_REGULAR, out, error);
	(void)close(fd);
	return rc;
}

#endif
