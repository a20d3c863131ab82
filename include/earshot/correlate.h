/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Correlation: records of several vantage points in, one explained call out.
 *
 * Pure like the engine: no I/O, no clock, allocates in es_correlate_new only. The order in which
 * records are added does not matter, nor do the clocks of the vantage points: nothing in the result
 * depends on them but `start` and the clock offsets. es_correlate_solve may be called again after more records.
 */
#ifndef EARSHOT_CORRELATE_H
#define EARSHOT_CORRELATE_H

#include "earshot/error.h"
#include "earshot/record.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
	ES_CORRELATE_VANTAGES_MAX = 64,
	ES_PATH_MAX = 16, /* vantage points on the path of one call */
	ES_CAUSES_MAX = 12,
	ES_EVIDENCE_MAX = 24,
	ES_EVIDENCE_TEXT_MAX = 400,
	ES_JOINS_MAX = 32, /* reasons kept of one call */
};

/* 0 in a limit means its default. */
struct es_correlate_config {
	uint8_t hash_key[16]; /* random per run; results do not depend on it */
	uint32_t max_sources; /* streams held; default 4096 */
	uint32_t max_blocks;  /* interval records held; default 65536 */
	uint32_t max_missing; /* runs of missing numbers held; default 262144 */
	uint32_t max_calls;   /* call records held; default 2048 */
	uint32_t max_host;    /* host samples and changes held; default 32768 */
	uint32_t text_bytes;  /* strings held; default 1 MiB */
};

/* Names of docs/CORRELATION.md. X(NAME, "json_name") */
#define ES_CAUSES(X)                        \
	X(UNKNOWN, "unknown")               \
	X(NETWORK_LOSS, "network_loss")     \
	X(NETWORK_JITTER, "network_jitter") \
	X(ONE_WAY, "one_way")               \
	X(SENDER_STARVED, "sender_starved") \
	X(WIFI, "wifi")                     \
	X(CPU, "cpu")                       \
	X(VPN, "vpn")                       \
	X(POLICY, "policy")                 \
	X(FAR_SIDE, "far_side")             \
	X(CODEC, "codec")                   \
	X(CONGESTION, "congestion")         \
	X(MEMORY, "memory")                 \
	X(DISK, "disk")                     \
	X(NIC, "nic")                       \
	X(LAN, "lan")                       \
	X(GATEWAY, "gateway")               \
	X(ISP, "isp")                       \
	X(DNS, "dns")                       \
	X(POWER, "power")                   \
	X(AUDIO, "audio")                   \
	X(SIGNALLING, "signalling")

enum es_cause {
#define X(name, json) ES_CAUSE_##name,
	ES_CAUSES(X)
#undef X
};

enum es_verdict_state { ES_VERDICT_UNKNOWN, ES_VERDICT_CLEAN, ES_VERDICT_DEGRADED };

enum es_direction_name { ES_FORWARD = 0, ES_REVERSE = 1, ES_BOTH = 2 };

enum {
	ES_SEGMENT_HAS_EXPECTED = 1u << 0,
	ES_SEGMENT_HAS_LOST = 1u << 1, /* absent where sequence numbers do not survive */
	ES_SEGMENT_HAS_LATE = 1u << 2,
	ES_SEGMENT_HAS_DELAY_VARIATION = 1u << 3,
	ES_SEGMENT_HAS_ROUND_TRIP = 1u << 4,
};

/* From one vantage point to the next, in the direction's sense. */
struct es_segment {
	es_slice from;
	es_slice to;
	uint32_t has;
	uint64_t expected;        /* distinct packets seen at from */
	uint64_t lost;            /* those never seen at to */
	uint64_t unseen_upstream; /* seen at to, never at from: lost by from's capture */
	uint64_t late;            /* estimate: difference of both ends' figures, floored at 0 */
	uint32_t delay_variation_p95_us; /* estimate, likewise */
	uint32_t
	    round_trip_us; /* there and back: each clock's error is in it twice, with either sign */
};

struct es_direction {
	enum es_direction_name name;
	es_slice from;
	es_slice to;
	bool has_mos_lq;
	uint32_t mos_lq_milli; /* of the last vantage point */
	bool has_mos_cq; /* both ends are at terminals, and the round trip between them is known */
	uint32_t mos_cq_milli;
	uint32_t mouth_to_ear_us; /* half of the round trip, and what the ends add */
	uint32_t blocks;          /* judged */
	uint32_t bad_blocks;
	struct es_segment segments[ES_PATH_MAX];
	uint32_t n_segments;
};

/* A vantage point that sees several legs of one call is listed once per leg, as NAME/1, NAME/2. */
struct es_leg {
	es_slice vantage;
	enum es_role role;
	es_slice call_id; /* empty: no signalling seen there */
	es_time start;    /* of its call, from the call's record; 0: unknown */
	const struct es_call_stream *streams;
	const enum es_direction_name *directions; /* of each of them; ES_BOTH: not known */
	uint32_t n_streams;
	bool has_clock_offset;
	/*
	 * Its clock less that of the first leg, as packets that both saw show it. Where all of them ran in one
	 * direction, their delay is in it. Not part of the JSON object.
	 */
	int64_t clock_offset_us;
	/*
	 * Its beginning and the end of its media, by its own clock: what its streams carried before and after
	 * is of other calls. Not part of the JSON object.
	 */
	es_time from;
	es_time to;
};

struct es_ranked_cause {
	enum es_cause cause;
	uint32_t confidence_ppm;
	bool is_synthetic; /* it rests on records of a machine that were made up */
};

/*
 * A sentence: what, where, when, how much. Its parts for programs are there where they are known. Times count from
 * the start of the call, on the clock of the vantage point.
 */
struct es_evidence {
	char text[ES_EVIDENCE_TEXT_MAX];
	uint16_t signal;  /* enum es_signal; 0: it is about no signal */
	es_slice vantage; /* empty: about no single one */
	bool has_period;
	int64_t from_ms;
	int64_t to_ms;
	bool has_value;
	int64_t value_milli;
	const char *unit;  /* "" = a plain count or no number at all (has_value false) */
	bool is_synthetic; /* it rests on records of a machine that were made up */
};

struct es_verdict {
	enum es_verdict_state state;
	bool has_segment;
	es_slice segment_from; /* in the forward sense where direction is both */
	es_slice segment_to;
	enum es_direction_name segment_direction;
	uint32_t n_one_of; /* above 0: one of these, a vantage point is missing */
	struct {
		es_slice from;
		es_slice to;
	} one_of[ES_PATH_MAX];
	struct es_ranked_cause causes[ES_CAUSES_MAX]; /* best first; none unless degraded */
	uint32_t n_causes;
	struct es_evidence evidence[ES_EVIDENCE_MAX];
	uint32_t n_evidence;
};

/* Why two legs are one call; strongest first. X(NAME, "json_name") */
#define ES_JOINS(X)                     \
	X(CALL_ID, "call_id")           \
	X(SESSION_ID, "session_id")     \
	X(X_CALL_ID, "x_call_id")       \
	X(ICID, "icid")                 \
	X(CONFIGURED, "configured_key") \
	X(USER_TO_USER, "user_to_user") \
	X(PARTIES, "parties")           \
	X(MEDIA, "media")

enum es_join_reason {
#define X(name, json) ES_JOIN_##name,
	ES_JOINS(X)
#undef X
};

/* a and b index legs of the same es_explained. */
struct es_join {
	uint32_t a;
	uint32_t b;
	enum es_join_reason reason;
	uint32_t weight_ppm; /* how sure this one reason is */
	uint32_t pairs;      /* with MEDIA: equal (sequence number, RTP timestamp) pairs */
};

/* One joined call: the object of docs/CORRELATION.md. Everything in it is borrowed for the callback. */
struct es_explained {
	es_slice call;
	es_time start;
	uint64_t duration_us;
	bool has_duration;
	es_slice from; /* "user@host" of From and To, as the records have them; empty: not seen */
	es_slice to;
	uint32_t final_status; /* that the caller got; 0: not known */
	struct es_leg legs[ES_PATH_MAX];
	uint32_t n_legs;
	struct es_direction directions[2];
	uint32_t n_directions;
	struct es_verdict verdict;
	struct es_join joins[ES_JOINS_MAX]; /* not part of the JSON object */
	uint32_t n_joins;
	const es_slice *missing; /* vantage points that should have been heard and were not */
	uint32_t n_missing;
};

struct es_correlate;

/*
 * Makes a correlation with room as cfg says, which is copied; NULL: the defaults. Returns 0 and *out, which
 * es_correlate_free frees, ES_EINVALID (above a limit), or ES_ENOMEM.
 */
int es_correlate_new(const struct es_correlate_config *cfg, struct es_correlate **out);

/*
 * Declares a vantage point; the order of declaration is the last resort of the path order.
 * name is copied. Returns its number (>= 0), ES_EFULL, or ES_EINVALID for a name given before.
 */
int es_correlate_vantage(struct es_correlate *c, es_slice name, enum es_role role);

/*
 * Names a vantage point whose records could not be had, so that each explained call says that the answer was
 * found without it. name is copied; twice the same counts once. Returns 0 or ES_EFULL.
 */
int es_correlate_missing(struct es_correlate *c, es_slice name);

/*
 * Takes a copy of what it needs of a record seen at vantage. Records of the machine (host, change,
 * health, loss) belong to the vantage point on that machine. Returns 0, ES_EFULL (a limit of the
 * configuration is reached; the record is left out and counted), or ES_EINVALID.
 */
int es_correlate_add(struct es_correlate *c, int vantage, const struct es_record *rec);

/*
 * A host timeline from `earshot explain`: its clock is that of the vantage point's capture.
 * Same as es_correlate_add for every vantage point whose name is host or begins with "host/".
 */
int es_correlate_add_host(struct es_correlate *c, es_slice host, const struct es_record *rec);

/*
 * Records left out because a limit was reached, and calls that were reported as one with others of their
 * Call-ID for want of room.
 */
uint64_t es_correlate_refused(const struct es_correlate *c);

/*
 * Comparisons of streams, legs and calls that the last solve made: what it costs, the same on every
 * machine. It grows with the records, not with their square.
 */
uint64_t es_correlate_steps(const struct es_correlate *c);

/*
 * Joins, compares and judges; calls back once per joined call, in order of (start, call). The call is
 * borrowed for the callback. Returns 0, or ES_EFULL when the memory of the correlation did not suffice:
 * then some calls or all of them were not reported.
 */
int es_correlate_solve(
    struct es_correlate *c, void (*call)(void *ctx, const struct es_explained *call), void *ctx);

/* NULL is fine. */
void es_correlate_free(struct es_correlate *c);

/*
 * The object of docs/CORRELATION.md as one line of JSON without a line break, into a writer of base/json.h.
 * (Declared here so that the command line and the collector print the same bytes.)
 */
struct es_json;
void es_explained_json(const struct es_explained *call, struct es_json *out);
/* The value of its "call": a Call-ID as base/call_id.h writes it, or rtp: and an SSRC. */
void es_explained_name_json(const struct es_explained *call, struct es_json *out);

/* Names in JSON: constant, "unknown" for a value without a name. */
const char *es_cause_name(enum es_cause cause);
const char *es_join_name(enum es_join_reason reason);

#ifdef __cplusplus
}
#endif

#endif
