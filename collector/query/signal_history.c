/* SPDX-License-Identifier: Apache-2.0 */
/* The signals of one machine over a time. */
#include "collector/query/signal_history.h"

#include "probes/base/signal_limit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INTERFACE_MAX = 64 };

struct cell {
	double sum;    /* of a count; else of values times milliseconds */
	double weight; /* milliseconds */
	int64_t low, high;
	uint32_t n; /* samples; 0: not known */
};

struct bin {
	es_time start, end;
	struct cell cells[ES_SIG_END];
};

struct es_signal_history {
	es_time from, to;
	int64_t
	    width_ns; /* a sample that begins later than this behind the start of a bin begins another */
	size_t n_bins;
	struct bin bins[ES_HISTORY_BINS];
	bool is_known[ES_SIG_END]; /* as the records so far have it */
	int64_t value[ES_SIG_END];
	char interface[INTERFACE_MAX];
	size_t n_interface;
	bool is_synthetic;
};

struct es_signal_history *
es_signal_history_new(es_time from, es_time to)
{
	struct es_signal_history *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->from = from;
	h->to = to;
	h->width_ns = es_time_diff(to, from) / (ES_HISTORY_BINS - 1) + 1;
	return h;
}

void
es_signal_history_free(struct es_signal_history *h)
{
	free(h);
}

static struct bin *
bin_of(struct es_signal_history *h, const struct es_host *rec)
{
	struct bin *last = h->n_bins == 0 ? NULL : &h->bins[h->n_bins - 1];

	/* Records that are out of order or too many share the last one. */
	if (last != NULL &&
	    (h->n_bins == ES_HISTORY_BINS || es_time_diff(rec->start, last->start) < h->width_ns)) {
		if (es_time_before(last->end, rec->end))
			last->end = rec->end;
		return last;
	}
	last = &h->bins[h->n_bins++];
	last->start = rec->start;
	last->end = rec->end;
	return last;
}

static void
add(struct cell *c, const struct es_signal_limit *l, int64_t value, double length_ms)
{
	bool is_count = l != NULL && l->is_count;

	c->low = c->n == 0 || value < c->low ? value : c->low;
	c->high = c->n == 0 || value > c->high ? value : c->high;
	c->n++;
	c->sum += is_count ? (double)value : (double)value * length_ms;
	c->weight += length_ms;
}

void
es_signal_history_take(struct es_signal_history *h, const struct es_host *rec)
{
	double length_ms = (double)es_time_diff(rec->end, rec->start) / ES_NS_PER_MS;
	struct bin *bin;

	if (rec->full)
		memset(h->is_known, 0, sizeof(h->is_known));
	for (uint32_t i = 0; i < rec->n_values; i++)
		if (rec->values[i].signal < ES_SIG_END) {
			h->is_known[rec->values[i].signal] = true;
			h->value[rec->values[i].signal] = rec->values[i].value;
		}
	if (rec->interface.n > 0 && rec->interface.n <= sizeof(h->interface)) {
		memcpy(h->interface, rec->interface.p, rec->interface.n);
		h->n_interface = rec->interface.n;
	}
	if (!es_time_before(h->from, rec->end) || es_time_before(h->to, rec->start) ||
	    length_ms < 0)
		return;
	h->is_synthetic |= rec->synthetic;
	bin = bin_of(h, rec);
	for (uint16_t k = 1; k < ES_SIG_END; k++)
		if (h->is_known[k])
			add(&bin->cells[k], es_signal_limit_of(k), h->value[k],
			    length_ms > 0 ? length_ms : 1); /* gauges of a moment */
}

size_t
es_signal_history_bins(const struct es_signal_history *h)
{
	return h->n_bins;
}

/* The nearest whole number within the two. */
static int64_t
whole(double v, int64_t low, int64_t high)
{
	if (!(v > (double)low))
		return low;
	return v < (double)high ? (int64_t)llround(v) : high;
}

bool
es_signal_history_point(const struct es_signal_history *h, enum es_signal signal, size_t bin,
    struct es_signal_point *out)
{
	const struct es_signal_limit *l = es_signal_limit_of((uint16_t)signal);
	const struct cell *c = &h->bins[bin].cells[signal];

	if (c->n == 0)
		return false;
	out->start = h->bins[bin].start;
	out->end = h->bins[bin].end;
	out->low = c->low;
	out->high = c->high;
	/* One sample as it is: a double does not hold every 64-bit value. */
	if (c->n == 1)
		out->value = c->low;
	else if (l != NULL && l->is_count)
		out->value = whole(c->sum, INT64_MIN, INT64_MAX);
	else
		out->value = whole(c->sum / c->weight, c->low, c->high);
	return true;
}

es_slice
es_signal_history_interface(const struct es_signal_history *h)
{
	return es_slice_of(h->interface, h->n_interface);
}

bool
es_signal_history_is_synthetic(const struct es_signal_history *h)
{
	return h->is_synthetic;
}
