/* SPDX-License-Identifier: Apache-2.0 */
/* Two legs, one direction each. */
#include "probes/media/halves.h"

#include "probes/call/partners.h"
#include "probes/media/flows.h"
#include "probes/media/owners.h"

/* Whether a call announced an end of a stream: it is no other's then. */
static bool
knows(const struct es_streams *t, const struct es_dialog *d, const struct es_call_stream *k)
{
	return es_media_table_of_call(t->c, t->media, &k->src, d->index) != ES_POOL_NONE ||
	       es_media_table_of_call(t->c, t->media, &k->dst, d->index) != ES_POOL_NONE;
}

/* A stream between two hosts that one call has and another one did not announce; NULL: it has none. */
static const struct es_call_stream *
own_direction(const struct es_streams *t, const struct es_dialog *d, const struct es_dialog *other,
    const struct es_addr *src, const struct es_addr *dst)
{
	for (unsigned i = 0; i < d->n_streams; i++) {
		const struct es_call_stream *k = &d->stream[i];

		if (es_addr_same_ip(&k->src, src) && es_addr_same_ip(&k->dst, dst) &&
		    !knows(t, other, k))
			return k;
	}
	return NULL;
}

/* Whether d alone has the direction from src to dst, and e alone the reverse one. */
static bool
are_halves(const struct es_streams *t, const struct es_dialog *d, const struct es_dialog *e,
    const struct es_addr *src, const struct es_addr *dst)
{
	return own_direction(t, d, e, src, dst) != NULL &&
	       own_direction(t, d, e, dst, src) == NULL &&
	       own_direction(t, e, d, dst, src) != NULL && own_direction(t, e, d, src, dst) == NULL;
}

/* How many calls alone have the reverse direction of one that d alone has; *found: one of them. */
static unsigned
count(const struct es_streams *t, const struct es_dialog *d, const struct es_addr *src,
    const struct es_addr *dst, uint32_t *found)
{
	uint32_t near[ES_PARTNERS_MAX];
	unsigned k = es_partners_find(t->dialogs, d, near), n = 0;

	for (unsigned i = 0; i < k; i++) {
		if (!are_halves(t, d, es_dialog_at(t->dialogs, near[i]), src, dst))
			continue;
		*found = near[i];
		n++;
	}
	return n;
}

bool
es_halves_may_hear(
    const struct es_streams *t, const struct es_stream_state *s, const struct es_dialog *d)
{
	uint32_t other;

	return count(t, d, &s->id.key.src, &s->id.key.dst, &other) > 0;
}

static uint32_t
other_of(const struct es_streams *t, const struct es_dialog *d, const struct es_addr *src,
    const struct es_addr *dst)
{
	uint32_t other = ES_POOL_NONE, back = ES_POOL_NONE;

	if (es_flow_index(t, dst, src) !=
	    ES_POOL_NONE) /* the reverse direction is there: no half */
		return ES_POOL_NONE;
	if (count(t, d, src, dst, &other) != 1 ||
	    count(t, es_dialog_at(t->dialogs, other), dst, src, &back) != 1 || back != d->index)
		return ES_POOL_NONE;
	return other;
}

unsigned
es_halves_others(const struct es_streams *t, const struct es_stream_state *s,
    uint32_t calls[ES_STREAM_OTHERS_MAX])
{
	unsigned n = es_owners_others(t, s, calls);
	uint32_t other;

	if (n > 0 || s->owner.call == ES_POOL_NONE)
		return n;
	other =
	    other_of(t, es_dialog_at(t->dialogs, s->owner.call), &s->id.key.src, &s->id.key.dst);
	if (other == ES_POOL_NONE)
		return 0;
	calls[0] = other;
	return 1;
}

void
es_halves_take(struct es_streams *t, struct es_dialog *d)
{
	uint32_t other = ES_POOL_NONE;
	const struct es_dialog *e;
	unsigned n = d->n_streams;

	for (unsigned i = 0; i < n && other == ES_POOL_NONE; i++)
		other = other_of(t, d, &d->stream[i].src, &d->stream[i].dst);
	if (other == ES_POOL_NONE)
		return;
	e = es_dialog_at(t->dialogs, other);
	for (unsigned i = 0; i < e->n_streams; i++)
		if (!knows(t, d, &e->stream[i]))
			(void)es_dialog_add_stream(
			    d, &(struct es_stream_key){ .src = e->stream[i].src,
				   .dst = e->stream[i].dst,
				   .ssrc = e->stream[i].ssrc });
}
