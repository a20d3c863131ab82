/* SPDX-License-Identifier: Apache-2.0 */
/* Notes on standard error. */
#include "agent/command/notes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static void
note(const struct es_notes *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
note(const struct es_notes *n, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "earshot %s: ", n->command);
	if (n->name.n > 0)
		fprintf(stderr, "%.*s: ", (int)n->name.n, (const char *)n->name.p);
	fputs("note: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

void
es_notes_feed(const struct es_notes *n, const struct es_feed *feed)
{
	if (feed->n_back > 0)
		note(n,
		    "%" PRIu64
		    " packets stand behind packets up to %.1f s later; 2 s and 32 MiB are "
		    "sorted, these were taken as they stand: sort the capture with reordercap",
		    feed->n_back, (double)feed->back_ns / (double)ES_NS_PER_S);
	if (feed->dropped != 0)
		note(n, "the captures lost %" PRIu64 " packets themselves", feed->dropped);
}
