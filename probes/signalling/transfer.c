/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers: REFER (RFC 3515) and calls that take another one's place (RFC 3891). */
#include "probes/signalling/transfer.h"

#include "probes/base/text.h"
#include "probes/wire/sip/sip_field.h"

void
es_transfer_refer(struct es_sip_event *ev)
{
	struct es_dialog_side *s = &ev->d->side[ev->side];

	if (s->has_refer && ev->m->cseq <= s->refer_cseq)
		return;
	s->has_refer = true;
	s->refer_cseq = ev->m->cseq;
	ev->d->transfers++;
	ev->d->is_changed = true;
}

/* Whether the tags of a Replaces value are those of one of the call's dialogs, in either order. */
static bool
names_a_leg(const struct es_signalling *g, const struct es_dialog *d, es_slice replaces)
{
	size_t semicolon = es_text_find(replaces, ';');
	es_slice params = es_text_from(replaces, semicolon);
	uint64_t to = es_hash(&g->c->key, es_sip_param(params, "to-tag"));
	uint64_t from = es_hash(&g->c->key, es_sip_param(params, "from-tag"));

	for (unsigned i = 0; i < d->legs.n_legs; i++) {
		const struct es_dialog_leg *l = &d->legs.leg[i];

		if (!l->is_other && ((l->caller == to && l->callee == from) ||
					(l->caller == from && l->callee == to)))
			return true;
	}
	return false;
}

void
es_transfer_answered(struct es_sip_event *ev)
{
	es_slice replaces = es_calltext_get(&ev->d->text, ES_KEY_REPLACES);
	es_slice call_id = replaces;
	uint32_t uses[ES_CALL_USES_MAX];
	struct es_dialog *old = NULL;
	unsigned n = 0;

	call_id.n = es_text_find(replaces, ';');
	if (call_id.n > 0)
		n = es_dialogs_uses(ev->g->dialogs, call_id, uses);
	for (unsigned i = 0; i < n && old == NULL; i++)
		if (uses[i] != ev->d->index &&
		    names_a_leg(ev->g, es_dialog_at(ev->g->dialogs, uses[i]), replaces))
			old = es_dialog_at(ev->g->dialogs, uses[i]);
	if (old == NULL || old->is_replaced)
		return;
	old->is_replaced = true;
	es_dialog_text(ev->g->dialogs, old, ES_KEY_REPLACED_BY, es_dialog_id(ev->d));
	old->seen_at = es_time_max(old->seen_at, ev->at);
	es_dialog_rearm(ev->g->dialogs, old);
	es_dialog_emit(ev->g->dialogs, old, ev->at);
}
