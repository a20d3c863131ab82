/* SPDX-License-Identifier: Apache-2.0 */
/* A line of progress on a terminal. */
#include "agent/command/progress.h"

#include <inttypes.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

struct es_progress
es_progress_of(const char *command)
{
	return (
	    struct es_progress){ .to = isatty(STDERR_FILENO) ? stderr : NULL, .command = command };
}

void
es_progress_erase(struct es_progress *p)
{
	if (p->n_written == 0)
		return;
	fprintf(p->to, "\r%*s\r", p->n_written, "");
	(void)fflush(p->to);
	p->n_written = 0;
}

void
es_progress_show(
    struct es_progress *p, int64_t now_ms, const struct es_capture_position *at, uint64_t n_calls)
{
	uint64_t size = at->total_bytes != 0 ? at->total_bytes : at->read_bytes;

	if (p->to == NULL || size <= ES_PROGRESS_LEAST_BYTES || now_ms < p->next_ms)
		return;
	p->next_ms = now_ms + ES_PROGRESS_INTERVAL_MS;
	es_progress_erase(p);
	p->n_written = fprintf(p->to, "earshot %s: %" PRIu64, p->command, at->read_bytes / MIB);
	if (at->total_bytes != 0)
		p->n_written += fprintf(p->to, " of %" PRIu64 " MiB, %" PRIu64 " %%",
		    at->total_bytes / MIB, 100 * at->read_bytes / at->total_bytes);
	else
		p->n_written += fprintf(p->to, " MiB");
	p->n_written += fprintf(p->to, ", %" PRIu64 " calls", n_calls);
	(void)fflush(p->to);
}
