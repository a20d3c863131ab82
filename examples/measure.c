/* SPDX-License-Identifier: Apache-2.0 */
/* Measures the calls of a capture: packets go in, records come out. usage: measure FILE */
#include <earshot/engine.h>

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>

static void
on_record(void *ctx, const struct es_record *rec)
{
	const struct es_stream *s = &rec->u.stream;

	(void)ctx;
	if (rec->type != ES_REC_STREAM || s->state == ES_STATE_IN_PROGRESS)
		return; /* of records with a state, the last one replaces those before */
	printf("0x%08" PRIx32 " %.*s: %" PRIu64 " packets, %" PRIu64 " lost", s->key.ssrc,
	    (int)s->codec.n, (const char *)s->codec.p, s->packets, s->lost);
	if ((s->has & ES_STREAM_HAS_QUALITY) != 0) /* what is not known has no value */
		printf(", MOS-LQ %.2f", s->mos_lq_milli / 1000.0);
	putchar('\n');
}

int
main(int argc, char **argv)
{
	const struct es_config cfg = { .vantage = { .role = ES_ROLE_TAP } }; /* 0: defaults */
	const struct es_sink sink = { .record = on_record };
	char why[PCAP_ERRBUF_SIZE] = "usage: measure FILE";
	pcap_t *capture = argc == 2 ? pcap_open_offline_with_tstamp_precision(
					  argv[1], PCAP_TSTAMP_PRECISION_NANO, why)
				    : NULL;
	struct es_engine *engine;
	struct pcap_pkthdr *head;
	const unsigned char *bytes;

	if (capture == NULL || es_engine_new(&cfg, &sink, &engine) != 0) {
		fprintf(stderr, "%s\n", why);
		return 2;
	}
	while (pcap_next_ex(capture, &head, &bytes) == 1) {
		const struct es_packet packet = {
			.ts =
			    es_time_of_ns(head->ts.tv_sec * INT64_C(1000000000) + head->ts.tv_usec),
			.data = bytes,
			.cap_bytes = head->caplen,
			.wire_bytes = head->len,
			.link = (uint16_t)pcap_datalink(capture),
		};

		es_engine_packet(engine, &packet);
	}
	es_engine_flush(engine);
	es_engine_free(engine);
	pcap_close(capture);
	return 0;
}
