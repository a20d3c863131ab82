/* SPDX-License-Identifier: Apache-2.0 */
/* Two calls held against each other. */
#include "probes/call/relation.h"

bool
es_relation_is_same_hop(const struct es_dialog *d, const struct es_dialog *e)
{
	return es_addr_same_ip(&d->invite_src, &e->invite_src) &&
	       es_addr_eq(&d->invite_dst, &e->invite_dst);
}

bool
es_relation_is_over_before(const struct es_dialog *d, const struct es_dialog *e)
{
	return d->step == ES_DIALOG_OVER && es_time_before(d->ended_at, e->start);
}

bool
es_relation_is_answered(const struct es_dialog *d)
{
	return d->has_answer || d->began_unseen;
}

static const struct es_dialog *
first_of(const struct es_dialog *d, const struct es_dialog *e)
{
	return es_time_before(e->start, d->start) ? e : d;
}

bool
es_relation_is_set_up_with(const struct es_dialog *d, const struct es_dialog *e)
{
	const struct es_dialog *first = first_of(d, e);
	const struct es_dialog *second = first == d ? e : d;

	return first->answered_at.ns == 0 || !es_time_before(first->answered_at, second->start);
}

bool
es_relation_is_answered_within(const struct es_dialog *d, const struct es_dialog *e)
{
	const struct es_dialog *first = first_of(d, e);
	const struct es_dialog *second = first == d ? e : d;

	return first->has_answer && second->has_answer &&
	       !es_time_before(first->answered_at, second->answered_at);
}

/* In the middle of a call it is unknown who sent the INVITE and who answered. */
static bool
has_host_in_common(const struct es_dialog *d, const struct es_dialog *e)
{
	return es_addr_same_ip(&d->invite_src, &e->invite_src) ||
	       es_addr_same_ip(&d->invite_dst, &e->invite_dst);
}

bool
es_relation_is_onward(const struct es_dialog *d, const struct es_dialog *e)
{
	if (es_relation_is_same_hop(d, e) || es_relation_is_over_before(d, e) ||
	    es_relation_is_over_before(e, d) || !es_relation_is_set_up_with(d, e))
		return false;
	return es_addr_same_ip(&d->invite_dst, &e->invite_src) ||
	       es_addr_same_ip(&e->invite_dst, &d->invite_src) ||
	       es_relation_is_answered_within(d, e) ||
	       ((d->began_unseen || e->began_unseen) && has_host_in_common(d, e));
}
