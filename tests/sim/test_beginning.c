/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTP streams that begin in an SBC, which sends with an SSRC of its own: what no capture saw of them is missing where
 * the first capture that sees them stands, and is said to have been lost before others only if those missed it, too.
 */
#include "tests/sim/vantages.h"

enum { A = V_AT_ALICE, S = V_AT_SBC, B = V_AT_BOB, X = V_AT_ACCESS, Y = V_AT_CORE };
enum { SURE_PPM = 900000, HINT_PPM = 500000 };

struct row {
	const char *name;
	const char *phases;
	unsigned at;
	enum v_ssrc ssrc;
	enum es_cause cause;
	bool is_sure;
	const char *from;      /* of its segment; NULL: none */
	const char *to;        /* NULL: one of several segments */
	const char *says;      /* part of a sentence */
	const char *says_none; /* of none */
};

#define BEGINS "the first vantage point of an RTP stream that begins behind"

static const struct row rows[] = {
	{ "behind the SBC, its access side captured", "rbr", X | B, V_OWN_SSRC,
	    ES_CAUSE_NETWORK_LOSS, true, "access", "epb",
	    "500 packets of the bad blocks never came to epb, " BEGINS " access",
	    "came to access" },
	{ "behind the SBC, numbered without gaps", "rbr", X | B, V_OWN_SSRC_NO_GAP,
	    ES_CAUSE_NETWORK_LOSS, true, "access", "epb", "never came to epb, " BEGINS " access",
	    "came to access" },
	{ "between two phones, first with direct media", "rdrxr", A | B, V_OWN_SSRC,
	    ES_CAUSE_NETWORK_LOSS, true, "ep", "epb", "never came to epb, " BEGINS " ep",
	    "never came to epb, the first vantage point (" },
	{ "between two phones, back", "rdrxr", A | B, V_OWN_SSRC, ES_CAUSE_NETWORK_LOSS, true, "ep",
	    "epb", "reverse: 500 packets of the bad blocks never came to ep, " BEGINS " epb",
	    "came to ep, the first vantage point (" },
	{ "behind the SBC, before direct media, three captures", "rbrfr", A | X | B, V_OWN_SSRC,
	    ES_CAUSE_NETWORK_LOSS, true, "ep", NULL, "never came to epb, " BEGINS " ep",
	    "came to ep," },
	{ "before the SBC and both captures", "ryr", X | B, V_OWN_SSRC, ES_CAUSE_FAR_SIDE, false,
	    NULL, NULL, "500 packets of the bad blocks never came to access, the first vantage",
	    "1000 packets" },
	{ "before the SBC, seen by the phone", "ryr", A | X | B, V_OWN_SSRC, ES_CAUSE_NETWORK_LOSS,
	    true, "ep", "access", "500 of 1500 packets seen at ep never came to access",
	    "first vantage point" },
	{ "before the core side, seen by the phone", "ryr", A | Y, V_OWN_SSRC,
	    ES_CAUSE_NETWORK_LOSS, true, "ep", "core", "never came to core, " BEGINS " ep",
	    "came to ep," },
	{ "while direct media may have passed the SBC", "rdrbr", X | B, V_OWN_SSRC,
	    ES_CAUSE_NETWORK_LOSS, false, "epb", "access",
	    "never came to epb, the first vantage point of an RTP stream (",
	    "came to access, the first vantage point (" },
	{ "before the only capture", "ryr", X, V_OWN_SSRC, ES_CAUSE_FAR_SIDE, false, NULL, NULL,
	    "never came to access, the first vantage point (", "begins behind" },
};

static bool
is_said(const struct es_verdict *v, const char *text)
{
	for (uint32_t i = 0; i < v->n_evidence; i++)
		if (strstr(v->evidence[i].text, text) != NULL)
			return true;
	return false;
}

static bool
is_as_row_says(const struct es_verdict *v, const struct row *r)
{
	bool is_sure = v->causes[0].confidence_ppm > SURE_PPM;

	if (v->n_causes == 0 || v->causes[0].cause != r->cause || is_sure != r->is_sure ||
	    (!is_sure && v->causes[0].confidence_ppm > HINT_PPM))
		return false;
	if (v->has_segment != (r->from != NULL))
		return false;
	if (r->from != NULL && (v->n_one_of > 0) != (r->to == NULL))
		return false;
	if (r->from != NULL && !es_slice_eq(v->n_one_of > 0 ? v->one_of[0].from : v->segment_from,
				   es_slice_str(r->from)))
		return false;
	if (r->to != NULL && !es_slice_eq(v->segment_to, es_slice_str(r->to)))
		return false;
	return is_said(v, r->says) && !is_said(v, r->says_none);
}

static void
show(const struct es_verdict *v, const char *name)
{
	test_fail(__FILE__, __LINE__, "%s: cause %d %u, segment %.*s-%.*s of %u", name,
	    (int)v->causes[0].cause, v->causes[0].confidence_ppm, (int)v->segment_from.n,
	    (const char *)v->segment_from.p, (int)v->segment_to.n, (const char *)v->segment_to.p,
	    v->n_one_of);
	for (uint32_t i = 0; i < v->n_evidence; i++)
		test_fail(__FILE__, __LINE__, "  %s", v->evidence[i].text);
}

/* The sentence named the first vantage point of the path, which had seen each packet under other numbers. */
TEST(loss_of_stream_that_begins_in_sbc_is_not_laid_before_captures_that_had_it)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct v_call call = { .phases = rows[i].phases,
			.ssrc = rows[i].ssrc,
			.is_split = (rows[i].at & (X | Y)) != 0 };
		const struct made_solved *h;

		v_run(&call);
		h = v_explain(rows[i].at, &call);
		if (h->n != 1 || !is_as_row_says(&h->calls[0].verdict, &rows[i]))
			show(&h->calls[0].verdict, rows[i].name);
		es_correlate_free(v_correlate);
		v_done();
	}
}
