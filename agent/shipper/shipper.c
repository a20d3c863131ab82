/* SPDX-License-Identifier: Apache-2.0 */
/* The role "shipper": IPC, store, host health and the link to the collector on one loop. */
#include "agent/shipper/shipper.h"

#include "agent/agent_reload.h"
#include "agent/agent_rights.h"
#include "agent/ipc/ipc_server.h"
#include "agent/shipper/backlog.h"
#include "agent/shipper/collector_link.h"
#include "agent/shipper/control.h"
#include "agent/shipper/host_monitor.h"
#include "agent/shipper/shipper_status.h"
#include "agent/shipper/spooler.h"
#include "runtime/activation.h"
#include "runtime/clock.h"
#include "runtime/file.h"
#include "runtime/log.h"
#include "runtime/loop/reread.h"
#include "runtime/trust.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
	MINUTE_MS = 60000,
	SILENCE_MS = 150000, /* a sensor sends something each minute; after this it is gone */
	STOP_MS = 3000,      /* after SIGTERM: for the sensor's last records and their acks */
	STOP_STEP_MS = 50,
	GOODBYE_MS = 300,
};

struct shipper {
	struct es_agent_config *cfg;
	struct es_loop *loop;
	struct es_spooler *spooler;
	struct es_ipc_server *ipc;
	struct es_collector_link *link;
	struct es_host_monitor *monitor;
	struct es_control *control;
	struct es_timer *minute;
	struct es_timer *stop;
	struct es_sigwatch *signals[2];
	struct es_reread *hangup;
	struct es_notify *notify; /* NULL: no service manager listens */
	bool is_child;            /* of the supervisor */
	int64_t start_ms;
	int64_t measured_ms; /* while somebody stands in for the parser: when it was heard last */
	int64_t stop_ms;     /* monotonic; 0: not stopping */
	bool said_goodbye;
	uint32_t calls_up;
	struct es_backlog backlog;
	int status;
};

static int
on_ipc_record(void *ctx, struct es_ipc_pair pair, es_slice bytes, bool urgent)
{
	struct shipper *s = ctx;
	struct es_stream_key stream;
	int err = es_spooler_take(s->spooler, pair, bytes, urgent);

	stream = es_spooler_stream(s->spooler);
	es_host_monitor_stream(s->monitor, &stream);
	return err;
}

static void
on_ipc_calls(void *ctx, uint32_t n_up)
{
	struct shipper *s = ctx;

	s->calls_up = n_up;
	es_host_monitor_calls(s->monitor, n_up);
}

/* When somebody was heard last; our own start where nobody ever was. */
static int64_t
heard_ms(const struct shipper *s)
{
	int64_t heard = es_ipc_server_heard_ms(s->ipc);

	return heard == 0 ? s->start_ms : heard;
}

/* How long nobody who measures was heard. */
static uint32_t
silence_ms(const struct shipper *s)
{
	int64_t since = s->measured_ms != 0 ? s->measured_ms : heard_ms(s);
	int64_t ms = es_clock_monotonic_ms() - since;

	return ms > INT32_MAX ? INT32_MAX : (uint32_t)ms;
}

static void
on_ipc_new_run(void *ctx, uint64_t run)
{
	struct shipper *s = ctx;

	if ((run & ES_IPC_STANDS_IN) != 0) {
		if (s->measured_ms == 0)
			s->measured_ms = heard_ms(s);
		log_warn("shipper: nothing is measured until the sensor's parser is back");
		return;
	}
	log_info("shipper: a sensor began");
	if (es_spooler_has_open(s->spooler))
		es_spooler_gap(s->spooler, silence_ms(s));
	s->measured_ms = 0;
}

static void
on_ipc_missing(void *ctx, uint64_t n)
{
	(void)ctx;
	log_warn("shipper: %llu records of the sensor will not come any more",
	    (unsigned long long)n); /* es_spooler_take counted them */
}

static void
on_ipc_bye(void *ctx)
{
	(void)ctx;
	log_info("shipper: the sensor has nothing more to say");
}

static void
on_ipc_gone(void *ctx, bool said_bye)
{
	struct shipper *s = ctx;

	on_ipc_calls(s, 0);
	if (!said_bye && es_spooler_has_open(s->spooler))
		es_spooler_gap(s->spooler, 0);
}

static void
on_ipc_round(void *ctx)
{
	struct shipper *s = ctx;

	es_spooler_settle(s->spooler);
}

static void
on_synced(void *ctx)
{
	struct shipper *s = ctx;

	if (s->link != NULL)
		es_collector_link_pump(s->link);
}

static void
on_host_record(void *ctx, const struct es_record *rec)
{
	struct shipper *s = ctx;

	es_spooler_put(s->spooler, rec);
	es_spooler_settle(s->spooler);
}

static void
note_backlog(struct shipper *s)
{
	es_backlog_minute(&s->backlog, es_spool_next_seq(es_spooler_spool(s->spooler)));
}

static void
on_minute(void *ctx)
{
	struct shipper *s = ctx;

	if (silence_ms(s) > SILENCE_MS && !es_ipc_server_said_bye(s->ipc) &&
	    es_spooler_has_open(s->spooler))
		es_spooler_gap(s->spooler, silence_ms(s));
	es_spooler_minute(s->spooler);
	note_backlog(s);
	(void)es_timer_arm(s->minute, MINUTE_MS);
}

/* Waits for what is under way, sends Bye, ends. */
static void
on_stop(void *ctx)
{
	struct shipper *s = ctx;
	bool heard_all = !es_ipc_server_is_linked(s->ipc) || es_ipc_server_said_bye(s->ipc);
	bool sent_all = es_batch_client_stats(es_collector_link_client(s->link)).state !=
			    ES_BATCH_CLIENT_READY ||
			(es_spool_synced_seq(es_spooler_spool(s->spooler)) + 1 ==
				es_spool_next_seq(es_spooler_spool(s->spooler)) &&
			    es_batch_client_is_drained(es_collector_link_client(s->link)));

	if (s->said_goodbye) {
		es_loop_stop(s->loop);
	} else if ((heard_all && sent_all) || es_clock_monotonic_ms() >= s->stop_ms) {
		s->said_goodbye = true;
		es_collector_link_finish(s->link);
		(void)es_timer_arm(s->stop, GOODBYE_MS);
	} else {
		(void)es_timer_arm(s->stop, STOP_STEP_MS);
	}
}

static void
on_signal(void *ctx, int signo)
{
	struct shipper *s = ctx;

	(void)signo;
	if (s->stop_ms != 0)
		return;
	es_notify_stopping(s->notify);
	s->stop_ms = es_clock_monotonic_ms() + STOP_MS;
	(void)es_timer_arm(s->stop, STOP_STEP_MS);
}

static void
on_reload(void *ctx, struct es_options *given)
{
	struct shipper *s = ctx;
	struct es_reload_process self = {
		.name = "shipper", .bit = ES_IN_SHIPPER, .is_child = s->is_child
	};
	struct es_agent_changes changes;

	if (es_agent_reload(s->cfg, given, &self, &changes) != 0)
		return;
	log_info("shipper: configuration read again");
	if (changes.spool)
		es_spooler_limit(s->spooler);
	if (changes.uplink)
		es_collector_link_limit(s->link);
	if (changes.host_periods)
		es_host_monitor_periods(s->monitor);
	if (changes.collector)
		es_collector_link_move(s->link);
}

static void
on_status(void *ctx, struct es_json *j)
{
	const struct shipper *s = ctx;
	struct es_shipper_parts parts = { .cfg = s->cfg,
		.spooler = s->spooler,
		.ipc = s->ipc,
		.link = s->link,
		.is_silent = silence_ms(s) > SILENCE_MS,
		.backlog = &s->backlog,
		.calls_up = s->calls_up };

	es_shipper_status(&parts, j);
}

static int
begin(struct shipper *s)
{
	struct es_reread_config reread = { "shipper", es_agent_options,
		s->cfg->options->top->place.file, on_reload, NULL };
	int err = es_loop_new(&s->loop);

	if (err == 0)
		err = es_timer_new(s->loop, on_minute, s, &s->minute);
	if (err == 0)
		err = es_timer_new(s->loop, on_stop, s, &s->stop);
	if (err == 0)
		err = es_sigwatch_new(s->loop, SIGTERM, on_signal, s, &s->signals[0]);
	if (err == 0)
		err = es_sigwatch_new(s->loop, SIGINT, on_signal, s, &s->signals[1]);
	if (err == 0)
		err = es_notify_new(s->loop, &s->notify);
	reread.notify = s->notify;
	if (err == 0)
		err = es_reread_new(s->loop, &reread, s, &s->hangup);
	if (err == 0)
		err = es_spooler_new(s->loop, s->cfg, on_synced, s, &s->spooler);
	if (err == 0)
		note_backlog(s);
	if (err == 0)
		err = es_host_monitor_new(s->loop, s->cfg, on_host_record, s, &s->monitor);
	return err;
}

static int
begin_sockets(struct shipper *s, int ipc_fd)
{
	struct es_ipc_server_config ipc = { .path = s->cfg->hop_socket,
		.fd = ipc_fd,
		.user = s->cfg->hop_user,
		.last = es_spool_last_ipc(es_spooler_spool(s->spooler)),
		.events = { .record = on_ipc_record,
		    .calls = on_ipc_calls,
		    .new_run = on_ipc_new_run,
		    .missing = on_ipc_missing,
		    .bye = on_ipc_bye,
		    .ctx = s },
		.gone = on_ipc_gone,
		.round = on_ipc_round };
	char why[ES_TRUST_WHY_MAX];
	int listener = ipc_fd < 0 ? es_activation_take() : ES_ENOTFOUND;
	int err = es_trust_make_dir(s->cfg->run_dir, s->cfg->hop_user, why);

	if (listener == ES_EMALFORMED) {
		log_error("shipper: the service manager handed over something else than the "
			  "socket of the hop");
		return listener;
	}
	ipc.listener = listener < 0 ? 0 : listener;
	if (err == 0 && ipc_fd < 0)
		err = es_trust_parent(s->cfg->hop_socket, s->cfg->hop_user, why);
	if (err != 0) {
		log_error("shipper: %s", why);
		return err;
	}
	err = es_ipc_server_new(s->loop, &ipc, &s->ipc);
	if (err != 0) {
		log_error("shipper: %s: %s", s->cfg->hop_socket, strerror(errno));
		return err;
	}
	err = es_control_new(s->loop, s->cfg->control_socket, on_status, s, &s->control);
	if (err != 0) {
		log_error("shipper: %s: %s", s->cfg->control_socket, strerror(errno));
		return err;
	}
	err = es_collector_link_new(s->loop, s->cfg, es_spooler_spool(s->spooler), &s->link);
	if (err == 0)
		err = es_timer_arm(s->minute, MINUTE_MS);
	return err;
}

static void
end(struct shipper *s)
{
	size_t i;

	es_control_free(s->control);
	es_ipc_server_free(s->ipc);
	es_collector_link_free(s->link);
	es_host_monitor_free(s->monitor);
	es_spooler_free(s->spooler);
	es_timer_free(s->minute);
	es_timer_free(s->stop);
	for (i = 0; i < 2; i++)
		es_sigwatch_free(s->signals[i]);
	es_reread_free(s->hangup);
	es_notify_free(s->notify);
	es_loop_free(s->loop);
}

int
es_shipper_run(struct es_agent_config *cfg, int ipc_fd)
{
	struct shipper *s = calloc(1, sizeof(*s));
	int status;

	if (s == NULL)
		return 1;
	s->cfg = cfg;
	s->is_child = ipc_fd >= 0;
	s->start_ms = es_clock_monotonic_ms();
	if (es_agent_rights_drop(cfg, "shipper") != 0 || begin(s) != 0 ||
	    begin_sockets(s, ipc_fd) != 0 ||
	    es_sandbox_enter(ES_SANDBOX_SHIPPER, cfg->sandbox, "shipper") != 0) {
		s->status = 1;
	} else {
		log_info("shipper: spool %s, %llu records wait", cfg->spool_dir,
		    (unsigned long long)es_spooler_status(s->spooler).spool.records);
		es_spooler_settle(s->spooler);
		es_notify_ready(s->notify);
		if (es_loop_run(s->loop) != 0)
			s->status = 1;
	}
	status = s->status;
	end(s);
	free(s);
	return status;
}
