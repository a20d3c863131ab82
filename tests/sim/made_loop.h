/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loop and clocks that a test drives, linked in place of runtime/loop/loop.c and runtime/clock.c into
 * every tests/sim/test_loop_*.c. Time stands still until made_pass moves it; descriptors are real and
 * polled without waiting, so that a test runs as fast as it can and always the same way.
 */
#ifndef TESTS_MADE_LOOP_H
#define TESTS_MADE_LOOP_H

#include "earshot/time.h"
#include "runtime/loop/loop.h"

struct made_clock {
	int64_t monotonic_ns;
	int64_t boot_ahead_ns; /* of the monotonic clock: time in suspend */
	int64_t wall_ns;       /* when the boot clock was 0 */
	int64_t cpu_us;
	uint8_t boot_id[16];
	bool synchronised;
};
extern struct made_clock made_clock;

/* The clocks as at the start: 1000 s since boot, 1800000000 s since 1970. */
void made_clock_reset(void);

/* What is due now, and what descriptors have, until nothing happens. */
void made_settle(struct es_loop *l);
/* So much time, with every timer at its instant. */
void made_pass(struct es_loop *l, int64_t ms);
/* Milliseconds to the next timer; -1: none is armed. */
int64_t made_next_ms(const struct es_loop *l);
/* What es_loop_run does, where a whole role is run: the test drives the loop and stops it. */
extern void (*made_run)(struct es_loop *l);
/* As if the process got it. False: nobody watches it. */
bool made_signal(struct es_loop *l, int signo);
/* The child ended with this wait status. False: nobody waits for it. */
bool made_child_ends(struct es_loop *l, int pid, int status);
/* It was stopped. */
bool made_stopped(const struct es_loop *l);
/* Timers, descriptors, signals and children that nobody has freed; a loop that is freed has none. */
unsigned made_left(const struct es_loop *l);
/* The call that arms a timer, makes one or watches so many from now on fails; 0: none does. */
extern unsigned made_fail_in;

#endif
