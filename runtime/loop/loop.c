/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop of a process: timers, descriptors, signals, children. */
#include "runtime/loop/loop.h"

#include "runtime/loop/loop_private.h"

#include <event2/dns.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

struct es_timer {
	struct event *ev;
	void (*fire)(void *ctx);
	void *ctx;
};

struct es_watch {
	struct event_base *base;
	struct event *ev;
	int fd;
	unsigned want;
	void (*ready)(void *ctx, unsigned events);
	void *ctx;
};

struct es_sigwatch {
	struct event *ev;
	void (*fire)(void *ctx, int signo);
	void *ctx;
};

struct es_child {
	struct es_loop *loop;
	struct es_child *next;
	int pid;
	void (*ended)(void *ctx, int pid, int status);
	void *ctx;
};

int
es_loop_new(struct es_loop **out)
{
	struct event_config *cfg = event_config_new();
	struct es_loop *l = calloc(1, sizeof(*l));

	if (cfg == NULL || l == NULL)
		goto fail;
	/* a peer that hangs up is an error code of the write, never the end of the process */
	(void)signal(SIGPIPE, SIG_IGN);
	/* a timer of a second need not be exact to the microsecond, but must not wake early */
	(void)event_config_set_flag(cfg, EVENT_BASE_FLAG_PRECISE_TIMER); /* only a wish */
	l->base = event_base_new_with_config(cfg);
	if (l->base == NULL)
		goto fail;
	event_config_free(cfg);
	*out = l;
	return 0;
fail:
	if (cfg != NULL)
		event_config_free(cfg);
	free(l);
	return ES_ENOMEM;
}

int
es_loop_run(struct es_loop *l)
{
	return event_base_dispatch(l->base) < 0 ? ES_EIO : 0;
}

static void
nothing(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	(void)ctx;
}

int
es_loop_round(struct es_loop *l, int wait_ms)
{
	int flags = EVLOOP_ONCE;
	struct event *limit = NULL;
	int err;

	if (wait_ms == 0) {
		flags |= EVLOOP_NONBLOCK;
	} else if (wait_ms > 0) {
		struct timeval tv = { wait_ms / 1000, wait_ms % 1000 * 1000 };

		limit = event_new(l->base, -1, 0, nothing, NULL);
		if (limit == NULL || event_add(limit, &tv) != 0) {
			if (limit != NULL)
				event_free(limit);
			return ES_EIO;
		}
	}
	err = event_base_loop(l->base, flags);
	if (limit != NULL)
		event_free(limit);
	return err < 0 ? ES_EIO : 0;
}

void
es_loop_stop(struct es_loop *l)
{
	(void)event_base_loopbreak(l->base); /* fails only without a base */
}

void
es_loop_free(struct es_loop *l)
{
	if (l == NULL)
		return;
	if (l->sigchld != NULL)
		event_free(l->sigchld);
	if (l->dns != NULL)
		evdns_base_free(l->dns, 0);
	event_base_free(l->base);
	free(l);
}

/*
 * A machine may have no /etc/resolv.conf yet, or one without a nameserver: literals and /etc/hosts need
 * neither, and the next look-up reads it again.
 */
static void
read_nameservers(struct es_loop *l)
{
	(void)evdns_base_clear_nameservers_and_suspend(l->dns);
	evdns_base_clear_host_addresses(l->dns);
	l->has_nameservers =
	    evdns_base_resolv_conf_parse(l->dns, DNS_OPTIONS_ALL, "/etc/resolv.conf") == 0;
	(void)evdns_base_resume(l->dns);
}

struct evdns_base *
es_loop_dns(struct es_loop *l)
{
	/* inactive: an idle resolver must not keep the loop alive */
	if (l->dns == NULL)
		l->dns = evdns_base_new(l->base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (l->dns != NULL && !l->has_nameservers)
		read_nameservers(l);
	return l->dns;
}

/* ---- timers ---- */

static void
on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct es_timer *t = ctx;

	(void)fd;
	(void)what;
	t->fire(t->ctx);
}

int
es_timer_new(struct es_loop *l, void (*fire)(void *ctx), void *ctx, struct es_timer **out)
{
	struct es_timer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return ES_ENOMEM;
	t->fire = fire;
	t->ctx = ctx;
	t->ev = event_new(l->base, -1, 0, on_timer, t);
	if (t->ev == NULL) {
		free(t);
		return ES_ENOMEM;
	}
	*out = t;
	return 0;
}

int
es_timer_arm(struct es_timer *t, int64_t delay_ms)
{
	int64_t ms = delay_ms < 0 ? 0 : delay_ms;
	struct timeval tv = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };

	return event_add(t->ev, &tv) != 0 ? ES_EIO : 0;
}

void
es_timer_disarm(struct es_timer *t)
{
	(void)event_del(t->ev); /* not armed is fine */
}

bool
es_timer_is_armed(const struct es_timer *t)
{
	return event_pending(t->ev, EV_TIMEOUT, NULL) != 0;
}

void
es_timer_free(struct es_timer *t)
{
	if (t == NULL)
		return;
	event_free(t->ev);
	free(t);
}

/* ---- descriptors ---- */

static void
on_ready(evutil_socket_t fd, short what, void *ctx)
{
	struct es_watch *w = ctx;
	unsigned events = ((what & EV_READ) != 0 ? (unsigned)ES_WATCH_READ : 0u) |
			  ((what & EV_WRITE) != 0 ? (unsigned)ES_WATCH_WRITE : 0u);

	(void)fd;
	w->ready(w->ctx, events);
}

int
es_watch_new(struct es_loop *l, int fd, void (*ready)(void *ctx, unsigned events), void *ctx,
    struct es_watch **out)
{
	struct es_watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return ES_ENOMEM;
	w->base = l->base;
	w->fd = fd;
	w->ready = ready;
	w->ctx = ctx;
	w->ev = event_new(l->base, fd, EV_PERSIST, on_ready, w);
	if (w->ev == NULL) {
		free(w);
		return ES_ENOMEM;
	}
	*out = w;
	return 0;
}

int
es_watch_want(struct es_watch *w, unsigned events)
{
	short what = EV_PERSIST;

	if (events == w->want)
		return 0;
	if ((events & ES_WATCH_READ) != 0)
		what |= EV_READ;
	if ((events & ES_WATCH_WRITE) != 0)
		what |= EV_WRITE;
	(void)event_del(w->ev); /* an event may be assigned again only while it is not pending */
	w->want = 0;
	if (events == 0)
		return 0;
	if (event_assign(w->ev, w->base, w->fd, what, on_ready, w) != 0 ||
	    event_add(w->ev, NULL) != 0)
		return ES_EIO;
	w->want = events;
	return 0;
}

void
es_watch_free(struct es_watch *w)
{
	if (w == NULL)
		return;
	event_free(w->ev);
	free(w);
}

/* ---- signals ---- */

static void
on_signal(evutil_socket_t signo, short what, void *ctx)
{
	struct es_sigwatch *s = ctx;

	(void)what;
	s->fire(s->ctx, (int)signo);
}

int
es_sigwatch_new(struct es_loop *l, int signo, void (*fire)(void *ctx, int signo), void *ctx,
    struct es_sigwatch **out)
{
	struct es_sigwatch *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return ES_ENOMEM;
	s->fire = fire;
	s->ctx = ctx;
	s->ev = evsignal_new(l->base, signo, on_signal, s);
	if (s->ev == NULL || event_add(s->ev, NULL) != 0) {
		es_sigwatch_free(s);
		return ES_EIO;
	}
	*out = s;
	return 0;
}

void
es_sigwatch_free(struct es_sigwatch *s)
{
	if (s == NULL)
		return;
	if (s->ev != NULL)
		event_free(s->ev);
	free(s);
}

/* ---- children ---- */

/* Takes c out of the list; false: it was not in it any more. */
static bool
unlink_child(struct es_child *c)
{
	for (struct es_child **at = &c->loop->children; *at != NULL; at = &(*at)->next) {
		if (*at != c)
			continue;
		*at = c->next;
		c->next = NULL;
		return true;
	}
	return false;
}

/* Signals merge: every child is asked. A callback may change the list, so begin again after each. */
static void
on_sigchld(evutil_socket_t signo, short what, void *ctx)
{
	struct es_loop *l = ctx;
	bool again = true;

	(void)signo;
	(void)what;
	while (again) {
		again = false;
		for (struct es_child *c = l->children; c != NULL; c = c->next) {
			int status = 0;

			if (waitpid(c->pid, &status, WNOHANG) != c->pid)
				continue;
			(void)unlink_child(c); /* found in the list a line above */
			c->ended(c->ctx, c->pid, status);
			again = true;
			break;
		}
	}
}

int
es_child_new(struct es_loop *l, int pid, void (*ended)(void *ctx, int pid, int status), void *ctx,
    struct es_child **out)
{
	struct es_child *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return ES_ENOMEM;
	if (l->sigchld == NULL) {
		l->sigchld = evsignal_new(l->base, SIGCHLD, on_sigchld, l);
		if (l->sigchld == NULL || event_add(l->sigchld, NULL) != 0) {
			free(c);
			return ES_EIO;
		}
	}
	c->loop = l;
	c->pid = pid;
	c->ended = ended;
	c->ctx = ctx;
	c->next = l->children;
	l->children = c;
	event_active(l->sigchld, EV_SIGNAL, 1); /* it may have ended before we listened */
	*out = c;
	return 0;
}

void
es_child_free(struct es_child *c)
{
	if (c == NULL)
		return;
	(void)unlink_child(c); /* it may have ended */
	free(c);
}
