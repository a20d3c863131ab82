/* SPDX-License-Identifier: Apache-2.0 */
/* The process that reads packets: capture engines, the IPC socket, ticks. */
#include "agent/sensor/parser.h"

#include "agent/agent_rights.h"
#include "agent/clock_step.h"
#include "agent/health.h"
#include "agent/ipc/ipc_sender.h"
#include "agent/ipc/ipc_socket.h"
#include "agent/sensor/budgets.h"
#include "agent/sensor/capture_engine.h"
#include "agent/sensor/handover.h"
#include "proto/encode.h"
#include "proto/ipc.h"
#include "runtime/clock.h"
#include "runtime/crypto/hmac.h"
#include "runtime/log.h"
#include "runtime/loop/loop.h"
#include "runtime/rights.h"
#include "runtime/sandbox.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	READ_MAX = 2048, /* packets of one capture before the others have their turn */
	TICK_BUSY_MS = 1000,
	TICK_IDLE_MS = 5000,
	HEALTH_MS = 60000,
	STOP_MS = 3000,   /* after STOP the shipper has so long to take what is left */
	SPARE_FILES = 64, /* descriptors apart from those of a replay */
};

struct parser;

struct live_capture {
	struct parser *parser;
	struct es_capture_engine *engine;
	struct es_watch *watch; /* live */
	struct es_timer *next;  /* replay */
};

struct parser {
	struct es_agent_config *cfg;
	struct es_loop *loop;
	struct live_capture captures[ES_CAPTURES_MAX];
	size_t n_captures;
	struct es_srtp *srtp; /* with use-keys */
	struct es_ipc_sender *ipc;
	int fd;     /* the hop; -1: none now */
	int opener; /* our end of the pair */
	int memory; /* of es_health_open_memory */
	uint64_t crashes;
	struct es_watch *link;
	struct es_watch *words;
	struct es_timer *tick;
	struct es_timer *give_up;
	int64_t health_ms; /* monotonic: when the next is due, apart from that at the end */
	bool stopping;
	bool waiting; /* replays rest until the shipper has caught up */
	int status;
	uint8_t datagram[ES_IPC_MAX_BYTES];
	struct es_clock_step step;
	struct es_budgets budgets;
};

static void
check_done(struct parser *s)
{
	if (s->stopping && es_ipc_sender_is_done(s->ipc))
		es_loop_stop(s->loop);
}

static void
send_health(struct parser *s, es_time now)
{
	struct es_health_sum c;
	uint8_t bytes[ES_HEALTH_BYTES_MAX];
	size_t i;
	int n;

	memset(&c, 0, sizeof(c));
	for (i = 0; i < s->n_captures; i++)
		es_capture_engine_health(s->captures[i].engine, now, &c);
	c.value[ES_CNT_HOP_DROPPED] = es_ipc_sender_dropped(s->ipc);
	c.value[ES_CNT_PARSER_CRASHES] = s->crashes;
	c.value[ES_CNT_PAYLOAD_READ] = s->cfg->use_payload;
	c.value[ES_CNT_KEYS_USED] = s->cfg->use_keys;
	c.value[ES_CNT_SHED_LEVEL] = es_governor_shed(&s->budgets.governor);
	es_health_process(&c, s->memory);
	n = es_health_encode(&c, now, bytes, sizeof(bytes));
	if (n > 0)
		es_ipc_sender_record(s->ipc, es_slice_of(bytes, (size_t)n), false, now);
}

/* Sends the last counts and the goodbye; the process ends once the shipper has everything. */
static void
finish(struct parser *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	es_timer_disarm(s->tick);
	es_ipc_sender_calls(s->ipc, 0);
	send_health(s, es_clock_wall());
	es_ipc_sender_bye(s->ipc);
	check_done(s);
}

static void
say(struct parser *s, enum es_handover_type type, uint32_t n)
{
	const struct es_handover m = { .type = type, .n = n };

	(void)es_handover_send(s->opener, &m, -1); /* it is there, or we end in a moment */
}

static void
forget_link(struct parser *s)
{
	es_watch_free(s->link);
	s->link = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void
drop_link(struct parser *s)
{
	forget_link(s);
	say(s, ES_HANDOVER_HOP_LOST, 0);
}

static int
send_datagram(void *ctx, es_slice datagram)
{
	struct parser *s = ctx;
	int err;

	if (s->fd < 0)
		return ES_EAGAIN; /* the next HELLO asks for it again */
	err = es_ipc_socket_send(s->fd, datagram);
	if (err != 0 && s->link != NULL)
		(void)es_watch_want(s->link, ES_WATCH_READ | ES_WATCH_WRITE);
	return err == 0 ? 0 : ES_EAGAIN;
}

static void
wake_replays(struct parser *s)
{
	size_t i;

	if (!s->waiting || es_ipc_sender_is_half_full(s->ipc))
		return;
	s->waiting = false;
	for (i = 0; i < s->n_captures; i++)
		if (s->captures[i].next != NULL &&
		    !es_capture_engine_is_over(s->captures[i].engine))
			(void)es_timer_arm(s->captures[i].next, 0);
}

static void
on_link(void *ctx, unsigned events)
{
	struct parser *s = ctx;
	size_t n;
	int err = 0;

	if ((events & ES_WATCH_WRITE) != 0 && es_ipc_sender_pump(s->ipc) == 0)
		(void)es_watch_want(s->link, ES_WATCH_READ);
	while ((err = es_ipc_socket_receive(s->fd, s->datagram, sizeof(s->datagram), &n)) == 0)
		(void)es_ipc_sender_input(s->ipc, es_slice_of(s->datagram, n)); /* else: ignored */
	if (err == ES_EEOF) {
		drop_link(s);
		return;
	}
	wake_replays(s);
	check_done(s);
}

static void
fail(struct parser *s, const char *why)
{
	log_error("sensor: %s", why);
	s->status = 1;
	es_loop_stop(s->loop);
}

static void
use_link(struct parser *s, int fd, bool is_greeted)
{
	forget_link(s);
	s->fd = fd;
	if (es_watch_new(s->loop, fd, on_link, s, &s->link) != 0 ||
	    es_watch_want(s->link, ES_WATCH_READ) != 0)
		fail(s, "cannot watch the hop");
	else if (is_greeted)
		es_ipc_sender_linked(s->ipc);
	else
		(void)es_ipc_sender_pump(s->ipc); /* what does not go now goes when it is ready */
}

static void
on_record(void *ctx, es_slice bytes, bool urgent, es_time at)
{
	struct parser *s = ctx;

	es_ipc_sender_record(s->ipc, bytes, urgent, at);
}

static void
on_trouble(void *ctx, const char *why)
{
	struct parser *s = ctx;

	log_error("sensor: %s", why);
	s->status = 1;
}

static void
report_calls(struct parser *s)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < s->n_captures; i++)
		n += es_capture_engine_calls_up(s->captures[i].engine);
	es_ipc_sender_calls(s->ipc, n);
}

static void
end_when_over(struct parser *s)
{
	size_t i;

	for (i = 0; i < s->n_captures; i++)
		if (!es_capture_engine_is_over(s->captures[i].engine))
			return;
	finish(s);
}

/* Packets are stamped by the wall clock: what was open when it was set is marked. */
static void
look_at_clock(struct parser *s)
{
	int64_t by_ns = es_clock_step_look(&s->step);
	size_t i;

	if (by_ns == 0)
		return;
	log_warn(
	    "sensor: the clock was set by %lld ms: times of what is open are not to be trusted",
	    (long long)(by_ns / ES_NS_PER_MS));
	for (i = 0; i < s->n_captures; i++)
		es_capture_engine_clock_stepped(s->captures[i].engine);
}

static void
look_at_budgets(struct parser *s)
{
	struct es_capture_engine *engines[ES_CAPTURES_MAX];
	size_t i;

	for (i = 0; i < s->n_captures; i++)
		engines[i] = s->captures[i].engine;
	if (es_budgets_look(&s->budgets, engines, s->n_captures))
		send_health(s, es_clock_wall());
}

static void
on_packets(void *ctx, unsigned events)
{
	struct live_capture *p = ctx;
	struct parser *s = p->parser;
	int64_t wait_ms;

	(void)events;
	look_at_clock(s);
	look_at_budgets(s);
	if (es_capture_engine_read(p->engine, READ_MAX, 0, &wait_ms) == ES_EIO) {
		/* What it still holds is read; the opener has the right to open it again. */
		es_capture_engine_away(p->engine, es_clock_wall());
		say(s, ES_HANDOVER_CAPTURE_LOST, (uint32_t)(p - s->captures));
	}
	report_calls(s);
}

static void
on_replay(void *ctx)
{
	struct live_capture *p = ctx;
	struct parser *s = p->parser;
	int64_t wait_ms;
	int err;

	if (s->stopping)
		return;
	if (es_ipc_sender_is_half_full(s->ipc)) {
		s->waiting = true; /* a file can wait, so nothing has to be dropped */
		return;
	}
	err = es_capture_engine_read(p->engine, READ_MAX, es_clock_monotonic_ms(), &wait_ms);
	report_calls(s);
	if (err == 0 || err == ES_EAGAIN)
		(void)es_timer_arm(p->next, err == 0 ? 0 : wait_ms);
	else
		end_when_over(s);
}

static void
on_tick(void *ctx)
{
	struct parser *s = ctx;
	es_time now = es_clock_wall();
	bool busy = false, live = !es_agent_config_is_replay(s->cfg);
	size_t i;

	if (live)
		look_at_clock(s);
	for (i = 0; live && i < s->n_captures; i++) {
		es_capture_engine_advance(s->captures[i].engine, now);
		busy = es_capture_engine_was_busy(s->captures[i].engine) || busy;
	}
	if (live)
		look_at_budgets(s);
	report_calls(s);
	if (es_clock_monotonic_ms() >= s->health_ms) {
		send_health(s, now);
		s->health_ms = es_clock_monotonic_ms() + HEALTH_MS;
	}
	(void)es_timer_arm(s->tick, busy ? TICK_BUSY_MS : TICK_IDLE_MS);
}

static void
on_give_up(void *ctx)
{
	struct parser *s = ctx;

	log_warn("sensor: the shipper did not take everything in time");
	es_loop_stop(s->loop);
}

static void
end_all(struct parser *s)
{
	size_t i;

	for (i = 0; i < s->n_captures; i++) {
		if (s->captures[i].watch != NULL)
			(void)es_watch_want(s->captures[i].watch, 0);
		es_capture_engine_flush(s->captures[i].engine, es_clock_wall(), true);
	}
	(void)es_timer_arm(s->give_up, STOP_MS);
	finish(s);
}

/* fd: a ring, taken. */
static void
use_capture(struct parser *s, const struct es_handover *m, int fd)
{
	struct live_capture *p = &s->captures[m->n];
	char error[ES_CAPTURE_ERROR_MAX];
	struct es_capture *source;

	if (es_capture_ring_new(fd, &m->layout, &source, error) != 0) {
		log_error("sensor: %s", error);
		close(fd);
		say(s, ES_HANDOVER_CAPTURE_LOST, m->n);
		return;
	}
	es_watch_free(p->watch);
	p->watch = NULL;
	es_capture_engine_attach(p->engine, source, es_clock_wall());
	if (es_watch_new(s->loop, fd, on_packets, p, &p->watch) != 0 ||
	    es_watch_want(p->watch, s->stopping ? 0 : ES_WATCH_READ) != 0)
		fail(s, "cannot watch a capture");
}

static void
take_message(struct parser *s, const struct es_handover *m, int fd)
{
	bool is_live = m->n < s->n_captures && s->cfg->captures[m->n].interface != NULL;

	if (m->type == ES_HANDOVER_HOP && fd >= 0) {
		use_link(s, fd, m->n != 0);
		return;
	}
	if (m->type == ES_HANDOVER_CAPTURE && fd >= 0 && is_live) {
		use_capture(s, m, fd);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (m->type == ES_HANDOVER_AWAY && is_live)
		es_capture_engine_away(s->captures[m->n].engine, es_clock_wall());
	else if (m->type == ES_HANDOVER_LOG_LEVEL)
		es_log_set_level(es_log_level_of_word(es_log_level_words[m->n]));
	else if (m->type == ES_HANDOVER_STOP)
		end_all(s);
}

static void
on_words(void *ctx, unsigned events)
{
	struct parser *s = ctx;
	struct es_handover m;
	int fd, err;

	(void)events;
	while ((err = es_handover_receive(s->opener, &m, &fd)) == 0)
		take_message(s, &m, fd);
	if (err == ES_EEOF)
		fail(s, "the opener is gone");
}

static int
open_captures(struct parser *s)
{
	struct es_capture_engine_sink sink = { on_record, on_trouble, s };
	char error[ES_CAPTURE_ERROR_MAX];
	uint8_t key[16];
	struct live_capture *p;
	size_t i;
	int err;

	for (i = 0; i < s->cfg->n_captures; i++) {
		p = &s->captures[i];
		p->parser = s;
		es_random_bytes(key, sizeof(key));
		err = es_capture_engine_new(
		    s->cfg, &s->cfg->captures[i], key, s->srtp, &sink, &p->engine, error);
		if (err != 0) {
			log_error("sensor: %s", error);
			return err;
		}
		s->n_captures++;
	}
	return 0;
}

/* Interfaces come from the opener. */
static int
start_replays(struct parser *s)
{
	size_t i;
	int err = 0;

	for (i = 0; err == 0 && i < s->n_captures; i++) {
		struct live_capture *p = &s->captures[i];

		if (s->cfg->captures[i].interface != NULL)
			continue;
		err = es_timer_new(s->loop, on_replay, p, &p->next);
		if (err == 0)
			err = es_timer_arm(p->next, 0);
	}
	return err;
}

static int
give_up_rights(struct parser *s)
{
	unsigned n_files = SPARE_FILES;
	size_t i;
	int err;

	for (i = 0; i < s->cfg->n_captures; i++)
		n_files += (unsigned)s->cfg->captures[i].n_files;
	err = es_agent_rights_drop(s->cfg, "sensor");
	if (err == 0 && (err = es_rights_confine(n_files)) != 0)
		log_error("sensor: cannot set the limits of the parser");
	return err;
}

static int
start_loop(struct parser *s)
{
	int err = es_loop_new(&s->loop);

	if (err == 0)
		err = es_timer_new(s->loop, on_tick, s, &s->tick);
	if (err == 0)
		err = es_timer_new(s->loop, on_give_up, s, &s->give_up);
	if (err == 0)
		err = es_watch_new(s->loop, s->opener, on_words, s, &s->words);
	if (err == 0)
		err = es_watch_want(s->words, ES_WATCH_READ);
	if (err == 0)
		err = start_replays(s);
	if (err == 0)
		err = es_timer_arm(s->tick, TICK_BUSY_MS);
	return err;
}

static int
start_all(struct parser *s)
{
	struct es_ipc_sender_config ipc = { 0, s->cfg->hop_bytes, send_datagram, s };
	int err;

	while (ipc.run == 0)
		ipc.run = es_random_u64() & ~ES_IPC_STANDS_IN;
	err = es_ipc_sender_new(&ipc, &s->ipc);
	if (err == 0 && s->cfg->use_payload)
		log_warn("sensor: payloads of RTP reach it and are read (payload = yes)");
	if (err == 0 && s->cfg->use_keys) {
		log_warn("sensor: holds the keys it hears in SDP to read SRTCP and check SRTP "
			 "(use-keys = yes)");
		err = es_srtp_new(&s->srtp); /* its library loads more: before the rights go */
	}
	s->memory = es_health_open_memory();
	if (err == 0)
		err = open_captures(s);
	if (err == 0)
		err = start_loop(s);
	if (err == 0)
		err = give_up_rights(s);
	if (err == 0)
		err = es_sandbox_enter(ES_SANDBOX_PARSER, s->cfg->sandbox, "parser");
	if (err == 0)
		say(s, ES_HANDOVER_READY, 0);
	return err;
}

static void
free_all(struct parser *s)
{
	size_t i;

	for (i = 0; i < s->n_captures; i++) {
		es_watch_free(s->captures[i].watch);
		es_timer_free(s->captures[i].next);
		es_capture_engine_free(s->captures[i].engine);
	}
	es_srtp_free(s->srtp);
	forget_link(s);
	es_watch_free(s->words);
	es_timer_free(s->tick);
	es_timer_free(s->give_up);
	es_ipc_sender_free(s->ipc);
	if (s->loop != NULL)
		es_loop_free(s->loop);
	if (s->memory >= 0)
		close(s->memory);
	close(s->opener);
}

int
es_parser_run(struct es_agent_config *cfg, const struct es_parser_start *start)
{
	struct parser *s = calloc(1, sizeof(*s));
	int status;

	if (s == NULL) {
		close(start->opener);
		return 1;
	}
	s->cfg = cfg;
	s->fd = s->memory = -1;
	s->opener = start->opener;
	s->crashes = start->crashes;
	s->budgets.governor.budget =
	    (struct es_budget){ cfg->cpu_budget_ppm, cfg->memory_budget_bytes };
	/* live at once; the records of a replay that ends within a minute do not depend on how fast */
	s->health_ms = es_agent_config_is_replay(cfg) ? es_clock_monotonic_ms() + HEALTH_MS : 0;
	if (start_all(s) != 0 || es_loop_run(s->loop) != 0)
		s->status = 1;
	status = s->status;
	free_all(s);
	free(s);
	return status;
}
