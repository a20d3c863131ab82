/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a call's state machine: what one message does to one dialog. */
#ifndef EARSHOT_SIGNALLING_CALL_H
#define EARSHOT_SIGNALLING_CALL_H

#include "probes/signalling/signalling.h"

/* One message of a call. */
struct es_turn {
	struct es_signalling *g;
	struct es_dialog *d;
	const struct es_sip *m;
	const struct es_addr *src;
	const struct es_addr *dst;
	es_time at;
	unsigned side;  /* who sent the request that it is, or answers */
	bool was_up;    /* before the message */
	bool is_resent; /* the same message came before */
};

static inline bool
es_is_challenge(uint16_t status)
{
	return status == 401 || status == 407;
}

/* invite.c: the INVITE that opens the dialog, or a later one; its responses; the ACK. */
void es_invite_begins(struct es_turn *t);
/* The first INVITE itself, of a call that only HEP told of so far: its course begins again. */
void es_invite_seen(struct es_turn *t);
void es_invite_request(struct es_turn *t);
void es_invite_response(struct es_turn *t);
void es_invite_ack(struct es_turn *t);

/* endings.c: how calls end. */
void es_ending_failed(struct es_turn *t, uint16_t status);
void es_ending_bye(struct es_turn *t);
void es_ending_bye_response(struct es_turn *t);
void es_ending_cancel(struct es_turn *t);
/* Nothing came for too long. false: the dialog is to be forgotten. */
bool es_ending_due(struct es_signalling *g, struct es_dialog *d, es_time due);

/* session.c: a 2xx that begins the session timer, or refreshes it. */
void es_session_agreed(struct es_turn *t);
/* A BYE of the side that waited for the other's refresh, as late as RFC 4028 section 10 has it. */
bool es_session_is_given_up(const struct es_dialog *d, enum es_party by, es_time at);
/* No refresh came up to `at`, and media went on no longer than the session. */
bool es_session_ran_out(const struct es_dialog *d, es_time at);

/* transfer.c: REFER, and an answered INVITE that names the call it replaces. */
void es_transfer_refer(struct es_turn *t);
void es_transfer_answered(struct es_turn *t);

/* callkeys.c: what the message says of its sender and of the legs it belongs to. */
void es_call_keys(struct es_turn *t);

/* negotiation.c: which SDP offers, which answers, and from when on it holds. ES_ENOMEM. */
int es_negotiation_new(struct es_signalling *g, uint32_t calls);
void es_negotiation(struct es_turn *t);
void es_negotiation_drop(struct es_signalling *g, struct es_dialog *d);

/* SDP that one side sent. */
struct es_offer {
	es_slice text;
	unsigned side;
	uint32_t cseq;
	bool is_answer; /* it settles an offer */
	bool is_later;  /* the call was up before: it changes what was agreed */
	const struct es_addr *sender;
	const struct es_addr *receiver; /* host that the message went to */
	enum es_receiver_by buffer_by;  /* told by the product that the message names */
};

/* offer.c */
void es_offer_apply(struct es_signalling *g, struct es_dialog *d, const struct es_offer *o);

/* announce.c: until when the addresses of a call are believed. */
void es_offer_expire(struct es_signalling *g, struct es_dialog *d, es_time when);

/* announce.c: a call was answered: its addresses stay, and streams that go there look again. */
void es_offer_answered(struct es_signalling *g, struct es_dialog *d);

/* announce.c: gives up all addresses of a call. */
void es_offer_drop(struct es_signalling *g, struct es_dialog *d);

#endif
