/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that a proxy and this server might read differently are refused, and end their connection. */
#include "runtime/loop/http.h"
#include "tests/unit/harness.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t large[8 << 20]; /* more than a socket holds */

struct site {
	struct es_loop *loop;
	struct es_http *http;
	char seen[256]; /* paths and hosts, each with a blank behind it */
};

static void
on_request(void *ctx, struct es_http_request *r)
{
	struct site *s = ctx;
	size_t n = strlen(s->seen);
	const char *host = es_http_host(r);

	CHECK_STR(es_http_peer(r), "127.0.0.1");
	(void)snprintf(
	    s->seen + n, sizeof(s->seen) - n, "%s@%s ", es_http_path(r), host == NULL ? "-" : host);
	if (strcmp(es_http_path(r), "/large") == 0)
		es_http_reply(r, 200, NULL, 0, es_slice_of(large, sizeof(large)));
	else
		es_http_reply(r, 200, NULL, 0, es_slice_str("fine"));
}

static void
open_site(struct site *s, uint32_t max_connections)
{
	struct es_http_config cfg = { .max_connections = max_connections };

	memset(s, 0, sizeof(*s));
	if (es_addr_parse_ip("127.0.0.1", 9, &cfg.bind) != 0 || es_loop_new(&s->loop) != 0 ||
	    es_http_new(s->loop, &cfg, on_request, s, &s->http) != 0)
		abort();
}

static void
close_site(struct site *s)
{
	es_http_free(s->http);
	es_loop_free(s->loop);
}

/* A connection that has sent some bytes. */
static int
send_to(struct site *s, const char *bytes, size_t n)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_port = htons(es_http_port(s->http));
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    write(fd, bytes, n) != (ssize_t)n)
		abort();
	return fd;
}

/* What comes until the server closes or is quiet. */
static void
read_all(struct site *s, int fd, char *out, size_t cap)
{
	size_t have = 0;

	for (int quiet = 0; quiet < 10 && have + 1 < cap;) {
		ssize_t got = recv(fd, out + have, cap - have - 1, MSG_DONTWAIT);

		if (got == 0 || (got < 0 && errno != EAGAIN))
			break;
		have += got > 0 ? (size_t)got : 0;
		quiet = got > 0 ? 0 : quiet + 1;
		(void)es_loop_round(s->loop, 10);
	}
	out[have] = '\0';
}

/* Sends bytes on a connection of their own; the answers until the server closes or is quiet. */
static void
ask(struct site *s, const char *bytes, size_t n, char *out, size_t cap)
{
	int fd;

	open_site(s, 0);
	fd = send_to(s, bytes, n);
	read_all(s, fd, out, cap);
	close(fd);
	close_site(s);
}

static int
count(const char *text, const char *what)
{
	int n = 0;

	for (text = strstr(text, what); text != NULL; text = strstr(text + 1, what))
		n++;
	return n;
}

/* One 400 comes, and nobody is asked; what follows on the connection is not read as a request. */
static void
check_refused(const char *bytes, size_t n)
{
	static const char next[] = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
	char out[4096], all[1024];
	struct site s;

	memcpy(all, bytes, n);
	memcpy(all + n, next, sizeof(next) - 1);
	ask(&s, all, n + sizeof(next) - 1, out, sizeof(out));
	if (strncmp(out, "HTTP/1.1 400", 12) != 0 || count(out, "HTTP/1.1 ") != 1 ||
	    s.seen[0] != '\0')
		test_fail(__FILE__, __LINE__, "%.40s: %.20s, %d answers, seen %s", bytes, out,
		    count(out, "HTTP/1.1 "), s.seen);
}

#define REFUSED(text) check_refused(text, sizeof(text) - 1)

TEST(http_path_with_a_nul_or_a_bad_escape_is_refused)
{
	REFUSED("GET /a%00b HTTP/1.1\r\nHost: h\r\n\r\n");
	REFUSED("GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n");
	REFUSED("GET /?q=a%00b HTTP/1.1\r\nHost: h\r\n\r\n");
	REFUSED("GET //a/b HTTP/1.1\r\nHost: h\r\n\r\n");
	REFUSED("GET /% HTTP/1.1\r\nHost: h\r\n\r\n");
	REFUSED("GET /%4 HTTP/1.1\r\nHost: h\r\n\r\n");
	REFUSED("GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n");
	REFUSED("GET /a?b=%4 HTTP/1.1\r\nHost: h\r\n\r\n");
}

TEST(http_two_hosts_or_two_lengths_are_refused)
{
	REFUSED("GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n");
	REFUSED("GET / HTTP/1.1\r\nHost: localhost\r\nhost: localhost\r\n\r\n");
	REFUSED(
	    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef");
	REFUSED("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nTransfer-Encoding: "
		"chunked\r\n\r\n0\r\n\r\n");
	REFUSED("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabcde");
	REFUSED("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +0\r\n\r\n");
	REFUSED("GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

TEST(http_header_that_is_no_header_is_refused)
{
	REFUSED("GET / HTTP/1.1\r\nHost : localhost\r\n\r\n");
	REFUSED("GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x01z\r\n\r\n");
	REFUSED("GET / HTTP/1.1\r\nHost: localhost\0.evil.example\r\n\r\n");
	REFUSED("GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n");
	REFUSED("GET / HTTP/1.1\r\nHost: localhost\r\nX(y): a\r\n\r\n");
}

TEST(http_plain_requests_are_answered_on_one_connection)
{
	static const char two[] =
	    "GET /a%40?q=%25 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
	    "POST /b HTTP/1.1\r\nHost: i\r\nContent-Length: 3\r\n\r\nabc"
	    "POST /c HTTP/1.1\r\nHost: j\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "1\r\nx\r\n0\r\n\r\n";
	char out[4096];
	struct site s;

	ask(&s, two, sizeof(two) - 1, out, sizeof(out));
	CHECK_EQ(count(out, "HTTP/1.1 200"), 3);
	CHECK_STR(s.seen, "/a@@h /b@i /c@j ");
}

TEST(http_body_may_hold_any_byte)
{
	static const char one[] = "POST /b HTTP/1.1\r\nHost: i\r\nContent-Length: 4\r\n\r\na\0\n ";
	char out[4096];
	struct site s;

	ask(&s, one, sizeof(one) - 1, out, sizeof(out));
	CHECK_EQ(count(out, "HTTP/1.1 200"), 1);
	CHECK_STR(s.seen, "/b@i ");
}

TEST(http_host_of_a_target_in_absolute_form_outranks_the_header)
{
	static const char one[] = "GET http://evil.example/x HTTP/1.1\r\nHost: localhost\r\n\r\n";
	char out[4096];
	struct site s;

	ask(&s, one, sizeof(one) - 1, out, sizeof(out));
	CHECK_EQ(count(out, "HTTP/1.1 200"), 1);
	CHECK_STR(s.seen, "/x@evil.example ");
}

/* 200 connections that never end a request kept a new one waiting until their deadline of 10 s. */
TEST(http_slow_connections_make_room_for_who_asks)
{
	enum { SLOW = 200, LIMIT = 8 };
	static const char part[] = "GET / HTTP/1.1\r\nX: ", whole[] = "GET /a HTTP/1.1\r\n\r\n";
	char out[4096];
	int slow[SLOW], open = 0, fd;
	struct site s;

	open_site(&s, LIMIT);
	for (int i = 0; i < SLOW; i++)
		slow[i] = send_to(&s, part, sizeof(part) - 1);
	fd = send_to(&s, whole, sizeof(whole) - 1);
	for (int i = 0; i < 50; i++)
		(void)es_loop_round(s.loop, 10); /* some for each 64 connections */
	read_all(&s, fd, out, sizeof(out));
	CHECK_EQ(count(out, "HTTP/1.1 200"), 1);
	for (int i = 0; i < SLOW; i++) {
		ssize_t got = recv(slow[i], out, 1, MSG_DONTWAIT);

		open += got < 0 && errno == EAGAIN;
		close(slow[i]);
	}
	CHECK(open > 0 && open < LIMIT); /* the newest of them, next to the one that asked */
	close(fd);
	close_site(&s);
}

/* Who was answered and asks no more goes before who has just come and asks slowly. */
TEST(http_idle_connections_go_first)
{
	static const char part[] = "GET / HTTP/1.1\r\nX: ", whole[] = "GET /a HTTP/1.1\r\n\r\n";
	char out[4096];
	struct site s;
	int fds[3];

	open_site(&s, 2);
	fds[0] = send_to(&s, whole, sizeof(whole) - 1);
	read_all(&s, fds[0], out, sizeof(out));
	fds[1] = send_to(&s, part, sizeof(part) - 1);
	(void)es_loop_round(s.loop, 10);
	fds[2] = send_to(&s, whole, sizeof(whole) - 1);
	read_all(&s, fds[2], out, sizeof(out));
	CHECK_EQ(count(out, "HTTP/1.1 200"), 1);
	CHECK_EQ(recv(fds[0], out, 1, MSG_DONTWAIT), 0);
	CHECK(recv(fds[1], out, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	close_site(&s);
}

/* The place of one that has gone is free: its descriptor may stand for who came after it. */
TEST(http_descriptor_used_again_is_not_the_old_connection)
{
	static const char whole[] = "GET /a HTTP/1.1\r\n\r\n";
	char out[4096];
	struct site s;
	int fds[3];

	open_site(&s, 2);
	fds[0] = send_to(&s, whole, sizeof(whole) - 1);
	(void)es_loop_round(s.loop, 10);
	(void)es_loop_round(s.loop, 10);
	close(fds[0]);
	(void)es_loop_round(s.loop, 10); /* the server closes its end; the place is still counted */
	for (int i = 1; i < 3; i++)
		fds[i] = send_to(&s, whole, sizeof(whole) - 1);
	for (int i = 1; i < 3; i++) {
		read_all(&s, fds[i], out, sizeof(out));
		CHECK_EQ(count(out, "HTTP/1.1 200"), 1);
		close(fds[i]);
	}
	close_site(&s);
}

/* Who does not read its replies keeps no place either, and a request at hand is not cut off. */
TEST(http_replies_that_nobody_takes_make_room)
{
	static const char whole[] = "GET /large HTTP/1.1\r\n\r\n";
	enum { LIMIT = 2, ALL = 80 };
	char out[4096];
	struct site s;
	int fds[ALL], fd;

	open_site(&s, LIMIT);
	for (int i = 0; i < ALL; i++) {
		fds[i] = send_to(&s, whole, sizeof(whole) - 1);
		for (int k = 0; k < 4; k++)
			(void)es_loop_round(s.loop, 1);
	}
	fd = send_to(&s, "GET /a HTTP/1.1\r\n\r\n", 19);
	read_all(&s, fd, out, sizeof(out));
	CHECK_EQ(count(out, "fine"), 1);
	for (int i = 0; i < ALL; i++)
		close(fds[i]);
	close(fd);
	close_site(&s);
}
