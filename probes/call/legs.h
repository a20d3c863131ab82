/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who takes part in a call: its dialogs (RFC 3261 section 12, one per pair of tags) and the targets its INVITE
 * went to (one per top Via branch). This distinguishes forks, proxy hops and strangers. Tags and branches are
 * kept as keyed hashes, which are only compared.
 */
#ifndef EARSHOT_CALL_LEGS_H
#define EARSHOT_CALL_LEGS_H

#include "probes/base/context.h"
#include "probes/wire/sip/sip.h"

enum { ES_LEGS_MAX = 8, ES_TARGETS_MAX = 8 };

enum { ES_CALLER = 0, ES_CALLEE = 1, ES_STRANGER = 2 };

enum es_leg_state { ES_LEG_EARLY = 0, ES_LEG_UP, ES_LEG_OVER };

struct es_dialog_leg {
	uint64_t caller; /* tags */
	uint64_t callee;
	enum es_leg_state state;
	bool is_other; /* another caller under the same Call-ID: the far side of a B2BUA */
	uint64_t from; /* of such a one: the ends of the hop its INVITE was seen on */
	uint64_t at;
};

struct es_target {
	uint64_t branch;
	uint64_t to;     /* address the INVITE went to */
	uint16_t status; /* final one that was no 2xx, 0: still open */
	bool
	    is_downstream; /* forwarded by the host that received it: that host reports its failure */
};

struct es_legs {
	uint64_t caller; /* tag of the first From */
	uint8_t n_legs;
	uint8_t n_targets;
	bool is_full;   /* a leg or target found no room: strangers cannot be recognised any more */
	bool is_hopped; /* one INVITE was seen on several hops */
	struct es_dialog_leg leg[ES_LEGS_MAX];
	struct es_target target[ES_TARGETS_MAX];
};

/* Who sent the request that this message is, or answers: ES_CALLER, ES_CALLEE, ES_STRANGER. */
unsigned
es_legs_requester(const struct es_legs *l, const struct es_context *c, const struct es_sip *m);

/* The dialog of a message between side and the other; NULL if it has none. */
struct es_dialog_leg *
es_legs_find(struct es_legs *l, const struct es_context *c, unsigned side, const struct es_sip *m);

/* The same, made if it is new; NULL if there is no room or no tag of the callee. */
struct es_dialog_leg *es_legs_note(struct es_legs *l, const struct es_context *c, unsigned side,
    const struct es_sip *m, bool *is_new);

/* Another caller under the same Call-ID, whose INVITE went from src to dst. */
void es_legs_add_other(struct es_legs *l, const struct es_context *c, const struct es_sip *m,
    const struct es_addr *src, const struct es_addr *dst);

/*
 * Whether an INVITE from src to dst adjoins a hop on which an INVITE of the call was seen: its sender received
 * that one, or its receiver sent it. Two sockets of one host are distinguished by their ports.
 */
bool es_legs_adjoins(const struct es_legs *l, const struct es_context *c,
    const struct es_addr *first_src, const struct es_addr *first_dst, const struct es_addr *src,
    const struct es_addr *dst);

/* Whether a stranger belongs to another caller's dialog; *side is then who it is there. */
bool es_legs_is_other(
    const struct es_legs *l, const struct es_context *c, const struct es_sip *m, unsigned *side);

/* Whether any dialog is in this state. */
bool es_legs_any(const struct es_legs *l, enum es_leg_state state);

/* A new INVITE of the caller: the targets of the one before it count no more. */
void es_legs_retarget(struct es_legs *l);

/* Notes the target of an INVITE; true if no host forwarded it and it was not known before. */
bool es_legs_target(struct es_legs *l, const struct es_context *c, const struct es_sip *m,
    const struct es_addr *src, const struct es_addr *dst);

/* The target a response came from; NULL: none that is known. */
struct es_target *
es_legs_target_of(struct es_legs *l, const struct es_context *c, const struct es_sip *m);

/* Whether a target still has to answer. */
bool es_legs_is_waiting(const struct es_legs *l);

/* The status that represents all (RFC 3261 section 16.7): 6xx, 487, else the lowest class. */
uint16_t es_legs_best(const struct es_legs *l);

#endif
