/* SPDX-License-Identifier: Apache-2.0 */
/* The local service's answer to `earshot status`. */
#include "agent/shipper/control.h"

#include "agent/ipc/ipc_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct es_control {
	const char *path;
	int fd;
	struct es_watch *watch;
	void (*status)(void *ctx, struct es_json *out);
	void *ctx;
};

static void
on_client(void *ctx, unsigned events)
{
	struct es_control *c = ctx;
	char bytes[ES_CONTROL_BYTES];
	struct es_json json;
	uid_t user;
	int fd = es_unix_accept(c->fd, 0, &user);

	(void)events;
	if (fd < 0)
		return;
	es_json_init(&json, bytes, sizeof(bytes), NULL, NULL);
	c->status(c->ctx, &json);
	es_json_line(&json);
	if (!json.bad) /* fits any socket buffer; a client that is gone does not mind */
		(void)send(fd, bytes, json.n_bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

int
es_control_new(struct es_loop *loop, const char *path,
    void (*status)(void *ctx, struct es_json *out), void *ctx, struct es_control **out)
{
	struct es_control *c = calloc(1, sizeof(*c));
	int err;

	if (c == NULL)
		return ES_ENOMEM;
	c->path = path;
	c->status = status;
	c->ctx = ctx;
	c->fd = es_unix_listen(path, SOCK_STREAM, 0);
	err = c->fd < 0 ? c->fd : es_watch_new(loop, c->fd, on_client, c, &c->watch);
	if (err == 0)
		err = es_watch_want(c->watch, ES_WATCH_READ);
	if (err != 0) {
		es_control_free(c);
		return err;
	}
	*out = c;
	return 0;
}

void
es_control_free(struct es_control *c)
{
	int saved = errno;

	if (c == NULL)
		return;
	es_watch_free(c->watch);
	if (c->fd >= 0) {
		close(c->fd);
		(void)unlink(c->path); /* of no use to anybody now */
	}
	free(c);
	errno = saved;
}
