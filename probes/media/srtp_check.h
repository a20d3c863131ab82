/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the packets of a secure stream fit the keys its call negotiated, and with which rollover counter (RFC
 * 3711). Some packets are given whole to the holder of the keys (es_keys): the first ones, those after a wrap of
 * the number or a new description, one of each block. After one that fails the next ones are checked, with a
 * bounded search for another counter. A failure is reported only if the call was seen from its
 * beginning, or a key fitted before. Packets that the capture cut are not judged.
 */
#ifndef EARSHOT_MEDIA_SRTP_CHECK_H
#define EARSHOT_MEDIA_SRTP_CHECK_H

#include "probes/media/streams.h"

enum {
	ES_SRTP_BURST = 4,            /* packets checked at a beginning */
	ES_SRTP_EVERY = 256,          /* later on one in so many numbers, .. */
	ES_SRTP_EVERY_FAILING = 16,   /* .. or in so many while none fits */
	ES_SRTP_KEYS_TRIED = 8,       /* on one packet, and .. */
	ES_SRTP_ROCS_TRIED = 4,       /* .. with each of these counters: 32 tags a packet at most */
	ES_SRTP_ROC_SEARCH = 64,      /* counters of a search, from 0 on: a day of audio */
	ES_SRTP_FAILED_MIN = 8,       /* so many packets in a row that no key fits .. */
	ES_SRTP_FAILED_MIN_MS = 2000, /* .. over so long a time: the stream does not fit its keys */
};

/* Of a stream whose destination has keys. */
struct es_srtp_check {
	uint64_t keys;  /* sum of the fingerprints of the call's keys: another sum, other keys */
	uint64_t print; /* of the key that fitted last */
	uint64_t wrap;  /* number / 65536 at which roc holds */
	uint64_t search_wrap; /* number / 65536 where the search began: its counters hold there */
	es_time failing_since;
	uint32_t roc;
	uint32_t checked;
	uint32_t failed;
	uint32_t undecided; /* failed in a search that has not ended */
	uint32_t in_a_row;  /* failed since one fitted */
	uint32_t other_mki; /* likewise, of those whose tag fits */
	uint8_t left;       /* packets to check before one in ES_SRTP_EVERY */
	uint8_t searched;   /* counters so far */
	bool has_fitted;    /* print, wrap and roc are known */
	bool has_given_up;  /* the search is through */
	bool is_whole_call; /* its INVITE was seen, and so its first keys */
};

/* A claimed stream, or its call's SDP changed: makes what has to be kept, and looks again. */
void es_srtp_check_begin(struct es_streams *t, struct es_stream_state *s);

/* Gives it back. */
void es_srtp_check_drop(struct es_context *c, struct es_stream_state *s);

/* A packet of wire_bytes that the stream, which has a check, has just taken. */
void es_srtp_check_packet(
    struct es_streams *t, struct es_stream_state *s, const struct es_rtp *rtp, uint32_t wire_bytes);

/* Adds what was found to its record. */
void es_srtp_check_report(
    const struct es_context *c, const struct es_stream_state *s, struct es_stream *r);

#endif
