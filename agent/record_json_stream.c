/* SPDX-License-Identifier: Apache-2.0 */
/* Streams and their blocks as JSON. */
#include "agent/record_json_private.h"

#include <stdio.h>

static const char *const seen_names[] = { "transit", "ingress", "egress" };
static const char *const band_names[] = { "unknown", "nb", "wb", "swb", "fb" };
static const char *const basis_names[] = { "unknown", "itu", "derived", "placeholder" };
static const char *const receiver_by_names[] = { "unknown", "default", "configured", "reported",
	"user_agent", "endpoint_class" };
static const char *const kind_names[] = { "unknown", "audio", "video", "rtx", "fec", "text",
	"other" };
static const char *const unscored_names[] = { "unknown", "codec_unknown", "codec_unrated",
	"not_audio", "egress", "too_short", "clock_mismatch" };

/* In order of their bits. */
static const char *const finding_names[] = { "one_way", "late_start", "starved", "remarked",
	"ssrc_changed", "ptime_changed", "codec_changed", "bye", "zero_ssrc", "ice",
	"srtp_key_mismatch", "srtp_roc_mismatch", "srtp_mki_mismatch", "stopped", "clock_mismatch",
	"withdrawn" };

const char *
es_unscored_words(enum es_unscored why)
{
	switch (why) {
	case ES_UNSCORED_CODEC_UNKNOWN:
		return "codec not known";
	case ES_UNSCORED_CODEC_UNRATED:
		return "no figures for codec";
	case ES_UNSCORED_NOT_AUDIO:
		return "not audio";
	case ES_UNSCORED_EGRESS:
		return "seen where sent from";
	case ES_UNSCORED_TOO_SHORT:
		return "too short";
	case ES_UNSCORED_CLOCK_MISMATCH:
		return "clock is not codec's";
	default:
		return "";
	}
}

static void
put_receiver(struct es_json *j, const void *record)
{
	const struct es_stream *s = record;
	char fixed[24];

	if ((s->has & ES_STREAM_HAS_CONCEALMENT) == 0 || s->receiver_by == ES_RECEIVER_BY_NOBODY)
		return;
	(void)snprintf(fixed, sizeof(fixed), "fixed:%u", s->receiver_ms);
	put_str(j, "receiver", s->receiver_ms != 0 ? fixed : "adaptive");
}

/* Narrowband knows no relief: what losses in a row add is within Ie,eff. */
static void
put_relief(struct es_json *j, enum es_band band, uint32_t relief_milli)
{
	if (band != ES_BAND_NB || relief_milli != 0)
		put_scaled(j, "burst_relief", relief_milli, 3, 1);
}

static void
put_stream_relief(struct es_json *j, const void *record)
{
	const struct es_stream *s = record;

	if (s->has & ES_STREAM_HAS_TERMS)
		put_relief(j, s->band, s->burst_relief_milli);
}

static void
put_block_relief(struct es_json *j, const void *record)
{
	const struct es_interval *v = record;

	if (v->has & ES_INTERVAL_HAS_TERMS)
		put_relief(j, v->band, v->burst_relief_milli);
}

static void
put_findings(struct es_json *j, const void *record)
{
	const struct es_stream *s = record;

	if (s->findings == 0)
		return;
	es_json_key(j, "findings");
	es_json_array(j);
	for (size_t i = 0; i < sizeof(finding_names) / sizeof(finding_names[0]); i++)
		if (s->findings & 1u << i)
			es_json_str(j, finding_names[i]);
	es_json_array_end(j);
}

static void
put_loss_runs(struct es_json *j, const void *record)
{
	const struct es_stream *s = record;

	if ((s->has & ES_STREAM_HAS_LOSS_RUNS) == 0)
		return;
	es_json_key(j, "loss_runs");
	es_json_array(j);
	for (int i = 0; i < ES_LOSS_RUN_BINS; i++)
		es_json_u64(j, s->loss_run[i]);
	es_json_array_end(j);
}

static void
put_other_calls(struct es_json *j, const void *record)
{
	const struct es_stream *s = record;

	if (s->n_other_call_ids == 0)
		return;
	es_json_key(j, "other_call_ids");
	es_json_array(j);
	for (uint32_t i = 0; i < s->n_other_call_ids; i++)
		es_json_call_id(j, s->other_call_ids[i]);
	es_json_array_end(j);
}

/* A model is named after its band, super-wideband's after fullband. */
static void
put_block_model(struct es_json *j, const void *record)
{
	const struct es_interval *v = record;
	char model[16];

	if ((v->has & ES_INTERVAL_HAS_TERMS) == 0)
		return;
	(void)snprintf(model, sizeof(model), "es-%s/%u",
	    v->band == ES_BAND_SWB ? "fb" : NAME_OF(band_names, v->band), v->model_version);
	put_str(j, "model", model);
}

static void
put_missing(struct es_json *j, const void *record)
{
	const struct es_interval *v = record;

	es_json_key(j, "missing");
	es_json_array(j);
	for (uint32_t i = 0; i < v->n_missing; i++) {
		es_json_array(j);
		es_json_u64(j, v->missing[i].seq);
		es_json_u64(j, v->missing[i].run);
		es_json_array_end(j);
	}
	es_json_array_end(j);
}

#define BODY struct es_stream
static const struct es_json_row stream_rows[] = { ES_STREAM_FIELDS(ROW) };
#undef BODY
#define BODY struct es_interval
static const struct es_json_row interval_rows[] = { ES_INTERVAL_FIELDS(ROW) };
#undef BODY

struct es_json_table
es_record_json_stream_table(void)
{
	return (struct es_json_table){ ROWS(stream_rows) };
}

void
es_record_json_stream(struct es_json *j, const struct es_stream *s)
{
	es_record_rows_json(j, ROWS(stream_rows), s, s->has);
}

struct es_json_table
es_record_json_interval_table(void)
{
	return (struct es_json_table){ ROWS(interval_rows) };
}

void
es_record_json_interval(struct es_json *j, const struct es_interval *v)
{
	es_record_rows_json(j, ROWS(interval_rows), v, v->has);
}
