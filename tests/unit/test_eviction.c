/* SPDX-License-Identifier: Apache-2.0 */
/* Who gives way where a pool is full: by rank, by share of a prefix, by the last sign of life. */
#include "probes/base/eviction.h"
#include "tests/unit/harness.h"

enum { CAP = 512 };

static struct es_eviction s;
static es_time seen_at[CAP];

static es_time
seen(const void *ctx, uint32_t index)
{
	return ((const es_time *)ctx)[index];
}

static struct es_addr
v4(uint8_t net, uint8_t host)
{
	return (struct es_addr){ .family = 4, .ip = { 10, 0, net, host } };
}

static void
add(uint32_t index, uint8_t net, bool proven, int64_t at)
{
	struct es_addr src = v4(net, (uint8_t)index);

	es_eviction_add(&s, index, &src, proven);
	seen_at[index] = es_time_of_ns(at);
}

static uint32_t
victim(void)
{
	return es_eviction_victim(&s, seen, seen_at);
}

static uint32_t
take(void)
{
	uint32_t i = victim();

	if (i != ES_EVICTION_NONE)
		es_eviction_drop(&s, i);
	return i;
}

TEST(eviction_from_an_empty_pool_has_no_victim)
{
	CHECK_EQ(es_eviction_new(&s, CAP), 0);
	CHECK_EQ(victim(), ES_EVICTION_NONE);
	add(3, 1, true, 0);
	CHECK_EQ(victim(), 3);
	CHECK_EQ(victim(), 3); /* it stays in until it is dropped */
	CHECK_EQ(take(), 3);
	CHECK_EQ(victim(), ES_EVICTION_NONE);
	es_eviction_free(&s);
	es_eviction_free(&s);
}

TEST(eviction_of_one_object_has_one_bucket)
{
	CHECK_EQ(es_eviction_new(&s, 1), 0);
	add(0, 77, false, 0);
	CHECK_EQ(take(), 0);
	add(0, 78, true, 0);
	CHECK_EQ(take(), 0);
	es_eviction_free(&s);
}

TEST(eviction_takes_the_unproven_first)
{
	CHECK_EQ(es_eviction_new(&s, CAP), 0);
	for (uint32_t i = 0; i < 10; i++)
		add(i, 1, true, i);
	add(10, 2, false, 1000);
	add(11, 2, false, 999);
	CHECK_EQ(victim(), 11);
	es_eviction_rank(&s, 11, true);
	CHECK_EQ(take(), 10);
	CHECK_EQ(victim(), 0);
	es_eviction_rank(&s, 7, false);
	CHECK_EQ(take(), 7);
	CHECK_EQ(take(), 0);
	es_eviction_free(&s);
}

TEST(eviction_takes_from_the_largest_prefix)
{
	struct es_addr six = { .family = 6, .ip = { 0x20, 1, 0xd, 0xb8, 0, 1 } };

	CHECK_EQ(es_eviction_new(&s, CAP), 0);
	for (uint32_t i = 0; i < 20; i++)
		add(i, (uint8_t)(i < 9 ? 1 : 2), true, i);
	CHECK_EQ(take(), 9);
	CHECK_EQ(take(), 10);
	CHECK_EQ(take(), 11); /* 9 and 8 are left */
	CHECK_EQ(take(), 0);
	for (uint32_t i = 100; i < 112; i++) { /* one /48, other hosts and subnets */
		six.ip[6] = (uint8_t)i;
		six.ip[15] = (uint8_t)i;
		es_eviction_add(&s, i, &six, true);
		seen_at[i] = es_time_of_ns(5000);
	}
	CHECK(take() >= 100);
	es_eviction_free(&s);
}

/* 32 are looked at, from the oldest on; the next search continues behind them. */
TEST(eviction_looks_at_the_next_32_each_time)
{
	CHECK_EQ(es_eviction_new(&s, CAP), 0);
	for (uint32_t i = 0; i < 80; i++)
		add(i, 1, true, 1000 - i);
	CHECK_EQ(take(), 31);
	CHECK_EQ(take(), 63);
	CHECK_EQ(take(), 79); /* 64 to 79, then 0 to 15 again */
	CHECK_EQ(take(), 48);
	es_eviction_free(&s);
}

TEST(eviction_of_equal_ages_is_in_order_of_arrival)
{
	CHECK_EQ(es_eviction_new(&s, CAP), 0);
	for (uint32_t i = 0; i < 3; i++)
		add(i, 1, true, 7);
	for (uint32_t i = 0; i < 3; i++)
		CHECK_EQ(take(), i);
	es_eviction_free(&s);
}

/* Taken, ranked and dropped at random, everybody comes out once, the unproven first. */
TEST(eviction_loses_no_object)
{
	uint64_t random = 41;
	bool is_in[CAP] = { false }, is_proven[CAP] = { false };
	uint32_t n = 0, i;
	bool was_proven = false;

	CHECK_EQ(es_eviction_new(&s, CAP), 0);
	for (unsigned step = 0; step < 20000; step++) {
		i = test_random(&random) % CAP;
		if (!is_in[i]) {
			is_proven[i] = test_random(&random) % 2 == 0;
			add(i, (uint8_t)(test_random(&random) % 7), is_proven[i], step);
			n++;
		} else if (test_random(&random) % 2 == 0) {
			is_proven[i] = !is_proven[i];
			es_eviction_rank(&s, i, is_proven[i]);
			continue;
		} else {
			es_eviction_drop(&s, i);
			n--;
		}
		is_in[i] = !is_in[i];
	}
	CHECK_EQ(s.n[0] + s.n[1], n);
	while ((i = take()) != ES_EVICTION_NONE) {
		CHECK(is_in[i]);
		CHECK(is_proven[i] || !was_proven);
		was_proven = is_proven[i];
		is_in[i] = false;
		n--;
	}
	CHECK_EQ(n, 0);
	es_eviction_free(&s);
}
