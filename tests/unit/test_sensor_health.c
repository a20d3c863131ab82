/* SPDX-License-Identifier: Apache-2.0 */
/* What the sensor's health records say that people should see. */
#include "agent/shipper/sensor_health.h"
#include "tests/unit/harness.h"

#include <string.h>

static void
take(struct es_sensor_health *h, int64_t s, uint64_t level, uint64_t streams, uint64_t crashes)
{
	const struct es_counter_value values[] = { { ES_CNT_SHED_LEVEL, level },
		{ ES_CNT_RTCP_SHED, 10 * streams }, { ES_CNT_SIP_SHED, 2 * streams },
		{ ES_CNT_RTP_SHED, 100 * streams }, { ES_CNT_STREAMS_SHED, streams },
		{ ES_CNT_PARSER_CRASHES, crashes } };
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_HEALTH;
	rec.u.health.time = es_time_of_ns(s * ES_NS_PER_S);
	rec.u.health.values = values;
	rec.u.health.n_values = sizeof(values) / sizeof(values[0]);
	es_sensor_health_take(h, &rec);
}

static int64_t
seconds(es_time t)
{
	return t.ns / ES_NS_PER_S;
}

TEST(sensor_health_says_since_when_something_is_left_out)
{
	struct es_sensor_health h = { .is_known = false };

	take(&h, 100, 0, 0, 0);
	CHECK(h.is_known);
	CHECK_EQ(h.shed, ES_SHED_NOTHING);
	CHECK_EQ(seconds(h.shed_since), 0);
	take(&h, 160, 1, 0, 0);
	take(&h, 161, 3, 5, 0);
	CHECK_EQ(h.shed, ES_SHED_RTP);
	CHECK_EQ(seconds(h.shed_since), 160);
	CHECK_EQ(seconds(h.shed_ended), 0);
	take(&h, 300, 0, 7, 0);
	take(&h, 360, 0, 7, 0);
	CHECK_EQ(seconds(h.shed_since), 160);
	CHECK_EQ(seconds(h.shed_ended), 300);
	CHECK_EQ(h.streams_shed, 7);
	take(&h, 400, 2, 7, 0);
	CHECK_EQ(seconds(h.shed_since), 400);
	CHECK_EQ(seconds(h.shed_ended), 0);
}

/* A parser that began again counts from 0; what the one before left out stays counted. */
TEST(sensor_health_counts_over_starts_of_the_parser)
{
	struct es_sensor_health h = { .is_known = false };

	take(&h, 100, 3, 5, 0);
	take(&h, 160, 0, 0, 1);
	CHECK_EQ(h.crashes, 1);
	CHECK_EQ(seconds(h.crashed), 160);
	take(&h, 220, 3, 2, 1);
	CHECK_EQ(seconds(h.crashed), 160);
	CHECK_EQ(h.streams_shed, 7);
	CHECK_EQ(h.rtcp_shed, 70);
	CHECK_EQ(h.sip_shed, 14);
	CHECK_EQ(h.rtp_shed, 700);
	take(&h, 280, 3, 2, 2);
	CHECK_EQ(seconds(h.crashed), 280);
	take(&h, 340, 9, 2, 0); /* the sensor began; a level of a later version */
	CHECK_EQ(h.shed, ES_SHED_RTP);
	CHECK_EQ(h.crashes, 0);
	CHECK_EQ(seconds(h.crashed), 0);
}
