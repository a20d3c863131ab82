/* SPDX-License-Identifier: Apache-2.0 */
/* Records of TLS opened with secrets: RFC 8448, and what OpenSSL sent. */
#include "harness.h"
#include "runtime/crypto/hmac.h"
#include "runtime/crypto/tls_opening.h"

enum { RECORD_MAX = 128, MASTER_BYTES = 48, RANDOM_BYTES = 32 };

static size_t
unhex(const char *text, uint8_t *out)
{
	size_t n = strlen(text) / 2;

	return es_hex_parse(es_slice_str(text), out, n) == 0 ? n : 0;
}

/* A client's Finished and its first data, with what the keys follow from. */
static const struct sample {
	uint16_t suite;
	bool is_mac_last;
	const char *master;
	const char *client_random;
	const char *server_random;
	const char *finished;
	const char *data;
} samples[] = {
	{ 0xc02c, false,
	    "45839d094ceac8da421fcfe35169243043a779e9c007de2e87a5144c82a8db6beb081ab8874b7bdb40"
	    "46a5dc8a412267",
	    "63671cd2453bce3bbee123b4a0aba0d958028e84ce0108426f7acd4a3771491e",
	    "6a08fc8e61a0209fdf0951760eec9aa12227cd79ada51a3b926709404dbc7a3a",
	    "1603030028aeba44c4c50d7dfd797d4187859b8e317fcea3ec984c4e98a0afb58f2cdc173805af167e"
	    "21489140",
	    "170303002faeba44c4c50d7dfece8e7b699313db9ad781715e7165d375519f035536ff267b2766f229"
	    "62a25710e4d07090d2e2bd" },
	{ 0xcca9, false,
	    "2b9d177e78a398eabc4b70403a929f19c30b2297b7b29e0d3a641f1c42a1986d890b44d7db9d00be3d"
	    "4846f42da8e1a2",
	    "4778b3bedcd5cabdd9bd8706d983971bf39cb97933729dd832ac6bd187738bbe",
	    "42f4926620c5a2dc891ef678dfd77d7684844992e9ddb394966ec53c22c924a9",
	    "160303002022bcaa33c92c3d8bb12b8ae683b3a05d7c8073797bfdc565abd3614c5b6a39d3",
	    "1703030027bc2acca033d0bc8b3b828bdc68f51b582620284dcd9457dfc636b57854f5d5a3e6b373b5"
	    "dff1f4" },
	{ 0xc0ae, false,
	    "412f66fc973c1b481cda4682e6844942b290abd3e35aa3062b16f82da53fc8567f94e378449557ee99"
	    "fd3672b237178e",
	    "9c631edda0a107636143ad18ade35c6d3b8173a420722bb1a9afd935d42c782a",
	    "903f192e11cf0fbf97a8b62257bbd8fc0bb0e76f6924942446e43292916578ac",
	    "1603030020000000000000000038beb4dc853a0c288410b71bb4b6ac2a28699dea0b4f57db",
	    "1703030027000000000000000145d2e87d96a0d89ff775ed0bde6277981d2b9f679f539f96201a455d"
	    "848148" },
	{ 0xc009, false,
	    "0c2dafeeea58a0dc842a86c396715a6d4dd415f979baac928558b438db461d7520fe311d1e67d19935"
	    "1f35c66cd88ed8",
	    "326bea396fe2c8aa7de3fa28ce903f6445dc1300ba5846f905de800a28a38c65",
	    "e4f3f9b01fcef5761b6bd0440bbe39d8b0c13fa3b67fb9e278508ce2d245404a",
	    "1603030040146ab9d221750efe521017b63c3ee2c99a327521ef1fc082e9f9c22dbf26f66b5be3587a"
	    "362e9a16d462e123ff863c21da3dd2424cc102d4936b9c72819f12c8",
	    "1703030040e99cde221e65e16a30b422ffbcd014f15d1204e4752ab5ef12b31bd0d05f7d1c63f061a2"
	    "2d357cae97c37fa6db303cb14e50e22f3edf6cb07703e514783850a1" },
	{ 0xc024, true,
	    "adbc03f8d1caf16eef2fe4de4ad0f24bacf872d4237dbaea38770458122ba7971ae0274858a855f505"
	    "55447a3b94f840",
	    "df61dfab04972d9871303af1d5002016490cd618b6f5d73f6b63dfca23a90200",
	    "4937485429a51562d496bace96ee8a781b6336153f77d04fe92a8dda908f204f",
	    "1603030060c3e4d6299b09bb1e0797ed54fe81f7094aba84a5611d1d5d219cb946dc2ba570a1c37ac2"
	    "6d79efd3e38edeca83bb727a673b5bb9986bcbee98899d45c36be470652574dd99364cc3dc615775fd"
	    "2afe4a9c383fcd82ee7834e7b04232361f52ba",
	    "1703030060f86c9291d7fbd158bc342b529a875cba68eb8a08688fd5ef5789b4b52c185341b68c0d0b"
	    "3ce94752da44a2a81b7fbd525708168b6d8a63bb5a59772cf36c6f451e4a4e1cdb9daba26adf5a1d56"
	    "1b1e14b75e59c3cd04256f947a68285a6fa2ba" },
};

enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static const char said[] = "OPTIONS sip:b SIP/2.0\r\n";

static struct es_tls_opening *
opening_of(const struct sample *s)
{
	uint8_t master[MASTER_BYTES], client[RANDOM_BYTES], server[RANDOM_BYTES];
	struct es_tls_master m = { master, client, server, false, s->is_mac_last };
	struct es_tls_opening *o = NULL;
	struct es_tls_suite suite;

	unhex(s->master, master);
	unhex(s->client_random, client);
	unhex(s->server_random, server);
	if (es_tls_suite_of(0x0303, s->suite, &suite) == 0)
		(void)es_tls_opening_1_2(&suite, &m, &o);
	return o;
}

static int
open_text(
    struct es_tls_opening *o, const char *text, uint8_t out[RECORD_MAX], size_t *n, uint8_t *type)
{
	uint8_t record[RECORD_MAX];
	size_t n_record = unhex(text, record);

	return es_tls_opening_record(o, test_guarded(record, n_record), out, n, type);
}

TEST(tls_1_2_records_of_every_cipher_are_opened)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		struct es_tls_opening *o = opening_of(&samples[i]);
		uint8_t out[RECORD_MAX], type = 0;
		size_t n = 0;

		CHECK(o != NULL);
		CHECK_EQ(open_text(o, samples[i].finished, out, &n, &type), 0);
		CHECK_EQ(type, 22);
		CHECK_EQ(n, 16);
		CHECK_EQ(out[0], 20);
		CHECK_EQ(open_text(o, samples[i].data, out, &n, &type), 0);
		CHECK_EQ(type, 23);
		CHECK_EQ(n, sizeof(said) - 1);
		CHECK(memcmp(out, said, n) == 0);
		es_tls_opening_free(o);
	}
}

TEST(tls_1_2_record_of_another_place_or_key_is_refused)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		struct es_tls_opening *o = opening_of(&samples[i]);
		uint8_t out[RECORD_MAX], type;
		size_t n = 0;

		CHECK(o != NULL);
		CHECK_EQ(open_text(o, samples[i].data, out, &n, &type),
		    ES_EDENIED); /* number 1, not 0 */
		CHECK_EQ(
		    open_text(o, samples[(i + 1) % SAMPLES].finished, out, &n, &type), ES_EDENIED);
		CHECK_EQ(open_text(o, samples[i].finished, out, &n, &type),
		    0); /* a refused one did not count */
		CHECK_EQ(open_text(o, samples[i].finished, out, &n, &type), ES_EDENIED);
		es_tls_opening_free(o);
	}
}

TEST(tls_1_2_record_with_any_damage_is_refused)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		struct es_tls_opening *o = opening_of(&samples[i]);
		uint8_t record[RECORD_MAX], out[RECORD_MAX], type;
		size_t n_record = unhex(samples[i].finished, record), n;

		CHECK(o != NULL);
		for (size_t at = 5; at < n_record; at++) {
			record[at] ^= 1;
			CHECK_EQ(es_tls_opening_record(
				     o, test_guarded(record, n_record), out, &n, &type),
			    ES_EDENIED);
			record[at] ^= 1;
		}
		for (size_t cut = 0; cut < n_record; cut++)
			CHECK_EQ(
			    es_tls_opening_record(o, test_guarded(record, cut), out, &n, &type),
			    ES_EDENIED);
		es_tls_opening_free(o);
	}
}

/* RFC 8448 section 3, "Simple 1-RTT Handshake". */
static struct es_tls_opening *
opening_1_3(const char *text)
{
	struct es_tls_opening *o = NULL;
	struct es_tls_suite suite;
	uint8_t secret[32];

	unhex(text, secret);
	if (es_tls_suite_of(0x0304, 0x1301, &suite) == 0)
		(void)es_tls_opening_1_3(&suite, es_slice_of(secret, sizeof(secret)), &o);
	return o;
}

TEST(tls_1_3_handshake_of_rfc_8448_is_opened)
{
	struct es_tls_opening *o =
	    opening_1_3("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21");
	uint8_t out[RECORD_MAX], type;
	size_t n = 0;

	CHECK(o != NULL);
	CHECK_EQ(open_text(o,
		     "170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc"
		     "44d87f38f80338ac98fc46deb384bd1caeacab6867d726c40546",
		     out, &n, &type),
	    0);
	CHECK_EQ(type, 22);
	CHECK_EQ(n, 36);
	CHECK_EQ(out[0], 20);
	es_tls_opening_free(o);
}

TEST(tls_1_3_data_of_rfc_8448_is_opened)
{
	struct es_tls_opening *o =
	    opening_1_3("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
	uint8_t out[RECORD_MAX], type;
	size_t n = 0;

	CHECK(o != NULL);
	CHECK_EQ(
	    open_text(o,
		"1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b"
		"9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4",
		out, &n, &type),
	    0);
	CHECK_EQ(type, 23);
	CHECK_EQ(n, 50);
	for (size_t i = 0; i < n; i++)
		CHECK_EQ(out[i], i);
	CHECK_EQ(
	    open_text(o, "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3", out, &n, &type), 0);
	CHECK_EQ(type, 21); /* close_notify */
	CHECK_EQ(n, 2);
	es_tls_opening_free(o);
}

TEST(tls_1_3_key_update_leaves_the_old_keys)
{
	struct es_tls_opening *o =
	    opening_1_3("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
	uint8_t out[RECORD_MAX], type;
	size_t n = 0;

	CHECK(o != NULL);
	CHECK_EQ(es_tls_opening_update(o), 0);
	CHECK_EQ(open_text(o, "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3", out, &n, &type),
	    ES_EDENIED);
	es_tls_opening_free(o);
}
