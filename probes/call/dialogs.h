/* SPDX-License-Identifier: Apache-2.0 */
/*
 * INVITE dialogs, one record per call: what happened to the call, who ended it, how long each
 * step took (RFC 6076), where its media flows. What SDP says is read in offer.c.
 */
#ifndef EARSHOT_CALL_DIALOGS_H
#define EARSHOT_CALL_DIALOGS_H

#include "probes/call/calltext.h"
#include "probes/call/legs.h"
#include "probes/call/media_table.h"

enum {
	ES_CALL_ID_MAX_BYTES = 255, /* longer ones are counted and left alone */
	ES_CALL_PARTY_MAX_BYTES = 95,
	ES_CALL_UNANSWERED_S = 240, /* timer C of RFC 3261 is above 180 s */
	ES_CALL_CHALLENGED_S =
	    32,                /* 64 T1: who has not come back with credentials by then, will not */
	ES_CALL_LINGER_S = 32, /* an ended one is remembered for retransmissions */
	ES_CALL_SILENT_S = 7200,        /* answered, and not a sign of it */
	ES_CALL_ORDER_MS = 10,          /* two interfaces stamp and hand over so far apart */
	ES_EARLY_MEDIA_MIN_MS = 1000,   /* a 2xx may be lost once, and is sent again after T1 */
	ES_CALL_OPEN_STREAMS_MAX = 256, /* claimed at one time: what comes beyond is an orphan */
	ES_CALL_ADDRESSES_MAX = 64,     /* announced at one time: the oldest is replaced */
	ES_CALL_SOURCES_MAX = 16,       /* SSRCs that one side announced */
	ES_CALL_USES_MAX = 16,          /* of one Call-ID that are remembered at one time */
	ES_CALL_AGAIN_MS = 2000,        /* an INVITE so long after the end was not late */
};

/* Text kept inside a dialog; what is longer is cut. */
struct es_text_95 {
	uint8_t n;
	char text[ES_CALL_PARTY_MAX_BYTES];
};

enum es_dialog_step {
	ES_DIALOG_CALLING = 0, /* INVITE seen */
	ES_DIALOG_CHALLENGED,  /* 401 or 407: the attempt continues with credentials */
	ES_DIALOG_UP,          /* 2xx seen */
	ES_DIALOG_OVER,
};

/* An SSRC that a side announced to send, RFC 5576. */
struct es_source {
	uint32_t ssrc;
	uint32_t repairs; /* with has_repairs: the SSRC it retransmits or protects */
	bool has_repairs;
	uint8_t line; /* media line */
};

/* Serials of requests already counted, per sender: retransmissions are not new events. */
struct es_dialog_side {
	uint32_t invite_cseq;
	uint32_t refer_cseq;
	struct es_request moved_by; /* of the negotiation that moved its media last */
	bool is_invite_final;       /* the INVITE with invite_cseq has its last answer */
	bool has_offer;             /* SDP in its INVITE that waits for its answer */
	bool has_late_offer; /* SDP in the response to its INVITE without, not answered yet */
	bool has_refer;
	bool is_holding;
	bool can_talk; /* its last SDP: audio in both directions, with an address */
	uint8_t n_media;
	struct es_addr audio; /* where it wants its sound now */
	struct es_addr media[ES_CALL_MEDIA_MAX];
	uint8_t n_sources;
	struct es_source source[ES_CALL_SOURCES_MAX];
};

struct es_dialog {
	uint64_t serial;
	uint32_t index;
	uint32_t media; /* first announced address of it */
	uint32_t n_media;
	uint32_t pairs;   /* first pair of addresses that ICE showed of it */
	uint32_t streams; /* first open stream of it */
	uint32_t n_open;
	uint32_t deadline;
	enum es_dialog_step step;
	enum es_state state;
	bool began_unseen; /* its INVITE was not seen: no times */
	bool is_cancelled;
	bool is_changed; /* since the last record */
	bool has_ringing;
	bool has_early_sdp; /* a provisional response had the callee's */
	bool has_answer;    /* the 2xx itself was seen */
	bool is_replaced;   /* another call took its place, RFC 3891 */
	bool
	    is_delay_failed; /* the request delay ends at a failure: void if the attempt continues */
	bool has_bye;        /* bye_side, bye_cseq */
	bool is_bye_resent;
	bool is_bye_challenged;  /* it comes again with credentials */
	bool is_session_expired; /* it ended because no refresh came */
	uint16_t final_status;   /* of the first INVITE, 0 none yet */
	uint32_t has;
	enum es_party ended_by;
	es_time start;
	es_time begun;      /* first message of it: start, unless HEP reported it before */
	es_time ringing_at; /* first 180 */
	es_time answered_at;
	es_time acked_at;   /* the ACK of an answer that was not seen before it */
	es_time both_since; /* answered, and both sides can talk; 0: not now */
	es_time both_first; /* when that was first so */
	es_time both_last;  /* and last */
	es_time both_until; /* when it last ended */
	uint64_t both_ms;   /* how long in all, up to both_since */
	es_time ended_at;
	es_time seen_at;
	es_time media_at;           /* last packet of the streams that are over */
	es_time session_at;         /* of the last refresh, RFC 4028 */
	uint32_t session_expires_s; /* agreed then, 0: not bounded */
	enum es_party session_refresher;
	uint64_t request_delay_us;
	uint64_t setup_us;
	uint64_t ring_us;
	uint64_t duration_us;
	uint64_t post_dial_delay_us;
	uint64_t disconnect_delay_us;
	uint64_t early_media_us;
	enum es_transport transport;
	enum es_cause_space cause_space;
	uint16_t cause;
	uint8_t bye_side;
	uint32_t bye_cseq;
	uint32_t answer_cseq; /* of the INVITE that was answered: later ones change the call */
	uint32_t branches;
	uint32_t redirects;
	uint32_t challenges;
	uint32_t resent;
	uint32_t resent_reported; /* as in the last record */
	uint32_t codec_changes;
	uint32_t media_moves;
	uint32_t diversions;
	struct es_addr invite_src;
	struct es_addr invite_dst;
	uint32_t max_forwards;
	uint32_t holds;
	uint32_t transfers;
	uint32_t held;          /* first offer of it that waits for its answer */
	struct es_addr ends[2]; /* hosts of its media: partners.h; family 0: not known */
	uint32_t newer;         /* calls of the same hosts, ES_POOL_NONE */
	uint32_t older;
	uint64_t
	    shared_generation; /* of the SDP of another call that last announced its addresses */
	uint8_t id_bytes;
	uint8_t n_codecs;
	uint8_t codec_now; /* 1 + index of the one agreed on, 0: none yet */
	uint8_t n_streams;
	uint8_t n_statuses;
	uint16_t status[ES_CALL_STATUSES_MAX];
	char id[ES_CALL_ID_MAX_BYTES];
	struct es_legs legs;
	struct es_calltext text;
	struct es_text_95 from;
	struct es_text_95 to;
	struct es_dialog_side side[2]; /* caller, callee */
	struct es_payload codec[ES_CALL_CODECS_MAX];
	struct es_call_stream stream[ES_CALL_STREAMS_MAX];
	struct es_coverage coverage;
};

struct es_dialogs {
	struct es_context *c; /* kept */
	struct es_pool pool;
	struct es_table table;
	struct es_table pairs; /* newest calls of pairs of media hosts: partners.h */
	struct es_eviction eviction;
	uint32_t n_up; /* in progress */
};

/* The pointers must be set. ES_ENOMEM. */
int es_dialogs_new(struct es_dialogs *t, uint32_t cap);
void es_dialogs_free(struct es_dialogs *t);

static inline struct es_dialog *
es_dialog_at(const struct es_dialogs *t, uint32_t index)
{
	return es_pool_at(&t->pool, index);
}

static inline es_slice
es_dialog_id(const struct es_dialog *d)
{
	return es_slice_of(d->id, d->id_bytes);
}

/* All with this Call-ID, the newest first; returns how many, ES_CALL_USES_MAX at most. */
unsigned
es_dialogs_uses(const struct es_dialogs *t, es_slice call_id, uint32_t uses[ES_CALL_USES_MAX]);

/* Whether a use of the Call-ID is up and one of its sides holds it. */
bool es_dialogs_is_held(const struct es_dialogs *t, es_slice call_id);

/*
 * A new one; the pool must have room. Its deadline is set. ES_POOL_NONE: no room.
 */
uint32_t
es_dialogs_take(struct es_dialogs *t, es_slice call_id, const struct es_addr *src, es_time at);

/* Which one a full pool gives up. */
uint32_t es_dialogs_victim(struct es_dialogs *t);

/* Gives it back; its streams must have been let go. */
void es_dialogs_drop(struct es_dialogs *t, uint32_t index);

/* When it is given up if nothing more happens to it. */
es_time es_dialog_due(const struct es_dialog *d);

/* Sets its deadline again, after something happened to it. */
void es_dialog_rearm(struct es_dialogs *t, struct es_dialog *d);

/* Adds a stream to the list its record carries, once per 5-tuple and SSRC. False: it is there, or no room. */
bool es_dialog_add_stream(struct es_dialog *d, const struct es_stream_key *key);

/* Keeps a text for its record, once; what finds no room is counted. */
void
es_dialog_text(struct es_dialogs *t, struct es_dialog *d, enum es_calltext_key key, es_slice text);

/* RTP of the call began; from_callee: towards the caller. */
void es_dialog_media_began(struct es_dialog *d, es_time at, bool from_callee);

/*
 * Media take a shorter path than SIP and may overtake the answer. Only what was announced before, or ran for
 * longer than an answer can take, is early media. answered_at: the 2xx, or its ACK.
 */
void es_dialog_judge_early_media(struct es_dialog *d, es_time answered_at);

/* Emits its record with its present state. */
void es_dialog_emit(struct es_dialogs *t, struct es_dialog *d, es_time at);

/* Moves it to another state and keeps the count of those in progress. */
void es_dialog_state(struct es_dialogs *t, struct es_dialog *d, enum es_state state);

#endif
