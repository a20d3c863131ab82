/* SPDX-License-Identifier: Apache-2.0 */
/* One TLS connection on the loop. */
#include "runtime/crypto/tls_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_BYTES = 16 << 10, /* one TLS record */
	READS_PER_ROUND = 16,  /* then other connections get their turn */
	FINISH_MS = 2000,
	DRAIN_BYTES = 64 << 10,
	NET_RESET =
	    -0x0050, /* MBEDTLS_ERR_NET_CONN_RESET, NET_RECV and NET_SEND of net_sockets.h: */
	NET_RECV = -0x004C, /* that header would drag its own socket code along */
	NET_SEND = -0x004E,
};

enum state { HANDSHAKE, READY, FINISHING, CLOSED };

/* Bytes to send: never moved, so that a repeated write has the same arguments. */
struct chunk {
	struct chunk *next;
	size_t n_bytes;
	size_t n_sent;
	uint8_t bytes[];
};

struct es_tls_conn {
	const struct es_tls *tls;
	mbedtls_ssl_context ssl;
	struct es_tls_verdict verdict;
	struct es_tls_peer peer;
	const struct es_tls_events *events;
	void *ctx;
	struct es_watch *watch;
	struct es_timer *deadline; /* of the handshake, then of the end */
	struct es_timer *again; /* bytes wait inside the library, where epoll does not see them */
	struct chunk *queue;
	struct chunk **queue_end;
	size_t queued_bytes;
	unsigned read_wants; /* what the last read or handshake step waits for */
	unsigned write_wants;
	enum state state;
	bool close_said; /* close_notify is on its way */
	bool dead;       /* freed by a callback: release when the last of our calls returns */
	int depth;
	int fd;
	char version[96];
};

static void step(struct es_tls_conn *c);

/* ---- the descriptor, in the shape mbedtls wants ---- */

static int
bio_send(void *ctx, const unsigned char *bytes, size_t n)
{
	const struct es_tls_conn *c = ctx;
	ssize_t put = send(c->fd, bytes, n, MSG_NOSIGNAL);

	if (put >= 0)
		return (int)put;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return MBEDTLS_ERR_SSL_WANT_WRITE;
	return errno == EPIPE || errno == ECONNRESET ? NET_RESET : NET_SEND;
}

static int
bio_recv(void *ctx, unsigned char *bytes, size_t n)
{
	const struct es_tls_conn *c = ctx;
	ssize_t got = recv(c->fd, bytes, n, 0);

	if (got >= 0)
		return (int)got;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return MBEDTLS_ERR_SSL_WANT_READ;
	return errno == ECONNRESET ? NET_RESET : NET_RECV;
}

/* ---- life ---- */

static void
drop_queue(struct es_tls_conn *c)
{
	while (c->queue != NULL) {
		struct chunk *next = c->queue->next;

		free(c->queue);
		c->queue = next;
	}
	c->queue_end = &c->queue;
	c->queued_bytes = 0;
}

/*
 * Closes the descriptor. What already arrived is read away first: closing over unread bytes makes the
 * kernel send a reset, which can overtake our alert or close_notify on the way to the peer.
 */
static void
close_fd(struct es_tls_conn *c)
{
	uint8_t away[4096];
	ssize_t got = 1;

	if (c->fd < 0)
		return;
	(void)shutdown(c->fd, SHUT_WR); /* fails when the peer is gone, which is fine */
	for (size_t n = 0; n < DRAIN_BYTES && got > 0; n += (size_t)got)
		got = recv(c->fd, away, sizeof(away), MSG_DONTWAIT);
	close(c->fd);
	c->fd = -1;
}

static void
release(struct es_tls_conn *c)
{
	es_watch_free(c->watch);
	es_timer_free(c->deadline);
	es_timer_free(c->again);
	mbedtls_ssl_free(&c->ssl);
	drop_queue(c);
	close_fd(c);
	free(c);
}

/* Every way in from the loop goes through these two: a callback may free the connection. */
static void
enter(struct es_tls_conn *c)
{
	c->depth++;
}

static void
leave(struct es_tls_conn *c)
{
	if (--c->depth == 0 && c->dead)
		release(c);
}

static void
on_ready(void *ctx, unsigned events)
{
	struct es_tls_conn *c = ctx;

	(void)events;
	enter(c);
	step(c);
	leave(c);
}

static void
on_again(void *ctx)
{
	on_ready(ctx, 0);
}

static void
close_with(struct es_tls_conn *c, enum es_tls_end end, const char *reason)
{
	if (c->state == CLOSED || c->dead)
		return;
	c->state = CLOSED;
	(void)es_watch_want(c->watch, 0); /* taking interest away does not fail */
	es_timer_disarm(c->deadline);
	es_timer_disarm(c->again);
	close_fd(c);
	c->events->closed(c->ctx, end, reason);
}

static void
on_deadline(void *ctx)
{
	struct es_tls_conn *c = ctx;

	enter(c);
	if (c->state == FINISHING)
		close_with(c, ES_TLS_END_CLEAN, "finished; the peer did not close in time");
	else
		close_with(c, ES_TLS_END_TIMEOUT, "the TLS handshake was not done in time");
	leave(c);
}

int
es_tls_conn_new(const struct es_tls *tls, struct es_loop *loop, int fd,
    const struct es_tls_events *events, void *ctx, struct es_tls_conn **out)
{
	struct es_tls_conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return ES_ENOMEM;
	c->tls = c->verdict.tls = tls;
	c->events = events;
	c->ctx = ctx;
	c->fd = -1;
	c->queue_end = &c->queue;
	c->read_wants = ES_WATCH_READ | ES_WATCH_WRITE; /* the first step comes at once */
	mbedtls_ssl_init(&c->ssl);
	if (mbedtls_ssl_setup(&c->ssl, &tls->conf) != 0 ||
	    /* always, also without a name: a client that expects no name accepts all */
	    mbedtls_ssl_set_hostname(&c->ssl, tls->name[0] == '\0' ? NULL : tls->name) != 0 ||
	    es_watch_new(loop, fd, on_ready, c, &c->watch) != 0 ||
	    es_timer_new(loop, on_deadline, c, &c->deadline) != 0 ||
	    es_timer_new(loop, on_again, c, &c->again) != 0 ||
	    es_timer_arm(c->deadline, ES_TLS_HANDSHAKE_MS) != 0 ||
	    es_watch_want(c->watch, c->read_wants) != 0) {
		release(c); /* fd stays the caller's */
		return ES_ENOMEM;
	}
	mbedtls_ssl_set_bio(&c->ssl, c, bio_send, bio_recv, NULL);
	mbedtls_ssl_set_verify(&c->ssl, es_tls_verify, &c->verdict);
	c->fd = fd;
	*out = c;
	return 0;
}

void
es_tls_conn_free(struct es_tls_conn *c)
{
	if (c == NULL)
		return;
	c->dead = true;
	if (c->depth == 0)
		release(c);
}

/* ---- what a return code of the library means ---- */

/* True when ret only asks to be called again; wants = for what. */
static bool
must_wait(int ret, unsigned *wants)
{
	if (ret == MBEDTLS_ERR_SSL_WANT_READ)
		*wants = ES_WATCH_READ;
	else if (ret == MBEDTLS_ERR_SSL_WANT_WRITE)
		*wants = ES_WATCH_WRITE;
	else if (es_port_is_again(ret))
		*wants = ES_WATCH_READ;
	else
		return false;
	return true;
}

static void
fail(struct es_tls_conn *c, int ret)
{
	const char *when = c->state == HANDSHAKE ? " during the handshake" : "";
	char reason[ES_TLS_REASON_MAX];
	enum es_tls_end end = ES_TLS_END_CUT;

	if (c->close_said && c->verdict.flags == 0) {
		(void)snprintf(reason, sizeof(reason), "finished");
		end =
		    ES_TLS_END_CLEAN; /* everything was sent: how the peer hangs up does not matter */
	} else if (c->verdict.flags != 0) {
		es_tls_refusal(&c->verdict, reason);
		end = ES_TLS_END_REFUSED;
	} else if (ret == MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE) {
		(void)snprintf(reason, sizeof(reason), "no certificate: the client showed none");
		end = ES_TLS_END_REFUSED;
		/* the library leaves the client in the dark here */
		(void)mbedtls_ssl_send_alert_message(&c->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
		    MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
	} else if (ret == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
		end = es_tls_alert_text(c->tls, es_port_alert(&c->ssl), reason);
	} else if (ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
		(void)snprintf(reason, sizeof(reason), "the peer closed the connection%s", when);
		end = c->state == HANDSHAKE ? ES_TLS_END_CUT : ES_TLS_END_CLEAN;
	} else if (ret == 0 || ret == MBEDTLS_ERR_SSL_CONN_EOF) {
		(void)snprintf(
		    reason, sizeof(reason), "the connection ended without close_notify%s", when);
	} else if (ret == NET_RESET || ret == NET_RECV || ret == NET_SEND) {
		(void)snprintf(reason, sizeof(reason), "the connection was reset%s", when);
	} else {
		char text[128];

		mbedtls_strerror(ret, text, sizeof(text));
		(void)snprintf(reason, sizeof(reason), "TLS failed%s: %s", when, text);
		end = ES_TLS_END_PROTOCOL;
	}
	close_with(c, end, reason);
}

/* ---- the work ---- */

static void
shake_hands(struct es_tls_conn *c)
{
	int ret = mbedtls_ssl_handshake(&c->ssl);

	if (must_wait(ret, &c->read_wants))
		return;
	if (ret != 0) {
		fail(c, ret);
		return;
	}
	/* the library's word and our own record must agree before anybody is believed */
	if (c->tls->side != ES_TLS_ENROLL_SERVER) {
		if (mbedtls_ssl_get_verify_result(&c->ssl) != 0 || c->verdict.flags != 0 ||
		    !c->verdict.has_peer ||
		    (c->tls->side == ES_TLS_ENROLL_CLIENT && !c->verdict.pin_seen)) {
			c->verdict.flags |= MBEDTLS_X509_BADCERT_NOT_TRUSTED;
			fail(c, MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
			return;
		}
		memcpy(c->peer.name, c->verdict.peer.name, sizeof(c->peer.name));
		memcpy(
		    c->peer.spki_sha256, c->verdict.peer.spki_sha256, sizeof(c->peer.spki_sha256));
		memcpy(c->peer.ca_sha256, c->verdict.ca, sizeof(c->peer.ca_sha256));
		c->peer.not_after = c->verdict.peer.not_after;
		c->peer.generation = c->verdict.peer.generation;
	}
	(void)snprintf(c->version, sizeof(c->version), "%s %s", mbedtls_ssl_get_version(&c->ssl),
	    mbedtls_ssl_get_ciphersuite(&c->ssl));
	c->read_wants = ES_WATCH_READ;
	if (c->state == HANDSHAKE)
		c->state = READY;
	es_timer_disarm(c->deadline);
	c->events->ready(c->ctx);
}

static bool
is_open(const struct es_tls_conn *c)
{
	return !c->dead && (c->state == READY || c->state == FINISHING);
}

static void
write_queue(struct es_tls_conn *c)
{
	bool had_some = c->queue != NULL;

	c->write_wants = 0;
	while (is_open(c) && c->queue != NULL) {
		struct chunk *k = c->queue;
		int ret = mbedtls_ssl_write(&c->ssl, k->bytes + k->n_sent, k->n_bytes - k->n_sent);

		if (must_wait(ret, &c->write_wants))
			return;
		if (ret < 0) {
			fail(c, ret);
			return;
		}
		k->n_sent += (size_t)ret;
		c->queued_bytes -= (size_t)ret;
		if (k->n_sent < k->n_bytes)
			continue;
		c->queue = k->next;
		if (c->queue == NULL)
			c->queue_end = &c->queue;
		free(k);
	}
	if (had_some && is_open(c) && c->events->drained != NULL)
		c->events->drained(c->ctx);
}

static void
read_all(struct es_tls_conn *c)
{
	uint8_t buf[READ_BYTES];

	for (int i = 0; i < READS_PER_ROUND && is_open(c); i++) {
		int ret = mbedtls_ssl_read(&c->ssl, buf, sizeof(buf));

		if (must_wait(ret, &c->read_wants))
			return;
		c->read_wants = ES_WATCH_READ;
		if (ret <= 0) {
			fail(c, ret);
			return;
		}
		if (c->state == READY)
			c->events->read(c->ctx, es_slice_of(buf, (size_t)ret));
	}
	if (is_open(c) && es_timer_arm(c->again, 0) != 0)
		fail(c, MBEDTLS_ERR_SSL_ALLOC_FAILED);
}

/* Sends close_notify once everything is written, then waits for the peer to hang up. */
static void
say_close(struct es_tls_conn *c)
{
	int ret;

	if (c->state != FINISHING || c->queue != NULL || c->close_said)
		return;
	ret = mbedtls_ssl_close_notify(&c->ssl);
	if (must_wait(ret, &c->write_wants))
		return;
	c->close_said = true;
	(void)shutdown(c->fd, SHUT_WR); /* fails when the peer is gone: the next read reports it */
}

static void
watch_again(struct es_tls_conn *c)
{
	if (es_watch_want(c->watch, c->write_wants | c->read_wants) != 0)
		fail(c, MBEDTLS_ERR_SSL_ALLOC_FAILED);
}

static void
step(struct es_tls_conn *c)
{
	if (!c->dead && c->state == HANDSHAKE)
		shake_hands(c);
	if (is_open(c))
		write_queue(c);
	if (is_open(c))
		say_close(c);
	if (is_open(c))
		read_all(c);
	if (is_open(c) && c->queue != NULL && c->write_wants == 0)
		write_queue(c); /* what the callbacks answered */
	if (is_open(c))
		say_close(c);
	if (!c->dead && c->state != CLOSED)
		watch_again(c);
}

int
es_tls_conn_send(struct es_tls_conn *c, es_slice bytes)
{
	struct chunk *k;

	if (c->dead || c->state == CLOSED || c->state == FINISHING)
		return ES_EINVALID;
	if (bytes.n == 0)
		return 0;
	if (bytes.n > c->tls->queue_bytes - c->queued_bytes)
		return ES_EFULL;
	k = malloc(sizeof(*k) + bytes.n);
	if (k == NULL)
		return ES_EFULL;
	k->next = NULL;
	k->n_bytes = bytes.n;
	k->n_sent = 0;
	memcpy(k->bytes, bytes.p, bytes.n);
	*c->queue_end = k;
	c->queue_end = &k->next;
	c->queued_bytes += bytes.n;
	/* inside one of our callbacks step() writes it on the way out; else the loop does */
	if (c->depth == 0 && c->state == READY && es_timer_arm(c->again, 0) != 0)
		return ES_EFULL;
	return 0;
}

void
es_tls_conn_finish(struct es_tls_conn *c)
{
	if (c->dead || c->state == CLOSED || c->state == FINISHING)
		return;
	if (c->state == HANDSHAKE)
		drop_queue(c);
	c->state = FINISHING;
	(void)es_timer_arm(c->deadline, FINISH_MS); /* without it the peer's end of file ends it */
	(void)es_timer_arm(c->again, 0);
}

bool
es_tls_conn_is_ready(const struct es_tls_conn *c)
{
	return c->state == READY;
}

const struct es_tls_peer *
es_tls_conn_peer(const struct es_tls_conn *c)
{
	return &c->peer;
}

const char *
es_tls_conn_version(const struct es_tls_conn *c)
{
	return c->version;
}
