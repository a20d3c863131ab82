/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source whose packets come in time order, made of one whose times go back now and then: several
 * interfaces of one file are written in bursts, one after the other.
 *
 * A packet waits until one of two seconds later was read. While times go forward nothing waits: after a
 * look at the first packets, and unless the file has several interfaces, they are handed on as they are.
 * What lies further back than the window, and what finds no room, keeps the order of the file.
 */
#include "agent/capture/capture.h"
#include "agent/capture/packet_store.h"
#include "probes/base/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	WINDOW_S = 2,
	STORE_BYTES = 32 << 20,
	PACKETS_MAX = 256 << 10,
	TRIAL_PACKETS = 4096, /* in order for so many, or for a window: nothing waits any more */
	IFACES = 64,          /* that have a place each; further ones share these */
	RUNS = 4,
	/* The order of one interface's packets counts more than stamps that are no better than this. */
	ACCURACY_MS = 10,
};

/* Stored packets in order, the first named by at. */
struct run {
	uint32_t n;
	uint32_t at;
	uint32_t last;
};

struct order {
	/*
	 * newest: read since the window began; iface: of the packet read last; straight: the source,
	 * while nothing waits, nothing is pending and no drops are unreported.
	 */
	struct es_capture base;
	struct es_capture *source;
	struct es_packet_store store;
	/* What waits: runs in order, each interface making one as a rule, and the rest. */
	struct run runs[RUNS];
	struct es_heap rest;
	uint32_t n_waiting;
	uint64_t n_read;
	es_time since;      /* times went forward since this one */
	uint32_t n_forward; /* and for so many packets */
	bool is_mixed;      /* several interfaces */
	bool is_waiting;    /* packets are kept for the window */
	bool is_draining;   /* what waits goes first, whatever its time */
	bool is_ended;
	bool has_pending;
	bool has_lent;
	bool has_drops; /* of the packet that was handed on last */
	bool pending_has_drops;
	uint32_t lent;            /* stored packet whose bytes are borrowed now */
	struct es_packet pending; /* read, borrowed from the source, not yet stored */
	struct es_capture_drops drops;
	struct es_capture_drops pending_drops;
	es_time last[IFACES]; /* by which a packet of the interface was sorted last */
};

static bool
is_before_by(es_time a, es_time b, int64_t ns)
{
	return es_time_diff(b, a) > ns;
}

/* The time a packet is sorted by: its own, but for what a capture stamps too early by a little. */
static es_time
sort_time(struct order *o, const struct es_packet *p)
{
	es_time *last = &o->last[p->iface % IFACES];

	if (es_time_before(p->ts, *last) && !is_before_by(p->ts, *last, ACCURACY_MS * ES_NS_PER_MS))
		return *last;
	*last = p->ts;
	return p->ts;
}

static const struct es_stored_packet *
stored(const struct order *o, uint32_t at)
{
	return es_packet_store_at(&o->store, at);
}

/* Files a stored packet: at the end of the run that ends last before it, else with the rest. */
static void
file(struct order *o, uint32_t at)
{
	struct es_stored_packet *p = es_packet_store_at(&o->store, at);
	struct run *best = NULL;

	for (struct run *r = o->runs; r < o->runs + RUNS; r++) {
		if (r->n > 0 && es_time_before(p->sort, stored(o, r->last)->sort))
			continue;
		if (best == NULL || best->n == 0 ||
		    (r->n > 0 &&
			es_time_before(stored(o, best->last)->sort, stored(o, r->last)->sort)))
			best = r;
	}
	o->n_waiting++;
	if (best == NULL) {
		(void)es_heap_add(&o->rest, p->sort, 0, p->number, at); /* has room */
		return;
	}
	if (best->n++ == 0)
		best->at = at;
	else
		es_packet_store_at(&o->store, best->last)->behind = at;
	best->last = at;
}

/* The run whose first packet is the lowest of all that waits; NULL: it is one of the rest. */
static struct run *
lowest(struct order *o, es_time *sort)
{
	struct run *best = NULL;
	uint64_t number = 0;

	if (o->rest.n > 0) {
		*sort = o->rest.at[0].due;
		number = o->rest.at[0].key;
	}
	for (struct run *r = o->runs; r < o->runs + RUNS; r++) {
		const struct es_stored_packet *p;

		if (r->n == 0)
			continue;
		p = stored(o, r->at);
		if ((best != NULL || o->rest.n > 0) &&
		    (es_time_before(*sort, p->sort) ||
			(p->sort.ns == sort->ns && number < p->number)))
			continue;
		*sort = p->sort;
		number = p->number;
		best = r;
	}
	return best;
}

/* Hands on the first packet of a run, or of the rest. */
static int
hand_on_stored(struct order *o, struct run *r, struct es_packet *out)
{
	const struct es_stored_packet *p;
	struct es_deadline d;

	if (r == NULL)
		(void)es_heap_pop(&o->rest, &d); /* there is one: the caller looked */
	o->lent = r != NULL ? r->at : d.handle;
	p = stored(o, o->lent);
	if (r != NULL && --r->n > 0)
		r->at = p->behind;
	o->n_waiting--;
	o->has_lent = true;
	o->has_drops = p->has_drops;
	o->drops = p->drops;
	*out = p->packet;
	return 0;
}

/* Hands on the packet just read. */
static int
hand_on_pending(struct order *o, struct es_packet *out)
{
	o->has_pending = false;
	o->has_drops = o->pending_has_drops;
	o->drops = o->pending_drops;
	*out = o->pending;
	return 0;
}

/* Keeps the packet just read. False: no room. */
static bool
keep_pending(struct order *o)
{
	struct es_stored_packet *p;
	uint32_t at;

	if (o->rest.n == o->rest.cap || !es_packet_store_put(&o->store, &o->pending, &at))
		return false;
	p = es_packet_store_at(&o->store, at);
	p->has_drops = o->pending_has_drops;
	p->drops = o->pending_drops;
	p->sort = sort_time(o, &o->pending);
	p->number = o->n_read;
	file(o, at);
	o->has_pending = false;
	return true;
}

/* Whether packets must wait, as the one just read shows, and whether the window begins again. */
static void
look_at(struct order *o)
{
	es_time ts = o->pending.ts;
	bool is_first = o->n_read++ == 0;
	bool is_back = !is_first && is_before_by(ts, o->base.newest, ACCURACY_MS * ES_NS_PER_MS);

	if (is_first || is_back) {
		o->since = ts;
		o->n_forward = 0;
	}
	if (is_first || o->pending.iface != o->base.iface)
		o->is_mixed = o->is_mixed || es_capture_is_mixed(o->source);
	o->base.iface = o->pending.iface;
	o->is_waiting = o->is_waiting || is_back || o->is_mixed;
	if (is_first || is_before_by(ts, o->base.newest, WINDOW_S * ES_NS_PER_S)) {
		o->is_draining = true;
		o->base.newest = ts;
	}
	o->base.newest = es_time_max(o->base.newest, ts);
	o->n_forward++;
	if (o->is_waiting && !o->is_mixed &&
	    (o->n_forward >= TRIAL_PACKETS || is_before_by(o->since, ts, WINDOW_S * ES_NS_PER_S))) {
		o->is_waiting = false;
		o->is_draining = true;
	}
}

/* Takes what reading the source returned; 0 with nothing pending: the end. */
static int
take_read(struct order *o, int rc, const struct es_packet *packet)
{
	if (rc == ES_EEOF) {
		o->is_ended = true;
		o->is_draining = true;
		return 0;
	}
	if (rc != 0) {
		(void)snprintf(
		    o->base.error, sizeof(o->base.error), "%s", es_capture_error(o->source));
		return rc;
	}
	o->pending = *packet;
	o->has_pending = true;
	o->pending_has_drops = es_capture_drops(o->source, o->base.newest, &o->pending_drops);
	look_at(o);
	return 0;
}

static int
read_pending(struct order *o)
{
	struct es_packet packet;
	int rc = es_capture_next(o->source, &packet);

	return take_read(o, rc, &packet);
}

/* The next packet, be it stored or straight from the source. */
static int
sorted_next(struct order *o, struct es_packet *out)
{
	int rc;

	for (;;) {
		es_time sort = o->base.newest;
		struct run *r;

		if (!o->has_pending && !o->is_ended && !o->is_draining) {
			rc = read_pending(o);
			if (rc != 0)
				return rc;
		}
		r = lowest(o, &sort);
		if (o->is_draining && o->n_waiting > 0)
			return hand_on_stored(o, r, out);
		o->is_draining = false;
		if (o->has_pending && !o->is_waiting) {
			o->base.straight = o->pending_has_drops ? NULL : o->source;
			return hand_on_pending(o, out);
		}
		if (o->has_pending && !keep_pending(o))
			return hand_on_stored(o, r, out);
		if (o->is_ended && o->n_waiting == 0)
			return ES_EEOF;
		r = lowest(o, &sort);
		if (is_before_by(sort, o->base.newest, WINDOW_S * ES_NS_PER_S))
			return hand_on_stored(o, r, out);
	}
}

static int
order_leave(struct es_capture *c, int rc, struct es_packet *out)
{
	struct order *o = (struct order *)c;

	o->base.straight = NULL;
	rc = take_read(o, rc, out);
	return rc != 0 ? rc : sorted_next(o, out);
}

static int
order_next(struct es_capture *c, struct es_packet *out)
{
	struct order *o = (struct order *)c;

	if (o->has_lent)
		es_packet_store_out(&o->store, o->lent);
	o->has_lent = false;
	o->has_drops = false;
	return sorted_next(o, out);
}

static bool
order_drops(struct es_capture *c, es_time now, struct es_capture_drops *out)
{
	struct order *o = (struct order *)c;

	if (!o->has_drops)
		return (o->base.straight != NULL || (o->is_ended && o->n_waiting == 0)) &&
		       es_capture_drops(o->source, now, out);
	o->has_drops = false;
	*out = o->drops;
	return true;
}

static bool
order_is_mixed(const struct es_capture *c)
{
	(void)c; /* not any more */
	return false;
}

static bool
order_secrets(struct es_capture *c, const struct es_capture_secrets *to)
{
	return es_capture_give_secrets(((struct order *)c)->source, to);
}

static struct es_capture_position
order_position(const struct es_capture *c)
{
	return es_capture_position(((const struct order *)c)->source);
}

static int
order_fd(const struct es_capture *c)
{
	return es_capture_fd(((const struct order *)c)->source);
}

static void
order_free(struct es_capture *c)
{
	struct order *o = (struct order *)c;

	es_capture_free(o->source);
	es_heap_free(&o->rest);
	es_packet_store_free(&o->store);
	free(o);
}

static const struct es_capture_ops order_ops = { .next = order_next,
	.drops = order_drops,
	.is_mixed = order_is_mixed,
	.fd = order_fd,
	.free = order_free,
	.secrets = order_secrets,
	.position = order_position,
	.leave = order_leave };

int
es_capture_order_new(struct es_capture *source, struct es_capture **out)
{
	struct order *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return ES_ENOMEM;
	o->base.ops = &order_ops;
	o->is_waiting = true;
	if (es_heap_new(&o->rest, PACKETS_MAX) != 0 ||
	    es_packet_store_new(&o->store, STORE_BYTES) != 0) {
		order_free(&o->base);
		return ES_ENOMEM;
	}
	o->source = source;
	*out = &o->base;
	return 0;
}
