/* SPDX-License-Identifier: Apache-2.0 */
/* Quality reports of phones (RFC 6035), and statistics in header fields. */
#include "probes/wire/sip/rtpstat.h"
#include "probes/wire/sip/vq_report.h"
#include "sweep.h"

static struct es_vq_report r;

static int
parse(const char *text)
{
	memset(&r, 0xee, sizeof(r));
	return es_vq_report_parse(test_guarded(text, strlen(text)), &r);
}

static const char session[] =
    "VQSessionReport: CallTerm\r\n"
    "CallID: 6dg37f1890463\r\n"
    "LocalID: Alice <sip:alice@example.org>\r\n"
    "RemoteID: Bill <sip:bill@example.net>\r\n"
    "OrigID: Alice <sip:alice@example.org>\r\n"
    "LocalGroup: example-phone-55671\r\n"
    "RemoteGroup: example-gateway-09871\r\n"
    "LocalAddr: IP=10.10.1.100 PORT=5000 SSRC=1a3b5c7d\r\n"
    "LocalMAC: 00:1f:5b:cc:21:0f\r\n"
    "RemoteAddr: IP=[2001:db8::2] PORT=5001 SSRC=0x2468abcd\r\n"
    "RemoteMAC: 00:26:08:8e:95:02\r\n"
    "LocalMetrics:\r\n"
    "Timestamps: START=2004-10-10T18:23:43Z STOP=2004-10-01T18:26:02Z\r\n"
    "SessionDesc: PT=18 PD=G729 SR=8000 FD=20 FO=20 FPP=2 PPS=50 "
    "FMTP=\"annexb=no; x\" PLC=3 SSUP=on\r\n"
    "JitterBuffer: JBA=3 JBR=2 JBN=40 JBM=80 JBX=120\r\n"
    "PacketLoss: NLR=5.0 JDR=2.0\r\n"
    "BurstGapLoss: BLD=0 BD=0 GLD=2.05 GD=500 GMIN=16\r\n"
    "Delay: RTD=200 ESD=140 SOWD=170 IAJ=2 MAJ=10.5\r\n"
    "Signal: SL=-18 NL=-70 RERL=55\r\n"
    "QualityEst: RLQ=90 RCQ=85 EXTRI=90 MOSLQ=4.2 MOSCQ=4.3 QoEEstAlg=\"P.564 x\"\r\n"
    "RemoteMetrics:\r\n"
    "Timestamps: START=2004-10-10T18:23:43Z STOP=2004-10-01T18:26:02Z\r\n"
    "SessionDesc: PT=0 PD=\"G.711 mu\" SR=8000 SSUP=off\r\n"
    "PacketLoss: NLR=0.123 JDR=100.0\r\n"
    "QualityEst: MOSLQ=4.4 MOSLQEstAlgo=P.564 EXTRO=93.2\r\n"
    "DialogID: 1890463548@alice.example.org;to-tag=8472761;\r\n"
    "x-UserAgent: phone/1\r\n"
    "DialogID:38419823470834;to-tag=8472761; from-tag=9123dh311\r\n";

/* Value of a metric; a number that cannot be where it is not listed. */
static long long
value_of(const struct es_reported_value *values, uint32_t n, enum es_reported_metric metric)
{
	for (uint32_t i = 0; i < n; i++)
		if (values[i].metric == metric)
			return values[i].value;
	return -999999;
}

static long long
local_value(enum es_reported_metric metric)
{
	return value_of(r.local_metrics.values, r.local_metrics.n_values, metric);
}

static void
check_addr(const struct es_addr *a, const char *want)
{
	char text[ES_ADDR_TEXT_MAX];

	(void)es_addr_text(a, text);
	CHECK_STR(text, want);
}

TEST(vq_report_names_its_call_and_ends)
{
	CHECK_EQ(parse(session), 0);
	CHECK_EQ(r.kind, ES_VQ_SESSION);
	CHECK_SLICE(r.kind_text, "VQSessionReport");
	CHECK_SLICE(r.call_id, "6dg37f1890463");
	check_addr(&r.local.addr, "10.10.1.100:5000");
	check_addr(&r.remote.addr, "[2001:db8::2]:5001");
	CHECK(r.local.ssrc == 0x1a3b5c7d);
	CHECK(r.remote.ssrc == 0x2468abcd);
}

TEST(vq_report_lists_all_that_the_reporter_measured)
{
	static const struct {
		enum es_reported_metric metric;
		long long value;
	} rows[] = {
		{ ES_RM_PAYLOAD_TYPE, 18 },
		{ ES_RM_SAMPLE_RATE_HZ, 8000 },
		{ ES_RM_FRAME_US, 20000 },
		{ ES_RM_FRAMES_PER_PACKET, 2 },
		{ ES_RM_PACKETS_PER_SECOND, 50 },
		{ ES_RM_PLC, 3 },
		{ ES_RM_SILENCE_SUPPRESSION, 1 },
		{ ES_RM_JITTER_BUFFER_ADAPTIVE, 3 },
		{ ES_RM_JITTER_BUFFER_RATE, 2 },
		{ ES_RM_JITTER_BUFFER_NOMINAL_US, 40000 },
		{ ES_RM_JITTER_BUFFER_MAX_US, 80000 },
		{ ES_RM_JITTER_BUFFER_ABS_MAX_US, 120000 },
		{ ES_RM_LOSS_PPM, 50000 },
		{ ES_RM_DISCARD_PPM, 20000 },
		{ ES_RM_BURST_DENSITY_PPM, 0 },
		{ ES_RM_BURST_LENGTH_US, 0 },
		{ ES_RM_GAP_DENSITY_PPM, 20500 },
		{ ES_RM_GAP_LENGTH_US, 500000 },
		{ ES_RM_GMIN, 16 },
		{ ES_RM_ROUND_TRIP_US, 200000 },
		{ ES_RM_END_SYSTEM_DELAY_US, 140000 },
		{ ES_RM_ONE_WAY_DELAY_US, 170000 },
		{ ES_RM_INTERARRIVAL_JITTER_US, 2000 },
		{ ES_RM_MEAN_ABSOLUTE_JITTER_US, 10500 },
		{ ES_RM_SIGNAL_DBM, -18 },
		{ ES_RM_NOISE_DBM, -70 },
		{ ES_RM_RERL_DB, 55 },
		{ ES_RM_R_LQ_MILLI, 90000 },
		{ ES_RM_R_MILLI, 85000 },
		{ ES_RM_EXTERNAL_R_MILLI, 90000 },
		{ ES_RM_MOS_LQ_MILLI, 4200 },
		{ ES_RM_MOS_CQ_MILLI, 4300 },
	};
	const struct es_vq_metrics *l = &r.local_metrics;

	CHECK_EQ(parse(session), 0);
	CHECK_SLICE(l->codec, "G729");
	CHECK_SLICE(l->algorithm, "P.564 x");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_EQ(local_value(rows[i].metric), rows[i].value);
	CHECK_EQ(l->n_values, sizeof(rows) / sizeof(rows[0]));
}

TEST(vq_report_keeps_apart_what_the_peer_said)
{
	const struct es_vq_metrics *m = &r.remote_metrics;

	CHECK_EQ(parse(session), 0);
	CHECK_SLICE(m->codec, "G.711 mu");
	CHECK_EQ(m->n_values, 7);
	CHECK_EQ(value_of(m->values, m->n_values, ES_RM_LOSS_PPM), 1230);
	CHECK_EQ(value_of(m->values, m->n_values, ES_RM_DISCARD_PPM), 1000000);
	CHECK_EQ(value_of(m->values, m->n_values, ES_RM_MOS_LQ_MILLI), 4400);
	CHECK_EQ(value_of(m->values, m->n_values, ES_RM_EXTERNAL_R_OUT_MILLI), 93200);
	CHECK_EQ(value_of(m->values, m->n_values, ES_RM_SILENCE_SUPPRESSION), 0);
}

TEST(vq_report_leaves_out_what_is_unknown)
{
	CHECK_EQ(parse("VQIntervalReport\nCallID:1\nLocalMetrics:\n"
		       "Timestamps: START=yesterday STOP=2004-10-01T18:26:02Z\n"
		       "PacketLoss: NLR=100.01 JDR=-1\n"
		       "BurstGapLoss: BLD= BD=x GLD=1,5 GMIN=0\n"
		       "Delay: RTD=0 ESD=0 OWD=65535 IAJ=65535 MAJ\n"
		       "Signal: SL=127 NL=127 RERL=127\n"
		       "QualityEst: RLQ=127 RCQ=121 EXTRI=127 MOSLQ=0.0 MOSCQ=12.7 NLR=1\n"
		       "JitterBuffer: JBA=4 JBR=16 JBN=65535 JBM=0;JBX=1\n"
		       "SessionDesc: PT=128 SR=0 SSUP=maybe PLC=4\n"),
	    0);
	CHECK_EQ(r.kind, ES_VQ_INTERVAL);
	CHECK_EQ(r.remote_metrics.n_values, 0);
	CHECK_EQ(r.local_metrics.n_values, 2);
	CHECK_EQ(local_value(ES_RM_JITTER_BUFFER_MAX_US), 0);
	CHECK_EQ(local_value(ES_RM_JITTER_BUFFER_ABS_MAX_US), 1000);
	CHECK_EQ(r.local.addr.family, 0);
	CHECK(r.local.ssrc == 0);
}

TEST(vq_report_takes_the_first_of_two)
{
	CHECK_EQ(parse("VQSessionReport:CallTerm\nCallID:1\nLocalMetrics:\n"
		       "Delay: OWD=3 SOWD=4\nDelay: OWD=5\n"),
	    0);
	CHECK_EQ(local_value(ES_RM_ONE_WAY_DELAY_US), 3000);
	CHECK_EQ(r.local_metrics.n_values, 1);
}

/* EQUAL and HCOLON of the grammar: blanks around both signs, folds wherever a blank may stand. */
TEST(vq_report_allows_blanks_around_its_signs)
{
	CHECK_EQ(parse("VQSessionReport : CallTerm\r\nCallID\t:\r\n  1@h\r\n"
		       "LocalAddr : IP = 10.0.0.1 PORT\t=5000 SSRC= 0x1\r\n"
		       "LocalMetrics :\r\n"
		       "SessionDesc : PT = 18 PD = \"G.729 x\" SR =8000 FMTP = \"a = b\"\r\n"
		       "Delay:RTD = 200 ESD =\t140\r\n"),
	    0);
	CHECK_SLICE(r.call_id, "1@h");
	check_addr(&r.local.addr, "10.0.0.1:5000");
	CHECK(r.local.ssrc == 1);
	CHECK_SLICE(r.local_metrics.codec, "G.729 x");
	CHECK_EQ(local_value(ES_RM_PAYLOAD_TYPE), 18);
	CHECK_EQ(local_value(ES_RM_SAMPLE_RATE_HZ), 8000);
	CHECK_EQ(local_value(ES_RM_ROUND_TRIP_US), 200000);
	CHECK_EQ(local_value(ES_RM_END_SYSTEM_DELAY_US), 140000);
}

TEST(vq_report_reads_folded_lines)
{
	CHECK_EQ(parse("VQSessionReport:\r\n CallTerm\r\nCallID: 1\r\n"
		       "LocalID:\r\n\tsip:alice@example.org\r\n"
		       "LocalMetrics:\r\n"
		       "Delay:\r\n RTD=200\r\n \tESD\r\n =\r\n 140\r\n"
		       "  Signal: SL=-18\r\n" /* indented, not folded */
		       " \r\n"
		       "DialogID: d1;to-tag=8;\r\n from-tag=9\r\n"),
	    0);
	CHECK_EQ(local_value(ES_RM_ROUND_TRIP_US), 200000);
	CHECK_EQ(local_value(ES_RM_END_SYSTEM_DELAY_US), 140000);
	CHECK_EQ(local_value(ES_RM_SIGNAL_DBM), -18);
}

TEST(vq_report_with_an_empty_value_keeps_the_next_pair)
{
	CHECK_EQ(parse("VQSessionReport:\nCallID:1\nLocalMetrics:\n"
		       "Delay: RTD= ESD =140 SOWD= IAJ = 2 MAJ=\n"),
	    0);
	CHECK_EQ(local_value(ES_RM_END_SYSTEM_DELAY_US), 140000);
	CHECK_EQ(local_value(ES_RM_INTERARRIVAL_JITTER_US), 2000);
	CHECK_EQ(r.local_metrics.n_values, 2);
}

TEST(vq_alert_needs_a_section_for_its_metrics)
{
	CHECK_EQ(parse("\r\nVQAlertReport: Type=NLR Severity=Critical Dir=local\r\nCallID:1\r\n"
		       "PacketLoss: NLR=9\r\n"),
	    0);
	CHECK_EQ(r.kind, ES_VQ_ALERT);
	CHECK_EQ(r.local_metrics.n_values, 0); /* a metric before its section belongs to nobody */
}

TEST(vq_report_that_is_malformed)
{
	static char text[4096];

	CHECK_EQ(parse(""), ES_EMALFORMED);
	CHECK_EQ(parse("v=0\r\n"), ES_EMALFORMED);
	CHECK_EQ(parse("VQSessionReport: CallTerm\r\n"), ES_EMALFORMED); /* of which call? */
	CHECK_EQ(parse("VQSessionReports\r\nCallID: 1\r\n"), ES_EMALFORMED);
	memset(text, '\n', ES_VQ_LINES_MAX + 1);
	CHECK_EQ(parse(text), ES_EFULL);
	memset(text, 'x', ES_VQ_LINE_MAX_BYTES + 1);
	CHECK_EQ(parse(text), ES_EFULL);
	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "\n x", 4); /* one line, folded again and again */
	text[0] = 'x';
	CHECK_EQ(parse(text), ES_EFULL);
}

static void
parse_all(es_slice bytes, uint32_t wire_bytes)
{
	struct es_vq_report one;

	(void)wire_bytes;
	if (es_vq_report_parse(bytes, &one) != 0)
		return;
	if (one.call_id.n == 0 || one.local_metrics.n_values > ES_VQ_VALUES_MAX)
		test_fail(__FILE__, __LINE__, "a report that cannot be");
}

TEST(vq_report_sweep)
{
	sweep(session, sizeof(session) - 1, parse_all);
}

static struct es_rtpstat s;

static long long
stat_value(enum es_reported_metric metric)
{
	return value_of(s.values, s.n_values, metric);
}

static void
read_stat(const char *text)
{
	memset(&s, 0xee, sizeof(s));
	es_rtpstat_read(test_guarded(text, strlen(text)), &s);
}

TEST(rtpstat_with_commas)
{
	read_stat("PS=1207,OS=201600,PR=1260,OR=193120,PL=3,JI=4,LA=0,DU=25,EN=G711u,DE=G711a");
	CHECK_SLICE(s.codec, "G711a");
	CHECK_EQ(s.n_values, 7);
	CHECK_EQ(stat_value(ES_RM_PACKETS_SENT), 1207);
	CHECK_EQ(stat_value(ES_RM_OCTETS_SENT), 201600);
	CHECK_EQ(stat_value(ES_RM_PACKETS_RECEIVED), 1260);
	CHECK_EQ(stat_value(ES_RM_OCTETS_RECEIVED), 193120);
	CHECK_EQ(stat_value(ES_RM_LOST_PACKETS), 3);
	CHECK_EQ(stat_value(ES_RM_JITTER_MEAN_US), 4000);
	CHECK_EQ(stat_value(ES_RM_DURATION_US), 25000000);
}

TEST(rtpstat_with_semicolons_has_lists)
{
	read_stat("CS=120;PS=10;ES=9;PL=7,2;BL=0;JI=23,2;EN=PCMA;MOS=4.15;\r\n RB=0/0; PR = 5 ");
	CHECK_SLICE(s.codec, "PCMA");
	CHECK_EQ(s.n_values, 6);
	CHECK_EQ(stat_value(ES_RM_CALL_SETUP_US), 120000);
	CHECK_EQ(stat_value(ES_RM_LOST_PACKETS), 7);
	CHECK_EQ(stat_value(ES_RM_JITTER_MEAN_US), 23000);
	CHECK_EQ(stat_value(ES_RM_MOS_MILLI), 4150);
	CHECK_EQ(stat_value(ES_RM_PACKETS_RECEIVED), 5);
}

TEST(rtpstat_leaves_out_what_is_no_number)
{
	read_stat("PS=,OS=-1,PR=4294967296,PL=x,JI=999999,MOS=0,XX=1,PS=2,PS=3,DE=,,=,");
	CHECK_EQ(s.n_values, 1);
	CHECK_EQ(stat_value(ES_RM_PACKETS_SENT), 2);
	CHECK_EQ(s.codec.n, 0);
	read_stat("");
	CHECK_EQ(s.n_values, 0);
}

static void
read_all(es_slice bytes, uint32_t wire_bytes)
{
	struct es_rtpstat one;

	(void)wire_bytes;
	es_rtpstat_read(bytes, &one);
	if (one.n_values > ES_RTPSTAT_VALUES_MAX)
		test_fail(__FILE__, __LINE__, "more values than there is room for");
}

TEST(rtpstat_sweep)
{
	static const char sample[] = "PS=1207;OS=201600,1;JI=4.25;MOS=4.2;EN=a;DE=b,PL=0";

	sweep(sample, sizeof(sample) - 1, read_all);
}
