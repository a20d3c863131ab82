/* SPDX-License-Identifier: Apache-2.0 */
/* Calls and registrations as JSON. */
#include "agent/record_json_private.h"

static const char *const party_names[] = { "unknown", "caller", "callee" };
static const char *const transport_names[] = { "unknown", "udp", "tcp", "ws", "hep", "tls", "wss" };
static const char *const cause_spaces[] = { "unknown", "Q.850", "SIP" };
static const char *const registration_states[] = { "unknown", "active", "failed", "removed",
	"expired", "pending" };

const char *
es_registration_state_name(enum es_registration_state state)
{
	return NAME_OF(registration_states, state);
}

static void
call_timings(struct es_json *j, const struct es_call *c)
{
	if (c->has & ES_CALL_HAS_REQUEST_DELAY)
		put_ms(j, "request_delay_ms", c->request_delay_us);
	if (c->has & ES_CALL_HAS_SETUP)
		put_ms(j, "setup_ms", c->setup_us);
	if (c->has & ES_CALL_HAS_RING)
		put_ms(j, "ring_ms", c->ring_us);
	if (c->has & ES_CALL_HAS_DURATION)
		put_scaled(j, "duration_s", (int64_t)c->duration_us, 6, 3);
}

static void
call_streams(struct es_json *j, const struct es_call *c)
{
	uint32_t i;

	es_json_key(j, "streams");
	es_json_array(j);
	for (i = 0; i < c->n_streams; i++) {
		es_json_begin(j);
		put_ssrc(j, "ssrc", c->streams[i].ssrc);
		put_addr(j, "src", &c->streams[i].src);
		put_addr(j, "dst", &c->streams[i].dst);
		es_json_end(j);
	}
	es_json_array_end(j);
}

static void
put_transport(struct es_json *j, enum es_transport transport)
{
	if (transport != ES_TRANSPORT_UNKNOWN)
		put_str(j, "transport", NAME_OF(transport_names, transport));
}

static void
call_delays(struct es_json *j, const struct es_call *c)
{
	if (c->has & ES_CALL_HAS_POST_DIAL_DELAY)
		put_ms(j, "post_dial_delay_ms", c->post_dial_delay_us);
	if (c->has & ES_CALL_HAS_DISCONNECT_DELAY)
		put_ms(j, "disconnect_delay_ms", c->disconnect_delay_us);
	if (c->has & ES_CALL_HAS_EARLY_MEDIA)
		put_ms(j, "early_media_ms", c->early_media_us);
	if (c->has & ES_CALL_HAS_CAUSE) {
		es_json_key(j, "cause");
		es_json_begin(j);
		put_str(j, "protocol", NAME_OF(cause_spaces, c->cause_space));
		put_u64(j, "code", c->cause);
		es_json_end(j);
	}
}

static void
call_statuses(struct es_json *j, const struct es_call *c)
{
	uint32_t i;

	if (c->n_statuses == 0)
		return;
	es_json_key(j, "statuses");
	es_json_array(j);
	for (i = 0; i < c->n_statuses; i++)
		es_json_u64(j, c->statuses[i]);
	es_json_array_end(j);
}

/* Its timer of RFC 4028. */
static void
call_session(struct es_json *j, const struct es_call *c)
{
	if (c->has & ES_CALL_HAS_SESSION_EXPIRES)
		put_u64(j, "session_expires_s", c->session_expires_s);
	if (c->session_refresher != ES_PARTY_UNKNOWN)
		put_str(j, "session_refresher", NAME_OF(party_names, c->session_refresher));
	if (c->is_session_expired)
		put_bool(j, "session_expired", true);
}

/* Members added later stand behind the first ones, whose order is kept. */
static void
call_more(struct es_json *j, const struct es_call *c)
{
	put_transport(j, c->transport);
	call_delays(j, c);
	put_some(j, "branches", c->branches);
	put_some(j, "redirects", c->redirects);
	put_some(j, "challenges", c->challenges);
	put_some(j, "resent", c->resent);
	put_some(j, "codec_changes", c->codec_changes);
	put_some(j, "media_moves", c->media_moves);
	put_some(j, "diversions", c->diversions);
	put_text(j, "diverted_from", c->diverted_from);
	put_text(j, "asserted", c->asserted);
	put_text(j, "replaces", c->replaces);
	put_text(j, "replaced_by", c->replaced_by);
	put_text(j, "icid", c->icid);
	put_text(j, "user_to_user", c->user_to_user);
	put_text(j, "custom_key", c->custom_key);
	put_text(j, "caller_contact", c->caller_contact);
	put_text(j, "callee_contact", c->callee_contact);
	put_text(j, "caller_agent", c->caller_agent);
	put_text(j, "callee_agent", c->callee_agent);
	call_statuses(j, c);
	call_session(j, c);
	put_text(j, "session_id_peer", c->session_id_peer);
}

void
es_record_json_call(struct es_json *j, const struct es_call *c)
{
	uint32_t i;

	put_call_id(j, "call_id", c->call_id);
	put_text(j, "from", c->from);
	put_text(j, "to", c->to);
	put_time(j, "start", c->start);
	put_str(j, "state", es_state_name(c->state));
	put_str(j, "method", "INVITE");
	if (c->has & ES_CALL_HAS_STATUS)
		put_u64(j, "final_status", c->final_status);
	call_timings(j, c);
	if (c->state != ES_STATE_IN_PROGRESS)
		put_str(j, "ended_by", NAME_OF(party_names, c->ended_by));
	es_json_key(j, "codecs");
	es_json_array(j);
	for (i = 0; i < c->n_codecs; i++)
		es_json_slice(j, c->codecs[i]);
	es_json_array_end(j);
	call_streams(j, c);
	put_u64(j, "transfers", c->transfers);
	put_u64(j, "holds", c->holds);
	put_text(j, "session_id", c->session_id);
	put_text(j, "x_call_id", c->x_call_id);
	call_more(j, c);
}

void
es_record_json_registration(struct es_json *j, const struct es_registration *r)
{
	put_text(j, "aor", r->aor);
	put_str(j, "state", es_registration_state_name(r->state));
	put_transport(j, r->transport);
	put_addr(j, "src", &r->src);
	put_addr(j, "dst", &r->dst);
	put_time(j, "start", r->start);
	put_time(j, "time", r->time);
	if (r->has & ES_REGISTRATION_HAS_STATUS)
		put_u64(j, "status", r->status);
	if (r->has & ES_REGISTRATION_HAS_DELAY)
		put_ms(j, "delay_ms", r->delay_us);
	if (r->has & ES_REGISTRATION_HAS_EXPIRES)
		put_u64(j, "expires_s", r->expires_s);
	put_u64(j, "attempts", r->attempts);
	put_u64(j, "failures", r->failures);
	put_u64(j, "challenges", r->challenges);
	put_text(j, "contact", r->contact);
	put_call_id(j, "call_id", r->call_id);
	put_text(j, "user_agent", r->user_agent);
}
