/* SPDX-License-Identifier: Apache-2.0 */
/* `explain`: one call of the store, judged; as an object or as text for people. */
#include "collector/command/command_private.h"
#include "collector/query/gather.h"
#include "collector/query/query.h"
#include "probes/base/json.h"
#include "runtime/explained_text.h"
#include "runtime/shown_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct explain {
	const char *id;
	bool as_json;
	bool has_start; /* which of the calls of one Call-ID; else the newest */
	es_time start;
	bool found;
	char *text; /* of the last one found */
	size_t n_bytes;
	bool out_of_memory;
};

static void
print(void *ctx, const char *bytes, size_t n_bytes)
{
	(void)fwrite(bytes, 1, n_bytes, ctx); /* an error shows when the stream is closed */
}

/* Calls come in the order of their start: of several under one Call-ID the last one stays. */
static void
on_call(void *ctx, const struct es_explained *call)
{
	struct explain *e = ctx;
	char buf[4096];
	struct es_json j;
	FILE *to;

	if (!es_gathered_is_named(call, es_slice_str(e->id)) ||
	    (e->has_start && call->start.ns / ES_NS_PER_US != e->start.ns / ES_NS_PER_US))
		return;
	free(e->text);
	e->text = NULL;
	to = open_memstream(&e->text, &e->n_bytes);
	if (to == NULL) {
		e->out_of_memory = true;
		return;
	}
	if (e->as_json) {
		es_json_init(&j, buf, sizeof(buf), print, to);
		es_explained_json(call, &j);
		es_json_line(&j);
	} else {
		es_explained_print(
		    call, es_explained_columns(STDOUT_FILENO), es_shown_text_is_utf8(), to);
	}
	e->out_of_memory |= fclose(to) != 0;
	e->found = true;
}

static int
explain(struct es_store *store, struct explain *e)
{
	struct es_gather *g = NULL;
	int err = es_gather_new(store, &g);

	if (err == 0)
		err = es_gather_load(g, es_slice_str(e->id));
	if (err == 0)
		err = es_gather_solve(g, on_call, e);
	if (err == 0 && e->out_of_memory)
		err = ES_ENOMEM;
	if (err == 0 && e->found)
		(void)fwrite(e->text, 1, e->n_bytes, stdout); /* an error stays until ferror */
	free(e->text);
	e->text = NULL;
	if (err == ES_ENOTFOUND || (err == 0 && !e->found))
		fprintf(
		    stderr, "earshot-collector: explain: no agent delivered a call %s\n", e->id);
	else if (err < 0)
		fprintf(stderr, "earshot-collector: explain: %s\n",
		    err == ES_ENOMEM ? es_strerror(err) : es_store_error(store));
	else if (es_gather_is_cut(g))
		fprintf(stderr,
		    "earshot-collector: explain: more belongs to this call than fits; the verdict "
		    "may miss something\n");
	es_gather_free(g);
	return err == 0 && e->found ? 0 : 1;
}

int
es_command_explain(int argc, char **argv)
{
	struct es_command_wish wish;
	struct es_command_store s;
	struct explain e;
	int status;

	memset(&e, 0, sizeof(e));
	status = es_command_parse(argc, argv, "explain", &wish, &e.id, 1);
	if (status != 0)
		return status;
	e.as_json = wish.json;
	e.has_start = wish.start != NULL;
	if (e.has_start && es_parse_instant(wish.start, &e.start) != 0)
		return es_command_usage("explain");
	if (!es_command_open(&s, "explain", wish.dir, ES_STORE_READ))
		return 1;
	status = explain(s.store, &e);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "earshot-collector: explain: cannot write the answer: %s\n",
		    strerror(errno));
		status = 1;
	}
	es_command_close(&s);
	return status;
}
