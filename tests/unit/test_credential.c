/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a renewal: whatever step a power cut comes at, a usable pair is left. */
#include "agent/shipper/credential.h"
#include "tests/unit/harness.h"
#include "tests/unit/libc.h"
#include "tests/unit/renewed_pair.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static struct es_credential_files files;

/* The next key and its certificate, not yet kept. */
static const struct es_renew_reply *
request(uint32_t generation)
{
	static uint8_t csr[ES_PKI_DER_MAX];
	struct es_pki_key *key;
	int n;

	if (es_credential_next_key(&pair.files, &key) != 0)
		return NULL;
	n = es_pki_make_csr(key, csr);
	es_pki_key_free(key);
	return n <= 0 ? NULL : pair_reply(es_slice_of(csr, (size_t)n), generation, pair_issued);
}

static mode_t
mode_of(const char *name)
{
	char path[128];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", pair.dir, name);
	return stat(path, &st) == 0 ? st.st_mode & 0777 : 0;
}

TEST(credential_next_pair_takes_the_place_of_the_present_one)
{
	const struct es_renew_reply *reply;
	const char *why;

	pair_make();
	es_credential_choose(&pair.files, &files);
	CHECK(!files.is_next);
	CHECK_STR(files.cert, pair.cert);
	reply = request(2);
	CHECK(reply != NULL);
	CHECK_EQ(mode_of("agent.key.new"), 0600);
	es_credential_choose(&pair.files, &files); /* a key alone is nothing to connect with */
	CHECK(!files.is_next);
	CHECK_EQ(es_credential_keep(&pair.files, reply, &why), 0);
	CHECK_EQ(mode_of("agent.pem.new"), 0600);
	es_credential_choose(&pair.files, &files);
	CHECK(files.is_next);
	CHECK_EQ(pair_generation(files.cert, files.key), 2);
	CHECK_EQ(pair_generation(pair.cert, pair.key), 1);
	CHECK(strstr(files.ca, "/ca.pem.new") != NULL);
	CHECK_EQ(es_credential_commit(&pair.files), 0);
	CHECK_EQ(pair_generation(pair.cert, pair.key), 2);
	CHECK(!pair_has("ca.pem.new") && !pair_has("agent.key.new") && !pair_has("agent.pem.new"));
	es_credential_choose(&pair.files, &files);
	CHECK(!files.is_next);
	pair_free();
}

TEST(credential_second_try_asks_for_the_same_key)
{
	struct es_pki_key *a, *b, *c;
	uint8_t pins[3][ES_PKI_PIN_BYTES];

	pair_make();
	CHECK_EQ(es_credential_next_key(&pair.files, &a), 0);
	es_credential_choose(&pair.files, &files);
	CHECK_EQ(es_credential_next_key(&pair.files, &b), 0);
	es_credential_discard(&pair.files);
	CHECK_EQ(es_credential_next_key(&pair.files, &c), 0);
	CHECK_EQ(
	    es_pki_key_pin(a, pins[0]) + es_pki_key_pin(b, pins[1]) + es_pki_key_pin(c, pins[2]),
	    0);
	CHECK(memcmp(pins[0], pins[1], sizeof(pins[0])) == 0);
	CHECK(memcmp(pins[0], pins[2], sizeof(pins[0])) != 0);
	es_pki_key_free(a);
	es_pki_key_free(b);
	es_pki_key_free(c);
	pair_free();
}

static unsigned steps, cut_at;

/* From the step cut_at on nothing reaches the disk any more. */
static bool
on_disk(enum test_disk_step step, size_t *n)
{
	(void)step;
	(void)n;
	errno = EIO;
	return cut_at == 0 || ++steps < cut_at;
}

/* Everything a renewal writes, until the power is cut. True: to its end. */
static bool
renew(void)
{
	const struct es_renew_reply *reply = request(2);
	const char *why;

	return reply != NULL && es_credential_keep(&pair.files, reply, &why) == 0 &&
	       es_credential_commit(&pair.files) == 0;
}

/* What stands after a power cut is chosen, is a pair with its CA, and renews to the end. */
TEST(credential_power_cut_at_any_step_leaves_a_usable_pair)
{
	bool is_done = false, had[2] = { false, false };

	for (cut_at = 1; !is_done; cut_at++) {
		unsigned at = cut_at;
		uint32_t generation;

		pair_make();
		steps = 0;
		test_disk = on_disk;
		is_done = renew();
		test_disk = NULL;
		es_credential_choose(&pair.files, &files);
		generation = pair_generation(files.cert, files.key);
		if (generation != 1 && generation != 2)
			test_fail(__FILE__, __LINE__, "cut at step %u: no pair", at);
		if (generation == 2 && !files.is_next && pair_generation(pair.cert, pair.key) != 2)
			test_fail(__FILE__, __LINE__, "cut at step %u: not in place", at);
		CHECK(access(files.ca, R_OK) == 0);
		had[generation - 1] = true;
		if (files.is_next)
			CHECK_EQ(es_credential_commit(&pair.files), 0);
		CHECK(pair_generation(pair.cert, pair.key) == generation);
		if (generation == 1)
			CHECK(renew());
		CHECK_EQ(pair_generation(pair.cert, pair.key), 2);
		CHECK(!pair_has("agent.pem.new") && !pair_has("agent.key.new"));
		pair_free();
	}
	CHECK(had[0] && had[1]);
	CHECK(cut_at > 12); /* three files written, three renamed, each synced */
}

/* The rename of the key was done, that of the certificate was not: agent.key has no certificate of its own. */
TEST(credential_cut_between_key_and_certificate_is_finished)
{
	char next[128];
	const char *why;

	pair_make();
	CHECK_EQ(es_credential_keep(&pair.files, request(2), &why), 0);
	(void)snprintf(next, sizeof(next), "%s.new", pair.key);
	CHECK_EQ(rename(next, pair.key), 0);
	CHECK_EQ(pair_generation(pair.cert, pair.key), 0);
	es_credential_choose(&pair.files, &files);
	CHECK(!files.is_next);
	CHECK_EQ(pair_generation(files.cert, files.key), 2);
	CHECK(!pair_has("agent.pem.new"));
	pair_free();
}

TEST(credential_what_belongs_to_no_key_is_removed)
{
	static const char *const rubbish[] = { "", "-----BEGIN CERTIFICATE-----\n", "x" };
	const char *why;
	char path[128];

	for (size_t i = 0; i < 4; i++) {
		pair_make();
		CHECK_EQ(es_credential_keep(&pair.files, request(2), &why), 0);
		(void)snprintf(path, sizeof(path), "%s.new", i == 3 ? pair.key : pair.cert);
		if (i == 3)
			CHECK_EQ(unlink(path), 0);
		else
			CHECK_EQ(es_file_write(path, es_slice_str(rubbish[i]), 0600), 0);
		es_credential_choose(&pair.files, &files);
		CHECK(!files.is_next);
		CHECK_EQ(pair_generation(files.cert, files.key), 1);
		CHECK(!pair_has("agent.pem.new") && !pair_has("ca.pem.new"));
		pair_free();
	}
}

TEST(credential_answer_that_cannot_be_used_is_not_kept)
{
	static const struct {
		const char *why;
		int kind;
	} rows[] = { { "a certificate is too long", 0 }, { "its CAs are not CA certificates", 1 },
		{ "its CAs are not CA certificates", 2 },
		{ "our certificate is damaged or that of a CA", 3 },
		{ "our certificate is damaged or that of a CA", 4 },
		{ "our certificate is of another key", 5 } };
	static char large[ES_PKI_CHAIN_MAX + 1], both[ES_PKI_CHAIN_MAX];

	memset(large, 'x', sizeof(large) - 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_renew_reply r;
		const char *why = NULL;

		pair_make();
		r = *request(2);
		(void)snprintf(both, sizeof(both), "%s%s", pair.ca_pem, pair.certificate);
		switch (rows[i].kind) {
		case 0:
			r.ca_pem = es_slice_str(large);
			break;
		case 1:
			r.ca_pem = es_slice_str("no CA");
			break;
		case 2: /* the second of them is our own certificate */
			r.ca_pem = es_slice_str(both);
			break;
		case 3:
			r.certificate_pem = es_slice_str("no certificate");
			break;
		case 4:
			r.certificate_pem = es_slice_str(pair.ca_pem);
			break;
		default:
			es_credential_discard(&pair.files);
			(void)request(3); /* another key since */
			r.certificate_pem = es_slice_str(both + strlen(pair.ca_pem));
			break;
		}
		CHECK_EQ(es_credential_keep(&pair.files, &r, &why), ES_EMALFORMED);
		CHECK_STR(why, rows[i].why);
		CHECK(!pair_has("agent.pem.new") && !pair_has("ca.pem.new"));
		pair_free();
	}
}

TEST(credential_of_before_is_of_use_until_it_ends)
{
	struct es_pki_key *key = NULL;

	pair_make();
	CHECK(es_credential_may_go_back(&pair.files, pair_issued));
	CHECK(es_credential_may_go_back(
	    &pair.files, es_time_add(pair_issued, PAIR_LIFE_S * ES_NS_PER_S - 1)));
	CHECK(!es_credential_may_go_back(
	    &pair.files, es_time_add(pair_issued, PAIR_LIFE_S * ES_NS_PER_S)));
	CHECK_EQ(es_pki_key_new(&key), 0);
	CHECK_EQ(es_pki_key_write(key, pair.key), 0);
	es_pki_key_free(key);
	CHECK(!es_credential_may_go_back(&pair.files, pair_issued)); /* of another key */
	CHECK_EQ(unlink(pair.cert), 0);
	CHECK(!es_credential_may_go_back(&pair.files, pair_issued));
	pair_free();
}
