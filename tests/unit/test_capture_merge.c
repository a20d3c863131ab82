/* SPDX-License-Identifier: Apache-2.0 */
/* Several captures as one: order in time, and what one damaged file does to the others. */
#include "tests/unit/harness.h"
#include "tests/unit/made_capture.h"

static struct es_capture *
file_of(const char *const *texts, const uint32_t *secs, size_t n, size_t cut_bytes)
{
	struct made m = { 0 };
	char error[ES_CAPTURE_ERROR_MAX];
	struct es_capture *c = NULL;
	size_t i;

	pcap_begin(&m, 0xa1b2c3d4);
	for (i = 0; i < n; i++)
		pcap_packet(&m, secs[i], 0, texts[i]);
	return open_made(m.b, m.n - cut_bytes, &c, error) == 0 ? c : NULL;
}

TEST(capture_merge_orders_by_time_and_keeps_the_order_of_files)
{
	static const char *const a[] = { "a1", "a3", "a5" }, *const b[] = { "b1", "b2", "b5" };
	static const uint32_t ta[] = { 1, 3, 5 }, tb[] = { 1, 2, 5 };
	static const char *const expected[] = { "a1", "b1", "b2", "a3", "a5", "b5" };
	struct es_capture *sources[2] = { file_of(a, ta, 3, 0), file_of(b, tb, 3, 0) };
	struct es_capture *c;
	struct es_packet p;
	size_t i;

	CHECK_EQ(es_capture_merge_new(sources, 0, &c), ES_EINVALID);
	CHECK_EQ(es_capture_merge_new(sources, 2, &c), 0);
	for (i = 0; i < 6; i++) {
		CHECK_EQ(es_capture_next(c, &p), 0);
		CHECK_SLICE(es_slice_of(p.data, p.cap_bytes), expected[i]);
	}
	CHECK_EQ(es_capture_next(c, &p), ES_EEOF);
	es_capture_free(c);
}

TEST(capture_merge_continues_when_one_file_is_cut)
{
	static const char *const a[] = { "a1", "a2" }, *const b[] = { "b1", "b2", "b3" };
	static const uint32_t ta[] = { 1, 2 }, tb[] = { 1, 2, 3 };
	struct es_capture *sources[2] = { file_of(a, ta, 2, 1), file_of(b, tb, 3, 0) };
	struct es_capture *c;
	struct es_packet p;
	int n = 0, errors = 0, rc;

	CHECK_EQ(es_capture_merge_new(sources, 2, &c), 0);
	while ((rc = es_capture_next(c, &p)) != ES_EEOF) {
		if (rc == 0)
			n++;
		else
			errors++;
		CHECK(rc == 0 || rc == ES_ECUT);
		CHECK(rc == 0 || strstr(es_capture_error(c), "after 1 packets") != NULL);
	}
	CHECK_EQ(n, 4);
	CHECK_EQ(errors, 1);
	es_capture_free(c);
}
