/* SPDX-License-Identifier: Apache-2.0 */
/* The sentence about a machine. */
#include "correlate/verdict/evidence_machine.h"

#include "correlate/verdict/evidence.h"
#include "correlate/verdict/evidence_time.h"
#include "probes/base/text.h"

enum {
	SIGNALS_MAX = 3, /* that a sentence names */
	SUBJECT_MAX = 32,
};

const char *
es_cor_evidence_signal_name(uint16_t signal)
{
	static const char *const names[ES_SIG_END] = {
#define X(name, json, unit, number) [number] = json,
		ES_SIGNALS(X)
#undef X
	};

	return signal < ES_SIG_END && names[signal] != NULL ? names[signal] : "signal";
}

static const char *
what_changed(uint16_t kind)
{
	switch (kind) {
	case ES_CHANGE_ROUTE:
		return "the route";
	case ES_CHANGE_INTERFACE:
		return "the interface";
	case ES_CHANGE_WIFI_BSSID:
		return "the Wi-Fi access point";
	case ES_CHANGE_VPN:
		return "the VPN";
	case ES_CHANGE_POLICY:
		return "the policy";
	case ES_CHANGE_AUDIO:
		return "the audio device";
	case ES_CHANGE_ADDRESS:
		return "the address";
	case ES_CHANGE_POWER:
		return "the power";
	default:
		return "something";
	}
}

static void
add_value(struct es_evidence *e, const struct es_signal_limit *l, int64_t value)
{
	es_cor_add_milli(e, es_signal_limit_milli(l, value));
	if (l->unit[0] != '\0') {
		es_cor_add_text(e, " ");
		es_cor_add_text(e, l->unit);
	}
}

/* "Wi-Fi signal below -75 dBm (down to -79 dBm)", "more than 200 Wi-Fi retries per 5 s (up to 910)" */
static void
add_signal(struct es_evidence *e, const struct es_cor_hit_signal *s)
{
	const struct es_signal_limit *l = s->limit;

	if (l->is_count) {
		es_cor_add_text(e, "more than ");
		add_value(e, l, l->limit);
		es_cor_add_text(e, " ");
		es_cor_add_text(e, l->name);
		es_cor_add_text(e, " per ");
		es_cor_add_number(e, ES_SIGNAL_PERIOD_MS / 1000);
		es_cor_add_text(e, " s");
	} else {
		es_cor_add_text(e, l->name);
		es_cor_add_text(e, l->side == ES_LIMIT_ABOVE ? " above " : " below ");
		add_value(e, l, l->limit);
	}
	es_cor_add_text(e, l->side == ES_LIMIT_ABOVE ? " (up to " : " (down to ");
	add_value(e, l, s->worst);
	es_cor_add_text(e, ")");
}

static void
add_signals(struct es_evidence *e, const struct es_cor_machine_cause *f)
{
	uint32_t n = f->n_signals < SIGNALS_MAX ? f->n_signals : SIGNALS_MAX;

	for (uint32_t i = 0; i < n; i++) {
		bool is_last = i + 1 == f->n_signals;

		es_cor_add_text(e, i == 0 ? "" : !is_last ? ", " : f->is_joint ? " and " : " or ");
		add_signal(e, &f->signals[i]);
	}
	if (f->n_signals > n) {
		es_cor_add_text(e, f->is_joint ? " and " : " or ");
		es_cor_add_count(e, f->n_signals - n, "more signal");
	}
}

/* "the Wi-Fi access point changed (wlan0)" */
static void
add_change(struct es_evidence *e, const struct es_change *change)
{
	if (change->kind == ES_CHANGE_SUSPEND) {
		es_cor_add_text(e, "the machine slept for ");
		es_cor_add_slice(e, es_text_first(change->after, SUBJECT_MAX));
		return;
	}
	es_cor_add_text(e, what_changed(change->kind));
	es_cor_add_text(e, " changed");
	if (change->subject.n > 0) {
		es_cor_add_text(e, " (");
		es_cor_add_slice(e, es_text_first(change->subject, SUBJECT_MAX));
		es_cor_add_text(e, ")");
	}
}

/* "8 of the 9 bad stretches", "all 8 bad stretches" */
static void
add_share(struct es_evidence *e, uint32_t hit, uint32_t all, const char *kind)
{
	if (hit == all && all == 1) {
		es_cor_add_text(e, "the only");
	} else {
		es_cor_add_text(e, hit == all ? "all " : "");
		es_cor_add_number(e, hit);
		if (hit < all) {
			es_cor_add_text(e, " of the ");
			es_cor_add_number(e, all);
		}
	}
	es_cor_add_text(e, kind);
	es_cor_add_text(e, all == 1 ? " stretch" : " stretches");
}

/* "111 of the 113 packets lost between ep and access fall there" */
static void
add_packets(struct es_evidence *e, const struct es_cor_direction *d,
    const struct es_cor_fault *fault, const struct es_cor_machine_cause *f)
{
	es_cor_add_number(e, (int64_t)f->hit_packets);
	es_cor_add_text(e, " of the ");
	es_cor_add_count(e, f->all_packets, "packet");
	es_cor_add_text(e, fault->lost >= fault->late ? " lost " : " late ");
	es_cor_add_text(e, fault->is_upstream ? "before " : "between ");
	es_cor_add_slice(e, d->c->points[d->order[fault->from]].name);
	if (!fault->is_upstream) {
		es_cor_add_text(e, " and ");
		es_cor_add_slice(e, d->c->points[d->order[fault->to]].name);
	}
	es_cor_add_text(e, f->hit_packets == 1 ? " falls there" : " fall there");
}

void
es_cor_evidence_machine(const struct es_cor_verdict_input *in, uint32_t dir,
    const struct es_cor_fault *fault, const struct es_cor_machine_cause *f, struct es_verdict *out)
{
	const struct es_cor_direction *d = in->d[dir];
	const struct es_cor_record_store *store = d->c->s->store;
	const struct es_change *change = f->is_change ? &store->changes[f->change].rec : NULL;
	struct es_evidence *e = es_cor_evidence(out);

	if (e == NULL)
		return;
	e->is_synthetic = f->is_synthetic;
	es_cor_evidence_period(e, d->c, d->order[f->position],
	    change == NULL ? f->from : change->time, change == NULL ? f->to : change->time);
	es_cor_add_way(e, dir);
	es_cor_add_text(e, "on ");
	es_cor_add_slice(e, store->machines[f->machine]);
	es_cor_add_text(e, f->is_synthetic ? " (synthetic data), " : ", ");
	if (change != NULL) {
		add_change(e, change);
		es_cor_evidence_add_period(e);
		es_cor_add_text(e, ", in or right before ");
		add_share(e, f->bad_hit, d->n_bad, " bad");
		es_cor_set_value(e, (int64_t)f->hit_packets, "packets");
	} else {
		const struct es_cor_hit_signal *first = &f->signals[0];

		add_signals(e, f);
		es_cor_add_text(e, " during ");
		add_share(e, f->bad_hit, d->n_bad, " bad");
		es_cor_evidence_add_period(e);
		e->signal = (uint16_t)first->limit->signal;
		es_cor_set_milli(e, es_signal_limit_milli(first->limit, first->worst),
		    first->limit->is_count ? "per 5 s" : first->limit->unit);
	}
	if (f->good_hit > 0) {
		es_cor_add_text(e, " and ");
		add_share(e, f->good_hit, f->good, " good");
	}
	es_cor_add_text(e, "; ");
	add_packets(e, d, fault, f);
}
