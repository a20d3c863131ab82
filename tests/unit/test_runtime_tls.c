/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real TLS over a socket pair in one process: the good pair talks, every bad certificate is refused,
 * on both ends, with words of its own.
 */
#include "runtime/crypto/tls_private.h"
#include "tls_bad_certs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROUNDS_MAX = 4000 };

/* One end of a connection under test. */
struct side {
	struct es_tls_conn *conn;
	bool ready;
	bool closed;
	enum es_tls_end end;
	char reason[ES_TLS_REASON_MAX];
	size_t n_read;
	uint8_t sum; /* of all bytes read */
	bool echo;
	int drained;
	struct es_tls_peer peer;
};

static void
on_ready(void *ctx)
{
	struct side *s = ctx;

	s->ready = true;
	s->peer = *es_tls_conn_peer(s->conn);
}

static void
on_read(void *ctx, es_slice bytes)
{
	struct side *s = ctx;

	s->n_read += bytes.n;
	for (size_t i = 0; i < bytes.n; i++)
		s->sum = (uint8_t)(s->sum * 31 + bytes.p[i]);
	if (s->echo && es_tls_conn_send(s->conn, bytes) != 0)
		s->sum = 0;
}

static void
on_drained(void *ctx)
{
	((struct side *)ctx)->drained++;
}

static void
on_closed(void *ctx, enum es_tls_end end, const char *reason)
{
	struct side *s = ctx;

	s->closed = true;
	s->end = end;
	(void)snprintf(s->reason, sizeof(s->reason), "%s", reason);
}

static const struct es_tls_events events = { on_ready, on_read, on_drained, on_closed };

struct pair {
	struct es_loop *loop;
	struct es_tls *client_tls, *server_tls;
	struct side client, server;
};

static bool
set_up(struct pair *p, const struct es_tls_config *client, const struct es_tls_config *server)
{
	char error[ES_TLS_REASON_MAX] = "";
	int fds[2];

	memset(p, 0, sizeof(*p));
	if (es_tls_new(client, error, &p->client_tls) != 0 ||
	    es_tls_new(server, error, &p->server_tls) != 0) {
		printf("note %s\n", error);
		return false;
	}
	return es_loop_new(&p->loop) == 0 &&
	       socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0 &&
	       es_tls_conn_new(
		   p->client_tls, p->loop, fds[0], &events, &p->client, &p->client.conn) == 0 &&
	       es_tls_conn_new(
		   p->server_tls, p->loop, fds[1], &events, &p->server, &p->server.conn) == 0;
}

static void
tear_down(struct pair *p)
{
	es_tls_conn_free(p->client.conn);
	es_tls_conn_free(p->server.conn);
	es_tls_free(p->client_tls);
	es_tls_free(p->server_tls);
	es_loop_free(p->loop);
}

/* Runs the loop until both are ready, or both closed. */
static void
shake(struct pair *p)
{
	for (int i = 0; i < ROUNDS_MAX; i++) {
		if ((p->client.ready && p->server.ready) || (p->client.closed && p->server.closed))
			return;
		(void)es_loop_round(p->loop, 100);
	}
}

static struct es_tls_config
client_config(void)
{
	struct es_tls_config c = { 0 };

	c.side = ES_TLS_CLIENT;
	c.ca_file = world.ca;
	c.cert_file = world.agent;
	c.key_file = world.agent_key;
	c.name = "collector.test";
	return c;
}

static struct es_tls_config
server_config(void)
{
	struct es_tls_config c = { 0 };

	c.side = ES_TLS_SERVER;
	c.ca_file = world.ca;
	c.cert_file = world.server;
	c.key_file = world.server_key;
	return c;
}

TEST(runtime_tls_good_pair_talks_both_ways)
{
	static uint8_t big[200000];
	struct es_tls_config cc, sc;
	struct pair p;
	uint8_t want = 0;

	CHECK(make_world());
	cc = client_config();
	sc = server_config();
	CHECK(set_up(&p, &cc, &sc));
	p.server.echo = true;
	for (size_t i = 0; i < sizeof(big); i++) {
		big[i] = (uint8_t)(i * 7);
		want = (uint8_t)(want * 31 + big[i]);
	}
	CHECK_EQ(es_tls_conn_send(p.client.conn, es_slice_of(big, sizeof(big))), 0);
	shake(&p);
	CHECK(p.client.ready && p.server.ready);
	CHECK_STR(p.server.peer.name, "agent-0123456789abcdef");
	CHECK_STR(p.client.peer.name, "collector-1");
	for (int i = 0; i < ROUNDS_MAX && p.client.n_read < sizeof(big); i++)
		(void)es_loop_round(p.loop, 100);
	CHECK_EQ(p.client.n_read, sizeof(big));
	CHECK_EQ(p.client.sum, want);
	CHECK(p.client.drained > 0);
	CHECK(strncmp(es_tls_conn_version(p.client.conn), "TLSv1.", 6) == 0);
	es_tls_conn_finish(p.client.conn);
	for (int i = 0; i < ROUNDS_MAX && !(p.client.closed && p.server.closed); i++)
		(void)es_loop_round(p.loop, 100);
	CHECK_EQ(p.server.end, ES_TLS_END_CLEAN);
	CHECK_EQ(p.client.end, ES_TLS_END_CLEAN);
	tear_down(&p);
}

TEST(runtime_tls_key_hash_is_the_certificates)
{
	struct es_tls_config cc, sc;
	struct es_pki_cert facts;
	struct pair p;
	char *pem = NULL;
	FILE *f;
	static char text[ES_PKI_CHAIN_MAX];

	CHECK(make_world());
	cc = client_config();
	sc = server_config();
	CHECK(set_up(&p, &cc, &sc));
	shake(&p);
	f = fopen(world.agent, "r");
	CHECK(f != NULL);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	pem = text;
	CHECK_EQ(es_pki_read_cert(pem, &facts), 0);
	CHECK(memcmp(facts.spki_sha256, p.server.peer.spki_sha256, 32) == 0);
	tear_down(&p);
}

/*
 * Makes an end show other certificates, as a thief of its key would: neither our own check of the file nor the library's
 * of the parsed copy is in the way, the bytes on the wire are the thief's.
 */
static const char *shown_by_server, *shown_by_client;
static char last_reason[ES_TLS_REASON_MAX]; /* of the end that refused */

static bool
steal(struct es_tls *tls, const char *pems)
{
	mbedtls_x509_crt_free(&tls->own);
	mbedtls_x509_crt_init(&tls->own);
	if (mbedtls_x509_crt_parse(&tls->own, (const unsigned char *)pems, strlen(pems) + 1) != 0)
		return false;
#if MBEDTLS_VERSION_MAJOR >= 3
	tls->own.MBEDTLS_PRIVATE(ext_types) = 0;
#else
	tls->own.ext_types = 0;
#endif
	return true;
}

/* Both ends after a handshake that must fail; `from` refuses, what each says begins so. */
static void
refused(const struct es_tls_config *cc, const struct es_tls_config *sc, bool by_client,
    const char *says, const char *other_says)
{
	struct side *from, *to;
	struct pair p;

	if (!set_up(&p, cc, sc)) {
		test_fail(__FILE__, __LINE__, "not set up");
		return;
	}
	if ((shown_by_server != NULL && !steal(p.server_tls, shown_by_server)) ||
	    (shown_by_client != NULL && !steal(p.client_tls, shown_by_client)))
		test_fail(__FILE__, __LINE__, "no certificate to show");
	shake(&p);
	from = by_client ? &p.client : &p.server;
	to = by_client ? &p.server : &p.client;
	if (!from->closed || from->ready || strncmp(from->reason, says, strlen(says)) != 0)
		test_fail(__FILE__, __LINE__, "refusing end says \"%s\"", from->reason);
	if (from->end != ES_TLS_END_REFUSED)
		test_fail(__FILE__, __LINE__, "refusing end ends with %d", (int)from->end);
	if (!to->closed || strstr(to->reason, other_says) == NULL ||
	    to->end != ES_TLS_END_REFUSED_BY_PEER)
		test_fail(
		    __FILE__, __LINE__, "refused end says \"%s\" (%d)", to->reason, (int)to->end);
	if (from->n_read + to->n_read != 0)
		test_fail(__FILE__, __LINE__, "bytes were handed on before the refusal");
	(void)snprintf(last_reason, sizeof(last_reason), "%s", from->reason);
	tear_down(&p);
}

/* Each is refused at either end with a reason of its own. */
TEST(runtime_tls_bad_certificates_are_refused_each_with_its_reason)
{
	static char reasons[2 * N_BAD][ES_TLS_REASON_MAX];
	static char chain[ES_PKI_CHAIN_MAX];
	struct es_tls_config cc, sc;
	size_t n = 0;

	CHECK(make_world());
	cc = client_config();
	sc = server_config();
	for (size_t i = 0; i < 2 * N_BAD; i++) {
		const struct bad_row *r = &bad_rows[i / 2];
		bool by_client = i % 2 == 0;

		/* the later library offers no such curve: the collector itself has no use for its certificate */
		if ((by_client && r->is_weak && MBEDTLS_VERSION_MAJOR >= 3) ||
		    (!by_client && r->server_says == NULL))
			continue;
		make_bad(r, by_client, chain);
		shown_by_server = by_client ? chain : NULL;
		shown_by_client = by_client ? NULL : chain;
		refused(&cc, &sc, by_client, by_client ? r->client_says : r->server_says, r->hears);
		for (size_t k = 0; k < n; k++)
			if (strcmp(reasons[k], last_reason) == 0)
				test_fail(__FILE__, __LINE__, "%s has the reason of another: %s",
				    r->name, last_reason);
		(void)snprintf(reasons[n++], ES_TLS_REASON_MAX, "%s", last_reason);
	}
	shown_by_server = shown_by_client = NULL;
	printf("note runtime_tls: %zu bad certificates refused\n", n);
	CHECK(n >= 24);
}

TEST(runtime_tls_client_without_certificate_is_refused)
{
	struct es_tls_config cc = { 0 }, sc;

	CHECK(make_world());
	sc = server_config();
	cc.side = ES_TLS_ENROLL_CLIENT;
	cc.ca_pin = world.pin;
	refused(&cc, &sc, false, "no certificate", "demands a certificate");
}

TEST(runtime_tls_enrolling_client_trusts_the_pin_alone)
{
	struct es_tls_config cc = { 0 }, sc;
	struct pair p;

	CHECK(make_world());
	sc = server_config();
	sc.side = ES_TLS_ENROLL_SERVER;
	sc.ca_file = NULL;
	cc.side = ES_TLS_ENROLL_CLIENT;
	cc.ca_pin = world.pin;
	CHECK(set_up(&p, &cc, &sc));
	shake(&p);
	CHECK(p.client.ready && p.server.ready);
	CHECK_STR(p.client.peer.name, "collector-1");
	CHECK_STR(p.server.peer.name, "");
	tear_down(&p);
	cc.ca_pin = world.other_pin;
	refused(&cc, &sc, true,
	    "wrong CA: server certificate \"collector-1\" does not lead to the CA "
	    "pinned",
	    "unknown CA");
}

TEST(runtime_tls_enrolling_client_refuses_an_agents_certificate)
{
	static char pem[ES_PKI_CHAIN_MAX];
	struct es_tls_config cc = { 0 }, sc;

	CHECK(make_world());
	sc = server_config();
	sc.side = ES_TLS_ENROLL_SERVER;
	cc.side = ES_TLS_ENROLL_CLIENT;
	cc.ca_pin = world.pin;
	CHECK(read_pem(world.agent, pem));
	shown_by_server = pem;
	refused(&cc, &sc, true, "wrong usage", "not for this use");
	shown_by_server = NULL;
}

TEST(runtime_tls_end_without_close_notify_is_not_clean)
{
	struct es_tls_config cc, sc;
	struct pair p;

	CHECK(make_world());
	cc = client_config();
	sc = server_config();
	CHECK(set_up(&p, &cc, &sc));
	shake(&p);
	CHECK(p.client.ready && p.server.ready);
	es_tls_conn_free(p.client.conn);
	p.client.conn = NULL;
	for (int i = 0; i < ROUNDS_MAX && !p.server.closed; i++)
		(void)es_loop_round(p.loop, 100);
	CHECK(p.server.closed);
	CHECK_EQ(p.server.end, ES_TLS_END_CUT);
	tear_down(&p);
}

TEST(runtime_tls_queue_is_bounded_and_loses_nothing)
{
	static uint8_t block[64 << 10];
	struct es_tls_config cc, sc;
	struct pair p;
	size_t sent = 0;

	CHECK(make_world());
	cc = client_config();
	sc = server_config();
	cc.queue_bytes = 256 << 10;
	CHECK(set_up(&p, &cc, &sc));
	shake(&p);
	CHECK(p.client.ready && p.server.ready);
	while (sent < 8 * sizeof(block) && /* the loop does not run: nothing leaves the queue */
	       es_tls_conn_send(p.client.conn, es_slice_of(block, sizeof(block))) == 0)
		sent += sizeof(block);
	CHECK_EQ(sent, 256 << 10);
	CHECK_EQ(es_tls_conn_send(p.client.conn, es_slice_of(block, 1)), ES_EFULL);
	for (int i = 0; i < ROUNDS_MAX && p.server.n_read < sent; i++)
		(void)es_loop_round(p.loop, 100);
	CHECK_EQ(p.server.n_read, sent);
	tear_down(&p);
}

TEST(runtime_tls_garbage_is_a_protocol_error)
{
	struct es_tls_config sc;
	char error[ES_TLS_REASON_MAX];
	struct pair p;
	int fds[2];

	CHECK(make_world());
	memset(&p, 0, sizeof(p));
	sc = server_config();
	CHECK_EQ(es_tls_new(&sc, error, &p.server_tls), 0);
	CHECK_EQ(es_loop_new(&p.loop), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	CHECK_EQ(
	    es_tls_conn_new(p.server_tls, p.loop, fds[1], &events, &p.server, &p.server.conn), 0);
	CHECK_EQ(write(fds[0], "GET / HTTP/1.1\r\n\r\n", 18), 18);
	for (int i = 0; i < ROUNDS_MAX && !p.server.closed; i++)
		(void)es_loop_round(p.loop, 100);
	CHECK(p.server.closed);
	CHECK_EQ(p.server.end, ES_TLS_END_PROTOCOL);
	close(fds[0]);
	tear_down(&p);
}

TEST(runtime_tls_bad_files_are_named)
{
	struct es_tls_config cc;
	char error[ES_TLS_REASON_MAX];
	char path[128];
	struct es_tls *tls = NULL;

	CHECK(make_world());
	cc = client_config();
	cc.ca_file = "/nonexistent/ca.pem";
	CHECK_EQ(es_tls_new(&cc, error, &tls), ES_EIO);
	CHECK(strstr(error, "/nonexistent/ca.pem: No such file") != NULL);
	path_of(path, "wrong-key.pem");
	CHECK_EQ(es_pki_key_write(world.ca_key, path), 0);
	cc = client_config();
	cc.key_file = path;
	CHECK_EQ(es_tls_new(&cc, error, &tls), ES_EINVALID);
	CHECK(strstr(error, "wrong-key.pem: does not belong") != NULL);
	CHECK_EQ(chmod(path, 0640), 0); /* also where the key would not do for another reason */
	CHECK_EQ(es_tls_new(&cc, error, &tls), ES_EDENIED);
	CHECK(strstr(error,
		  "wrong-key.pem is a secret that others can read or write: chmod 600 ") != NULL);
	CHECK_EQ(chmod(path, 0600), 0);
	cc = client_config();
	cc.cert_file = path;
	CHECK_EQ(es_tls_new(&cc, error, &tls), ES_EMALFORMED);
	cc = client_config();
	cc.name = NULL;
	CHECK_EQ(es_tls_new(&cc, error, &tls), ES_EINVALID);
	cc = server_config();
	cc.cert_file = world.agent;
	CHECK_EQ(es_tls_new(&cc, error, &tls), ES_EINVALID);
	CHECK(strstr(error, "agent.pem: may not be used as a server") != NULL);
	CHECK(tls == NULL);
}
