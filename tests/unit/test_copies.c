/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of the network and of the capture, packet by packet. */
#include "probes/stream/copies.h"

#include "harness.h"

static const struct es_copy_of first = {
	.seq = 7, .ip_id = 70, .udp_checksum = 700, .capture_point = 1, .ts_low = 9
};

TEST(copy_with_ip_id_and_checksum_of_its_original_is_identical_once)
{
	struct es_copies c = { .n = 0 };

	es_copies_add(&c, &first);
	CHECK_EQ(es_copies_judge(&c, &first), ES_COPY_IDENTICAL);
	CHECK_EQ(es_copies_judge(&c, &first), ES_COPY_IDENTICAL_AGAIN);
	CHECK_EQ(es_copies_judge(&c, &first), ES_COPY_IDENTICAL_AGAIN);
}

TEST(copy_that_another_interface_shows_is_the_captures)
{
	struct es_copies c = { .n = 0 };
	struct es_copy_of m = first;

	es_copies_add(&c, &first);
	m.capture_point = 2;
	CHECK_EQ(es_copies_judge(&c, &m), ES_COPY_OTHER_POINT);
	/* It has not doubled the packet at the interface of the original. */
	CHECK_EQ(es_copies_judge(&c, &first), ES_COPY_IDENTICAL);
}

TEST(copy_that_differs_in_ip_id_or_checksum_was_made_by_the_network)
{
	struct es_copies c = { .n = 0 };
	struct es_copy_of id = first, sum = first;

	es_copies_add(&c, &first);
	id.ip_id = 71;
	sum.udp_checksum = 701;
	CHECK_EQ(es_copies_judge(&c, &id), ES_COPY_PLAIN);
	CHECK_EQ(es_copies_judge(&c, &sum), ES_COPY_PLAIN);
	sum.capture_point = 2;
	CHECK_EQ(es_copies_judge(&c, &sum), ES_COPY_PLAIN);
}

TEST(number_with_another_timestamp_is_no_copy)
{
	struct es_copies c = { .n = 0 };
	struct es_copy_of m = first;

	es_copies_add(&c, &first);
	m.ts_low = 10;
	CHECK_EQ(es_copies_judge(&c, &m), ES_COPY_OTHER_CONTENT);
	CHECK(es_copies_has(&c, 7, 9));
	CHECK(es_copies_has(&c, 7, 9 + 3 * 128)); /* seven bits are kept */
	CHECK(!es_copies_has(&c, 7, 10));
	CHECK(!es_copies_has(&c, 8, 9));
}

TEST(copies_are_recognised_among_the_last_sixteen_packets)
{
	struct es_copies c = { .n = 0 };
	struct es_copy_of m = first;

	CHECK(!es_copies_has(&c, 0, 0)); /* nothing came yet: zeros are no packet */
	for (unsigned i = 0; i < 40; i++) {
		m.seq = (uint16_t)(100 + i);
		es_copies_add(&c, &m);
		for (unsigned k = 0; k <= i; k++)
			CHECK_EQ(es_copies_has(&c, (uint16_t)(100 + k), 9), i - k < 16);
		CHECK(!es_copies_has(&c, (uint16_t)(101 + i), 9));
	}
	m.seq = 100 + 40 - 17;
	CHECK_EQ(es_copies_judge(&c, &m), ES_COPY_PLAIN); /* forgotten */
	m.seq = 100 + 40 - 16;
	CHECK_EQ(es_copies_judge(&c, &m), ES_COPY_IDENTICAL);
	m.seq = 100 + 40 - 1;
	CHECK_EQ(es_copies_judge(&c, &m), ES_COPY_IDENTICAL);
}

TEST(copy_of_nothing_that_came_is_no_copy)
{
	struct es_copies c = { .n = 0 };
	struct es_copy_of zero = { .seq = 0 };

	CHECK_EQ(es_copies_judge(&c, &zero), ES_COPY_PLAIN);
	es_copies_add(&c, &first);
	CHECK_EQ(es_copies_judge(&c, &zero), ES_COPY_PLAIN);
	CHECK(!es_copies_has(&c, 0, 0));
}
