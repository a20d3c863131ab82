/* SPDX-License-Identifier: Apache-2.0 */
/* Belief in unannounced streams. */
#include "probes/stream/probation.h"

#include "probes/base/seq.h"

enum {
	CLOCK_HZ = 96000,    /* the fastest that is believed */
	PAIR_MS = 60000,     /* longest time between two packets in sequence */
	SLACK_MS = 1000,     /* a timestamp may run so far ahead of the clock, or behind */
	TICKS_MIN = 4,       /* fewer is a counter; media at 125 us and 48 kHz steps by 6 */
	EVENT_BYTES = 4,     /* RFC 4733 section 2.3: one timestamp for a whole event */
	LENGTH_REACH = 16,   /* a number this near to the datagram's length is its length */
	CLOCK_TOLERANCE = 2, /* G.722 is also sent with the 16 kHz it has */
};

static bool
is_length(const struct es_arrival *a)
{
	int32_t d = es_seq_diff(a->seq, a->datagram_bytes);

	return d >= -LENGTH_REACH && d <= LENGTH_REACH;
}

/* The clock of an audio type that RFC 3551 fixed, which never steps back; 0 for any other type. */
static int64_t
fixed_clock(uint8_t pt)
{
	const struct es_codec *codec = es_codec_static(pt);

	return codec != NULL && codec->kind == ES_CODEC_AUDIO ? (int64_t)codec->clock_rate_hz : 0;
}

bool
es_probation_pair(const struct es_stream_state *s, const struct es_arrival *a)
{
	int64_t ms = es_time_diff(a->at, s->prev_at) / ES_NS_PER_MS;
	int64_t ticks = es_seq32_diff(a->ts, s->highest_ts);
	int64_t fixed = fixed_clock(a->pt);
	int64_t clock = fixed > 0 ? fixed * CLOCK_TOLERANCE : CLOCK_HZ;

	if (a->seq != (uint16_t)(s->highest + 1) || ms < 0 || ms > PAIR_MS || is_length(a))
		return false;
	if (ticks > (ms + SLACK_MS) * clock / 1000 || ticks < -CLOCK_HZ * SLACK_MS / 1000)
		return false;
	if (fixed > 0)
		return ticks >= TICKS_MIN;
	if (ticks >= TICKS_MIN || ticks <= -TICKS_MIN)
		return true;
	/* One frame in many packets, one event: believed where the packet shows what it is. */
	return a->has_extension || a->payload_bytes == EVENT_BYTES;
}
