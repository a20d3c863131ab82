/* SPDX-License-Identifier: Apache-2.0 */
/* A call whose sides describe their media, without messages around. Static on purpose. */
#ifndef TESTS_SIGNALLING_RIG_H
#define TESTS_SIGNALLING_RIG_H

#include "probes/signalling/announce.h"
#include "probes/signalling/offer.h"
#include "probes/signalling/signalling.h"

#include "streams_rig.h"

#include <stdlib.h>

enum { ALICE = 1, BOB = 2 };

static struct es_signalling g;
static struct es_dialog *call;

static inline void
begin(void)
{
	rig_open();
	memset(&g, 0, sizeof(g));
	g.c = &c;
	g.dialogs = &dialogs;
	g.media = &medias;
	g.streams = &streams;
	g.ice = &ices;
	g.sdp = calloc(1, sizeof(*g.sdp));
	if (g.sdp == NULL)
		test_fail(__FILE__, __LINE__, "no memory");
	call = rig_call("c", host(ALICE, 5060), host(BOB, 5060));
}

static inline void
end(void)
{
	es_announce_drop(&g, call);
	if (medias.pool.n_used != 0 || medias.terms.n_used != 0 || call->n_media != 0)
		test_fail(__FILE__, __LINE__, "something is left");
	free(g.sdp);
	rig_close();
}

/* The head of a description of a host's. */
#define HEAD(n) "v=0\r\no=- 1 1 IN IP4 10.0.0." #n "\r\ns=-\r\nc=IN IP4 10.0.0." #n "\r\nt=0 0\r\n"

static inline struct es_offer
offer_of(unsigned side, const char *text)
{
	static struct es_addr ends[2];

	ends[0] = host(ALICE, 5060);
	ends[1] = host(BOB, 5060);
	return (struct es_offer){
		.text = es_slice_str(text),
		.side = side,
		.request = { 1, (uint8_t)side },
		.sender = &ends[side],
		.receiver = &ends[1 - side],
	};
}

static inline void
offers(unsigned side, const char *text)
{
	struct es_offer o = offer_of(side, text);

	es_offer_apply(&g, call, &o);
}

static inline void
answers(unsigned side, const char *text, bool is_later)
{
	struct es_offer o = offer_of(side, text);

	o.is_answer = true;
	o.request.side = (uint8_t)(1 - side);
	o.is_later = is_later;
	es_offer_apply(&g, call, &o);
}

/* What the call announced at an address; a zeroed one: nothing. */
static inline struct es_media
at(uint8_t n, uint16_t port)
{
	static const struct es_media none;
	struct es_addr addr = host(n, port);
	uint32_t i = es_media_table_of_call(&c, &medias, &addr, call->index);

	return i == ES_POOL_NONE ? none : *es_media_table_at(&medias, i);
}

/* Addresses of the call that nobody has, and the last one of them. */
static inline unsigned
nowhere(struct es_media *last)
{
	unsigned n = 0;

	memset(last, 0, sizeof(*last));
	for (uint32_t i = call->media; i != ES_POOL_NONE;
	     i = es_media_table_at(&medias, i)->call_next)
		if (es_media_table_at(&medias, i)->addr.family == 0) {
			*last = *es_media_table_at(&medias, i);
			n++;
		}
	return n;
}

#endif
