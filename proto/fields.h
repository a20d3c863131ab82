/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scalar fields of the record types: one row each, read by encode.c and decode.c alike.
 * U(field of the message, member of the struct, its type, HAS bit, highest value allowed)
 * S(field, member, its type, HAS bit, lowest, highest) for signed members.
 * E(field, member, its type, HAS bit, highest known, what a higher one reads as): a later version gives the
 * enumeration members that this one does not know, and its records are taken all the same.
 * HAS bit 0: always known, 0 when absent. Fields that share a bit are present together or not at all.
 */
#ifndef EARSHOT_PROTO_FIELDS_H
#define EARSHOT_PROTO_FIELDS_H

#include "earshot/record.h"

enum {
	ES_FIELD_PPM_MAX = 1000000,
	ES_FIELD_MOS_MAX = 5000,
	ES_FIELD_R_MAX = 1000000,              /* of any part of R, in thousandths */
	ES_FIELD_TEXT_MAX = 8192,              /* bytes of any text in a record */
	ES_FIELD_VALUES_MAX = 256,             /* signals or counters in one record */
	ES_FIELD_RUNS_MAX = ES_BLOCK_SEQS / 2, /* runs of missing numbers one block can have */
};

#define ES_INTERVAL_FIELDS(U, S, E)                                                                \
	U(block, block, uint64_t, 0, UINT64_MAX)                                                   \
	U(first_seq, first_seq, uint64_t, 0, UINT64_MAX)                                           \
	U(last_seq, last_seq, uint64_t, 0, UINT64_MAX)                                             \
	U(rtp_ts, rtp_ts, uint32_t, ES_INTERVAL_HAS_RTP_TS, UINT32_MAX)                            \
	U(expected, expected, uint32_t, 0, UINT32_MAX)                                             \
	U(received, received, uint32_t, 0, UINT32_MAX)                                             \
	U(lost, lost, uint32_t, 0, UINT32_MAX)                                                     \
	U(late, late, uint32_t, ES_INTERVAL_HAS_LATE, UINT32_MAX)                                  \
	U(recovered, recovered, uint32_t, ES_INTERVAL_HAS_RECOVERED, UINT32_MAX)                   \
	U(duplicates, duplicates, uint32_t, 0, UINT32_MAX)                                         \
	U(capture_duplicates, capture_duplicates, uint32_t, 0, UINT32_MAX)                         \
	U(reordered, reordered, uint32_t, 0, UINT32_MAX)                                           \
	U(jitter_us, jitter_us, uint32_t, ES_INTERVAL_HAS_JITTER, UINT32_MAX)                      \
	U(delay_variation_p50_us, delay_variation.p50_us, uint32_t,                                \
	    ES_INTERVAL_HAS_DELAY_VARIATION, UINT32_MAX)                                           \
	U(delay_variation_p95_us, delay_variation.p95_us, uint32_t,                                \
	    ES_INTERVAL_HAS_DELAY_VARIATION, UINT32_MAX)                                           \
	U(delay_variation_p99_us, delay_variation.p99_us, uint32_t,                                \
	    ES_INTERVAL_HAS_DELAY_VARIATION, UINT32_MAX)                                           \
	S(r_milli, r_milli, int32_t, ES_INTERVAL_HAS_QUALITY, -ES_FIELD_R_MAX, ES_FIELD_R_MAX)     \
	U(mos_lq_milli, mos_lq_milli, uint32_t, ES_INTERVAL_HAS_QUALITY, ES_FIELD_MOS_MAX)         \
	U(mos_cq_milli, mos_cq_milli, uint32_t, ES_INTERVAL_HAS_MOS_CQ, ES_FIELD_MOS_MAX)          \
	U(ie_eff_milli, ie_eff_milli, uint32_t, ES_INTERVAL_HAS_TERMS, ES_FIELD_R_MAX)             \
	U(ie_discard_milli, ie_discard_milli, uint32_t, ES_INTERVAL_HAS_TERMS, ES_FIELD_R_MAX)     \
	U(ie_burst_milli, ie_burst_milli, uint32_t, ES_INTERVAL_HAS_TERMS, ES_FIELD_R_MAX)         \
	U(burst_relief_milli, burst_relief_milli, uint32_t, ES_INTERVAL_HAS_TERMS, ES_FIELD_R_MAX) \
	E(band, band, enum es_band, ES_INTERVAL_HAS_TERMS, ES_BAND_FB, 0)                          \
	E(basis, basis, enum es_mos_basis, ES_INTERVAL_HAS_TERMS, ES_BASIS_PLACEHOLDER, 0)         \
	U(model_version, model_version, uint8_t, ES_INTERVAL_HAS_TERMS, UINT8_MAX)                 \
	U(id_milli, id_milli, uint32_t, ES_INTERVAL_HAS_ID, ES_FIELD_R_MAX)                        \
	U(clean_mos_lq_milli, clean_mos_lq_milli, uint32_t, ES_INTERVAL_HAS_CLEAN, ES_FIELD_MOS_MAX)

#define ES_STREAM_FIELDS(U, S, E)                                                                  \
	U(payload_type, payload_type, uint8_t, 0, 127)                                             \
	U(clock_rate_hz, clock_rate_hz, uint32_t, ES_STREAM_HAS_CODEC, UINT32_MAX)                 \
	U(ptime_us, ptime_us, uint32_t, ES_STREAM_HAS_PTIME, UINT32_MAX)                           \
	U(rtp_step, rtp_step, uint32_t, ES_STREAM_HAS_STEP, UINT32_MAX)                            \
	U(duration_us, duration_us, uint64_t, 0, UINT64_MAX)                                       \
	U(packets, packets, uint64_t, 0, UINT64_MAX)                                               \
	U(expected, expected, uint64_t, 0, UINT64_MAX)                                             \
	U(lost, lost, uint64_t, 0, UINT64_MAX)                                                     \
	U(first_seq, first_seq, uint64_t, 0, UINT64_MAX)                                           \
	U(last_seq, last_seq, uint64_t, 0, UINT64_MAX)                                             \
	U(rtp_ts, rtp_ts, uint32_t, 0, UINT32_MAX)                                                 \
	U(duplicates, duplicates, uint64_t, 0, UINT64_MAX)                                         \
	U(capture_duplicates, capture_duplicates, uint64_t, 0, UINT64_MAX)                         \
	U(reordered, reordered, uint64_t, 0, UINT64_MAX)                                           \
	U(stale, stale, uint64_t, 0, UINT64_MAX)                                                   \
	U(late, late, uint64_t, ES_STREAM_HAS_LATE, UINT64_MAX)                                    \
	U(recovered, recovered, uint64_t, ES_STREAM_HAS_RECOVERED, UINT64_MAX)                     \
	U(jitter_mean_us, jitter_mean_us, uint32_t, ES_STREAM_HAS_JITTER, UINT32_MAX)              \
	U(jitter_max_us, jitter_max_us, uint32_t, ES_STREAM_HAS_JITTER, UINT32_MAX)                \
	U(jitter_last_us, jitter_last_us, uint32_t, ES_STREAM_HAS_JITTER, UINT32_MAX)              \
	U(delta_max_us, delta_max_us, uint64_t, ES_STREAM_HAS_DELTA, UINT64_MAX)                   \
	U(delay_variation_p50_us, delay_variation.p50_us, uint32_t, ES_STREAM_HAS_DELAY_VARIATION, \
	    UINT32_MAX)                                                                            \
	U(delay_variation_p95_us, delay_variation.p95_us, uint32_t, ES_STREAM_HAS_DELAY_VARIATION, \
	    UINT32_MAX)                                                                            \
	U(delay_variation_p99_us, delay_variation.p99_us, uint32_t, ES_STREAM_HAS_DELAY_VARIATION, \
	    UINT32_MAX)                                                                            \
	U(burst_density_ppm, burst_density_ppm, uint32_t, ES_STREAM_HAS_BURST, ES_FIELD_PPM_MAX)   \
	U(burst_length_us, burst_length_us, uint32_t, ES_STREAM_HAS_BURST, UINT32_MAX)             \
	U(gap_density_ppm, gap_density_ppm, uint32_t, ES_STREAM_HAS_BURST, ES_FIELD_PPM_MAX)       \
	U(gap_length_us, gap_length_us, uint64_t, ES_STREAM_HAS_BURST, UINT64_MAX)                 \
	S(r_milli, r_milli, int32_t, ES_STREAM_HAS_QUALITY, -ES_FIELD_R_MAX, ES_FIELD_R_MAX)       \
	U(mos_lq_milli, mos_lq_milli, uint32_t, ES_STREAM_HAS_QUALITY, ES_FIELD_MOS_MAX)           \
	U(mos_cq_milli, mos_cq_milli, uint32_t, ES_STREAM_HAS_MOS_CQ, ES_FIELD_MOS_MAX)            \
	U(mos_p10_milli, mos_p10_milli, uint32_t, ES_STREAM_HAS_MOS_P10, ES_FIELD_MOS_MAX)         \
	U(ie_eff_milli, ie_eff_milli, uint32_t, ES_STREAM_HAS_QUALITY, ES_FIELD_R_MAX)             \
	U(ie_discard_milli, ie_discard_milli, uint32_t, ES_STREAM_HAS_TERMS, ES_FIELD_R_MAX)       \
	U(ie_burst_milli, ie_burst_milli, uint32_t, ES_STREAM_HAS_TERMS, ES_FIELD_R_MAX)           \
	U(burst_relief_milli, burst_relief_milli, uint32_t, ES_STREAM_HAS_TERMS, ES_FIELD_R_MAX)   \
	U(mos_lq_recency_milli, mos_lq_recency_milli, uint32_t, ES_STREAM_HAS_MOS_RECENCY,         \
	    ES_FIELD_MOS_MAX)                                                                      \
	U(id_milli, id_milli, uint32_t, ES_STREAM_HAS_MOS_CQ, ES_FIELD_R_MAX)                      \
	U(mouth_to_ear_us, mouth_to_ear_us, uint32_t, ES_STREAM_HAS_MOS_CQ, UINT32_MAX)            \
	U(device_us, device_us, uint32_t, ES_STREAM_HAS_DEVICE, UINT32_MAX)                        \
	U(concealed_packets, concealed_packets, uint64_t, ES_STREAM_HAS_CONCEALMENT, UINT64_MAX)   \
	U(concealed_runs, concealed_runs, uint64_t, ES_STREAM_HAS_CONCEALMENT, UINT64_MAX)         \
	U(burst_ratio_milli, burst_ratio_milli, uint32_t, ES_STREAM_HAS_CONCEALMENT, UINT32_MAX)   \
	U(freezes, freezes, uint32_t, ES_STREAM_HAS_CONCEALMENT, UINT32_MAX)                       \
	U(frozen_us, frozen_us, uint64_t, ES_STREAM_HAS_CONCEALMENT, UINT64_MAX)                   \
	U(buffer_moves, buffer_moves, uint32_t, ES_STREAM_HAS_CONCEALMENT, UINT32_MAX)             \
	U(quiet_packets, quiet_packets, uint64_t, ES_STREAM_HAS_PAUSES, UINT64_MAX)                \
	U(receiver_ms, receiver_ms, uint32_t, ES_STREAM_HAS_CONCEALMENT, UINT32_MAX)               \
	E(receiver_by, receiver_by, enum es_receiver_by, ES_STREAM_HAS_CONCEALMENT,                \
	    ES_RECEIVER_BY_CLASS, 0)                                                               \
	U(clean_mos_lq_milli, clean_mos_lq_milli, uint32_t, ES_STREAM_HAS_CLEAN, ES_FIELD_MOS_MAX) \
	U(scored_ppm, scored_ppm, uint32_t, 0, ES_FIELD_PPM_MAX)                                   \
	U(clock_ratio_ppm, clock_ratio_ppm, uint32_t, 0, UINT32_MAX)                               \
	U(worst_block, worst_block, uint64_t, ES_STREAM_HAS_WORST, UINT64_MAX)                     \
	U(worst_mos_lq_milli, worst_mos_lq_milli, uint32_t, ES_STREAM_HAS_WORST, ES_FIELD_MOS_MAX) \
	E(band, band, enum es_band, 0, ES_BAND_FB, 0)                                              \
	E(basis, basis, enum es_mos_basis, 0, ES_BASIS_PLACEHOLDER, 0)                             \
	S(skew_ppb, skew_ppb, int32_t, ES_STREAM_HAS_SKEW, INT32_MIN, INT32_MAX)                   \
	U(dscp, dscp, uint8_t, ES_STREAM_HAS_IP, 63)                                               \
	U(ttl, ttl, uint8_t, ES_STREAM_HAS_IP, 255)                                                \
	U(srtp, srtp, bool, ES_STREAM_HAS_SRTP, 1)                                                 \
	E(seen, seen, enum es_seen, 0, ES_SEEN_EGRESS, 0)                                          \
	E(kind, kind, enum es_stream_kind, 0, ES_KIND_OTHER, 0)                                    \
	U(findings, findings, uint32_t, 0, UINT32_MAX)                                             \
	E(unscored, unscored, enum es_unscored, 0, ES_UNSCORED_CLOCK_MISMATCH, 0)                  \
	U(concealed_s, concealed_s, uint32_t, ES_STREAM_HAS_CONCEALED, UINT32_MAX)                 \
	U(severely_concealed_s, severely_concealed_s, uint32_t, ES_STREAM_HAS_CONCEALED,           \
	    UINT32_MAX)                                                                            \
	U(late_start_us, late_start_us, uint64_t, ES_STREAM_HAS_LATE_START, UINT64_MAX)            \
	U(starvations, starvations, uint32_t, ES_STREAM_HAS_SENDER, UINT32_MAX)                    \
	U(starved_us, starved_us, uint64_t, ES_STREAM_HAS_SENDER, UINT64_MAX)                      \
	U(send_irregularity_us, send_irregularity_us, uint32_t, ES_STREAM_HAS_SENDER, UINT32_MAX)  \
	U(dscp_last, dscp_last, uint8_t, 0, 63)                                                    \
	U(dscp_changes, dscp_changes, uint32_t, 0, UINT32_MAX)                                     \
	U(ttl_min, ttl_min, uint8_t, 0, 255)                                                       \
	U(ttl_max, ttl_max, uint8_t, 0, 255)                                                       \
	U(event_packets, event_packets, uint64_t, 0, UINT64_MAX)                                   \
	U(comfort_noise_packets, comfort_noise_packets, uint64_t, 0, UINT64_MAX)                   \
	U(silences, silences, uint32_t, 0, UINT32_MAX)                                             \
	U(reordered_max, reordered_max, uint32_t, 0, UINT32_MAX)                                   \
	S(level_dbov, level_dbov, int8_t, ES_STREAM_HAS_LEVEL, -127, 0)                            \
	U(speech_ppm, speech_ppm, uint32_t, ES_STREAM_HAS_LEVEL, ES_FIELD_PPM_MAX)                 \
	U(repairs_ssrc, repairs_ssrc, uint32_t, ES_STREAM_HAS_REPAIRS, UINT32_MAX)                 \
	U(follows_ssrc, follows_ssrc, uint32_t, ES_STREAM_HAS_FOLLOWS, UINT32_MAX)                 \
	U(srtp_checked, srtp_checked, uint32_t, ES_STREAM_HAS_SRTP_CHECK, UINT32_MAX)              \
	U(srtp_failed, srtp_failed, uint32_t, ES_STREAM_HAS_SRTP_CHECK, UINT32_MAX)                \
	U(srtp_roc, srtp_roc, uint32_t, ES_STREAM_HAS_SRTP_ROC, UINT32_MAX)

#define ES_CALL_FIELDS(U, S, E)                                                                    \
	U(max_forwards, max_forwards, uint32_t, ES_CALL_HAS_MAX_FORWARDS, 255)                     \
	U(final_status, final_status, uint32_t, ES_CALL_HAS_STATUS, 999)                           \
	U(request_delay_us, request_delay_us, uint64_t, ES_CALL_HAS_REQUEST_DELAY, UINT64_MAX)     \
	U(setup_us, setup_us, uint64_t, ES_CALL_HAS_SETUP, UINT64_MAX)                             \
	U(ring_us, ring_us, uint64_t, ES_CALL_HAS_RING, UINT64_MAX)                                \
	U(duration_us, duration_us, uint64_t, ES_CALL_HAS_DURATION, UINT64_MAX)                    \
	E(ended_by, ended_by, enum es_party, 0, ES_PARTY_CALLEE, 0)                                \
	U(holds, holds, uint32_t, 0, UINT32_MAX)                                                   \
	U(transfers, transfers, uint32_t, 0, UINT32_MAX)                                           \
	E(transport, transport, enum es_transport, 0, ES_TRANSPORT_WSS, 0)                         \
	U(post_dial_delay_us, post_dial_delay_us, uint64_t, ES_CALL_HAS_POST_DIAL_DELAY,           \
	    UINT64_MAX)                                                                            \
	U(disconnect_delay_us, disconnect_delay_us, uint64_t, ES_CALL_HAS_DISCONNECT_DELAY,        \
	    UINT64_MAX)                                                                            \
	U(early_media_us, early_media_us, uint64_t, ES_CALL_HAS_EARLY_MEDIA, UINT64_MAX)           \
	E(cause_space, cause_space, enum es_cause_space, ES_CALL_HAS_CAUSE, ES_CAUSE_SIP, 0)       \
	U(cause, cause, uint16_t, ES_CALL_HAS_CAUSE, 999)                                          \
	U(branches, branches, uint32_t, 0, UINT32_MAX)                                             \
	U(redirects, redirects, uint32_t, 0, UINT32_MAX)                                           \
	U(challenges, challenges, uint32_t, 0, UINT32_MAX)                                         \
	U(resent, resent, uint32_t, 0, UINT32_MAX)                                                 \
	U(codec_changes, codec_changes, uint32_t, 0, UINT32_MAX)                                   \
	U(media_moves, media_moves, uint32_t, 0, UINT32_MAX)                                       \
	U(diversions, diversions, uint32_t, 0, UINT32_MAX)                                         \
	U(session_expires_s, session_expires_s, uint32_t, ES_CALL_HAS_SESSION_EXPIRES, UINT32_MAX) \
	E(session_refresher, session_refresher, enum es_party, 0, ES_PARTY_CALLEE, 0)              \
	U(is_session_expired, is_session_expired, bool, 0, 1)

/* T(field of the message and member of the struct): texts, empty when absent. */
#define ES_CALL_TEXTS(T)   \
	T(call_id)         \
	T(from)            \
	T(to)              \
	T(session_id)      \
	T(x_call_id)       \
	T(session_id_peer) \
	T(diverted_from)   \
	T(asserted)        \
	T(replaces)        \
	T(replaced_by)     \
	T(icid)            \
	T(user_to_user)    \
	T(custom_key)      \
	T(caller_contact)  \
	T(callee_contact)  \
	T(caller_agent)    \
	T(callee_agent)

#define ES_REGISTRATION_FIELDS(U, S, E)                                            \
	E(state, state, enum es_registration_state, 0, ES_REGISTRATION_PENDING, 0) \
	E(transport, transport, enum es_transport, 0, ES_TRANSPORT_WSS, 0)         \
	U(status, status, uint32_t, ES_REGISTRATION_HAS_STATUS, 999)               \
	U(delay_us, delay_us, uint64_t, ES_REGISTRATION_HAS_DELAY, UINT64_MAX)     \
	U(expires_s, expires_s, uint32_t, ES_REGISTRATION_HAS_EXPIRES, UINT32_MAX) \
	U(attempts, attempts, uint32_t, 0, UINT32_MAX)                             \
	U(failures, failures, uint32_t, 0, UINT32_MAX)                             \
	U(challenges, challenges, uint32_t, 0, UINT32_MAX)

#define ES_REGISTRATION_TEXTS(T) \
	T(aor)                   \
	T(contact)               \
	T(call_id)               \
	T(user_agent)

#define ES_REPORTED_FIELDS(U, S, E)                                                               \
	U(fraction_lost_ppm, fraction_lost_ppm, uint32_t, ES_REPORTED_HAS_LOSS, ES_FIELD_PPM_MAX) \
	S(cumulative_lost, cumulative_lost, int32_t, ES_REPORTED_HAS_LOSS, INT32_MIN, INT32_MAX)  \
	U(highest_seq, highest_seq, uint32_t, ES_REPORTED_HAS_HIGHEST, UINT32_MAX)                \
	U(jitter_us, jitter_us, uint32_t, ES_REPORTED_HAS_JITTER, UINT32_MAX)                     \
	U(rtt_us, rtt_us, uint32_t, ES_REPORTED_HAS_RTT, UINT32_MAX)                              \
	E(source, source, enum es_reported_source, 0, ES_SOURCE_P_RTP_STAT, ES_SOURCE_UNKNOWN)    \
	U(is_remote, is_remote, bool, 0, 1)

#define ES_REPORTED_TEXTS(T) \
	T(call_id)           \
	T(kind)              \
	T(codec)             \
	T(algorithm)

#endif
