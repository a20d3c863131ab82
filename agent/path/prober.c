/* SPDX-License-Identifier: Apache-2.0 */
/* What the chain wants sent, sent; what comes back, handed to it. */
#include "agent/path/prober.h"

#include "agent/path/icmp_errors.h"
#include "agent/path/kernel_way.h"
#include "runtime/clock.h"
#include "runtime/crypto/hmac.h"
#include "runtime/loop/sockaddr.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	DATAGRAM_MAX_BYTES = 4096, /* a longer answer is cut */
	REQUEST_MAX_BYTES = 2048,  /* over a connection */
	PROBE_MAX_BYTES = 9216,
	READS_MAX = 16, /* of one wake-up; what is left wakes again */
	SENDS_MAX = 4,  /* an error of a datagram before is reported by the next send */
	SYNS_AGAIN = 1,
	SEGMENTS_OF_END = 2, /* FIN, and the acknowledgement of the peer's */
	ECHO_BYTES = 16,
};

/* What the descriptor is used for. */
enum use { NOTHING, DATAGRAM, PING, PING_BY_UDP, PROBE, CONNECTING, HANDSHAKE, STREAM };

struct es_prober {
	struct es_loop *loop;
	struct es_chain *chain;
	struct es_timer *timer;
	struct es_watch *watch;
	const struct es_tls_roots *roots;
	struct es_tls_probe *tls;
	int fd;
	enum use use;
	uint32_t generation; /* of the descriptor: an event may close it while it is read */
	unsigned index;      /* of the interface of the last way */
	bool has_pending;    /* comes from the timer, in place of a timeout */
	struct es_chain_event pending;
	struct es_addr gateway; /* that is asked by UDP */
	const char *name;
	uint8_t request[REQUEST_MAX_BYTES]; /* not yet sent */
	size_t n_request;
	es_prober_done *done;
	void *ctx;
};

static void on_ready(void *ctx, unsigned events);

/* ---- events ---- */

static void
close_fd(struct es_prober *p)
{
	es_watch_free(p->watch);
	p->watch = NULL;
	es_tls_probe_free(p->tls);
	p->tls = NULL;
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->use = NOTHING;
	p->n_request = 0;
	p->generation++;
}

/* The end is reported from the timer: whoever gets it may free us. */
static void
hand(struct es_prober *p, const struct es_chain_event *e)
{
	es_chain_event(p->chain, e, es_clock_monotonic_ns() / 1000);
	if (es_chain_is_done(p->chain)) {
		close_fd(p);
		(void)es_timer_arm(p->timer, 0); /* it was armed before */
	}
}

static void
hand_error(struct es_prober *p, enum es_chain_event_kind kind, int error)
{
	struct es_chain_event e = { .kind = kind, .error = error };

	hand(p, &e);
}

/* From inside the chain's own call: later. */
static void
post_error(struct es_prober *p, int error)
{
	p->pending = (struct es_chain_event){ .kind = ES_CHAIN_ERROR, .error = error };
	p->has_pending = true;
	(void)es_timer_arm(p->timer, 0); /* it was armed before */
}

static void
on_timer(void *ctx)
{
	struct es_prober *p = ctx;
	struct es_chain_event e = { .kind = ES_CHAIN_TIMEOUT };

	if (es_chain_is_done(p->chain)) {
		p->done(p->ctx, es_chain_path(p->chain), es_chain_packets(p->chain));
		return;
	}
	if (p->has_pending)
		e = p->pending;
	p->has_pending = false;
	hand(p, &e);
}

/* ---- sending ---- */

/* An address of a link alone (RFC 4291 section 2.5.6) needs its interface. */
static socklen_t
sockaddr_of(const struct es_prober *p, const struct es_addr *a, struct sockaddr_storage *out)
{
	socklen_t n = es_sockaddr_of(a, out);

	if (a->family == 6 && a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80)
		((struct sockaddr_in6 *)out)->sin6_scope_id = p->index;
	return n;
}

static int
open_fd(struct es_prober *p, const struct es_addr *to, int type, int protocol, enum use use)
{
	int fd = socket(
	    to->family == 4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return ES_EIO;
	close_fd(p);
	p->fd = fd;
	p->use = use;
	if (es_watch_new(p->loop, fd, on_ready, p, &p->watch) != 0 ||
	    es_watch_want(p->watch, use == CONNECTING ? ES_WATCH_WRITE : ES_WATCH_READ) != 0) {
		close_fd(p);
		errno = ENOMEM;
		return ES_EIO;
	}
	return 0;
}

/* errors of datagrams before this one do not count against it */
static int
send_past_errors(int fd, const void *bytes, size_t n, const struct sockaddr *to, socklen_t n_to)
{
	for (unsigned i = 0; i < SENDS_MAX; i++) {
		if (sendto(fd, bytes, n, 0, to, n_to) >= 0)
			return 0;
		if (errno == EMSGSIZE || errno == EAGAIN)
			break;
	}
	return ES_EIO;
}

static void
begin_datagram(struct es_prober *p, const struct es_chain_act *act)
{
	struct sockaddr_storage to;
	socklen_t n_to = sockaddr_of(p, &act->to, &to);

	if (!(act->more && p->use == DATAGRAM) &&
	    (open_fd(p, &act->to, SOCK_DGRAM, 0, DATAGRAM) != 0 ||
		es_icmp_errors_want(p->fd, act->to.family) != 0))
		post_error(p, errno);
	else if (connect(p->fd, (struct sockaddr *)&to, n_to) != 0 ||
		 send(p->fd, act->bytes.p, act->bytes.n, 0) < 0)
		post_error(p, errno);
}

/* Where there is no right to an echo request, the gateway's ICMP error to a datagram is as good. */
static void
ping_by_udp(struct es_prober *p, const struct es_addr *gateway)
{
	static const uint8_t bytes[ECHO_BYTES];
	struct es_addr at = *gateway;
	struct sockaddr_storage to;
	socklen_t n_to;

	at.port = ES_CHAIN_PORT;
	n_to = sockaddr_of(p, &at, &to);
	p->gateway = *gateway;
	if (open_fd(p, gateway, SOCK_DGRAM, 0, PING_BY_UDP) != 0 ||
	    es_icmp_errors_want(p->fd, gateway->family) != 0 ||
	    send_past_errors(p->fd, bytes, sizeof(bytes), (struct sockaddr *)&to, n_to) != 0)
		post_error(p, errno);
}

static void
begin_ping(struct es_prober *p, const struct es_chain_act *act)
{
	bool is_v4 = act->to.family == 4;
	uint8_t echo[ECHO_BYTES] = { is_v4 ? 8
					   : 128 }; /* the kernel puts in identifier and checksum */
	struct sockaddr_storage to;
	socklen_t n_to = sockaddr_of(p, &act->to, &to);

	if (open_fd(p, &act->to, SOCK_DGRAM, is_v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, PING) != 0) {
		ping_by_udp(p, &act->to);
		return;
	}
	if (connect(p->fd, (struct sockaddr *)&to, n_to) != 0 ||
	    send(p->fd, echo, sizeof(echo), 0) < 0)
		post_error(p, errno);
}

static void
begin_probe(struct es_prober *p, const struct es_chain_act *act)
{
	static const uint8_t bytes[PROBE_MAX_BYTES];
	size_t n = act->n_bytes < sizeof(bytes) ? act->n_bytes : sizeof(bytes);
	struct sockaddr_storage to;
	socklen_t n_to = sockaddr_of(p, &act->to, &to);

	if (!(act->more && p->use == PROBE) && (open_fd(p, &act->to, SOCK_DGRAM, 0, PROBE) != 0 ||
						   es_icmp_errors_want(p->fd, act->to.family) != 0))
		post_error(p, errno);
	else if (es_icmp_errors_ttl(p->fd, act->to.family, act->ttl) != 0 ||
		 send_past_errors(p->fd, bytes, n, (struct sockaddr *)&to, n_to) != 0)
		post_error(p, errno);
}

static void
begin_connect(struct es_prober *p, const struct es_chain_act *act)
{
	int again = SYNS_AGAIN, one = 1;
	struct sockaddr_storage to;
	socklen_t n_to = sockaddr_of(p, &act->to, &to);

	if (open_fd(p, &act->to, SOCK_STREAM, IPPROTO_TCP, CONNECTING) != 0) {
		post_error(p, errno);
		return;
	}
	/* both only spare packets */
	(void)setsockopt(p->fd, IPPROTO_TCP, TCP_SYNCNT, &again, sizeof(again));
	(void)setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(p->fd, (struct sockaddr *)&to, n_to) != 0 && errno != EINPROGRESS)
		post_error(p, errno);
}

static void
begin_secure(struct es_prober *p, const struct es_chain_act *act)
{
	if (p->roots == NULL ||
	    es_tls_probe_new(p->roots, p->fd, act->name, es_clock_wall(), &p->tls) != 0) {
		post_error(p, ENOMEM);
		return;
	}
	p->use = HANDSHAKE;
	(void)es_watch_want(p->watch, ES_WATCH_READ | ES_WATCH_WRITE); /* it ends with the timer */
}

static void
begin_stream(struct es_prober *p, const struct es_chain_act *act)
{
	if (act->bytes.n > sizeof(p->request)) {
		post_error(p, EMSGSIZE);
		return;
	}
	memcpy(p->request, act->bytes.p, act->bytes.n);
	p->n_request = act->bytes.n;
	p->use = STREAM;
	(void)es_watch_want(p->watch, ES_WATCH_READ | ES_WATCH_WRITE); /* it ends with the timer */
}

static void
begin(void *ctx, const struct es_chain_act *act)
{
	struct es_prober *p = ctx;

	p->has_pending = false;
	(void)es_timer_arm(
	    p->timer, act->wait_ms); /* fails without memory only: libevent has its node */
	switch (act->verb) {
	case ES_CHAIN_WAIT:
		return;
	case ES_CHAIN_DATAGRAM:
		begin_datagram(p, act);
		return;
	case ES_CHAIN_PING:
		begin_ping(p, act);
		return;
	case ES_CHAIN_PROBE:
		begin_probe(p, act);
		return;
	case ES_CHAIN_CONNECT:
		begin_connect(p, act);
		return;
	case ES_CHAIN_SECURE:
		begin_secure(p, act);
		return;
	case ES_CHAIN_STREAM:
		begin_stream(p, act);
		return;
	}
}

/* ---- receiving ---- */

static void
read_datagram(struct es_prober *p)
{
	uint8_t bytes[DATAGRAM_MAX_BYTES];
	struct es_chain_event e = { .kind = ES_CHAIN_ANSWER };
	ssize_t n = recv(p->fd, bytes, sizeof(bytes), 0);
	struct es_icmp_error unread;
	int error = errno;

	if (n < 0 && (error == EAGAIN || error == EINTR))
		return;
	if (n < 0) {
		while (p->use == DATAGRAM && es_icmp_errors_next(p->fd, &unread) == 0)
			; /* or the descriptor stays ready */
		hand_error(p, ES_CHAIN_ERROR, error);
		return;
	}
	e.bytes = es_slice_of(bytes, (size_t)n);
	hand(p, &e);
}

static void
read_errors(struct es_prober *p)
{
	uint32_t generation = p->generation;
	struct es_icmp_error i;
	int ignored;
	socklen_t n = sizeof(ignored);

	for (unsigned k = 0; k < READS_MAX && p->generation == generation; k++) {
		struct es_chain_event e = { .kind = ES_CHAIN_ICMP };

		if (es_icmp_errors_next(p->fd, &i) != 0) {
			uint8_t byte;

			/* an answer to a probe is of no use, and neither is the error of the socket itself */
			(void)recv(p->fd, &byte, sizeof(byte), 0);
			(void)getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &ignored, &n);
			return;
		}
		e.error = i.error;
		e.from = i.from;
		e.port = i.port;
		if (i.from.family == 0)
			e.kind = ES_CHAIN_ERROR;
		else if (p->use == PING_BY_UDP)
			e.kind = es_addr_same_ip(&i.from, &p->gateway) ? ES_CHAIN_ANSWER
								       : ES_CHAIN_ERROR;
		hand(p, &e);
	}
}

static void
finish_connect(struct es_prober *p)
{
	int error = 0;
	socklen_t n = sizeof(error);

	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
		error = errno;
	(void)es_watch_want(p->watch, 0); /* until the chain wants more of it */
	if (error != 0) {
		hand_error(p, ES_CHAIN_ERROR, error);
		return;
	}
	hand_error(p, ES_CHAIN_CONNECTED, 0);
}

static void
shake_hands(struct es_prober *p)
{
	int err = es_tls_probe_handshake(p->tls);
	int error = errno;
	struct es_chain_event e = { .text = es_tls_probe_text(p->tls) };

	if (err == ES_EAGAIN) {
		(void)es_watch_want(
		    p->watch, es_tls_probe_wants_write(p->tls) ? ES_WATCH_WRITE : ES_WATCH_READ);
		return;
	}
	(void)es_watch_want(p->watch, 0); /* until the chain wants more of it */
	e.kind = err == 0                          ? ES_CHAIN_SECURED
		 : err == ES_EEOF || err == ES_EIO ? ES_CHAIN_CLOSED
						   : ES_CHAIN_REFUSED;
	if (err == ES_EUNSUPPORTED)
		e.kind = ES_CHAIN_UNABLE;
	e.error = err == ES_EIO ? error : 0;
	hand(p, &e);
}

/* 0, or ES_EAGAIN, ES_EIO. */
static int
write_request(struct es_prober *p)
{
	es_slice bytes = es_slice_of(p->request, p->n_request);
	ssize_t n;

	if (p->tls != NULL)
		return es_tls_probe_write(p->tls, bytes);
	n = send(p->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? ES_EAGAIN : ES_EIO;
	if ((size_t)n == bytes.n)
		return 0;
	memmove(p->request, p->request + n, bytes.n - (size_t)n);
	p->n_request -= (size_t)n;
	return ES_EAGAIN;
}

/* 0, or ES_EAGAIN, ES_EEOF, ES_EIO, ES_EMALFORMED. */
static int
read_stream(struct es_prober *p, uint8_t *bytes, size_t cap_bytes, size_t *n)
{
	ssize_t got;

	if (p->tls != NULL)
		return es_tls_probe_read(p->tls, bytes, cap_bytes, n);
	got = recv(p->fd, bytes, cap_bytes, 0);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? ES_EAGAIN : ES_EIO;
	*n = (size_t)got;
	return got == 0 ? ES_EEOF : 0;
}

static void
talk(struct es_prober *p)
{
	uint32_t generation = p->generation;
	uint8_t bytes[DATAGRAM_MAX_BYTES];
	int err = 0;

	if (p->n_request > 0)
		err = write_request(p);
	if (p->n_request > 0 && err == ES_EAGAIN)
		return;
	if (err == 0) {
		p->n_request = 0;
		(void)es_watch_want(p->watch, ES_WATCH_READ); /* it ends with the timer */
	}
	for (unsigned i = 0; err == 0 && i < READS_MAX && p->generation == generation; i++) {
		struct es_chain_event e = { .kind = ES_CHAIN_ANSWER };
		size_t n = 0;

		err = read_stream(p, bytes, sizeof(bytes), &n);
		e.bytes = es_slice_of(bytes, n);
		if (err == 0)
			hand(p, &e);
	}
	if (err != 0 && err != ES_EAGAIN)
		hand_error(p, ES_CHAIN_CLOSED, err == ES_EIO ? errno : 0);
}

static void
on_ready(void *ctx, unsigned events)
{
	struct es_prober *p = ctx;

	(void)events;
	switch (p->use) {
	case NOTHING:
		return;
	case DATAGRAM:
	case PING:
		read_datagram(p);
		return;
	case PING_BY_UDP:
	case PROBE:
		read_errors(p);
		return;
	case CONNECTING:
		finish_connect(p);
		return;
	case HANDSHAKE:
		shake_hands(p);
		return;
	case STREAM:
		talk(p);
		return;
	}
}

/* ---- what the kernel knows ---- */

static int
route(void *ctx, const struct es_addr *to, struct es_chain_route *out)
{
	struct es_prober *p = ctx;

	return es_kernel_way(to, out, &p->index);
}

static bool
is_missing(void *ctx, const struct es_addr *neighbour)
{
	const struct es_prober *p = ctx;

	return es_kernel_way_is_missing(neighbour, p->index);
}

static uint32_t
path_mtu(void *ctx, const struct es_addr *to)
{
	(void)ctx;
	return es_kernel_way_mtu(to);
}

static uint32_t
segments(void *ctx)
{
	const struct es_prober *p = ctx;
	struct tcp_info info = { 0 };
	socklen_t n = sizeof(info);

	if (p->fd < 0 || getsockopt(p->fd, IPPROTO_TCP, TCP_INFO, &info, &n) != 0 ||
	    info.tcpi_segs_out == 0)
		return 0;
	return info.tcpi_segs_out + (info.tcpi_bytes_received > 0 ? SEGMENTS_OF_END : 0);
}

static uint32_t
random_number(void *ctx)
{
	(void)ctx;
	return (uint32_t)es_random_u64();
}

/* ---- life ---- */

int
es_prober_start(struct es_loop *loop, const struct es_chain_config *cfg,
    const struct es_tls_roots *roots, es_prober_done *done, void *ctx, struct es_prober **out)
{
	struct es_chain_io io = { .route = route,
		.is_missing = is_missing,
		.path_mtu = path_mtu,
		.begin = begin,
		.segments = segments,
		.random = random_number };
	struct es_prober *p = calloc(1, sizeof(*p));
	int err = ES_ENOMEM;

	if (p == NULL)
		return ES_ENOMEM;
	p->loop = loop;
	p->roots = roots;
	p->fd = -1;
	p->done = done;
	p->ctx = ctx;
	io.ctx = p;
	if (es_timer_new(loop, on_timer, p, &p->timer) != 0 || es_timer_arm(p->timer, 0) != 0)
		goto fail;
	err = es_chain_new(cfg, &io, &p->chain);
	if (err != 0)
		goto fail;
	es_chain_start(p->chain, es_clock_monotonic_ns() / 1000);
	if (es_chain_is_done(p->chain) && es_timer_arm(p->timer, 0) != 0)
		goto fail;
	*out = p;
	return 0;
fail:
	es_prober_free(p);
	return err;
}

void
es_prober_free(struct es_prober *p)
{
	if (p == NULL)
		return;
	close_fd(p);
	es_timer_free(p->timer);
	es_chain_free(p->chain);
	free(p);
}
