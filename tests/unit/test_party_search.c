/* SPDX-License-Identifier: Apache-2.0 */
/* Who is searched for: what a person types against what agents with the same key have written. */
#include "collector/query/party_search.h"
#include "tests/unit/harness.h"

static struct es_pseudonym
key_of(const char *country)
{
	static const uint8_t key[ES_KEY_BYTES] = { 1, 2, 3 };
	struct es_pseudonym p;

	if (es_pseudonym_init(&p, key, country) != 0)
		test_fail(__FILE__, __LINE__, "%s", country);
	return p;
}

TEST(party_search_finds_what_agents_wrote)
{
	static const struct {
		const char *typed;
		const char *agent_country;
		const char *said; /* in SIP, at the agent */
		bool is_it;
	} rows[] = {
		{ "+49 30 1234567", "49", "0301234567@pbx", true },
		{ "+49301234567", "", "+49301234567@sbc:5060", true },
		{ "004930 123-4567", "49", "+49301234567;phone-context=x@sbc", true },
		{ "0301234567", "49", "+49301234567@sbc", true }, /* our country is 49, too */
		{ "+49301234567", "", "0301234567@pbx", true },   /* by its last eight digits */
		{ "+49301234567", "", "301234567@pbx", true },
		{ "+49301234567", "49", "+43301234567@sbc", false }, /* both countries are known */
		{ "+49301234567", "49", "+49301234568@sbc", false },
		{ "tel:+49301234567", "49", "+49301234567@sbc", true },
		{ "tel:+49301234567;phone-context=x", "49", "+49301234567@sbc", true },
		{ "sip:+49301234567@sbc", "49", "+49301234567@sbc:5070", true },
		{ "sip:+49301234567@sbc;transport=tcp", "49", "+49301234567@sbc", true },
		{ "<sip:+49301234567@SBC>", "49", "+49301234567@sbc", true },
		{ "sip:+49301234567@sbc", "49", "+49301234567@sbc2", false },
		{ "sip:+49301234567@sbc", "49", "+49301234567", false },
		{ "123", "49", "123@pbx", true },
		{ "123", "49", "124@pbx", false },
		{ "123", "49", "+49123@pbx", false },
		/* as letters, web sites and SIP headers have them */
		{ "(030) 1234567", "49", "+49301234567@sbc", true },
		{ "030/1234567", "49", "+49301234567@sbc", true },
		{ "+49 (0)30 1234567", "49", "+49301234567@sbc", true },
		{ "+49 (0) 30 / 123-45 67", "49", "+49301234567@sbc", true },
		{ "0049 (0)30 1234567", "49", "+49301234567@sbc", true },
		{ "sip:+49301234567;user=phone", "49", "+49301234567@sbc", true },
		{ "\t+49301234567\n", "49", "+49301234567@sbc", true },
		{ "+49\u00a030\u00a01234567", "49", "+49301234567@sbc", true },
		{ "+49\u202f30\u20111234567", "49", "+49301234567@sbc", true },
		{ "+49 30 1234567\u2013", "49", "+49301234567@sbc", true },
		{ "\"Bob <B@x>\" <sip:+49301234567@sbc>;tag=1", "49", "+49301234567@sbc", true },
		{ "Alice <sip:alice@example.org>", "", "alice@example.org", true },
		{ "a/b", "", "a/b@example.org", true }, /* no number: as it is */
		{ "a(0)b", "", "a(0)b@example.org", true },
		{ "alice", "", "alice@example.org", true },
		{ "sips:alice@example.org?subject=x", "", "alice@example.org", true },
		{ "Alice", "", "alice@example.org", false }, /* users have case */
		{ "alice@other.org", "", "alice@example.org", false },
		{ "anonymous", "", "anonymous@anonymous.invalid", true },
	};
	const struct es_pseudonym ours = key_of("49");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct es_pseudonym theirs = key_of(rows[i].agent_country);
		char stored[ES_PSEUDONYM_URI_MAX];
		size_t n = es_pseudonym_uri(&theirs, es_slice_str(rows[i].said), stored);
		struct es_party_search s;

		if (es_party_search_parse(&ours, rows[i].typed, &s) != 0 ||
		    es_party_search_fits(&s, es_slice_of(stored, n)) != rows[i].is_it)
			test_fail(__FILE__, __LINE__, "%s for %s: %s", rows[i].typed, rows[i].said,
			    s.pseudonym);
	}
}

/* A pseudonym out of the list is one that can be searched for. */
TEST(party_search_takes_a_pseudonym_as_it_is)
{
	const struct es_pseudonym key = key_of("49");
	char stored[ES_PSEUDONYM_URI_MAX];
	struct es_party_search s;
	size_t n = es_pseudonym_uri(&key, es_slice_str("+49301234567@h"), stored);

	CHECK_EQ(es_party_search_parse(&key, stored, &s), 0);
	CHECK(es_party_search_fits(&s, es_slice_of(stored, n)));
	CHECK_STR(s.host, "h");
	CHECK(strncmp(s.pseudonym, "n1-cc49-", 8) == 0);
}

TEST(party_search_refuses_what_names_nobody)
{
	static const char *const rows[] = { "", " ", "sip:", "@host", "sip:alice@", "<>" };
	const struct es_pseudonym key = key_of("");
	struct es_party_search s;
	char text[600];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (es_party_search_parse(&key, rows[i], &s) != ES_EMALFORMED)
			test_fail(__FILE__, __LINE__, "\"%s\" is %s", rows[i], s.pseudonym);
	memset(text, 'a', sizeof(text));
	text[599] = '\0';
	CHECK_EQ(es_party_search_parse(&key, text, &s), ES_EMALFORMED);
	text[3] = '@';
	CHECK_EQ(es_party_search_parse(&key, text, &s), ES_EMALFORMED);
	CHECK(!es_party_search_fits(&s, es_slice_str("")));
}
