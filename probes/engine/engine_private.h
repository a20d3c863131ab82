/* SPDX-License-Identifier: Apache-2.0 */
/* All state of one engine. */
#ifndef EARSHOT_ENGINE_ENGINE_PRIVATE_H
#define EARSHOT_ENGINE_ENGINE_PRIVATE_H

#include "probes/engine/refused.h"
#include "probes/engine/unknowns.h"
#include "probes/reassembly/fragments.h"
#include "probes/reassembly/repeats.h"
#include "probes/reassembly/tcp.h"
#include "probes/signalling/signalling.h"
#include "probes/stream/srtcp_seen.h"
#include "probes/wire/link/layer.h"

enum {
	ES_STREAMS_DEFAULT = 4096,
	ES_CALLS_DEFAULT = 2048,
	ES_EXPECTED_DEFAULT = 8192,
	ES_TCP_DEFAULT = 256,
	ES_REGISTRATIONS_DEFAULT = 1024,
	ES_FRAGMENTS_DEFAULT = 64,
	ES_RECENT_DEFAULT = 4096,
};

struct es_engine {
	struct es_context c;
	struct es_media_table media;
	struct es_dialogs dialogs;
	struct es_streams streams;
	struct es_ices ice;
	struct es_signalling signalling;
	struct es_tcps tcp;
	struct es_fragments fragments;
	struct es_repeats repeats;
	struct es_srtcp_seen srtcp_seen;
	struct es_unknowns unknowns;
	struct es_sdp *sdp;
	es_slice key_header; /* name of the configured one, empty: none */
	enum es_shed shed;
	struct es_refused refused;
	es_time ticked; /* by es_engine_advance: packets before it were overtaken */
};

/* Advances the clock and fires the deadlines up to it. */
void es_engine_move(struct es_engine *e, es_time now);

#endif
