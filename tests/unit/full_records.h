/* SPDX-License-Identifier: Apache-2.0 */
/* Records in which much is known. */
#ifndef EARSHOT_TESTS_FULL_RECORDS_H
#define EARSHOT_TESTS_FULL_RECORDS_H

#include "earshot/record.h"

static inline struct es_addr
addr(uint8_t last, uint16_t port)
{
	struct es_addr a = { .family = 4, .port = port, .ip = { 10, 0, 0, last } };

	return a;
}

static inline struct es_record
full_stream(void)
{
	struct es_record rec = { .type = ES_REC_STREAM };
	struct es_stream *s = &rec.u.stream;

	s->key.src = addr(1, 4000);
	s->key.dst = addr(2, 5000);
	s->key.ssrc = 0x1234abcd;
	s->has = ES_STREAM_HAS_CODEC | ES_STREAM_HAS_PTIME | ES_STREAM_HAS_JITTER |
		 ES_STREAM_HAS_DELTA | ES_STREAM_HAS_DELAY_VARIATION | ES_STREAM_HAS_BURST |
		 ES_STREAM_HAS_LATE | ES_STREAM_HAS_RECOVERED | ES_STREAM_HAS_QUALITY |
		 ES_STREAM_HAS_MOS_CQ | ES_STREAM_HAS_DEVICE | ES_STREAM_HAS_SKEW |
		 ES_STREAM_HAS_IP | ES_STREAM_HAS_SRTP | ES_STREAM_HAS_TERMS;
	s->state = ES_STATE_COMPLETED;
	s->codec = es_slice_str("PCMU");
	s->clock_rate_hz = 8000;
	s->ptime_us = 20000;
	s->start = es_time_of_ns(INT64_C(1767225600) * ES_NS_PER_S);
	s->duration_us = 12340000;
	s->packets = 617;
	s->expected = 620;
	s->lost = 3;
	s->late = 1;
	s->jitter_mean_us = 812;
	s->jitter_max_us = 2104;
	s->jitter_last_us = 705;
	s->delta_max_us = 41200;
	s->delay_variation = (struct es_delay_variation){ 310, 1902, 4011 };
	s->burst_density_ppm = 120000;
	s->burst_length_us = 60000;
	s->gap_density_ppm = 1000;
	s->gap_length_us = 5000000;
	s->r_milli = 88130;
	s->mos_lq_milli = 4213;
	s->mos_cq_milli = 4102;
	s->band = ES_BAND_NB;
	s->model = es_slice_str("es-nb/1");
	s->ie_eff_milli = 5106;
	s->ie_discard_milli = 2149;
	s->ie_burst_milli = 340;
	s->id_milli = 3044;
	s->mouth_to_ear_us = 200000;
	s->device_us = 80250;
	s->basis = ES_BASIS_DERIVED;
	s->skew_ppb = 12080;
	s->dscp = 46;
	s->ttl = 64;
	s->call_id = es_slice_str("abc@host");
	return rec;
}

static inline struct es_record
full_registration(void)
{
	struct es_record rec = { .type = ES_REC_REGISTRATION };
	struct es_registration *r = &rec.u.registration;

	r->aor = es_slice_str("alice@example.net");
	r->contact = es_slice_str("10.0.0.1:5060");
	r->call_id = es_slice_str("reg-1");
	r->user_agent = es_slice_str("Phone/1");
	r->has =
	    ES_REGISTRATION_HAS_STATUS | ES_REGISTRATION_HAS_DELAY | ES_REGISTRATION_HAS_EXPIRES;
	r->state = ES_REGISTRATION_ACTIVE;
	r->transport = ES_TRANSPORT_UDP;
	r->src = addr(1, 5060);
	r->dst = addr(9, 5060);
	r->start = es_time_of_ns(INT64_C(1767225600) * ES_NS_PER_S);
	r->time = es_time_add(r->start, ES_NS_PER_S);
	r->status = 200;
	r->delay_us = 45600;
	r->expires_s = 3600;
	r->attempts = 2;
	r->challenges = 1;
	return rec;
}

#endif
