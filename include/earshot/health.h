/* SPDX-License-Identifier: Apache-2.0 */
/* What an agent counts of itself: counters, SIP messages, unknown encapsulations. See record.h. */
#ifndef EARSHOT_HEALTH_H
#define EARSHOT_HEALTH_H

#include "earshot/time.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	ES_UNKNOWN_BYTES = 16,       /* of the sample of an unknown encapsulation */
	ES_HEALTH_SIP_MAX = 128,     /* kinds of requests and statuses one health record counts */
	ES_HEALTH_UNKNOWNS_MAX = 32, /* unknown encapsulations one health record names */
};

/*
 * The agent's own counters, cumulative since its start. X(NAME, "json_name", number on the wire)
 * Change recipe: as for signals.
 */
#define ES_COUNTERS(X)                                                \
	X(PACKETS, "packets", 1)                                      \
	X(BYTES, "bytes", 2)                                          \
	X(MALFORMED, "malformed", 3)                                  \
	X(UNKNOWN_LINK, "unknown_link", 4)                            \
	X(UNKNOWN_ETHERTYPE, "unknown_ethertype", 5)                  \
	X(UNKNOWN_IP_PROTO, "unknown_ip_proto", 6)                    \
	X(IP_FRAGMENTS, "ip_fragments", 7)                            \
	X(TCP_SEGMENTS, "tcp_segments", 8)                            \
	X(TCP_RESYNCS, "tcp_resyncs", 9)                              \
	X(SIP_MESSAGES, "sip_messages", 10)                           \
	X(SIP_MALFORMED, "sip_malformed", 11)                         \
	X(SIP_OVER_LIMIT, "sip_over_limit", 12)                       \
	X(SIP_OTHER_METHODS, "sip_other_methods", 13)                 \
	X(SDP_MALFORMED, "sdp_malformed", 14)                         \
	X(SDP_OVER_LIMIT, "sdp_over_limit", 48)                       \
	X(RTP_PACKETS, "rtp_packets", 15)                             \
	X(RTP_UNPROVEN, "rtp_unproven", 16)                           \
	X(RTCP_PACKETS, "rtcp_packets", 17)                           \
	X(RTCP_MALFORMED, "rtcp_malformed", 18)                       \
	X(STREAMS, "streams", 19)                                     \
	X(STREAMS_EVICTED, "streams_evicted", 20)                     \
	X(CALLS, "calls", 21)                                         \
	X(CALLS_EVICTED, "calls_evicted", 22)                         \
	X(TCP_EVICTED, "tcp_evicted", 23)                             \
	X(EXPECTED_EVICTED, "expected_evicted", 24)                   \
	X(CAPTURE_DROPPED, "capture_dropped", 25)                     \
	X(TICK_OVERTOOK, "tick_overtook", 26)                         \
	X(CPU_US, "cpu_us", 27)                                       \
	X(RSS_BYTES, "rss_bytes", 28)                                 \
	X(SPOOL_BYTES, "spool_bytes", 29)                             \
	X(SPOOL_RECORDS, "spool_records", 30)                         \
	X(HOP_DROPPED, "hop_dropped", 31)                             \
	X(UDP_OTHER, "udp_other", 32)                                 \
	X(FRAGMENTS_DROPPED, "fragments_dropped", 33)                 \
	X(OTHER_PROTOCOLS, "other_protocols", 34)                     \
	X(TUNNELLED, "tunnelled", 35)                                 \
	X(UNKNOWN_PPP, "unknown_ppp", 36)                             \
	X(TOO_DEEP, "too_deep", 37)                                   \
	X(UNKNOWN_UNSAMPLED, "unknown_unsampled", 38)                 \
	X(GTP_CONTROL, "gtp_control", 39)                             \
	X(TIME_BACK, "time_back", 40)                                 \
	X(TURN_TCP, "turn_tcp_connections", 43)                       \
	X(TURN_TLS, "turn_tls_connections", 44)                       \
	X(MEDIA_TCP, "media_tcp_connections", 45)                     \
	X(SIP_CUT, "sip_cut", 41)                                     \
	X(ENCRYPTED_TUNNEL, "encrypted_tunnel", 42)                   \
	X(HEADERS_CUT, "headers_cut", 46)                             \
	X(RTCP_CUT, "rtcp_cut", 47)                                   \
	X(HEP_MESSAGES, "hep_messages", 50)                           \
	X(HEP_OTHER, "hep_other", 51)                                 \
	X(HEP_COMPRESSED, "hep_compressed", 52)                       \
	X(HEP_MALFORMED, "hep_malformed", 53)                         \
	X(WS, "ws_connections", 54)                                   \
	X(WS_DEFLATED, "ws_deflated", 55)                             \
	X(TLS, "tls_connections", 56)                                 \
	X(SIP_TLS, "sip_tls_connections", 57)                         \
	X(SIP_COPIES, "sip_copies", 60)                               \
	X(SIP_FOREIGN, "sip_foreign", 61)                             \
	X(SIP_RECENT_EVICTED, "sip_recent_evicted", 62)               \
	X(CALL_TEXT_OVER_LIMIT, "call_text_over_limit", 63)           \
	X(OFFERS_EVICTED, "offers_evicted", 64)                       \
	X(REGISTRATIONS, "registrations", 65)                         \
	X(REGISTRATIONS_EVICTED, "registrations_evicted", 66)         \
	X(REGISTRATIONS_INEFFECTIVE, "registrations_ineffective", 67) \
	X(SESSIONS, "sessions", 68)                                   \
	X(SESSIONS_ANSWERED, "sessions_answered", 69)                 \
	X(SESSIONS_REDIRECTED, "sessions_redirected", 70)             \
	X(SESSIONS_CHALLENGED, "sessions_challenged", 71)             \
	X(SESSIONS_REFUSED, "sessions_refused", 72)                   \
	X(SESSIONS_INEFFECTIVE, "sessions_ineffective", 73)           \
	X(SESSIONS_COMPLETED, "sessions_completed", 74)               \
	X(SRTCP_PACKETS, "srtcp_packets", 80)                         \
	X(SRTCP_DECRYPTED, "srtcp_decrypted", 81)                     \
	X(SRTCP_FAILED, "srtcp_failed", 82)                           \
	X(KEYS_HELD, "keys_held", 83)                                 \
	X(RTCP_STRANGERS, "rtcp_strangers", 84)                       \
	X(RTCP_BYES, "rtcp_byes", 85)                                 \
	X(RTCP_XR_BLOCKS, "rtcp_xr_blocks", 86)                       \
	X(RTCP_FEEDBACK, "rtcp_feedback", 87)                         \
	X(RTCP_APPS, "rtcp_apps", 88)                                 \
	X(RTCP_SDES, "rtcp_sdes", 89)                                 \
	X(JUMPS_REFUSED, "jumps_refused", 90)                         \
	X(RTCP_COPIES, "rtcp_copies", 91)                             \
	X(HEP_COPIES, "hep_copies", 92)                               \
	X(REPEATS_EVICTED, "repeats_evicted", 93)                     \
	X(STUN_MESSAGES, "stun_messages", 100)                        \
	X(STUN_MALFORMED, "stun_malformed", 101)                      \
	X(DTLS_PACKETS, "dtls_packets", 102)                          \
	X(ZRTP_PACKETS, "zrtp_packets", 103)                          \
	X(TURN_CHANNEL, "turn_channel", 104)                          \
	X(QUIC_PACKETS, "quic_packets", 105)                          \
	X(KEEPALIVES, "keepalives", 106)                              \
	X(ICE_PAIRS, "ice_pairs", 107)                                \
	X(TCP_MESSAGES_LEFT, "tcp_messages_left", 110)                \
	X(SRTP_CHECKED, "srtp_checked", 114)                          \
	X(SRTP_FAILED, "srtp_failed", 115)                            \
	X(TLS_WAITED, "tls_waited", 116)                              \
	X(TLS_OPENED, "tls_opened", 117)                              \
	X(TLS_RECORDS, "tls_records", 118)                            \
	X(TLS_NO_KEY, "tls_no_key", 119)                              \
	X(TLS_UNSUPPORTED, "tls_unsupported", 120)                    \
	X(TLS_MIDDLE, "tls_middle", 121)                              \
	X(TLS_HOLES, "tls_holes", 122)                                \
	X(TLS_FAILED, "tls_failed", 123)                              \
	X(TLS_EARLY, "tls_early", 124)                                \
	X(TLS_LEFT, "tls_left", 125)                                  \
	X(RTCP_OVER_LIMIT, "rtcp_over_limit", 126)                    \
	X(PARSER_CRASHES, "parser_crashes", 127)                      \
	X(SHED_LEVEL, "shed_level", 128)                              \
	X(RTCP_SHED, "rtcp_shed", 129)                                \
	X(SIP_SHED, "sip_shed", 130)                                  \
	X(RTP_SHED, "rtp_shed", 131)                                  \
	X(STREAMS_SHED, "streams_shed", 132)                          \
	X(PAYLOAD_READ, "payload_read", 133)                          \
	X(KEYS_USED, "keys_used", 134)                                \
	X(SANDBOX, "sandbox", 135)

enum es_counter {
#define X(name, json, number) ES_CNT_##name = number,
	ES_COUNTERS(X)
#undef X
};

enum { ES_CNT_END = 136 }; /* above the highest; numbers without a row are free */

/* Whether counters, by their numbers, say that the capture's snap length cut what should be read. */
static inline bool
es_counters_say_cut(const uint64_t count[ES_CNT_END])
{
	return count[ES_CNT_HEADERS_CUT] > 0 || count[ES_CNT_SIP_CUT] > 0 ||
	       count[ES_CNT_RTCP_CUT] > 0;
}

struct es_counter_value {
	uint16_t counter; /* enum es_counter */
	uint64_t value;
};

/* SIP messages by what they are, as sent: retransmissions count again. */
struct es_sip_count {
	uint16_t what; /* enum es_sip_kind of a request, or the status of a response (100..699) */
	uint64_t messages;
	uint64_t resent; /* of them: the same message again */
};

/* Requests counted by kind. X(NAME, number on the wire). Change recipe: as for signals. */
#define ES_SIP_KINDS(X)  \
	X(INVITE, 1)     \
	X(ACK, 2)        \
	X(BYE, 3)        \
	X(CANCEL, 4)     \
	X(REGISTER, 5)   \
	X(OPTIONS, 6)    \
	X(PRACK, 7)      \
	X(UPDATE, 8)     \
	X(INFO, 9)       \
	X(REFER, 10)     \
	X(NOTIFY, 11)    \
	X(SUBSCRIBE, 12) \
	X(MESSAGE, 13)   \
	X(PUBLISH, 14)   \
	X(OTHER, 15)

enum es_sip_kind {
#define X(name, number) ES_SIP_KIND_##name = number,
	ES_SIP_KINDS(X)
#undef X
};

/* The header with an unknown number. */
enum es_unknown_layer {
	ES_UNKNOWN_LINK = 1,      /* link type of the capture */
	ES_UNKNOWN_ETHERTYPE = 2, /* in a frame, a GRE header, Geneve .. */
	ES_UNKNOWN_IP_PROTO = 3,
	ES_UNKNOWN_PPP = 4,   /* protocol of a PPP frame */
	ES_UNKNOWN_DEPTH = 5, /* more than 8 layers: number of the one that was left alone */
};

/* An encapsulation that could not be looked into, with its last sample. */
struct es_unknown {
	enum es_unknown_layer layer;
	uint32_t number;
	uint64_t count;
	uint8_t
	    sample[ES_UNKNOWN_BYTES]; /* the bytes after the number: headers, no known payload */
	uint8_t sample_bytes;
};

/* One health record: the counters that are not 0, and what they do not show. */
struct es_health {
	es_time time;
	const struct es_counter_value *values;
	uint32_t n_values;
	const struct es_sip_count *sip;
	uint32_t n_sip;
	const struct es_unknown *unknowns;
	uint32_t n_unknowns;
};

#endif
