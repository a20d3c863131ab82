/* SPDX-License-Identifier: Apache-2.0 */
/* The opener, to which the test is its parser, the shipper and the kernel. Static on purpose. */
#ifndef TESTS_MADE_OPENER_H
#define TESTS_MADE_OPENER_H

#include "agent/sensor/handed_config.h"
#include "agent/sensor/links.h"
#include "agent/sensor/parser_process.h"
#include "agent/sensor/stand_in.h"
#include "tests/sim/made_log.h"
#include "tests/sim/made_rights.h"
#include "tests/sim/made_role.h"

enum { SEGV = 11, EXIT_3 = 3 << 8 };

static int last_fd = -1; /* that came with the last message */
static struct es_handover last;

/* The type of the opener's next message, kept in last; 0: none. */
static inline uint32_t
next_message(void)
{
	if (last_fd >= 0)
		close(last_fd);
	if (es_handover_receive(made_process.pair, &last, &last_fd) == 0)
		return last.type;
	last_fd = -1;
	return 0;
}

static inline void
say(enum es_handover_type type, uint32_t n)
{
	const struct es_handover m = { .type = type, .n = n };

	if (es_handover_send(made_process.pair, &m, -1) != 0)
		abort();
	made_settle(role.loop);
}

/* What a new parser gets first of all: the configuration, how many crashed before, and the present level of the log. */
static inline bool
is_configured(uint32_t crashes_before)
{
	char error[ES_OPTIONS_ERROR_MAX];
	struct es_agent_config *cfg;
	bool is_same;

	if (next_message() != ES_HANDOVER_CONFIG || last_fd < 0 || last.n != crashes_before ||
	    es_handed_config_read(last_fd, error, &cfg) != 0)
		return false;
	last_fd = -1; /* taken */
	is_same = cfg->n_captures == role.cfg->n_captures &&
		  strcmp(cfg->captures[0].interface, role.cfg->captures[0].interface) == 0;
	es_agent_config_free(cfg);
	return is_same && next_message() == ES_HANDOVER_LOG_LEVEL &&
	       last.n == (uint32_t)role.cfg->log_level;
}

static inline bool
begin_live(void)
{
	return begin_with_capture("interface = veth7", "");
}

/* With a hop that is inherited; the test holds the other end. */
static inline int
run_linked(void (*day)(struct es_loop *l))
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
		abort();
	role.fd = pair[1];
	es_ipc_socket_prepare(role.fd);
	made_run = day;
	return es_opener_run(role.cfg, pair[0]);
}

static inline void
end_well(struct es_loop *l)
{
	NEED(made_signal(l, SIGTERM));
	while (next_message() != ES_HANDOVER_STOP)
		NEED(last_fd >= 0 || last.type != 0);
	NEED(made_child_ends(l, made_process_pid(), 0));
	NEED(made_stopped(l));
}

/* Health records on the hop, with the count of crashes in the last. */
static unsigned n_health;
static uint64_t crashes;

static inline void
see(void *ctx, const struct es_record *rec)
{
	(void)ctx;
	if (rec->type != ES_REC_HEALTH)
		return;
	n_health++;
	crashes = 0;
	for (uint32_t i = 0; i < rec->u.health.n_values; i++)
		if (rec->u.health.values[i].counter == ES_CNT_PARSER_CRASHES)
			crashes = rec->u.health.values[i].value;
}

static inline unsigned
health(void)
{
	static uint8_t d[ES_IPC_MAX_BYTES], arena[ES_ALLOC_BYTES];
	struct es_alloc alloc;
	struct es_ipc_message msg;
	size_t n;

	n_health = 0;
	while (es_ipc_socket_receive(role.fd, d, sizeof(d), &n) == 0) {
		if (es_ipc_decode(es_slice_of(d, n), &msg) != 0)
			abort();
		es_alloc_init(&alloc, arena, sizeof(arena));
		if (msg.type == ES_IPC_RECORD)
			(void)es_record_decode(msg.bytes, &alloc, see, NULL);
	}
	return n_health;
}

#endif
