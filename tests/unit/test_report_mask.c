/* SPDX-License-Identifier: Apache-2.0 */
/* No user part is left where a page hides who calls whom. */
#include "agent/report/mask.h"
#include "tests/unit/harness.h"

static struct es_html h;

static es_slice
masked(const struct es_mask *m, const char *text)
{
	es_html_free(&h);
	es_mask_text(m, es_slice_str(text), &h);
	return es_slice_of((const uint8_t *)h.text, h.n_bytes);
}

TEST(mask_hides_users_wherever_they_stand)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "alice-17@host", "****-17@host" },
		{ "call-ALICE.bob@host", "call-****.****@host" },
		{ "aliceline", "****line" },
		{ "bobob", "****ob" },
		{ "0049301234567", "****" },
		{ "id-301234567-9@h", "id-****-9@h" },
		{ "234567", "****" },
		{ "34567", "34567" },
		{ "e1da09df28e6cf93", "e1da09df28e6cf93" },
		{ "<alice>", "&lt;****&gt;" },
		{ "", "" },
	};
	struct es_mask m = { .is_on = true };

	es_mask_add(&m, es_slice_str("alice@example.org"));
	es_mask_add(&m, es_slice_str("bob"));
	es_mask_add(&m, es_slice_str("+49-30-1234567@example.org"));
	es_mask_add(&m, es_slice_str("@nobody"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_SLICE(masked(&m, rows[i].in), rows[i].out);
	es_html_free(&h);
}

/* RFC 3261 section 19.1.2: a phone writes "+" as %2B, and may write any letter so. */
TEST(mask_hides_users_that_are_written_with_escapes)
{
	static const struct {
		const char *party, *in, *out;
	} rows[] = {
		{ "%61lice@h", "alice-17@host", "****-17@host" },
		{ "alice@h", "call-%41LIC%65.x", "call-****.x" },
		{ "%2B4930%31234567@h", "0049301234567", "****" },
		{ "%2b49301234567@h", "id-%2B49301234567-9", "id-****-9" },
		{ "+49301234567@h", "%34930%31%32%334567@h", "****@h" },
		{ "%2B49301234567@h", "id-1234567-9", "id-****-9" },
		{ "al%69ce@h", "al%69", "al%69" },
		{ "100%@h", "100%", "****" },
		{ "bo%62@h", "%2", "%2" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_mask m = { .is_on = true };

		es_mask_add(&m, es_slice_str(rows[i].party));
		CHECK_SLICE(masked(&m, rows[i].in), rows[i].out);
	}
	es_html_free(&h);
}

TEST(mask_that_is_off_hides_nothing)
{
	struct es_mask m = { .is_on = false };
	char out[ES_MASK_PARTY_MAX];

	es_mask_add(&m, es_slice_str("alice@example.org"));
	CHECK_SLICE(masked(&m, "alice-17@host"), "alice-17@host");
	CHECK_SLICE(es_mask_party(&m, es_slice_str("alice@h"), out), "alice@h");
	es_html_free(&h);
}

TEST(mask_leaves_the_host_of_a_party)
{
	struct es_mask m = { .is_on = true };
	char out[ES_MASK_PARTY_MAX], name[400];

	CHECK_SLICE(es_mask_party(&m, es_slice_str("alice@example.org"), out), "****@example.org");
	CHECK_SLICE(es_mask_party(&m, es_slice_str("+49301234567"), out), "****");
	CHECK_EQ(es_mask_party(&m, es_slice_of(NULL, 0), out).n, 0);
	memset(name, 'h', sizeof(name));
	name[0] = 'u';
	name[1] = '@';
	CHECK_EQ(es_mask_party(&m, es_slice_of((uint8_t *)name, sizeof(name)), out).n,
	    ES_MASK_PARTY_MAX - 1);
}
