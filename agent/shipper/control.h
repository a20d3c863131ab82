/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local service's answer to `earshot status`: whoever connects to the socket (mode 0600, own user
 * or root) gets one line of JSON and the end of the stream. Nothing else can be read, and nothing changed.
 */
#ifndef AGENT_SHIPPER_CONTROL_H
#define AGENT_SHIPPER_CONTROL_H

#include "probes/base/json.h"
#include "runtime/loop/loop.h"

enum { ES_CONTROL_BYTES = 8192 };

struct es_control;

/*
 * Listens on path, which is kept. status writes the answer and is called from the loop for each connection.
 * 0 and *out, to be freed by es_control_free; ES_EIO (errno has the cause), ES_ENOMEM.
 */
int es_control_new(struct es_loop *loop, const char *path,
    void (*status)(void *ctx, struct es_json *out), void *ctx, struct es_control **out);
void es_control_free(struct es_control *c); /* removes the socket; NULL is fine */

#endif
