/* SPDX-License-Identifier: Apache-2.0 */
/* `explain`: one call of the store, judged; as an object or as text for people. */
#include "collector/command.h"
#include "collector/gather.h"
#include "collector/text.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct explain {
	const char *id;
	bool as_json;
	bool found;
	struct es_text text;
};

/* Names and Call-IDs come from the network: nothing in them may drive a terminal. */
static void
add_clean(struct es_text *t, es_slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = (char)(s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i]);

		es_text_add(t, &c, 1);
	}
}

static void
add_str(struct es_text *t, const char *s)
{
	es_text_add(t, s, strlen(s));
}

static void
add_pair(struct es_text *t, es_slice from, es_slice to)
{
	add_clean(t, from);
	add_str(t, " -> ");
	add_clean(t, to);
}

static void
add_segment(struct es_text *t, const struct es_segment *s)
{
	add_str(t, "    ");
	add_pair(t, s->from, s->to);
	add_str(t, ": ");
	if ((s->has & ES_SEGMENT_HAS_LOST) == 0) {
		add_str(t, "not comparable");
	} else {
		es_text_format(t, "%" PRIu64 " of %" PRIu64 " lost", s->lost, s->expected);
		if (s->expected > 0)
			es_text_format(
			    t, " (%.2f %%)", 100.0 * (double)s->lost / (double)s->expected);
	}
	if ((s->has & ES_SEGMENT_HAS_LATE) != 0 && s->late > 0)
		es_text_format(t, ", %" PRIu64 " late", s->late);
	if ((s->has & ES_SEGMENT_HAS_DELAY_VARIATION) != 0)
		es_text_format(
		    t, ", delay variation p95 %.1f ms", (double)s->delay_variation_p95_us / 1000.0);
	add_str(t, "\n");
}

static void
add_direction(struct es_text *t, const struct es_direction *d)
{
	add_str(t, d->name == ES_REVERSE ? "  reverse  " : "  forward  ");
	add_pair(t, d->from, d->to);
	if (d->has_mos_lq)
		es_text_format(t, "  MOS %.2f", (double)d->mos_lq_milli / 1000.0);
	es_text_format(t, "  %u of %u blocks bad\n", d->bad_blocks, d->blocks);
	for (uint32_t i = 0; i < d->n_segments; i++)
		add_segment(t, &d->segments[i]);
}

static void
add_verdict(struct es_text *t, const struct es_verdict *v)
{
	static const char *const states[] = {
		[ES_VERDICT_UNKNOWN] = "unknown",
		[ES_VERDICT_CLEAN] = "clean",
		[ES_VERDICT_DEGRADED] = "degraded",
	};
	static const char *const ways[] = { " (forward)", " (reverse)", " (both directions)" };

	es_text_format(t, "  verdict  %s", states[v->state]);
	if (v->n_causes > 0)
		es_text_format(t, ": %s", es_cause_name(v->causes[0].cause));
	if (v->has_segment) {
		add_str(t, v->n_one_of > 0 ? " on one of " : " on ");
		for (uint32_t i = 0; i < v->n_one_of; i++) {
			add_str(t, i > 0 ? ", " : "");
			add_pair(t, v->one_of[i].from, v->one_of[i].to);
		}
		if (v->n_one_of == 0)
			add_pair(t, v->segment_from, v->segment_to);
		add_str(t, ways[v->segment_direction]);
	}
	add_str(t, "\n");
	for (uint32_t i = 0; i < v->n_causes; i++)
		es_text_format(t, "    cause     %s, confidence %.2f\n",
		    es_cause_name(v->causes[i].cause), (double)v->causes[i].confidence_ppm / 1e6);
	for (uint32_t i = 0; i < v->n_evidence; i++) {
		const struct es_evidence *e = &v->evidence[i];

		add_str(t, "    evidence  ");
		add_clean(t, es_slice_str(e->text));
		if (e->has_value)
			es_text_format(t, ": %.3f %s", (double)e->value_milli / 1000.0, e->unit);
		add_str(t, "\n");
	}
}

static void
on_call(void *ctx, const struct es_explained *call)
{
	struct explain *e = ctx;
	struct es_text *t = &e->text;
	struct es_text_json j;

	if (e->found || !es_explained_is(call, es_slice_str(e->id)))
		return;
	e->found = true;
	es_text_json(&j, t);
	if (e->as_json) {
		es_explained_json(call, &j.json);
		es_json_line(&j.json);
		return;
	}
	add_str(t, "call ");
	add_clean(t, call->call);
	add_str(t, "  start ");
	es_json_time(&j.json, call->start);
	es_json_flush(&j.json);
	if (call->has_duration)
		es_text_format(t, "  %.1f s", (double)call->duration_us / 1e6);
	add_str(t, "\n");
	for (uint32_t i = 0; i < call->n_directions; i++)
		add_direction(t, &call->directions[i]);
	add_verdict(t, &call->verdict);
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
	static const struct option options[] = { { "dir", required_argument, NULL, 'd' },
		{ "json", no_argument, NULL, 'j' }, { NULL, 0, NULL, 0 } };
	struct es_collector_config cfg;
	struct es_store *store = NULL;
	struct explain e;
	const char *dir = ES_COLLECTOR_DIR;
	char error[512];
	int c, status;

	memset(&e, 0, sizeof(e));
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'd')
			dir = optarg;
		else if (c == 'j')
			e.as_json = true;
		else
			return es_collector_usage("explain");
	}
	if (optind + 1 != argc)
		return es_collector_usage("explain");
	e.id = argv[optind];
	if (!es_command_config(dir, &cfg))
		return 1;
	if (es_store_open(cfg.database, ES_STORE_READ, &store, error) < 0) {
		fprintf(stderr, "earshot-collector: explain: %s\n", error);
		return 1;
	}
	status = explain(store, &e);
	if (e.text.bad || (e.text.n > 0 && fwrite(e.text.p, 1, e.text.n, stdout) != e.text.n) ||
	    fflush(stdout) != 0) {
		fprintf(stderr, "earshot-collector: explain: cannot write the answer: %s\n",
		    e.text.bad ? "too large" : strerror(errno));
		status = 1;
	}
	es_text_done(&e.text);
	es_store_close(store);
	return status;
}
