/* SPDX-License-Identifier: Apache-2.0 */
/* The role "sensor": capture engines, the IPC socket, ticks. */
#include "agent/sensor/sensor.h"

#include "agent/agent_reload.h"
#include "agent/agent_rights.h"
#include "agent/clock_step.h"
#include "agent/health.h"
#include "agent/ipc/ipc_sender.h"
#include "agent/ipc/ipc_socket.h"
#include "agent/sensor/capture_engine.h"
#include "proto/encode.h"
#include "proto/ipc.h"
#include "runtime/clock.h"
#include "runtime/crypto/hmac.h"
#include "runtime/log.h"
#include "runtime/loop/loop.h"
#include "runtime/loop/reread.h"
#include "runtime/trust.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_MAX = 2048, /* packets of one capture before the others have their turn */
	TICK_BUSY_MS = 1000,
	TICK_IDLE_MS = 5000,
	HEALTH_MS = 60000,
	RECONNECT_MS = 1000,
	STOP_MS = 3000, /* after SIGTERM the shipper has so long to take what is left */
};

struct sensor;

struct live_capture {
	struct sensor *sensor;
	struct es_capture_engine *engine;
	struct es_watch *watch; /* live */
	struct es_timer *next;  /* replay */
};

struct sensor {
	struct es_agent_config *cfg;
	struct es_loop *loop;
	struct live_capture captures[ES_CAPTURES_MAX];
	size_t n_captures;
	struct es_srtp *srtp; /* with use-keys */
	struct es_ipc_sender *ipc;
	int fd;
	bool inherited;
	struct es_watch *link;
	struct es_timer *tick;
	struct es_timer *reconnect;
	struct es_timer *give_up;
	struct es_sigwatch *signals[2];
	struct es_reread *hangup;
	struct es_notify *notify; /* NULL: no service manager listens */
	int64_t health_ms;        /* monotonic: when the next is due, apart from that at the end */
	bool stopping;
	bool waiting; /* replays rest until the shipper has caught up */
	int status;
	struct es_log_limit limit;
	uint8_t datagram[ES_IPC_MAX_BYTES];
	struct es_clock_step step;
};

static void connect_ipc(struct sensor *s);

static void
check_done(struct sensor *s)
{
	if (s->stopping && es_ipc_sender_is_done(s->ipc))
		es_loop_stop(s->loop);
}

static void
send_health(struct sensor *s, es_time now)
{
	struct es_health_sum c;
	uint8_t bytes[ES_HEALTH_BYTES_MAX];
	size_t i;
	int n;

	memset(&c, 0, sizeof(c));
	for (i = 0; i < s->n_captures; i++)
		es_capture_engine_health(s->captures[i].engine, now, &c);
	c.value[ES_CNT_HOP_DROPPED] = es_ipc_sender_dropped(s->ipc);
	es_health_process(&c);
	n = es_health_encode(&c, now, bytes, sizeof(bytes));
	if (n > 0)
		es_ipc_sender_record(s->ipc, es_slice_of(bytes, (size_t)n), false, now);
}

/* Sends the last counts and the goodbye; the process ends once the shipper has everything. */
static void
finish(struct sensor *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	es_notify_stopping(s->notify);
	es_timer_disarm(s->tick);
	es_ipc_sender_calls(s->ipc, 0);
	send_health(s, es_clock_wall());
	es_ipc_sender_bye(s->ipc);
	check_done(s);
}

static void
drop_link(struct sensor *s)
{
	es_watch_free(s->link);
	s->link = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	if (s->inherited) {
		log_error("sensor: the supervisor is gone");
		s->status = 1;
		es_loop_stop(s->loop);
		return;
	}
	(void)es_timer_arm(s->reconnect, RECONNECT_MS);
}

static int
send_datagram(void *ctx, es_slice datagram)
{
	struct sensor *s = ctx;
	int err;

	if (s->fd < 0)
		return ES_EAGAIN; /* the next HELLO asks for it again */
	err = es_ipc_socket_send(s->fd, datagram);
	if (err != 0 && s->link != NULL)
		(void)es_watch_want(s->link, ES_WATCH_READ | ES_WATCH_WRITE);
	return err == 0 ? 0 : ES_EAGAIN;
}

static void
wake_replays(struct sensor *s)
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
	struct sensor *s = ctx;
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
use_link(struct sensor *s, int fd)
{
	es_ipc_socket_prepare(fd);
	s->fd = fd;
	if (es_watch_new(s->loop, fd, on_link, s, &s->link) != 0 ||
	    es_watch_want(s->link, ES_WATCH_READ) != 0) {
		log_error("sensor: cannot watch the hop");
		s->status = 1;
		es_loop_stop(s->loop);
	}
}

static void
connect_ipc(struct sensor *s)
{
	uint32_t held_back;
	uid_t user = 0;
	int fd = es_unix_connect(s->cfg->hop_socket, SOCK_SEQPACKET, s->cfg->hop_user, &user);

	if (fd >= 0) {
		es_ipc_sender_linked(s->ipc);
		use_link(s, fd);
		return;
	}
	(void)es_timer_arm(s->reconnect, RECONNECT_MS);
	if (!es_log_limit_pass(&s->limit, es_clock_monotonic_ms(), 60000, &held_back))
		return;
	if (fd == ES_EDENIED)
		log_error("sensor: user %u listens at %s: nothing is handed over; hop-user names "
			  "another user that is right",
		    (unsigned)user, s->cfg->hop_socket);
	else
		log_warn("sensor: no shipper at %s: %s; trying every second", s->cfg->hop_socket,
		    strerror(errno));
}

static void
on_reconnect(void *ctx)
{
	connect_ipc(ctx);
}

static void
on_record(void *ctx, es_slice bytes, bool urgent, es_time at)
{
	struct sensor *s = ctx;

	es_ipc_sender_record(s->ipc, bytes, urgent, at);
}

static void
on_trouble(void *ctx, const char *why)
{
	struct sensor *s = ctx;

	log_error("sensor: %s", why);
	s->status = 1;
}

static void
report_calls(struct sensor *s)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < s->n_captures; i++)
		n += es_capture_engine_calls_up(s->captures[i].engine);
	es_ipc_sender_calls(s->ipc, n);
}

static void
end_when_over(struct sensor *s)
{
	size_t i;

	for (i = 0; i < s->n_captures; i++)
		if (!es_capture_engine_is_over(s->captures[i].engine))
			return;
	finish(s);
}

/* Packets are stamped by the wall clock: what was open when it was set is marked. */
static void
look_at_clock(struct sensor *s)
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
on_packets(void *ctx, unsigned events)
{
	struct live_capture *p = ctx;
	int64_t wait_ms;

	(void)events;
	look_at_clock(p->sensor);
	if (es_capture_engine_read(p->engine, READ_MAX, 0, &wait_ms) == ES_EIO) {
		/* A fresh start opens it again, with the rights this process gave up. */
		(void)es_watch_want(p->watch, 0);
		p->sensor->status = 1;
		end_when_over(p->sensor);
	}
	report_calls(p->sensor);
}

static void
on_replay(void *ctx)
{
	struct live_capture *p = ctx;
	struct sensor *s = p->sensor;
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
	struct sensor *s = ctx;
	es_time now = es_clock_wall();
	bool busy = false, live = !es_agent_config_is_replay(s->cfg);
	size_t i;

	if (live)
		look_at_clock(s);
	for (i = 0; live && i < s->n_captures; i++) {
		es_capture_engine_advance(s->captures[i].engine, now);
		busy = es_capture_engine_was_busy(s->captures[i].engine) || busy;
	}
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
	struct sensor *s = ctx;

	log_warn("sensor: the shipper did not take everything in time");
	es_loop_stop(s->loop);
}

static void
on_signal(void *ctx, int signo)
{
	struct sensor *s = ctx;
	size_t i;

	(void)signo;
	for (i = 0; i < s->n_captures; i++) {
		if (s->captures[i].watch != NULL)
			(void)es_watch_want(s->captures[i].watch, 0);
		es_capture_engine_flush(s->captures[i].engine, es_clock_wall(), true);
	}
	(void)es_timer_arm(s->give_up, STOP_MS);
	finish(s);
}

static void
on_reload(void *ctx, struct es_options *given)
{
	struct sensor *s = ctx;
	struct es_reload_process self = {
		.name = "sensor", .bit = ES_IN_SENSOR, .is_child = s->inherited
	};
	struct es_agent_changes changes; /* none is for the sensor */

	if (es_agent_reload(s->cfg, given, &self, &changes) == 0)
		log_info("sensor: configuration read again");
}

static int
open_captures(struct sensor *s)
{
	struct es_capture_engine_sink sink = { on_record, on_trouble, s };
	char error[ES_CAPTURE_ERROR_MAX];
	uint8_t key[16];
	struct live_capture *p;
	size_t i;
	int err;

	for (i = 0; i < s->cfg->n_captures; i++) {
		p = &s->captures[i];
		p->sensor = s;
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

static int
watch_captures(struct sensor *s)
{
	struct live_capture *p;
	size_t i;
	int err = 0;

	for (i = 0; err == 0 && i < s->n_captures; i++) {
		p = &s->captures[i];
		if (es_capture_engine_fd(p->engine) < 0) {
			err = es_timer_new(s->loop, on_replay, p, &p->next);
			if (err == 0)
				err = es_timer_arm(p->next, 0);
		} else {
			err = es_watch_new(
			    s->loop, es_capture_engine_fd(p->engine), on_packets, p, &p->watch);
			if (err == 0)
				err = es_watch_want(p->watch, ES_WATCH_READ);
		}
	}
	return err;
}

/* A user who can write to the IPC socket's directory could listen there. A missing directory is made later. */
static int
check_place(const struct es_agent_config *cfg)
{
	char why[ES_TRUST_WHY_MAX];
	int err = es_trust_parent(cfg->hop_socket, cfg->hop_user, why);

	if (err == 0 || err == ES_ENOTFOUND)
		return 0;
	log_error("sensor: %s", why);
	return err;
}

static int
start(struct sensor *s, int ipc_fd)
{
	struct es_ipc_sender_config ipc = { 0, s->cfg->hop_bytes, send_datagram, s };
	struct es_reread_config reread = { "sensor", es_agent_options,
		s->cfg->options->top->place.file, on_reload, NULL };
	int err;

	while (ipc.run == 0)
		ipc.run = es_random_u64();
	err = es_ipc_sender_new(&ipc, &s->ipc);
	if (err == 0 && s->cfg->use_keys) {
		log_warn("sensor: holds the keys it hears in SDP to read SRTCP and check SRTP "
			 "(use-keys = yes)");
		err = es_srtp_new(&s->srtp); /* its library loads more: before the rights go */
	}
	if (err == 0)
		err = open_captures(s);
	if (err == 0)
		err = es_agent_rights_drop(s->cfg, "sensor");
	if (err == 0 && ipc_fd < 0)
		err = check_place(s->cfg);
	if (err == 0)
		err = es_loop_new(&s->loop);
	if (err == 0)
		err = es_timer_new(s->loop, on_tick, s, &s->tick);
	if (err == 0)
		err = es_timer_new(s->loop, on_reconnect, s, &s->reconnect);
	if (err == 0)
		err = es_timer_new(s->loop, on_give_up, s, &s->give_up);
	if (err == 0)
		err = es_sigwatch_new(s->loop, SIGTERM, on_signal, s, &s->signals[0]);
	if (err == 0)
		err = es_sigwatch_new(s->loop, SIGINT, on_signal, s, &s->signals[1]);
	if (err == 0)
		err = es_notify_new(s->loop, &s->notify);
	reread.notify = s->notify;
	if (err == 0)
		err = es_reread_new(s->loop, &reread, s, &s->hangup);
	if (err == 0)
		err = watch_captures(s);
	if (err == 0)
		err = es_timer_arm(s->tick, TICK_BUSY_MS);
	if (err != 0)
		return err;
	s->inherited = ipc_fd >= 0;
	if (s->inherited)
		use_link(s, ipc_fd);
	else
		connect_ipc(s);
	es_notify_ready(s->notify);
	return 0;
}

static void
stop(struct sensor *s)
{
	size_t i;

	for (i = 0; i < s->n_captures; i++) {
		es_watch_free(s->captures[i].watch);
		es_timer_free(s->captures[i].next);
		es_capture_engine_free(s->captures[i].engine);
	}
	es_srtp_free(s->srtp);
	for (i = 0; i < 2; i++)
		es_sigwatch_free(s->signals[i]);
	es_reread_free(s->hangup);
	es_notify_free(s->notify);
	es_watch_free(s->link);
	es_timer_free(s->tick);
	es_timer_free(s->reconnect);
	es_timer_free(s->give_up);
	es_ipc_sender_free(s->ipc);
	if (s->loop != NULL)
		es_loop_free(s->loop);
	if (s->fd >= 0)
		close(s->fd);
}

int
es_sensor_run(struct es_agent_config *cfg, int ipc_fd)
{
	struct sensor *s = calloc(1, sizeof(*s));
	int status;

	if (s == NULL)
		return 1;
	s->cfg = cfg;
	s->fd = -1;
	/* live at once; the records of a replay that ends within a minute do not depend on how fast */
	s->health_ms = es_agent_config_is_replay(cfg) ? es_clock_monotonic_ms() + HEALTH_MS : 0;
	if (start(s, ipc_fd) != 0) {
		s->status = 1;
	} else {
		log_info("sensor: %s at %zu place%s",
		    es_agent_config_is_replay(cfg) ? "replay" : "live", s->n_captures,
		    s->n_captures == 1 ? "" : "s");
		if (es_loop_run(s->loop) != 0)
			s->status = 1;
	}
	status = s->status;
	stop(s);
	free(s);
	return status;
}
