/* SPDX-License-Identifier: Apache-2.0 */
/* Files below the root, counters into differences. */
#include "probes/host/reading.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const uint64_t STEP_MAX = 1000000000;

es_slice
es_host_read(struct es_host_files *files, const char *name)
{
	char path[2 * ES_HOST_PATH_MAX];
	size_t n = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", files->root, name); /* cut: no such file */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return es_slice_of(NULL, 0);
	while (n < sizeof(files->buffer)) {
		ssize_t got = read(fd, files->buffer + n, sizeof(files->buffer) - n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	(void)close(fd); /* nothing was written */
	if (n == sizeof(files->buffer)) {
		while (n > 0 && files->buffer[n - 1] != '\n')
			n--;
	}
	return es_slice_of(files->buffer, n);
}

bool
es_host_step(struct es_host_counter *c, uint64_t now, uint64_t *step)
{
	bool has = c->known && now >= c->last && now - c->last <= STEP_MAX;

	if (has)
		*step = now - c->last;
	c->last = now;
	c->known = true;
	return has;
}

int64_t
es_host_ppm(uint64_t part, uint64_t whole)
{
	if (whole == 0 || part >= whole)
		return whole == 0 ? 0 : 1000000;
	if (whole > UINT64_MAX / 1000000)
		return (int64_t)(part / (whole / 1000000));
	return (int64_t)((part * 1000000 + whole / 2) / whole);
}

void
es_host_copy(char *to, size_t cap_bytes, es_slice from)
{
	size_t n = from.n < cap_bytes ? from.n : cap_bytes - 1;

	if (n > 0)
		memcpy(to, from.p, n);
	to[n] = '\0';
}
