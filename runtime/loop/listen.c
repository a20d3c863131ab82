/* SPDX-License-Identifier: Apache-2.0 */
/* TCP listeners. */
#include "runtime/loop/listen.h"

#include "runtime/loop/sockaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, REST_MS = 100 };

struct es_listen {
	int fd;
	uint16_t port;
	struct es_watch *watch;
	struct es_timer *rest;
	void (*accepted)(void *ctx, int fd, const struct es_addr *peer);
	void *ctx;
};

static void
apply(struct es_listen *s)
{
	bool want = !es_timer_is_armed(s->rest);

	(void)es_watch_want(s->watch, want ? ES_WATCH_READ : 0); /* fails only without memory */
}

static void
on_rest(void *ctx)
{
	apply(ctx);
}

static void
on_connections(void *ctx, unsigned events)
{
	struct es_listen *s = ctx;
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	struct es_addr peer;
	int one = 1;
	int fd;

	(void)events;
	/* one at a time: the callback may free the listener, and the loop comes back for the next */
	fd = accept4(s->fd, (struct sockaddr *)&ss, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM)) {
		if (es_timer_arm(s->rest, REST_MS) == 0)
			apply(s);
		return;
	}
	if (fd < 0)
		return;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* costs only speed */
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	if (es_sockaddr_read((struct sockaddr *)&ss, &peer) != 0)
		close(fd);
	else
		s->accepted(s->ctx, fd, &peer);
}

static int
bind_listen(struct es_listen *s, const struct es_addr *bind_to)
{
	struct sockaddr_storage ss;
	socklen_t n = es_sockaddr_of(bind_to, &ss);
	struct es_addr got;
	int one = 1;

	if (n == 0)
		return ES_EINVALID;
	s->fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return ES_EIO;
	if (setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(s->fd, (struct sockaddr *)&ss, n) != 0 || listen(s->fd, BACKLOG) != 0)
		return ES_EIO;
	n = sizeof(ss);
	if (getsockname(s->fd, (struct sockaddr *)&ss, &n) != 0 ||
	    es_sockaddr_read((struct sockaddr *)&ss, &got) != 0)
		return ES_EIO;
	s->port = got.port;
	return 0;
}

int
es_listen_new(struct es_loop *l, const struct es_addr *bind_to,
    void (*accepted)(void *ctx, int fd, const struct es_addr *peer), void *ctx,
    struct es_listen **out)
{
	struct es_listen *s = calloc(1, sizeof(*s));
	int err;

	if (s == NULL)
		return ES_ENOMEM;
	s->fd = -1;
	s->accepted = accepted;
	s->ctx = ctx;
	err = bind_listen(s, bind_to);
	if (err == 0)
		err = es_watch_new(l, s->fd, on_connections, s, &s->watch);
	if (err == 0)
		err = es_timer_new(l, on_rest, s, &s->rest);
	if (err != 0) {
		int saved = errno;

		es_listen_free(s);
		errno = saved;
		return err;
	}
	apply(s);
	*out = s;
	return 0;
}

uint16_t
es_listen_port(const struct es_listen *s)
{
	return s->port;
}

void
es_listen_free(struct es_listen *s)
{
	if (s == NULL)
		return;
	es_watch_free(s->watch);
	es_timer_free(s->rest);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}
