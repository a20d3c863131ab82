/* SPDX-License-Identifier: Apache-2.0 */
/* Places for what few streams have. */
#include "probes/stream/side.h"

#include <string.h>

int
es_side_new(struct es_context *c, uint32_t streams)
{
	int err = es_places_new(
	    &c->payloads, streams, (ES_STREAM_PAYLOADS - 1) * sizeof(struct es_stream_payload));

	if (err == 0)
		err = es_places_new(&c->rare, streams, sizeof(struct es_stream_rare));
	if (err == 0)
		err = es_places_new(&c->damages, streams, sizeof(struct es_stream_damage));
	if (err == 0)
		err = es_places_new(&c->senders, streams, sizeof(struct es_sender));
	return err;
}

void
es_side_free(struct es_context *c)
{
	es_places_free(&c->payloads);
	es_places_free(&c->rare);
	es_places_free(&c->damages);
	es_places_free(&c->senders);
}

struct es_stream_rare *
es_side_rare(struct es_context *c, struct es_stream_state *s)
{
	if (s->side.rare == NULL)
		s->side.rare = es_places_take(&c->rare, s->id.index);
	return s->side.rare;
}

/* All packets judged so far were good. */
static void
begin_damage(struct es_stream_damage *d, const struct es_stream_quality *q)
{
	d->effective.expected = q->clean;
	d->effective.moved = q->moved;
	es_burst_run(&d->burst, false, (uint32_t)q->clean);
}

struct es_stream_damage *
es_side_damage(struct es_context *c, struct es_stream_state *s)
{
	if (s->side.damage == NULL) {
		s->side.damage = es_places_take(&c->damages, s->id.index);
		begin_damage(s->side.damage, &s->quality);
	}
	return s->side.damage;
}

struct es_stream_damage
es_side_damage_of(const struct es_stream_state *s)
{
	struct es_stream_damage none;

	if (s->side.damage != NULL)
		return *s->side.damage;
	memset(&none, 0, sizeof(none));
	begin_damage(&none, &s->quality);
	return none;
}

struct es_sender *
es_side_sender(struct es_context *c, struct es_stream_state *s)
{
	if (s->side.sender == NULL)
		s->side.sender = es_places_take(&c->senders, s->id.index);
	return s->side.sender;
}

void
es_side_end(struct es_context *c, struct es_stream_state *s)
{
	es_places_give(&c->damages, s->id.index);
	es_places_give(&c->senders, s->id.index);
	s->side.damage = NULL;
	s->side.sender = NULL;
}

void
es_side_drop(struct es_context *c, struct es_stream_state *s)
{
	es_places_give(&c->rare, s->id.index);
	s->side.rare = NULL;
}
