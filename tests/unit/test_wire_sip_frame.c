/* SPDX-License-Identifier: Apache-2.0 */
/* SIP in a byte stream: whole messages, pieces, rubbish. */
#include "probes/wire/sip/sip.h"
#include "sweep.h"

#define BYE                                                                            \
	"BYE sip:b SIP/2.0\r\nf: sip:a\r\nt: sip:b\r\ni: x\r\nCSeq: 1 BYE\r\nl: 4\r\n" \
	"\r\nbody"

static struct es_sip_frame f;

static int
fresh(es_slice stream)
{
	memset(&f, 0, sizeof(f));
	return es_sip_frame(stream, &f);
}

static int
frame(const char *text)
{
	return fresh(test_guarded(text, strlen(text)));
}

TEST(frame_finds_the_first_of_two_messages)
{
	CHECK_EQ(frame(BYE BYE), 0);
	CHECK_EQ(f.skip_bytes, 0);
	CHECK_EQ(f.n_bytes, strlen(BYE));
}

TEST(frame_drops_keep_alives)
{
	CHECK_EQ(frame("\r\n\r\n" BYE), 0);
	CHECK_EQ(f.skip_bytes, 4);
	CHECK_EQ(f.n_bytes, strlen(BYE));
	CHECK_EQ(frame("\r\n\r\n"), ES_ESHORT);
	CHECK_EQ(f.skip_bytes, 4);
	CHECK_EQ(frame(""), ES_ESHORT);
	CHECK_EQ(f.skip_bytes, 0);
}

TEST(frame_waits_for_the_rest_at_every_cut)
{
	size_t whole = strlen(BYE);
	size_t head = whole - 4;

	for (size_t n = 0; n < whole; n++) {
		CHECK_EQ(fresh(test_guarded(BYE, n)), ES_ESHORT);
		CHECK_EQ(f.skip_bytes, 0);
		CHECK_EQ(f.need_bytes, n >= head ? whole : n + 1);
	}
}

TEST(frame_without_length_has_no_body)
{
	CHECK_EQ(frame("SIP/2.0 200 OK\r\nX: y\r\n\r\nrubbish"), 0);
	CHECK_EQ(f.n_bytes, strlen("SIP/2.0 200 OK\r\nX: y\r\n\r\n"));
}

TEST(frame_finds_its_way_back)
{
	CHECK_EQ(frame("m=audio 4000 RTP/AVP 0\r\na=ptime:20\r\n" BYE), ES_EMALFORMED);
	CHECK_EQ(f.skip_bytes, strlen("m=audio 4000 RTP/AVP 0\r\na=ptime:20\r\n"));
	CHECK_EQ(frame("\x16\x03\x01\x02\n\n\n"), ES_EMALFORMED);
	CHECK_EQ(f.skip_bytes, 7);
	CHECK_EQ(frame("rub:bish"), ES_EMALFORMED);
	CHECK_EQ(f.skip_bytes, 8);
	CHECK_EQ(frame("a=b\r\nINV"), ES_EMALFORMED); /* what may become a start is kept */
	CHECK_EQ(f.skip_bytes, 5);
	CHECK_EQ(frame("\r\na=b\r\nINV"), ES_EMALFORMED);
	CHECK_EQ(f.skip_bytes, 7);
	CHECK_EQ(frame("SIP/3"), ES_EMALFORMED);
}

TEST(frame_gives_up_a_broken_header)
{
	CHECK_EQ(frame("BYE sip:b SIP/2.0\r\nno colon\r\n" BYE), ES_EMALFORMED);
	CHECK_EQ(f.skip_bytes, strlen("BYE sip:b SIP/2.0\r\nno colon\r\n"));
	CHECK_EQ(frame("BYE sip:b SIP/2.0\r\nl: 1\r\nl: 2\r\n\r\n" BYE), ES_EMALFORMED);
	CHECK_EQ(f.skip_bytes, strlen("BYE sip:b SIP/2.0\r\nl: 1\r\nl: 2\r\n\r\n"));
	CHECK_EQ(frame("BYE sip:b SIP/2.0\r\nContent-Length: -1\r\n\r\n"), ES_EMALFORMED);
	CHECK(f.skip_bytes > 0);
}

/* Whichever of the two a server obeys, the bytes behind would be another message to the other. */
TEST(frame_second_smaller_length_is_malformed)
{
	static const char *const heads[] = { "l: 9\r\nl: 4\r\n", "l: 4\r\nl: 9\r\n",
		"Content-Length: 9\r\nl: 4\r\n", "l: 9\r\nX: y\r\ncontent-length : 0\r\n",
		"l: 0\r\nl: 9\r\n", "l: 9\r\nl: 9\r\nl: 4\r\n" };
	char text[200];

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		(void)snprintf(text, sizeof(text), "BYE sip:b SIP/2.0\r\n%s\r\n", heads[i]);
		CHECK_EQ(frame(text), ES_EMALFORMED);
		CHECK_EQ(f.n_bytes, 0);
		CHECK_EQ(f.skip_bytes, strlen(text));
		CHECK(!f.has_length && !f.has_head && f.length == 0 && f.head_bytes == 0);
	}
	CHECK_EQ(frame("BYE sip:b SIP/2.0\r\nl: 4\r\nContent-Length: 4\r\n\r\nbody"), 0);
}

TEST(frame_leads_behind_a_message_too_long)
{
	static const char text[] = "BYE sip:b SIP/2.0\r\nl: 70000\r\n\r\nxxx";

	CHECK_EQ(frame(text), ES_EFULL);
	CHECK_EQ(f.skip_bytes, strlen(text) - 3 + 70000);
}

TEST(frame_endless_header_is_no_message)
{
	static char text[ES_SIP_MESSAGE_MAX_BYTES + 100];
	size_t n = (size_t)snprintf(text, sizeof(text), "BYE sip:b SIP/2.0\r\n");

	while (n + 8 < sizeof(text))
		n += (size_t)snprintf(text + n, sizeof(text) - n, "X: y\r\n");
	CHECK_EQ(fresh(es_slice_of(text, n)), ES_EMALFORMED);
	CHECK(f.skip_bytes > 0);
	memset(text, 'x', sizeof(text));
	CHECK_EQ(fresh(es_slice_of(text, sizeof(text))), ES_EMALFORMED);
	CHECK_EQ(f.skip_bytes, sizeof(text));
}

/* Whatever the bytes, a reader that obeys the answers comes to an end and never goes too far. */
static void
drain(es_slice bytes, uint32_t wire_bytes)
{
	size_t at = 0;
	int turns = 0;

	(void)wire_bytes;
	while (at < bytes.n) {
		es_slice left = es_slice_of(bytes.p + at, bytes.n - at);
		int err = fresh(left);

		if (turns++ > 1000 || (err != ES_EFULL && f.skip_bytes + f.n_bytes > left.n)) {
			test_fail(__FILE__, __LINE__, "no progress, or too much");
			return;
		}
		if (err == ES_ESHORT) {
			if (f.need_bytes <= left.n)
				test_fail(__FILE__, __LINE__, "short, but needs nothing");
			return;
		}
		if (f.skip_bytes + f.n_bytes == 0) {
			test_fail(__FILE__, __LINE__, "stands still");
			return;
		}
		if (f.skip_bytes >= left.n)
			return;
		at += f.skip_bytes + f.n_bytes;
	}
}

TEST(frame_sweep)
{
	static const char text[] = "\r\n" BYE "rubbish\r\n" BYE;

	sweep(text, sizeof(text) - 1, drain);
}

/* However a message comes, its head is read once: what the call before left over is continued. */
TEST(frame_continues_where_it_stopped)
{
	static const char two[] = "\r\n\r\n" BYE BYE;
	size_t at = 0;
	unsigned found = 0;

	memset(&f, 0, sizeof(f));
	for (size_t there = 0; there <= strlen(two); there++) {
		int err = es_sip_frame(test_guarded(two + at, there - at), &f);

		CHECK(err == ES_ESHORT || err == 0);
		if (err == 0)
			CHECK_EQ(f.n_bytes, strlen(BYE));
		found += err == 0;
		at += f.skip_bytes + f.n_bytes;
	}
	CHECK_EQ(found, 2);
	CHECK_EQ(at, strlen(two));
}
