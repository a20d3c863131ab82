/* SPDX-License-Identifier: Apache-2.0 */
/* The opener's side of its child, the parser. */
#include "agent/sensor/parser_process.h"

#include "agent/sensor/handed_config.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LINE_MAX_BYTES = 1024,
	LINES_MAX =
	    200, /* of a parser are written each LINES_MS: whoever took it over fills no disk */
	LINES_MS = 10000,
};

struct es_parser_process {
	struct es_parser_process_events events;
	int pid; /* 0: not running */
	bool is_killed;
	int64_t started_ms;
	int pair[2]; /* ours, the parser's */
	int log[2];  /* likewise: of a pipe */
	struct es_child *child;
	struct es_watch *words;
	struct es_watch *lines;
	int64_t lines_until_ms; /* monotonic: the end of the present LINES_MS */
	uint32_t n_lines;       /* written in them */
	uint32_t n_left_out;    /* and not */
	size_t n_line;
	char line[LINE_MAX_BYTES];
};

/* In the child: the program again, so that no right and no byte of the opener's memory stays with it. */
static int
run(void *ctx)
{
	static const char *const argv[] = { "earshotd", "--role", "parser", NULL };
	struct es_parser_process *p = ctx;
	int opener = p->pair[1];

	if (es_process_keep(&opener, p->log[1]) != 0)
		return 1;
	(void)es_process_again(argv, opener);
	log_error("sensor: cannot run its own file as the parser: %s", strerror(errno));
	return 1;
}

static int
hand_config(struct es_parser_process *p, const struct es_agent_config *cfg, uint32_t crashes)
{
	const struct es_handover config = { .type = ES_HANDOVER_CONFIG, .n = crashes };
	const struct es_handover level = { .type = ES_HANDOVER_LOG_LEVEL,
		.n = (uint32_t)cfg->log_level };
	int fd, err = es_handed_config_new(cfg, &fd);

	if (err != 0) {
		log_error("sensor: no file in memory for the parser's configuration: %s",
		    strerror(errno));
		return err;
	}
	es_parser_process_tell(p, &config, fd);
	close(fd);
	es_parser_process_tell(p, &level, -1); /* SIGHUP may have brought another one */
	return 0;
}

/* "<4>text" as runtime/log.c writes it for a journal; anything else comes from a library or a sanitizer. */
static void
write_line(const char *line)
{
	if (line[0] == '<' && line[1] >= '0' && line[1] <= '7' && line[2] == '>')
		es_log((enum es_log_level)(line[1] - '0'), "%s", line + 3);
	else
		log_error("parser: %s", line);
}

static bool
may_write_line(struct es_parser_process *p)
{
	int64_t now = es_clock_monotonic_ms();

	if (now >= p->lines_until_ms) {
		if (p->n_left_out > 0)
			log_warn("sensor: %u lines of the parser were left out", p->n_left_out);
		p->lines_until_ms = now + LINES_MS;
		p->n_lines = p->n_left_out = 0;
	}
	if (p->n_lines++ < LINES_MAX)
		return true;
	if (p->n_left_out++ == 0)
		log_warn("sensor: the parser writes more than %d lines in %d s: the others are "
			 "left out",
		    LINES_MAX, LINES_MS / 1000);
	return false;
}

static void
take_text(struct es_parser_process *p, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool is_end = text[i] == '\n';

		if (!is_end)
			p->line[p->n_line++] = text[i];
		if (!is_end && p->n_line < sizeof(p->line) - 1)
			continue;
		p->line[p->n_line] = '\0';
		p->n_line = 0;
		if (may_write_line(p))
			write_line(p->line);
	}
}

/* Bytes that it wrote; 0: none will follow; below 0: none now. */
static ssize_t
read_some(struct es_parser_process *p)
{
	char some[4096];
	ssize_t n = read(p->log[0], some, sizeof(some));

	if (n > 0)
		take_text(p, some, (size_t)n);
	return n;
}

/* Once: a parser that never stops to write holds up nothing else. */
static void
on_lines(void *ctx, unsigned events)
{
	struct es_parser_process *p = ctx;

	(void)events;
	if (read_some(p) == 0)
		(void)es_watch_want(p->lines, 0); /* its end is seen by on_ended */
}

static void
on_words(void *ctx, unsigned events)
{
	struct es_parser_process *p = ctx;
	struct es_handover m;
	int err = es_handover_receive(p->pair[0], &m, NULL); /* one: the callback may free p */

	(void)events;
	if (err == 0)
		p->events.said(p->events.ctx, &m);
	else if (err == ES_EEOF)
		(void)es_watch_want(p->words, 0); /* as above */
}

static void
on_ended(void *ctx, int pid, int status)
{
	struct es_parser_process *p = ctx;

	(void)pid;
	p->pid = 0;
	while (read_some(p) > 0)
		; /* what a pipe holds: nobody writes to it any more */
	p->events.ended(p->events.ctx, status);
}

static int
watch(struct es_loop *loop, struct es_parser_process *p)
{
	int err = es_watch_new(loop, p->pair[0], on_words, p, &p->words);

	if (err == 0)
		err = es_watch_want(p->words, ES_WATCH_READ);
	if (err == 0)
		err = es_watch_new(loop, p->log[0], on_lines, p, &p->lines);
	if (err == 0)
		err = es_watch_want(p->lines, ES_WATCH_READ);
	if (err == 0)
		err = es_child_new(loop, p->pid, on_ended, p, &p->child);
	return err;
}

static void
close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int
es_parser_process_new(struct es_loop *loop, const struct es_agent_config *cfg, uint32_t crashes,
    const struct es_parser_process_events *events, struct es_parser_process **out)
{
	struct es_parser_process *p = calloc(1, sizeof(*p));
	int err;

	if (p == NULL)
		return ES_ENOMEM;
	p->events = *events;
	p->pair[0] = p->pair[1] = p->log[0] = p->log[1] = -1;
	p->started_ms = es_clock_monotonic_ms();
	err = es_handover_pair(p->pair);
	/* It never waits for its log: lines that find no room are lost. */
	if (err == 0 && pipe2(p->log, O_CLOEXEC | O_NONBLOCK) != 0)
		err = ES_EIO;
	if (err == 0)
		err = es_process_fork(run, p, &p->pid);
	if (err == 0) {
		close_one(&p->pair[1]);
		close_one(&p->log[1]);
		err = watch(loop, p);
	}
	if (err == 0)
		err = hand_config(p, cfg, crashes);
	if (err != 0) {
		es_parser_process_free(p);
		return err;
	}
	*out = p;
	return 0;
}

void
es_parser_process_free(struct es_parser_process *p)
{
	if (p == NULL)
		return;
	es_watch_free(p->words);
	es_watch_free(p->lines);
	es_child_free(p->child);
	if (p->pid > 0) {
		es_process_signal(p->pid, SIGKILL);
		(void)waitpid(p->pid, NULL, 0);
	}
	for (int i = 0; i < 2; i++) {
		close_one(&p->pair[i]);
		close_one(&p->log[i]);
	}
	free(p);
}

void
es_parser_process_tell(struct es_parser_process *p, const struct es_handover *m, int fd)
{
	int err = p->is_killed ? ES_EEOF : es_handover_send(p->pair[0], m, fd);

	if (err != ES_EAGAIN && err != ES_EIO)
		return; /* gone: its end is seen by on_ended */
	log_error("sensor: the parser takes nothing any more: %s; it is killed", strerror(errno));
	es_parser_process_kill(p);
}

void
es_parser_process_kill(struct es_parser_process *p)
{
	p->is_killed = true;
	if (p->pid > 0)
		es_process_signal(p->pid, SIGKILL);
}

int64_t
es_parser_process_started_ms(const struct es_parser_process *p)
{
	return p->started_ms;
}
