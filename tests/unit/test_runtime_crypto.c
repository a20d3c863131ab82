/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes, tokens, pseudonyms, certificates. */
#include "harness.h"
#include "runtime/clock.h"
#include "runtime/crypto/pki.h"
#include "runtime/crypto/pseudonym.h"
#include "runtime/crypto/token.h"
#include "tests/unit/libc.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

TEST(runtime_sha256_and_hmac_know_the_published_vectors)
{
	uint8_t out[32];
	char hex[65];

	es_sha256(es_slice_str("abc"), out); /* FIPS 180-2 appendix B.1 */
	es_hex_text(out, 32, hex);
	CHECK_STR(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	/* RFC 4231 test case 2 */
	es_hmac_sha256(es_slice_str("Jefe"), es_slice_str("what do ya want for nothing?"), out);
	es_hex_text(out, 32, hex);
	CHECK_STR(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(runtime_hex_is_strict)
{
	uint8_t out[2] = { 0, 0 };

	CHECK_EQ(es_hex_parse(es_slice_str("0aFF"), out, 2), 0);
	CHECK(out[0] == 0x0a && out[1] == 0xff);
	CHECK_EQ(es_hex_parse(es_slice_str("0aF"), out, 2), ES_EMALFORMED);
	CHECK_EQ(es_hex_parse(es_slice_str("0aFg"), out, 2), ES_EMALFORMED);
	CHECK_EQ(es_hex_parse(es_slice_str("0aFF0"), out, 2), ES_EMALFORMED);
	CHECK(es_secret_eq("abc", "abc", 3) && !es_secret_eq("abc", "abd", 3));
}

TEST(runtime_token_text_round_trips_and_damage_is_refused)
{
	uint8_t pin[32], h1[32], h2[32];
	struct es_token t, got;
	char text[ES_TOKEN_TEXT_MAX + 4];

	es_random_bytes(pin, sizeof(pin));
	es_token_make(pin, &t);
	es_token_text(&t, text);
	CHECK_EQ(strlen(text), ES_TOKEN_TEXT_MAX - 1);
	CHECK_EQ(es_token_parse(test_guarded(text, strlen(text)), &got), 0);
	CHECK(memcmp(&t, &got, sizeof(t)) == 0);
	es_token_hash(t.secret, h1);
	es_token_hash(got.secret, h2);
	CHECK(memcmp(h1, h2, 32) == 0 && memcmp(h1, t.secret, 32) != 0);
	for (size_t n = 0; n < strlen(text); n++)
		CHECK_EQ(es_token_parse(test_guarded(text, n), &got), ES_EMALFORMED);
	memcpy(text + ES_TOKEN_TEXT_MAX - 1, "\r\n", 3);
	CHECK_EQ(es_token_parse(es_slice_str(text), &got), 0);
	text[4] = 'x';
	CHECK_EQ(es_token_parse(es_slice_str(text), &got), ES_EMALFORMED);
}

static const char *
pseudonym(const char *country, const char *user)
{
	static char out[4][ES_PSEUDONYM_URI_MAX];
	static unsigned at;
	static const uint8_t key[32] = "0123456789abcdef0123456789abcdef";
	struct es_pseudonym p;
	size_t n;

	at = (at + 1) % 4;
	if (es_pseudonym_init(&p, key, country) != 0)
		return "country";
	n = es_pseudonym_uri(&p, test_guarded(user, strlen(user)), out[at]);
	return n == strlen(out[at]) ? out[at] : "length";
}

TEST(runtime_pseudonym_of_one_number_is_the_same_however_it_is_written)
{
	static const char *const same[] = { "+493012345678", "00493012345678", "03012345678",
		"+49 (30) 1234-5678", "%2B493012345678", "+49-30-12345678;phone-context=x",
		"0 30/12345678" };
	const char *want = pseudonym("49", same[0]);

	CHECK_EQ(strlen(want), 3 + 4 + 1 + 24 + 1 + 24);
	CHECK(strncmp(want, "n1-cc49-", 8) == 0);
	for (int i = 1; i < 6; i++)
		CHECK_STR(pseudonym("49", same[i]), want);
	CHECK(
	    strncmp(pseudonym("49", same[6]), "u1-", 3) == 0); /* "/" is no separator of RFC 3966 */
	CHECK_STR(pseudonym("1", "2125550123"), pseudonym("1", "+12125550123"));
	CHECK_STR(pseudonym("1", "01144203456789"), pseudonym("1", "+44203456789"));
}

TEST(runtime_pseudonym_tail_joins_legs_that_write_the_number_differently)
{
	const char *full = pseudonym("", "+493012345678");
	const char *national = pseudonym("", "03012345678");

	CHECK(strncmp(national, "n1-nat-", 7) == 0);
	CHECK(strcmp(full, national) != 0);
	CHECK_STR(strrchr(full, '-'), strrchr(national, '-'));
}

TEST(runtime_pseudonym_classes_and_keys)
{
	static const uint8_t other_key[32] = "another key of thirty-two bytes!";
	struct es_pseudonym p;
	char out[ES_PSEUDONYM_URI_MAX];
	char again[ES_PSEUDONYM_URI_MAX];

	CHECK(strncmp(pseudonym("49", "1001"), "n1-ext-", 7) == 0);
	CHECK(strncmp(pseudonym("49", "+12125550123"), "n1-cc1-", 7) == 0);
	CHECK(strncmp(pseudonym("49", "+3531234567"), "n1-cc353-", 9) == 0);
	CHECK(strncmp(pseudonym("49", "alice"), "u1-", 3) == 0);
	CHECK(strcmp(pseudonym("49", "alice"), pseudonym("49", "bob")) != 0);
	CHECK_STR(pseudonym("49", ""), "");
	CHECK_STR(pseudonym("49", "anonymous@anonymous.invalid"), "anonymous@anonymous.invalid");
	CHECK_EQ(es_pseudonym_init(&p, other_key, "49"), 0);
	(void)es_pseudonym_uri(&p, es_slice_str("alice@example.org"), out);
	CHECK(strstr(out, "@example.org") != NULL && strstr(out, "alice") == NULL);
	CHECK(strcmp(out, pseudonym("49", "alice@example.org")) != 0);
	(void)es_pseudonym_uri(&p, es_slice_str(out), again); /* twice is once */
	CHECK_STR(again, out);
	(void)es_pseudonym_uri(&p, es_slice_str(pseudonym("49", "+493012345678@h")), again);
	CHECK_STR(again, pseudonym("49", "+493012345678@h"));
	CHECK_EQ(es_pseudonym_init(&p, other_key, "4x"), ES_EINVALID);
	CHECK_EQ(es_pseudonym_init(&p, other_key, "1234"), ES_EINVALID);
}

TEST(runtime_pseudonym_of_a_key_is_its_keyed_hash_and_twice_is_once)
{
	static const uint8_t one_key[32] = "0123456789abcdef0123456789abcdef";
	static const uint8_t other_key[32] = "another key of thirty-two bytes!";
	char a[ES_PSEUDONYM_TEXT_MAX], b[ES_PSEUDONYM_TEXT_MAX], c[ES_PSEUDONYM_TEXT_MAX];
	struct es_pseudonym p;

	CHECK_EQ(es_pseudonym_init(&p, one_key, ""), 0);
	CHECK_EQ(es_pseudonym_key(&p, es_slice_str("049301234567;encoding=hex"), a), 27);
	CHECK(strncmp(a, "k1-", 3) == 0 && strlen(a) == 27);
	(void)es_pseudonym_key(&p, es_slice_str(a), b);
	CHECK_STR(a, b);
	(void)es_pseudonym_key(&p, es_slice_str("k1-23456789012345678901234G"), b);
	CHECK(strcmp(b, "k1-23456789012345678901234G") != 0);
	CHECK_EQ(es_pseudonym_key(&p, es_slice_str(""), b), 0);
	CHECK_STR(b, "");
	CHECK_EQ(es_pseudonym_init(&p, other_key, ""), 0);
	(void)es_pseudonym_key(&p, es_slice_str("049301234567;encoding=hex"), c);
	CHECK(strcmp(a, c) != 0);
}

TEST(runtime_pseudonym_of_hostile_text_stays_within_its_room)
{
	static const uint8_t key[32] = "0123456789abcdef0123456789abcdef";
	static char big[9000];
	struct es_pseudonym p;
	char out[ES_PSEUDONYM_URI_MAX];
	uint64_t rnd = 1;

	CHECK_EQ(es_pseudonym_init(&p, key, "49"), 0);
	for (size_t n = 0; n < sizeof(big); n += 1 + n / 7) {
		static const char alphabet[] = "0123456789+%@;2B-n1ccu. \x80";

		for (size_t i = 0; i < n; i++)
			big[i] = alphabet[test_random(&rnd) % (sizeof(alphabet) - 1)];
		CHECK(es_pseudonym_uri(&p, test_guarded(big, n), out) < ES_PSEUDONYM_URI_MAX);
		CHECK(es_pseudonym_key(&p, test_guarded(big, n), out) < ES_PSEUDONYM_TEXT_MAX);
		memset(big, '1', n);
		CHECK(es_pseudonym_uri(&p, test_guarded(big, n), out) < ES_PSEUDONYM_URI_MAX);
		memset(big, '@', n);
		CHECK(es_pseudonym_uri(&p, test_guarded(big, n), out) < ES_PSEUDONYM_URI_MAX);
	}
}

TEST(runtime_pki_issues_certificates_that_parse)
{
	static char ca[ES_PKI_PEM_MAX], pem[ES_PKI_PEM_MAX];
	struct es_pki_key *ca_key = NULL, *key = NULL;
	struct es_pki_issue want = { 0 };
	struct es_pki_cert facts, ca_facts;
	uint8_t csr[ES_PKI_DER_MAX];
	es_time from = es_time_of_ns(INT64_C(1000000000) * ES_NS_PER_S); /* 2001: long expired */
	es_time to = es_time_add(from, 86400 * ES_NS_PER_S);
	int n;

	CHECK_EQ(es_pki_key_new(&ca_key), 0);
	CHECK_EQ(es_pki_key_new(&key), 0);
	CHECK_EQ(es_pki_make_ca(ca_key, "test-ca", from, to, ca), 0);
	CHECK_EQ(es_pki_read_cert(ca, &ca_facts), 0);
	CHECK_STR(ca_facts.name, "test-ca");
	CHECK(ca_facts.is_ca);
	n = es_pki_make_csr(key, csr);
	CHECK(n > 0);
	want.ca_key = ca_key;
	want.ca_pem = ca;
	want.csr_der = es_slice_of(csr, (size_t)n);
	want.name = "agent_1.x-y";
	want.usage = ES_PKI_CLIENT;
	want.from = from;
	want.to = to;
	CHECK_EQ(es_pki_issue(&want, pem), 0);
	CHECK_EQ(es_pki_read_cert(pem, &facts), 0);
	CHECK_STR(facts.name, "agent_1.x-y");
	CHECK_EQ(facts.not_before.ns, from.ns);
	CHECK_EQ(facts.not_after.ns, to.ns);
	CHECK(!facts.is_ca);
	CHECK(memcmp(facts.spki_sha256, ca_facts.spki_sha256, 32) != 0);
	want.name = "two words";
	CHECK_EQ(es_pki_issue(&want, pem), ES_EINVALID);
	want.name = "a,O=evil";
	CHECK_EQ(es_pki_issue(&want, pem), ES_EINVALID);
	want.name = "ok";
	want.to = es_time_add(from, -1 * ES_NS_PER_S);
	CHECK_EQ(es_pki_issue(&want, pem), ES_EINVALID);
	es_pki_key_free(ca_key);
	es_pki_key_free(key);
}

/* Every draw of 16 bytes, as a serial number is, begins as an agent's does. */
static ssize_t
draw_es(void *out, size_t n, unsigned flags)
{
	ssize_t got = syscall(SYS_getrandom, out, n, flags);

	if (got == 16)
		memcpy(out, "ES", 2);
	return got;
}

TEST(runtime_pki_random_serial_is_never_read_as_a_generation)
{
	static char ca[ES_PKI_PEM_MAX];
	struct es_pki_key *key = NULL;
	struct es_pki_cert facts;
	es_time from = es_time_of_ns(INT64_C(1000000000) * ES_NS_PER_S);
	int err;

	CHECK_EQ(es_pki_key_new(&key), 0);
	test_getrandom = draw_es;
	err = es_pki_make_ca(key, "test-ca", from, es_time_add(from, ES_NS_PER_S), ca);
	test_getrandom = NULL;
	es_pki_key_free(key);
	CHECK_EQ(err, 0);
	CHECK_EQ(es_pki_read_cert(ca, &facts), 0);
	CHECK_EQ(facts.generation, 0);
}

TEST(runtime_pki_request_must_be_signed_by_its_key)
{
	static char ca[ES_PKI_PEM_MAX], pem[ES_PKI_PEM_MAX];
	struct es_pki_key *key = NULL;
	struct es_pki_issue want = { .ca_pem = ca, .name = "agent", .usage = ES_PKI_CLIENT };
	uint8_t csr[ES_PKI_DER_MAX];
	int proven = 0;
	int n;

	want.to = es_time_of_ns(INT64_C(1000000000) * ES_NS_PER_S);
	CHECK_EQ(es_pki_key_new(&key), 0);
	CHECK_EQ(es_pki_make_ca(key, "test-ca", want.from, want.to, ca), 0);
	want.ca_key = key;
	n = es_pki_make_csr(key, csr);
	CHECK(n > 0);
	for (int i = 0; i < n;
	     i += (int)test_step(5)) { /* no flipped byte passes, whichever it is */
		csr[i] ^= 0x04;
		want.csr_der = test_guarded(csr, (size_t)n);
		proven += es_pki_issue(&want, pem) == 0;
		csr[i] ^= 0x04;
	}
	CHECK_EQ(proven, 0);
	for (int cut = 0; cut < n; cut += (int)test_step(5)) {
		want.csr_der = test_guarded(csr, (size_t)cut);
		CHECK(es_pki_issue(&want, pem) != 0);
	}
	want.csr_der = test_guarded(csr, (size_t)n);
	CHECK_EQ(es_pki_issue(&want, pem), 0);
	es_pki_key_free(key);
}

TEST(runtime_pki_key_file_is_private_and_loads)
{
	char path[64] = "/tmp/earshot-key-XXXXXX";
	struct es_pki_key *key = NULL, *again = NULL;
	uint8_t a[ES_PKI_DER_MAX];
	static char pem1[ES_PKI_PEM_MAX], pem2[ES_PKI_PEM_MAX];
	struct es_pki_cert f1, f2;
	es_time now = es_clock_wall();
	struct stat st;
	char why[ES_TRUST_WHY_MAX];
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	close(fd);
	CHECK_EQ(es_pki_key_new(&key), 0);
	CHECK_EQ(es_pki_key_write(key, path), 0);
	CHECK_EQ(stat(path, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	CHECK_EQ(es_pki_key_load(path, 0, why, &again), 0);
	CHECK_STR(why, "");
	CHECK_EQ(es_pki_make_ca(key, "a", now, now, pem1), 0);
	CHECK_EQ(es_pki_make_ca(again, "a", now, now, pem2), 0);
	CHECK_EQ(es_pki_read_cert(pem1, &f1), 0);
	CHECK_EQ(es_pki_read_cert(pem2, &f2), 0);
	CHECK(memcmp(f1.spki_sha256, f2.spki_sha256, 32) == 0);
	es_random_bytes(a, sizeof(a));
	CHECK_EQ(
	    es_pki_read_cert("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &f1),
	    ES_EMALFORMED);
	es_pki_key_free(key);
	es_pki_key_free(again);
	CHECK_EQ(es_pki_key_load("/nonexistent", 0, why, &again), ES_ENOTFOUND);
	CHECK_STR(why, "/nonexistent: No such file or directory");
	CHECK_EQ(chmod(path, 0644), 0);
	CHECK_EQ(es_pki_key_load(path, 0, why, &again), ES_EDENIED);
	CHECK(strstr(why, ": chmod 600 /tmp/") != NULL);
	unlink(path);
}
