/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners that take what a test connects. */
#include "tests/sim/made_listen.h"

#include "runtime/loop/listen.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { MADE_PORT_ANY = 40000 }; /* that is free for who asks for any */

struct es_listen {
	struct es_listen *next;
	void (*accepted)(void *ctx, int fd, const struct es_addr *peer);
	void *ctx;
	uint16_t port;
};

static struct es_listen *listeners;

static struct es_listen *
find(uint16_t port)
{
	struct es_listen *s = listeners;

	while (s != NULL && s->port != port)
		s = s->next;
	return s;
}

int
es_listen_new(struct es_loop *l, const struct es_addr *bind_to,
    void (*accepted)(void *ctx, int fd, const struct es_addr *peer), void *ctx,
    struct es_listen **out)
{
	struct es_listen *s;

	(void)l;
	if (find(bind_to->port) != NULL) {
		errno = EADDRINUSE;
		return ES_EIO;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return ES_ENOMEM;
	s->accepted = accepted;
	s->ctx = ctx;
	s->port = bind_to->port != 0 ? bind_to->port : MADE_PORT_ANY;
	s->next = listeners;
	listeners = s;
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
	struct es_listen **at;

	if (s == NULL)
		return;
	for (at = &listeners; *at != s; at = &(*at)->next)
		;
	*at = s->next;
	free(s);
}

int
made_connect(uint16_t port)
{
	struct es_listen *s = find(port);
	struct es_addr peer;
	int pair[2];

	if (s == NULL ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		abort();
	(void)es_addr_parse_ip("192.0.2.1", 9, &peer);
	s->accepted(s->ctx, pair[0], &peer);
	return pair[1];
}
