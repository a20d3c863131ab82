/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All streams: found by 5-tuple and SSRC, claimed by announced media, ended by their dialog, by
 * silence or by a full pool. A flow is one direction of a UDP 5-tuple; it lives as long as it has
 * streams.
 */
#ifndef EARSHOT_MEDIA_STREAMS_H
#define EARSHOT_MEDIA_STREAMS_H

#include "probes/call/dialogs.h"
#include "probes/call/ice.h"
#include "probes/call/media_table.h"
#include "probes/stream/stream.h"
#include "probes/wire/rtp/rtp.h"

enum {
	ES_FLOW_STREAMS_MAX = 64,     /* SSRCs on one flow */
	ES_STREAM_SILENCE_S = 10,     /* closes the open blocks */
	ES_STREAM_UNPROVEN_S = 10,    /* an unproven one is forgotten */
	ES_STREAM_IDLE_S = 300,       /* ends it */
	ES_STREAM_AFTER_CALL_S = 5,   /* ends it once its dialog has ended */
	ES_STREAM_REMEMBERED_S = 300, /* its key stays known */
};

struct es_flow {
	struct es_addr src;
	struct es_addr dst;
	uint32_t streams; /* first of them */
	uint32_t n_streams;
};

/* Pairs of hosts with streams that no call claims: orphans.h. */
struct es_orphans {
	struct es_pool pool;
	struct es_table table;
};

struct es_streams {
	struct es_context *c;         /* kept */
	struct es_media_table *media; /* kept */
	struct es_dialogs *dialogs;   /* kept */
	struct es_ices *ice;          /* kept */
	struct es_pool pool;
	struct es_pool flows;
	struct es_table table;                       /* of flows */
	struct es_table by_hosts;                    /* of streams: by_hosts.h */
	struct es_table siblings[ES_SIBLINGS_KINDS]; /* of streams: siblings.h */
	struct es_eviction eviction;
	struct es_orphans orphans;
	/* Whether a packet of an unknown stream is left out; NULL: none is. */
	bool (*refuse)(void *ctx, const struct es_addr *src, const struct es_addr *dst,
	    const struct es_rtp *rtp, es_time at);
	void *refuse_ctx;
	uint32_t n_orphans; /* streams that no signalling claims and that are not silent */
};

/* The pointers must be set; the rest is made. ES_ENOMEM. */
int es_streams_new(struct es_streams *t, uint32_t cap);
void es_streams_free(struct es_streams *t);

/* Measures an RTP packet from src to dst. */
void es_streams_packet(struct es_streams *t, const struct es_addr *src, const struct es_addr *dst,
    const struct es_rtp *rtp, const struct es_arrival *a);

/* A deadline of the stream with this index. */
void es_streams_due(struct es_streams *t, uint32_t index, es_time due);

/* The end of the input: the last word of an open stream, whose deadline was popped. */
void es_streams_flush(struct es_streams *t, uint32_t index, es_time at);

/* Gives its slot back without a word. */
void es_streams_forget(struct es_streams *t, uint32_t index);

static inline struct es_stream_state *
es_stream_at(const struct es_streams *t, uint32_t index)
{
	return es_pool_at(&t->pool, index);
}

#endif
