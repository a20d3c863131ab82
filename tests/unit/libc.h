/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C library's allocator and disk, watched and made to fail by the test that wants it: libc.c stands in
 * for these calls in all test programs. Nothing fails until a test says so.
 */
#ifndef TESTS_LIBC_H
#define TESTS_LIBC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The sanitizers have allocators of their own: there realloc alone can fail. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define TEST_ALLOCATIONS_FAIL 1
#endif

/* Of this thread: so many allocations succeed, the next one fails, later ones succeed. -1: none fails. */
extern _Thread_local long test_allocations_left;
/* Of this thread: none succeeds. */
extern _Thread_local bool test_is_out_of_memory;

enum test_disk_step {
	TEST_WRITE = 'w',
	TEST_SYNC_FILE = 'f',
	TEST_SYNC_DIR = 'd',
	TEST_RENAME = 'r'
};

/* Asked before each step while it is set; *n, of a write, may be made smaller. False: fails with errno. */
extern bool (*test_disk)(enum test_disk_step step, size_t *n);

/* Answer in place of the calls of these names while they are set. */
struct statvfs;
extern int (*test_statvfs)(const char *path, struct statvfs *out);
extern int (*test_pipe2)(int ends[2], int flags);
extern ssize_t (*test_getrandom)(void *out, size_t n, unsigned flags);

/* Allocate whatever was said above; for what a test itself needs meanwhile. */
void *test_malloc(size_t bytes);
void *test_realloc(void *old, size_t bytes);

#endif
