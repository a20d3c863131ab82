/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Test harness: TEST(name) { CHECK...(...); }. Tests register themselves; a program prints one line
 * per test, "ok NAME", "FAIL NAME file:line: what" or "skip NAME: why", read by tests/check.sh.
 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include "earshot/slice.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { TEST_DIR_MAX = 64 };

struct test {
	const char *name;
	const char *file;
	void (*run)(void);
	struct test *next;
};

void test_register(struct test *t);
void
test_fail(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Marks the running test as skipped; return right after. */
void test_skip(const char *why);
/* The bytes moved against an unreadable page: one byte too far is a crash. Freed after the test. */
es_slice test_guarded(const void *bytes, size_t n);
/* A new directory of the test's own; after the test it is removed, with what is in it. */
void test_dir(char out[TEST_DIR_MAX]);
/* The folder of shared captures, or NULL: SHARED in the environment, else ../shared. */
const char *test_shared(void);
/*
 * The step of a sweep: 1 under make check-long, otherwise n, so that the short sweep is spread over all of
 * the long one. Odd, and a stranger to the sweep's own periods.
 */
unsigned test_step(unsigned n);
/*
 * An emulator of another machine runs the tests (EMULATED in the environment). It enforces no limit on memory, and
 * the kernel below it starts no program of that machine.
 */
bool test_is_emulated(void);
/* Small deterministic generator for tests that want variety. */
uint32_t test_random(uint64_t *state);

#define TEST(name)                                                             \
	static void test_##name(void);                                         \
	__attribute__((constructor)) static void register_##name(void)         \
	{                                                                      \
		static struct test t = { #name, __FILE__, test_##name, NULL }; \
		test_register(&t);                                             \
	}                                                                      \
	static void test_##name(void)

#define GUARDED(array) test_guarded((array), sizeof(array))

#define CHECK(cond)                                                 \
	do {                                                        \
		if (!(cond)) {                                      \
			test_fail(__FILE__, __LINE__, "%s", #cond); \
			return;                                     \
		}                                                   \
	} while (0)

#define CHECK_EQ(a, b)                                                                        \
	do {                                                                                  \
		long long a_ = (long long)(a), b_ = (long long)(b);                           \
		if (a_ != b_) {                                                               \
			test_fail(                                                            \
			    __FILE__, __LINE__, "%s is %lld, not %s = %lld", #a, a_, #b, b_); \
			return;                                                               \
		}                                                                             \
	} while (0)

#define CHECK_NEAR(a, b, tolerance)                                                             \
	do {                                                                                    \
		double a_ = (double)(a), b_ = (double)(b);                                      \
		double d_ = a_ > b_ ? a_ - b_ : b_ - a_;                                        \
		if (!(d_ <= (tolerance))) {                                                     \
			test_fail(__FILE__, __LINE__, "%s is %.9g, not near %.9g", #a, a_, b_); \
			return;                                                                 \
		}                                                                               \
	} while (0)

#define CHECK_STR(a, b)                                                                        \
	do {                                                                                   \
		const char *a_ = (a), *b_ = (b);                                               \
		if (strcmp(a_, b_) != 0) {                                                     \
			test_fail(__FILE__, __LINE__, "%s is \"%s\", not \"%s\"", #a, a_, b_); \
			return;                                                                \
		}                                                                              \
	} while (0)

#define CHECK_SLICE(a, text)                                                                       \
	do {                                                                                       \
		es_slice a_ = (a);                                                                 \
		const char *b_ = (text);                                                           \
		if (!es_slice_eq(a_, es_slice_str(b_))) {                                          \
			test_fail(__FILE__, __LINE__, "%s is \"%.*s\", not \"%s\"", #a, (int)a_.n, \
			    (const char *)a_.p, b_);                                               \
			return;                                                                    \
		}                                                                                  \
	} while (0)

#endif
