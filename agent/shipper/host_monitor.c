/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's health for the shipper. */
#include "agent/shipper/host_monitor.h"

#include "agent/host_clocks.h"
#include "agent/host_timeline.h"
#include "earshot/host.h"
#include "runtime/clock.h"
#include "runtime/file.h"
#include "runtime/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FULL_EVERY_MS = 3600000, PROBE_EVERY_MS = 1000 };

struct es_host_monitor {
	const struct es_agent_config *cfg;
	struct es_host_sampler *sampler;
	struct es_timer *timer;
	struct es_timer *probe;       /* armed while a call is up */
	int64_t due_ns, probe_due_ns; /* when they were to fire, monotonic */
	uint32_t calls_up;
	int64_t sampled_ms;
	int64_t full_ms; /* when everything is listed again */
	void (*record)(void *ctx, const struct es_record *rec);
	void *ctx;
};

static uint32_t
period_ms(const struct es_host_monitor *v)
{
	return v->calls_up > 0 ? v->cfg->host_period_up_ms : v->cfg->host_period_idle_ms;
}

static void
arm(struct es_timer *timer, int64_t wait_ms, int64_t *due_ns)
{
	*due_ns = es_clock_monotonic_ns() + wait_ms * ES_NS_PER_MS;
	(void)es_timer_arm(timer, wait_ms); /* a timer that exists can be armed */
}

static void
note_lateness(struct es_host_monitor *v, int64_t due_ns)
{
	es_host_timer_late(v->sampler, (es_clock_monotonic_ns() - due_ns) / ES_NS_PER_US);
}

static void
on_probe(void *ctx)
{
	struct es_host_monitor *v = ctx;

	note_lateness(v, v->probe_due_ns);
	es_host_probe(v->sampler, es_clock_wall());
	arm(v->probe, PROBE_EVERY_MS, &v->probe_due_ns);
}

static void
on_sample(void *ctx)
{
	struct es_host_monitor *v = ctx;
	int64_t now_ms = es_clock_monotonic_ms();
	bool full = now_ms >= v->full_ms;

	note_lateness(v, v->due_ns);
	if (full)
		v->full_ms = now_ms + FULL_EVERY_MS;
	v->sampled_ms = now_ms;
	es_host_sample(v->sampler, es_clock_wall(), full);
	if (v->cfg->host_probes && v->calls_up == 0)
		es_host_probe(v->sampler, es_clock_wall());
	arm(v->timer, period_ms(v), &v->due_ns);
}

void
es_host_monitor_periods(struct es_host_monitor *v)
{
	int64_t wait_ms = v->sampled_ms + period_ms(v) - es_clock_monotonic_ms();

	if (v->sampler != NULL)
		arm(v->timer, wait_ms > 0 ? wait_ms : 0, &v->due_ns);
}

static void
begin_calls(struct es_host_monitor *v)
{
	if (v->cfg->host_probes)
		arm(v->probe, PROBE_EVERY_MS, &v->probe_due_ns);
}

static void
end_calls(struct es_host_monitor *v)
{
	es_timer_disarm(v->probe);
	es_host_media_port(v->sampler, 0);
}

void
es_host_monitor_calls(struct es_host_monitor *v, uint32_t n_up)
{
	bool was_up = v->calls_up > 0;

	v->calls_up = n_up;
	if (was_up == (n_up > 0) || v->sampler == NULL)
		return;
	if (n_up > 0)
		begin_calls(v);
	else
		end_calls(v);
	es_host_monitor_periods(v);
}

void
es_host_monitor_stream(struct es_host_monitor *v, const struct es_stream_key *stream)
{
	if (v->sampler != NULL && v->cfg->host_softphone && v->calls_up > 0 &&
	    stream->src.family != 0)
		es_host_media(v->sampler, &stream->src, &stream->dst);
}

/* A mark in the state directory keeps a restarted shipper from playing it twice. */
static int
play_timeline(struct es_host_monitor *v)
{
	char error[ES_TIMELINE_ERROR_MAX], mark[ES_CONFIG_PATH_MAX + 24], *text;
	const char *path = v->cfg->host_timeline;
	struct es_timeline timeline;
	size_t i, n;
	bool is_logged;

	snprintf(mark, sizeof(mark), "%s/timeline-told", v->cfg->state_dir);
	if (es_file_read(mark, ES_CONFIG_PATH_MAX, &text, &n) == 0) {
		is_logged = strcmp(text, path) == 0;
		free(text);
		if (is_logged)
			return 0;
	}
	if (es_timeline_load(path, ES_FILE_REGULAR, &timeline, error) != 0) {
		log_error("shipper: host-timeline: %s", error);
		return ES_EMALFORMED;
	}
	for (i = 0; i < timeline.n; i++)
		v->record(v->ctx, &timeline.records[i]);
	log_info("shipper: %zu records of %s stand for this machine's health%s", timeline.n, path,
	    timeline.synthetic ? " (synthetic)" : "");
	es_timeline_done(&timeline);
	if (es_file_write(mark, es_slice_str(path), 0600) != 0)
		log_warn("shipper: %s cannot be written", mark);
	return 0;
}

static int
open_sampler(struct es_host_monitor *v)
{
	struct es_host_config cfg = { .root = v->cfg->host_root,
		.interface = v->cfg->host_interface };
	struct es_host_sink sink = { v->record, v->ctx };
	int err;

	es_host_clocks_set(&cfg);
	err = es_host_new(&cfg, &sink, &v->sampler);

	if (err == ES_ENOMEM)
		return err;
	if (err != 0) {
		log_warn("shipper: the health of this machine cannot be read below %s",
		    v->cfg->host_root);
		v->sampler = NULL;
		return 0;
	}
	v->due_ns = es_clock_monotonic_ns();
	return es_timer_arm(v->timer, 0);
}

int
es_host_monitor_new(struct es_loop *loop, const struct es_agent_config *cfg,
    void (*record)(void *ctx, const struct es_record *rec), void *ctx, struct es_host_monitor **out)
{
	struct es_host_monitor *v = calloc(1, sizeof(*v));
	int err;

	if (v == NULL)
		return ES_ENOMEM;
	v->cfg = cfg;
	v->record = record;
	v->ctx = ctx;
	err = es_timer_new(loop, on_sample, v, &v->timer);
	if (err == 0)
		err = es_timer_new(loop, on_probe, v, &v->probe);
	if (err == 0 && cfg->host_timeline != NULL)
		err = play_timeline(v);
	else if (err == 0 && cfg->host)
		err = open_sampler(v);
	if (err != 0) {
		es_host_monitor_free(v);
		return err;
	}
	*out = v;
	return 0;
}

void
es_host_monitor_free(struct es_host_monitor *v)
{
	if (v == NULL)
		return;
	es_timer_free(v->timer);
	es_timer_free(v->probe);
	es_host_free(v->sampler);
	free(v);
}
