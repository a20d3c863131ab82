/* SPDX-License-Identifier: Apache-2.0 */
/* The shipper's end of the IPC socket on the loop. */
#include "agent/ipc/ipc_server.h"

#include "agent/ipc/ipc_socket.h"
#include "proto/ipc.h"
#include "runtime/clock.h"
#include "runtime/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROUND_MAX = 256, SETTLE_MS = 1000 };

struct es_ipc_server {
	struct es_loop *loop;
	struct es_ipc_server_config cfg;
	struct es_ipc_receiver receiver;
	int listener;
	int fd;
	struct es_watch *accepting;
	struct es_watch *link;
	struct es_timer *settle;
	int64_t heard_ms;
	struct es_log_limit limit;
	uint8_t datagram[ES_IPC_MAX_BYTES];
};

static int
send_datagram(void *ctx, es_slice datagram)
{
	struct es_ipc_server *h = ctx;

	return h->fd < 0 ? ES_EEOF : es_ipc_socket_send(h->fd, datagram);
}

static void
drop_link(struct es_ipc_server *h)
{
	es_watch_free(h->link);
	h->link = NULL;
	close(h->fd);
	h->fd = -1;
	if (h->accepting != NULL)
		(void)es_watch_want(h->accepting, ES_WATCH_READ);
	h->cfg.gone(h->cfg.events.ctx, h->receiver.said_bye);
}

static void
settle(struct es_ipc_server *h)
{
	es_ipc_receiver_settle(&h->receiver, es_clock_monotonic_ms());
	if (es_ipc_receiver_wants_time(&h->receiver) && h->fd >= 0)
		(void)es_timer_arm(h->settle, SETTLE_MS);
}

static void
on_settle(void *ctx)
{
	settle(ctx);
}

static void
on_link(void *ctx, unsigned events)
{
	struct es_ipc_server *h = ctx;
	int64_t now = es_clock_monotonic_ms();
	int i, err = 0;
	size_t n;

	(void)events;
	for (i = 0; i < ROUND_MAX; i++) {
		err = es_ipc_socket_receive(h->fd, h->datagram, sizeof(h->datagram), &n);
		if (err != 0)
			break;
		es_ipc_receiver_input(&h->receiver, es_slice_of(h->datagram, n));
		h->heard_ms = now; /* after: a new run asks how long the old one was silent */
	}
	settle(h);
	h->cfg.round(h->cfg.events.ctx);
	if (err == ES_EEOF)
		drop_link(h);
}

static int
use_link(struct es_ipc_server *h, int fd)
{
	int err;

	h->fd = fd;
	es_ipc_socket_prepare(h->fd);
	err = es_watch_new(h->loop, fd, on_link, h, &h->link);
	if (err == 0)
		err = es_watch_want(h->link, ES_WATCH_READ);
	if (err == 0)
		es_ipc_receiver_hello(&h->receiver, es_clock_monotonic_ms());
	return err;
}

static void
log_refusal(struct es_ipc_server *h, uid_t user)
{
	uint32_t held_back;

	if (es_log_limit_pass(&h->limit, es_clock_monotonic_ms(), 60000, &held_back))
		log_warn("hop: a process of user %u asked for %s and was refused (%u times "
			 "before); hop-user names another user that is right",
		    (unsigned)user, h->cfg.path, held_back);
}

static void
on_accept(void *ctx, unsigned events)
{
	struct es_ipc_server *h = ctx;
	uid_t user = 0;
	int fd = es_unix_accept(
	    h->listener, h->cfg.listener > 0 ? ES_UNIX_ANY_USER : h->cfg.user, &user);

	(void)events;
	if (fd < 0) {
		if (fd == ES_EDENIED)
			log_refusal(h, user);
		return;
	}
	(void)es_watch_want(
	    h->accepting, 0); /* one sensor at a time; the next waits in the queue */
	if (use_link(h, fd) != 0)
		drop_link(h);
}

int
es_ipc_server_new(
    struct es_loop *loop, const struct es_ipc_server_config *cfg, struct es_ipc_server **out)
{
	struct es_ipc_server *h = calloc(1, sizeof(*h));
	struct es_ipc_receiver_config events = cfg->events;
	int err;

	if (h == NULL)
		return ES_ENOMEM;
	h->loop = loop;
	h->cfg = *cfg;
	h->fd = h->listener = -1;
	err = es_timer_new(loop, on_settle, h, &h->settle);
	if (err != 0)
		goto fail;
	events.send = send_datagram;
	es_ipc_receiver_init(&h->receiver, &events, cfg->last);
	h->receiver.send_ctx = h;
	if (cfg->fd >= 0) {
		err = use_link(h, cfg->fd);
	} else {
		err = h->listener = cfg->listener > 0
					? cfg->listener
					: es_unix_listen(cfg->path, SOCK_SEQPACKET, cfg->user);
		if (h->listener >= 0)
			err = es_watch_new(loop, h->listener, on_accept, h, &h->accepting);
		if (err == 0)
			err = es_watch_want(h->accepting, ES_WATCH_READ);
	}
	if (err != 0)
		goto fail;
	*out = h;
	return 0;
fail:
	es_ipc_server_free(h);
	return err;
}

void
es_ipc_server_free(struct es_ipc_server *h)
{
	int saved = errno;

	if (h == NULL)
		return;
	es_watch_free(h->accepting);
	es_watch_free(h->link);
	es_timer_free(h->settle);
	if (h->fd >= 0)
		close(h->fd);
	if (h->listener >= 0)
		close(h->listener);
	free(h);
	errno = saved;
}

int64_t
es_ipc_server_heard_ms(const struct es_ipc_server *h)
{
	return h->heard_ms;
}

bool
es_ipc_server_said_bye(const struct es_ipc_server *h)
{
	return h->receiver.said_bye;
}

uint64_t
es_ipc_server_malformed(const struct es_ipc_server *h)
{
	return h->receiver.malformed;
}

bool
es_ipc_server_is_linked(const struct es_ipc_server *h)
{
	return h->fd >= 0;
}
