/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP server on evhttp, with the limits evhttp lacks. */
#include "runtime/loop/http.h"

#include "runtime/clock.h"
#include "runtime/loop/http_check.h"
#include "runtime/loop/loop_private.h"
#include "runtime/loop/sockaddr.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CONNECTIONS_DEFAULT = 256,
	DEADLINE_DEFAULT_MS = 10000,
	TICK_MS = 250,
	IO_TIMEOUT_S = 3600, /* ours are tighter; this one only keeps evhttp's own default away */
	BACKLOG = 256,
	SPARE = 64,  /* connections above the cap while those given up for them end */
	REAP_MS = 1, /* soon enough that nobody waits for the places of those */
};

enum doing {
	WAITING, /* for the rest of a request */
	TAKING,  /* the last reply */
	IN_HAND, /* a request is being answered */
};

/*
 * A connection, named by descriptor and inode of its socket: evhttp has no event for the end of one, but
 * a descriptor that is closed or belongs to another socket shows it as clearly.
 */
struct conn {
	struct conn *next;
	struct bufferevent *bev; /* held until its descriptor is known */
	int fd;
	ino_t inode;
	int64_t due_ms; /* of what it does now: sending a request, taking a reply */
	enum doing doing;
	bool is_ending;
	const struct evbuffer *input; /* names the connection while bytes come; not followed */
	struct es_http_scan scan;
};

struct es_http {
	struct es_loop *loop;
	struct evhttp *http;
	struct evconnlistener *listener;
	struct es_timer *tick;
	struct conn *conns;
	struct es_http_request *requests; /* not yet replied to */
	uint32_t n_conns;
	uint32_t max_connections;
	uint32_t deadline_ms;
	uint16_t port;
	bool resting;
	bool (*is_ours)(const char *host);
	void (*handle)(void *ctx, struct es_http_request *req);
	void *ctx;
};

struct es_http_request {
	struct es_http *http;
	struct evhttp_request *req;
	struct es_http_request *next;
	char *path;
	const char *host; /* the server's name and port as the client wrote them; NULL: not */
	struct evkeyvalq query;
};

/* ---- connections ---- */

static bool
is_same_socket(const struct conn *c)
{
	struct stat st;

	return fstat(c->fd, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_ino == c->inode;
}

static void
rest(struct es_http *h, bool want)
{
	if (h->resting == want)
		return;
	h->resting = want;
	if (want)
		(void)evconnlistener_disable(h->listener);
	else
		(void)evconnlistener_enable(h->listener); /* a listener of ours: does not fail */
}

/* Learns the descriptor of a connection evhttp has just set up. */
static void
learn(struct conn *c)
{
	struct stat st;

	c->fd = bufferevent_getfd(c->bev);
	c->inode = fstat(c->fd, &st) == 0 ? st.st_ino : 0;
	bufferevent_decref(c->bev);
	c->bev = NULL;
}

static void
end(struct es_http *h, struct conn *c)
{
	(void)shutdown(c->fd, SHUT_RDWR); /* evhttp reads the end and cleans up */
	c->due_ms = es_clock_monotonic_ms() + h->deadline_ms;
	c->is_ending = true;
}

/*
 * Who sends nothing keeps no place: what has waited longest for a request makes room for who comes, and
 * where all have sent theirs, what has taken a reply for longest.
 */
static void
make_room(struct es_http *h)
{
	struct conn *oldest = NULL;

	for (struct conn *c = h->conns; c != NULL; c = c->next) {
		if (c->doing == IN_HAND || c->is_ending)
			continue;
		if (oldest == NULL || c->doing < oldest->doing ||
		    (c->doing == oldest->doing && c->due_ms <= oldest->due_ms))
			oldest = c;
	}
	if (oldest == NULL)
		return;
	if (oldest->bev != NULL)
		learn(oldest);
	if (is_same_socket(oldest))
		end(h, oldest);
	else
		oldest->is_ending = true; /* has ended already: its descriptor may be another's */
}

static void
on_tick(void *ctx)
{
	struct es_http *h = ctx;
	int64_t now = es_clock_monotonic_ms();
	bool is_any_ending = false;

	for (struct conn **at = &h->conns; *at != NULL;) {
		struct conn *c = *at;

		if (c->bev != NULL)
			learn(c);
		if (!is_same_socket(c)) {
			*at = c->next;
			h->n_conns--;
			free(c);
			continue;
		}
		if (now >= c->due_ms)
			end(h, c);
		is_any_ending |= c->is_ending && c->doing != IN_HAND;
		at = &c->next;
	}
	rest(h, h->n_conns >= h->max_connections + SPARE);
	if (h->n_conns > 0) /* without it deadlines wait for the next one */
		(void)es_timer_arm(h->tick, is_any_ending && h->resting ? REAP_MS : TICK_MS);
}

/* Looks at bytes that came before evhttp's parser does. */
static void
on_input(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *ctx)
{
	struct es_http *h = ctx;
	struct conn *c = h->conns;
	struct evbuffer_iovec part[8];
	struct evbuffer_ptr at;
	size_t n = evbuffer_get_length(buffer);
	int n_parts;

	while (c != NULL && c->input != buffer)
		c = c->next;
	if (c == NULL || info->n_added == 0 || info->n_added > n ||
	    evbuffer_ptr_set(buffer, &at, n - info->n_added, EVBUFFER_PTR_SET) != 0)
		return;
	n_parts = evbuffer_peek(buffer, -1, &at, part, 8);
	for (int i = 0; i < n_parts && i < 8; i++)
		es_http_scan(&c->scan, part[i].iov_base, part[i].iov_len);
}

/* evhttp asks for a bufferevent for each connection it accepted. */
static struct bufferevent *
on_connection(struct event_base *base, void *ctx)
{
	struct es_http *h = ctx;
	struct bufferevent *bev = bufferevent_socket_new(base, -1, 0);
	struct conn *c = calloc(1, sizeof(*c));

	if (bev == NULL || c == NULL) {
		if (bev != NULL)
			bufferevent_free(bev);
		free(c);
		return NULL;
	}
	if (evbuffer_add_cb(bufferevent_get_input(bev), on_input, h) == NULL) {
		bufferevent_free(bev);
		free(c);
		return NULL;
	}
	if (h->n_conns >= h->max_connections)
		make_room(h);
	c->input = bufferevent_get_input(bev);
	bufferevent_incref(bev);
	c->bev = bev;
	c->fd = -1;
	c->due_ms = es_clock_monotonic_ms() + h->deadline_ms;
	c->next = h->conns;
	h->conns = c;
	if (++h->n_conns >= h->max_connections + SPARE)
		rest(h, true);
	(void)es_timer_arm(h->tick, 0); /* its descriptor is known once this call has returned */
	return bev;
}

static struct conn *
conn_of(struct es_http *h, struct evhttp_request *req)
{
	struct evhttp_connection *ec = evhttp_request_get_connection(req);
	struct bufferevent *bev = ec == NULL ? NULL : evhttp_connection_get_bufferevent(ec);
	int fd = bev == NULL ? -1 : bufferevent_getfd(bev);

	for (struct conn *c = h->conns; c != NULL && fd >= 0; c = c->next) {
		if (c->bev != NULL)
			learn(c);
		if (c->fd == fd && is_same_socket(c))
			return c;
	}
	return NULL;
}

static void
give_time(struct es_http *h, struct evhttp_request *req, enum doing doing)
{
	struct conn *c = conn_of(h, req);

	if (c == NULL || c->is_ending)
		return;
	c->due_ms = es_clock_monotonic_ms() + h->deadline_ms;
	c->doing = doing;
}

/* ---- requests ---- */

static void
free_request(struct es_http_request *r)
{
	for (struct es_http_request **at = &r->http->requests; *at != NULL; at = &(*at)->next)
		if (*at == r) {
			*at = r->next;
			break;
		}
	evhttp_clear_headers(&r->query);
	free(r->path);
	free(r);
}

/* The last byte of a reply was taken: the connection may send its next request. */
static void
on_complete(struct evhttp_request *req, void *ctx)
{
	give_time(ctx, req, WAITING);
}

/* A refused request ends its connection: where it ends and the next begins is not certain. */
static void
refuse(struct evhttp_request *req, int status, const char *why)
{
	struct evbuffer *out = evbuffer_new();
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);

	(void)evhttp_add_header(headers, "Connection", "close");
	(void)evhttp_add_header(headers, "Content-Type", "application/json");
	if (out == NULL || evbuffer_add_printf(out, "{\"error\":\"%s\"}\n", why) < 0)
		evhttp_send_error(req, 503, NULL);
	else
		evhttp_send_reply(req, status, NULL, out);
	if (out != NULL)
		evbuffer_free(out);
}

/* RFC 9112 section 3.2.2: a target in absolute form outranks Host. */
static const char *
host_of(struct evhttp_request *req)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	bool is_absolute = uri != NULL && evhttp_uri_get_scheme(uri) != NULL;

	if (is_absolute && evhttp_uri_get_host(uri) != NULL)
		return evhttp_uri_get_host(uri);
	return evhttp_find_header(evhttp_request_get_input_headers(req), "Host");
}

static void
on_request(struct evhttp_request *req, void *ctx)
{
	struct es_http *h = ctx;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = uri == NULL ? NULL : evhttp_uri_get_path(uri);
	const char *query = uri == NULL ? NULL : evhttp_uri_get_query(uri);
	struct conn *c = conn_of(h, req);
	const char *why = es_http_refusal(req, c == NULL ? NULL : &c->scan);
	struct es_http_request *r;

	give_time(h, req, IN_HAND);
	evhttp_request_set_on_complete_cb(req, on_complete, h);
	/* A page of elsewhere whose name was made to lead here must not read what we have. */
	if (h->is_ours != NULL && !h->is_ours(host_of(req))) {
		refuse(req, 421,
		    "this server answers to localhost or an address only: a proxy in front of it "
		    "has to ask for one of these");
		return;
	}
	if (why != NULL) {
		refuse(req, 400, why);
		return;
	}
	if (c != NULL && evhttp_request_get_command(req) != EVHTTP_REQ_GET)
		memset(&c->scan, 0, sizeof(c->scan)); /* a body may hold any byte */
	r = calloc(1, sizeof(*r));
	if (r == NULL) {
		refuse(req, 503, "out of memory");
		return;
	}
	r->http = h;
	r->req = req;
	r->next = h->requests;
	h->requests = r;
	TAILQ_INIT(&r->query);
	r->path = evhttp_uridecode(path == NULL || path[0] == '\0' ? "/" : path, 0, NULL);
	if (r->path == NULL || r->path[0] != '/' ||
	    (query != NULL && evhttp_parse_query_str(query, &r->query) != 0)) {
		free_request(r);
		refuse(req, 400, "the target is no path with a query");
		return;
	}
	r->host = host_of(req);
	h->handle(h->ctx, r);
}

enum es_http_method
es_http_method(const struct es_http_request *r)
{
	switch (evhttp_request_get_command(r->req)) {
	case EVHTTP_REQ_GET:
		return ES_HTTP_GET;
	case EVHTTP_REQ_POST:
		return ES_HTTP_POST;
	case EVHTTP_REQ_PUT:
		return ES_HTTP_PUT;
	case EVHTTP_REQ_DELETE:
		return ES_HTTP_DELETE;
	case EVHTTP_REQ_HEAD:
		return ES_HTTP_HEAD;
	default:
		return ES_HTTP_OTHER;
	}
}

const char *
es_http_path(const struct es_http_request *r)
{
	return r->path;
}

const char *
es_http_query(const struct es_http_request *r, const char *name)
{
	return evhttp_find_header(&r->query, name);
}

const char *
es_http_query_name(const struct es_http_request *r, size_t n)
{
	const struct evkeyval *at = TAILQ_FIRST(&r->query);

	for (; at != NULL && n > 0; n--)
		at = TAILQ_NEXT(at, next);
	return at == NULL ? NULL : at->key;
}

const char *
es_http_header(const struct es_http_request *r, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(r->req), name);
}

const char *
es_http_host(const struct es_http_request *r)
{
	return r->host;
}

const char *
es_http_peer(const struct es_http_request *r)
{
	struct evhttp_connection *ec = evhttp_request_get_connection(r->req);
	char *address = NULL;
	uint16_t port;

	if (ec != NULL)
		evhttp_connection_get_peer(ec, &address, &port);
	return address == NULL ? "" : address;
}

/* ---- replies ---- */

static void
add_headers(struct evhttp_request *req, const struct es_http_header *headers, size_t n_headers)
{
	struct evkeyvalq *out = evhttp_request_get_output_headers(req);

	for (size_t i = 0; i < n_headers; i++)
		(void)evhttp_add_header(
		    out, headers[i].name, headers[i].value); /* refuses line breaks */
}

void
es_http_reply(struct es_http_request *r, int status, const struct es_http_header *headers,
    size_t n_headers, es_slice body)
{
	struct evhttp_request *req = r->req;
	struct evbuffer *out = evbuffer_new();
	char length[24];

	add_headers(req, headers, n_headers);
	if (es_http_method(r) == ES_HTTP_HEAD) {
		(void)snprintf(length, sizeof(length), "%zu", body.n);
		add_headers(req, &(struct es_http_header){ "Content-Length", length }, 1);
		body = es_slice_of(NULL, 0);
	}
	give_time(r->http, req, TAKING);
	free_request(r);
	if (out == NULL || evbuffer_add(out, body.p, body.n) != 0)
		evhttp_send_error(req, 503, NULL);
	else
		evhttp_send_reply(req, status, NULL, out);
	if (out != NULL)
		evbuffer_free(out);
}

/* ---- the server ---- */

static int
bind_to(struct es_http *h, const struct es_addr *addr)
{
	struct sockaddr_storage ss;
	socklen_t n = es_sockaddr_of(addr, &ss);
	struct es_addr got;

	if (n == 0) {
		errno = EAFNOSUPPORT;
		return ES_EIO;
	}
	h->listener = evconnlistener_new_bind(h->loop->base, NULL, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, BACKLOG,
	    (struct sockaddr *)&ss, (int)n);
	if (h->listener == NULL)
		return ES_EIO;
	if (evhttp_bind_listener(h->http, h->listener) == NULL) {
		evconnlistener_free(h->listener);
		h->listener = NULL;
		return ES_ENOMEM;
	}
	n = sizeof(ss);
	if (getsockname(evconnlistener_get_fd(h->listener), (struct sockaddr *)&ss, &n) != 0 ||
	    es_sockaddr_read((struct sockaddr *)&ss, &got) != 0)
		return ES_EIO;
	h->port = got.port;
	return 0;
}

int
es_http_new(struct es_loop *l, const struct es_http_config *cfg,
    void (*handle)(void *ctx, struct es_http_request *req), void *ctx, struct es_http **out)
{
	struct es_http *h = calloc(1, sizeof(*h));
	int err = ES_ENOMEM;

	if (h == NULL)
		return ES_ENOMEM;
	h->loop = l;
	h->is_ours = cfg->is_ours;
	h->handle = handle;
	h->ctx = ctx;
	h->max_connections = cfg->max_connections == 0 ? CONNECTIONS_DEFAULT : cfg->max_connections;
	h->deadline_ms = cfg->deadline_ms == 0 ? DEADLINE_DEFAULT_MS : cfg->deadline_ms;
	h->http = evhttp_new(l->base);
	if (h->http != NULL && es_timer_new(l, on_tick, h, &h->tick) == 0)
		err = bind_to(h, &cfg->bind);
	if (err != 0) {
		int saved = errno;

		es_http_free(h);
		errno = saved;
		return err;
	}
	evhttp_set_max_headers_size(h->http, ES_HTTP_HEADER_MAX);
	evhttp_set_max_body_size(h->http, ES_HTTP_BODY_MAX);
	evhttp_set_timeout(h->http, IO_TIMEOUT_S);
	evhttp_set_allowed_methods(h->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
						EVHTTP_REQ_DELETE | EVHTTP_REQ_HEAD);
	evhttp_set_bevcb(h->http, on_connection, h);
	evhttp_set_gencb(h->http, on_request, h);
	*out = h;
	return 0;
}

uint16_t
es_http_port(const struct es_http *h)
{
	return h->port;
}

void
es_http_free(struct es_http *h)
{
	if (h == NULL)
		return;
	while (h->requests != NULL)
		free_request(h->requests); /* evhttp_free below closes the connection */
	for (struct conn *c = h->conns; c != NULL;) {
		struct conn *next = c->next;

		if (c->bev != NULL)
			bufferevent_decref(c->bev);
		free(c);
		c = next;
	}
	h->conns = NULL;
	if (h->http != NULL)
		evhttp_free(h->http); /* and the listener */
	es_timer_free(h->tick);
	free(h);
}
