/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sources of the machine's health share: a file below the root, a reading to fill in, and
 * counters that become differences. A source that is missing or unreadable sets nothing.
 */
#ifndef EARSHOT_HOST_READING_H
#define EARSHOT_HOST_READING_H

#include "earshot/host.h"
#include "probes/base/text.h"

enum {
	ES_HOST_FILE_MAX = 64 * 1024, /* longer files are read to here, in whole lines */
	ES_HOST_PATH_MAX = 1024,
	ES_HOST_NAME_MAX = 32, /* of an interface; the kernel's IFNAMSIZ is 16 */
	ES_HOST_TEXT_MAX = 256,
};

/* Below this root and into this buffer; the root is looked up again for each file. */
struct es_host_files {
	char root[ES_HOST_PATH_MAX]; /* "" is this machine */
	char buffer[ES_HOST_FILE_MAX];
};

/*
 * The content of a file named from the root ("proc/stat"), borrowed until the next read; its last
 * line is whole. Empty when there is no such file.
 */
es_slice es_host_read(struct es_host_files *files, const char *name);

/* A sample being taken. */
struct es_host_reading {
	int64_t elapsed_us; /* since the sample before; 0: the first one, or the clock went back */
	bool has[ES_SIG_END];
	int64_t value[ES_SIG_END];
};

static inline void
es_host_set(struct es_host_reading *r, enum es_signal signal, int64_t value)
{
	r->has[signal] = true;
	r->value[signal] = value;
}

/* A counter of the kernel's, remembered. */
struct es_host_counter {
	uint64_t last;
	bool known;
};

/*
 * Difference to the value before. False for the first value, for a counter that was reset or wrapped, and for a
 * step above 10^9, which no sample period explains.
 */
bool es_host_step(struct es_host_counter *c, uint64_t now, uint64_t *step);

/* Its value is not to be had now: the next one is a first one again. */
static inline void
es_host_forget(struct es_host_counter *c)
{
	c->known = false;
}

/* Parts per million, at most one million. */
int64_t es_host_ppm(uint64_t part, uint64_t whole);

/* Copies a slice into a NUL-terminated array, cut to its size. */
void es_host_copy(char *to, size_t cap_bytes, es_slice from);

#endif
