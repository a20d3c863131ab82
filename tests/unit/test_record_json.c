/* SPDX-License-Identifier: Apache-2.0 */
/* Records as JSON and as table rows: the exact bytes of the contract. */
#include "agent/command/read_output.h"
#include "agent/command/read_table.h"
#include "agent/record_json.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

static const char *
json_of(const struct es_record *rec, char *buf, size_t room)
{
	struct es_json j;

	es_json_init(&j, buf, room - 1, NULL, NULL);
	es_record_json(rec, &j);
	buf[j.bad ? 0 : j.n_bytes] = '\0';
	return buf;
}

static struct es_addr
addr(uint8_t last, uint16_t port)
{
	struct es_addr a = { .family = 4, .port = port, .ip = { 10, 0, 0, last } };

	return a;
}

static struct es_record
full_stream(void)
{
	struct es_record rec = { .type = ES_REC_STREAM };
	struct es_stream *s = &rec.u.stream;

	s->key.src = addr(1, 4000);
	s->key.dst = addr(2, 5000);
	s->key.ssrc = 0x1234abcd;
	s->has = ES_STREAM_HAS_CODEC | ES_STREAM_HAS_PTIME | ES_STREAM_HAS_JITTER |
		 ES_STREAM_HAS_DELTA | ES_STREAM_HAS_DELAY_VARIATION | ES_STREAM_HAS_BURST |
		 ES_STREAM_HAS_LATE | ES_STREAM_HAS_RECOVERED | ES_STREAM_HAS_QUALITY |
		 ES_STREAM_HAS_MOS_CQ | ES_STREAM_HAS_SKEW | ES_STREAM_HAS_IP | ES_STREAM_HAS_SRTP;
	s->state = ES_STATE_COMPLETED;
	s->codec = es_slice_str("PCMU");
	s->clock_rate_hz = 8000;
	s->ptime_us = 20000;
	s->start = es_time_of_ns(INT64_C(1767225600) * ES_NS_PER_S);
	s->duration_us = 12340000;
	s->packets = 617;
	s->expected = 620;
	s->lost = 3;
	s->late = 1;
	s->jitter_mean_us = 812;
	s->jitter_max_us = 2104;
	s->jitter_last_us = 705;
	s->delta_max_us = 41200;
	s->delay_variation = (struct es_delay_variation){ 310, 1902, 4011 };
	s->burst_density_ppm = 120000;
	s->burst_length_us = 60000;
	s->gap_density_ppm = 1000;
	s->gap_length_us = 5000000;
	s->r_milli = 88130;
	s->mos_lq_milli = 4213;
	s->mos_cq_milli = 4102;
	s->band = ES_BAND_NB;
	s->model = es_slice_str("es-nb/1");
	s->basis = ES_BASIS_DERIVED;
	s->skew_ppb = 12080;
	s->dscp = 46;
	s->ttl = 64;
	s->call_id = es_slice_str("abc@host");
	return rec;
}

TEST(record_json_stream_is_the_contract)
{
	struct es_record rec = full_stream();
	char buf[2048];

	CHECK_STR(json_of(&rec, buf, sizeof(buf)),
	    "{\"record\":\"stream\",\"src\":\"10.0.0.1:4000\",\"dst\":\"10.0.0.2:5000\","
	    "\"ssrc\":\"0x1234abcd\",\"restart\":0,\"payload_type\":0,\"codec\":\"PCMU\","
	    "\"clock_rate_hz\":8000,\"ptime_ms\":20,\"start\":\"2026-01-01T00:00:00.000000Z\","
	    "\"duration_s\":12.340,\"packets\":617,\"expected\":620,\"lost\":3,\"duplicates\":0,"
	    "\"capture_duplicates\":0,\"reordered\":0,\"stale\":0,\"late\":1,\"recovered\":0,"
	    "\"jitter_ms\":{\"mean\":0.812,\"max\":2.104,\"last\":0.705},\"delta_max_ms\":41.200,"
	    "\"delay_variation_ms\":{\"p50\":0.310,\"p95\":1.902,\"p99\":4.011},"
	    "\"burst\":{\"density\":0.120000,\"length_ms\":60,\"gap_density\":0.001000,"
	    "\"gap_length_ms\":5000},\"r_factor\":88.1,\"mos_lq\":4.213,\"mos_cq\":4.102,"
	    "\"band\":\"nb\",\"model\":\"es-nb/1\",\"mos_basis\":\"derived\",\"skew_ppm\":12.1,"
	    "\"dscp\":46,\"ttl\":64,\"srtp\":false,\"call_id\":\"abc@host\",\"seen\":\"transit\","
	    "\"coverage\":{\"complete\":true}}\n");
}

TEST(record_json_leaves_out_what_is_not_known)
{
	struct es_record rec = full_stream();
	char buf[2048];

	rec.u.stream.has = 0;
	rec.u.stream.call_id.n = 0;
	rec.coverage.flags = ES_COV_DROPS | ES_COV_CUT;
	rec.coverage.dropped = 7;
	CHECK_STR(json_of(&rec, buf, sizeof(buf)),
	    "{\"record\":\"stream\",\"src\":\"10.0.0.1:4000\",\"dst\":\"10.0.0.2:5000\","
	    "\"ssrc\":\"0x1234abcd\",\"restart\":0,\"payload_type\":0,"
	    "\"start\":\"2026-01-01T00:00:00.000000Z\",\"duration_s\":12.340,\"packets\":617,"
	    "\"expected\":620,\"lost\":3,\"duplicates\":0,\"capture_duplicates\":0,\"reordered\":0,"
	    "\"stale\":0,\"seen\":\"transit\","
	    "\"coverage\":{\"complete\":false,\"dropped\":7,\"cut\":true}}\n");
}

TEST(record_json_call_is_the_contract)
{
	struct es_call_stream streams[1] = { { 0x1234abcd, addr(1, 4000), addr(2, 5000) } };
	es_slice codecs[1] = { es_slice_str("PCMU") };
	struct es_record rec = { .type = ES_REC_CALL };
	struct es_call *c = &rec.u.call;
	char buf[1024];

	c->call_id = es_slice_str("a\"b");
	c->from = es_slice_str("user@host");
	c->to = es_slice_str("user@host");
	c->start = es_time_of_ns(INT64_C(1767225600) * ES_NS_PER_S);
	c->state = ES_STATE_COMPLETED;
	c->has = ES_CALL_HAS_STATUS | ES_CALL_HAS_REQUEST_DELAY | ES_CALL_HAS_SETUP |
		 ES_CALL_HAS_RING | ES_CALL_HAS_DURATION;
	c->final_status = 200;
	c->request_delay_us = 80120;
	c->setup_us = 812400;
	c->ring_us = 640000;
	c->duration_us = 61200000;
	c->ended_by = ES_PARTY_CALLER;
	c->codecs = codecs;
	c->n_codecs = 1;
	c->streams = streams;
	c->n_streams = 1;
	CHECK_STR(json_of(&rec, buf, sizeof(buf)),
	    "{\"record\":\"call\",\"call_id\":\"a\\\"b\",\"from\":\"user@host\","
	    "\"to\":\"user@host\",\"start\":\"2026-01-01T00:00:00.000000Z\","
	    "\"state\":\"completed\",\"method\":\"INVITE\",\"final_status\":200,"
	    "\"request_delay_ms\":80.120,\"setup_ms\":812.400,\"ring_ms\":640.000,"
	    "\"duration_s\":61.200,\"ended_by\":\"caller\",\"codecs\":[\"PCMU\"],"
	    "\"streams\":[{\"ssrc\":\"0x1234abcd\",\"src\":\"10.0.0.1:4000\","
	    "\"dst\":\"10.0.0.2:5000\"}],\"transfers\":0,\"holds\":0,"
	    "\"coverage\":{\"complete\":true}}\n");
}

TEST(record_json_interval_names_the_missing)
{
	struct es_missing missing[2] = { { 65801, 2 }, { 65900, 4 } };
	struct es_record rec = { .type = ES_REC_INTERVAL };
	struct es_interval *v = &rec.u.interval;
	char buf[1024];
	const char *begin =
	    "{\"record\":\"interval\",\"ssrc\":\"0x1234abcd\",\"src\":\"10.0.0.1:4000\","
	    "\"dst\":\"10.0.0.2:5000\",\"block\":257,\"first_seq\":65792,\"last_seq\":66047,"
	    "\"start\":\"2026-01-01T00:00:00.000000Z\",\"expected\":256,\"received\":250,\"lost\":"
	    "6,"
	    "\"missing\":[[65801,2],[65900,4]],";

	v->stream.src = addr(1, 4000);
	v->stream.dst = addr(2, 5000);
	v->stream.ssrc = 0x1234abcd;
	v->block = 257;
	v->first_seq = 65792;
	v->last_seq = 66047;
	v->start = es_time_of_ns(INT64_C(1767225600) * ES_NS_PER_S);
	v->expected = 256;
	v->received = 250;
	v->lost = 6;
	v->missing = missing;
	v->n_missing = 2;
	json_of(&rec, buf, sizeof(buf));
	buf[strlen(begin)] = '\0';
	CHECK_STR(buf, begin);
}

TEST(record_types_have_names)
{
	CHECK_EQ(es_record_type_of(es_slice_str("stream")), ES_REC_STREAM);
	CHECK_EQ(es_record_type_of(es_slice_str("evidence")), ES_REC_EVIDENCE);
	CHECK_EQ(es_record_type_of(es_slice_str("strea")), 0);
	CHECK_EQ(es_record_type_of(es_slice_str("")), 0);
	CHECK_STR(es_record_name(ES_REC_HEALTH), "health");
	CHECK_STR(es_record_name((enum es_record_type)99), "unknown");
	CHECK_STR(es_counter_name(ES_CNT_PACKETS), "packets");
	CHECK(es_counter_name((enum es_counter)0) == NULL);
	CHECK(es_counter_name((enum es_counter)999) == NULL);
}

/* What an output prints for some records, given. */
static char *
printed(bool json, const struct es_record *recs, size_t n, size_t n_before_last)
{
	struct es_output *o;
	struct es_sink sink;
	size_t n_text, i;
	char *text = NULL;
	FILE *to = open_memstream(&text, &n_text);

	struct es_output_config cfg = {
		.to = to, .json = json, .wanted = 1u << ES_REC_STREAM | 1u << ES_REC_CALL
	};

	if (to == NULL || es_output_new(&cfg, &o) != 0)
		abort();
	sink = es_output_sink(o);
	for (i = 0; i < n; i++) {
		if (i == n_before_last)
			es_output_last(o);
		sink.record(sink.ctx, &recs[i]);
	}
	if (es_output_finish(o) != 0)
		abort();
	es_output_free(o);
	(void)fclose(to);
	return text;
}

TEST(output_prints_the_last_record_of_what_went_on)
{
	struct es_record recs[3] = { full_stream(), full_stream(), full_stream() };
	char *text;

	recs[0].u.stream.state = ES_STATE_IN_PROGRESS;
	recs[0].u.stream.packets = 111;
	recs[1].u.stream.packets = 222;
	recs[2].u.stream.state = ES_STATE_IN_PROGRESS;
	recs[2].u.stream.packets = 333;
	text = printed(true, recs, 3, 2);
	CHECK(strstr(text, "\"packets\":111") == NULL);
	CHECK(strstr(text, "\"packets\":222") != NULL);
	CHECK(strstr(text, "\"packets\":333") != NULL);
	free(text);
}

TEST(output_prints_the_latest_record_of_a_call)
{
	struct es_record recs[4] = { { .type = ES_REC_CALL } };
	char *text;
	int i;

	for (i = 0; i < 4; i++) {
		recs[i].type = ES_REC_CALL;
		recs[i].u.call.call_id = es_slice_str(i == 2 ? "other" : "one");
		recs[i].u.call.state = i == 0 ? ES_STATE_FAILED : ES_STATE_COMPLETED;
		recs[i].u.call.holds = (uint32_t)i + 10;
	}
	text = printed(true, recs, 4, 4);
	CHECK(strstr(text, "\"holds\":10") == NULL);
	CHECK(strstr(text, "\"holds\":11") == NULL);
	CHECK(strstr(text, "\"holds\":13") != NULL);
	CHECK(strstr(text, "\"holds\":13") < strstr(text, "\"holds\":12"));
	free(text);
	recs[3].u.call.start.ns = 1; /* the same name again later is another call */
	text = printed(true, recs, 4, 4);
	CHECK(strstr(text, "\"holds\":11") != NULL);
	CHECK(strstr(text, "\"holds\":13") != NULL);
	free(text);
}

TEST(output_tables_fit_100_columns_and_sort_by_start)
{
	struct es_record recs[3] = { full_stream(), full_stream(), { .type = ES_REC_CALL } };
	char *text, *line, *rest;

	recs[0].u.stream.key.src.port = 65000;
	recs[0].u.stream.start.ns += ES_NS_PER_S;
	recs[2].u.call.from = es_slice_str("a very long name of a caller@somewhere.example");
	recs[2].u.call.to = es_slice_str("\x1b[31mred\n");
	text = printed(false, recs, 3, 3);
	CHECK(strstr(text, "10.0.0.1:4000") < strstr(text, "10.0.0.1:65000"));
	CHECK(strstr(text, "?[31mred?") != NULL);
	CHECK(strchr(text, '\x1b') == NULL);
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
		CHECK(strlen(line) <= 100);
	free(text);
}

TEST(output_says_when_figures_are_not_whole)
{
	struct es_record rec = full_stream();
	char *text;

	rec.coverage.flags = ES_COV_DROPS;
	rec.coverage.dropped = 12;
	text = printed(false, &rec, 1, 1);
	CHECK(strstr(text, "note: incomplete: the capture lost 12 packets meanwhile") != NULL);
	free(text);
}

TEST(output_without_any_record_says_so)
{
	char *text = printed(false, NULL, 0, 1);

	CHECK_STR(text, "no calls\n\nno streams\n");
	free(text);
}
