/* SPDX-License-Identifier: Apache-2.0 */
/* What the evidence says of a sender that counts in another clock. */
#include "tests/unit/made_records.h"

static struct call4 *s;

static void
count_off(struct made_stream *h, uint32_t ratio_ppm, enum es_unscored unscored)
{
	h->findings = ES_FINDING_CLOCK_MISMATCH;
	h->clock_ratio_ppm = ratio_ppm;
	h->unscored = unscored;
	h->no_late = true;
}

static const struct made_solved *
solved(void)
{
	struct made_solved *h;

	call4_signal(s);
	call4_media(s);
	h = made_solve(s->c);
	if (h->n != 1)
		test_fail(__FILE__, __LINE__, "%u calls", h->n);
	return h;
}

/* The one sentence about a clock; NULL: none, or several. */
static const struct es_evidence *
sentence(const struct es_verdict *v)
{
	const struct es_evidence *found = NULL;
	unsigned n = 0;

	for (uint32_t i = 0; i < v->n_evidence; i++) {
		if (strstr(v->evidence[i].text, "timestamps") == NULL)
			continue;
		found = &v->evidence[i];
		n++;
	}
	return n == 1 ? found : NULL;
}

TEST(correlate_says_that_a_sender_counts_in_another_clock)
{
	static const char text[] =
	    "forward: timestamps of PCMU at ep run at 15960 Hz, 199.5 % of its "
	    "clock of 8000 Hz: lateness and MOS cannot be measured";
	const struct es_evidence *e;
	const struct made_solved *h;

	s = call4_new(1500);
	for (int i = 0; i < 4; i++)
		count_off(&s->fwd[i], 1995000, ES_UNSCORED_CLOCK_MISMATCH);
	h = solved();
	e = sentence(&h->calls[0].verdict);
	CHECK_EQ(h->calls[0].verdict.state, ES_VERDICT_CLEAN);
	CHECK(e != NULL && strcmp(e->text, text) == 0);
	CHECK(e != NULL && e->value_milli == 199500 && strcmp(e->unit, "%") == 0);
	CHECK(strstr(h->json[0], text) != NULL);
	es_correlate_free(s->c);
}

/* With what else is wrong with the call, and where only one vantage point heard long enough to know. */
TEST(correlate_says_it_of_the_direction_that_has_it)
{
	const struct es_evidence *e;
	const struct es_verdict *v;

	s = call4_new(1500);
	count_off(&s->rev[1], 166667, ES_UNSCORED_CLOCK_MISMATCH);
	for (uint32_t i = 400; i < 600; i += 4)
		call4_lose(s->fwd_seen, 2, 1, i);
	v = &solved()->calls[0].verdict;
	e = sentence(v);
	CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_NETWORK_LOSS);
	CHECK(e != NULL && strstr(e->text, "reverse: timestamps of PCMU at access run at 1333 Hz, "
					   "16.7 % of its clock of 8000 Hz") != NULL);
	es_correlate_free(s->c);
}

/* The record names the codec that led: the ratio is of the other one. */
TEST(correlate_names_no_codec_where_another_one_is_off)
{
	const struct es_evidence *e;

	s = call4_new(1500);
	count_off(&s->fwd[0], 166667, ES_UNSCORED_NOT);
	e = sentence(&solved()->calls[0].verdict);
	CHECK(
	    e != NULL && strstr(e->text, "forward: timestamps of one codec at ep run at 16.7 % of "
					 "its clock: lateness and MOS") != NULL);
	es_correlate_free(s->c);
}

TEST(correlate_says_nothing_of_clocks_that_fit)
{
	const struct es_verdict *v;

	s = call4_new(1500);
	v = &solved()->calls[0].verdict;
	for (uint32_t i = 0; i < v->n_evidence; i++)
		CHECK(strstr(v->evidence[i].text, "clock") == NULL);
	es_correlate_free(s->c);
}

/* The MOS of a direction was absent without a word. */
TEST(correlate_says_why_a_direction_has_no_mos)
{
	const struct made_solved *h;
	const struct es_verdict *v;
	unsigned n = 0;

	s = call4_new(1500);
	for (int i = 0; i < 4; i++)
		s->fwd[i].unscored = ES_UNSCORED_CODEC_UNKNOWN;
	h = solved();
	v = &h->calls[0].verdict;
	CHECK(!h->calls[0].directions[0].has_mos_lq);
	for (uint32_t i = 0; i < v->n_evidence; i++)
		n += strcmp(v->evidence[i].text,
			 "forward: no MOS at gw: the codec is not known, no SDP explains the "
			 "payload type") == 0;
	CHECK_EQ(n, 1);
	es_correlate_free(s->c);
}
