/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways in which one and the same call of vantages.h happens: how the SBC numbers, what is signalled, how direct
 * media travel, whether the phones report. Sets of these ways, and of the places of the captures. Static on purpose.
 */
#ifndef TESTS_CALL_VARIANTS_H
#define TESTS_CALL_VARIANTS_H

#include "tests/sim/vantages.h"

/* What is signalled: nothing, one offer, or each change of the path; the SBC has two Call-IDs or keeps one. */
enum w_sip { W_NO_SIP, W_TWO_IDS, W_ONE_ID, W_REINVITE_TWO_IDS, W_REINVITE_ONE_ID, W_SIPS };
/* How direct media travel: to the peer's own address, to that of its NAT, or in another codec. */
enum w_direct { W_PLAIN, W_NATTED, W_NEW_CODEC, W_DIRECTS };

enum {
	W_SSRCS = 3,
	W_VARIANTS = W_SSRCS * W_SIPS * W_DIRECTS * 2,
	W_HALF_PPM = 500000,
};

/*
 * Whether places make a set of captures: the SBC has one capture of all its interfaces, or one on each side or one of
 * its sides.
 */
static inline bool
w_is_split(unsigned at)
{
	return (at & (V_AT_ACCESS | V_AT_CORE)) != 0;
}

static inline bool
w_are_places(unsigned at)
{
	return at != 0 && !(w_is_split(at) && (at & V_AT_SBC) != 0);
}

/* Whether one of the places is at the SBC: it may be a tap next to it. */
static inline bool
w_may_tap(unsigned at)
{
	return (at & (V_AT_SBC | V_AT_ACCESS | V_AT_CORE)) != 0;
}

/* Sets by bits of 1 << value; 0: all. */
struct w_set {
	unsigned ssrc; /* of enum v_ssrc */
	unsigned sip;
	unsigned direct;
	unsigned reports; /* bit 0: none, bit 1: of both phones */
};

enum {
	W_SAME = 1u << V_SAME_SSRC,
	W_GAPS = 1u << V_OWN_SSRC, /* an SSRC of the SBC, whose numbers show holes */
	W_OWN = W_GAPS | 1u << V_OWN_SSRC_NO_GAP,
	W_UNSIGNALLED = 1u << W_NO_SIP,
	W_ONE_OFFER = 1u << W_TWO_IDS | 1u << W_ONE_ID,
	W_REINVITE = 1u << W_REINVITE_TWO_IDS | 1u << W_REINVITE_ONE_ID,
	W_SIGNALLED = W_ONE_OFFER | W_REINVITE,
	W_IN_TWO_IDS = 1u << W_TWO_IDS | 1u << W_REINVITE_TWO_IDS,
	W_IN_ONE_ID = 1u << W_ONE_ID | 1u << W_REINVITE_ONE_ID,
	W_SAME_ADDRESS =
	    1u << W_PLAIN | 1u << W_NEW_CODEC, /* direct media come to where they were sent */
	W_NO_REPORTS = 1u << 0,
	W_REPORTS = 1u << 1
};

/* Variant i of a call; false: it is the same as another one. */
static inline bool
w_variant(const char *phases, unsigned i, struct v_call *call)
{
	enum w_sip sip = (enum w_sip)(i / W_SSRCS % W_SIPS);
	enum w_direct direct = (enum w_direct)(i / (W_SSRCS * W_SIPS) % W_DIRECTS);
	bool is_reported = i / (W_SSRCS * W_SIPS * W_DIRECTS) != 0;

	*call = (struct v_call){ .phases = phases,
		.ssrc = (enum v_ssrc)(i % W_SSRCS),
		.has_no_sip = sip == W_NO_SIP,
		.has_reinvite = sip == W_REINVITE_TWO_IDS || sip == W_REINVITE_ONE_ID,
		.is_one_call = sip == W_ONE_ID || sip == W_REINVITE_ONE_ID,
		.has_reports = is_reported,
		.counts_lost = is_reported,
		.is_natted = direct == W_NATTED,
		.has_new_codec = direct == W_NEW_CODEC };
	return direct == W_PLAIN || strpbrk(phases, "dfgl") != NULL;
}

static inline bool
w_has(unsigned set, unsigned value)
{
	return set == 0 || (set >> value & 1) != 0;
}

static inline bool
w_is_in(const struct w_set *set, unsigned i)
{
	return w_has(set->ssrc, i % W_SSRCS) && w_has(set->sip, i / W_SSRCS % W_SIPS) &&
	       w_has(set->direct, i / (W_SSRCS * W_SIPS) % W_DIRECTS) &&
	       w_has(set->reports, i / (W_SSRCS * W_SIPS * W_DIRECTS));
}

/* Whether a list of phases with a space between each two has one. */
static inline bool
w_lists(const char *list, const char *phases)
{
	size_t n = strlen(phases);

	for (const char *at = list; (at = strstr(at, phases)) != NULL; at++)
		if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return true;
	return false;
}

/* Calls of a table: phases with spaces between them, one set of captures, variants, and why they stand there. */
struct w_row {
	const char *phases;
	unsigned at;
	struct w_set in;
	const char *why;
};

static inline bool
w_has_row(const struct w_row *rows, size_t n, const char *phases, unsigned at, unsigned variant)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].at == at && w_lists(rows[i].phases, phases) &&
		    w_is_in(&rows[i].in, variant))
			return true;
	return false;
}

/* The next phases of such a list; false: there are no more. */
static inline bool
w_next(const char **list, char out[8])
{
	size_t n;

	*list += strspn(*list, " ");
	n = strcspn(*list, " ");
	snprintf(out, 8, "%.*s", (int)n, *list);
	*list += n;
	return n > 0;
}

/*
 * Refuses rows that are not needed: of each row and its phases some variant must be what the table says, by a function
 * of what the captures explain.
 */
static inline void
w_needs_rows(const struct w_row *rows, size_t n,
    bool (*needs)(const struct made_solved *h, const struct v_call *call))
{
	struct v_call call;
	char phases[8];

	for (size_t i = 0; i < n; i++) {
		const char *list = rows[i].phases;

		while (w_next(&list, phases)) {
			bool is_needed = false;

			for (unsigned k = 0; k < W_VARIANTS && !is_needed; k++) {
				if (!w_is_in(&rows[i].in, k) || !w_variant(phases, k, &call))
					continue;
				call.is_split = w_is_split(rows[i].at);
				v_run(&call);
				is_needed = needs(v_explain(rows[i].at, &call), &call);
				es_correlate_free(v_correlate);
				v_done();
			}
			if (!is_needed)
				test_fail(__FILE__, __LINE__, "not needed: %s at %u: %s", phases,
				    rows[i].at, rows[i].why);
		}
	}
}

/* How sure the surest cause is that captures at some places name, of all calls that they make of it. */
static inline uint32_t
w_surest_ppm(const struct made_solved *h)
{
	uint32_t ppm = 0;

	for (uint32_t i = 0; i < h->n && i < 8; i++) {
		const struct es_verdict *v = &h->calls[i].verdict;

		if (v->n_causes > 0 && v->causes[0].confidence_ppm > ppm)
			ppm = v->causes[0].confidence_ppm;
	}
	return ppm;
}

/* A variant in words, for a failure. */
static inline const char *
w_name(const struct v_call *call, unsigned at)
{
	static const char *const ssrc[] = { "same SSRC", "own SSRC", "own SSRC and numbers" };
	static char s[160];

	snprintf(s, sizeof(s), "%s at %s%s%s%s%s%s: %s, %s, %s%s%s%s", call->phases,
	    (at & V_AT_ALICE) != 0 ? "A" : "-", (at & V_AT_SBC) != 0 ? "S" : "",
	    (at & V_AT_ACCESS) != 0 ? "X" : "", (at & V_AT_CORE) != 0 ? "Y" : "",
	    (at & V_AT_BOB) != 0 ? "B" : "-", call->is_tap ? " (tap)" : "", ssrc[call->ssrc],
	    call->has_no_sip     ? "no SIP"
	    : call->has_reinvite ? "re-INVITE"
				 : "SIP",
	    call->is_one_call ? "one Call-ID" : "two Call-IDs",
	    call->has_reports ? ", reports" : "", call->is_natted ? ", NAT" : "",
	    call->has_new_codec ? ", new codec" : "");
	return s;
}

#endif
