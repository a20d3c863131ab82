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
 * What others report of a stream is in reported.h, what an agent counts of itself in health.h.
 *
 * Change recipe: add the field here with a HAS bit, in proto/earshot.proto (new number), as a row of
 * proto/fields.h (a list: see docs/HACKING.md), and a line in docs/METRICS.md.
 */
#ifndef EARSHOT_RECORD_H
#define EARSHOT_RECORD_H

#include "earshot/addr.h"
#include "earshot/health.h"
#include "earshot/reported.h"
#include "earshot/signal.h"
#include "earshot/slice.h"
#include "earshot/time.h"

enum {
	ES_BLOCK_SEQS = 256,      /* sequence numbers per block */
	ES_SEQ_BASE = 65536,      /* added to the first 16-bit number of a source */
	ES_CALL_STREAMS_MAX = 32, /* streams a call record names */
	ES_CALL_CODECS_MAX = 8,
	ES_CALL_MEDIA_MAX = 16,   /* media addresses a call record names */
	ES_STREAM_OTHERS_MAX = 3, /* further calls a stream belongs to */
	ES_CALL_STATUSES_MAX = 16,
	ES_LOSS_RUN_BINS = 10, /* runs of 1, 2, .. 9 lost packets, and of 10 and more */
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

/* The place of the tap. The agent's own name is in the batch, once. */
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
	/* A budget left out, of what this record is about: */
	ES_COV_SHED_RTCP = 1u << 5, /* reports of RTCP */
	ES_COV_SHED_SIP = 1u << 6,  /* SIP messages */
	ES_COV_SHED_RTP = 1u << 7,  /* whole streams */
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

enum es_band { ES_BAND_NB = 1, ES_BAND_WB = 2, ES_BAND_SWB = 3, ES_BAND_FB = 4 };

/* Where the model's constants come from. */
enum es_mos_basis { ES_BASIS_ITU = 1, ES_BASIS_DERIVED = 2, ES_BASIS_PLACEHOLDER = 3 };

/* One block of one stream, docs/METRICS.md. first_seq..last_seq is the range this part judges. */
enum {
	ES_INTERVAL_HAS_RTP_TS = 1u << 0, /* absent when nothing was received */
	ES_INTERVAL_HAS_JITTER = 1u << 1,
	ES_INTERVAL_HAS_DELAY_VARIATION = 1u << 2,
	ES_INTERVAL_HAS_LATE = 1u << 3,
	ES_INTERVAL_HAS_RECOVERED = 1u << 4,
	ES_INTERVAL_HAS_QUALITY = 1u << 5, /* r_milli, mos_lq_milli */
	ES_INTERVAL_HAS_MOS_CQ = 1u << 6,
	ES_INTERVAL_HAS_TERMS = 1u << 7, /* ie_eff_milli .. model_version, but for .. */
	ES_INTERVAL_HAS_ID = 1u << 8,    /* .. id_milli */
	ES_INTERVAL_HAS_CLEAN = 1u << 9, /* clean_mos_lq_milli */
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
	int32_t r_milli; /* scores and terms as in es_stream */
	uint32_t mos_lq_milli;
	uint32_t mos_cq_milli;
	uint32_t ie_eff_milli;
	uint32_t ie_discard_milli;
	uint32_t ie_burst_milli;
	uint32_t burst_relief_milli;
	uint32_t id_milli;
	uint32_t clean_mos_lq_milli; /* what the block's codec scores with nothing lost or late */
	enum es_band band;
	enum es_mos_basis basis;
	uint8_t model_version; /* of the band's model: 3 is "es-nb/3" */
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
	ES_STREAM_HAS_QUALITY = 1u << 8, /* r_milli, ie_eff_milli, mos_lq_milli, model, basis */
	ES_STREAM_HAS_MOS_CQ = 1u << 9,  /* mos_cq_milli, id_milli, mouth_to_ear_us */
	ES_STREAM_HAS_CLEAN = 1u << 10,  /* clean_mos_lq_milli */
	ES_STREAM_HAS_SKEW = 1u << 11,
	ES_STREAM_HAS_SRTP = 1u << 12,  /* signalling shows whether it is SRTP; else unknown */
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
	ES_STREAM_HAS_SRTP_CHECK = 1u << 23, /* srtp_checked, srtp_failed */
	ES_STREAM_HAS_SRTP_ROC = 1u << 24,
	ES_STREAM_HAS_CONCEALMENT = 1u << 25, /* concealed_packets .. receiver_by */
	ES_STREAM_HAS_MOS_P10 = 1u << 26,
	ES_STREAM_HAS_MOS_RECENCY = 1u << 27,
	ES_STREAM_HAS_PAUSES = 1u << 28, /* quiet_packets: derived constants know of them */
	ES_STREAM_HAS_DEVICE = 1u << 29, /* device_us */
	ES_STREAM_HAS_TERMS = 1u << 30,  /* ie_discard_milli .. burst_relief_milli */
};

/* Where the modelled receiver was learned from. */
enum es_receiver_by {
	ES_RECEIVER_BY_NOBODY = 0, /* a record from before there was such a field */
	ES_RECEIVER_BY_DEFAULT = 1,
	ES_RECEIVER_BY_CONFIG = 2,
	ES_RECEIVER_BY_END = 3,   /* the one that hears the stream, in a report */
	ES_RECEIVER_BY_AGENT = 4, /* its User-Agent or Server: a product known to adapt */
	ES_RECEIVER_BY_CLASS = 5, /* what it is: an endpoint of WebRTC */
};

/* What a stream carries. */
enum es_stream_kind {
	ES_KIND_UNKNOWN = 0, /* not announced, and the payload type does not show it */
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
	ES_FINDING_BYE = 1u << 7,           /* its source sent RTCP BYE */
	ES_FINDING_ZERO_SSRC = 1u << 8,
	ES_FINDING_ICE =
	    1u << 9, /* STUN on its 5-tuple led to its call, SDP alone would not have */
	ES_FINDING_SRTP_KEY = 1u << 10,       /* fits no key that its call negotiated */
	ES_FINDING_SRTP_ROC = 1u << 11,       /* its sender lost its rollover counter */
	ES_FINDING_SRTP_MKI = 1u << 12,       /* fits a key, but names another one, or none */
	ES_FINDING_STOPPED = 1u << 13,        /* fell silent while the other direction continued */
	ES_FINDING_CLOCK_MISMATCH = 1u << 14, /* timestamps run at another rate than the codec's */
	ES_FINDING_WITHDRAWN = 1u << 15, /* fell silent when SDP named another host in its place */
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
	ES_UNSCORED_CLOCK_MISMATCH = 6, /* what came late cannot be known */
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
	uint64_t packets;     /* as docs/METRICS.md counts "packets" */
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
	uint32_t mos_p10_milli;        /* a tenth of the blocks score as low or lower */
	uint32_t mos_lq_recency_milli; /* TS 101 329-5 Annex E: the last burst counts for more */
	uint32_t ie_eff_milli;         /* G.107 Ie,eff: codec, loss and discard; Ro - R + relief */
	uint32_t ie_discard_milli;     /* of it: late packets, waits and moves of the buffer */
	uint32_t ie_burst_milli;       /* of it: losses in a row beyond as many lone ones */
	uint32_t burst_relief_milli; /* as above, for losses in a row milder than those; wideband */
	uint32_t id_milli;           /* G.107 Id: delay */
	uint32_t mouth_to_ear_us;
	uint32_t device_us;         /* of it, what the ends add: packet, lookahead, buffer; mean */
	uint64_t concealed_packets; /* lost or late, and not given back: by the modelled receiver */
	uint64_t concealed_runs;
	uint32_t burst_ratio_milli; /* G.107 BurstR of them */
	uint32_t freezes;           /* times its buffer ran empty and waited */
	uint64_t frozen_us;
	uint32_t buffer_moves;  /* frames it put in or left out to grow and shrink */
	uint64_t quiet_packets; /* received in a pause of the sender, by their payload or level */
	uint32_t receiver_ms;   /* depth of the modelled buffer, 0: adaptive */
	enum es_receiver_by receiver_by;
	/* What it would score with nothing lost or late: its codecs in the shares they have in mos_lq. */
	uint32_t clean_mos_lq_milli;
	uint32_t scored_ppm; /* part of its packets that R and MOS stand for, 0: all of them */
	uint64_t worst_block;
	uint32_t worst_mos_lq_milli;
	enum es_band band;
	enum es_mos_basis basis;
	es_slice model; /* "es-nb/3" */
	uint32_t
	    clock_ratio_ppm; /* rate of its timestamps over the codec's; with the finding, else 0 */
	int32_t skew_ppb;    /* sender's clock against the capture clock, parts per billion */
	uint8_t dscp;
	uint8_t ttl; /* of the first packet */
	bool srtp;
	es_slice call_id; /* empty where no signalling claimed the stream */
	/* Legs of a B2BUA that announced the same media, without call_id, in the order they began. */
	es_slice other_call_ids[ES_STREAM_OTHERS_MAX];
	uint32_t n_other_call_ids;
	enum es_seen seen;
	enum es_stream_kind kind;
	uint32_t findings; /* ES_FINDING_ bits */
	enum es_unscored unscored;
	uint32_t
	    loss_run[ES_LOSS_RUN_BINS]; /* how many runs of each length were lost in the network */
	uint32_t loss_run_max;          /* packets of the longest of them */
	uint32_t concealed_s;           /* seconds with something lost or late, and not repaired */
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
	    comfort_noise_packets; /* RFC 3389, and silence descriptors where they are recognised */
	uint32_t silences;         /* jumps of the timestamp at consecutive numbers: DTX */
	uint32_t reordered_max;    /* how far behind the highest a packet came, in packets */
	int8_t level_dbov;         /* mean of RFC 6464, -127..0 */
	uint32_t speech_ppm;       /* packets with its V bit */
	uint32_t repairs_ssrc;     /* of RTX and FEC: the stream they repair */
	uint32_t follows_ssrc;     /* the SSRC before it on its leg */
	es_slice mid;              /* RFC 8843 BUNDLE, empty without */
	uint32_t srtp_checked;     /* packets held against the keys of the call, RFC 3711 */
	uint32_t srtp_failed;      /* of them: no key of the call fits, or their MKI is not its */
	uint32_t srtp_roc;         /* rollover counter of the last one that fitted */
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
	ES_CALL_HAS_SESSION_EXPIRES = 1u << 10,
	ES_CALL_HAS_BEGUN = 1u << 11,
};

enum es_transport {
	ES_TRANSPORT_UNKNOWN = 0,
	ES_TRANSPORT_UDP = 1,
	ES_TRANSPORT_TCP = 2,
	ES_TRANSPORT_WS = 3,  /* RFC 7118 */
	ES_TRANSPORT_HEP = 4, /* handed on by another agent */
	ES_TRANSPORT_TLS = 5, /* SIP in TLS, read with its keys */
	ES_TRANSPORT_WSS = 6, /* WebSocket in TLS, likewise */
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
	es_slice dialled;        /* "user@host" of the Request-URI, if not To's user; never sent */
	es_slice replaces;       /* Call-ID named by Replaces, RFC 3891 */
	es_slice replaced_by;    /* Call-ID of the call that replaced this one */
	es_slice icid;           /* P-Charging-Vector, RFC 7315 section 5.6 */
	es_slice user_to_user;   /* RFC 7433, as sent */
	es_slice custom_key;     /* of the configured header */
	es_slice caller_contact; /* host and port, no user */
	es_slice callee_contact;
	es_slice caller_agent; /* User-Agent or Server */
	es_slice callee_agent;
	uint32_t session_expires_s; /* RFC 4028, as the last 2xx that refreshed the call agreed */
	enum es_party session_refresher;
	bool is_session_expired;  /* it ended because no refresh came, RFC 4028 section 10 */
	const uint16_t *statuses; /* distinct responses to the INVITEs in order, 100 included */
	uint32_t n_statuses;
	es_time begun; /* where start has moved since: the first word of it */
};

/*
 * The instant at which a call began. It distinguishes the calls that use one Call-ID at one vantage point, one
 * after the other, and does not change while a call lasts.
 */
static inline es_time
es_call_begun(const struct es_call *c)
{
	return (c->has & ES_CALL_HAS_BEGUN) != 0 ? c->begun : c->start;
}

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

struct es_signal_value {
	uint16_t signal; /* enum es_signal */
	int64_t value;   /* in the signal's unit */
};

/* A machine's own health over [start, end). Signals not listed are as in the record before, unless full. */
struct es_host {
	es_time start;
	es_time end;
	bool full;          /* everything known is listed */
	bool synthetic;     /* made up, for a demonstration: no machine was in this state */
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
	bool synthetic;   /* made up, for a demonstration */
};

enum es_loss_reason {
	ES_LOSS_QUOTA = 1, /* spool over its bytes */
	ES_LOSS_AGE = 2,
	ES_LOSS_FREE_SPACE = 3, /* of the disk */
	ES_LOSS_MEMORY = 4,     /* the sensor's ring of records not yet acked was full */
	ES_LOSS_DISK = 5,       /* the disk refused or damaged them */
	ES_LOSS_REFUSED = 6, /* the shipper could not read them, or the collector not take them */
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
