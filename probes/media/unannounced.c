/* SPDX-License-Identifier: Apache-2.0 */
/* Binding by hosts and port. */
#include "probes/media/unannounced.h"

#include "probes/call/hosts.h"
#include "probes/media/owners.h"

struct pick {
	uint8_t pt;
	es_time began; /* the stream, or the part of it that looks for a call */
	uint32_t call;
	uint32_t media;
	uint64_t generation; /* of the announcement that it goes by */
	bool is_receivers;   /* it is its receiver's */
	bool is_ambiguous;
};

/* Whether another stream of the call runs meanwhile and leaves no room for this one. */
static bool
is_taken(const struct es_streams *t, const struct es_stream_state *s, uint32_t entry,
    bool is_receivers, es_time began)
{
	const struct es_media *m = es_media_table_at(t->media, entry);

	for (uint32_t i = es_dialog_at(t->dialogs, m->call)->streams; i != ES_POOL_NONE;
	     i = es_stream_at(t, i)->owner.call_next) {
		const struct es_stream_state *o = es_stream_at(t, i);

		if (o == s || es_time_before(o->last_at, began))
			continue;
		/* The address in SDP gets packets, so no NAT changed it. */
		if (is_receivers ? es_addr_eq(&o->id.key.dst, &m->addr)
				 : es_addr_eq(&o->id.key.src, &s->id.key.src) &&
				       !es_addr_eq(&o->id.key.dst, &s->id.key.dst))
			return true;
	}
	return false;
}

static bool
is_in_time(const struct es_dialog *d, es_time began)
{
	return d->step != ES_DIALOG_OVER && (d->began_unseen || !es_time_before(began, d->start));
}

/* An entry of its receiver, or of its sender. */
static void
consider(const struct es_streams *t, const struct es_stream_state *s, uint32_t entry,
    bool is_receivers, struct pick *pick)
{
	const struct es_media *m = es_media_table_at(t->media, entry);
	uint32_t target = is_receivers ? entry : es_owners_other_side(t, m);
	const struct es_terms *terms =
	    es_media_table_at(t->media, target != ES_POOL_NONE ? target : entry)->terms;
	struct es_payload type;

	if (!is_in_time(es_dialog_at(t->dialogs, m->call), pick->began) ||
	    !es_terms_type(terms, pick->pt, &type) ||
	    is_taken(t, s, entry, is_receivers, pick->began))
		return;
	pick->is_ambiguous |= pick->call != ES_POOL_NONE && pick->call != m->call;
	/* A call may have several: the receiver's word counts, and the last one. */
	if (pick->call != ES_POOL_NONE &&
	    (is_receivers != pick->is_receivers ? !is_receivers
						: m->generation <= pick->generation))
		return;
	pick->call = m->call;
	pick->media = target;
	pick->generation = m->generation;
	pick->is_receivers = is_receivers;
}

/* Its source is an address that one call alone, or the legs of one, announced. */
static void
consider_source(const struct es_streams *t, const struct es_stream_state *s, struct pick *pick)
{
	uint32_t i = es_owners_find(t, &s->id.key.dst, &s->id.key.src, ES_POOL_NONE);

	if (i == ES_POOL_NONE || es_media_table_at(t->media, i)->rank != ES_MEDIA_SAID)
		return;
	if (es_owners_is_sole(t, i, &s->id.key.dst))
		consider(t, s, i, false, pick);
	else
		pick->is_ambiguous = true;
}

uint32_t
es_unannounced_find(const struct es_streams *t, const struct es_stream_state *s, uint8_t pt,
    es_time began, uint32_t *media)
{
	struct pick pick = {
		.pt = pt, .began = began, .call = ES_POOL_NONE, .media = ES_POOL_NONE
	};
	uint32_t entry[ES_HOSTS_PORTS_MAX];
	unsigned n;

	*media = ES_POOL_NONE;
	n = es_hosts_find(t->c, t->media, &s->id.key.src, &s->id.key.dst, entry);
	for (unsigned i = 0; i < n; i++)
		consider(t, s, entry[i], false, &pick);
	n = es_hosts_find(t->c, t->media, &s->id.key.dst, &s->id.key.src, entry);
	for (unsigned i = 0; i < n; i++)
		consider(t, s, entry[i], true, &pick);
	consider_source(t, s, &pick);
	if (pick.is_ambiguous)
		return ES_POOL_NONE;
	*media = pick.media;
	return pick.call;
}
