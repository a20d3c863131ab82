/* SPDX-License-Identifier: Apache-2.0 */
/* What phones report in SIP: RFC 6035 bodies, X-RTP-Stat and P-RTP-Stat. */
#include "tests/sim/parties.h"

#define HEAD                                 \
	"VQSessionReport: CallTerm\r\n"      \
	"CallID: c1\r\n"                     \
	"LocalID: <sip:alice@a.example>\r\n" \
	"RemoteID: <sip:bob@b.example>\r\n"
#define ADDRESSES                                     \
	"LocalAddr: IP=10.0.0.1 PORT=4000 SSRC=a\r\n" \
	"RemoteAddr: IP=10.0.0.2 PORT=5000 SSRC=0xb\r\n"
#define LOCAL                                                                     \
	"LocalMetrics:\r\n"                                                       \
	"Timestamps: START=2026-01-01T00:00:00Z STOP=2026-01-01T00:00:05Z\r\n"    \
	"SessionDesc: PT=0 PD=PCMU SR=8000 FD=20 FPP=1 PPS=50 PLC=3 SSUP=off\r\n" \
	"JitterBuffer: JBA=3 JBR=2 JBN=40 JBM=80 JBX=120\r\n"                     \
	"PacketLoss: NLR=5.0 JDR=2.0\r\n"                                         \
	"BurstGapLoss: BLD=0 BD=0 GLD=2.0 GD=500 GMIN=16\r\n"                     \
	"Delay: RTD=200 ESD=140 IAJ=2 MAJ=10\r\n"                                 \
	"Signal: SL=-18 NL=127 RERL=127\r\n"                                      \
	"QualityEst: RLQ=127 RCQ=85 MOSLQ=4.2 MOSCQ=12.7 QoEEstAlg=P.564\r\n"
#define REMOTE                                  \
	"RemoteMetrics:\r\n"                    \
	"SessionDesc: PT=8 PD=PCMA SR=8000\r\n" \
	"PacketLoss: NLR=1.5 JDR=0\r\n"
#define FULL HEAD ADDRESSES LOCAL REMOTE

/* A phone at host 1 sends a report to a collector at host 9; from_port distinguishes hops. */
static size_t
report_text(char *out, size_t cap, const char *method, unsigned cseq, const char *body)
{
	return (size_t)snprintf(out, cap,
	    "%s sip:collector@example SIP/2.0\r\n"
	    "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKr%u\r\n"
	    "From: <sip:alice@a.example>;tag=r1\r\nTo: <sip:collector@example>\r\n"
	    "Call-ID: publish-1\r\nCSeq: %u %s\r\nEvent: vq-rtcpxr\r\n"
	    "Content-Type: application/vq-rtcpxr\r\nContent-Length: %zu\r\n\r\n%s",
	    method, cseq, cseq, method, strlen(body), body);
}

static void
report(double ms, const char *method, unsigned cseq, const char *body)
{
	char text[4096];
	size_t n = report_text(text, sizeof(text), method, cseq, body);

	world_send_udp(&w, ms, world_addr(ALICE, 5060), world_addr(9, 5060), text, n);
}

static const struct es_reported *
nth(unsigned i)
{
	const struct es_record *rec = world_nth(&w, ES_REC_REPORTED, i);

	return rec != NULL ? &rec->u.reported : NULL;
}

/* INT64_MIN: not said. */
static int64_t
value(const struct es_reported *r, enum es_reported_metric metric)
{
	for (uint32_t i = 0; i < r->n_values; i++)
		if (r->values[i].metric == metric)
			return r->values[i].value;
	return INT64_MIN;
}

static void
talk(void)
{
	struct world_rtp out = to_bob();
	struct world_rtp back = to_alice();
	double ms = 1100;

	set_up();
	world_run_rtp(&w, &ms, &out, 20);
	ms = 1105;
	world_run_rtp(&w, &ms, &back, 20);
}

TEST(report_of_a_phone_says_what_it_heard)
{
	const struct es_reported *r;

	talk();
	report(2000, "PUBLISH", 1, FULL);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 2);
	r = nth(0);
	CHECK_EQ(r->source, ES_SOURCE_VQ_REPORT);
	CHECK(!r->is_remote);
	CHECK(es_slice_eq(r->kind, es_slice_str("VQSessionReport")));
	CHECK(es_slice_eq(r->call_id, es_slice_str("c1")));
	CHECK(es_slice_eq(r->codec, es_slice_str("PCMU")));
	CHECK(es_slice_eq(r->algorithm, es_slice_str("P.564")));
	CHECK_EQ(r->reporter_ssrc, 0xa);
	CHECK_EQ(r->subject_ssrc, 0xb);
	CHECK(es_addr_eq(
	    &r->src, &(struct es_addr){ .family = 4, .port = 5060, .ip = { 10, 0, 0, 1 } }));
	CHECK_EQ(r->media_src.port, B_PORT);
	CHECK_EQ(r->media_dst.port, A_PORT);
	CHECK_EQ(r->time.ns, world_time(2000).ns);
	CHECK_EQ(r->has, 0);
	CHECK_EQ(value(r, ES_RM_LOSS_PPM), 50000);
	CHECK_EQ(value(r, ES_RM_JITTER_BUFFER_NOMINAL_US), 40000);
	CHECK_EQ(value(r, ES_RM_ROUND_TRIP_US), 200000);
	CHECK_EQ(value(r, ES_RM_MOS_LQ_MILLI), 4200);
	CHECK_EQ(value(r, ES_RM_R_MILLI), 85000);
	world_done(&w);
}

TEST(report_marks_of_unknown_are_absent)
{
	begin();
	report(0, "PUBLISH", 1, FULL);
	CHECK_EQ(value(nth(0), ES_RM_SIGNAL_DBM), -18);
	CHECK_EQ(value(nth(0), ES_RM_NOISE_DBM), INT64_MIN);
	CHECK_EQ(value(nth(0), ES_RM_RERL_DB), INT64_MIN);
	CHECK_EQ(value(nth(0), ES_RM_R_LQ_MILLI), INT64_MIN);
	CHECK_EQ(value(nth(0), ES_RM_MOS_CQ_MILLI), INT64_MIN);
	world_done(&w);
}

TEST(report_passes_on_what_the_peer_said_as_a_record_of_its_own)
{
	const struct es_reported *r;

	begin();
	report(0, "NOTIFY", 1, FULL);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 2);
	r = nth(1);
	CHECK(r->is_remote);
	CHECK_EQ(r->reporter_ssrc, 0xa);
	CHECK_EQ(r->subject_ssrc, 0xa);
	CHECK_EQ(r->media_src.port, A_PORT);
	CHECK_EQ(r->media_dst.port, B_PORT);
	CHECK(es_slice_eq(r->codec, es_slice_str("PCMA")));
	CHECK_EQ(value(r, ES_RM_LOSS_PPM), 15000);
	CHECK_EQ(value(r, ES_RM_MOS_LQ_MILLI), INT64_MIN);
	world_done(&w);
}

TEST(report_sent_again_is_one_report)
{
	begin();
	report(0, "PUBLISH", 1, FULL);
	report(0.05, "PUBLISH", 1, FULL);  /* a mirror's copy */
	report(10, "PUBLISH", 1, FULL);    /* past a router */
	report(500, "PUBLISH", 1, FULL);   /* again */
	report(31500, "PUBLISH", 1, FULL); /* the last time */
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 2);
	world_done(&w);
}

TEST(report_sent_again_with_credentials_is_one_report)
{
	begin();
	report(0, "PUBLISH", 1, FULL);
	report(100, "PUBLISH", 2, FULL);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 2);
	report(200, "PUBLISH", 3, HEAD ADDRESSES REMOTE);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 3);
	world_done(&w);
}

TEST(report_of_the_same_text_much_later_is_another)
{
	begin();
	report(0, "PUBLISH", 1, FULL);
	report(33000, "PUBLISH", 2, FULL);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 4);
	world_done(&w);
}

TEST(report_of_an_unknown_call_keeps_its_call_id)
{
	begin();
	report(0, "PUBLISH", 1,
	    "VQIntervalReport\r\nCallID: elsewhere\r\nLocalMetrics:\r\n"
	    "PacketLoss: NLR=3 JDR=1\r\n");
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	CHECK(es_slice_eq(nth(0)->call_id, es_slice_str("elsewhere")));
	CHECK(es_slice_eq(nth(0)->kind, es_slice_str("VQIntervalReport")));
	CHECK_EQ(nth(0)->subject_ssrc, 0);
	CHECK_EQ(nth(0)->media_src.family, 0);
	CHECK_EQ(world_count(&w, ES_REC_CALL), 0);
	world_done(&w);
}

TEST(report_without_ssrc_finds_it_by_its_addresses)
{
	talk();
	report(2000, "PUBLISH", 1,
	    HEAD "LocalAddr: IP=10.0.0.1 PORT=4000\r\nRemoteAddr: IP=10.0.0.2 PORT=5000\r\n" LOCAL);
	CHECK_EQ(nth(0)->subject_ssrc, 0xb);
	world_done(&w);
}

TEST(report_without_addresses_finds_them_in_its_call)
{
	talk();
	report(2000, "PUBLISH", 1, HEAD "RemoteAddr: SSRC=b\r\n" LOCAL);
	CHECK_EQ(nth(0)->subject_ssrc, 0xb);
	CHECK_EQ(nth(0)->media_src.port, B_PORT);
	CHECK_EQ(nth(0)->media_dst.port, A_PORT);
	/* What it does say is not corrected, and a stranger's SSRC finds nothing. */
	report(2100, "PUBLISH", 2, HEAD "RemoteAddr: IP=192.168.1.1 PORT=7 SSRC=b\r\n" LOCAL);
	CHECK_EQ(nth(1)->media_src.port, 7);
	CHECK_EQ(nth(1)->media_dst.family, 0);
	report(2200, "PUBLISH", 3, HEAD "RemoteAddr: SSRC=777\r\n" LOCAL);
	CHECK_EQ(nth(2)->subject_ssrc, 0x777);
	CHECK_EQ(nth(2)->media_src.family, 0);
	world_done(&w);
}

/* Cut at any byte, a report holds fewer values, never others. */
TEST(report_cut_short_gives_no_half_numbers)
{
	char text[4096];
	size_t n = report_text(text, sizeof(text), "PUBLISH", 1, FULL);
	unsigned n_records;

	begin();
	for (size_t cut = n - strlen(FULL); cut < n; cut++)
		world_send_udp(&w, 0, world_addr(ALICE, 5060), world_addr(9, 5060), text, cut);
	n_records = world_count(&w, ES_REC_REPORTED);
	CHECK(n_records > 100);
	for (unsigned i = 0; i < n_records; i++) {
		const struct es_reported *r = nth(i);
		int64_t loss = value(r, ES_RM_LOSS_PPM);
		int64_t rate = value(r, ES_RM_SAMPLE_RATE_HZ);
		int64_t wait = value(r, ES_RM_JITTER_BUFFER_ABS_MAX_US);

		CHECK(loss == INT64_MIN || loss == (r->is_remote ? 15000 : 50000));
		CHECK(rate == INT64_MIN || rate == 8000);
		CHECK(wait == INT64_MIN || wait == 120000);
	}
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MALFORMED), 0);
	world_done(&w);
}

TEST(report_that_is_malformed_is_counted)
{
	begin();
	report(0, "PUBLISH", 1, "hello\r\n");
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MALFORMED), 1);
	world_done(&w);
}

static void
bye(double ms, const char *extra)
{
	send_sip(ms, ALICE, BOB,
	    (struct world_sip){
		.method = "BYE", .cseq = 2, .from_tag = "ta", .to_tag = "tb", .extra = extra });
}

static void
bye_answer(double ms, const char *extra)
{
	send_sip(ms, BOB, ALICE,
	    (struct world_sip){ .start = "SIP/2.0 200 OK",
		.method = "BYE",
		.cseq = 2,
		.from_tag = "ta",
		.to_tag = "tb",
		.extra = extra });
}

TEST(statistics_of_a_bye_and_its_answer_are_of_their_senders)
{
	talk();
	bye(5000, "X-RTP-Stat: CS=0;PS=20;OS=3200;PR=18;OR=2880;PL=2;JI=3;DE=PCMU\r\n");
	bye_answer(5010, "P-RTP-Stat: PS=18,OS=2880,PR=20,OR=3200,PL=0,JI=5\r\n");
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 2);
	CHECK_EQ(nth(0)->source, ES_SOURCE_X_RTP_STAT);
	CHECK_EQ(nth(0)->src.ip[3], ALICE);
	CHECK(es_slice_eq(nth(0)->call_id, es_slice_str("c1")));
	CHECK(es_slice_eq(nth(0)->codec, es_slice_str("PCMU")));
	CHECK_EQ(nth(0)->subject_ssrc, 0xb);
	CHECK_EQ(nth(0)->media_src.port, B_PORT);
	CHECK_EQ(nth(0)->media_dst.port, A_PORT);
	CHECK_EQ(value(nth(0), ES_RM_LOST_PACKETS), 2);
	CHECK_EQ(value(nth(0), ES_RM_PACKETS_RECEIVED), 18);
	CHECK_EQ(nth(1)->source, ES_SOURCE_P_RTP_STAT);
	CHECK_EQ(nth(1)->src.ip[3], BOB);
	CHECK_EQ(nth(1)->subject_ssrc, 0xa);
	CHECK_EQ(nth(1)->media_dst.port, B_PORT);
	CHECK_EQ(value(nth(1), ES_RM_JITTER_MEAN_US), 5000);
	world_done(&w);
}

TEST(statistics_sent_again_are_one_report)
{
	talk();
	bye(5000, "X-RTP-Stat: PS=20;PR=18\r\n");
	bye(5500, "X-RTP-Stat: PS=20;PR=18\r\n");
	bye_answer(5510, "X-RTP-Stat: PS=20;PR=18\r\n");
	bye_answer(6000, "X-RTP-Stat: PS=20;PR=18\r\n");
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 2);
	CHECK_EQ(nth(1)->src.ip[3], BOB);
	world_done(&w);
}

TEST(statistics_of_an_unknown_call_keep_its_call_id)
{
	begin();
	bye(0, "X-RTP-Stat: PS=20;PR=18\r\n");
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	CHECK(es_slice_eq(nth(0)->call_id, es_slice_str("c1")));
	CHECK_EQ(nth(0)->subject_ssrc, 0);
	CHECK_EQ(nth(0)->media_src.family, 0);
	world_done(&w);
}

TEST(reports_change_nothing_that_was_measured)
{
	const struct es_stream *s;

	talk();
	report(2000, "PUBLISH", 1, FULL);
	bye(5000, "X-RTP-Stat: PS=20;PR=18;PL=9\r\n");
	world_flush(&w);
	s = world_stream(&w, 0xb, 0);
	CHECK(s != NULL);
	CHECK_EQ(s->lost, 0);
	world_done(&w);
}
