/* SPDX-License-Identifier: Apache-2.0 */
/* The shipper's end of the hop on the loop: listens or takes over a descriptor, feeds the receiver. */
#ifndef AGENT_HOP_HOP_SERVER_H
#define AGENT_HOP_HOP_SERVER_H

#include "agent/hop/hop_receiver.h"
#include "runtime/loop/loop.h"

#include <sys/types.h>

struct es_hop_server;

struct es_hop_server_config {
	const char *path; /* kept; used where fd is -1 */
	int fd;           /* inherited, or -1 */
	uid_t user;       /* the sensor may run as this one, too; 0: as none but ours */
	struct es_hop_pair last;
	/* As in hop_receiver.h; send is the server's own. */
	struct es_hop_receiver_config events;
	/* The sensor is gone (its end was closed); said_bye: it had nothing more to say. */
	void (*gone)(void *ctx, bool said_bye);
	/* A round of input is through: records may want to be synced. */
	void (*round)(void *ctx);
};

/* ES_EIO (errno), ES_ENOMEM. */
int es_hop_server_new(
    struct es_loop *loop, const struct es_hop_server_config *cfg, struct es_hop_server **out);
void es_hop_server_free(struct es_hop_server *h); /* NULL is fine */

/* Monotonic instant of the last datagram; 0: none yet. */
int64_t es_hop_server_heard_ms(const struct es_hop_server *h);
bool es_hop_server_said_bye(const struct es_hop_server *h);
/* Datagrams of the sensor's that could not be read; it sends the records in them again. */
uint64_t es_hop_server_malformed(const struct es_hop_server *h);
bool es_hop_server_is_linked(const struct es_hop_server *h);

#endif
