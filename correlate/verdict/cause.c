/* SPDX-License-Identifier: Apache-2.0 */
/* Confidence of causes. */
#include "correlate/verdict/cause.h"

uint32_t
es_cor_overlap_ppm(uint32_t bad_hit, uint32_t bad, uint32_t good_hit, uint32_t good)
{
	uint64_t hit = (UINT64_C(1000000) * (4 * (uint64_t)bad_hit + 1)) / (4 * (uint64_t)bad + 2);
	uint64_t spared =
	    (UINT64_C(1000000) * (4 * (uint64_t)(good - good_hit) + 1)) / (4 * (uint64_t)good + 2);
	uint64_t ppm = hit * spared / 1000000;

	return ppm > ES_COR_SURE_PPM ? ES_COR_SURE_PPM : (uint32_t)ppm;
}

uint32_t
es_cor_share_ppm(uint32_t share_ppm, uint64_t n)
{
	uint64_t ppm;

	n = n > 1000000 ? 1000000 : n;
	ppm = share_ppm * (n + 1) / (n + 3);
	return ppm > ES_COR_SURE_PPM ? ES_COR_SURE_PPM : (uint32_t)ppm;
}

void
es_cor_rank(struct es_verdict *v, enum es_cause cause, uint32_t confidence_ppm)
{
	es_cor_rank_machine(v, cause, confidence_ppm, false);
}

void
es_cor_rank_machine(
    struct es_verdict *v, enum es_cause cause, uint32_t confidence_ppm, bool is_synthetic)
{
	uint32_t at = 0;

	while (at < v->n_causes && v->causes[at].cause != cause)
		at++;
	if (at == v->n_causes) {
		if (v->n_causes == ES_CAUSES_MAX)
			return;
		v->causes[v->n_causes].cause = cause;
		v->causes[v->n_causes].is_synthetic = is_synthetic;
		v->causes[v->n_causes++].confidence_ppm = confidence_ppm;
	} else if (v->causes[at].confidence_ppm < confidence_ppm) {
		v->causes[at].confidence_ppm = confidence_ppm;
		v->causes[at].is_synthetic = is_synthetic;
	}
	for (; at > 0 && v->causes[at - 1].confidence_ppm < v->causes[at].confidence_ppm; at--) {
		struct es_ranked_cause swapped = v->causes[at];

		v->causes[at] = v->causes[at - 1];
		v->causes[at - 1] = swapped;
	}
}

void
es_cor_drop_hints(struct es_verdict *v)
{
	while (v->n_causes > 1 && v->causes[v->n_causes - 1].confidence_ppm < ES_COR_ACCUSES_PPM)
		v->n_causes--;
}
