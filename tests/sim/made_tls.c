/* SPDX-License-Identifier: Apache-2.0 */
/* Dialling and TLS without a network. */
#include "tests/sim/made_tls.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct es_tls {
	int unused;
};

struct es_dial made_dial;
struct made_tls made_tls;
static struct es_tls_conn conns[MADE_CONNS];
static unsigned n_conns;

void
made_tls_reset(void)
{
	for (unsigned i = 0; i < n_conns; i++)
		free(conns[i].sent);
	memset(conns, 0, sizeof(conns));
	n_conns = 0;
	memset(&made_tls, 0, sizeof(made_tls));
	memset(&made_dial, 0, sizeof(made_dial));
}

/* ---- dialling ---- */

int
es_dial_start(struct es_loop *l, const char *host, uint16_t port, uint32_t deadline_ms,
    es_dial_done *done, void *ctx, struct es_dial **out)
{
	(void)l;
	if (made_tls.dial_fails || made_dial.is_open)
		return ES_ENOMEM;
	(void)snprintf(made_dial.host, sizeof(made_dial.host), "%s", host);
	made_dial.port = port;
	made_dial.deadline_ms = deadline_ms;
	made_dial.done = done;
	made_dial.ctx = ctx;
	made_dial.times++;
	made_dial.is_open = true;
	*out = &made_dial;
	return 0;
}

void
es_dial_cancel(struct es_dial *d)
{
	if (d != NULL)
		d->is_open = false;
}

void
made_dial_answer(int err, const char *reason)
{
	if (!made_dial.is_open)
		abort(); /* nobody asked */
	made_dial.is_open = false;
	made_dial.done(
	    made_dial.ctx, err, err == 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1, reason);
}

/* ---- contexts ---- */

int
es_tls_new(const struct es_tls_config *cfg, char error[ES_TLS_REASON_MAX], struct es_tls **out)
{
	if (made_tls.times++ == 0)
		made_tls.first = *cfg;
	made_tls.cfg = *cfg;
	error[0] = '\0';
	if (made_tls.fail_with != 0) {
		(void)snprintf(error, ES_TLS_REASON_MAX, "%s: no good", cfg->key_file);
		return made_tls.fail_with;
	}
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		return ES_ENOMEM;
	made_tls.n_open++;
	return 0;
}

void
es_tls_free(struct es_tls *tls)
{
	made_tls.n_open -= tls != NULL;
	free(tls);
}

/* ---- connections ---- */

int
es_tls_conn_new(const struct es_tls *tls, struct es_loop *loop, int fd,
    const struct es_tls_events *events, void *ctx, struct es_tls_conn **out)
{
	struct es_tls_conn *c = &conns[n_conns];

	(void)loop;
	if (made_tls.conn_fails || n_conns == MADE_CONNS)
		return ES_ENOMEM;
	c->sent = malloc(MADE_SENT_BYTES);
	if (c->sent == NULL)
		return ES_ENOMEM;
	n_conns++;
	c->tls = tls;
	c->events = events;
	c->ctx = ctx;
	c->fd = fd;
	c->room = MADE_SENT_BYTES;
	*out = c;
	return 0;
}

void
es_tls_conn_free(struct es_tls_conn *c)
{
	if (c == NULL)
		return;
	if (c->is_freed)
		abort(); /* twice */
	c->is_freed = true;
	close(c->fd);
}

int
es_tls_conn_send(struct es_tls_conn *c, es_slice bytes)
{
	c->n_late += c->is_finishing;
	if (c->is_freed || c->is_finishing)
		return ES_EINVALID;
	if (bytes.n > c->room || bytes.n > MADE_SENT_BYTES - c->n_sent)
		return ES_EFULL;
	memcpy(c->sent + c->n_sent, bytes.p, bytes.n);
	c->n_sent += bytes.n;
	c->room -= bytes.n;
	return 0;
}

void
es_tls_conn_finish(struct es_tls_conn *c)
{
	c->is_finishing = true;
}

bool
es_tls_conn_is_ready(const struct es_tls_conn *c)
{
	return c->is_ready && !c->is_finishing;
}

const struct es_tls_peer *
es_tls_conn_peer(const struct es_tls_conn *c)
{
	return &c->peer;
}

const char *
es_tls_conn_version(const struct es_tls_conn *c)
{
	(void)c;
	return "TLSv1.2 made";
}

struct es_tls_conn *
made_conn(unsigned n)
{
	return n < n_conns ? &conns[n] : NULL;
}

unsigned
made_conns(void)
{
	return n_conns;
}

void
made_conn_ready(struct es_tls_conn *c, const char *name, const uint8_t spki[ES_PKI_PIN_BYTES])
{
	(void)snprintf(c->peer.name, sizeof(c->peer.name), "%s", name);
	if (spki != NULL)
		memcpy(c->peer.spki_sha256, spki, ES_PKI_PIN_BYTES);
	c->is_ready = true;
	c->events->ready(c->ctx);
}

void
made_conn_says(struct es_tls_conn *c, es_slice bytes)
{
	if (!c->is_freed && !c->is_finishing)
		c->events->read(c->ctx, bytes);
}

void
made_conn_end(struct es_tls_conn *c, enum es_tls_end end, const char *reason)
{
	if (!c->is_freed)
		c->events->closed(c->ctx,
		    c->is_finishing && end == ES_TLS_END_CUT ? ES_TLS_END_CLEAN : end, reason);
}

es_slice
made_conn_take(struct es_tls_conn *c)
{
	es_slice all = es_slice_of(c->sent, c->n_sent);

	c->n_sent = 0;
	return all;
}
