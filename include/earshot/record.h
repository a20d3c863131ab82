/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records: what every part of earshot hands to the next one.
 *
 *     engine, host probes -> records -> (hop, spool, wire, store) -> correlate -> verdict
 *
 * Absent is absent: a field named after an ES_x_HAS bit is meaningful only where that bit is set in
 * `has`; a zeroed record knows nothing. Numbers are scaled integers with the unit in the name
 * (_us, _ns, _ppm, _milli, _dbm), rounded once, so that every machine writes the same record.
 * Slices and pointers inside a record are borrowed for the duration of the call that passes it.
 *
 * Change recipe: add the field here with a HAS bit, in proto/earshot.proto (new number), as a row of
 * proto/fields.h (lists: in proto/encode_*.c and decode_*.c), in the JSON of agent/record_json_*.c, in
 * tests/unit/proto_samples.h, and a line in docs/METRICS.md.
 */
#ifndef EARSHOT_RECORD_H
#define EARSHOT_RECORD_H

#include "earshot/addr.h"
#include "earshot/signal.h"
#include "earshot/slice.h"
#include "earshot/time.h"

enum {
	ES_BLOCK_SEQS = 256,      /* sequence numbers per block */
	ES_SEQ_BASE = 65536,      /* added to the first 16-bit number of a source */
	ES_CALL_STREAMS_MAX = 32, /* streams a call record names */
	ES_CALL_CODECS_MAX = 8,
	ES_CALL_MEDIA_MAX = 16, /* media addresses a call record names */
	ES_CALL_STATUSES_MAX = 16,
	ES_LOSS_RUN_BINS = 10,       /* runs of 1, 2, .. 9 lost packets, and of 10 and more */
	ES_UNKNOWN_BYTES = 16,       /* of the sample of an unknown encapsulation */
	ES_HEALTH_SIP_MAX = 128,     /* kinds of requests and statuses one health record counts */
	ES_HEALTH_UNKNOWNS_MAX = 32, /* unknown encapsulations one health record names */
};

enum es_record_type {
	ES_REC_INTERVAL = 1,
	ES_REC_STREAM = 2,
	ES_REC_CALL = 3,
	ES_REC_REGISTRATION = 4,
	ES_REC_REPORTED = 5,
	ES_REC_HOST = 6,
	ES_REC_CHANGE = 7,
	ES_REC_HEALTH = 8,
	ES_REC_LOSS = 9,
	ES_REC_EVIDENCE = 10,
};

enum es_role {
	ES_ROLE_UNKNOWN = 0,
	ES_ROLE_ENDPOINT = 1,
	ES_ROLE_SBC = 2,
	ES_ROLE_GATEWAY = 3,
	ES_ROLE_TAP = 4,
};

/* How a stream passes the vantage point. */
enum es_seen {
	ES_SEEN_TRANSIT = 0,
	ES_SEEN_INGRESS = 1,
	ES_SEEN_EGRESS = 2, /* seen leaving its sender: not scored as received quality */
};

/* The place of the tap. The agent's own name stands once in the batch. */
struct es_vantage {
	es_slice label; /* of the interface; empty where there is only one */
	enum es_role role;
};

/* What the capture could not see while this record's time ran. flags 0 = complete. */
enum {
	ES_COV_DROPS = 1u << 0,   /* kernel or interface dropped packets */
	ES_COV_GAP = 1u << 1,     /* the capture stood still: sensor restart, suspend */
	ES_COV_EVICTED = 1u << 2, /* a table was full and this state was given up */
	ES_COV_CUT = 1u << 3,     /* the input ended inside a unit */
	ES_COV_CLOCK = 1u << 4,   /* the clock stepped */
};

struct es_coverage {
	uint32_t flags;
	uint32_t gap_ms;  /* with ES_COV_GAP, where known */
	uint64_t dropped; /* with ES_COV_DROPS: packets of the whole interface */
};

/* RTP packets of one SSRC on one 5-tuple between two restarts. Values compare as bytes. */
struct es_stream_key {
	struct es_addr src;
	struct es_addr dst;
	uint32_t ssrc;
	uint32_t restart;
};

/* A run of `run` lost packets whose first extended number is `seq`. */
struct es_missing {
	uint64_t seq;
	uint32_t run;
};

struct es_delay_variation { /* RFC 5481 PDV: delay above the minimum of the window */
	uint32_t p50_us;
	uint32_t p95_us;
	uint32_t p99_us;
};

/* One block of one stream, DESIGN 5 "Blocks". first_seq..last_seq is the range this part judges. */
enum {
	ES_INTERVAL_HAS_RTP_TS = 1u << 0, /* absent when nothing was received */
	ES_INTERVAL_HAS_JITTER = 1u << 1,
	ES_INTERVAL_HAS_DELAY_VARIATION = 1u << 2,
	ES_INTERVAL_HAS_LATE = 1u << 3,
	ES_INTERVAL_HAS_RECOVERED = 1u << 4,
	ES_INTERVAL_HAS_QUALITY = 1u << 5, /* r_milli, mos_lq_milli */
	ES_INTERVAL_HAS_MOS_CQ = 1u << 6,
};

struct es_interval {
	struct es_stream_key stream;
	uint32_t has;
	uint64_t block; /* first_seq / ES_BLOCK_SEQS */
	uint64_t first_seq;
	uint64_t last_seq; /* inclusive */
	uint32_t rtp_ts;   /* of the lowest number received in this part */
	es_time start;     /* arrival of the first packet; of the expectation when none came */
	es_time end;
	uint32_t expected;
	uint32_t received; /* distinct */
	uint32_t lost;
	uint32_t late;      /* discarded by the modelled de-jitter buffer */
	uint32_t recovered; /* repaired by RED, FEC, RTX */
	uint32_t duplicates;
	uint32_t capture_duplicates;
	uint32_t reordered;
	uint32_t jitter_us; /* RFC 3550 A.8, the running estimate at the block's end */
	struct es_delay_variation delay_variation;
	const struct es_missing *missing; /* ascending, lost packets in all = lost */
	uint32_t n_missing;
	int32_t r_milli;
	uint32_t mos_lq_milli;
	uint32_t mos_cq_milli;
};

enum {
	ES_STREAM_HAS_CODEC = 1u << 0, /* codec, clock_rate_hz */
	ES_STREAM_HAS_PTIME = 1u << 1,
	ES_STREAM_HAS_JITTER = 1u << 2,
	ES_STREAM_HAS_DELTA = 1u << 3,
	ES_STREAM_HAS_DELAY_VARIATION = 1u << 4,
	ES_STREAM_HAS_BURST = 1u << 5,
	ES_STREAM_HAS_LATE = 1u << 6,
	ES_STREAM_HAS_RECOVERED = 1u << 7,
	ES_STREAM_HAS_QUALITY = 1u << 8, /* r_milli, mos_lq_milli, model, basis */
	ES_STREAM_HAS_MOS_CQ = 1u << 9,
	ES_STREAM_HAS_CLEAN = 1u << 10, /* clean_mos_lq_milli */
	ES_STREAM_HAS_SKEW = 1u << 11,
	ES_STREAM_HAS_SRTP = 1u << 12,  /* signalling told; without it nobody knows */
	ES_STREAM_HAS_WORST = 1u << 13, /* worst_block, worst_mos_lq_milli */
	ES_STREAM_HAS_IP = 1u << 14,    /* dscp, ttl */
	ES_STREAM_HAS_STEP = 1u << 15,  /* rtp_step */
	ES_STREAM_HAS_LOSS_RUNS = 1u << 16,
	ES_STREAM_HAS_CONCEALED = 1u << 17, /* concealed_s, severely_concealed_s */
	ES_STREAM_HAS_LATE_START = 1u << 18,
	ES_STREAM_HAS_SENDER = 1u << 19, /* starvations, starved_us, send_irregularity_us */
	ES_STREAM_HAS_LEVEL = 1u << 20,  /* level_dbov, speech_ppm */
	ES_STREAM_HAS_REPAIRS = 1u << 21,
	ES_STREAM_HAS_FOLLOWS = 1u << 22,
};

enum es_band { ES_BAND_NB = 1, ES_BAND_WB = 2, ES_BAND_SWB = 3, ES_BAND_FB = 4 };

/* Where the model's constants come from. */
enum es_mos_basis { ES_BASIS_ITU = 1, ES_BASIS_DERIVED = 2, ES_BASIS_PLACEHOLDER = 3 };

/* What a stream carries. */
enum es_stream_kind {
	ES_KIND_UNKNOWN = 0, /* nobody told, and the payload type does not */
	ES_KIND_AUDIO = 1,
	ES_KIND_VIDEO = 2,
	ES_KIND_RTX = 3, /* RFC 4588 */
	ES_KIND_FEC = 4, /* RFC 5109, 8627 */
	ES_KIND_TEXT = 5,
	ES_KIND_OTHER = 6,
};

/* Findings about a stream, as bits. */
enum {
	ES_FINDING_ONE_WAY = 1u << 0,      /* its call has media in this direction only */
	ES_FINDING_LATE_START = 1u << 1,   /* began more than ES_LATE_START_MS after the answer */
	ES_FINDING_STARVED = 1u << 2,      /* its sender stalled, seen at the sender's own egress */
	ES_FINDING_REMARKED = 1u << 3,     /* DSCP changed under way */
	ES_FINDING_SSRC_CHANGED = 1u << 4, /* follows another SSRC on its leg */
	ES_FINDING_PTIME_CHANGED = 1u << 5,
	ES_FINDING_CODEC_CHANGED = 1u << 6, /* payload type of audio changed in mid-stream */
	ES_FINDING_BYE = 1u << 7,           /* its source said BYE in RTCP */
	ES_FINDING_ZERO_SSRC = 1u << 8,
	ES_FINDING_ICE =
	    1u << 9, /* STUN on its 5-tuple led to its call, SDP alone would not have */
};

enum { ES_LATE_START_MS = 1000 };

/* Why a stream has no score; 0 where it has one. */
enum es_unscored {
	ES_UNSCORED_NOT = 0,
	ES_UNSCORED_CODEC_UNKNOWN = 1, /* dynamic payload type that no SDP explains */
	ES_UNSCORED_CODEC_UNRATED = 2, /* the codec has no constants */
	ES_UNSCORED_NOT_AUDIO = 3,     /* video, RTX, FEC .. */
	ES_UNSCORED_EGRESS = 4,        /* seen leaving its sender */
	ES_UNSCORED_TOO_SHORT = 5,
};

enum es_state {
	ES_STATE_UNKNOWN = 0,
	ES_STATE_IN_PROGRESS = 1,
	ES_STATE_COMPLETED = 2, /* of a stream: it ended */
	ES_STATE_FAILED = 3,
	ES_STATE_CANCELLED = 4,
};

struct es_stream {
	struct es_stream_key key;
	uint32_t has;
	enum es_state state;
	uint8_t payload_type; /* the one most packets carried, events and comfort noise apart */
	es_slice codec;       /* RFC 4855 encoding name, "PCMU" */
	uint32_t clock_rate_hz;
	uint32_t ptime_us;
	uint32_t rtp_step; /* RTP timestamp units per packet */
	es_time start;
	uint64_t duration_us; /* first to last packet */
	uint64_t packets;     /* as counted by DESIGN 6 "packets" */
	uint64_t expected;
	uint64_t lost;
	uint64_t first_seq; /* lowest accepted extended number */
	uint64_t last_seq;  /* highest */
	uint32_t rtp_ts;    /* of the packet that carried first_seq */
	uint64_t duplicates;
	uint64_t capture_duplicates;
	uint64_t reordered;
	uint64_t stale;
	uint64_t late;
	uint64_t recovered;
	uint32_t jitter_mean_us;
	uint32_t jitter_max_us;
	uint32_t jitter_last_us;
	uint64_t delta_max_us;
	struct es_delay_variation delay_variation;
	uint32_t burst_density_ppm; /* RFC 3611 section 4.7.2, Gmin 16 */
	uint32_t burst_length_us;
	uint32_t gap_density_ppm;
	uint64_t gap_length_us;
	int32_t r_milli;
	uint32_t mos_lq_milli;
	uint32_t mos_cq_milli;
	uint32_t clean_mos_lq_milli; /* what this codec scores with nothing lost or late */
	uint64_t worst_block;
	uint32_t worst_mos_lq_milli;
	enum es_band band;
	enum es_mos_basis basis;
	es_slice model;   /* "es-nb/1" */
	int32_t skew_ppb; /* sender's clock against the capture clock, parts per billion */
	uint8_t dscp;
	uint8_t ttl; /* of the first packet */
	bool srtp;
	es_slice call_id; /* empty where no signalling claimed the stream */
	enum es_seen seen;
	enum es_stream_kind kind;
	uint32_t findings; /* ES_FINDING_ bits */
	enum es_unscored unscored;
	uint32_t
	    loss_run[ES_LOSS_RUN_BINS]; /* how many runs of each length were lost in the network */
	uint32_t concealed_s;           /* seconds with something lost, late or not repaired */
	uint32_t severely_concealed_s;  /* seconds with more than 5 % of it */
	uint64_t late_start_us; /* from the answer, or the other direction, to the first packet */
	uint32_t starvations;   /* times the sender fell behind its own media clock */
	uint64_t starved_us;    /* by how much in all */
	uint32_t send_irregularity_us; /* p95 of |send interval - ptime| */
	uint8_t dscp_last;
	uint32_t dscp_changes;
	uint8_t ttl_min;
	uint8_t ttl_max;
	uint64_t event_packets; /* RFC 4733: left out of the audio figures */
	uint64_t
	    comfort_noise_packets; /* RFC 3389, and silence descriptors where they can be told */
	uint32_t silences;         /* jumps of the timestamp with the number going on: DTX */
	uint32_t reordered_max;    /* how far behind the highest a packet came, in packets */
	int8_t level_dbov;         /* mean of RFC 6464, -127..0 */
	uint32_t speech_ppm;       /* packets with its V bit */
	uint32_t repairs_ssrc;     /* of RTX and FEC: the stream they repair */
	uint32_t follows_ssrc;     /* the SSRC before it on its leg */
	es_slice mid;              /* RFC 8843 BUNDLE, empty without */
};

enum {
	ES_CALL_HAS_STATUS = 1u << 0,
	ES_CALL_HAS_REQUEST_DELAY = 1u << 1,
	ES_CALL_HAS_SETUP = 1u << 2,
	ES_CALL_HAS_RING = 1u << 3,
	ES_CALL_HAS_DURATION = 1u << 4,
	ES_CALL_HAS_MAX_FORWARDS = 1u << 5,
	ES_CALL_HAS_POST_DIAL_DELAY = 1u << 6,
	ES_CALL_HAS_DISCONNECT_DELAY = 1u << 7,
	ES_CALL_HAS_CAUSE = 1u << 8,
	ES_CALL_HAS_EARLY_MEDIA = 1u << 9,
};

enum es_transport {
	ES_TRANSPORT_UNKNOWN = 0,
	ES_TRANSPORT_UDP = 1,
	ES_TRANSPORT_TCP = 2,
	ES_TRANSPORT_WS = 3,  /* RFC 7118 */
	ES_TRANSPORT_HEP = 4, /* handed on by another agent */
	ES_TRANSPORT_TLS = 5,
};

/* Number space of a Reason header, RFC 3326. */
enum es_cause_space { ES_CAUSE_NONE = 0, ES_CAUSE_Q850 = 1, ES_CAUSE_SIP = 2 };

enum es_party { ES_PARTY_UNKNOWN = 0, ES_PARTY_CALLER = 1, ES_PARTY_CALLEE = 2 };

struct es_call_stream {
	uint32_t ssrc;
	struct es_addr src;
	struct es_addr dst;
};

/* One dialog, INVITE only. */
struct es_call {
	es_slice call_id;
	uint32_t has;
	enum es_state state;
	es_slice from; /* "user@host" of From; a pseudonym once the shipper passed it */
	es_slice to;
	es_time start;             /* first INVITE */
	struct es_addr invite_src; /* who sent the INVITE at this vantage, and to whom */
	struct es_addr invite_dst;
	uint32_t
	    max_forwards; /* of the first INVITE: falls along the path, RFC 3261 section 20.22 */
	uint32_t final_status;
	uint64_t request_delay_us; /* SRD, RFC 6076 section 4.3 */
	uint64_t setup_us;         /* INVITE to 2xx */
	uint64_t ring_us;          /* first 180 to 2xx */
	uint64_t duration_us;      /* 2xx to BYE: SDT, RFC 6076 section 4.5 */
	enum es_party ended_by;
	uint32_t holds;
	uint32_t transfers;
	const es_slice *codecs; /* audio codecs agreed on, RFC 4855 names */
	uint32_t n_codecs;
	const struct es_addr *caller_media; /* addresses the caller's SDP offered or answered */
	uint32_t n_caller_media;
	const struct es_addr *callee_media;
	uint32_t n_callee_media;
	const struct es_call_stream *streams;
	uint32_t n_streams;
	es_slice session_id;         /* RFC 7989, as sent */
	es_slice x_call_id;          /* X-Call-ID or X-CID */
	es_slice session_id_peer;    /* UUID of the callee's side once it is known */
	enum es_transport transport; /* of the first INVITE */
	uint64_t
	    post_dial_delay_us; /* INVITE to 180, 183 with SDP or 2xx, whichever came first (E.721) */
	uint64_t disconnect_delay_us; /* SDD, RFC 6076 section 4.4: BYE to its answer */
	uint64_t early_media_us; /* INVITE to the first media of the callee before the answer */
	enum es_cause_space cause_space; /* of the Reason that ended it */
	uint16_t cause;
	uint32_t branches;       /* of a fork: targets that answered at all */
	uint32_t redirects;      /* 3xx */
	uint32_t challenges;     /* 401, 407 */
	uint32_t resent;         /* messages sent again */
	uint32_t codec_changes;  /* by re-INVITE or UPDATE */
	uint32_t media_moves;    /* address or port changed while the call was up */
	uint32_t diversions;     /* entries of Diversion, else of History-Info beyond the first */
	es_slice diverted_from;  /* "user@host" of the first of them; a pseudonym like from */
	es_slice asserted;       /* "user@host" of P-Asserted-Identity; a pseudonym like from */
	es_slice replaces;       /* Call-ID named by Replaces, RFC 3891 */
	es_slice replaced_by;    /* Call-ID of the call that replaced this one */
	es_slice icid;           /* P-Charging-Vector, RFC 7315 section 5.6 */
	es_slice user_to_user;   /* RFC 7433, as sent */
	es_slice custom_key;     /* of the configured header */
	es_slice caller_contact; /* host and port, no user */
	es_slice callee_contact;
	es_slice caller_agent; /* User-Agent or Server */
	es_slice callee_agent;
	const uint16_t *statuses; /* distinct responses to the INVITEs in order, 100 included */
	uint32_t n_statuses;
};

enum es_registration_state {
	ES_REGISTRATION_UNKNOWN = 0,
	ES_REGISTRATION_ACTIVE = 1,
	ES_REGISTRATION_FAILED = 2,
	ES_REGISTRATION_REMOVED = 3, /* expires 0 */
	ES_REGISTRATION_EXPIRED = 4, /* ran out without being refreshed */
	ES_REGISTRATION_PENDING = 5, /* no final answer yet */
};

enum {
	ES_REGISTRATION_HAS_STATUS = 1u << 0,
	ES_REGISTRATION_HAS_DELAY = 1u << 1,
	ES_REGISTRATION_HAS_EXPIRES = 1u << 2,
};

/* One address of record and contact, RFC 3261 section 10. */
struct es_registration {
	es_slice aor;     /* "user@host"; a pseudonym once the shipper passed it */
	es_slice contact; /* host and port, no user */
	es_slice call_id;
	es_slice user_agent;
	uint32_t has;
	enum es_registration_state state;
	enum es_transport transport;
	struct es_addr src; /* the registering end, and who it registers with */
	struct es_addr dst;
	es_time start;      /* first REGISTER */
	es_time time;       /* last change */
	uint32_t status;    /* last final one that was no challenge */
	uint64_t delay_us;  /* RRD, RFC 6076 section 4.1 */
	uint32_t expires_s; /* granted */
	uint32_t attempts;  /* REGISTERs that are not retransmissions nor answers to a challenge */
	uint32_t failures;
	uint32_t challenges;
};

/* What somebody else said about a stream; never mixed with what we measured. */
enum es_reported_source {
	ES_SOURCE_RTCP = 1,       /* report block of SR or RR, RFC 3550 section 6.4 */
	ES_SOURCE_RTCP_XR = 2,    /* RFC 3611 and its extension blocks */
	ES_SOURCE_VQ_REPORT = 3,  /* application/vq-rtcpxr, RFC 6035 */
	ES_SOURCE_X_RTP_STAT = 4, /* header of a BYE or its answer */
	ES_SOURCE_P_RTP_STAT = 5,
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
	X(DELAY_MIN_US, "delay_min_ms", 62, 3)                             \
	X(DELAY_MAX_US, "delay_max_ms", 63, 3)                             \
	X(DELAY_MEAN_US, "delay_mean_ms", 64, 3)                           \
	X(MOS_MILLI, "mos", 65, 3)                                         \
	X(SYNC_OFFSET_US, "sync_offset_ms", 66, 3)                         \
	X(CALL_SETUP_US, "call_setup_ms", 67, 3)                           \
	X(DURATION_US, "duration_ms", 68, 3)

enum es_reported_metric {
#define X(name, json, number, decimals) ES_RM_##name = number,
	ES_REPORTED_METRICS(X)
#undef X
};

enum { ES_RM_END = 69 }; /* one above the highest */

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
	struct es_addr media_src; /* RFC 6035: the stream the report is about; family 0: not said */
	struct es_addr media_dst;
	bool is_remote;     /* RFC 6035 RemoteMetrics: the reporter passes on what its peer said */
	es_slice kind;      /* RFC 6035 report, "VQSessionReport" or "VQIntervalReport" .. */
	es_slice codec;     /* as the reporter names it */
	es_slice algorithm; /* QoEEstAlg */
	const struct es_reported_value *values;
	uint32_t n_values;
};

struct es_signal_value {
	uint16_t signal; /* enum es_signal */
	int64_t value;   /* in the signal's unit */
};

/* A machine's own health over [start, end). Signals not listed are as in the record before, unless full. */
struct es_host {
	es_time start;
	es_time end;
	bool full;          /* everything known is listed */
	es_slice interface; /* the one the signals of nic_ and wifi_ speak of */
	const struct es_signal_value *values;
	uint32_t n_values;
};

struct es_change {
	es_time time;
	uint16_t kind;    /* enum es_change_kind */
	es_slice subject; /* which one: "wlan0", "default" */
	es_slice before;  /* empty: was not there */
	es_slice after;   /* empty: is gone */
};

/*
 * The agent's own counters, cumulative since its start. X(NAME, "json_name", number on the wire)
 * Change recipe: as for signals.
 */
#define ES_COUNTERS(X)                                \
	X(PACKETS, "packets", 1)                      \
	X(BYTES, "bytes", 2)                          \
	X(MALFORMED, "malformed", 3)                  \
	X(UNKNOWN_LINK, "unknown_link", 4)            \
	X(UNKNOWN_ETHERTYPE, "unknown_ethertype", 5)  \
	X(UNKNOWN_IP_PROTO, "unknown_ip_proto", 6)    \
	X(IP_FRAGMENTS, "ip_fragments", 7)            \
	X(TCP_SEGMENTS, "tcp_segments", 8)            \
	X(TCP_RESYNCS, "tcp_resyncs", 9)              \
	X(SIP_MESSAGES, "sip_messages", 10)           \
	X(SIP_MALFORMED, "sip_malformed", 11)         \
	X(SIP_OVER_LIMIT, "sip_over_limit", 12)       \
	X(SIP_OTHER_METHODS, "sip_other_methods", 13) \
	X(SDP_MALFORMED, "sdp_malformed", 14)         \
	X(RTP_PACKETS, "rtp_packets", 15)             \
	X(RTP_UNPROVEN, "rtp_unproven", 16)           \
	X(RTCP_PACKETS, "rtcp_packets", 17)           \
	X(RTCP_MALFORMED, "rtcp_malformed", 18)       \
	X(STREAMS, "streams", 19)                     \
	X(STREAMS_EVICTED, "streams_evicted", 20)     \
	X(CALLS, "calls", 21)                         \
	X(CALLS_EVICTED, "calls_evicted", 22)         \
	X(TCP_EVICTED, "tcp_evicted", 23)             \
	X(EXPECTED_EVICTED, "expected_evicted", 24)   \
	X(CAPTURE_DROPPED, "capture_dropped", 25)     \
	X(TICK_OVERTOOK, "tick_overtook", 26)         \
	X(CPU_US, "cpu_us", 27)                       \
	X(RSS_BYTES, "rss_bytes", 28)                 \
	X(SPOOL_BYTES, "spool_bytes", 29)             \
	X(SPOOL_RECORDS, "spool_records", 30)         \
	X(HOP_DROPPED, "hop_dropped", 31)             \
	X(UDP_OTHER, "udp_other", 32)                 \
	X(FRAGMENTS_DROPPED, "fragments_dropped", 33) \
	X(HEP_MESSAGES, "hep_messages", 50)

enum es_counter {
#define X(name, json, number) ES_CNT_##name = number,
	ES_COUNTERS(X)
#undef X
};

enum { ES_CNT_END = 128 }; /* above the highest; numbers without a row are free */

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

/* Requests told apart. X(NAME, number on the wire). Change recipe: as for signals. */
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

/* Where a number that nobody here understands stood. */
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
	    sample[ES_UNKNOWN_BYTES]; /* what stood behind the number; headers, no payload known */
	uint8_t sample_bytes;
};

struct es_health {
	es_time time;
	const struct es_counter_value *values;
	uint32_t n_values;
	const struct es_sip_count *sip;
	uint32_t n_sip;
	const struct es_unknown *unknowns;
	uint32_t n_unknowns;
};

enum es_loss_reason {
	ES_LOSS_QUOTA = 1, /* spool over its bytes */
	ES_LOSS_AGE = 2,
	ES_LOSS_FREE_SPACE = 3, /* of the disk */
	ES_LOSS_MEMORY = 4,     /* the sensor's ring of records not yet acked was full */
	ES_LOSS_DISK = 5,       /* the disk refused or damaged them */
	ES_LOSS_REFUSED = 6,    /* the collector could not take a record */
};

/* A gap in the record stream itself. */
struct es_loss {
	es_time from;
	es_time to;
	uint64_t count;
	uint64_t first_seq; /* spool numbers, 0 where none were given yet */
	uint64_t last_seq;
	enum es_loss_reason reason;
};

struct es_record {
	enum es_record_type type;
	es_time at; /* when it was known: a deadline's due time or a packet's own */
	const struct es_vantage
	    *vantage; /* NULL: the machine itself (host, change, health, loss) */
	struct es_coverage coverage;
	union {
		struct es_interval interval;
		struct es_stream stream;
		struct es_call call;
		struct es_registration registration;
		struct es_reported reported;
		struct es_host host;
		struct es_change change;
		struct es_health health;
		struct es_loss loss;
	} u;
};

#endif
