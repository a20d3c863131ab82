/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the dearest text costs each parser of signalling: the largest messages that can come, made of
 * what a parser is likely to trip over. Prints microseconds, the smallest of ROUNDS each, so that a
 * busy machine does not show; 1000 are promised.
 */
#include "probes/wire/sip/rtpstat.h"
#include "probes/wire/sip/sdp_fmtp.h"
#include "probes/wire/sip/sip.h"
#include "probes/wire/sip/vq_report.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 9, LINE_BYTES = 8000 };

static char text[ES_SIP_MESSAGE_MAX_BYTES];
static size_t n_text;

static void
put(const char *s)
{
	size_t n = strlen(s);

	if (n > sizeof(text) - n_text)
		n = sizeof(text) - n_text;
	memcpy(text + n_text, s, n);
	n_text += n;
}

/* s over and over until text is `bytes` longer, or full. */
static void
fill(const char *s, size_t bytes)
{
	size_t end = n_text + bytes < sizeof(text) ? n_text + bytes : sizeof(text);

	while (n_text < end)
		put(s);
}

static void
sip_head(void)
{
	n_text = 0;
	put("INVITE sip:b SIP/2.0\r\nf: sip:a;tag=1\r\nt: sip:b\r\ni: x\r\nCSeq: 1 INVITE\r\n");
}

/* Seven fields, each of s over and over. */
static void
sip_fields(const char *s)
{
	static const char *const names[] = {
		"Via:", "m:", "Diversion:", "History-Info:", "Reason:", "k:", "Refer-To:"
	};

	sip_head();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		put(names[i]);
		fill(s, LINE_BYTES);
		put("\r\n");
	}
	put("\r\n");
}

static int
sip(es_slice s)
{
	struct es_sip m;

	(void)es_sip_header_find(s, es_slice_str("X-None"));
	return es_sip_parse(s, (uint32_t)s.n, &m);
}

static int
frame(es_slice s)
{
	struct es_sip_frame f;

	return es_sip_frame(s, &f);
}

static int
sdp(es_slice s)
{
	static struct es_sdp d;
	int err = es_sdp_parse(s, &d);

	for (uint32_t i = 0; err == 0 && i < d.n_media; i++) {
		for (uint32_t k = 0; k < d.media[i].n_types; k++) {
			struct es_sdp_fmtp f;

			es_sdp_fmtp_read(&d.media[i].types[k], &f);
		}
	}
	return err;
}

static int
vq(es_slice s)
{
	struct es_vq_report r;

	return es_vq_report_parse(s, &r);
}

static int
rtp_stat(es_slice s)
{
	struct es_rtpstat r;

	es_rtpstat_read(s, &r);
	return 0;
}

static void
measure(const char *what, int (*parse)(es_slice s))
{
	double least_us = 1e9;
	int err = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct timespec a, b;
		double us;

		clock_gettime(CLOCK_MONOTONIC, &a);
		err = parse(es_slice_of(text, n_text));
		clock_gettime(CLOCK_MONOTONIC, &b);
		us = (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
		if (us < least_us)
			least_us = us;
	}
	printf("%8.1f us %6zu bytes %3d  ", least_us, n_text, err);
	for (; *what != '\0'; what++)
		putchar(*what < ' ' ? '|' : *what);
	putchar('\n');
}

static void
measure_sip(void)
{
	static const char *const lists[] = { ",", "<", "\"", ";", ";a=\"b\"", "<>,", "a=b;c,", "%3",
		"Q.850;cause=1,", "<sip:a@b>;expires=1," };

	sip_head();
	fill("a:\n", sizeof(text));
	measure("sip: fields without value", sip);
	sip_head();
	fill("Session-Expires:1\n", ES_SIP_HEADERS_MAX * 18 - 100);
	fill("X:\r\n ", 8000);
	measure("sip: one field of folds", sip);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		sip_fields(lists[i]);
		measure(lists[i], sip);
	}
	sip_head();
	put("c: multipart/mixed;boundary=b\r\n\r\n--b\r\n");
	for (int i = 0; i < 3; i++)
		put("c: multipart/mixed;boundary=b\r\n\r\n--b\r\n");
	fill("--\n", sizeof(text));
	measure("sip: multipart in multipart, lines like delimiters", sip);
	sip_head();
	put("c: multipart/mixed;boundary=b\r\n\r\n");
	fill("--b\nc: a/b\n\n", 15 * 12);
	fill("--a\n", sizeof(text));
	measure("sip: many parts, the last one long", sip);
	n_text = 0;
	fill("A", 1);
	fill("A\n", sizeof(text));
	measure("sip stream: lines that are no start", frame);
	n_text = 0;
	fill("A B C\n", sizeof(text));
	measure("sip stream: lines that could be one", frame);
}

static void
measure_sdp(void)
{
	static const char *const lines[] = { "\n", "a=\n", "a=x\n", "a=rtpmap:63 a/1\n",
		"a=rtpmap:63 a/1\na=fmtp:63 \n", "m=audio 1 RTP/AVP 0\n",
		"c=IN IP6 1:2:3:4:5:6:7:8\n", "a=candidate:1 1 udp 1 1.1.1.1 1 typ host\n",
		"a=ssrc:99 a\n", "a=extmap:99 a\n", "a=crypto:1 A inline:a|1:1;inline:b|1:1\n",
		"a=group:BUNDLE a a a a a a a a\n" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		n_text = 0;
		put("v=0\nm=audio 1 RTP/AVP");
		for (int k = 0; k < ES_SDP_TYPES_MAX; k++) {
			char pt[16];

			(void)snprintf(pt, sizeof(pt), " %d", k);
			put(pt);
		}
		put("\n");
		fill(lines[i], sizeof(text));
		measure(lines[i], sdp);
	}
	n_text = 0;
	put("v=0\nm=audio 1 RTP/AVP");
	fill(" 0", LINE_BYTES);
	fill("\na=rtpmap:0 telephone-event/8000\na=fmtp:0 ", 1);
	fill("0-255,", LINE_BYTES - 100);
	measure("sdp: one type many times, with a long list of events", sdp);
}

static void
measure_reports(void)
{
	n_text = 0;
	put("VQSessionReport\nCallID:1\nLocalMetrics:\n");
	for (int i = 0; i < ES_VQ_LINES_MAX - 4; i++) {
		put("QualityEst:");
		fill("A=1 ", 500);
		put("\n");
	}
	measure("vq report: unknown keys", vq);
	n_text = 0;
	put("VQSessionReport\nCallID:1\n");
	for (int i = 0; i < ES_VQ_LINES_MAX - 4; i++) {
		put("LocalAddr:");
		fill("IP=:: ", 500);
		put("\n");
	}
	measure("vq report: addresses", vq);
	n_text = 0;
	fill("PS=1,", LINE_BYTES);
	measure("rtp stat: the same key", rtp_stat);
}

int
main(void)
{
	measure_sip();
	measure_sdp();
	measure_reports();
	return 0;
}
