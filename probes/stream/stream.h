/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One RTP stream: SSRC on a 5-tuple between two restarts. Its state in parts, and functions that read it. What a
 * packet does to it is in sequence.c and arrival.c, blocks in window.c, restarts in restart.c.
 *
 * Life: unproven (no signalling announced it; on probation), open, ended (only its key is kept for a while, so
 * that the same SSRC coming back gets a new restart number instead of overwriting the record that was sent).
 */
#ifndef EARSHOT_STREAM_STREAM_H
#define EARSHOT_STREAM_STREAM_H

#include "probes/base/context.h"
#include "probes/base/pool.h"
#include "probes/base/seq.h"
#include "probes/call/media_table.h"
#include "probes/call/payload.h"
#include "probes/quality/burst.h"
#include "probes/quality/concealed.h"
#include "probes/quality/dejitter.h"
#include "probes/quality/frozen.h"
#include "probes/quality/lossruns.h"
#include "probes/quality/opinion.h"
#include "probes/quality/timing/jitter.h"
#include "probes/quality/timing/pace.h"
#include "probes/quality/timing/sender.h"
#include "probes/quality/timing/skew.h"
#include "probes/quality/timing/variation.h"
#include "probes/stream/changes.h"
#include "probes/stream/copies.h"
#include "probes/stream/delay_path.h"
#include "probes/stream/steps.h"

#include <assert.h>
#include <stdalign.h>
#include <stddef.h>

enum {
	ES_SEQ_DROPOUT = 3000, /* RFC 3550 appendix A.1: further forward is a jump */
	ES_SEQ_MISORDER = 100, /* further back is stale or a restart */
	ES_WINDOW_SEQS = 2 * ES_BLOCK_SEQS,
	ES_BLOCK_CLOSE_SEQS = 128, /* a block closes when the highest is this far past its end */
	ES_STREAM_PAYLOADS = 4,    /* payload types distinguished in one stream */
	ES_STREAM_HELD = 2,        /* packets behind a jump that wait for their confirmation */
	ES_STREAM_REPORTS = 2,     /* sender reports remembered for round trips */
};

/* Lists of streams that may take turns: siblings.h. */
enum es_siblings { ES_SIBLINGS_SSRC = 0, ES_SIBLINGS_TARGET, ES_SIBLINGS_KINDS };

struct es_links {
	uint32_t next; /* index of a stream, ES_POOL_NONE */
	uint32_t prev;
};

/* What showed the media line of a stream, in order of weight (RFC 8843 section 9.2). */
enum es_line_by { ES_LINE_BY_NOTHING = 0, ES_LINE_BY_TYPE, ES_LINE_BY_SSRC, ES_LINE_BY_MID };

/* RFC 6464, added up. */
struct es_levels {
	uint64_t sum; /* of -dBov */
	uint32_t packets;
	uint32_t speech;
};

enum es_stream_life { ES_STREAM_UNPROVEN = 0, ES_STREAM_OPEN, ES_STREAM_ENDED };

/* One RTP packet as the stream sees it. */
struct es_arrival {
	es_time at;
	uint32_t ts;
	uint16_t seq;
	uint16_t ip_id;
	uint16_t udp_checksum;
	uint16_t datagram_bytes; /* UDP payload as sent, low 16 bits */
	uint16_t payload_bytes;  /* RTP payload as sent, low 16 bits */
	uint8_t
	    capture_point; /* interface, direction and tunnel, to recognise copies of the capture */
	uint8_t pt;
	uint8_t dscp;
	uint8_t ttl;
	bool marker;
	bool has_extension; /* of RFC 8285 */
	bool has_ip;        /* dscp, ttl: HEP hands on what was inside of IP only */
};

/* What is collected about a block until it closes. A part after a silence begins a new one. */
struct es_block {
	es_time first_at;
	es_time last_at;
	uint32_t low_ts; /* of the lowest number received */
	uint8_t low;     /* which one: its place in the block */
	uint8_t coverage_flags;
	bool has_jitter;
	bool has_late;
	uint16_t received;
	uint16_t reordered;
	uint16_t duplicates;
	uint16_t capture_duplicates;
	uint16_t identical;     /* copies: the whole block decides if the capture made them */
	uint16_t doubled;       /* packets with an identical copy */
	uint16_t codec_numbers; /* of the codec that ended in it with most of its numbers .. */
	uint8_t codec;          /* .. which is this payload */
	uint32_t jitter_us;
	uint32_t dropped; /* by the capture, with ES_COV_DROPS */
	struct es_variation variation;
};

/* What most packets have, if most have the same (Boyer and Moore). */
struct es_vote {
	uint16_t usual;
	uint16_t votes; /* each other value takes one */
};

static inline void
es_vote_cast(struct es_vote *v, uint16_t value)
{
	if (v->usual == value)
		v->votes = (uint16_t)(v->votes + (v->votes < UINT16_MAX));
	else if (v->votes > 0)
		v->votes--;
	else
		v->usual = value;
}

struct es_stream_payload {
	struct es_payload is;
	uint32_t packets;
	uint32_t step; /* units per packet, of the longest time it was spoken before, 0: unknown */
	uint32_t step_of;        /* from so many packets */
	bool is_past;            /* its payload type means another codec by now */
	uint8_t slot;            /* below ES_STREAM_PAYLOADS */
	struct es_vote bytes;    /* of its payloads */
	struct es_vote amr_mode; /* 1 + frame type, where payloads are read */
	struct es_pace pace;     /* of its timestamps against the time here */
};

/* A packet time as divided last: each packet needs it, and it seldom changes. */
struct es_stream_ptime {
	uint32_t step; /* at most rate_hz; 0: none */
	uint32_t rate_hz;
	uint32_t us;
};

/* When an NTP time that the far end will answer passed here. */
struct es_sender_report {
	uint32_t ntp_middle; /* 0: none */
	es_time at;
};

struct es_pauses;

/* Its identity and its place: what stays when it begins again. */
struct es_stream_id {
	struct es_stream_key key;
	uint32_t index; /* of itself in the pool */
	uint32_t flow;  /* and the next stream of that flow */
	uint32_t flow_next;
	uint32_t deadline; /* heap id */
	uint64_t serial;
	struct es_links sibling[ES_SIBLINGS_KINDS]; /* with is_listed: siblings.h */
	bool is_listed;
};

/* The call and the media line it belongs to, and its properties from them. */
struct es_stream_owner {
	uint32_t call;  /* dialog it belongs to, ES_POOL_NONE */
	uint32_t media; /* announced address that claimed it, ES_POOL_NONE */
	uint64_t media_generation;
	uint32_t call_next;    /* the next stream of that dialog */
	uint32_t follows_ssrc; /* with has_follows: the one before it on its leg */
	es_time call_end;      /* when its dialog ended; 0: it has not */
	uint32_t repairs_ssrc;
	bool has_repairs;
	bool has_follows;
	bool is_borrowed; /* the types of its media line were announced for the reverse direction */
	bool is_first_of_direction;
	uint8_t media_kind; /* enum es_stream_kind in SDP */
	uint8_t line;       /* its media line: by payload type, better by SSRC, best by MID */
	uint8_t line_by;    /* enum es_line_by */
};

/* Packets that are not simply the next one. */
struct es_stream_count {
	uint64_t duplicates; /* without identical copies in open blocks */
	uint64_t capture_duplicates;
	uint64_t reordered;
	uint64_t stale;
	uint64_t late;
	uint64_t recovered;
	bool is_mirrored; /* the last block judged was doubled by the capture */
};

/* Arrival against the media clock. Most of it moves with every packet, the sum with every block. */
struct es_stream_clock {
	struct es_transit transit;
	struct es_jitter jitter;
	struct es_skew skew;
	es_time looked_at;         /* up to when pace was looked at, 0: there was no clock yet .. */
	int64_t looked_transit_ns; /* .. and the transit then */
	uint64_t looked_distinct;
	int64_t looked_ahead_ns; /* since then, by packets whose timestamp ran ahead .. */
	uint32_t looked_ahead;   /* .. and looked reset, so many */
	struct es_variation_sum variation;
};

/* The receiver that is modelled. */
struct es_stream_receiver {
	struct es_dejitter dejitter;
	uint32_t moves_reported; /* of the buffer, into judged blocks .. */
	uint32_t moves_then;     /* .. and how many there were when the codec changed */
	uint8_t by;              /* enum es_receiver_by: who reported the modelled buffer */
	bool has_no_concealment; /* its receiver reported so */
};

/* What each block that closes adds to. */
struct es_stream_quality {
	uint64_t clean; /* packets judged and .. */
	uint64_t moved; /* .. frames that moved the buffer, before there was any damage */
	struct es_opinion opinion;
	struct es_concealed concealed;
	struct es_delay_path path;
};

/* What comes of the first packet that is lost or late, or of a modelled buffer that ran empty. */
struct es_stream_damage {
	uint64_t late_at[ES_WINDOW_SEQS / 64]; /* numbers, ring */
	struct es_effective_loss effective;    /* of all packets judged, like the burst */
	struct es_burst burst;
	struct es_lossruns lost_runs;
	struct es_frozen frozen;
};

/* The numbers that may still come, and the packets that came last. */
struct es_stream_window {
	uint64_t got[ES_WINDOW_SEQS / 64]; /* numbers received, ring */
	struct es_block block[2];          /* of number / 256 % 2 */
	struct es_copies copies;
};

/* The codecs it speaks: coding.h. */
struct es_stream_coding {
	struct es_stream_payload *now;   /* of the packet before */
	struct es_stream_payload *audio; /* of the last one of audio, in the order of numbers .. */
	uint64_t audio_since;            /* .. whose codec has been spoken from this number on */
	struct es_stream_ptime ptime;
	uint8_t n_payloads;
	struct es_steps steps;
	struct es_stream_payload first;
	struct es_stream_payload *others; /* the further slots; NULL: it has one type */
};

/* NTP times it sent that wait for their answer, the last ones. */
struct es_stream_reports {
	struct es_sender_report at[ES_STREAM_REPORTS];
	uint8_t next;
};

static inline void
es_stream_reports_add(struct es_stream_reports *r, uint32_t ntp_middle, es_time at)
{
	r->at[r->next] = (struct es_sender_report){ ntp_middle, at };
	r->next = (uint8_t)((r->next + 1) % ES_STREAM_REPORTS);
}

/* What came behind a jump and waits for another packet. */
struct es_stream_jump {
	struct es_arrival held[ES_STREAM_HELD];
	uint8_t held_more;    /* further copies of the held packet, counted like the last of them */
	bool is_held_past;    /* the held one may be of a sender that begins again */
	bool has_delayed;     /* with delayed_seq */
	uint16_t delayed_seq; /* last of the old packets that came while the stream ran on */
};

/* Of a stream that alternates with another path: detour.h. */
struct es_stream_return {
	uint64_t first;    /* where it came back to this path last, 0: it never left .. */
	uint64_t missed;   /* .. without so many numbers in a row, which went elsewhere .. */
	uint32_t ts;       /* .. with this timestamp */
	bool numbers_none; /* it came back once without a gap, while another one took over */
};

/* What nearly no stream has. */
struct es_stream_rare {
	struct es_stream_jump jump;
	struct es_stream_return returned;
	struct es_stream_reports references; /* receiver reference times, XR */
	struct es_levels levels;
	uint8_t mid_bytes;
	char mid[ES_MID_MAX_BYTES];
};

/* What only its record needs. */
struct es_stream_record {
	es_time start;
	uint32_t first_ts; /* of the packet that carried lowest */
	uint32_t findings; /* ES_FINDING_ bits found while it runs */
	struct es_coverage coverage;
	uint8_t dscp; /* of the first packet that had an IP header */
	uint8_t ttl;
};

/* What few streams have, in pools of their own. */
struct es_stream_side {
	uint64_t *recovered_at;          /* ring of numbers given back; NULL: no scheme seen */
	struct es_pauses *pauses;        /* NULL: no pause was seen */
	struct es_stream_rare *rare;     /* NULL: it has none of it; with n_held it has */
	struct es_stream_damage *damage; /* NULL: nothing was lost or late yet */
	struct es_sender *sender;        /* of one that is seen leaving its sender; NULL */
};

/*
 * In the order in which a packet touches it: the id as it is found, what every packet reads and changes, its
 * codec, its clock, its window, its buffer. Then what blocks, records and few streams need.
 */
struct es_stream_state {
	alignas(ES_POOL_LINE) struct es_stream_id id;

	uint8_t life;
	bool is_secure; /* with has_signalling */
	bool has_signalling;
	bool wants_refresh; /* the call's SDP changed, or another call took the address */
	bool has_pair;      /* while unproven: two of its packets were in sequence (probation.h) */
	bool was_silent;    /* silence closed its blocks and nothing came since */
	bool was_marked;    /* the packet of audio before: a marker on every packet means nothing */
	bool has_ip;        /* record.dscp, record.ttl, and their changes */
	bool has_late;
	uint8_t seen;     /* enum es_seen */
	uint8_t n_held;   /* jump.held */
	uint8_t level_id; /* header extensions to look for, 0: none */
	uint8_t mid_id;
	bool is_past;      /* the packet at hand may be of a sender that begins again */
	bool begins_again; /* its sender does, while the last record goes out */
	/* Coverage flags and drops since the highest number came: of what the next one begins or finds lost whole. */
	uint8_t since_flags;
	uint32_t since_dropped;
	uint32_t check; /* 1 + its place among the SRTP checks, 0: none */
	uint32_t highest_ts;
	es_time highest_at;
	es_time last_at; /* highest arrival time, of one that waits behind a jump too */
	es_time prev_at; /* highest arrival time of a packet measured */
	uint64_t highest;
	uint64_t lowest;
	uint64_t judged; /* numbers up to here went out in an interval */
	uint64_t oldest; /* the lowest block that is not closed for good */
	uint64_t distinct;
	int64_t delta_max_ns;
	struct es_changes changes;
	struct es_stream_owner owner; /* its call is read too */

	struct es_stream_coding coding;
	struct es_stream_clock clock;
	struct es_stream_window window;
	struct es_stream_receiver receiver;

	struct es_stream_count count;
	struct es_stream_quality quality;
	struct es_stream_record record;
	struct es_stream_reports reports;
	uint64_t elsewhere; /* numbers between lowest and highest that took another path */
	es_time run_at;     /* when it came to its path, first or again */
	struct es_stream_side side;
};

/* The first line finds it, the next three hold what every packet reads and changes. */
static_assert(offsetof(struct es_stream_id, deadline) < ES_POOL_LINE, "found in one line");
static_assert(
    offsetof(struct es_stream_state, owner.call_next) <= 4 * ES_POOL_LINE, "asked in three more");
static_assert(
    sizeof(struct es_stream_state) <= 32 * ES_POOL_LINE, "what few streams have is aside");

/* Numbers that were expected of it so far. */
static inline uint64_t
es_stream_expected(const struct es_stream_state *s)
{
	return s->highest - s->lowest + 1 - s->elsewhere;
}

/* Its kind by its codec; if the codec is unknown, by its media line. */
enum es_stream_kind es_stream_kind(const struct es_stream_state *s);

/* A payload of it, slot below coding.n_payloads. */
static inline const struct es_stream_payload *
es_stream_payload_at(const struct es_stream_state *s, unsigned slot)
{
	return slot == 0 ? &s->coding.first : &s->coding.others[slot - 1];
}

static inline bool
es_stream_is_same_codec(const struct es_stream_payload *a, const struct es_stream_payload *b)
{
	return a == b || es_payload_is_same_codec(&a->is, &b->is);
}

/* Packet time of the present codec; 0 if unknown, and if it is not audio. */
uint32_t es_stream_ptime_learned_us(const struct es_stream_state *s);

/* The same; as a rule it was divided before. */
static inline uint32_t
es_stream_ptime_us(const struct es_stream_state *s)
{
	const struct es_stream_payload *p = s->coding.audio;
	const struct es_stream_ptime *known = &s->coding.ptime;

	if (p->is.kind == ES_CODEC_AUDIO && s->changes.step == known->step &&
	    p->is.clock_rate_hz == known->rate_hz && known->step != 0)
		return known->us;
	return es_stream_ptime_learned_us(s);
}

/* The same of one of its payloads, and the units it moves the timestamp by; 0: unknown. */
uint32_t es_stream_ptime_of(const struct es_stream_state *s, const struct es_stream_payload *p);
uint32_t es_stream_step_of(const struct es_stream_state *s, const struct es_stream_payload *p);

/* What a payload of it does to speech; NULL if that is unknown, or without a payload type. */
const struct es_equipment *
es_stream_equipment(const struct es_stream_state *s, const struct es_stream_payload *p);

/*
 * Of the codec most packets carried the payload type most of them had, events and comfort noise apart;
 * NULL before the first.
 */
const struct es_stream_payload *es_stream_main_payload(const struct es_stream_state *s);

/* The extended number of a sequence number, near the highest. */
static inline uint64_t
es_stream_number(const struct es_stream_state *s, uint16_t seq)
{
	return s->highest + (uint64_t)(int64_t)es_seq_diff(seq, (uint16_t)s->highest);
}

static inline bool
es_window_has(const uint64_t *ring, uint64_t number)
{
	return (ring[number / 64 % (ES_WINDOW_SEQS / 64)] >> number % 64 & 1) != 0;
}

static inline void
es_window_set(uint64_t *ring, uint64_t number)
{
	ring[number / 64 % (ES_WINDOW_SEQS / 64)] |= UINT64_C(1) << number % 64;
}

/* A number that came after its playout time. */
static inline bool
es_stream_is_late(const struct es_stream_state *s, uint64_t number)
{
	return s->side.damage != NULL && es_window_has(s->side.damage->late_at, number);
}

/* The i-th packet that waits, below n_held + held_more: copies beyond those kept are like the last. */
static inline const struct es_arrival *
es_stream_held(const struct es_stream_state *s, unsigned i)
{
	unsigned last = s->n_held > 1 ? s->n_held - 1u : 0;

	return &s->side.rare->jump.held[i < last ? i : last];
}

/* How many wait. */
static inline unsigned
es_stream_count_held(const struct es_stream_state *s)
{
	return s->n_held == 0 ? 0 : (unsigned)s->n_held + s->side.rare->jump.held_more;
}

/* Where it came back to its path last; NULL: it never left. */
static inline const struct es_stream_return *
es_stream_return(const struct es_stream_state *s)
{
	const struct es_stream_rare *rare = s->side.rare;

	return rare != NULL && rare->returned.first != 0 ? &rare->returned : NULL;
}

/* The number it came to its path with, first or again. */
static inline uint64_t
es_stream_run_first(const struct es_stream_state *s)
{
	const struct es_stream_return *back = es_stream_return(s);

	return back != NULL ? back->first : s->lowest;
}

static inline struct es_block *
es_block_at(struct es_stream_state *s, uint64_t number)
{
	return &s->window.block[number / ES_BLOCK_SEQS % 2];
}

#endif
