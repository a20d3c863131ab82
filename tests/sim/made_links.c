/* SPDX-License-Identifier: Apache-2.0 */
/* In place of agent/sensor/links.c and agent/capture/ring*.c: one interface of the test. */
#include "tests/sim/made_links.h"

#include "agent/capture/kernel_filter.h"
#include "agent/capture/ring.h"
#include "agent/sensor/links.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct made_links made_links = { .ring = -1 };
static int changes[2] = { -1, -1 };

void
made_links_reset(void)
{
	if (made_links.ring >= 0)
		close(made_links.ring);
	memset(&made_links, 0, sizeof(made_links));
	made_links.ring = -1;
}

void
made_links_change(bool is_up, uint32_t index)
{
	made_links.is_up = is_up;
	made_links.index = index;
	if (write(changes[1], "c", 1) != 1)
		abort();
}

int
es_links_watch(void)
{
	if (changes[1] >= 0)
		close(changes[1]); /* of the test before */
	if (pipe2(changes, O_CLOEXEC | O_NONBLOCK) != 0)
		abort();
	return changes[0];
}

void
es_links_drain(int fd)
{
	char some[16];

	while (read(fd, some, sizeof(some)) > 0)
		;
}

int
es_links_look(const char *name, uint32_t *index)
{
	(void)name;
	*index = made_links.index;
	if (made_links.refusal == ES_EINVALID)
		return ES_EINVALID;
	return made_links.is_up ? 0 : ES_ENOTFOUND;
}

int
es_ring_open(const struct es_ring_config *cfg, int *fd, struct es_ring_layout *layout,
    char error[ES_CAPTURE_ERROR_MAX])
{
	int ends[2];

	(void)snprintf(error, ES_CAPTURE_ERROR_MAX, "%s: refused", cfg->iface);
	if (made_links.refusal != 0 || !made_links.is_up)
		return made_links.refusal != 0 ? made_links.refusal : ES_ENOTFOUND;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		abort();
	if (made_links.ring >= 0)
		close(made_links.ring);
	made_links.ring = ends[1];
	made_links.n_rings++;
	memset(layout, 0, sizeof(*layout));
	layout->index = made_links.index;
	layout->tunnels = ES_KERNEL_FILTER_TUNNELS_MAX - made_links.lacks_tunnels;
	(void)snprintf(layout->name, sizeof(layout->name), "%.15s", cfg->iface);
	*fd = ends[0];
	return 0;
}

struct source {
	struct es_capture base;
	int fd;
};

static int
source_next(struct es_capture *c, struct es_packet *out)
{
	char one;

	if (made_links.is_broken) {
		made_links.is_broken = false;
		return ES_EIO;
	}
	if (read(((struct source *)c)->fd, &one, 1) != 1)
		return ES_EAGAIN;
	*out = made_links.packet;
	made_links.packet.ts = es_time_add(made_links.packet.ts, ES_NS_PER_MS);
	return 0;
}

static bool
source_drops(struct es_capture *c, es_time now, struct es_capture_drops *out)
{
	(void)c;
	(void)now;
	(void)out;
	return false;
}

static uint32_t
source_fill_ppm(const struct es_capture *c)
{
	(void)c;
	return made_links.fill_ppm;
}

static int
source_fd(const struct es_capture *c)
{
	return ((const struct source *)c)->fd;
}

static void
source_free(struct es_capture *c)
{
	close(((struct source *)c)->fd);
	free(c);
}

static const struct es_capture_ops source_ops = {
	.next = source_next,
	.drops = source_drops,
	.fd = source_fd,
	.free = source_free,
	.fill_ppm = source_fill_ppm,
};

int
es_capture_ring_new(int fd, const struct es_ring_layout *layout, struct es_capture **out,
    char error[ES_CAPTURE_ERROR_MAX])
{
	struct source *s = calloc(1, sizeof(*s));

	(void)layout;
	(void)error;
	if (s == NULL)
		return ES_ENOMEM;
	s->base.ops = &source_ops;
	s->fd = fd;
	*out = &s->base;
	return 0;
}
