/* SPDX-License-Identifier: Apache-2.0 */
/* What `earshot status` shows of the shipper. */
#include "agent/shipper/shipper_status.h"

#include "runtime/clock.h"
#include "runtime/rights.h"

#include <unistd.h>

static void
put_spool(const struct es_shipper_parts *s, struct es_json *j)
{
	struct es_spooler_status st = es_spooler_status(s->spooler);

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
	es_json_key(j, "batches");
	es_json_u64(j, up.batches);
	es_json_key(j, "in_flight");
	es_json_u64(j, up.in_flight);
	es_json_key(j, "refused");
	es_json_u64(j, up.refused);
	es_json_end(j);
}

void
es_shipper_status(const struct es_shipper_parts *s, struct es_json *j)
{
	const char *sensor = "not connected";
	char rights[ES_RIGHTS_TEXT_MAX];

	if (es_ipc_server_said_bye(s->ipc))
		sensor = "ended";
	else if (es_ipc_server_heard_ms(s->ipc) != 0 && !s->is_silent)
		sensor = "running";
	else if (es_ipc_server_heard_ms(s->ipc) != 0)
		sensor = "silent";
	es_rights_text(rights);
	es_json_begin(j);
	es_json_key(j, "version");
	es_json_str(j, EARSHOT_VERSION);
	es_json_key(j, "pid");
	es_json_i64(j, getpid());
	es_json_key(j, "rights");
	es_json_str(j, rights);
	es_json_key(j, "sensor");
	es_json_str(j, sensor);
	if (es_ipc_server_heard_ms(s->ipc) != 0) {
		es_json_key(j, "sensor_heard_ago_ms");
		es_json_i64(j, es_clock_monotonic_ms() - es_ipc_server_heard_ms(s->ipc));
	}
	es_json_key(j, "hop_malformed");
	es_json_u64(j, es_ipc_server_malformed(s->ipc));
	es_json_key(j, "use_keys");
	es_json_bool(j, s->cfg->use_keys);
	es_json_key(j, "calls_up");
	es_json_u64(j, s->calls_up);
	put_spool(s, j);
	put_link(s, j);
	es_json_end(j);
}
