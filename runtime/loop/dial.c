/* SPDX-License-Identifier: Apache-2.0 */
/* Host names resolved, and outgoing connections. */
#include "runtime/loop/dial.h"

#include "runtime/host_port.h"
#include "runtime/loop/loop_private.h"
#include "runtime/loop/sockaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/dns.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ADDRESSES_MAX = 16, REASON_MAX = 160 };

/*
 * The question for the addresses of a host. Answered in the loop, once: err 0 and n addresses (port
 * filled in), or ES_ENOTFOUND / ES_EIO with n = 0 and a reason. It frees itself after the answer;
 * cancel_resolve before it means no answer.
 */
struct resolve {
	struct evdns_getaddrinfo_request *req;
	struct es_timer *later; /* an answer that was there at once waits for the loop */
	bool cancelled;
	bool answered;
	int err;
	char reason[REASON_MAX];
	char host[ES_HOST_MAX];
	struct es_addr addrs[ADDRESSES_MAX];
	size_t n;
	void (*done)(void *ctx, int err, const struct es_addr *addrs, size_t n, const char *reason);
	void *ctx;
};

struct es_dial {
	struct es_loop *loop;
	struct resolve *resolve;
	struct es_timer *deadline;
	struct es_watch *watch;
	int fd;
	struct es_addr addrs[ADDRESSES_MAX];
	size_t n;
	size_t at;
	char reason[REASON_MAX];
	es_dial_done *done;
	void *ctx;
};

/* ---- resolve ---- */

static void
free_resolve(struct resolve *r)
{
	es_timer_free(r->later);
	free(r);
}

static void
answer(void *ctx)
{
	struct resolve *r = ctx;

	r->done(r->ctx, r->err, r->addrs, r->n, r->reason);
	free_resolve(r);
}

static void
on_resolved(int err, struct evutil_addrinfo *res, void *ctx)
{
	struct resolve *r = ctx;

	r->req = NULL;
	r->answered = true;
	for (struct evutil_addrinfo *ai = res; ai != NULL && r->n < ADDRESSES_MAX; ai = ai->ai_next)
		if (es_sockaddr_read(ai->ai_addr, &r->addrs[r->n]) == 0)
			r->n++;
	if (res != NULL)
		evutil_freeaddrinfo(res);
	if (r->cancelled) {
		free_resolve(r);
		return;
	}
	if (err != 0 || r->n == 0) {
		r->n = 0;
		r->err = err == EVUTIL_EAI_NONAME || err == 0 ? ES_ENOTFOUND : ES_EIO;
		(void)snprintf(r->reason, sizeof(r->reason), "resolve %.100s: %s", r->host,
		    err == 0 ? "no address" : evutil_gai_strerror(err));
	}
	/* evdns answers literals and /etc/hosts from inside the question: hand on from the loop */
	if (es_timer_arm(r->later, 0) != 0)
		answer(r);
}

static int
start_resolve(struct es_loop *l, const char *host, uint16_t port,
    void (*done)(void *ctx, int err, const struct es_addr *addrs, size_t n, const char *reason),
    void *ctx, struct resolve **out)
{
	struct evutil_addrinfo hints;
	struct evdns_base *dns;
	struct evdns_getaddrinfo_request *req;
	struct resolve *r;
	char service[8];

	if (strlen(host) >= ES_HOST_MAX)
		return ES_EINVALID;
	dns = es_loop_dns(l);
	if (dns == NULL)
		return ES_ENOMEM;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return ES_ENOMEM;
	if (es_timer_new(l, answer, r, &r->later) != 0) {
		free(r);
		return ES_ENOMEM;
	}
	r->done = done;
	r->ctx = ctx;
	(void)snprintf(r->host, sizeof(r->host), "%s", host);
	(void)snprintf(service, sizeof(service), "%u", (unsigned)port);
	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = EVUTIL_AI_NUMERICSERV;
	req = evdns_getaddrinfo(dns, r->host, service, &hints, on_resolved, r);
	if (!r->answered)
		r->req = req;
	*out = r;
	return 0;
}

static void
cancel_resolve(struct resolve *r)
{
	if (r == NULL)
		return;
	if (r->answered || r->req == NULL) {
		free_resolve(r);
		return;
	}
	r->cancelled = true; /* on_resolved comes once more, with EVUTIL_EAI_CANCEL, and frees */
	evdns_getaddrinfo_cancel(r->req);
}

/* ---- dial ---- */

static void try_next(struct es_dial *d);

static void
close_attempt(struct es_dial *d)
{
	es_watch_free(d->watch);
	d->watch = NULL;
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}

static void
finish(struct es_dial *d, int err)
{
	es_dial_done *done = d->done;
	void *ctx = d->ctx;
	char reason[REASON_MAX];
	int fd = d->fd;

	memcpy(reason, d->reason, sizeof(reason));
	if (err == 0) {
		d->fd = -1;
		reason[0] = '\0';
	} else {
		fd = -1;
	}
	es_dial_cancel(d);
	done(ctx, err, fd, reason);
}

static void
note(struct es_dial *d, int sys_errno)
{
	char text[ES_ADDR_TEXT_MAX];

	es_addr_text(&d->addrs[d->at], text);
	(void)snprintf(d->reason, sizeof(d->reason), "connect %s: %s", text, strerror(sys_errno));
}

static void
on_connected(void *ctx, unsigned events)
{
	struct es_dial *d = ctx;
	int sys_errno = 0;
	socklen_t n = sizeof(sys_errno);

	(void)events;
	if (getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &sys_errno, &n) != 0)
		sys_errno = errno;
	if (sys_errno == 0) {
		es_watch_free(d->watch);
		d->watch = NULL;
		finish(d, 0);
		return;
	}
	note(d, sys_errno);
	close_attempt(d);
	d->at++;
	try_next(d);
}

static int
begin_attempt(struct es_dial *d)
{
	struct sockaddr_storage ss;
	socklen_t n = es_sockaddr_of(&d->addrs[d->at], &ss);
	int one = 1;

	d->fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->fd < 0)
		return ES_EIO;
	/* small frames, each waited for: no Nagle; a failure costs only speed */
	(void)setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(d->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	if (connect(d->fd, (struct sockaddr *)&ss, n) != 0 && errno != EINPROGRESS)
		return ES_EIO;
	if (es_watch_new(d->loop, d->fd, on_connected, d, &d->watch) != 0)
		return ES_EIO;
	return es_watch_want(d->watch, ES_WATCH_WRITE);
}

static void
try_next(struct es_dial *d)
{
	for (; d->at < d->n; d->at++) {
		if (begin_attempt(d) == 0)
			return;
		note(d, errno);
		close_attempt(d);
	}
	finish(d, ES_EIO);
}

static void
on_addresses(void *ctx, int err, const struct es_addr *addrs, size_t n, const char *reason)
{
	struct es_dial *d = ctx;

	d->resolve = NULL; /* frees itself */
	if (err != 0) {
		(void)snprintf(d->reason, sizeof(d->reason), "%s", reason);
		finish(d, err);
		return;
	}
	memcpy(d->addrs, addrs, n * sizeof(*addrs));
	d->n = n;
	try_next(d);
}

static void
on_deadline(void *ctx)
{
	struct es_dial *d = ctx;

	if (d->resolve != NULL)
		(void)snprintf(d->reason, sizeof(d->reason), "resolve: no answer in time");
	else if (d->at < d->n)
		note(d, ETIMEDOUT);
	finish(d, ES_EAGAIN);
}

int
es_dial_start(struct es_loop *l, const char *host, uint16_t port, uint32_t deadline_ms,
    es_dial_done *done, void *ctx, struct es_dial **out)
{
	struct es_dial *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return ES_ENOMEM;
	d->loop = l;
	d->fd = -1;
	d->done = done;
	d->ctx = ctx;
	if (es_timer_new(l, on_deadline, d, &d->deadline) != 0 ||
	    es_timer_arm(d->deadline, deadline_ms) != 0 ||
	    start_resolve(l, host, port, on_addresses, d, &d->resolve) != 0) {
		es_dial_cancel(d);
		return ES_ENOMEM;
	}
	*out = d;
	return 0;
}

void
es_dial_cancel(struct es_dial *d)
{
	if (d == NULL)
		return;
	cancel_resolve(d->resolve);
	es_timer_free(d->deadline);
	close_attempt(d);
	free(d);
}
