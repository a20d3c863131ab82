/* SPDX-License-Identifier: Apache-2.0 */
/* Media that several dialogs announced, compared with the SDP of each. */
#include "correlate/join/shared_media.h"

#include "correlate/input/fit.h"

enum { RECORDS_MAX = 16 }; /* of one Call-ID at a vantage point; with more, it keeps its media */

/* What the SDP of a Call-ID says of a stream. */
struct claim {
	bool has_end;      /* its source is one side's, or its destination the other one's */
	bool is_one_sided; /* one and the same side has both hosts */
};

static struct claim
claim_of(const struct es_cor_solve *s, const struct es_cor_stream *stream, es_slice call_id)
{
	const struct es_cor_call *calls = s->store->calls;
	uint32_t e = es_cor_index_first(&s->calls, es_cor_call_hash(s, stream->vantage, call_id));
	struct claim claim = { false, false };
	bool is_any = false, is_all = true;

	for (uint32_t n = 0; e != ES_COR_INDEX_END; n++, e = s->calls.entries[e].next) {
		const struct es_cor_call *c = &calls[s->calls.entries[e].item];
		const struct es_stream_key *key = &stream->key;

		es_cor_count(s, 1);
		if (n == RECORDS_MAX)
			return (struct claim){ false, false };
		if (c->vantage != stream->vantage || c->rec.call_id.p != call_id.p)
			continue;
		is_any = true;
		is_all &= es_cor_fit_is_one_sided(&c->rec, key);
		claim.has_end |= es_cor_fit(&c->rec, &key->src, &key->dst) >= ES_COR_FIT_ADDRESS;
	}
	claim.is_one_sided = is_any && is_all;
	return claim;
}

uint32_t
es_cor_dialogs_of(const struct es_cor_solve *s, const struct es_cor_stream *stream,
    es_slice out[ES_COR_DIALOGS_MAX])
{
	struct claim claims[ES_COR_DIALOGS_MAX];
	uint32_t n = 0, n_all = 1 + stream->rec.n_other_call_ids;
	bool is_of_another = false;

	for (uint32_t i = 0; i < n_all; i++)
		out[i] = i == 0 ? stream->call_id : stream->rec.other_call_ids[i - 1];
	for (uint32_t i = 0; i < n_all && n_all > 1; i++) {
		claims[i] = claim_of(s, stream, out[i]);
		is_of_another |= claims[i].has_end && !claims[i].is_one_sided;
	}
	if (!is_of_another)
		return n_all;
	for (uint32_t i = 0; i < n_all; i++)
		if (!claims[i].is_one_sided)
			out[n++] = out[i];
	return n;
}
