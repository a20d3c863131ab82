/* SPDX-License-Identifier: Apache-2.0 */
/* TLS as far as it is told apart. */
#include "probes/wire/tls.h"
#include "sweep.h"
#include "tls_hello.h"

static bool offers_sip;

static int
hello(const uint8_t *bytes, size_t n)
{
	offers_sip = false;
	return es_tls_hello(test_guarded(bytes, n), &offers_sip);
}

TEST(tls_hello_tells_whether_sip_is_offered)
{
	uint8_t bytes[TLS_HELLO_BYTES_MAX];

	CHECK_EQ(hello(bytes, tls_hello(bytes, "h2")), 0);
	CHECK(!offers_sip);
	CHECK_EQ(hello(bytes, tls_hello(bytes, "sip/2")), 0);
	CHECK(offers_sip);
	CHECK_EQ(hello(bytes, tls_hello(bytes, NULL)), 0);
	CHECK(!offers_sip);
}

TEST(tls_hello_waits_for_its_record)
{
	uint8_t bytes[TLS_HELLO_BYTES_MAX];
	size_t n = tls_hello(bytes, "sip/2");

	for (size_t i = 1; i < n; i++)
		CHECK_EQ(hello(bytes, i), ES_ESHORT);
}

TEST(tls_of_the_server_or_later_is_no_hello)
{
	CHECK_EQ(hello((const uint8_t *)"\x16\3\3\0\5\2\0\0\1\0", 10), ES_EMALFORMED);
	CHECK_EQ(hello((const uint8_t *)"\x17\3\3\0\5abcde", 10), ES_EMALFORMED);
	CHECK(es_tls_is_record(test_guarded("\x17\3\3\0\5abcde", 10)));
	CHECK(!es_tls_is_record(test_guarded("\x17\2\3\0\5abcde", 10)));
	CHECK(!es_tls_is_record(test_guarded("\x17\3\3\0\0abcde", 10)));
	CHECK(!es_tls_is_record(test_guarded("SIP/2.0 200", 11)));
}

static void
parse(es_slice bytes, uint32_t wire_bytes)
{
	(void)wire_bytes;
	(void)es_tls_hello(bytes, &offers_sip);
	(void)es_tls_is_record(bytes);
}

TEST(tls_survives_every_small_damage)
{
	uint8_t bytes[TLS_HELLO_BYTES_MAX];

	sweep(bytes, tls_hello(bytes, "sip/2"), parse);
}
