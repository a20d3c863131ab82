/* SPDX-License-Identifier: Apache-2.0 */
/* In place of runtime/process/process.c: nobody is born, the test is the child. */
#include "tests/sim/made_process.h"

#include "runtime/process/process.h"

#include <stdlib.h>
#include <unistd.h>

enum { NOBODY = 1 << 30 }; /* no kernel gives such a number */

struct made_process made_process = { .pair = -1, .log = -1 };

static void
close_both(void)
{
	if (made_process.pair >= 0)
		close(made_process.pair);
	if (made_process.log >= 0)
		close(made_process.log);
	made_process.pair = made_process.log = -1;
}

void
made_process_reset(void)
{
	close_both();
	made_process.n = 0;
	made_process.signals = made_process.signo = 0;
}

int
made_process_pid(void)
{
	return NOBODY + (int)made_process.n;
}

/* Far enough to learn what the child would hold. */
int
es_process_fork(int (*run)(void *ctx), void *ctx, int *pid)
{
	close_both();
	made_process.n++;
	made_process.signals = made_process.signo = 0;
	if (run(ctx) == 0)
		abort(); /* es_process_keep fails */
	*pid = made_process_pid();
	return 0;
}

int
es_process_keep(int *keep, int log)
{
	made_process.pair = dup(*keep);
	made_process.log = dup(log);
	return ES_EIO;
}

int
es_process_again(const char *const *argv, int fd)
{
	(void)argv;
	(void)fd;
	abort(); /* nobody gets so far */
}

void
es_process_signal(int pid, int signo)
{
	if (pid != made_process_pid())
		abort();
	made_process.signals++;
	made_process.signo = signo;
}
