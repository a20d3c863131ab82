/* SPDX-License-Identifier: Apache-2.0 */
/* Calls in progress on the screen: records go into a table of calls, which is drawn each second and after each key. */
#include "agent/command/live_screen.h"

#include "agent/command/agent_command.h"
#include "agent/command/listening.h"
#include "agent/top/terminal.h"
#include "agent/top/top_screen.h"
#include "runtime/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	DRAWN_MS = 1000,
	ESCAPE_MS = 100, /* a terminal far away sends an escape sequence in parts */
	KEYS = 256,      /* bytes of keys between two drawings */
};

struct looking {
	struct es_listening listen;
	const struct es_read_options *options;
	const char *source;
	struct es_top_calls calls;
	struct es_top_view view;
	struct es_top_screen screen;
	es_time began; /* 0: nothing was measured yet */
	int64_t drawn_ms;
	int64_t typed_ms;
	bool out_of_memory;
};

static bool
is_held(const void *engine, es_slice call_id)
{
	return es_engine_is_held(engine, call_id);
}

static void
draw(struct looking *k)
{
	const struct es_listening *l = &k->listen;
	struct es_top_head head = { .command = l->command,
		.source = k->source,
		.now = l->now,
		.began = k->began.ns == 0 ? l->now : k->began,
		.packets = es_engine_counter(l->engine, ES_CNT_PACKETS),
		.dropped = l->dropped,
		.is_over = l->is_over,
		.is_held = is_held,
		.ctx = l->engine };
	char *text = NULL;
	size_t n;
	FILE *to = open_memstream(&text, &n);
	int rc = ES_ENOMEM;

	es_terminal_size(&k->screen.columns, &k->screen.lines);
	if (to != NULL) {
		rc = es_top_screen_draw(&k->screen, &head, &k->calls, &k->view, to);
		if (fclose(to) != 0)
			rc = ES_ENOMEM;
	}
	if (rc == 0)
		es_terminal_draw(text);
	k->out_of_memory = rc != 0;
	free(text);
	k->drawn_ms = es_clock_monotonic_ms();
}

static bool
look(void *ctx, struct es_listening *l)
{
	struct looking *k = ctx;
	uint8_t keys[KEYS];
	size_t n = es_terminal_keys(keys, sizeof(keys));
	int64_t now_ms = es_clock_monotonic_ms();
	bool is_due = now_ms - k->drawn_ms >= DRAWN_MS, is_typed = n > 0;

	if (k->began.ns == 0)
		k->began = l->now;
	es_top_calls_advance(&k->calls, l->now);
	es_top_view_input(&k->view, keys, n);
	if (is_typed)
		k->typed_ms = now_ms;
	else if (now_ms - k->typed_ms >= ESCAPE_MS)
		is_typed = es_top_view_settle(&k->view);
	if (es_terminal_is_changed() || is_typed || (is_due && !k->view.is_paused))
		draw(k);
	return !k->view.is_left && !k->out_of_memory;
}

static int
show(struct looking *k)
{
	struct es_config cfg = es_read_options_config(k->options);
	struct es_sink sink;
	int rc = es_top_calls_new(&k->calls, ES_TOP_CALLS_MAX, es_hash_key_of(cfg.hash_key)), ended;

	if (rc != 0)
		return rc;
	k->screen.style = es_read_style_of(STDOUT_FILENO, 0, false);
	sink = es_top_calls_sink(&k->calls);
	es_command_keys_apply(&k->listen.keys, &cfg);
	rc = es_engine_new(&cfg, &sink, &k->listen.engine);
	if (rc == 0)
		rc = es_terminal_enter();
	if (rc != 0)
		return rc;
	k->listen.turn = look;
	k->listen.ctx = k;
	k->listen.fd = es_terminal_fd();
	draw(k);
	ended = es_listening_run(&k->listen);
	es_terminal_leave();
	es_listening_report(&k->listen, ended);
	return k->out_of_memory ? ES_ENOMEM : ended;
}

/* Without the folders that lead to it. */
static const char *
name_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash == NULL || slash[1] == '\0' ? file : slash + 1;
}

bool
es_live_screen_is_possible(const struct es_read_options *o)
{
	return isatty(STDOUT_FILENO) && !o->json && !o->csv && !o->lines;
}

int
es_live_screen_show(
    const char *command, const struct es_read_options *o, char *const *files, size_t n_files)
{
	struct looking k = { .options = o, .source = n_files > 0 ? name_of(files[0]) : o->iface };
	int rc;

	k.listen.command = command;
	k.listen.speed = o->speed;
	rc = es_listening_open(&k.listen, o, files, n_files);
	if (rc == ES_EXIT_OK) {
		rc = show(&k);
		if (rc != 0)
			fprintf(stderr, "earshot %s: ended early: %s\n", command, es_strerror(rc));
		rc = rc != 0 || k.listen.bad || k.listen.keys.bad ? ES_EXIT_BAD : ES_EXIT_OK;
	}
	es_listening_close(&k.listen);
	es_top_calls_free(&k.calls);
	es_top_screen_free(&k.screen);
	return rc;
}
