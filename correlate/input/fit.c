/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of streams compared with those of a call: the ports of SDP, else the hosts that signalled. */
#include "correlate/input/fit.h"

int
es_cor_fit_among(const struct es_addr *a, const struct es_addr *list, uint32_t n)
{
	int votes = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (es_addr_eq(a, &list[i]))
			return ES_COR_FIT_ADDRESS;
		if (es_addr_same_ip(a, &list[i]))
			votes = ES_COR_FIT_HOST;
	}
	return votes;
}

int
es_cor_fit(const struct es_call *call, const struct es_addr *src, const struct es_addr *dst)
{
	int forward = es_cor_fit_among(src, call->caller_media, call->n_caller_media) +
		      es_cor_fit_among(dst, call->callee_media, call->n_callee_media);
	int reverse = es_cor_fit_among(src, call->callee_media, call->n_callee_media) +
		      es_cor_fit_among(dst, call->caller_media, call->n_caller_media);

	return forward > reverse ? forward : reverse;
}

bool
es_cor_fit_is_one_sided(const struct es_call *call, const struct es_stream_key *key)
{
	bool src_of_caller =
	    es_cor_fit_among(&key->src, call->caller_media, call->n_caller_media) > 0;
	bool dst_of_caller =
	    es_cor_fit_among(&key->dst, call->caller_media, call->n_caller_media) > 0;
	bool src_of_callee =
	    es_cor_fit_among(&key->src, call->callee_media, call->n_callee_media) > 0;
	bool dst_of_callee =
	    es_cor_fit_among(&key->dst, call->callee_media, call->n_callee_media) > 0;

	return src_of_caller == dst_of_caller && src_of_callee == dst_of_callee &&
	       src_of_caller != src_of_callee;
}

/* Positive: from the caller to the callee, by the addresses the two sides named in SDP. */
static int
votes_of(const struct es_call *call, const struct es_stream_key *key)
{
	return es_cor_fit_among(&key->src, call->caller_media, call->n_caller_media) +
	       es_cor_fit_among(&key->dst, call->callee_media, call->n_callee_media) -
	       es_cor_fit_among(&key->src, call->callee_media, call->n_callee_media) -
	       es_cor_fit_among(&key->dst, call->caller_media, call->n_caller_media);
}

/* Likewise by the two hosts that signalled, where SDP names none of its addresses. */
static int
votes_of_hosts(const struct es_call *call, const struct es_stream_key *key)
{
	bool is_forward = es_addr_same_ip(&key->src, &call->invite_src) &&
			  es_addr_same_ip(&key->dst, &call->invite_dst);
	bool is_reverse = es_addr_same_ip(&key->src, &call->invite_dst) &&
			  es_addr_same_ip(&key->dst, &call->invite_src);

	return (is_forward ? ES_COR_FIT_HOST : 0) - (is_reverse ? ES_COR_FIT_HOST : 0);
}

int
es_cor_fit_votes(const struct es_call *call, const struct es_stream_key *key)
{
	int v = votes_of(call, key);

	return v != 0 ? v : votes_of_hosts(call, key);
}
