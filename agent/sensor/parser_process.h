/* SPDX-License-Identifier: Apache-2.0 */
/* The opener's side of its child, the parser: starts it, speaks with it, writes its log lines, sees it end. */
#ifndef AGENT_SENSOR_PARSER_PROCESS_H
#define AGENT_SENSOR_PARSER_PROCESS_H

#include "agent/agent_config.h"
#include "agent/sensor/handover.h"
#include "runtime/loop/loop.h"

struct es_parser_process;

struct es_parser_process_events {
	/* It said something, which may be anything: it reads what strangers sent. */
	void (*said)(void *ctx, const struct es_handover *m);
	/* It ended (wait status); what it had logged was written. */
	void (*ended)(void *ctx, int status);
	void *ctx;
};

/* Starts it; crashes: of earlier ones. 0 and *out; ES_EIO, ES_ENOMEM. */
int es_parser_process_new(struct es_loop *loop, const struct es_agent_config *cfg, uint32_t crashes,
    const struct es_parser_process_events *events, struct es_parser_process **out);
/* Kills it if it still runs; no callback follows. NULL is fine. */
void es_parser_process_free(struct es_parser_process *p);

/* Sends a message and, unless -1, a descriptor, which stays the caller's. One that takes nothing any more is killed. */
void es_parser_process_tell(struct es_parser_process *p, const struct es_handover *m, int fd);

/* SIGKILL; ended follows. */
void es_parser_process_kill(struct es_parser_process *p);

/* Monotonic instant of its start. */
int64_t es_parser_process_started_ms(const struct es_parser_process *p);

#endif
