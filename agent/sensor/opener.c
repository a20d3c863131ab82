/* SPDX-License-Identifier: Apache-2.0 */
/* The role "sensor": interfaces, the hop and the parser that reads them. */
#include "agent/sensor/opener.h"

#include "agent/agent_reload.h"
#include "agent/agent_rights.h"
#include "agent/capture/kernel_filter.h"
#include "agent/ipc/ipc_socket.h"
#include "agent/sensor/crashes.h"
#include "agent/sensor/links.h"
#include "agent/sensor/parser_process.h"
#include "agent/sensor/stand_in.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/loop/reread.h"
#include "runtime/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	RECONNECT_MS = 1000,  /* to the shipper */
	LOOK_MS = 1000,       /* between two looks for what is away, should the kernel not tell */
	LOST_MS = 100,        /* before a ring that broke is opened again */
	LOG_EVERY_MS = 60000, /* of what repeats itself */
	LOST_MAX = 16,        /* rings of one place that was there all the time; honest are few */
	GRACE_MS = 4000,      /* after SIGTERM the parser has so long */
	INTERRUPTED = 1,      /* exit status where something broke */
};

struct place {
	bool is_open;       /* as far as we know */
	bool is_said;       /* that it is away */
	bool lacks_tunnels; /* that was said, too */
	uint32_t index;
	uint32_t n_lost; /* by the present parser, while it was there */
	struct es_log_limit limit;
};

struct opener {
	struct es_agent_config *cfg;
	struct es_loop *loop;
	struct es_parser_process *parser; /* NULL: none runs */
	struct es_stand_in *stand_in;     /* while none runs */
	struct es_crashes crashes;
	struct place places[ES_CAPTURES_MAX];
	bool is_replay;
	bool is_ready; /* the present parser */
	int hop;       /* inherited; -1: by path */
	int links;
	struct es_watch *changes;
	struct es_timer *look, *reconnect, *again, *grace;
	struct es_sigwatch *signals[2];
	struct es_reread *hangup;
	struct es_notify *notify; /* NULL: no service manager listens */
	struct es_log_limit limit;
	bool is_stopping;
	int status;
};

static void
end(struct opener *o, int status)
{
	o->status = status;
	es_loop_stop(o->loop);
}

static void
tell(struct opener *o, enum es_handover_type type, uint32_t n)
{
	const struct es_handover m = { .type = type, .n = n };

	if (o->parser != NULL)
		es_parser_process_tell(o->parser, &m, -1);
}

/* ---- interfaces ---- */

static bool
wants_payload(const struct es_agent_config *cfg)
{
	return cfg->use_payload || cfg->use_keys;
}

static void
warn_of_tunnels(struct place *p, const char *interface, uint32_t n)
{
	if (n == ES_KERNEL_FILTER_TUNNELS_MAX || p->lacks_tunnels)
		return;
	p->lacks_tunnels = true;
	log_warn("sensor: %s: the kernel took a filter that looks into %u of %d tunnels: calls in "
		 "more are not measured; net.core.optmem_max = 131072 has room for it",
	    interface, n, ES_KERNEL_FILTER_TUNNELS_MAX);
}

static int
open_place(struct opener *o, uint32_t i)
{
	const struct es_capture_section *s = &o->cfg->captures[i];
	const struct es_ring_config ring = { s->interface, s->buffer_bytes, s->block_timeout_ms,
		s->promiscuous, wants_payload(o->cfg) };
	struct es_handover m = { .type = ES_HANDOVER_CAPTURE, .n = i };
	struct place *p = &o->places[i];
	char error[ES_CAPTURE_ERROR_MAX];
	uint32_t held_back;
	int fd, err = es_ring_open(&ring, &fd, &m.layout, error);

	if (err == 0) {
		if (p->is_said)
			log_info("sensor: %s: is there: listening", s->interface);
		warn_of_tunnels(p, s->interface, m.layout.tunnels);
		p->is_open = true;
		p->is_said = false;
		p->index = m.layout.index;
		es_parser_process_tell(o->parser, &m, fd);
		close(fd); /* the parser's copy keeps it */
	} else if (err != ES_ENOTFOUND && es_log_limit_pass(&p->limit, es_clock_monotonic_ms(),
					      LOG_EVERY_MS, &held_back)) {
		log_error("sensor: %s", error);
	}
	return err;
}

/* Opens what is there, and tells the parser what is not. 0; else what an interface could not be opened for. */
static int
look_at(struct opener *o, uint32_t i)
{
	const char *name = o->cfg->captures[i].interface;
	struct place *p = &o->places[i];
	uint32_t index;
	int err = es_links_look(name, &index);
	bool is_up = err == 0;

	if (err == ES_EINVALID) {
		log_error("sensor: %s: no interface can have this name", name);
		return err;
	}
	if (p->is_open && (!is_up || index != p->index)) {
		p->is_open = false;
		tell(o, ES_HANDOVER_AWAY, i);
	}
	if (p->is_open)
		return 0;
	if (!is_up && !p->is_said) {
		p->is_said = true;
		log_warn("sensor: %s: no such interface, or it is down: waiting for it", name);
	}
	return is_up ? open_place(o, i) : ES_ENOTFOUND;
}

/* The first reason why something cannot be opened at all; what is only away is waited for. */
static int
look_at_all(struct opener *o)
{
	int err, first = 0;
	bool is_all = true;

	if (o->is_replay || o->parser == NULL)
		return 0;
	for (uint32_t i = 0; i < o->cfg->n_captures; i++) {
		err = look_at(o, i);
		is_all = is_all && err == 0;
		if (first == 0 && err != ES_ENOTFOUND)
			first = err;
	}
	if (!is_all)
		(void)es_timer_arm(o->look, LOOK_MS);
	return first;
}

static void
on_look(void *ctx)
{
	(void)look_at_all(ctx);
}

static void
on_changes(void *ctx, unsigned events)
{
	struct opener *o = ctx;

	(void)events;
	es_links_drain(o->links);
	(void)look_at_all(o);
}

/* ---- the hop ---- */

/* To the parser, or to who stands in for it. fd stays the caller's. */
static void
give_hop(struct opener *o, int fd)
{
	const struct es_handover m = { .type = ES_HANDOVER_HOP, .n = o->hop < 0 };
	int copy;

	if (o->parser != NULL) {
		es_parser_process_tell(o->parser, &m, fd);
		return;
	}
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0 || es_stand_in_new(o->loop, copy, o->crashes.n, &o->stand_in) != 0)
		log_error("sensor: cannot report its health: out of memory");
}

static void
connect_hop(struct opener *o)
{
	uint32_t held_back;
	uid_t user = 0;
	int fd;

	if (o->hop >= 0) {
		give_hop(o, o->hop);
		return;
	}
	fd = es_unix_connect(o->cfg->hop_socket, SOCK_SEQPACKET, o->cfg->hop_user, &user);
	if (fd >= 0) {
		es_ipc_socket_prepare(fd); /* the parser may not */
		give_hop(o, fd);
		close(fd);
		return;
	}
	(void)es_timer_arm(o->reconnect, RECONNECT_MS);
	if (!es_log_limit_pass(&o->limit, es_clock_monotonic_ms(), LOG_EVERY_MS, &held_back))
		return;
	if (fd == ES_EDENIED)
		log_error("sensor: user %u listens at %s: nothing is handed over; hop-user names "
			  "another user that is right",
		    (unsigned)user, o->cfg->hop_socket);
	else
		log_warn("sensor: no shipper at %s: %s; trying every second", o->cfg->hop_socket,
		    strerror(errno));
}

static void
on_reconnect(void *ctx)
{
	connect_hop(ctx);
}

static void
lose_hop(struct opener *o)
{
	if (o->hop < 0) {
		(void)es_timer_arm(o->reconnect, RECONNECT_MS);
		return;
	}
	log_error("sensor: the supervisor is gone");
	end(o, INTERRUPTED);
}

/* ---- the parser ---- */

/*
 * The parser keeps a ring as long as it is mapped, and no limit of a process counts that memory: whoever took it over could
 * have all of the machine's. A ring of an interface that is down did break; of one that is there, only so many do.
 */
static void
lose_capture(struct opener *o, uint32_t i)
{
	const char *name = o->cfg->captures[i].interface;
	struct place *p = &o->places[i];
	uint32_t index;

	if (o->is_replay)
		return;
	if (p->is_open && es_links_look(name, &index) == 0 && index == p->index &&
	    ++p->n_lost > LOST_MAX) {
		log_error(
		    "sensor: %s: the parser lost it %u times while it was there: it is killed",
		    name, p->n_lost);
		es_parser_process_kill(o->parser);
		return;
	}
	p->is_open = false;
	(void)es_timer_arm(o->look, LOST_MS);
}

static void
on_said(void *ctx, const struct es_handover *m)
{
	struct opener *o = ctx;

	if (m->type == ES_HANDOVER_READY && !o->is_ready) {
		o->is_ready = true;
		es_notify_ready(o->notify);
		log_info("sensor: %s at %zu place%s", o->is_replay ? "replay" : "live",
		    o->cfg->n_captures, o->cfg->n_captures == 1 ? "" : "s");
	} else if (m->type == ES_HANDOVER_HOP_LOST) {
		lose_hop(o);
	} else if (m->type == ES_HANDOVER_CAPTURE_LOST && m->n < o->cfg->n_captures) {
		lose_capture(o, m->n);
	}
}

static void on_ended(void *ctx, int status);

static int
begin(struct opener *o)
{
	const struct es_parser_process_events events = { on_said, on_ended, o };
	int err;

	es_stand_in_free(o->stand_in);
	o->stand_in = NULL;
	o->is_ready = false;
	err = es_parser_process_new(o->loop, o->cfg, (uint32_t)o->crashes.n, &events, &o->parser);
	if (err != 0)
		return err;
	memset(o->places, 0, sizeof(o->places));
	connect_hop(o);
	return look_at_all(o);
}

/* Its interfaces and its hop went with it; a record says so at once. */
static void
await(struct opener *o, int status)
{
	int64_t now = es_clock_monotonic_ms();
	int64_t ran_ms = now - es_parser_process_started_ms(o->parser);
	bool was_degraded = o->crashes.is_degraded;
	int delay_ms = es_crashes_note(&o->crashes, now, ran_ms);

	if (WIFSIGNALED(status))
		log_error("sensor: the parser was killed by signal %d: started again in %d ms",
		    WTERMSIG(status), delay_ms);
	else
		log_error("sensor: the parser ended with status %d: started again in %d ms",
		    WEXITSTATUS(status), delay_ms);
	if (o->crashes.is_degraded && !was_degraded)
		log_error("sensor: the parser crashed %d times within %d minutes: calls are "
			  "measured only in between",
		    ES_CRASHES_MANY, ES_CRASHES_WINDOW_MS / 60000);
	es_parser_process_free(o->parser);
	o->parser = NULL;
	if (es_timer_arm(o->again, delay_ms) != 0)
		end(o, INTERRUPTED);
	es_timer_disarm(o->look);
	connect_hop(o);
}

static void
on_ended(void *ctx, int status)
{
	struct opener *o = ctx;
	bool is_wanted = o->is_replay || o->is_stopping;

	/* One that served may have been taken over since: what it says by its end is no more than a crash. */
	if (!is_wanted && (o->is_ready || !WIFEXITED(status)))
		await(o, status);
	else if (WIFEXITED(status) && (is_wanted || WEXITSTATUS(status) != 0))
		end(o, WEXITSTATUS(status));
	else
		end(o, INTERRUPTED);
}

static void
on_again(void *ctx)
{
	struct opener *o = ctx;

	es_timer_disarm(o->reconnect);
	if (begin(o) != 0)
		end(o, INTERRUPTED);
}

static void
on_grace(void *ctx)
{
	struct opener *o = ctx;

	log_warn("sensor: the parser did not end in time");
	es_parser_process_kill(o->parser);
}

static void
on_signal(void *ctx, int signo)
{
	struct opener *o = ctx;

	(void)signo;
	es_notify_stopping(o->notify);
	if (o->parser == NULL) {
		end(o, 0);
		return;
	}
	o->is_stopping = true;
	tell(o, ES_HANDOVER_STOP, 0);
	(void)es_timer_arm(o->grace, GRACE_MS);
}

static void
on_reload(void *ctx, struct es_options *given)
{
	struct opener *o = ctx;
	struct es_reload_process self = {
		.name = "sensor", .bit = ES_IN_SENSOR, .is_child = o->hop >= 0
	};
	struct es_agent_changes changes; /* none is for the sensor */

	if (es_agent_reload(o->cfg, given, &self, &changes) != 0)
		return;
	tell(o, ES_HANDOVER_LOG_LEVEL, (uint32_t)o->cfg->log_level);
	log_info("sensor: configuration read again");
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

/* Without word of changes it looks again and again while something is away. */
static int
watch_links(struct opener *o)
{
	int err;

	if (o->is_replay)
		return 0;
	o->links = es_links_watch();
	if (o->links < 0) {
		log_warn("sensor: no word of interfaces that come and go: %s", strerror(errno));
		return 0;
	}
	err = es_watch_new(o->loop, o->links, on_changes, o, &o->changes);
	return err != 0 ? err : es_watch_want(o->changes, ES_WATCH_READ);
}

static int
new_timers(struct opener *o)
{
	int err = es_timer_new(o->loop, on_look, o, &o->look);

	if (err == 0)
		err = es_timer_new(o->loop, on_reconnect, o, &o->reconnect);
	if (err == 0)
		err = es_timer_new(o->loop, on_again, o, &o->again);
	if (err == 0)
		err = es_timer_new(o->loop, on_grace, o, &o->grace);
	return err;
}

static int
start(struct opener *o)
{
	struct es_reread_config reread = { "sensor", es_agent_options,
		o->cfg->options->top->place.file, on_reload, NULL };
	int err = es_agent_rights_keep(o->cfg, "sensor", o->is_replay ? NULL : "net_raw");

	if (err == 0 && o->hop < 0)
		err = check_place(o->cfg);
	if (err == 0)
		err = es_loop_new(&o->loop);
	if (err == 0)
		err = new_timers(o);
	if (err == 0)
		err = es_sigwatch_new(o->loop, SIGTERM, on_signal, o, &o->signals[0]);
	if (err == 0)
		err = es_sigwatch_new(o->loop, SIGINT, on_signal, o, &o->signals[1]);
	if (err == 0)
		err = es_notify_new(o->loop, &o->notify);
	reread.notify = o->notify;
	if (err == 0)
		err = es_reread_new(o->loop, &reread, o, &o->hangup);
	if (err == 0)
		err = watch_links(o);
	if (err == 0 && !o->is_replay && wants_payload(o->cfg))
		log_warn("sensor: speech reaches this process (%s = yes): the kernel does not cut "
			 "packets",
		    o->cfg->use_payload ? "payload" : "use-keys");
	return err != 0 ? err : begin(o);
}

static void
stop(struct opener *o)
{
	es_parser_process_free(o->parser);
	es_stand_in_free(o->stand_in);
	es_watch_free(o->changes);
	es_timer_free(o->look);
	es_timer_free(o->reconnect);
	es_timer_free(o->again);
	es_timer_free(o->grace);
	for (int i = 0; i < 2; i++)
		es_sigwatch_free(o->signals[i]);
	es_reread_free(o->hangup);
	es_notify_free(o->notify);
	if (o->loop != NULL)
		es_loop_free(o->loop);
	if (o->links >= 0)
		close(o->links);
	if (o->hop >= 0)
		close(o->hop);
}

int
es_opener_run(struct es_agent_config *cfg, int hop_fd)
{
	struct opener *o = calloc(1, sizeof(*o));
	int status;

	if (o == NULL)
		return 1;
	o->cfg = cfg;
	o->hop = hop_fd;
	o->links = -1;
	o->is_replay = es_agent_config_is_replay(cfg);
	if (o->hop >= 0)
		es_ipc_socket_prepare(o->hop);
	if (start(o) != 0 || es_loop_run(o->loop) != 0)
		o->status = 1;
	status = o->status;
	stop(o);
	free(o);
	return status;
}
