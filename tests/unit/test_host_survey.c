/* SPDX-License-Identifier: Apache-2.0 */
/* Surveys of nl80211, built and damaged. */
#include "probes/host/netlink/survey.h"

#include "harness.h"
#include "netlink_built.h"

TEST(survey_of_the_channel_in_use_is_read)
{
	_Alignas(8) char room[1024];
	size_t n = survey_answer(room, 5180, UINT64_C(5000000000), 1250000);
	struct es_host_survey s;

	CHECK_EQ(es_host_survey_parse(test_guarded(room, n), &s), 0);
	CHECK_EQ(s.has, ES_SURVEY_HAS_NOISE | ES_SURVEY_HAS_TIME);
	CHECK_EQ(s.frequency_mhz, 5180);
	CHECK_EQ(s.noise_dbm, -92);
	CHECK(s.active_ms == UINT64_C(5000000000));
	CHECK_EQ(s.busy_ms, 1250000);
}

TEST(survey_without_a_channel_in_use_is_absent)
{
	uint8_t room[64];
	struct es_host_survey s;
	size_t n;

	CHECK_EQ(es_host_survey_parse(es_slice_of(NULL, 0), &s), ES_ENOTFOUND);
	begin_message(room, &n, 0);
	put_u32(room, &n, NL80211_ATTR_IFINDEX, 3);
	(void)end_message(room, n, 28, 0);
	CHECK_EQ(es_host_survey_parse(test_guarded(room, n), &s), ES_ENOTFOUND);
}

TEST(survey_cut_or_flipped_is_survived)
{
	_Alignas(8) char room[1024];
	size_t n = survey_answer(room, 5180, 100000, 20000);
	struct es_host_survey s;

	for (size_t cut = 0; cut < n; cut++) {
		int err = es_host_survey_parse(test_guarded(room, cut), &s);

		CHECK(err == 0 || err == ES_ENOTFOUND || err == ES_EMALFORMED);
		if (err == 0) /* only the end of the dump is cut */
			CHECK(cut >= n - NLMSG_HDRLEN && s.noise_dbm == -92);
	}
	for (size_t bit = 0; bit < 8 * n; bit++) {
		int err;

		room[bit / 8] = (char)(room[bit / 8] ^ 1 << bit % 8);
		err = es_host_survey_parse(test_guarded(room, n), &s);
		CHECK(err == 0 || err == ES_ENOTFOUND || err == ES_EMALFORMED);
		room[bit / 8] = (char)(room[bit / 8] ^ 1 << bit % 8);
	}
}
