/* SPDX-License-Identifier: Apache-2.0 */
/* The one-way delay, as the sum of its parts. */
#include "probes/stream/delay_path.h"

enum {
	SMOOTHING = 8,
	MOUTH_TO_EAR_MAX_US = 600000000, /* far beyond speech: sums of days of it fit */
};

void
es_delay_path_note(struct es_delay_path *p, enum es_delay_path_part part, int64_t round_trip_us)
{
	uint32_t *is = &p->round_trip_us[part];

	if (round_trip_us < 0 || round_trip_us > ES_ROUND_TRIP_MAX_US)
		return;
	if ((p->known & 1u << part) == 0)
		*is = (uint32_t)round_trip_us;
	else
		*is = (uint32_t)((*is * INT64_C(7) + round_trip_us + SMOOTHING / 2) / SMOOTHING);
	p->known = (uint8_t)(p->known | 1u << part);
}

static bool
has(const struct es_delay_path *p, enum es_delay_path_part part)
{
	return (p->known & 1u << part) != 0;
}

static bool
network_us(const struct es_delay_path *p, enum es_seen seen, uint64_t *us)
{
	const uint32_t *round_trip_us = p->round_trip_us;

	if (has(p, ES_DELAY_PATH_TO_SENDER) &&
	    (has(p, ES_DELAY_PATH_TO_RECEIVER) || seen == ES_SEEN_INGRESS))
		*us = ((uint64_t)round_trip_us[ES_DELAY_PATH_TO_SENDER] +
			  round_trip_us[ES_DELAY_PATH_TO_RECEIVER]) /
		      2;
	else if (has(p, ES_DELAY_PATH_WHOLE))
		*us = round_trip_us[ES_DELAY_PATH_WHOLE] / 2;
	else
		return false;
	return true;
}

bool
es_delay_path_mouth_to_ear_us(
    const struct es_delay_path *p, enum es_seen seen, uint64_t device_us, uint32_t *us)
{
	uint64_t way_us;

	if (!network_us(p, seen, &way_us))
		return false;
	*us = way_us + device_us < MOUTH_TO_EAR_MAX_US ? (uint32_t)(way_us + device_us)
						       : MOUTH_TO_EAR_MAX_US;
	return true;
}

void
es_delay_path_add(struct es_delay_path *p, uint32_t mouth_to_ear_us, uint32_t n)
{
	p->packets += n;
	p->sum_us += (uint64_t)mouth_to_ear_us * n;
}

static bool
mean_us(uint64_t sum_us, uint64_t packets, uint32_t *us)
{
	if (packets == 0)
		return false;
	*us = (uint32_t)((sum_us + packets / 2) / packets);
	return true;
}

bool
es_delay_path_mean_us(const struct es_delay_path *p, uint32_t *us)
{
	return mean_us(p->sum_us, p->packets, us);
}

void
es_delay_path_add_device(struct es_delay_path *p, uint32_t device_us, uint32_t n)
{
	p->device_packets += n;
	p->device_sum_us += (uint64_t)device_us * n;
}

bool
es_delay_path_device_us(const struct es_delay_path *p, uint32_t *us)
{
	return mean_us(p->device_sum_us, p->device_packets, us);
}
