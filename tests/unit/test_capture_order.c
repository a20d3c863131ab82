/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of a file whose times go back, in time order within a window. */
#include "agent/capture/capture.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

enum { PACKETS_MAX = 20000, BYTES_MAX = 128 * 1024 };

struct made_packet {
	int64_t ms;
	uint16_t iface;
	uint32_t dropped; /* the capture reports with it that it lost so many */
	bool is_error;    /* the source says ES_ECUT in place of a packet */
};

/* A source that gives what stands in a list; its bytes are good until it is asked again. */
struct made_source {
	struct es_capture base;
	const struct made_packet *at;
	size_t n;
	size_t next;
	uint32_t dropped;
	uint32_t cap_bytes; /* of each packet, its number in front */
	bool is_mixed;
	uint8_t bytes[BYTES_MAX];
};

static struct made_packet list[PACKETS_MAX];
static struct made_source source;

static int
made_next(struct es_capture *c, struct es_packet *out)
{
	struct made_source *s = (struct made_source *)c;
	uint32_t number = (uint32_t)s->next;
	const struct made_packet *p;

	memset(s->bytes, 0xdd, 16); /* what was lent before is gone */
	if (s->next == s->n)
		return ES_EEOF;
	p = &s->at[s->next++];
	if (p->is_error) {
		snprintf(s->base.error, sizeof(s->base.error), "cut");
		return ES_ECUT;
	}
	memcpy(s->bytes, &number, sizeof(number));
	s->dropped = p->dropped;
	s->base.has_no_drops = p->dropped == 0;
	*out = (struct es_packet){ .ts = es_time_of_ns(p->ms * ES_NS_PER_MS),
		.data = s->bytes,
		.cap_bytes = s->cap_bytes,
		.wire_bytes = s->cap_bytes,
		.link = 1,
		.iface = p->iface };
	return 0;
}

static bool
made_drops(struct es_capture *c, es_time now, struct es_capture_drops *out)
{
	struct made_source *s = (struct made_source *)c;

	(void)now;
	out->n = s->dropped;
	s->dropped = 0;
	s->base.has_no_drops = true;
	return out->n > 0;
}

static bool
made_is_mixed(const struct es_capture *c)
{
	return ((const struct made_source *)c)->is_mixed;
}

static int
made_fd(const struct es_capture *c)
{
	(void)c;
	return -1;
}

static void
made_free(struct es_capture *c)
{
	(void)c;
}

static struct es_capture *
begin(size_t n, bool is_mixed)
{
	static const struct es_capture_ops ops = { .next = made_next,
		.drops = made_drops,
		.is_mixed = made_is_mixed,
		.fd = made_fd,
		.free = made_free };
	struct es_capture *c = NULL;

	source.base.ops = &ops;
	source.at = list;
	source.n = n;
	source.next = 0;
	source.dropped = 0;
	source.cap_bytes = 64;
	source.is_mixed = is_mixed;
	if (es_capture_order_new(&source.base, &c) != 0)
		abort();
	return c;
}

/* The number of the next packet, which must hold its own bytes. */
static uint32_t
next(struct es_capture *c)
{
	uint32_t number = UINT32_MAX;
	struct es_packet p;

	if (es_capture_next(c, &p) != 0)
		abort();
	memcpy(&number, p.data, sizeof(number));
	if (number >= source.n || p.ts.ns != list[number].ms * ES_NS_PER_MS ||
	    p.iface != list[number].iface)
		test_fail(__FILE__, __LINE__, "packet %u is not itself", number);
	return number;
}

static void
end(struct es_capture *c)
{
	struct es_packet p;

	CHECK_EQ(es_capture_next(c, &p), ES_EEOF);
	CHECK_EQ(es_capture_next(c, &p), ES_EEOF);
	es_capture_free(c);
}

/* Two interfaces, a packet each 20 ms, written in bursts: 100 ms of the one, then of the other. */
static size_t
make_bursts(unsigned bursts, uint16_t n_ifaces)
{
	size_t n = 0;

	for (unsigned b = 0; b < bursts; b++)
		for (uint16_t i = 0; i < n_ifaces; i++)
			for (unsigned k = 0; k < 5; k++)
				list[n++] = (struct made_packet){ .ms = 1000 + b * 100 + k * 20 + i,
					.iface = i };
	return n;
}

static void
check_sorted(struct es_capture *c, size_t n)
{
	int64_t last = INT64_MIN;

	for (size_t i = 0; i < n; i++) {
		uint32_t number = next(c);

		CHECK(list[number].ms >= last);
		last = list[number].ms;
	}
	end(c);
}

TEST(order_sorts_bursts_of_interfaces)
{
	for (uint16_t n_ifaces = 2; n_ifaces <= 4; n_ifaces++) {
		size_t n = make_bursts(400, n_ifaces);

		check_sorted(begin(n, true), n);
	}
}

/* The same file written again without its interfaces. */
TEST(order_sorts_bursts_of_a_file_that_names_one_interface)
{
	size_t n = make_bursts(400, 2);

	for (size_t i = 0; i < n; i++)
		list[i].iface = 0;
	check_sorted(begin(n, false), n);
}

TEST(order_keeps_that_of_equal_times)
{
	for (size_t i = 0; i < 100; i++)
		list[i] = (struct made_packet){ .ms = (int64_t)(i / 10 * 50), .iface = i % 2 };
	struct es_capture *c = begin(100, true);

	for (uint32_t i = 0; i < 100; i++)
		CHECK_EQ(next(c), i);
	end(c);
}

TEST(order_of_one_interface_survives_stamps_that_are_a_little_off)
{
	for (size_t i = 0; i < 1000; i++)
		list[i] = (struct made_packet){ .ms = (int64_t)i * 5 - (i % 3 == 0 ? 9 : 0) };
	for (int is_mixed = 0; is_mixed < 2; is_mixed++) {
		struct es_capture *c = begin(1000, is_mixed != 0);

		for (uint32_t i = 0; i < 1000; i++)
			CHECK_EQ(next(c), i);
		end(c);
	}
}

/* Further back than two seconds: the file's order, and what waits goes before it. */
TEST(order_leaves_what_lies_further_back_where_it_stood)
{
	static const int64_t ms[] = { 1000, 5000, 5300, 5100, 2999, 3100, 3050, 9000 };
	static const uint32_t expected[] = { 0, 1, 3, 2, 4, 6, 5, 7 };
	struct es_capture *c;

	for (size_t i = 0; i < 8; i++)
		list[i] = (struct made_packet){ .ms = ms[i], .iface = i % 2 };
	c = begin(8, true);
	for (uint32_t i = 0; i < 8; i++)
		CHECK_EQ(next(c), expected[i]);
	end(c);
}

/* A stamp of another year does not end the sorting of those behind it. */
TEST(order_survives_a_stamp_far_ahead)
{
	size_t n = make_bursts(40, 2);
	struct es_capture *c;
	int64_t last = INT64_MIN;
	unsigned back = 0;

	list[203].ms = INT64_C(4102444800000);
	c = begin(n, true);
	for (size_t i = 0; i < n; i++) {
		uint32_t number = next(c);

		back += number != 203 && list[number].ms < last;
		if (number != 203)
			last = list[number].ms;
	}
	CHECK(back <= 1); /* what was flushed with it */
	end(c);
}

TEST(order_continues_without_waiting_while_times_go_forward)
{
	struct es_capture *c;

	for (size_t i = 0; i < 10000; i++)
		list[i] = (struct made_packet){ .ms = (int64_t)i };
	c = begin(10000, false);
	for (uint32_t i = 0; i < 5000; i++)
		CHECK_EQ(next(c), i);
	CHECK_EQ(source.next, 5000); /* nothing was read ahead any more */
	for (uint32_t i = 5000; i < 10000; i++)
		CHECK_EQ(next(c), i);
	end(c);
}

TEST(order_sorts_again_when_times_go_back_later)
{
	struct es_capture *c;
	size_t n = 6000;
	unsigned back = 0;
	int64_t last = 0;

	for (size_t i = 0; i < n; i++)
		list[i] = (struct made_packet){ .ms = (int64_t)i };
	for (size_t i = 0; i < 2000; i += 10)
		for (size_t k = 0; k < 10; k++)
			list[n + i + k] = (struct made_packet){
				.ms = (int64_t)(n + i * 10 + k * 10) - (i % 20 == 0 ? 0 : 150)
			};
	n += 2000;
	c = begin(n, false);
	for (size_t i = 0; i < n; i++) {
		uint32_t number = next(c);

		back += list[number].ms < last;
		last = list[number].ms;
	}
	CHECK(back <= 1);
	end(c);
}

/* 600 packets of 128 KiB within the window: what finds no room is released early, none is lost. */
TEST(order_is_bounded_in_memory)
{
	struct es_capture *c;
	uint8_t seen[600] = { 0 };

	for (size_t i = 0; i < 600; i++)
		list[i] =
		    (struct made_packet){ .ms = 1000 + (int64_t)i * 2 - (i % 5 == 0 ? 150 : 0),
			    .iface = i % 5 == 0 };
	c = begin(600, true);
	source.cap_bytes = BYTES_MAX;
	for (size_t i = 0; i < 600; i++) {
		uint32_t number = next(c);

		CHECK(number < 600 && !seen[number]);
		seen[number % 600] = 1;
		CHECK(source.next - i < 300); /* 32 MiB hold less than 256 of them */
	}
	end(c);
}

TEST(order_reports_drops_with_the_packet_they_came_with)
{
	struct es_capture_drops d;
	struct es_capture *c;
	size_t n = make_bursts(40, 2);

	list[7].dropped = 5; /* of the second interface, sorted between those of the first */
	c = begin(n, true);
	for (size_t i = 0; i < n; i++) {
		uint32_t number = next(c);

		CHECK_EQ(es_capture_drops(c, es_time_of_ns(0), &d), number == 7);
		CHECK(number != 7 || d.n == 5);
		CHECK(!es_capture_drops(c, es_time_of_ns(0), &d));
	}
	end(c);
}

/* Also with the packet after which the source's packets are handed on as they are, and with the last. */
TEST(order_reports_the_drops_of_a_file_in_order)
{
	enum { N = 300 };
	struct es_capture_drops d;
	struct es_capture *c;

	for (size_t i = 0; i < N; i++)
		list[i] = (struct made_packet){ .ms = 1000 + (int64_t)i * 20,
			.dropped = (uint32_t)i + 1 };
	c = begin(N, false);
	for (size_t i = 0; i < N; i++) {
		CHECK_EQ(next(c), i);
		CHECK(es_capture_drops(c, es_time_of_ns(0), &d));
		CHECK_EQ(d.n, i + 1);
		CHECK(!es_capture_drops(c, es_time_of_ns(0), &d));
	}
	end(c);
}

TEST(order_reports_an_error_and_continues)
{
	struct es_capture *c;
	struct es_packet p;
	int errors = 0, packets = 0, rc;
	size_t n = make_bursts(40, 2);

	list[200].is_error = true;
	c = begin(n, true);
	while ((rc = es_capture_next(c, &p)) != ES_EEOF) {
		errors += rc == ES_ECUT && strcmp(es_capture_error(c), "cut") == 0;
		packets += rc == 0;
	}
	CHECK_EQ(errors, 1);
	CHECK_EQ(packets, n - 1);
	es_capture_free(c);
}

TEST(order_of_anything_loses_nothing)
{
	uint64_t seed = 5;

	for (unsigned round = 0; round < 60; round += test_step(7)) {
		static uint8_t seen[3000];
		struct es_capture *c;
		int64_t ms = 100000;

		memset(seen, 0, sizeof(seen));
		for (size_t i = 0; i < 3000; i++) {
			ms += (int64_t)(test_random(&seed) % 50) - (round % 3 == 0 ? 24 : 5);
			if (test_random(&seed) % 200 == 0)
				ms += (int64_t)(test_random(&seed) % 20000) - 10000;
			list[i] = (struct made_packet){ .ms = ms,
				.iface = (uint16_t)(test_random(&seed) % 3) };
		}
		c = begin(3000, round % 2 == 0);
		for (size_t i = 0; i < 3000; i++) {
			uint32_t number = next(c);

			CHECK(number < 3000 && !seen[number]);
			seen[number % 3000] = 1;
		}
		end(c);
	}
}
