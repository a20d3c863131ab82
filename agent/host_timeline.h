/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine's health as a file: what `earshot host --json` printed, read back into records. Taken by
 * `earshot explain host:NAME=FILE` and by an agent that is to play a machine in a demonstration.
 *
 * One JSON object a line, of "record":"host" or "record":"change"; blank lines and those of `earshot path` are passed
 * over. A
 * key, signal or kind that is not known is an error: a misspelt one must not pass for good health.
 * "synthetic":true in a line marks what was made up; the result must be shown as synthetic.
 */
#ifndef AGENT_HOST_TIMELINE_H
#define AGENT_HOST_TIMELINE_H

#include "earshot/record.h"
#include "runtime/file.h"

enum {
	ES_TIMELINE_ERROR_MAX = 512,
	ES_TIMELINE_LINE_MAX = 16 * 1024,      /* bytes of one line */
	ES_TIMELINE_RECORDS_MAX = 1000 * 1000, /* lines of one file: two months at 5 s */
};

struct es_timeline {
	const struct es_record
	    *records; /* host and change, in order of the file; theirs until done */
	size_t n;
	bool synthetic;                 /* some line is marked so */
	struct es_timeline_text *texts; /* what the records point into */
};

/*
 * Reads a whole file. Returns 0, or ES_EIO (cannot be read), ES_EMALFORMED, ES_EFULL (a limit
 * above), ES_ENOMEM; then error is "FILE:LINE: what is wrong, what was expected" and *out is
 * empty.
 */
int es_timeline_load(const char *path, enum es_file_kind kind, struct es_timeline *out,
    char error[ES_TIMELINE_ERROR_MAX]);

/* A zeroed one is fine. */
void es_timeline_done(struct es_timeline *t);

#endif
