/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listens on one interface by libpcap and by a ring of our own at once, without a right from the moment both are open, and
 * compares what they gave: packets, and the records of an engine behind each; with "cut": whether speech (16 bytes 0xd5) is
 * in what the ring gave. usage: ring INTERFACE [cut] (until SIGTERM)
 */
#include "agent/capture/ring.h"
#include "proto/encode.h"
#include "runtime/rights.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PACKETS_MAX = 20000, BYTES_MAX = 64 << 20, LOOK_MS = 100, LOOKS_MIN = 6, LOOKS_MAX = 50 };

struct side {
	struct es_capture *capture;
	struct es_packet *packets;
	size_t n_packets;
	uint8_t *bytes, *records;
	size_t n_bytes, n_records;
};

static volatile sig_atomic_t over;

static void
on_term(int signo)
{
	(void)signo;
	over = 1;
}

static void
drain(struct side *s)
{
	struct es_packet p;

	while (s->n_packets < PACKETS_MAX && es_capture_next(s->capture, &p) == 0) {
		if (s->n_bytes + p.cap_bytes > BYTES_MAX)
			abort();
		memcpy(s->bytes + s->n_bytes, p.data, p.cap_bytes);
		p.data = s->bytes + s->n_bytes;
		s->n_bytes += p.cap_bytes;
		s->packets[s->n_packets++] = p;
	}
}

static void
listen_both(struct side sides[2])
{
	struct pollfd fds[2];

	/* Behind the signal some more looks: blocks come late, on a busy machine very late. */
	for (int looks = 0;
	     looks < LOOKS_MIN || (looks < LOOKS_MAX && sides[0].n_packets != sides[1].n_packets);
	     looks += over) {
		for (int i = 0; i < 2; i++)
			fds[i] = (struct pollfd){ es_capture_fd(sides[i].capture), POLLIN, 0 };
		if (poll(fds, 2, LOOK_MS) > 0 && over)
			(void)usleep(LOOK_MS * 1000);
		drain(&sides[0]);
		drain(&sides[1]);
	}
}

static void
on_record(void *ctx, const struct es_record *rec)
{
	struct side *s = ctx;
	int n = es_record_encode(rec, s->records + s->n_records, BYTES_MAX - s->n_records);

	if (n <= 0)
		abort();
	s->n_records += (size_t)n;
}

static void
measure(struct side *s)
{
	const struct es_sink sink = { on_record, s };
	struct es_config config;
	struct es_engine *e;

	memset(&config, 0, sizeof(config));
	if (es_engine_new(&config, &sink, &e) != 0)
		abort();
	for (size_t i = 0; i < s->n_packets; i++)
		es_engine_packet(e, &s->packets[i]);
	es_engine_flush(e);
	es_engine_free(e);
}

static bool
is_same(const struct es_packet *a, const struct es_packet *b)
{
	return a->ts.ns == b->ts.ns && a->cap_bytes == b->cap_bytes &&
	       a->wire_bytes == b->wire_bytes && a->link == b->link && a->iface == b->iface &&
	       memcmp(a->data, b->data, a->cap_bytes) == 0;
}

static int
compare(const struct side *a, const struct side *b)
{
	size_t n = a->n_packets < b->n_packets ? a->n_packets : b->n_packets, i = 0;

	while (i < n && is_same(&a->packets[i], &b->packets[i]))
		i++;
	if (i < n)
		printf("packet %zu differs: link %u %u, captured %u %u, on the wire %u %u, %lld ns "
		       "apart\n",
		    i, a->packets[i].link, b->packets[i].link, a->packets[i].cap_bytes,
		    b->packets[i].cap_bytes, a->packets[i].wire_bytes, b->packets[i].wire_bytes,
		    (long long)(a->packets[i].ts.ns - b->packets[i].ts.ns));
	else if (a->n_packets != b->n_packets)
		printf("%zu packets by libpcap, %zu by the ring\n", a->n_packets, b->n_packets);
	else if (a->n_records != b->n_records || memcmp(a->records, b->records, a->n_records) != 0)
		printf("the records differ\n");
	else
		return printf("same: link %u, %zu packets, %zu bytes of records\n",
			   n == 0 ? 0 : a->packets[0].link, n, a->n_records) < 0;
	return 1;
}

/* As a process sees it that has no right to speech. */
static int
look_for_speech(const struct side *whole, const struct side *cut)
{
	static const uint8_t speech[16] = { 0xd5, 0xd5, 0xd5, 0xd5, 0xd5, 0xd5, 0xd5, 0xd5, 0xd5,
		0xd5, 0xd5, 0xd5, 0xd5, 0xd5, 0xd5, 0xd5 };
	size_t by_side[2] = { 0, 0 };

	for (int i = 0; i < 2; i++) {
		const struct side *s = i == 0 ? whole : cut;

		for (size_t k = 0; k < s->n_packets; k++)
			by_side[i] += memmem(s->packets[k].data, s->packets[k].cap_bytes, speech,
					  sizeof(speech)) != NULL;
	}
	printf("speech: in %zu packets of %zu, past the filter in %zu of %zu\n", by_side[0],
	    whole->n_packets, by_side[1], cut->n_packets);
	return by_side[0] == 0 || by_side[1] > 0 || whole->n_packets != cut->n_packets;
}

static void
fail(const char *why)
{
	fprintf(stderr, "ring: %s\n", why);
	exit(1);
}

int
main(int argc, char **argv)
{
	static struct side sides[2];
	const char *name = argc >= 2 ? argv[1] : "";
	bool cut = argc == 3;
	struct es_capture_live_config live = { .iface = name };
	struct es_ring_config ring = { .iface = name, .wants_payload = !cut };
	struct es_ring_layout layout;
	struct es_rights none = { 0 };
	char error[ES_CAPTURE_ERROR_MAX];
	const int none_of_it = 0;
	int fd;

	(void)signal(SIGTERM, on_term);
	for (int i = 0; i < 2; i++) {
		sides[i].packets = calloc(PACKETS_MAX, sizeof(*sides[i].packets));
		sides[i].bytes = malloc(BYTES_MAX);
		sides[i].records = malloc(BYTES_MAX);
		if (sides[i].packets == NULL || sides[i].bytes == NULL || sides[i].records == NULL)
			fail("out of memory");
	}
	if (es_capture_live_open(&live, &sides[0].capture, error) != 0 ||
	    es_ring_open(&ring, &fd, &layout, error) != 0 ||
	    es_rights_drop(&none, error, sizeof(error)) != 0 ||
	    es_capture_ring_new(fd, &layout, &sides[1].capture, error) != 0)
		fail(error);
	if (setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none_of_it, sizeof(none_of_it)) == 0 ||
	    errno != EPERM)
		fail("the filter can be taken away");
	printf("ready\n");
	fflush(stdout);
	listen_both(sides);
	if (cut)
		return look_for_speech(&sides[0], &sides[1]);
	measure(&sides[0]);
	measure(&sides[1]);
	return compare(&sides[0], &sides[1]);
}
