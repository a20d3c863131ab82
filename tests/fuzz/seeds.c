/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts captures into seeds for the fuzzers: frames, messages by what they look like, and short
 * sequences of packets for the whole engine.
 *
 *	seeds OUT_DIR CAPTURE...
 *
 * Writes OUT_DIR/TARGET/NUMBER for the targets capture, engine, link, sip, sdp, sip_stream, rtp and
 * rtcp, in the form each target reads. Captures that cannot be read are seeds all the same.
 */
#include "agent/capture/capture.h"
#include "probes/wire/link/link.h"
#include "probes/wire/link/tcp_segment.h"
#include "probes/wire/link/udp.h"
#include "probes/wire/other/sniff.h"
#include "probes/wire/sip/sdp.h"
#include "probes/wire/sip/sip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	ENGINE_BYTES_MAX = 16384,
	CAPTURE_BYTES_MAX = 16384,
	OF_A_KIND = 4, /* seeds of one target that one capture gives */
	PATH_BYTES = 4096,
};

enum target { CAPTURE, ENGINE, LINK, SIP, SDP, SIP_STREAM, RTP, RTCP, N_TARGETS };

static const char *const names[N_TARGETS] = { "capture", "engine", "link", "sip", "sdp",
	"sip_stream", "rtp", "rtcp" };

/* As fuzz_engine.c and fuzz_link.c number them. */
static const uint16_t engine_links[] = { ES_LINK_ETHERNET, ES_LINK_IPV4, ES_LINK_SLL, ES_LINK_SLL2,
	ES_LINK_RAW, ES_LINK_NULL, ES_LINK_IPV6 };
static const uint16_t link_links[] = { ES_LINK_ETHERNET, ES_LINK_SLL, ES_LINK_SLL2, ES_LINK_RAW,
	ES_LINK_NULL, ES_LINK_LOOP, ES_LINK_IPV4 };

struct seeds {
	const char *out;
	unsigned n[N_TARGETS];
	unsigned of_capture[N_TARGETS];
	uint8_t engine[ENGINE_BYTES_MAX];
	size_t engine_bytes;
	es_time last;
};

static void
write_seed(struct seeds *s, enum target t, const void *head, size_t head_bytes, es_slice bytes)
{
	char path[PATH_BYTES];
	FILE *f;

	if (s->of_capture[t]++ >= OF_A_KIND)
		return;
	snprintf(path, sizeof(path), "%s/%s/%u", s->out, names[t], s->n[t]++);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(head, 1, head_bytes, f) != head_bytes ||
	    fwrite(bytes.p, 1, bytes.n, f) != bytes.n || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static unsigned
index_of(const uint16_t *links, unsigned n, uint16_t link)
{
	unsigned i = 0;

	while (i < n && links[i] != link)
		i++;
	return i;
}

static void
payload(struct seeds *s, es_slice bytes, uint32_t wire_bytes)
{
	static const uint8_t whole[2] = { 0, 0 }; /* nothing was cut off */
	static struct es_sip m;

	switch (es_sniff(bytes, wire_bytes)) {
	case ES_SHAPE_SIP:
		write_seed(s, SIP, whole, 2, bytes);
		if (es_sip_parse(bytes, wire_bytes, &m) == 0 && m.sdp.n > 0)
			write_seed(s, SDP, NULL, 0, m.sdp);
		break;
	case ES_SHAPE_RTCP:
		write_seed(s, RTCP, whole, 2, bytes);
		break;
	default:
		write_seed(s, RTP, whole, 2, bytes);
	}
}

static void
frame_seed(struct seeds *s, const struct es_packet *p)
{
	es_slice bytes = es_slice_of(p->data, p->cap_bytes);
	uint8_t link = (uint8_t)index_of(link_links, 7, p->link);
	struct es_frame frame;
	struct es_ip ip;
	struct es_udp udp;
	struct es_tcp tcp;

	if (link < 7)
		write_seed(s, LINK, &link, 1, bytes);
	if (es_link_parse(p->link, bytes, &frame) != 0 || es_ip_parse(frame.payload, &ip) != 0 ||
	    !es_ip_has_head(&ip))
		return;
	if (ip.proto == ES_PROTO_UDP && es_udp_parse(&ip, &udp) == 0)
		payload(s, udp.payload, udp.payload_wire_bytes);
	if (ip.proto == ES_PROTO_TCP && es_tcp_segment_parse(&ip, &tcp) == 0 && tcp.payload.n > 0)
		write_seed(s, SIP_STREAM, NULL, 0, tcp.payload);
}

/* One step of fuzz_engine.c. */
static void
engine_step(struct seeds *s, const struct es_packet *p)
{
	unsigned link = index_of(engine_links, 7, p->link);
	int64_t ms = s->last.ns == 0 ? 0 : es_time_diff(p->ts, s->last) / ES_NS_PER_MS;
	uint8_t *at = s->engine + s->engine_bytes;

	s->last = p->ts;
	if (link == 7 || s->engine_bytes + 5 + p->cap_bytes > ENGINE_BYTES_MAX)
		return;
	ms = ms > INT16_MAX ? INT16_MAX : ms < INT16_MIN ? INT16_MIN : ms;
	at[0] = (uint8_t)(link | (p->cap_bytes < p->wire_bytes ? 0x10 : 0));
	at[1] = (uint8_t)((uint16_t)ms >> 8);
	at[2] = (uint8_t)ms;
	at[3] = (uint8_t)(p->cap_bytes >> 8);
	at[4] = (uint8_t)p->cap_bytes;
	memcpy(at + 5, p->data, p->cap_bytes);
	s->engine_bytes += 5 + p->cap_bytes;
}

static void
whole_file(struct seeds *s, const char *path)
{
	static uint8_t bytes[CAPTURE_BYTES_MAX + 1];
	FILE *f = fopen(path, "rb");
	size_t n = f != NULL ? fread(bytes, 1, sizeof(bytes), f) : 0;

	if (f != NULL)
		(void)fclose(f); /* was read only */
	if (n > 0 && n <= CAPTURE_BYTES_MAX)
		write_seed(s, CAPTURE, NULL, 0, es_slice_of(bytes, n));
}

static void
ignore(void *ctx, const char *error)
{
	(void)ctx;
	(void)error; /* a broken capture gives fewer seeds */
}

static void
one(struct seeds *s, char *path)
{
	struct es_capture *c;
	struct es_packet p;
	int rc;

	memset(s->of_capture, 0, sizeof(s->of_capture));
	s->engine_bytes = 0;
	s->last = es_time_of_ns(0);
	whole_file(s, path);
	if (es_capture_files_open(&path, 1, ES_FILE_ANY, ignore, NULL, &c) != 0)
		return;
	while ((rc = es_capture_next(c, &p)) != ES_EEOF) {
		if (rc != 0)
			continue;
		frame_seed(s, &p);
		engine_step(s, &p);
	}
	es_capture_free(c);
	if (s->engine_bytes > 0)
		write_seed(s, ENGINE, NULL, 0, es_slice_of(s->engine, s->engine_bytes));
}

int
main(int argc, char **argv)
{
	static struct seeds s;
	char path[PATH_BYTES];

	if (argc < 3) {
		fprintf(stderr, "usage: seeds OUT_DIR CAPTURE...\n");
		return 2;
	}
	s.out = argv[1];
	for (int t = 0; t < N_TARGETS; t++) {
		snprintf(path, sizeof(path), "%s/%s", s.out, names[t]);
		(void)mkdir(s.out, 0777); /* there already is fine: writing shows it */
		(void)mkdir(path, 0777);
	}
	for (int i = 2; i < argc; i++)
		one(&s, argv[i]);
	for (int t = 0; t < N_TARGETS; t++)
		printf("%s %u%s", names[t], s.n[t], t + 1 < N_TARGETS ? ", " : "\n");
	return 0;
}
