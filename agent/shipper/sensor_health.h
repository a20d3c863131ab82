/* SPDX-License-Identifier: Apache-2.0 */
/* What the sensor's health records say that people should see: what is left out, since when, and crashes. Pure. */
#ifndef AGENT_SHIPPER_SENSOR_HEALTH_H
#define AGENT_SHIPPER_SENSOR_HEALTH_H

#include "earshot/engine.h"

/* Zeroed, nothing is known. */
struct es_sensor_health {
	bool is_known;
	enum es_shed shed;  /* what is left out now */
	es_time shed_since; /* with shed: since when something is */
	es_time shed_ended; /* 0: something was never left out, or is now */
	uint64_t rtcp_shed; /* since this shipper began, over all starts of the sensor */
	uint64_t sip_shed;
	uint64_t rtp_shed;
	uint64_t streams_shed;
	uint64_t crashes; /* of the parser, since the sensor began */
	es_time crashed;  /* when a record first had the last of them; 0: none */
	uint64_t sandbox; /* enum es_sandbox_state, of the parser or who stands in for it */
	uint64_t last[4]; /* the four counts as the last record has them */
};

/* A record of the sensor; any other kind than health changes nothing. */
void es_sensor_health_take(struct es_sensor_health *h, const struct es_record *rec);

#endif
