/* SPDX-License-Identifier: Apache-2.0 */
/* In place of runtime/process/process.c: nobody is born, the test is the child. */
#ifndef TESTS_MADE_PROCESS_H
#define TESTS_MADE_PROCESS_H

struct made_process {
	unsigned n;  /* children so far; the last one's pid is made_process_pid() */
	int pair;    /* its end of the pair to its parent, the test's; -1: none */
	int log;     /* where its lines go, likewise */
	int signals; /* that the last one got */
	int signo;   /* the last of them */
};

extern struct made_process made_process;

/* No child was ever made. Closes what is left of the last. */
void made_process_reset(void);
int made_process_pid(void);

#endif
