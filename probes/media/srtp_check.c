/* SPDX-License-Identifier: Apache-2.0 */
/* Which packets are shown to the keys, and what the answers mean. */
#include "probes/media/srtp_check.h"

#include "probes/base/seq.h"

enum {
	WRAP_BITS = 16,
	CRYPTEX_ONE_BYTE = 0xc0de, /* RFC 9335: the tag of GCM is over other bytes there */
	CRYPTEX_TWO_BYTES = 0xc2de,
};

/* The keys to try, the likeliest first. */
struct candidates {
	const struct es_media_key *key[ES_SRTP_KEYS_TRIED];
	unsigned n;
	uint64_t sum;   /* of all prints of the call */
	bool has_own;   /* one of the sending side is there */
	bool is_all;    /* no key of the call is missing */
	bool is_silent; /* one key could not be checked: so no failure is certain */
};

struct found {
	enum es_srtp_fit fit;
	uint64_t print;
	uint32_t roc;
};

static struct es_srtp_check *
check_of(const struct es_context *c, const struct es_stream_state *s)
{
	return es_pool_at(&c->checks, s->check - 1);
}

void
es_srtp_check_begin(struct es_streams *t, struct es_stream_state *s)
{
	uint32_t i;

	if (t->c->checks.cap == 0 || !s->is_secure || s->owner.media == ES_POOL_NONE ||
	    es_media_table_at(t->media, s->owner.media)->n_keys == 0)
		return;
	if (s->check == 0) {
		i = es_pool_take(&t->c->checks);
		if (i == ES_POOL_NONE)
			return;
		s->check = i + 1;
		check_of(t->c, s)->is_whole_call =
		    !es_dialog_at(t->dialogs, s->owner.call)->began_unseen;
	}
	check_of(t->c, s)->left = ES_SRTP_BURST;
}

void
es_srtp_check_drop(struct es_context *c, struct es_stream_state *s)
{
	if (s->check == 0)
		return;
	es_pool_give(&c->checks, s->check - 1);
	s->check = 0;
}

static void
add_keys(struct candidates *k, const struct es_media *m, uint64_t likeliest)
{
	for (unsigned i = m->n_keys; i-- > 0;) {
		if (k->n == ES_SRTP_KEYS_TRIED) {
			k->is_all = false;
			return;
		}
		k->key[k->n++] = &m->key[i];
		if (m->key[i].print == likeliest) {
			k->key[k->n - 1] = k->key[0];
			k->key[0] = &m->key[i];
		}
	}
}

/* 0: of the sending side and host; 1: of its side; 2: of the other side. */
static unsigned
round_of(const struct es_stream_state *s, const struct es_media *to, const struct es_media *m)
{
	if (m->is_caller == to->is_caller)
		return 2;
	return es_addr_same_ip(&m->addr, &s->id.key.src) ? 0 : 1;
}

/* Any key of the call counts, so that a relay in between proves nothing wrong. */
static void
collect(const struct es_streams *t, const struct es_stream_state *s, uint64_t likeliest,
    struct candidates *k)
{
	const struct es_media *to = es_media_table_at(t->media, s->owner.media);
	uint32_t first = es_dialog_at(t->dialogs, s->owner.call)->media;

	k->n = 0;
	k->sum = 0;
	k->has_own = false;
	k->is_all = true;
	k->is_silent = false;
	for (unsigned round = 0; round < 3; round++)
		for (uint32_t i = first; i != ES_POOL_NONE;
		     i = es_media_table_at(t->media, i)->call_next) {
			const struct es_media *m = es_media_table_at(t->media, i);

			if (round_of(s, to, m) != round)
				continue;
			k->has_own |= round < 2 && m->n_keys > 0;
			k->is_all &= !m->has_lost_keys;
			for (unsigned j = 0; j < m->n_keys; j++)
				k->sum += m->key[j].print;
			add_keys(k, m, likeliest);
		}
}

static bool
try_roc(const struct es_context *c, struct candidates *k, es_slice packet, uint64_t roc,
    struct found *out)
{
	if (roc > UINT32_MAX)
		return false;
	for (unsigned i = 0; i < k->n; i++) {
		out->fit =
		    c->keys.srtp(c->keys.ctx, k->key[i]->id, packet.p, packet.n, (uint32_t)roc);
		out->print = k->key[i]->print;
		out->roc = (uint32_t)roc;
		if (out->fit == ES_SRTP_FITS || out->fit == ES_SRTP_OTHER_MKI)
			return true;
		k->is_silent |= out->fit == ES_SRTP_UNKNOWN;
	}
	return false;
}

/* The next counters of the search. */
static bool
search(const struct es_context *c, struct es_srtp_check *k, struct candidates *keys,
    es_slice packet, uint64_t wrap, uint64_t expected, struct found *out)
{
	if (k->searched == 0)
		k->search_wrap = wrap;
	for (unsigned i = 1; i < ES_SRTP_ROCS_TRIED && k->searched < ES_SRTP_ROC_SEARCH; i++) {
		uint64_t roc = k->searched++ + wrap - k->search_wrap;

		if (roc != expected && try_roc(c, keys, packet, roc, out))
			return true;
	}
	return false;
}

static void
count(struct es_context *c, struct es_srtp_check *k, uint32_t checked, uint32_t failed)
{
	k->checked += checked;
	k->failed += failed;
	c->count[ES_CNT_SRTP_CHECKED] += checked;
	c->count[ES_CNT_SRTP_FAILED] += failed;
}

/* Another set of keys: what failed before may have been of a key that comes only now. */
static void
take_keys(struct es_srtp_check *k, uint64_t sum, uint64_t wrap)
{
	k->keys = sum;
	k->undecided = 0;
	k->in_a_row = 0;
	k->other_mki = 0;
	k->left = ES_SRTP_BURST;
	k->search_wrap = wrap;
	k->searched = 0;
	k->has_given_up = false;
}

/* An identifier that is wrong is looked at until that is sure. */
static void
take_mki(struct es_stream_state *s, struct es_srtp_check *k, bool is_other)
{
	k->left = (uint8_t)(k->left - (k->left > 0));
	k->other_mki = is_other ? k->other_mki + 1 : 0;
	if (!is_other)
		return;
	k->left = k->other_mki < ES_SRTP_FAILED_MIN ? ES_SRTP_BURST : 0;
	if (k->left == 0)
		s->record.findings |= ES_FINDING_SRTP_MKI;
}

static void
on_fit(struct es_context *c, struct es_stream_state *s, struct es_srtp_check *k, uint64_t wrap,
    uint64_t expected, const struct found *f)
{
	bool is_other_mki = f->fit == ES_SRTP_OTHER_MKI;

	/* A sender that lost its count is behind; one ahead of ours was out of sight. */
	if (k->has_fitted && k->print == f->print && f->roc < expected)
		s->record.findings |= ES_FINDING_SRTP_ROC;
	/* What failed before was tried with this counter: it failed indeed. */
	if (f->roc == expected)
		count(c, k, k->undecided, k->undecided);
	else
		k->left = ES_SRTP_BURST;
	k->undecided = 0;
	k->in_a_row = 0;
	count(c, k, 1, is_other_mki);
	take_mki(s, k, is_other_mki);
	k->print = f->print;
	k->roc = f->roc;
	k->wrap = wrap;
	k->has_fitted = true;
	k->searched = 0;
	k->has_given_up = false;
}

/* As far as is known, the capture has all the signalling of the call. */
static bool
is_call_complete(const struct es_streams *t, const struct es_stream_state *s)
{
	return (es_dialog_at(t->dialogs, s->owner.call)->coverage.flags &
		   (ES_COV_DROPS | ES_COV_GAP | ES_COV_CUT | ES_COV_CLOCK)) == 0;
}

static void
on_failure(struct es_streams *t, struct es_stream_state *s, struct es_srtp_check *k,
    const struct candidates *keys)
{
	int64_t ms;

	if (k->in_a_row++ == 0)
		k->failing_since = s->last_at;
	if (!k->has_given_up) {
		k->undecided++;
		if (k->searched < ES_SRTP_ROC_SEARCH)
			return;
		k->has_given_up = true;
		k->left = 0;
		if (k->is_whole_call || k->has_fitted)
			count(t->c, k, k->undecided, k->undecided);
		k->undecided = 0;
	} else if (k->is_whole_call || k->has_fitted) {
		count(t->c, k, 1, 1);
	}
	ms = es_time_diff(s->last_at, k->failing_since) / ES_NS_PER_MS;
	if ((k->is_whole_call || k->has_fitted) && k->in_a_row >= ES_SRTP_FAILED_MIN &&
	    ms >= ES_SRTP_FAILED_MIN_MS && keys->is_all && is_call_complete(t, s))
		s->record.findings |= ES_FINDING_SRTP_KEY;
}

static bool
is_due(const struct es_srtp_check *k, uint64_t number)
{
	uint64_t every = k->in_a_row > 0 ? ES_SRTP_EVERY_FAILING : ES_SRTP_EVERY;

	return k->left > 0 || k->undecided > 0 || number % every == 0 ||
	       number % (UINT64_C(1) << WRAP_BITS) < ES_SRTP_BURST;
}

static void
judge(struct es_streams *t, struct es_stream_state *s, struct es_srtp_check *k,
    struct candidates *keys, es_slice packet, uint64_t wrap)
{
	uint64_t expected;
	struct found f;

	if (keys->sum != k->keys)
		take_keys(k, keys->sum, wrap);
	/* Of a counter below 0: a huge one, which no key is tried with. */
	expected = k->has_fitted ? k->roc + wrap - k->wrap : wrap - k->search_wrap;
	if (expected > UINT32_MAX)
		return;
	if (try_roc(t->c, keys, packet, expected, &f) ||
	    (!keys->is_silent && !k->has_given_up &&
		search(t->c, k, keys, packet, wrap, expected, &f)))
		on_fit(t->c, s, k, wrap, expected, &f);
	else if (!keys->is_silent)
		on_failure(t, s, k, keys);
	else if (k->left > 0)
		k->left--;
}

void
es_srtp_check_packet(
    struct es_streams *t, struct es_stream_state *s, const struct es_rtp *rtp, uint32_t wire_bytes)
{
	struct es_srtp_check *k = check_of(t->c, s);
	uint64_t number = es_stream_number(s, rtp->seq);
	struct candidates keys;

	if (!is_due(k, number) || rtp->is_cut || s->owner.call == ES_POOL_NONE ||
	    s->owner.media == ES_POOL_NONE ||
	    es_media_table_at(t->media, s->owner.media)->n_keys == 0 ||
	    rtp->extension_profile == CRYPTEX_ONE_BYTE ||
	    rtp->extension_profile == CRYPTEX_TWO_BYTES)
		return;
	collect(t, s, k->print, &keys);
	if (keys.has_own)
		judge(t, s, k, &keys, es_rtp_packet(rtp, wire_bytes), number >> WRAP_BITS);
	else
		k->left = 0; /* until the other side announces its keys */
}

void
es_srtp_check_report(
    const struct es_context *c, const struct es_stream_state *s, struct es_stream *r)
{
	const struct es_srtp_check *k;

	if (s->check == 0)
		return;
	k = check_of(c, s);
	r->srtp_checked = k->checked;
	r->srtp_failed = k->failed;
	r->srtp_roc = k->roc;
	if (k->checked > 0)
		r->has |= ES_STREAM_HAS_SRTP_CHECK;
	if (k->has_fitted)
		r->has |= ES_STREAM_HAS_SRTP_ROC;
}
