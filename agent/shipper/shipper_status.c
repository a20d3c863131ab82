/* SPDX-License-Identifier: Apache-2.0 */
/* What `earshot status` shows of the shipper. */
#include "agent/shipper/shipper_status.h"

#include "runtime/clock.h"
#include "runtime/rights.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	WAITING_MINUTES = 5, /* longer than a collector restarts, shorter than a user waits */
	PROBLEMS_MAX = 6,
	PROBLEM_TEXT_MAX = 512,
};

static uint32_t
waiting_minutes(const struct es_shipper_parts *s)
{
	return es_backlog_minutes(s->backlog, es_spool_acked_seq(es_spooler_spool(s->spooler)));
}

static void
put_spool(const struct es_shipper_parts *s, struct es_json *j)
{
	struct es_spooler_status st = es_spooler_status(s->spooler);
	uint32_t minutes = waiting_minutes(s);

	es_json_key(j, "spool");
	es_json_begin(j);
	es_json_key(j, "records");
	es_json_u64(j, st.spool.records);
	es_json_key(j, "bytes");
	es_json_u64(j, st.spool.bytes);
	es_json_key(j, "acked_seq");
	es_json_u64(j, es_spool_acked_seq(es_spooler_spool(s->spooler)));
	es_json_key(j, "next_seq");
	es_json_u64(j, es_spool_next_seq(es_spooler_spool(s->spooler)));
	if (minutes > 0) {
		es_json_key(j, "waiting_s");
		es_json_u64(j, minutes * UINT64_C(60));
	}
	es_json_key(j, "lost");
	es_json_u64(j, st.spool.lost);
	es_json_key(j, "disk_errors");
	es_json_u64(j, st.spool.disk_errors);
	es_json_key(j, "skipped_bytes");
	es_json_u64(j, st.spool.skipped_bytes);
	es_json_key(j, "quarantined_files");
	es_json_u64(j, st.spool.quarantined);
	es_json_key(j, "suspect");
	es_json_bool(j, st.spool.suspect);
	es_json_end(j);
	es_json_key(j, "open_calls");
	es_json_u64(j, st.open_calls);
	es_json_key(j, "open_streams");
	es_json_u64(j, st.open_streams);
	es_json_key(j, "refused_records");
	es_json_u64(j, st.refused);
}

/* Of the process that reads packets; an older sensor does not report it. */
static void
put_sensor_sandbox(const struct es_sensor_health *h, struct es_json *j)
{
	if (h->sandbox == ES_SANDBOX_UNKNOWN)
		return;
	es_json_key(j, "sensor_sandbox");
	es_json_str(j, es_sandbox_text(h->sandbox));
}

/* What the sensor leaves out now, and what it left out since the shipper began. */
static void
put_shed(const struct es_sensor_health *h, struct es_json *j)
{
	if (!h->is_known)
		return;
	es_json_key(j, "shed_level");
	es_json_u64(j, h->shed);
	if (h->shed != ES_SHED_NOTHING || h->shed_ended.ns != 0) {
		es_json_key(j, "shed_since");
		es_json_time(j, h->shed_since);
		es_json_key(j, "rtcp_shed");
		es_json_u64(j, h->rtcp_shed);
		es_json_key(j, "sip_shed");
		es_json_u64(j, h->sip_shed);
		es_json_key(j, "rtp_shed");
		es_json_u64(j, h->rtp_shed);
		es_json_key(j, "streams_shed");
		es_json_u64(j, h->streams_shed);
	}
	if (h->shed_ended.ns != 0) {
		es_json_key(j, "shed_ended");
		es_json_time(j, h->shed_ended);
	}
}

static void
put_crashes(const struct es_sensor_health *h, struct es_json *j)
{
	if (h->crashes == 0)
		return;
	es_json_key(j, "parser_crashes");
	es_json_u64(j, h->crashes);
	es_json_key(j, "parser_crashed");
	es_json_time(j, h->crashed);
}

/* A reason, where there is one. */
static void
put_reason(struct es_json *j, const char *key, const char *reason)
{
	if (*reason == '\0')
		return;
	es_json_key(j, key);
	es_json_str(j, reason);
}

static void
put_link(const struct es_shipper_parts *s, struct es_json *j)
{
	struct es_collector_link_status link = es_collector_link_status(s->link);
	struct es_batch_client_stats up = es_batch_client_stats(es_collector_link_client(s->link));
	int64_t now = es_clock_monotonic_ms();

	es_json_key(j, "collector");
	es_json_begin(j);
	if (s->cfg->collector != NULL) {
		es_json_key(j, "address");
		es_json_str(j, s->cfg->collector);
	}
	es_json_key(j, "state");
	es_json_str(j, link.state);
	put_reason(j, "last_end", link.reason);
	put_reason(j, "last_nack", up.last_nack);
	if (link.retry_ms != 0) {
		es_json_key(j, "next_attempt_ms");
		es_json_i64(j, link.retry_ms > now ? link.retry_ms - now : 0);
	}
	if (up.last_ack_ms != 0) {
		es_json_key(j, "last_ack_ago_ms");
		es_json_i64(j, now - up.last_ack_ms);
	}
	if (up.is_held) {
		es_json_key(j, "held_by_budget");
		es_json_bool(j, true);
	}
	es_json_key(j, "batches");
	es_json_u64(j, up.batches);
	es_json_key(j, "in_flight");
	es_json_u64(j, up.in_flight);
	es_json_key(j, "refused");
	es_json_u64(j, up.refused);
	es_json_end(j);
}

static const char *
sensor_state(const struct es_shipper_parts *s)
{
	if (es_ipc_server_said_bye(s->ipc))
		return "ended";
	if (es_ipc_server_heard_ms(s->ipc) == 0)
		return "not connected";
	return s->is_silent ? "silent" : "running";
}

/* Half the time between when it renews itself and its end: somebody can still look in time. */
static es_time
late_of(const struct es_certificate_status *cert)
{
	return es_time_add(cert->renews, es_time_diff(cert->end, cert->renews) / 2);
}

struct problems {
	char text[PROBLEMS_MAX][PROBLEM_TEXT_MAX];
	unsigned n;
};

__attribute__((format(printf, 2, 3))) static void
add_problem(struct problems *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(p->text[p->n++], PROBLEM_TEXT_MAX, format, args);
	va_end(args);
}

static void
put_problems(
    const struct es_shipper_parts *s, const struct es_certificate_status *cert, struct es_json *j)
{
	static const char *const shed_words[] = { [ES_SHED_NOTHING] = "",
		[ES_SHED_RTCP] = "reports of RTCP",
		[ES_SHED_SIP] = "reports of RTCP and SIP that is of no call",
		[ES_SHED_RTP] =
		    "reports of RTCP, SIP that is of no call, and new streams, each whole" };
	struct es_collector_link_status link = es_collector_link_status(s->link);
	enum es_shed shed = es_spooler_status(s->spooler).sensor.shed;
	struct problems p = { .n = 0 };

	if (strcmp(sensor_state(s), "running") != 0)
		add_problem(&p, "the sensor %s %s",
		    strcmp(sensor_state(s), "ended") == 0 ? "has" : "is", sensor_state(s));
	if (shed != ES_SHED_NOTHING)
		add_problem(&p, "a budget is used up: the sensor leaves out %s", shed_words[shed]);
	if (s->cfg->collector == NULL)
		add_problem(&p, "no collector is configured");
	else if (strcmp(link.state, "connected") != 0 && link.reason[0] != '\0')
		add_problem(
		    &p, "collector %s cannot be reached: %s", s->cfg->collector, link.reason);
	if (waiting_minutes(s) >= WAITING_MINUTES)
		add_problem(&p, "records have waited for %u minutes", (unsigned)waiting_minutes(s));
	if (cert->is_known && es_time_before(cert->end, es_clock_wall()))
		add_problem(&p,
		    "the certificate %s has ended: earshot enroll --collector %s --token-file FILE "
		    "--state-dir %s with a token of `earshot-collector token --agent NAME`; the "
		    "spool is kept",
		    s->cfg->cert_file, s->cfg->collector_host, s->cfg->state_dir);
	else if (cert->is_known && cert->trouble[0] != '\0' &&
		 es_time_before(late_of(cert), es_clock_wall()))
		add_problem(
		    &p, "the certificate %s is not renewed: %s", s->cfg->cert_file, cert->trouble);
	if (p.n == 0)
		return;
	es_json_key(j, "problems");
	es_json_array(j);
	for (unsigned i = 0; i < p.n; i++)
		es_json_str(j, p.text[i]);
	es_json_array_end(j);
}

static void
put_certificate(const struct es_certificate_status *cert, struct es_json *j)
{
	if (!cert->is_known)
		return;
	es_json_key(j, "certificate_end");
	es_json_time(j, cert->end);
	es_json_key(j, "certificate_renews");
	es_json_time(j, cert->renews);
	if (cert->generation != 0) {
		es_json_key(j, "certificate_generation");
		es_json_u64(j, cert->generation);
	}
	put_reason(j, "certificate_trouble", cert->trouble);
}

void
es_shipper_status(const struct es_shipper_parts *s, struct es_json *j)
{
	char rights[ES_RIGHTS_TEXT_MAX];
	struct es_certificate_status cert = es_collector_link_certificate(s->link);
	struct es_sensor_health sensor = es_spooler_status(s->spooler).sensor;

	es_rights_text(rights);
	es_json_begin(j);
	es_json_key(j, "version");
	es_json_str(j, EARSHOT_VERSION);
	es_json_key(j, "pid");
	es_json_i64(j, getpid());
	es_json_key(j, "rights");
	es_json_str(j, rights);
	es_json_key(j, "sandbox");
	es_json_str(j, es_sandbox_text(es_sandbox_state()));
	es_json_key(j, "sensor");
	es_json_str(j, sensor_state(s));
	if (es_ipc_server_heard_ms(s->ipc) != 0) {
		es_json_key(j, "sensor_heard_ago_ms");
		es_json_i64(j, es_clock_monotonic_ms() - es_ipc_server_heard_ms(s->ipc));
	}
	es_json_key(j, "hop_malformed");
	es_json_u64(j, es_ipc_server_malformed(s->ipc));
	es_json_key(j, "use_keys");
	es_json_bool(j, s->cfg->use_keys);
	es_json_key(j, "payload");
	es_json_bool(j, s->cfg->use_payload);
	put_sensor_sandbox(&sensor, j);
	put_shed(&sensor, j);
	put_crashes(&sensor, j);
	es_json_key(j, "calls_up");
	es_json_u64(j, s->calls_up);
	put_spool(s, j);
	put_link(s, j);
	put_certificate(&cert, j);
	put_problems(s, &cert, j);
	es_json_end(j);
}
