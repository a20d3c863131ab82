/* SPDX-License-Identifier: Apache-2.0 */
/* What the sensor's health records say that people should see. */
#include "agent/shipper/sensor_health.h"

/* A counter of the record; those that are 0 are left out of it. */
static uint64_t
value_of(const struct es_health *h, enum es_counter counter)
{
	for (uint32_t i = 0; i < h->n_values; i++)
		if (h->values[i].counter == counter)
			return h->values[i].value;
	return 0;
}

/* What has come since the last record; a sensor that began again counts from 0. */
static uint64_t
growth(uint64_t *last, uint64_t now)
{
	uint64_t n = now >= *last ? now - *last : now;

	*last = now;
	return n;
}

static void
take_shed(struct es_sensor_health *h, enum es_shed shed, es_time at)
{
	if (shed != ES_SHED_NOTHING && h->shed == ES_SHED_NOTHING) {
		h->shed_since = at;
		h->shed_ended = es_time_of_ns(0);
	} else if (shed == ES_SHED_NOTHING && h->shed != ES_SHED_NOTHING) {
		h->shed_ended = at;
	}
	h->shed = shed;
}

void
es_sensor_health_take(struct es_sensor_health *h, const struct es_record *rec)
{
	const struct es_health *is = &rec->u.health;
	uint64_t crashes, level;

	if (rec->type != ES_REC_HEALTH)
		return;
	level = value_of(is, ES_CNT_SHED_LEVEL);
	take_shed(h, level > ES_SHED_RTP ? ES_SHED_RTP : (enum es_shed)level, is->time);
	h->rtcp_shed += growth(&h->last[0], value_of(is, ES_CNT_RTCP_SHED));
	h->sip_shed += growth(&h->last[1], value_of(is, ES_CNT_SIP_SHED));
	h->rtp_shed += growth(&h->last[2], value_of(is, ES_CNT_RTP_SHED));
	h->streams_shed += growth(&h->last[3], value_of(is, ES_CNT_STREAMS_SHED));
	crashes = value_of(is, ES_CNT_PARSER_CRASHES);
	if (crashes > h->crashes)
		h->crashed = is->time;
	else if (crashes == 0)
		h->crashed = es_time_of_ns(0);
	h->crashes = crashes;
	h->sandbox = value_of(is, ES_CNT_SANDBOX);
	h->is_known = true;
}
