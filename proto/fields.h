/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record types, written down once: what encode_*.c, decode_*.c, the JSON of agent/record_json_*.c, the
 * round-trip test and tests/metrics.py know of a field is in one row here. Rows follow each other as
 * the keys do in JSON; members added later stand behind the first ones, whose order is kept. F(kind, ..):
 *
 *     U(field of the message, member of the struct, its type, HAS bit, highest value allowed, key, form)
 *     S(field, member, its type, HAS bit, lowest, highest, key, form)     signed
 *     E(field, member, its type, HAS bit, highest known, what a higher one reads as, key, form)
 *     T(member, HAS bit, key, form)     a text, empty when absent
 *     TIME(member, key)                 always sent, as member_delta_ns
 *     ADDR(member, key)                 absent without a family
 *
 * HAS bit 0: always known, 0 when absent. Fields that share a bit are present together or not at all.
 * E: a later version gives the enumeration members that this one does not know, and its records are taken
 * all the same. Most rows use a short form of U or S, below. Key NULL with form NONE: not printed.
 *
 * A form says how a value is printed, see agent/record_rows.h: COUNT; MS, SHORT_MS, SECONDS of
 * microseconds; SHARE of parts per million; PPM of parts per billion; TENTHS and MILLI of thousandths;
 * FLAG, SSRC, TEXT, CALL_ID; NAME(table); SOME(form): left out when 0. Rows for JSON alone:
 *
 *     PART(member, key, form)           what another row or a list sends
 *     OBJECT(key, HAS bit) .. END(key)  the rows between are an object
 *     WHEN(HAS bit) .. END(WHEN)        the rows between need the bit
 *     WITH(member) .. END(WITH)         the rows between need a member other than 0
 *     MARK(HAS bit, key)                true where the bit is set, else left out
 *     HAND(function, key)               lists, and keys with a rule of their own; NULL: several keys
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

/*
 * Who reads the rows defines P_U, P_S, P_E, P_T, P_TIME, P_ADDR and P_LAYOUT(kind, ..) for a prefix P_ of
 * its own, and passes a macro F(kind, ...) ES_ROW_##kind(P_, __VA_ARGS__).
 */
#define ES_ROW_U(P, ...) P##U(__VA_ARGS__)
#define ES_ROW_S(P, ...) P##S(__VA_ARGS__)
#define ES_ROW_E(P, ...) P##E(__VA_ARGS__)
#define ES_ROW_T(P, ...) P##T(__VA_ARGS__)
#define ES_ROW_TIME(P, ...) P##TIME(__VA_ARGS__)
#define ES_ROW_ADDR(P, ...) P##ADDR(__VA_ARGS__)
#define ES_ROW_U8(P, m, bit, key, form) P##U(m, m, uint8_t, bit, UINT8_MAX, key, form)
#define ES_ROW_U32(P, m, bit, key, form) P##U(m, m, uint32_t, bit, UINT32_MAX, key, form)
#define ES_ROW_U64(P, m, bit, key, form) P##U(m, m, uint64_t, bit, UINT64_MAX, key, form)
#define ES_ROW_FLAG(P, m, bit, key, form) P##U(m, m, bool, bit, 1, key, form)
#define ES_ROW_PPM(P, m, bit, key, form) P##U(m, m, uint32_t, bit, ES_FIELD_PPM_MAX, key, form)
#define ES_ROW_MOS(P, m, bit, key) P##U(m, m, uint32_t, bit, ES_FIELD_MOS_MAX, key, MILLI)
#define ES_ROW_TERM(P, m, bit, key, form) P##U(m, m, uint32_t, bit, ES_FIELD_R_MAX, key, form)
#define ES_ROW_R(P, m, bit, key) \
	P##S(m, m, int32_t, bit, -ES_FIELD_R_MAX, ES_FIELD_R_MAX, key, TENTHS)
#define ES_ROW_DELAY(P, percentile, bit, key)                                                     \
	P##U(delay_variation_##percentile, delay_variation.percentile, uint32_t, bit, UINT32_MAX, \
	    key, MS)
#define ES_ROW_PART(P, ...) P##LAYOUT(PART, __VA_ARGS__)
#define ES_ROW_OBJECT(P, ...) P##LAYOUT(OBJECT, __VA_ARGS__)
#define ES_ROW_WHEN(P, ...) P##LAYOUT(WHEN, __VA_ARGS__)
#define ES_ROW_WITH(P, ...) P##LAYOUT(WITH, __VA_ARGS__)
#define ES_ROW_MARK(P, ...) P##LAYOUT(MARK, __VA_ARGS__)
#define ES_ROW_END(P, ...) P##LAYOUT(END, __VA_ARGS__)
#define ES_ROW_HAND(P, ...) P##LAYOUT(HAND, __VA_ARGS__)

#define ES_INTERVAL_FIELDS(F)                                                                    \
	F(PART, stream.ssrc, "ssrc", SSRC)                                                       \
	F(PART, stream.src, "src", ADDR)                                                         \
	F(PART, stream.dst, "dst", ADDR)                                                         \
	F(U64, block, 0, "block", COUNT)                                                         \
	F(U64, first_seq, 0, "first_seq", COUNT)                                                 \
	F(U64, last_seq, 0, "last_seq", COUNT)                                                   \
	F(TIME, start, "start")                                                                  \
	F(U32, expected, 0, "expected", COUNT)                                                   \
	F(U32, received, 0, "received", COUNT)                                                   \
	F(U32, lost, 0, "lost", COUNT)                                                           \
	F(HAND, put_missing, "missing")                                                          \
	F(PART, stream.restart, "restart", COUNT)                                                \
	F(TIME, end, "end")                                                                      \
	F(U32, rtp_ts, ES_INTERVAL_HAS_RTP_TS, "rtp_timestamp", COUNT)                           \
	F(U32, late, ES_INTERVAL_HAS_LATE, "late", COUNT)                                        \
	F(U32, recovered, ES_INTERVAL_HAS_RECOVERED, "recovered", COUNT)                         \
	F(U32, duplicates, 0, "duplicates", COUNT)                                               \
	F(U32, capture_duplicates, 0, "capture_duplicates", COUNT)                               \
	F(U32, reordered, 0, "reordered", COUNT)                                                 \
	F(U32, jitter_us, ES_INTERVAL_HAS_JITTER, "jitter_ms", MS)                               \
	F(OBJECT, "delay_variation_ms", ES_INTERVAL_HAS_DELAY_VARIATION)                         \
	F(DELAY, p50_us, ES_INTERVAL_HAS_DELAY_VARIATION, "p50")                                 \
	F(DELAY, p95_us, ES_INTERVAL_HAS_DELAY_VARIATION, "p95")                                 \
	F(DELAY, p99_us, ES_INTERVAL_HAS_DELAY_VARIATION, "p99")                                 \
	F(END, "delay_variation_ms")                                                             \
	F(R, r_milli, ES_INTERVAL_HAS_QUALITY, "r_factor")                                       \
	F(TERM, ie_eff_milli, ES_INTERVAL_HAS_TERMS, "ie_eff", TENTHS)                           \
	F(TERM, ie_discard_milli, ES_INTERVAL_HAS_TERMS, "ie_discard", TENTHS)                   \
	F(TERM, ie_burst_milli, ES_INTERVAL_HAS_TERMS, "ie_burst", TENTHS)                       \
	F(TERM, burst_relief_milli, ES_INTERVAL_HAS_TERMS, NULL, NONE)                           \
	F(HAND, put_block_relief, "burst_relief")                                                \
	F(MOS, mos_lq_milli, ES_INTERVAL_HAS_QUALITY, "mos_lq")                                  \
	F(MOS, mos_cq_milli, ES_INTERVAL_HAS_MOS_CQ, "mos_cq")                                   \
	F(TERM, id_milli, ES_INTERVAL_HAS_ID, "id", TENTHS)                                      \
	F(E, band, band, enum es_band, ES_INTERVAL_HAS_TERMS, ES_BAND_FB, 0, "band", NAME(band)) \
	F(U8, model_version, ES_INTERVAL_HAS_TERMS, NULL, NONE)                                  \
	F(HAND, put_block_model, "model")                                                        \
	F(E, basis, basis, enum es_mos_basis, ES_INTERVAL_HAS_TERMS, ES_BASIS_PLACEHOLDER, 0,    \
	    "mos_basis", NAME(basis))                                                            \
	F(MOS, clean_mos_lq_milli, ES_INTERVAL_HAS_CLEAN, "clean_mos_lq")

#define ES_STREAM_FIELDS(F)                                                                      \
	F(PART, key.src, "src", ADDR)                                                            \
	F(PART, key.dst, "dst", ADDR)                                                            \
	F(PART, key.ssrc, "ssrc", SSRC)                                                          \
	F(PART, key.restart, "restart", COUNT)                                                   \
	F(E, state, state, enum es_state, 0, ES_STATE_CANCELLED, ES_STATE_UNKNOWN, NULL, NONE)   \
	F(U, payload_type, payload_type, uint8_t, 0, 127, "payload_type", COUNT)                 \
	F(T, codec, ES_STREAM_HAS_CODEC, "codec", TEXT)                                          \
	F(U32, clock_rate_hz, ES_STREAM_HAS_CODEC, "clock_rate_hz", COUNT)                       \
	F(U32, ptime_us, ES_STREAM_HAS_PTIME, "ptime_ms", SHORT_MS)                              \
	F(U32, rtp_step, ES_STREAM_HAS_STEP, NULL, NONE)                                         \
	F(TIME, start, "start")                                                                  \
	F(U64, duration_us, 0, "duration_s", SECONDS)                                            \
	F(U64, packets, 0, "packets", COUNT)                                                     \
	F(U64, expected, 0, "expected", COUNT)                                                   \
	F(U64, lost, 0, "lost", COUNT)                                                           \
	F(U64, first_seq, 0, NULL, NONE)                                                         \
	F(U64, last_seq, 0, NULL, NONE)                                                          \
	F(U32, rtp_ts, 0, NULL, NONE)                                                            \
	F(U64, duplicates, 0, "duplicates", COUNT)                                               \
	F(U64, capture_duplicates, 0, "capture_duplicates", COUNT)                               \
	F(U64, reordered, 0, "reordered", COUNT)                                                 \
	F(U64, stale, 0, "stale", COUNT)                                                         \
	F(U64, late, ES_STREAM_HAS_LATE, "late", COUNT)                                          \
	F(U64, recovered, ES_STREAM_HAS_RECOVERED, "recovered", COUNT)                           \
	F(OBJECT, "jitter_ms", ES_STREAM_HAS_JITTER)                                             \
	F(U32, jitter_mean_us, ES_STREAM_HAS_JITTER, "mean", MS)                                 \
	F(U32, jitter_max_us, ES_STREAM_HAS_JITTER, "max", MS)                                   \
	F(U32, jitter_last_us, ES_STREAM_HAS_JITTER, "last", MS)                                 \
	F(END, "jitter_ms")                                                                      \
	F(U64, delta_max_us, ES_STREAM_HAS_DELTA, "delta_max_ms", MS)                            \
	F(OBJECT, "delay_variation_ms", ES_STREAM_HAS_DELAY_VARIATION)                           \
	F(DELAY, p50_us, ES_STREAM_HAS_DELAY_VARIATION, "p50")                                   \
	F(DELAY, p95_us, ES_STREAM_HAS_DELAY_VARIATION, "p95")                                   \
	F(DELAY, p99_us, ES_STREAM_HAS_DELAY_VARIATION, "p99")                                   \
	F(END, "delay_variation_ms")                                                             \
	F(OBJECT, "burst", ES_STREAM_HAS_BURST)                                                  \
	F(PPM, burst_density_ppm, ES_STREAM_HAS_BURST, "density", SHARE)                         \
	F(U32, burst_length_us, ES_STREAM_HAS_BURST, "length_ms", SHORT_MS)                      \
	F(PPM, gap_density_ppm, ES_STREAM_HAS_BURST, "gap_density", SHARE)                       \
	F(U64, gap_length_us, ES_STREAM_HAS_BURST, "gap_length_ms", SHORT_MS)                    \
	F(END, "burst")                                                                          \
	F(U64, concealed_packets, ES_STREAM_HAS_CONCEALMENT, "concealed_packets", COUNT)         \
	F(U64, concealed_runs, ES_STREAM_HAS_CONCEALMENT, "concealed_runs", COUNT)               \
	F(U32, burst_ratio_milli, ES_STREAM_HAS_CONCEALMENT, "burst_ratio", MILLI)               \
	F(U32, freezes, ES_STREAM_HAS_CONCEALMENT, "freezes", COUNT)                             \
	F(U64, frozen_us, ES_STREAM_HAS_CONCEALMENT, "frozen_ms", MS)                            \
	F(U32, buffer_moves, ES_STREAM_HAS_CONCEALMENT, "buffer_moves", COUNT)                   \
	F(U32, receiver_ms, ES_STREAM_HAS_CONCEALMENT, NULL, NONE)                               \
	F(HAND, put_receiver, "receiver")                                                        \
	F(E, receiver_by, receiver_by, enum es_receiver_by, ES_STREAM_HAS_CONCEALMENT,           \
	    ES_RECEIVER_BY_CLASS, 0, "receiver_by", SOME(NAME(receiver_by)))                     \
	F(WHEN, ES_STREAM_HAS_CONCEALMENT)                                                       \
	F(U64, quiet_packets, ES_STREAM_HAS_PAUSES, "quiet_packets", COUNT)                      \
	F(END, WHEN)                                                                             \
	F(WHEN, ES_STREAM_HAS_QUALITY)                                                           \
	F(R, r_milli, ES_STREAM_HAS_QUALITY, "r_factor")                                         \
	F(TERM, ie_eff_milli, ES_STREAM_HAS_QUALITY, "ie_eff", TENTHS)                           \
	F(TERM, ie_discard_milli, ES_STREAM_HAS_TERMS, "ie_discard", TENTHS)                     \
	F(TERM, ie_burst_milli, ES_STREAM_HAS_TERMS, "ie_burst", TENTHS)                         \
	F(TERM, burst_relief_milli, ES_STREAM_HAS_TERMS, NULL, NONE)                             \
	F(HAND, put_stream_relief, "burst_relief")                                               \
	F(MOS, mos_lq_milli, ES_STREAM_HAS_QUALITY, "mos_lq")                                    \
	F(END, WHEN)                                                                             \
	F(MOS, mos_cq_milli, ES_STREAM_HAS_MOS_CQ, "mos_cq")                                     \
	F(TERM, id_milli, ES_STREAM_HAS_MOS_CQ, "id", TENTHS)                                    \
	F(U32, mouth_to_ear_us, ES_STREAM_HAS_MOS_CQ, "mouth_to_ear_ms", MS)                     \
	F(U32, device_us, ES_STREAM_HAS_DEVICE, "device_ms", MS)                                 \
	F(WHEN, ES_STREAM_HAS_QUALITY)                                                           \
	F(E, band, band, enum es_band, 0, ES_BAND_FB, 0, "band", NAME(band))                     \
	F(T, model, 0, "model", TEXT)                                                            \
	F(E, basis, basis, enum es_mos_basis, 0, ES_BASIS_PLACEHOLDER, 0, "mos_basis",           \
	    NAME(basis))                                                                         \
	F(END, WHEN)                                                                             \
	F(MOS, mos_p10_milli, ES_STREAM_HAS_MOS_P10, "mos_p10")                                  \
	F(MOS, mos_lq_recency_milli, ES_STREAM_HAS_MOS_RECENCY, "mos_lq_recency")                \
	F(MOS, clean_mos_lq_milli, ES_STREAM_HAS_CLEAN, "clean_mos_lq")                          \
	F(PPM, scored_ppm, 0, "scored_share", SOME(SHARE))                                       \
	F(U64, worst_block, ES_STREAM_HAS_WORST, "worst_block", COUNT)                           \
	F(MOS, worst_mos_lq_milli, ES_STREAM_HAS_WORST, "worst_mos_lq")                          \
	F(S, skew_ppb, skew_ppb, int32_t, ES_STREAM_HAS_SKEW, INT32_MIN, INT32_MAX, "skew_ppm",  \
	    PPM)                                                                                 \
	F(U32, clock_ratio_ppm, 0, "clock_ratio", SOME(SHARE))                                   \
	F(U, dscp, dscp, uint8_t, ES_STREAM_HAS_IP, 63, "dscp", COUNT)                           \
	F(U8, ttl, ES_STREAM_HAS_IP, "ttl", COUNT)                                               \
	F(FLAG, srtp, ES_STREAM_HAS_SRTP, "srtp", FLAG)                                          \
	F(T, call_id, 0, "call_id", CALL_ID)                                                     \
	F(HAND, put_other_calls, "other_call_ids")                                               \
	F(E, seen, seen, enum es_seen, 0, ES_SEEN_EGRESS, 0, "seen", NAME(seen))                 \
	F(E, kind, kind, enum es_stream_kind, 0, ES_KIND_OTHER, 0, "kind", SOME(NAME(kind)))     \
	F(U32, findings, 0, NULL, NONE)                                                          \
	F(HAND, put_findings, "findings")                                                        \
	F(E, unscored, unscored, enum es_unscored, 0, ES_UNSCORED_CLOCK_MISMATCH, 0, "unscored", \
	    SOME(NAME(unscored)))                                                                \
	F(HAND, put_loss_runs, "loss_runs")                                                      \
	F(U32, loss_run_max, 0, "loss_run_max", SOME(COUNT))                                     \
	F(U32, concealed_s, ES_STREAM_HAS_CONCEALED, "concealed_s", COUNT)                       \
	F(U32, severely_concealed_s, ES_STREAM_HAS_CONCEALED, "severely_concealed_s", COUNT)     \
	F(U64, late_start_us, ES_STREAM_HAS_LATE_START, "late_start_ms", MS)                     \
	F(U32, starvations, ES_STREAM_HAS_SENDER, "starvations", COUNT)                          \
	F(U64, starved_us, ES_STREAM_HAS_SENDER, "starved_ms", MS)                               \
	F(U32, send_irregularity_us, ES_STREAM_HAS_SENDER, "send_irregularity_ms", MS)           \
	F(WHEN, ES_STREAM_HAS_IP)                                                                \
	F(WITH, dscp_changes)                                                                    \
	F(U, dscp_last, dscp_last, uint8_t, 0, 63, "dscp_last", COUNT)                           \
	F(U32, dscp_changes, 0, "dscp_changes", COUNT)                                           \
	F(END, WITH)                                                                             \
	F(WITH, ttl_max) /* 0: of an older agent */                                              \
	F(U8, ttl_min, 0, "ttl_min", COUNT)                                                      \
	F(U8, ttl_max, 0, "ttl_max", COUNT)                                                      \
	F(END, WITH)                                                                             \
	F(END, WHEN)                                                                             \
	F(U64, event_packets, 0, "event_packets", SOME(COUNT))                                   \
	F(U64, comfort_noise_packets, 0, "comfort_noise_packets", SOME(COUNT))                   \
	F(U32, silences, 0, "silences", SOME(COUNT))                                             \
	F(U32, reordered_max, 0, "reordered_max", SOME(COUNT))                                   \
	F(S, level_dbov, level_dbov, int8_t, ES_STREAM_HAS_LEVEL, -127, 0, "level_dbov", COUNT)  \
	F(PPM, speech_ppm, ES_STREAM_HAS_LEVEL, "speech", SHARE)                                 \
	F(U32, repairs_ssrc, ES_STREAM_HAS_REPAIRS, "repairs_ssrc", SSRC)                        \
	F(U32, follows_ssrc, ES_STREAM_HAS_FOLLOWS, "follows_ssrc", SSRC)                        \
	F(T, mid, 0, "mid", TEXT)                                                                \
	F(U32, srtp_checked, ES_STREAM_HAS_SRTP_CHECK, "srtp_checked", COUNT)                    \
	F(U32, srtp_failed, ES_STREAM_HAS_SRTP_CHECK, "srtp_failed", COUNT)                      \
	F(U32, srtp_roc, ES_STREAM_HAS_SRTP_ROC, "srtp_roc", COUNT)

#define ES_CALL_FIELDS(F)                                                                          \
	F(T, call_id, 0, "call_id", CALL_ID)                                                       \
	F(T, from, 0, "from", TEXT)                                                                \
	F(T, to, 0, "to", TEXT)                                                                    \
	F(TIME, start, "start")                                                                    \
	F(E, state, state, enum es_state, 0, ES_STATE_CANCELLED, ES_STATE_UNKNOWN, "state",        \
	    NAME(state))                                                                           \
	F(HAND, put_method, "method")                                                              \
	F(ADDR, invite_src, NULL)                                                                  \
	F(ADDR, invite_dst, NULL)                                                                  \
	F(U, final_status, final_status, uint32_t, ES_CALL_HAS_STATUS, 999, "final_status", COUNT) \
	F(U64, request_delay_us, ES_CALL_HAS_REQUEST_DELAY, "request_delay_ms", MS)                \
	F(U64, setup_us, ES_CALL_HAS_SETUP, "setup_ms", MS)                                        \
	F(U64, ring_us, ES_CALL_HAS_RING, "ring_ms", MS)                                           \
	F(U64, duration_us, ES_CALL_HAS_DURATION, "duration_s", SECONDS)                           \
	F(E, ended_by, ended_by, enum es_party, 0, ES_PARTY_CALLEE, 0, NULL, NONE)                 \
	F(HAND, put_ended_by, "ended_by")                                                          \
	F(HAND, put_codecs, "codecs")                                                              \
	F(HAND, put_call_streams, "streams")                                                       \
	F(U32, transfers, 0, "transfers", COUNT)                                                   \
	F(U32, holds, 0, "holds", COUNT)                                                           \
	F(T, session_id, 0, "session_id", TEXT)                                                    \
	F(T, x_call_id, 0, "x_call_id", TEXT)                                                      \
	F(E, transport, transport, enum es_transport, 0, ES_TRANSPORT_WSS, 0, "transport",         \
	    SOME(NAME(transport)))                                                                 \
	F(U64, post_dial_delay_us, ES_CALL_HAS_POST_DIAL_DELAY, "post_dial_delay_ms", MS)          \
	F(U64, disconnect_delay_us, ES_CALL_HAS_DISCONNECT_DELAY, "disconnect_delay_ms", MS)       \
	F(U64, early_media_us, ES_CALL_HAS_EARLY_MEDIA, "early_media_ms", MS)                      \
	F(OBJECT, "cause", ES_CALL_HAS_CAUSE)                                                      \
	F(E, cause_space, cause_space, enum es_cause_space, ES_CALL_HAS_CAUSE, ES_CAUSE_SIP, 0,    \
	    "protocol", NAME(cause_space))                                                         \
	F(U, cause, cause, uint16_t, ES_CALL_HAS_CAUSE, 999, "code", COUNT)                        \
	F(END, "cause")                                                                            \
	F(U32, branches, 0, "branches", SOME(COUNT))                                               \
	F(U32, redirects, 0, "redirects", SOME(COUNT))                                             \
	F(U32, challenges, 0, "challenges", SOME(COUNT))                                           \
	F(U32, resent, 0, "resent", SOME(COUNT))                                                   \
	F(U32, codec_changes, 0, "codec_changes", SOME(COUNT))                                     \
	F(U32, media_moves, 0, "media_moves", SOME(COUNT))                                         \
	F(U32, diversions, 0, "diversions", SOME(COUNT))                                           \
	F(T, diverted_from, 0, "diverted_from", TEXT)                                              \
	F(T, asserted, 0, "asserted", TEXT)                                                        \
	F(T, replaces, 0, "replaces", TEXT)                                                        \
	F(T, replaced_by, 0, "replaced_by", TEXT)                                                  \
	F(T, icid, 0, "icid", TEXT)                                                                \
	F(T, user_to_user, 0, "user_to_user", TEXT)                                                \
	F(T, custom_key, 0, "custom_key", TEXT)                                                    \
	F(T, caller_contact, 0, "caller_contact", TEXT)                                            \
	F(T, callee_contact, 0, "callee_contact", TEXT)                                            \
	F(T, caller_agent, 0, "caller_agent", TEXT)                                                \
	F(T, callee_agent, 0, "callee_agent", TEXT)                                                \
	F(HAND, put_statuses, "statuses")                                                          \
	F(U32, session_expires_s, ES_CALL_HAS_SESSION_EXPIRES, "session_expires_s", COUNT)         \
	F(E, session_refresher, session_refresher, enum es_party, 0, ES_PARTY_CALLEE, 0,           \
	    "session_refresher", SOME(NAME(party)))                                                \
	F(FLAG, is_session_expired, 0, "session_expired", SOME(FLAG))                              \
	F(T, session_id_peer, 0, "session_id_peer", TEXT)                                          \
	F(U, max_forwards, max_forwards, uint32_t, ES_CALL_HAS_MAX_FORWARDS, 255, "max_forwards",  \
	    COUNT)

#define ES_CALL_STREAM_FIELDS(F)    \
	F(PART, ssrc, "ssrc", SSRC) \
	F(PART, src, "src", ADDR)   \
	F(PART, dst, "dst", ADDR)

#define ES_REGISTRATION_FIELDS(F)                                                              \
	F(T, aor, 0, "aor", TEXT)                                                              \
	F(E, state, state, enum es_registration_state, 0, ES_REGISTRATION_PENDING, 0, "state", \
	    NAME(registration_state))                                                          \
	F(E, transport, transport, enum es_transport, 0, ES_TRANSPORT_WSS, 0, "transport",     \
	    SOME(NAME(transport)))                                                             \
	F(ADDR, src, "src")                                                                    \
	F(ADDR, dst, "dst")                                                                    \
	F(TIME, start, "start")                                                                \
	F(TIME, time, "time")                                                                  \
	F(U, status, status, uint32_t, ES_REGISTRATION_HAS_STATUS, 999, "status", COUNT)       \
	F(U64, delay_us, ES_REGISTRATION_HAS_DELAY, "delay_ms", MS)                            \
	F(U32, expires_s, ES_REGISTRATION_HAS_EXPIRES, "expires_s", COUNT)                     \
	F(U32, attempts, 0, "attempts", COUNT)                                                 \
	F(U32, failures, 0, "failures", COUNT)                                                 \
	F(U32, challenges, 0, "challenges", COUNT)                                             \
	F(T, contact, 0, "contact", TEXT)                                                      \
	F(T, call_id, 0, "call_id", CALL_ID)                                                   \
	F(T, user_agent, 0, "user_agent", TEXT)

#define ES_REPORTED_FIELDS(F)                                                                     \
	F(E, source, source, enum es_reported_source, 0, ES_SOURCE_P_RTP_STAT, ES_SOURCE_UNKNOWN, \
	    NULL, NONE)                                                                           \
	F(HAND, put_source, "source")                                                             \
	F(ADDR, src, "src")                                                                       \
	F(ADDR, dst, "dst")                                                                       \
	F(HAND, put_ssrcs, NULL)                                                                  \
	F(TIME, time, "time")                                                                     \
	F(PPM, fraction_lost_ppm, ES_REPORTED_HAS_LOSS, "fraction_lost", SHARE)                   \
	F(S, cumulative_lost, cumulative_lost, int32_t, ES_REPORTED_HAS_LOSS, INT32_MIN,          \
	    INT32_MAX, "cumulative_lost", COUNT)                                                  \
	F(U32, highest_seq, ES_REPORTED_HAS_HIGHEST, "highest_seq", COUNT)                        \
	F(U32, jitter_us, ES_REPORTED_HAS_JITTER, "jitter_ms", MS)                                \
	F(U32, rtt_us, ES_REPORTED_HAS_RTT, "rtt_ms", MS)                                         \
	F(T, call_id, 0, "call_id", CALL_ID)                                                      \
	F(ADDR, media_src, "media_src")                                                           \
	F(ADDR, media_dst, "media_dst")                                                           \
	F(FLAG, is_remote, 0, "remote", SOME(FLAG))                                               \
	F(T, kind, 0, "kind", TEXT)                                                               \
	F(T, codec, 0, "codec", TEXT)                                                             \
	F(T, algorithm, 0, "algorithm", TEXT)                                                     \
	F(HAND, put_metrics, "metrics")

#define ES_HOST_FIELDS(F)                     \
	F(TIME, start, "start")               \
	F(TIME, end, "end")                   \
	F(FLAG, full, 0, "full", FLAG)        \
	F(T, interface, 0, "interface", TEXT) \
	F(HAND, put_signals, "signals")       \
	F(FLAG, synthetic, 0, "synthetic", SOME(FLAG))

#define ES_CHANGE_FIELDS(F)                                   \
	F(TIME, time, "time")                                 \
	F(U, kind, kind, uint16_t, 0, UINT16_MAX, NULL, NONE) \
	F(HAND, put_change_kind, "kind")                      \
	F(T, subject, 0, "subject", TEXT)                     \
	F(T, before, 0, "before", TEXT)                       \
	F(T, after, 0, "after", TEXT)                         \
	F(FLAG, synthetic, 0, "synthetic", SOME(FLAG))

#define ES_HEALTH_FIELDS(F)               \
	F(TIME, time, "time")             \
	F(HAND, put_counters, "counters") \
	F(HAND, put_sip, "sip")           \
	F(HAND, put_unknowns, "unknown")

#define ES_SIP_COUNT_FIELDS(F)               \
	F(PART, messages, "messages", COUNT) \
	F(PART, resent, "resent", COUNT)

#define ES_UNKNOWN_FIELDS(F)                 \
	F(PART, layer, "layer", NAME(layer)) \
	F(PART, number, "number", COUNT)     \
	F(PART, count, "count", COUNT)       \
	F(HAND, put_sample, "sample")

#define ES_LOSS_FIELDS(F)                        \
	F(TIME, from, "from")                    \
	F(TIME, to, "to")                        \
	F(U64, count, 0, "count", COUNT)         \
	F(WITH, first_seq)                       \
	F(U64, first_seq, 0, "first_seq", COUNT) \
	F(U64, last_seq, 0, "last_seq", COUNT)   \
	F(END, WITH)                             \
	F(U, reason, reason, enum es_loss_reason, 0, UINT16_MAX, "reason", NAME(loss_reason))

/* Of every record; the flags are its HAS bits. */
#define ES_COVERAGE_FIELDS(F)                  \
	F(HAND, put_complete, "complete")      \
	F(WHEN, ES_COV_DROPS)                  \
	F(PART, dropped, "dropped", COUNT)     \
	F(END, WHEN)                           \
	F(WHEN, ES_COV_GAP)                    \
	F(PART, gap_ms, "gap_ms", SOME(COUNT)) \
	F(END, WHEN)                           \
	F(MARK, ES_COV_EVICTED, "evicted")     \
	F(MARK, ES_COV_CUT, "cut")             \
	F(MARK, ES_COV_CLOCK, "clock_stepped") \
	F(MARK, ES_COV_SHED_RTCP, "shed_rtcp") \
	F(MARK, ES_COV_SHED_SIP, "shed_sip")   \
	F(MARK, ES_COV_SHED_RTP, "shed_rtp")

#endif
