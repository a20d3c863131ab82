/* SPDX-License-Identifier: Apache-2.0 */
/* What others report of a stream: RTCP, RTCP XR, RFC 6035, statistics in SIP headers. See record.h. */
#ifndef EARSHOT_REPORTED_H
#define EARSHOT_REPORTED_H

#include "earshot/addr.h"
#include "earshot/slice.h"
#include "earshot/time.h"

/* What somebody else reported of a stream; never mixed with what we measured. */
enum es_reported_source {
	ES_SOURCE_RTCP = 1,       /* report block of SR or RR, RFC 3550 section 6.4 */
	ES_SOURCE_RTCP_XR = 2,    /* RFC 3611 and its extension blocks */
	ES_SOURCE_VQ_REPORT = 3,  /* application/vq-rtcpxr, RFC 6035 */
	ES_SOURCE_X_RTP_STAT = 4, /* header of a BYE or its answer */
	ES_SOURCE_P_RTP_STAT = 5,
	ES_SOURCE_UNKNOWN = 255, /* one of a later version; never sent */
};

enum {
	ES_REPORTED_HAS_LOSS = 1u << 0,   /* fraction_lost_ppm, cumulative_lost */
	ES_REPORTED_HAS_JITTER = 1u << 1, /* needs the clock rate of the subject's codec */
	ES_REPORTED_HAS_RTT = 1u << 2,
	ES_REPORTED_HAS_HIGHEST = 1u << 3,
};

/*
 * What a report may hold beyond the report block. Values are integers in the unit of the name; what
 * the far end marked as unknown (127, all ones, a blank field) is not listed.
 * X(NAME, "json_name", number on the wire, decimals: printed as value / 10^decimals)
 * _us prints as milliseconds, _ppm as a share, _milli as the plain number. Change recipe: as for signals.
 */
#define ES_REPORTED_METRICS(X)                                             \
	X(LOSS_PPM, "loss", 1, 6)                                          \
	X(DISCARD_PPM, "discard", 2, 6)                                    \
	X(BURST_DENSITY_PPM, "burst_density", 3, 6)                        \
	X(GAP_DENSITY_PPM, "gap_density", 4, 6)                            \
	X(BURST_LENGTH_US, "burst_length_ms", 5, 3)                        \
	X(GAP_LENGTH_US, "gap_length_ms", 6, 3)                            \
	X(GMIN, "gmin", 7, 0)                                              \
	X(ROUND_TRIP_US, "round_trip_ms", 8, 3)                            \
	X(END_SYSTEM_DELAY_US, "end_system_delay_ms", 9, 3)                \
	X(ONE_WAY_DELAY_US, "one_way_delay_ms", 10, 3)                     \
	X(INTERARRIVAL_JITTER_US, "interarrival_jitter_ms", 11, 3)         \
	X(MEAN_ABSOLUTE_JITTER_US, "mean_absolute_jitter_ms", 12, 3)       \
	X(SIGNAL_DBM, "signal_dbm", 13, 0)                                 \
	X(NOISE_DBM, "noise_dbm", 14, 0)                                   \
	X(RERL_DB, "rerl_db", 15, 0)                                       \
	X(R_MILLI, "r_factor", 16, 3)                                      \
	X(EXTERNAL_R_MILLI, "external_r_factor", 17, 3)                    \
	X(MOS_LQ_MILLI, "mos_lq", 18, 3)                                   \
	X(MOS_CQ_MILLI, "mos_cq", 19, 3)                                   \
	X(PLC, "plc", 20, 0)                                               \
	X(JITTER_BUFFER_ADAPTIVE, "jitter_buffer_adaptive", 21, 0)         \
	X(JITTER_BUFFER_RATE, "jitter_buffer_rate", 22, 0)                 \
	X(JITTER_BUFFER_NOMINAL_US, "jitter_buffer_nominal_ms", 23, 3)     \
	X(JITTER_BUFFER_MAX_US, "jitter_buffer_max_ms", 24, 3)             \
	X(JITTER_BUFFER_ABS_MAX_US, "jitter_buffer_abs_max_ms", 25, 3)     \
	X(FIRST_SEQ, "first_seq", 26, 0)                                   \
	X(LAST_SEQ, "last_seq", 27, 0)                                     \
	X(LOST_PACKETS, "lost_packets", 28, 0)                             \
	X(DUPLICATES, "duplicates", 29, 0)                                 \
	X(JITTER_MIN_US, "jitter_min_ms", 30, 3)                           \
	X(JITTER_MAX_US, "jitter_max_ms", 31, 3)                           \
	X(JITTER_MEAN_US, "jitter_mean_ms", 32, 3)                         \
	X(JITTER_DEV_US, "jitter_deviation_ms", 33, 3)                     \
	X(TTL_MIN, "ttl_min", 34, 0)                                       \
	X(TTL_MAX, "ttl_max", 35, 0)                                       \
	X(TTL_MEAN, "ttl_mean", 36, 0)                                     \
	X(TTL_DEV, "ttl_deviation", 37, 0)                                 \
	X(PDV_TYPE, "delay_variation_type", 38, 0)                         \
	X(PDV_POS_US, "delay_variation_pos_ms", 39, 3)                     \
	X(PDV_NEG_US, "delay_variation_neg_ms", 40, 3)                     \
	X(PDV_MEAN_US, "delay_variation_mean_ms", 41, 3)                   \
	X(DISCARDED_PACKETS, "discarded_packets", 42, 0)                   \
	X(DISCARDED_BYTES, "discarded_bytes", 43, 0)                       \
	X(BURSTS, "bursts", 44, 0)                                         \
	X(BURST_LOST_PACKETS, "burst_lost_packets", 45, 0)                 \
	X(BURST_DISCARDED_PACKETS, "burst_discarded_packets", 46, 0)       \
	X(CONCEALED_US, "concealed_ms", 47, 3)                             \
	X(CONCEALED_SECONDS, "concealed_seconds", 48, 0)                   \
	X(SEVERELY_CONCEALED_SECONDS, "severely_concealed_seconds", 49, 0) \
	X(POST_REPAIR_LOST_PACKETS, "post_repair_lost_packets", 50, 0)     \
	X(REPAIRED_PACKETS, "repaired_packets", 51, 0)                     \
	X(PACKETS_SENT, "packets_sent", 52, 0)                             \
	X(PACKETS_RECEIVED, "packets_received", 53, 0)                     \
	X(OCTETS_SENT, "octets_sent", 54, 0)                               \
	X(OCTETS_RECEIVED, "octets_received", 55, 0)                       \
	X(SAMPLE_RATE_HZ, "sample_rate_hz", 56, 0)                         \
	X(FRAME_US, "frame_ms", 57, 3)                                     \
	X(FRAMES_PER_PACKET, "frames_per_packet", 58, 0)                   \
	X(PACKETS_PER_SECOND, "packets_per_second", 59, 0)                 \
	X(PAYLOAD_TYPE, "payload_type", 60, 0)                             \
	X(SILENCE_SUPPRESSION, "silence_suppression", 61, 0)               \
	X(ROUND_TRIP_MIN_US, "round_trip_min_ms", 62, 3)                   \
	X(ROUND_TRIP_MAX_US, "round_trip_max_ms", 63, 3)                   \
	X(LATENCY_US, "latency_ms", 64, 3)                                 \
	X(MOS_MILLI, "mos", 65, 3)                                         \
	X(SYNC_OFFSET_US, "sync_offset_ms", 66, 3)                         \
	X(CALL_SETUP_US, "call_setup_ms", 67, 3)                           \
	X(DURATION_US, "duration_ms", 68, 3)                               \
	X(BURST_DISCARD_PPM, "burst_discard", 69, 6)                       \
	X(GAP_DISCARD_PPM, "gap_discard", 70, 6)                           \
	X(DISCARDED_EARLY, "discarded_early", 71, 0)                       \
	X(DISCARDED_LATE, "discarded_late", 72, 0)                         \
	X(DISCARDED_EARLY_BYTES, "discarded_early_bytes", 73, 0)           \
	X(JITTER_BUFFER_HIGH_US, "jitter_buffer_high_ms", 74, 3)           \
	X(JITTER_BUFFER_LOW_US, "jitter_buffer_low_ms", 75, 3)             \
	X(SYNC_DELAY_US, "sync_delay_ms", 76, 3)                           \
	X(UNIMPAIRED_SECONDS, "unimpaired_seconds", 77, 0)                 \
	X(R_LQ_MILLI, "r_factor_lq", 78, 3)                                \
	X(EXTERNAL_R_OUT_MILLI, "external_r_factor_out", 79, 3)

enum es_reported_metric {
#define X(name, json, number, decimals) ES_RM_##name = number,
	ES_REPORTED_METRICS(X)
#undef X
};

enum { ES_RM_END = 80 }; /* one above the highest */

struct es_reported_value {
	uint16_t metric; /* enum es_reported_metric */
	int64_t value;
};

struct es_reported {
	enum es_reported_source source; /* 0 reads as RTCP */
	struct es_addr src;             /* who sent the report */
	struct es_addr dst;
	uint32_t reporter_ssrc;
	uint32_t subject_ssrc; /* the stream the report is about */
	uint32_t has;
	es_time time;
	uint32_t fraction_lost_ppm; /* since the previous report */
	int32_t cumulative_lost;    /* signed, RFC 3550 section 6.4.1 */
	uint32_t highest_seq;       /* extended by the far end, as sent */
	uint32_t jitter_us;
	uint32_t rtt_us; /* this vantage to the reporter and back, from LSR and DLSR */
	es_slice call_id;
	struct es_addr
	    media_src; /* RFC 6035: the stream the report is about; family 0: not given */
	struct es_addr media_dst;
	bool is_remote; /* RFC 6035 RemoteMetrics: the reporter passes on what its peer reported */
	es_slice kind;  /* RFC 6035 report, "VQSessionReport" or "VQIntervalReport" ..; of an XR */
			/* block that says so "interval", "cumulative" or "sampled" */
	es_slice codec; /* as the reporter names it */
	es_slice algorithm; /* QoEEstAlg */
	const struct es_reported_value *values;
	uint32_t n_values;
};

#endif
