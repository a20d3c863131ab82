/* SPDX-License-Identifier: Apache-2.0 */
/* Media time over time that passed, held against the rates that codecs have. */
#include "probes/quality/timing/pace.h"

#include <stddef.h>

enum {
	FITS_PERCENT = 5, /* a window of a second, and jitter: skew is far below that */
	NEAR_PERCENT = 30,
	RATE_PERMILLE = 25, /* how exactly a ratio is met */
	NEAR_PERMILLE = 10,
	AGREE_PERMILLE = 40,
	STRETCH_MAX_MS = 50000000, /* half a day: sums of them fit */
	FASTEST = 20,              /* times as fast; 90 kHz for 8 kHz is 11.25 */
};

static const uint32_t rates_hz[] = { 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000,
	90000 };

static uint64_t
distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static bool
is_near(uint64_t media_ms, uint64_t elapsed_ms)
{
	return distance(media_ms, elapsed_ms) * 100 < elapsed_ms * NEAR_PERCENT;
}

/* Whether timestamps of a clock of rate_hz came as far as those of another rate would. */
static bool
is_other_rate(uint32_t rate_hz, uint64_t media_ms, uint64_t elapsed_ms)
{
	uint64_t permille = is_near(media_ms, elapsed_ms) ? NEAR_PERMILLE : RATE_PERMILLE;

	for (size_t i = 0; i < sizeof(rates_hz) / sizeof(rates_hz[0]); i++) {
		uint64_t want = elapsed_ms * rates_hz[i];

		if (rates_hz[i] != rate_hz &&
		    distance(media_ms * rate_hz, want) * 1000 <= want * permille)
			return true;
	}
	return false;
}

/* A stretch at another rate: it counts with the next one that agrees. */
static void
add_off(struct es_pace *p, uint32_t elapsed_ms, uint32_t media_ms)
{
	uint32_t permille = (uint32_t)((uint64_t)media_ms * 1000 / elapsed_ms);
	bool agrees = p->ratio_permille != 0 && distance(permille, p->ratio_permille) * 1000 <=
						    (uint64_t)p->ratio_permille * AGREE_PERMILLE;

	p->ratio_permille = permille;
	if (!agrees) {
		p->held_ms = elapsed_ms;
		p->held_media_ms = media_ms;
		return;
	}
	p->off_ms += elapsed_ms + p->held_ms;
	p->off_media_ms += media_ms + p->held_media_ms;
	p->held_ms = 0;
	p->held_media_ms = 0;
	p->is_off_now = true;
}

void
es_pace_add(struct es_pace *p, uint32_t rate_hz, uint32_t elapsed_ms, int64_t media_ms)
{
	uint64_t media = (uint64_t)media_ms;

	if (media_ms < 0 || elapsed_ms == 0 || elapsed_ms > STRETCH_MAX_MS ||
	    media > FASTEST * (uint64_t)elapsed_ms)
		return;
	if (distance(media, elapsed_ms) * 100 < (uint64_t)elapsed_ms * FITS_PERCENT) {
		p->fits_ms += p->fits_ms < STRETCH_MAX_MS ? elapsed_ms : 0;
		p->is_off_now = false;
		p->ratio_permille = 0;
	} else if (is_other_rate(rate_hz, media, elapsed_ms) && p->off_ms < STRETCH_MAX_MS) {
		add_off(p, elapsed_ms, (uint32_t)media);
	} else {
		p->ratio_permille = 0;
	}
}

bool
es_pace_is_off(const struct es_pace *p)
{
	if (p->off_ms <= p->fits_ms)
		return false;
	return p->off_ms >= ES_PACE_NEAR_MS || !is_near(p->off_media_ms, p->off_ms);
}

uint32_t
es_pace_ratio_ppm(const struct es_pace *p)
{
	return p->off_ms == 0 ? 0 : (uint32_t)((uint64_t)p->off_media_ms * 1000000 / p->off_ms);
}
