/* SPDX-License-Identifier: Apache-2.0 */
/* Places of the collector's ports: who waits, who is served, who gives his up, and enrolment itself. */
#include "collector/ingest/enroll.h"
#include "runtime/crypto/token.h"
#include "tests/sim/made_loop.h"
#include "tests/sim/made_tls.h"
#include "tests/unit/harness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the room where connections wait, over real sockets ---- */

enum { ROOM = 4, CLIENTS = 16 };

static struct {
	struct es_loop *loop;
	struct es_waiting *waiting;
	int listener;
	int clients[CLIENTS];
	int accepted[CLIENTS];
	int sent_bytes[CLIENTS];
	int served[CLIENTS]; /* in order */
	unsigned n_served;
	unsigned places;
	struct sockaddr_in addr;
} room;

static bool
has_place(void *ctx)
{
	(void)ctx;
	return room.places > 0;
}

static void
serve(void *ctx, int fd, const struct es_addr *peer)
{
	(void)ctx;
	room.places--;
	room.served[room.n_served++] = peer->port;
	close(fd);
}

static bool
begin_room(unsigned places)
{
	struct es_waiting_config cfg = { .max = ROOM, .has_place = has_place, .serve = serve };
	socklen_t n = sizeof(room.addr);

	made_clock_reset();
	memset(&room, 0, sizeof(room));
	room.places = places;
	for (int i = 0; i < CLIENTS; i++)
		room.clients[i] = -1;
	room.addr.sin_family = AF_INET;
	room.addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	room.listener = socket(AF_INET, SOCK_STREAM, 0);
	return bind(room.listener, (struct sockaddr *)&room.addr, n) == 0 &&
	       listen(room.listener, CLIENTS) == 0 &&
	       getsockname(room.listener, (struct sockaddr *)&room.addr, &n) == 0 &&
	       es_loop_new(&room.loop) == 0 && es_waiting_new(room.loop, &cfg, &room.waiting) == 0;
}

static bool
end_room(void)
{
	unsigned left;

	es_waiting_free(room.waiting);
	left = made_left(room.loop);
	es_loop_free(room.loop);
	for (int i = 0; i < CLIENTS; i++)
		if (room.clients[i] >= 0)
			close(room.clients[i]);
	close(room.listener);
	return left == 0;
}

/* Client i connects; its number stands where the port of the peer would. */
static void
come(int i)
{
	struct es_addr peer;

	(void)es_addr_parse_ip("192.0.2.1", 9, &peer);
	peer.port = (uint16_t)i;
	room.clients[i] = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(room.clients[i], (struct sockaddr *)&room.addr, sizeof(room.addr)) != 0)
		abort();
	room.accepted[i] = accept4(room.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	es_waiting_add(room.waiting, room.accepted[i], &peer);
}

/* The system hands bytes on when it likes: they are waited for before anybody looks. */
static void
say(int i, const void *bytes, int n)
{
	int here = 0;

	if (send(room.clients[i], bytes, (size_t)n, MSG_NOSIGNAL) != n)
		abort();
	room.sent_bytes[i] += n;
	while (here < room.sent_bytes[i])
		if (ioctl(room.accepted[i], FIONREAD, &here) != 0)
			abort();
	made_settle(room.loop);
}

/* Bytes from..to-1 of a ClientHello of 60 bytes. */
static void
speak(int i, int from, int to)
{
	uint8_t bytes[65] = { 22, 3, 1, 0, 60, 1 };

	say(i, bytes + from, to - from);
}

/* No more will come from it. */
static void
hang_up(int i)
{
	struct pollfd p = { room.accepted[i], POLLRDHUP, 0 };

	if (shutdown(room.clients[i], SHUT_WR) != 0 || poll(&p, 1, -1) != 1)
		abort();
	made_settle(room.loop);
}

static bool
hears_within(int i, int ms)
{
	struct pollfd p = { room.clients[i], POLLIN, 0 };

	return poll(&p, 1, ms) > 0;
}

/* Our side has closed it; only a test that fails waits so long for it. */
static bool
is_closed(int i)
{
	return hears_within(i, 10000);
}

static bool
is_open(int i)
{
	return !hears_within(i, 0);
}

TEST(waiting_serves_who_has_spoken)
{
	CHECK(begin_room(2));
	come(0);
	come(1);
	speak(1, 0, 65);
	CHECK_EQ(room.n_served, 1);
	CHECK_EQ(room.served[0], 1);
	speak(0, 0, 4);
	speak(0, 4, 5);
	speak(0, 5, 64);
	CHECK_EQ(room.n_served, 1);
	speak(0, 64, 65);
	CHECK_EQ(room.n_served, 2);
	CHECK_EQ(es_waiting_count(room.waiting), 0);
	CHECK_EQ(es_waiting_given_up(room.waiting), 0);
	made_pass(room.loop, 1000);
	CHECK_EQ(made_next_ms(room.loop), -1); /* nobody waits: nothing to be looked after */
	CHECK(end_room());
}

TEST(waiting_oldest_in_line_is_served_first)
{
	CHECK(begin_room(0));
	come(0);
	come(1);
	come(2);
	speak(2, 0, 65);
	speak(1, 0, 65);
	CHECK_EQ(room.n_served, 0);
	room.places = 1;
	es_waiting_pump(room.waiting);
	CHECK_EQ(room.n_served, 1);
	CHECK_EQ(room.served[0], 1); /* came before 2; 0 has said nothing */
	room.places = 2;
	es_waiting_pump(room.waiting);
	CHECK_EQ(room.n_served, 2);
	CHECK_EQ(room.served[1], 2);
	CHECK_EQ(room.places, 1);
	CHECK(end_room());
}

TEST(waiting_gives_the_silent_five_seconds)
{
	CHECK(begin_room(1));
	come(0);
	come(1);
	for (int k = 0; k < 9; k++) { /* a byte each half second is no progress */
		speak(0, k, k + 1);
		made_pass(room.loop, 500);
	}
	made_pass(room.loop, 499);
	CHECK_EQ(es_waiting_count(room.waiting), 2);
	made_pass(room.loop, 1);
	CHECK_EQ(es_waiting_count(room.waiting), 0);
	CHECK_EQ(es_waiting_given_up(room.waiting), 2);
	CHECK(is_closed(0) && is_closed(1));
	CHECK_EQ(room.n_served, 0);
	CHECK(end_room());
}

TEST(waiting_is_bounded_in_time)
{
	CHECK(begin_room(0));
	come(0);
	speak(0, 0, 65);
	made_pass(room.loop, 29999);
	CHECK_EQ(es_waiting_count(room.waiting), 1);
	made_pass(room.loop, 1);
	CHECK_EQ(es_waiting_count(room.waiting), 0);
	CHECK(is_closed(0));
	come(1);
	speak(1, 0, 65);
	room.places = 1; /* nobody says so: found at the next look */
	made_pass(room.loop, 500);
	CHECK_EQ(room.n_served, 1);
	CHECK(end_room());
}

TEST(waiting_full_room_gives_up_the_longest_silent)
{
	CHECK(begin_room(0));
	for (int i = 0; i < ROOM; i++)
		come(i);
	speak(0, 0, 65);
	come(4);
	CHECK_EQ(es_waiting_count(room.waiting), ROOM);
	CHECK(is_open(0)); /* in line */
	CHECK(is_closed(1));
	CHECK(is_open(2) && is_open(4));
	speak(2, 0, 65);
	speak(3, 0, 65);
	speak(4, 0, 65);
	come(5); /* all are in line: the newest goes */
	CHECK(is_closed(5));
	CHECK_EQ(es_waiting_count(room.waiting), ROOM);
	CHECK_EQ(es_waiting_given_up(room.waiting), 2);
	room.places = ROOM;
	es_waiting_pump(room.waiting);
	CHECK_EQ(room.n_served, ROOM);
	CHECK_EQ(room.served[1], 2);
	CHECK_EQ(room.served[3], 4);
	CHECK(end_room());
}

TEST(waiting_hangs_up_on_what_is_no_handshake)
{
	CHECK(begin_room(3));
	come(0);
	say(0, "GET / HTTP/1.1\r\n", 16);
	CHECK(is_closed(0));
	come(1);
	speak(1, 0, 7);
	hang_up(1);
	CHECK(is_closed(1));
	come(2);
	hang_up(2);
	CHECK(is_closed(2));
	CHECK_EQ(room.n_served, 0);
	CHECK_EQ(es_waiting_given_up(room.waiting), 3);
	CHECK(end_room());
}

/*
 * Linux wakes below SO_RCVLOWAT where its memory or the window runs short; a local socket always does.
 * The bytes that are there are no reason to hang up.
 */
TEST(waiting_bears_being_woken_before_there_is_enough)
{
	static const uint8_t hello[65] = { 22, 3, 1, 0, 60, 1 };
	struct es_addr peer;
	int pair[2];

	CHECK(begin_room(2));
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	(void)es_addr_parse_ip("192.0.2.1", 9, &peer);
	es_waiting_add(room.waiting, pair[0], &peer);
	for (int from = 0; from < 64; from += 16) {
		CHECK_EQ(send(pair[1], hello + from, 16, 0), 16);
		made_settle(room.loop);
		CHECK_EQ(es_waiting_count(room.waiting), 1);
		made_pass(room.loop, 500);
	}
	CHECK_EQ(room.n_served, 0);
	CHECK_EQ(send(pair[1], hello + 64, 1, 0), 1);
	made_pass(room.loop, 500);
	CHECK_EQ(room.n_served, 1);
	CHECK_EQ(es_waiting_given_up(room.waiting), 0);
	close(pair[1]);

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	es_waiting_add(room.waiting, pair[0], &peer);
	CHECK_EQ(send(pair[1], hello, 3, 0), 3);
	made_pass(room.loop, 500);
	CHECK_EQ(es_waiting_count(room.waiting), 1);
	CHECK_EQ(shutdown(pair[1], SHUT_WR), 0); /* no more will come */
	made_pass(room.loop, 500);
	CHECK_EQ(es_waiting_count(room.waiting), 0);
	CHECK_EQ(es_waiting_given_up(room.waiting), 1);
	close(pair[1]);
	CHECK(end_room());
}

TEST(waiting_start_fails_cleanly)
{
	struct es_waiting_config cfg = { .has_place = has_place, .serve = serve };
	struct es_waiting *none = NULL;

	CHECK(begin_room(1));
	made_fail_in = 1;
	CHECK_EQ(es_waiting_new(room.loop, &cfg, &none), ES_ENOMEM);
	for (unsigned n = 1; n <= 3; n++) { /* watch, its wish, the timer */
		made_fail_in = n;
		come((int)n);
		CHECK_EQ(made_fail_in, 0);
		CHECK(is_closed((int)n));
		CHECK_EQ(es_waiting_count(room.waiting), 0);
	}
	come(5);
	speak(5, 0, 65);
	CHECK_EQ(room.n_served, 1);
	CHECK(end_room());
}

/* ---- enrolment ---- */

struct scene {
	char dir[64];
	char path[96];
	struct es_collector_config cfg;
	struct es_ingest in;
	uint8_t secret[ES_TOKEN_SECRET_BYTES];
	uint8_t csr[ES_PKI_DER_MAX];
	int csr_n;
	struct es_envelope env;
	struct es_alloc alloc;
	uint8_t arena[ES_ALLOC_BYTES];
	uint8_t frame_arena[ES_ALLOC_BYTES];
	struct es_group *group;
	int flushed;
};

static void
on_group(void *ctx, int err)
{
	((struct scene *)ctx)->flushed += err == 0;
}

static struct scene *
begin(void)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct es_group_config group = { NULL, 50, 1000, on_group, s };
	uint8_t hash[ES_STORE_HASH_LEN];
	struct es_pki_key *key;
	char error[512];
	es_time from = es_time_of_ns(0), to = es_time_of_ns(INT64_C(4000000000) * ES_NS_PER_S);

	if (s == NULL)
		abort();
	made_clock_reset();
	made_tls_reset();
	(void)snprintf(s->dir, sizeof(s->dir), "/tmp/earshot-places-XXXXXX");
	if (mkdtemp(s->dir) == NULL)
		abort();
	(void)snprintf(s->path, sizeof(s->path), "%s/earshot.db", s->dir);
	(void)snprintf(s->cfg.name, sizeof(s->cfg.name), "collector.test");
	s->cfg.agent_validity_ms = INT64_C(30) * 86400 * 1000;
	s->cfg.retry_ms = 7000;
	s->in.cfg = &s->cfg;
	es_alloc_init(&s->alloc, s->arena, sizeof(s->arena));
	es_alloc_init(&s->in.frame_alloc, s->frame_arena, sizeof(s->frame_arena));
	memset(s->secret, 9, sizeof(s->secret));
	es_token_hash(s->secret, hash);
	if (es_loop_new(&s->in.loop) != 0 ||
	    es_store_open(s->path, ES_STORE_CREATE, &s->in.store, error) != 0 ||
	    es_store_token_add(s->in.store, hash, "ep", "berlin", es_time_of_ns(1), to) != 0 ||
	    es_pki_key_new(&s->in.authority.key) != 0 ||
	    es_pki_make_ca(s->in.authority.key, "test-ca", from, to, s->in.authority.pem) != 0 ||
	    es_pki_key_new(&key) != 0)
		abort();
	(void)snprintf(
	    s->in.authority.anchors, sizeof(s->in.authority.anchors), "%s", s->in.authority.pem);
	s->csr_n = es_pki_make_csr(key, s->csr);
	es_pki_key_free(key);
	group.store = s->in.store;
	if (es_group_new(s->in.loop, &group, &s->in.group) != 0)
		abort();
	return s;
}

static bool
end(struct scene *s)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[128];
	unsigned left;

	es_enroll_free(&s->in);
	left = s->in.n_enrolling;
	for (unsigned i = 0; i < made_conns(); i++)
		left += !made_conn(i)->is_freed;
	es_group_free(s->in.group);
	es_pki_key_free(s->in.authority.key);
	es_store_close(s->in.store);
	es_loop_free(s->in.loop);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", s->path, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(s->dir);
	free(s);
	return left == 0;
}

static struct es_tls_conn *
arrive(struct scene *s)
{
	struct es_addr peer;
	unsigned before = made_conns();

	(void)es_addr_parse_ip("192.0.2.1", 9, &peer);
	es_enroll_start(&s->in, open("/dev/null", O_RDWR | O_CLOEXEC), &peer);
	return made_conn(before);
}

static struct es_tls_conn *
join(struct scene *s)
{
	struct es_tls_conn *c = arrive(s);

	made_conn_ready(c, "", NULL);
	return c;
}

static void
ask(const struct scene *s, struct es_tls_conn *c, uint8_t secret_first)
{
	static uint8_t bytes[ES_PKI_DER_MAX + 512];
	uint8_t secret[ES_TOKEN_SECRET_BYTES];
	struct es_envelope env;
	int n;

	memcpy(secret, s->secret, sizeof(secret));
	secret[0] = secret_first;
	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_ENROLL_REQUEST;
	env.u.enroll_request.token_secret = es_slice_of(secret, sizeof(secret));
	env.u.enroll_request.csr_der = es_slice_of(s->csr, (size_t)s->csr_n);
	n = es_envelope_encode(&env, bytes, sizeof(bytes));
	if (n <= 0)
		abort();
	made_conn_says(c, es_slice_of(bytes, 7)); /* in two parts */
	made_conn_says(c, es_slice_of(bytes + 7, (size_t)n - 7));
}

static bool
got(struct scene *s, struct es_tls_conn *c, enum es_envelope_type type)
{
	es_slice all = made_conn_take(c);

	es_alloc_reset(&s->alloc);
	return all.n > 4 &&
	       es_envelope_decode(es_slice_of(all.p + 4, all.n - 4), &s->alloc, &s->env) == 0 &&
	       s->env.type == type && c->is_finishing;
}

static void
sweep_after(struct scene *s, int64_t ms)
{
	made_pass(s->in.loop, ms);
	es_enroll_sweep(&s->in, made_clock.monotonic_ns / ES_NS_PER_MS);
}

TEST(enroll_answers_once_and_commits_what_is_open_before)
{
	struct scene *s = begin();
	struct es_tls_conn *c = join(s);

	CHECK_EQ(es_group_enter(s->in.group), 0);
	ask(s, c, 9);
	CHECK_EQ(s->flushed, 1); /* the agents of the open group got an answer about it */
	CHECK(got(s, c, ES_ENV_ENROLL_REPLY));
	CHECK_SLICE(s->env.u.enroll_reply.display_name, "ep");
	made_conn_end(c, ES_TLS_END_CLEAN, "finished");
	CHECK_EQ(s->in.n_enrolling, 0);
	c = join(s);
	ask(s, c, 9);
	CHECK(got(s, c, ES_ENV_NACK)); /* the token is spent */
	CHECK_EQ(s->env.u.nack.code, ES_NACK_TOKEN);
	CHECK_EQ(s->env.u.nack.retry_after_ms, 0);
	made_conn_end(c, ES_TLS_END_CUT, "cut");
	c = join(s);
	ask(s, c, 8);
	CHECK(got(s, c, ES_ENV_NACK));
	CHECK_EQ(s->env.u.nack.code, ES_NACK_TOKEN);
	CHECK_SLICE(s->env.u.nack.reason, "the token is not known here");
	CHECK(end(s));
}

TEST(enroll_full_disk_asks_to_come_again)
{
	struct scene *s = begin();
	struct es_tls_conn *c = join(s);

	CHECK_EQ(es_store_limit(s->in.store, 1), 0);
	ask(s, c, 9);
	/* a page that is free already may still do; what fails must say when to come again */
	CHECK(got(s, c, ES_ENV_NACK) || s->env.type == ES_ENV_ENROLL_REPLY);
	if (s->env.type == ES_ENV_NACK) {
		CHECK_EQ(s->env.u.nack.code, ES_NACK_BUSY);
		CHECK_EQ(s->env.u.nack.retry_after_ms, 7000);
	}
	CHECK(end(s));
}

TEST(enroll_rubbish_is_refused)
{
	static const uint8_t unknown[] = { 0, 0, 0, 3, 0xfa, 0x0f, 0 };
	static const uint8_t big[] = { 0, 0, 0x40, 1 }; /* above 16 KiB */
	struct scene *s = begin();
	struct es_tls_conn *c = join(s);

	made_conn_says(c, es_slice_of(unknown, sizeof(unknown)));
	CHECK(got(s, c, ES_ENV_NACK));
	CHECK_EQ(s->env.u.nack.code, ES_NACK_MALFORMED);
	c = join(s);
	made_conn_says(c, es_slice_of(big, sizeof(big)));
	CHECK(got(s, c, ES_ENV_NACK));
	CHECK(end(s));
}

TEST(enroll_place_is_given_up_where_nothing_comes)
{
	struct scene *s = begin();
	struct es_tls_conn *c = arrive(s), *d;

	sweep_after(s, 4999);
	CHECK(!c->is_freed);
	made_conn_ready(c, "", NULL); /* the handshake came: 5 s for the request */
	d = arrive(s);
	sweep_after(s, 4999);
	CHECK(!c->is_freed && !d->is_freed);
	made_conn_says(c, es_slice_of("\0", 1)); /* one byte is no message */
	sweep_after(s, 1);
	CHECK(c->is_freed && d->is_freed);
	CHECK_EQ(s->in.n_enrolling, 0);
	c = join(s);
	made_pass(s->in.loop, 4000);
	ask(s, c, 8);
	sweep_after(s, 4999); /* to take the answer */
	CHECK(!c->is_freed);
	sweep_after(s, 1);
	CHECK(c->is_freed);
	CHECK(end(s));
}

TEST(enroll_places_have_a_limit)
{
	struct scene *s = begin();

	for (int i = 0; i < ES_ENROLL_CONNS_MAX; i++)
		CHECK(arrive(s) != NULL);
	CHECK(arrive(s) == NULL);
	CHECK_EQ(s->in.n_enrolling, ES_ENROLL_CONNS_MAX);
	made_conn_end(made_conn(5), ES_TLS_END_CUT, "cut");
	made_tls.conn_fails = true;
	CHECK(arrive(s) == NULL);
	CHECK_EQ(s->in.n_enrolling, ES_ENROLL_CONNS_MAX - 1);
	made_tls.conn_fails = false;
	CHECK(arrive(s) != NULL);
	CHECK(end(s));
}
