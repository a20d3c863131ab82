/* SPDX-License-Identifier: Apache-2.0 */
/* The shipper's end of the IPC socket on the loop: listens or takes over a descriptor, feeds the receiver. */
#ifndef AGENT_IPC_IPC_SERVER_H
#define AGENT_IPC_IPC_SERVER_H

#include "agent/ipc/ipc_receiver.h"
#include "runtime/loop/loop.h"

#include <sys/types.h>

struct es_ipc_server;

struct es_ipc_server_config {
	const char *path; /* kept; used where fd is -1 */
	int fd;           /* inherited, or -1 */
	int listener; /* taken on success: the service manager's, which chose who may connect; 0: the path is ours */
	uid_t user; /* the sensor may also run as this user; 0: only as our own */
	struct es_ipc_pair last;
	/* As in ipc_receiver.h; send is filled in by the server. */
	struct es_ipc_receiver_config events;
	/* The sensor is gone (its end was closed); said_bye: it had sent everything. */
	void (*gone)(void *ctx, bool said_bye);
	/* A round of input is through: records may want to be synced. */
	void (*round)(void *ctx);
};

/*
 * Listens on the path, or takes over cfg->fd or cfg->listener, and calls cfg->events from the loop; both outlive the server.
 * 0 and *out, to be freed by es_ipc_server_free; ES_EIO (errno has the cause), ES_ENOMEM.
 */
int es_ipc_server_new(
    struct es_loop *loop, const struct es_ipc_server_config *cfg, struct es_ipc_server **out);
/* Closes link and socket; no callback follows. NULL is fine. */
void es_ipc_server_free(struct es_ipc_server *h);

/* Monotonic instant of the last datagram; 0: none yet. */
int64_t es_ipc_server_heard_ms(const struct es_ipc_server *h);
/* True: the last sensor ended cleanly, so silence is no fault. */
bool es_ipc_server_said_bye(const struct es_ipc_server *h);
/* Datagrams of the sensor that could not be read, since the start; it sends the records in them again. */
uint64_t es_ipc_server_malformed(const struct es_ipc_server *h);
/* True: a sensor is connected now. */
bool es_ipc_server_is_linked(const struct es_ipc_server *h);

#endif
