/* SPDX-License-Identifier: Apache-2.0 */
/* The softphone's own process, from /proc/PID and /proc/PID/task; proc(5). */
#include "probes/host/softphone.h"

#include "probes/host/socket_owner.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	STEP_PPM = 1000, /* the resolution of shares: less is noise, and costs bytes */
	PROC_NAME_MAX = 64
}; /* "proc/4194304/task/4194304/schedstat" */

void
es_host_softphone_port(struct es_host_softphone *p, uint16_t port)
{
	if (port == p->port)
		return;
	p->port = port;
	p->searches = 0;
	p->pid = 0;
	p->n_threads = 0;
	es_host_forget(&p->cpu_ticks);
}

bool
es_host_softphone_is_sought(const struct es_host_softphone *p)
{
	return p->port != 0 && (p->pid != 0 || p->searches < ES_HOST_SEARCHES_MAX);
}

struct process {
	es_slice name;
	uint64_t ticks, started;
};

/* "4242 (a name) S 1 ...": the name is in brackets and may itself have any byte, brackets too. */
static bool
parse_stat(es_slice text, struct process *out)
{
	enum { USER = 11, SYSTEM = 12, STARTED = 19, N_FIELDS = 20 }; /* behind the name */
	uint64_t field[N_FIELDS] = { 0 };
	size_t open = es_text_find(text, '('), close = text.n;

	while (close > open && text.p[close - 1] != ')')
		close--;
	if (close <= open + 1)
		return false;
	out->name = es_text_first(es_text_from(text, open + 1), close - open - 2);
	text = es_text_from(text, close);
	for (unsigned i = 0; i < N_FIELDS; i++) {
		es_slice word = es_text_word(&text);

		if ((i == USER || i == SYSTEM || i == STARTED) &&
		    es_text_u64(word, INT64_MAX, &field[i]) != 0)
			return false;
	}
	out->ticks = field[USER] + field[SYSTEM];
	out->started = field[STARTED];
	return true;
}

static bool
read_process(struct es_host_files *files, uint32_t pid, struct process *out)
{
	char name[PROC_NAME_MAX];

	(void)snprintf(name, sizeof(name), "proc/%u/stat", pid); /* always fits */
	return parse_stat(es_host_read(files, name), out);
}

/* Whether the process is still there; if not, one is looked for, but only so often. */
static bool
find(struct es_host_softphone *p, struct es_host_files *files, struct process *out)
{
	if (p->pid != 0 && read_process(files, p->pid, out) && out->started == p->started)
		return true;
	es_host_forget(&p->cpu_ticks);
	p->n_threads = 0;
	p->pid = 0;
	if (p->port == 0 || p->searches == ES_HOST_SEARCHES_MAX)
		return false;
	p->searches++;
	p->pid = es_host_socket_owner(files, p->port);
	if (p->pid == 0 || !read_process(files, p->pid, out)) {
		p->pid = 0;
		return false;
	}
	p->started = out->started;
	es_host_copy(p->name, sizeof(p->name), out->name);
	p->is_new = true;
	return true;
}

static int
by_tid(const void *a, const void *b)
{
	const struct es_host_thread *x = a, *y = b;

	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

/* In place of the lowest but the first thread, whose tid is the pid. */
static void
offer(struct es_host_softphone *p, uint32_t tid)
{
	unsigned lowest = p->n_threads;

	if (p->n_threads < ES_HOST_THREADS_MAX) {
		p->thread[p->n_threads++] = (struct es_host_thread){ .tid = tid };
		return;
	}
	for (unsigned i = 0; i < p->n_threads; i++) {
		if (p->thread[i].tid != p->pid &&
		    (lowest == p->n_threads || p->thread[i].tid < p->thread[lowest].tid))
			lowest = i;
	}
	if (tid == p->pid || tid > p->thread[lowest].tid)
		p->thread[lowest] = (struct es_host_thread){ .tid = tid };
}

static void
list_threads(struct es_host_softphone *p, const struct es_host_files *files)
{
	char path[ES_HOST_PATH_MAX + PROC_NAME_MAX];
	const struct dirent *entry;
	uint32_t tid;
	DIR *dir;

	p->n_threads = 0;
	(void)snprintf(path, sizeof(path), "%s/proc/%u/task", files->root, p->pid);
	dir = opendir(path);
	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (es_text_u32(es_slice_str(entry->d_name), INT32_MAX, &tid) == 0)
			offer(p, tid);
	}
	(void)closedir(dir); /* nothing was written */
	qsort(p->thread, p->n_threads, sizeof(p->thread[0]), by_tid);
}

/* "12345678 4567 890": nanoseconds run, nanoseconds waited, times it was given a processor. */
static bool
read_waited(struct es_host_files *files, uint32_t pid, uint32_t tid, uint64_t *ns)
{
	char name[PROC_NAME_MAX];
	es_slice text;

	(void)snprintf(name, sizeof(name), "proc/%u/task/%u/schedstat", pid, tid); /* always fits */
	text = es_host_read(files, name);
	(void)es_text_word(&text);
	return es_text_u64(es_text_word(&text), UINT64_MAX, ns) == 0;
}

static bool
read_switches(struct es_host_files *files, uint32_t pid, uint32_t tid, uint64_t *n)
{
	char name[PROC_NAME_MAX];
	es_slice text, line;

	(void)snprintf(name, sizeof(name), "proc/%u/task/%u/status", pid, tid); /* always fits */
	text = es_host_read(files, name);
	while (es_text_line(&text, &line)) {
		if (es_text_is(es_text_word(&line), "nonvoluntary_ctxt_switches:"))
			return es_text_u64(es_text_word(&line), UINT64_MAX, n) == 0;
	}
	return false;
}

static const struct es_host_thread *
thread_of(const struct es_host_softphone *p, uint32_t tid)
{
	struct es_host_thread key = { .tid = tid };

	return bsearch(&key, p->thread, p->n_threads, sizeof(p->thread[0]), by_tid);
}

static void
read_threads(struct es_host_softphone *p, struct es_host_files *files, struct es_host_reading *r)
{
	const struct es_host_softphone before = *p;
	uint64_t longest_ns = 0, switches = 0;
	bool has_waited = false, has_switches = false;

	list_threads(p, files);
	for (unsigned i = 0; i < p->n_threads; i++) {
		struct es_host_thread *t = &p->thread[i];
		const struct es_host_thread *was = thread_of(&before, t->tid);

		t->has_waited = read_waited(files, p->pid, t->tid, &t->waited_ns);
		t->has_switches = read_switches(files, p->pid, t->tid, &t->switches);
		if (was == NULL)
			continue;
		if (t->has_waited && was->has_waited && t->waited_ns >= was->waited_ns) {
			if (t->waited_ns - was->waited_ns > longest_ns)
				longest_ns = t->waited_ns - was->waited_ns;
			has_waited = true;
		}
		if (t->has_switches && was->has_switches && t->switches >= was->switches) {
			switches += t->switches - was->switches;
			has_switches = true;
		}
	}
	if (has_waited && r->elapsed_us > 0)
		es_host_set(r, ES_SIG_SOFTPHONE_WAIT,
		    es_host_ppm(longest_ns / ES_NS_PER_US, (uint64_t)r->elapsed_us) / STEP_PPM *
			STEP_PPM);
	if (has_switches && switches <= INT32_MAX)
		es_host_set(r, ES_SIG_SOFTPHONE_SWITCHES, (int64_t)switches);
}

/* Of one core: a process on two cores may have up to twice a million. */
static void
set_cpu(struct es_host_reading *r, uint64_t ticks)
{
	long per_s = sysconf(_SC_CLK_TCK);
	uint64_t us;

	if (per_s <= 0 || r->elapsed_us <= 0)
		return;
	us = ticks * 1000000 / (uint64_t)per_s; /* a step is at most 10^9 */
	if (us <= INT64_MAX / 1000000)
		es_host_set(r, ES_SIG_SOFTPHONE_CPU,
		    (int64_t)us * 1000000 / r->elapsed_us / STEP_PPM * STEP_PPM);
}

void
es_host_softphone_read(
    struct es_host_softphone *p, struct es_host_files *files, struct es_host_reading *r)
{
	struct process now = { 0 };
	uint64_t ticks;

	p->is_new = false;
	if (!find(p, files, &now))
		return;
	if (es_host_step(&p->cpu_ticks, now.ticks, &ticks))
		set_cpu(r, ticks);
	read_threads(p, files, r);
}
