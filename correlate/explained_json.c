/* SPDX-License-Identifier: Apache-2.0 */
/* The object of one explained call as JSON: the same bytes from command line and collector. */
#include "correlate/verdict/evidence_machine.h"
#include "earshot/correlate.h"
#include "probes/base/json.h"

static const char *
role_name(enum es_role role)
{
	switch (role) {
	case ES_ROLE_ENDPOINT:
		return "endpoint";
	case ES_ROLE_SBC:
		return "sbc";
	case ES_ROLE_GATEWAY:
		return "gateway";
	case ES_ROLE_TAP:
		return "tap";
	default:
		return "unknown";
	}
}

static const char *
direction_name(enum es_direction_name name)
{
	return name == ES_FORWARD ? "forward" : name == ES_REVERSE ? "reverse" : "both";
}

static const char *
state_name(enum es_verdict_state state)
{
	return state == ES_VERDICT_DEGRADED ? "degraded"
	       : state == ES_VERDICT_CLEAN  ? "clean"
					    : "unknown";
}

static void
put_leg(const struct es_leg *leg, struct es_json *out)
{
	es_json_begin(out);
	es_json_key(out, "vantage");
	es_json_slice(out, leg->vantage);
	es_json_key(out, "role");
	es_json_str(out, role_name(leg->role));
	if (leg->call_id.n > 0) {
		es_json_key(out, "call_id");
		es_json_call_id(out, leg->call_id);
	}
	es_json_key(out, "streams");
	es_json_array(out);
	for (uint32_t i = 0; i < leg->n_streams; i++) {
		es_json_begin(out);
		es_json_key(out, "ssrc");
		es_json_ssrc(out, leg->streams[i].ssrc);
		es_json_key(out, "src");
		es_json_addr(out, &leg->streams[i].src);
		es_json_key(out, "dst");
		es_json_addr(out, &leg->streams[i].dst);
		es_json_end(out);
	}
	es_json_array_end(out);
	es_json_end(out);
}

static void
put_segment(const struct es_segment *s, struct es_json *out)
{
	es_json_begin(out);
	es_json_key(out, "from");
	es_json_slice(out, s->from);
	es_json_key(out, "to");
	es_json_slice(out, s->to);
	if ((s->has & ES_SEGMENT_HAS_EXPECTED) != 0) {
		es_json_key(out, "expected");
		es_json_u64(out, s->expected);
	}
	if ((s->has & ES_SEGMENT_HAS_LOST) != 0) {
		es_json_key(out, "lost");
		es_json_u64(out, s->lost);
	}
	if ((s->has & ES_SEGMENT_HAS_LATE) != 0) {
		es_json_key(out, "late");
		es_json_u64(out, s->late);
	}
	if ((s->has & ES_SEGMENT_HAS_DELAY_VARIATION) != 0) {
		es_json_key(out, "delay_variation_p95_ms");
		es_json_scaled(out, s->delay_variation_p95_us, 3, 3);
	}
	if ((s->has & ES_SEGMENT_HAS_ROUND_TRIP) != 0) {
		es_json_key(out, "round_trip_ms");
		es_json_scaled(out, s->round_trip_us, 3, 3);
	}
	es_json_end(out);
}

static void
put_direction(const struct es_direction *d, struct es_json *out)
{
	es_json_begin(out);
	es_json_key(out, "name");
	es_json_str(out, direction_name(d->name));
	es_json_key(out, "from");
	es_json_slice(out, d->from);
	es_json_key(out, "to");
	es_json_slice(out, d->to);
	if (d->has_mos_lq) {
		es_json_key(out, "mos_lq");
		es_json_scaled(out, d->mos_lq_milli, 3, 3);
	}
	if (d->has_mos_cq) {
		es_json_key(out, "mos_cq");
		es_json_scaled(out, d->mos_cq_milli, 3, 3);
		es_json_key(out, "mouth_to_ear_ms");
		es_json_scaled(out, d->mouth_to_ear_us, 3, 3);
	}
	es_json_key(out, "segments");
	es_json_array(out);
	for (uint32_t i = 0; i < d->n_segments; i++)
		put_segment(&d->segments[i], out);
	es_json_array_end(out);
	es_json_end(out);
}

static void
put_ends(es_slice from, es_slice to, struct es_json *out)
{
	es_json_key(out, "from");
	es_json_slice(out, from);
	es_json_key(out, "to");
	es_json_slice(out, to);
}

static void
put_place(const struct es_verdict *v, struct es_json *out)
{
	const char *direction = direction_name(v->segment_direction);

	es_json_key(out, "segment");
	es_json_begin(out);
	if (v->n_one_of == 0) {
		put_ends(v->segment_from, v->segment_to, out);
		es_json_key(out, "direction");
		es_json_str(out, direction);
		es_json_end(out);
		return;
	}
	es_json_key(out, "one_of");
	es_json_array(out);
	for (uint32_t i = 0; i < v->n_one_of; i++) {
		es_json_begin(out);
		put_ends(v->one_of[i].from, v->one_of[i].to, out);
		es_json_key(out, "direction");
		es_json_str(out, direction);
		es_json_end(out);
	}
	es_json_array_end(out);
	es_json_end(out);
}

/* Of what rests on records of a machine that were made up, for a demonstration. */
static void
put_synthetic(bool is_synthetic, struct es_json *out)
{
	if (!is_synthetic)
		return;
	es_json_key(out, "synthetic");
	es_json_bool(out, true);
}

static void
put_causes(const struct es_verdict *v, struct es_json *out)
{
	es_json_key(out, "cause");
	es_json_str(out, es_cause_name(v->causes[0].cause));
	es_json_key(out, "confidence");
	es_json_scaled(out, v->causes[0].confidence_ppm, 6, 2);
	es_json_key(out, "causes");
	es_json_array(out);
	for (uint32_t i = 0; i < v->n_causes; i++) {
		es_json_begin(out);
		es_json_key(out, "cause");
		es_json_str(out, es_cause_name(v->causes[i].cause));
		es_json_key(out, "confidence");
		es_json_scaled(out, v->causes[i].confidence_ppm, 6, 2);
		put_synthetic(v->causes[i].is_synthetic, out);
		es_json_end(out);
	}
	es_json_array_end(out);
}

static void
put_evidence(const struct es_evidence *e, struct es_json *out)
{
	es_json_begin(out);
	es_json_key(out, "text");
	es_json_str(out, e->text);
	if (e->signal != 0) {
		es_json_key(out, "signal");
		es_json_str(out, es_cor_evidence_signal_name(e->signal));
	}
	if (e->vantage.n > 0) {
		es_json_key(out, "vantage");
		es_json_slice(out, e->vantage);
	}
	if (e->has_period) {
		es_json_key(out, "from_s");
		es_json_scaled(out, e->from_ms, 3, 1);
		es_json_key(out, "to_s");
		es_json_scaled(out, e->to_ms, 3, 1);
	}
	if (e->has_value) {
		es_json_key(out, "value");
		if (e->value_milli % 1000 == 0)
			es_json_i64(out, e->value_milli / 1000);
		else
			es_json_scaled(out, e->value_milli, 3, 3);
		es_json_key(out, "unit");
		es_json_str(out, e->unit);
	}
	put_synthetic(e->is_synthetic, out);
	es_json_end(out);
}

static void
put_verdict(const struct es_verdict *v, struct es_json *out)
{
	es_json_begin(out);
	es_json_key(out, "state");
	es_json_str(out, state_name(v->state));
	if (v->state == ES_VERDICT_DEGRADED && v->has_segment)
		put_place(v, out);
	if (v->state == ES_VERDICT_DEGRADED && v->n_causes > 0)
		put_causes(v, out);
	es_json_key(out, "evidence");
	es_json_array(out);
	for (uint32_t i = 0; i < v->n_evidence; i++)
		put_evidence(&v->evidence[i], out);
	es_json_array_end(out);
	es_json_end(out);
}

static void
put_parties(const struct es_explained *call, struct es_json *out)
{
	if (call->from.n > 0) {
		es_json_key(out, "from");
		es_json_slice(out, call->from);
	}
	if (call->to.n > 0) {
		es_json_key(out, "to");
		es_json_slice(out, call->to);
	}
	if (call->final_status > 0) {
		es_json_key(out, "final_status");
		es_json_u64(out, call->final_status);
	}
}

static void
put_missing(const struct es_explained *call, struct es_json *out)
{
	if (call->n_missing == 0)
		return;
	es_json_key(out, "missing");
	es_json_array(out);
	for (uint32_t i = 0; i < call->n_missing; i++)
		es_json_slice(out, call->missing[i]);
	es_json_array_end(out);
}

/* A call without signalling is named by an SSRC, and that is no Call-ID. */
void
es_explained_name_json(const struct es_explained *call, struct es_json *out)
{
	for (uint32_t i = 0; i < call->n_legs; i++) {
		if (call->legs[i].call_id.n > 0) {
			es_json_call_id(out, call->call);
			return;
		}
	}
	es_json_slice(out, call->call);
}

void
es_explained_json(const struct es_explained *call, struct es_json *out)
{
	es_json_begin(out);
	es_json_key(out, "call");
	es_explained_name_json(call, out);
	es_json_key(out, "start");
	es_json_time(out, call->start);
	if (call->has_duration) {
		es_json_key(out, "duration_s");
		es_json_scaled(out, (int64_t)(call->duration_us / 1000), 3, 3);
	}
	put_parties(call, out);
	es_json_key(out, "legs");
	es_json_array(out);
	for (uint32_t i = 0; i < call->n_legs; i++)
		put_leg(&call->legs[i], out);
	es_json_array_end(out);
	es_json_key(out, "directions");
	es_json_array(out);
	for (uint32_t i = 0; i < call->n_directions; i++)
		put_direction(&call->directions[i], out);
	es_json_array_end(out);
	put_missing(call, out);
	es_json_key(out, "verdict");
	put_verdict(&call->verdict, out);
	es_json_end(out);
}
