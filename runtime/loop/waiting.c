/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted connections that wait for a place of a TLS server. */
#include "runtime/loop/waiting.h"

#include "runtime/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	RECORD_HEADER_BYTES = 5, /* RFC 5246 section 6.2.1: type, version, length */
	HANDSHAKE = 22,
	ENOUGH_BYTES = 4096, /* of a first record that is longer */
	SWEEP_MS = 500,
};

struct waiter {
	struct waiter *next;
	struct es_waiting *room;
	struct es_watch *watch;
	struct es_addr peer;
	int64_t since_ms;
	size_t needs_bytes;
	bool is_in_line; /* its first record is whole */
	bool is_resting; /* woken with less than it needs: looked at with the next sweep */
	int fd;
};

struct es_waiting {
	struct es_loop *loop;
	struct es_waiting_config cfg;
	struct waiter *first; /* the one that waits longest */
	struct es_timer *sweep;
	uint32_t count;
	uint64_t given_up;
};

/* Takes it out of the list; its descriptor stays open. */
static int
leave(struct waiter *c)
{
	struct waiter **at = &c->room->first;
	int fd = c->fd;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->room->count--;
	es_watch_free(c->watch);
	free(c);
	return fd;
}

static void
give_up(struct waiter *c)
{
	c->room->given_up++;
	close(leave(c));
}

/*
 * Readable from so many bytes on. Less than that wakes us where the peer has hung up, and where the kernel's
 * memory or the window runs short.
 */
static int
need(struct waiter *c, size_t n_bytes)
{
	int low = (int)n_bytes;

	c->needs_bytes = n_bytes;
	return setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof(low));
}

static void
serve(struct waiter *c)
{
	struct es_waiting *w = c->room;
	struct es_addr peer = c->peer;

	(void)need(c, 1); /* as it was; 1 is never refused */
	w->cfg.serve(w->cfg.ctx, leave(c), &peer);
}

void
es_waiting_pump(struct es_waiting *w)
{
	struct waiter *c;

	while (w->cfg.has_place(w->cfg.ctx)) {
		for (c = w->first; c != NULL && !c->is_in_line; c = c->next)
			;
		if (c == NULL)
			return;
		serve(c);
	}
}

/* Whether no more will come. */
static bool
has_hung_up(const struct waiter *c)
{
	struct pollfd p = { c->fd, POLLRDHUP, 0 };

	return poll(&p, 1, 0) != 0;
}

/* What is there stays readable: to watch on would turn the loop until the rest comes. */
static void
rest(struct waiter *c)
{
	c->is_resting = true;
	(void)es_watch_want(c->watch, 0); /* taking interest away does not fail */
}

static void
on_bytes(void *ctx, unsigned events)
{
	struct waiter *c = ctx;
	struct es_waiting *w = c->room;
	uint8_t head[ENOUGH_BYTES];
	ssize_t n = recv(c->fd, head, sizeof(head), MSG_PEEK | MSG_DONTWAIT);
	size_t whole;

	(void)events;
	if ((n < 0 && errno != EAGAIN && errno != EINTR) || n == 0 ||
	    (n > 0 && head[0] != HANDSHAKE)) {
		give_up(c);
		return;
	}
	if (n < (ssize_t)c->needs_bytes) {
		if (has_hung_up(c))
			give_up(c);
		else
			rest(c);
		return;
	}
	whole = RECORD_HEADER_BYTES + ((size_t)head[3] << 8 | head[4]);
	if (whole > ENOUGH_BYTES)
		whole = ENOUGH_BYTES;
	if ((size_t)n < whole) {
		if (need(c, whole) != 0)
			give_up(c);
		return;
	}
	c->is_in_line = true;
	(void)es_watch_want(c->watch, 0); /* taking interest away does not fail */
	es_waiting_pump(w);
}

static void
on_sweep(void *ctx)
{
	struct es_waiting *w = ctx;
	int64_t now_ms = es_clock_monotonic_ms();
	struct waiter *c, *next;

	for (c = w->first; c != NULL; c = next) {
		uint32_t most_ms = c->is_in_line ? w->cfg.longest_ms : w->cfg.quiet_ms;

		next = c->next;
		if (now_ms - c->since_ms >= (int64_t)most_ms ||
		    (c->is_resting && es_watch_want(c->watch, ES_WATCH_READ) != 0))
			give_up(c);
		else
			c->is_resting = false;
	}
	es_waiting_pump(w);
	if (w->first != NULL)
		(void)es_timer_arm(
		    w->sweep, SWEEP_MS); /* at worst the next one that comes arms it */
}

/* Room for one more: the longest silent goes. False: all are in line. */
static bool
make_room(struct es_waiting *w)
{
	struct waiter *c;

	if (w->count < w->cfg.max)
		return true;
	for (c = w->first; c != NULL && c->is_in_line; c = c->next)
		;
	if (c == NULL)
		return false;
	give_up(c);
	return true;
}

void
es_waiting_add(struct es_waiting *w, int fd, const struct es_addr *peer)
{
	struct waiter **at = &w->first, *c = make_room(w) ? calloc(1, sizeof(*c)) : NULL;

	if (c == NULL) {
		w->given_up++;
		close(fd);
		return;
	}
	c->room = w;
	c->peer = *peer;
	c->fd = fd;
	c->since_ms = es_clock_monotonic_ms();
	while (*at != NULL)
		at = &(*at)->next;
	*at = c;
	w->count++;
	if (es_watch_new(w->loop, fd, on_bytes, c, &c->watch) != 0 ||
	    need(c, RECORD_HEADER_BYTES) != 0 || es_watch_want(c->watch, ES_WATCH_READ) != 0 ||
	    (!es_timer_is_armed(w->sweep) && es_timer_arm(w->sweep, SWEEP_MS) != 0))
		give_up(c);
}

uint32_t
es_waiting_count(const struct es_waiting *w)
{
	return w->count;
}

uint64_t
es_waiting_given_up(const struct es_waiting *w)
{
	return w->given_up;
}

int
es_waiting_new(struct es_loop *l, const struct es_waiting_config *cfg, struct es_waiting **out)
{
	struct es_waiting *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return ES_ENOMEM;
	w->loop = l;
	w->cfg = *cfg;
	w->cfg.max = cfg->max == 0 ? ES_WAITING_MAX : cfg->max;
	w->cfg.quiet_ms = cfg->quiet_ms == 0 ? ES_WAITING_QUIET_MS : cfg->quiet_ms;
	w->cfg.longest_ms = cfg->longest_ms == 0 ? ES_WAITING_LONGEST_MS : cfg->longest_ms;
	if (es_timer_new(l, on_sweep, w, &w->sweep) != 0) {
		free(w);
		return ES_ENOMEM;
	}
	*out = w;
	return 0;
}

void
es_waiting_free(struct es_waiting *w)
{
	if (w == NULL)
		return;
	while (w->first != NULL)
		close(leave(w->first));
	es_timer_free(w->sweep);
	free(w);
}
