/* SPDX-License-Identifier: Apache-2.0 */
/* A loop and clocks that a test drives. */
#include "tests/sim/made_loop.h"

#include "runtime/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { STILL_MAX = 10000 }; /* rounds without the clock moving */

struct es_timer {
	struct es_loop *loop;
	struct es_timer *next;
	void (*fire)(void *ctx);
	void *ctx;
	int64_t due_ms;
	uint64_t order; /* of arming: of two due together the older goes first */
	bool is_armed;
};

struct es_watch {
	struct es_loop *loop;
	struct es_watch *next;
	void (*ready)(void *ctx, unsigned events);
	void *ctx;
	unsigned want;
	uint64_t seen; /* round in which it was called */
	int fd;
};

struct es_sigwatch {
	struct es_loop *loop;
	struct es_sigwatch *next;
	void (*fire)(void *ctx, int signo);
	void *ctx;
	int signo;
};

struct es_child {
	struct es_loop *loop;
	struct es_child *next;
	void (*ended)(void *ctx, int pid, int status);
	void *ctx;
	int pid;
};

struct es_loop {
	struct es_child *children;
	struct es_timer *timers;
	struct es_watch *watches;
	struct es_sigwatch *signals;
	uint64_t armed;
	uint64_t round;
	bool stop;
};

struct made_clock made_clock;
unsigned made_fail_in;
void (*made_run)(struct es_loop *l);

static bool
fails(void)
{
	return made_fail_in > 0 && --made_fail_in == 0;
}

/* ---- clocks ---- */

void
made_clock_reset(void)
{
	memset(&made_clock, 0, sizeof(made_clock));
	made_clock.monotonic_ns = 1000 * ES_NS_PER_S;
	made_clock.wall_ns = INT64_C(1799999000) * ES_NS_PER_S;
	memset(made_clock.boot_id, 0xb0, sizeof(made_clock.boot_id));
}

__attribute__((constructor)) static void
begin(void)
{
	made_clock_reset();
}

int64_t
es_clock_monotonic_ns(void)
{
	return made_clock.monotonic_ns;
}

int64_t
es_clock_monotonic_ms(void)
{
	return made_clock.monotonic_ns / ES_NS_PER_MS;
}

int64_t
es_clock_boot_ns(void)
{
	return made_clock.monotonic_ns + made_clock.boot_ahead_ns;
}

es_time
es_clock_wall(void)
{
	return es_time_of_ns(made_clock.wall_ns + es_clock_boot_ns());
}

int64_t
es_clock_cpu_us(void)
{
	return made_clock.cpu_us;
}

bool
es_clock_is_synchronised(void)
{
	return made_clock.synchronised;
}

int
es_clock_boot_id(uint8_t out[16])
{
	memcpy(out, made_clock.boot_id, 16);
	return 0;
}

/* ---- timers ---- */

int
es_timer_new(struct es_loop *l, void (*fire)(void *ctx), void *ctx, struct es_timer **out)
{
	struct es_timer *t = fails() ? NULL : calloc(1, sizeof(*t));

	if (t == NULL)
		return ES_ENOMEM;
	t->loop = l;
	t->fire = fire;
	t->ctx = ctx;
	t->next = l->timers;
	l->timers = t;
	*out = t;
	return 0;
}

int
es_timer_arm(struct es_timer *t, int64_t delay_ms)
{
	if (fails())
		return ES_EIO;
	t->due_ms = es_clock_monotonic_ms() + (delay_ms < 0 ? 0 : delay_ms);
	t->order = t->loop->armed++;
	t->is_armed = true;
	return 0;
}

void
es_timer_disarm(struct es_timer *t)
{
	t->is_armed = false;
}

bool
es_timer_is_armed(const struct es_timer *t)
{
	return t->is_armed;
}

void
es_timer_free(struct es_timer *t)
{
	struct es_timer **at;

	errno = EBADF; /* as a free may: who wants it afterwards keeps it */
	if (t == NULL)
		return;
	for (at = &t->loop->timers; *at != t; at = &(*at)->next)
		;
	*at = t->next;
	free(t);
}

static struct es_timer *
next_timer(const struct es_loop *l)
{
	struct es_timer *first = NULL;

	for (struct es_timer *t = l->timers; t != NULL; t = t->next)
		if (t->is_armed && (first == NULL || t->due_ms < first->due_ms ||
				       (t->due_ms == first->due_ms && t->order < first->order)))
			first = t;
	return first;
}

/* ---- descriptors ---- */

int
es_watch_new(struct es_loop *l, int fd, void (*ready)(void *ctx, unsigned events), void *ctx,
    struct es_watch **out)
{
	struct es_watch *w = fails() ? NULL : calloc(1, sizeof(*w));

	if (w == NULL)
		return ES_ENOMEM;
	w->loop = l;
	w->fd = fd;
	w->ready = ready;
	w->ctx = ctx;
	w->next = l->watches;
	l->watches = w;
	*out = w;
	return 0;
}

int
es_watch_want(struct es_watch *w, unsigned events)
{
	if (events != 0 && fails())
		return ES_EIO;
	w->want = events;
	return 0;
}

void
es_watch_free(struct es_watch *w)
{
	struct es_watch **at;

	errno = EBADF; /* as above */
	if (w == NULL)
		return;
	for (at = &w->loop->watches; *at != w; at = &(*at)->next)
		;
	*at = w->next;
	free(w);
}

/* Which of its wishes a descriptor fulfils. */
static unsigned
ready_events(const struct es_watch *w)
{
	struct pollfd p = { w->fd, 0, 0 };
	unsigned events = 0;

	p.events = (short)(((w->want & ES_WATCH_READ) != 0 ? POLLIN : 0) |
			   ((w->want & ES_WATCH_WRITE) != 0 ? POLLOUT : 0));
	if (w->want == 0 || poll(&p, 1, 0) <= 0)
		return 0;
	if ((p.revents & (POLLIN | POLLHUP | POLLERR)) != 0)
		events |= w->want & ES_WATCH_READ;
	if ((p.revents & (POLLOUT | POLLHUP | POLLERR)) != 0)
		events |= w->want & ES_WATCH_WRITE;
	return events;
}

/* One descriptor that was not called in this round. A callback may free any: begin again after each. */
static bool
call_one_watch(struct es_loop *l)
{
	for (struct es_watch *w = l->watches; w != NULL; w = w->next) {
		unsigned events;

		if (w->seen == l->round)
			continue;
		events = ready_events(w);
		if (events == 0)
			continue;
		w->seen = l->round;
		w->ready(w->ctx, events);
		return true;
	}
	return false;
}

/* ---- the loop ---- */

int
es_loop_new(struct es_loop **out)
{
	*out = calloc(1, sizeof(**out));
	return *out == NULL ? ES_ENOMEM : 0;
}

void
es_loop_free(struct es_loop *l)
{
	if (l != NULL && made_left(l) != 0)
		abort(); /* they would be called on a loop that is gone */
	free(l);
}

void
es_loop_stop(struct es_loop *l)
{
	l->stop = true;
}

bool
made_stopped(const struct es_loop *l)
{
	return l->stop;
}

/* Everything that is due at this instant, once. False: nothing was. */
static bool
round_of(struct es_loop *l)
{
	struct es_timer *t = next_timer(l);
	bool did = false;

	l->round++;
	while (!l->stop && call_one_watch(l))
		did = true;
	if (!l->stop && t != NULL && (t = next_timer(l)) != NULL &&
	    t->due_ms <= es_clock_monotonic_ms()) {
		t->is_armed = false;
		t->fire(t->ctx);
		did = true;
	}
	return did;
}

void
made_settle(struct es_loop *l)
{
	for (int i = 0; !l->stop && round_of(l); i++)
		if (i == STILL_MAX)
			abort(); /* something wakes itself for ever while the clock stands */
}

int64_t
made_next_ms(const struct es_loop *l)
{
	const struct es_timer *t = next_timer(l);

	return t == NULL ? -1 : t->due_ms - es_clock_monotonic_ms();
}

void
made_pass(struct es_loop *l, int64_t ms)
{
	int64_t end_ns = made_clock.monotonic_ns + ms * ES_NS_PER_MS;

	made_settle(l);
	for (const struct es_timer *t = next_timer(l);
	     !l->stop && t != NULL && t->due_ms * ES_NS_PER_MS <= end_ns; t = next_timer(l)) {
		made_clock.monotonic_ns = t->due_ms * ES_NS_PER_MS;
		made_settle(l);
	}
	made_clock.monotonic_ns = end_ns;
}

int
es_loop_run(struct es_loop *l)
{
	if (made_run == NULL)
		abort(); /* a test that runs a role says how */
	made_run(l);
	return 0;
}

int
es_loop_round(struct es_loop *l, int wait_ms)
{
	made_pass(l, wait_ms < 0 ? 0 : wait_ms);
	return 0;
}

/* ---- signals ---- */

int
es_sigwatch_new(struct es_loop *l, int signo, void (*fire)(void *ctx, int signo), void *ctx,
    struct es_sigwatch **out)
{
	struct es_sigwatch *s = fails() ? NULL : calloc(1, sizeof(*s));

	if (s == NULL)
		return ES_ENOMEM;
	s->loop = l;
	s->signo = signo;
	s->fire = fire;
	s->ctx = ctx;
	s->next = l->signals;
	l->signals = s;
	*out = s;
	return 0;
}

void
es_sigwatch_free(struct es_sigwatch *s)
{
	struct es_sigwatch **at;

	if (s == NULL)
		return;
	for (at = &s->loop->signals; *at != s; at = &(*at)->next)
		;
	*at = s->next;
	free(s);
}

bool
made_signal(struct es_loop *l, int signo)
{
	for (struct es_sigwatch *s = l->signals; s != NULL; s = s->next)
		if (s->signo == signo) {
			s->fire(s->ctx, signo);
			return true;
		}
	return false;
}

/* ---- children ---- */

int
es_child_new(struct es_loop *l, int pid, void (*ended)(void *ctx, int pid, int status), void *ctx,
    struct es_child **out)
{
	struct es_child *c = fails() ? NULL : calloc(1, sizeof(*c));

	if (c == NULL)
		return ES_ENOMEM;
	c->loop = l;
	c->pid = pid;
	c->ended = ended;
	c->ctx = ctx;
	c->next = l->children;
	l->children = c;
	*out = c;
	return 0;
}

void
es_child_free(struct es_child *c)
{
	struct es_child **at;

	if (c == NULL)
		return;
	for (at = &c->loop->children; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	free(c);
}

bool
made_child_ends(struct es_loop *l, int pid, int status)
{
	for (struct es_child *c = l->children; c != NULL; c = c->next)
		if (c->pid == pid) {
			c->ended(c->ctx, pid, status);
			return true;
		}
	return false;
}

unsigned
made_left(const struct es_loop *l)
{
	unsigned n = 0;

	for (const struct es_child *c = l->children; c != NULL; c = c->next)
		n++;
	for (const struct es_timer *t = l->timers; t != NULL; t = t->next)
		n++;
	for (const struct es_watch *w = l->watches; w != NULL; w = w->next)
		n++;
	for (const struct es_sigwatch *s = l->signals; s != NULL; s = s->next)
		n++;
	return n;
}
