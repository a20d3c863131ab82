/* SPDX-License-Identifier: Apache-2.0 */
/* Records as JSON: the exact bytes of the contract. */
#include "agent/record_json.h"
#include "tests/unit/full_records.h"
#include "tests/unit/harness.h"
#include "tests/unit/proto_samples.h"

#include <jansson.h>

static const char *
json_of(const struct es_record *rec, char *buf, size_t room)
{
	struct es_json j;

	es_json_init(&j, buf, room - 1, NULL, NULL);
	es_record_json(rec, &j);
	buf[j.bad ? 0 : j.n_bytes] = '\0';
	return buf;
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
	    "\"gap_length_ms\":5000},\"r_factor\":88.1,\"ie_eff\":5.1,\"ie_discard\":2.1,\"ie_"
	    "burst\":0.3,\"mos_lq\":4.213,\"mos_cq\":"
	    "4.102,\"id\":3.0,\"mouth_to_ear_ms\":200.000,\"device_ms\":80.250,"
	    "\"band\":\"nb\",\"model\":\"es-nb/1\",\"mos_basis\":\"derived\",\"skew_ppm\":12.1,"
	    "\"dscp\":46,\"ttl\":64,\"srtp\":false,\"call_id\":\"abc@host\",\"seen\":\"transit\","
	    "\"coverage\":{\"complete\":true}}\n");
}

/* Next to Ie,eff, and in narrowband only where a wider band came before. */
TEST(record_json_relief_is_of_wider_bands)
{
	static const struct {
		enum es_band band;
		uint32_t relief_milli;
		const char *said;
	} rows[] = { { ES_BAND_NB, 0, NULL }, { ES_BAND_NB, 1260, "\"burst_relief\":1.3," },
		{ ES_BAND_WB, 0, "\"burst_relief\":0.0," },
		{ ES_BAND_WB, 11940, "\"burst_relief\":11.9," } };

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_record rec = full_stream();
		char buf[2048];

		rec.u.stream.band = rows[i].band;
		rec.u.stream.burst_relief_milli = rows[i].relief_milli;
		(void)json_of(&rec, buf, sizeof(buf));
		CHECK(strstr(buf, rows[i].said != NULL ? rows[i].said : "\"ie_burst\"") != NULL);
		CHECK((strstr(buf, "burst_relief") != NULL) == (rows[i].said != NULL));
	}
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

/* What stands between the last of the first fields and the coverage. */
static const char *
behind(const struct es_record *rec, const char *last)
{
	static char buf[4096];
	char *begin = strstr(json_of(rec, buf, sizeof(buf)), last);
	char *end = strstr(buf, "\"coverage\"");

	if (begin == NULL || end == NULL)
		return "";
	*end = '\0';
	return begin + strlen(last);
}

TEST(record_json_stream_says_what_else_was_measured)
{
	struct es_record rec = full_stream();
	struct es_stream *s = &rec.u.stream;

	s->has |= ES_STREAM_HAS_LOSS_RUNS | ES_STREAM_HAS_CONCEALED | ES_STREAM_HAS_LATE_START |
		  ES_STREAM_HAS_SENDER | ES_STREAM_HAS_LEVEL | ES_STREAM_HAS_REPAIRS |
		  ES_STREAM_HAS_FOLLOWS | ES_STREAM_HAS_SRTP_CHECK | ES_STREAM_HAS_SRTP_ROC;
	s->kind = ES_KIND_AUDIO;
	s->findings = ES_FINDING_ONE_WAY | ES_FINDING_ICE | ES_FINDING_SRTP_MKI |
		      1u << 31; /* the last is not ours */
	s->unscored = ES_UNSCORED_TOO_SHORT;
	s->loss_run[0] = 3;
	s->loss_run[9] = 1;
	s->loss_run_max = 250;
	s->concealed_s = 4;
	s->severely_concealed_s = 2;
	s->late_start_us = 1234567;
	s->starvations = 5;
	s->starved_us = 60500;
	s->send_irregularity_us = 700;
	s->dscp_last = 0;
	s->dscp_changes = 1;
	s->ttl_min = 60;
	s->ttl_max = 64;
	s->event_packets = 8;
	s->comfort_noise_packets = 9;
	s->silences = 10;
	s->reordered_max = 11;
	s->level_dbov = -26;
	s->speech_ppm = 500000;
	s->repairs_ssrc = 0xabc;
	s->follows_ssrc = 0xdef;
	s->mid = es_slice_str("a1");
	s->srtp_checked = 9;
	s->srtp_failed = 2;
	s->srtp_roc = 1;
	CHECK_STR(behind(&rec, "\"seen\":\"transit\","),
	    "\"kind\":\"audio\",\"findings\":[\"one_way\",\"ice\",\"srtp_mki_mismatch\"],"
	    "\"unscored\":\"too_short\","
	    "\"loss_runs\":[3,0,0,0,0,0,0,0,0,1],\"loss_run_max\":250,\"concealed_s\":4,\"severely_"
	    "concealed_s\":2,"
	    "\"late_start_ms\":1234.567,\"starvations\":5,\"starved_ms\":60.500,"
	    "\"send_irregularity_ms\":0.700,\"dscp_last\":0,\"dscp_changes\":1,\"ttl_min\":60,"
	    "\"ttl_max\":64,\"event_packets\":8,\"comfort_noise_packets\":9,\"silences\":10,"
	    "\"reordered_max\":11,\"level_dbov\":-26,\"speech\":0.500000,"
	    "\"repairs_ssrc\":\"0x00000abc\",\"follows_ssrc\":\"0x00000def\",\"mid\":\"a1\","
	    "\"srtp_checked\":9,\"srtp_failed\":2,\"srtp_roc\":1,");
}

TEST(record_json_call_says_what_else_was_signalled)
{
	static const uint16_t statuses[] = { 100, 180, 200 };
	struct es_record rec = { .type = ES_REC_CALL };
	struct es_call *c = &rec.u.call;

	c->has = ES_CALL_HAS_POST_DIAL_DELAY | ES_CALL_HAS_DISCONNECT_DELAY |
		 ES_CALL_HAS_EARLY_MEDIA | ES_CALL_HAS_CAUSE | ES_CALL_HAS_SESSION_EXPIRES;
	c->transport = ES_TRANSPORT_TCP;
	c->post_dial_delay_us = 81000;
	c->disconnect_delay_us = 12500;
	c->early_media_us = 90000;
	c->cause_space = ES_CAUSE_Q850;
	c->cause = 16;
	c->branches = 2;
	c->redirects = 1;
	c->challenges = 1;
	c->resent = 3;
	c->codec_changes = 4;
	c->media_moves = 5;
	c->diversions = 6;
	c->diverted_from = es_slice_str("a@h");
	c->asserted = es_slice_str("b@h");
	c->replaces = es_slice_str("r1");
	c->replaced_by = es_slice_str("r2");
	c->icid = es_slice_str("i");
	c->user_to_user = es_slice_str("u");
	c->custom_key = es_slice_str("k");
	c->caller_contact = es_slice_str("10.0.0.1:5060");
	c->callee_contact = es_slice_str("10.0.0.2:5060");
	c->caller_agent = es_slice_str("A/1");
	c->callee_agent = es_slice_str("B/2");
	c->statuses = statuses;
	c->n_statuses = 3;
	c->session_expires_s = 1800;
	c->session_refresher = ES_PARTY_CALLEE;
	c->is_session_expired = true;
	c->session_id_peer = es_slice_str("s");
	CHECK_STR(behind(&rec, "\"holds\":0,"),
	    "\"transport\":\"tcp\",\"post_dial_delay_ms\":81.000,\"disconnect_delay_ms\":12.500,"
	    "\"early_media_ms\":90.000,\"cause\":{\"protocol\":\"Q.850\",\"code\":16},"
	    "\"branches\":2,\"redirects\":1,\"challenges\":1,\"resent\":3,\"codec_changes\":4,"
	    "\"media_moves\":5,\"diversions\":6,\"diverted_from\":\"a@h\",\"asserted\":\"b@h\","
	    "\"replaces\":\"r1\",\"replaced_by\":\"r2\",\"icid\":\"i\",\"user_to_user\":\"u\","
	    "\"custom_key\":\"k\",\"caller_contact\":\"10.0.0.1:5060\","
	    "\"callee_contact\":\"10.0.0.2:5060\",\"caller_agent\":\"A/1\","
	    "\"callee_agent\":\"B/2\",\"statuses\":[100,180,200],\"session_expires_s\":1800,"
	    "\"session_refresher\":\"callee\",\"session_expired\":true,\"session_id_peer\":\"s\",");
}

TEST(record_json_registration)
{
	struct es_record rec = full_registration();
	char buf[1024];

	CHECK_STR(json_of(&rec, buf, sizeof(buf)),
	    "{\"record\":\"registration\",\"aor\":\"alice@example.net\",\"state\":\"active\","
	    "\"transport\":\"udp\",\"src\":\"10.0.0.1:5060\",\"dst\":\"10.0.0.9:5060\","
	    "\"start\":\"2026-01-01T00:00:00.000000Z\",\"time\":\"2026-01-01T00:00:01.000000Z\","
	    "\"status\":200,\"delay_ms\":45.600,\"expires_s\":3600,\"attempts\":2,"
	    "\"failures\":0,\"challenges\":1,\"contact\":\"10.0.0.1:5060\","
	    "\"call_id\":\"reg-1\",\"user_agent\":\"Phone/1\",\"coverage\":{\"complete\":true}}"
	    "\n");
}

TEST(record_json_reported_by_a_phone_in_sip)
{
	static const struct es_reported_value values[] = { { ES_RM_LOSS_PPM, 12500 },
		{ ES_RM_MOS_LQ_MILLI, 4100 }, { ES_RM_SIGNAL_DBM, -20 }, { 999, 1 },
		{ ES_RM_ROUND_TRIP_US, 30500 } };
	struct es_record rec = { .type = ES_REC_REPORTED };
	struct es_reported *r = &rec.u.reported;
	char buf[1024];

	r->source = ES_SOURCE_VQ_REPORT;
	r->src = addr(1, 5060);
	r->dst = addr(9, 5060);
	r->subject_ssrc = 0x1234abcd;
	r->time = es_time_of_ns(INT64_C(1767225600) * ES_NS_PER_S);
	r->call_id = es_slice_str("c");
	r->media_src = addr(1, 4000);
	r->media_dst = addr(2, 5000);
	r->is_remote = true;
	r->kind = es_slice_str("VQSessionReport");
	r->codec = es_slice_str("PCMU");
	r->algorithm = es_slice_str("P.564");
	r->values = values;
	r->n_values = 5;
	CHECK_STR(json_of(&rec, buf, sizeof(buf)),
	    "{\"record\":\"reported\",\"source\":\"vq_report\",\"src\":\"10.0.0.1:5060\","
	    "\"dst\":\"10.0.0.9:5060\",\"subject_ssrc\":\"0x1234abcd\","
	    "\"time\":\"2026-01-01T00:00:00.000000Z\",\"call_id\":\"c\","
	    "\"media_src\":\"10.0.0.1:4000\",\"media_dst\":\"10.0.0.2:5000\",\"remote\":true,"
	    "\"kind\":\"VQSessionReport\",\"codec\":\"PCMU\",\"algorithm\":\"P.564\","
	    "\"metrics\":{\"loss\":0.012500,\"mos_lq\":4.100,\"signal_dbm\":-20,"
	    "\"round_trip_ms\":30.500},\"coverage\":{\"complete\":true}}\n");
}

TEST(record_json_health_counts_sip_and_what_it_could_not_look_into)
{
	static const struct es_counter_value values[] = { { ES_CNT_PACKETS, 9 },
		{ 109, 1 } }; /* without a row */
	static const struct es_sip_count sip[] = { { ES_SIP_KIND_INVITE, 3, 1 }, { 200, 2, 0 },
		{ 50, 1, 0 } };
	static const struct es_unknown unknowns[] = {
		{ ES_UNKNOWN_ETHERTYPE, 35020, 3, { 0x01, 0xab }, 2 },
		{ ES_UNKNOWN_LINK, 147, 1, { 0 }, 0 },
	};
	struct es_record rec = { .type = ES_REC_HEALTH };
	char buf[1024];

	rec.u.health = (struct es_health){ .values = values,
		.n_values = 2,
		.sip = sip,
		.n_sip = 3,
		.unknowns = unknowns,
		.n_unknowns = 2 };
	CHECK_STR(json_of(&rec, buf, sizeof(buf)),
	    "{\"record\":\"health\",\"time\":\"1970-01-01T00:00:00.000000Z\","
	    "\"counters\":{\"packets\":9},\"sip\":{\"requests\":{\"INVITE\":{\"messages\":3,"
	    "\"resent\":1}},\"responses\":{\"200\":{\"messages\":2,\"resent\":0}}},"
	    "\"unknown\":[{\"layer\":\"ethertype\",\"number\":35020,\"count\":3,"
	    "\"sample\":\"01ab\"},{\"layer\":\"link\",\"number\":147,\"count\":1}],"
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

TEST(record_json_interval_names_its_model_and_keeps_terms_apart)
{
	struct es_record rec = { .type = ES_REC_INTERVAL };
	struct es_interval *v = &rec.u.interval;
	char buf[1024];

	v->has = ES_INTERVAL_HAS_QUALITY | ES_INTERVAL_HAS_MOS_CQ | ES_INTERVAL_HAS_TERMS |
		 ES_INTERVAL_HAS_ID;
	v->r_milli = 97200;
	v->mos_lq_milli = 3800;
	v->mos_cq_milli = 3700;
	v->ie_eff_milli = 35000;
	v->ie_discard_milli = 7100;
	v->burst_relief_milli = 3200;
	v->id_milli = 4000;
	v->band = ES_BAND_WB;
	v->basis = ES_BASIS_DERIVED;
	v->model_version = 2;
	CHECK(strstr(json_of(&rec, buf, sizeof(buf)),
		  "\"r_factor\":97.2,\"ie_eff\":35.0,\"ie_discard\":7.1,\"ie_burst\":0.0,"
		  "\"burst_relief\":3.2,\"mos_lq\":3.800,\"mos_cq\":3.700,\"id\":4.0,"
		  "\"band\":\"wb\",\"model\":\"es-wb/2\",\"mos_basis\":\"derived\"") != NULL);
	v->band = ES_BAND_SWB;
	v->model_version = 1;
	CHECK(strstr(json_of(&rec, buf, sizeof(buf)), "\"band\":\"swb\",\"model\":\"es-fb/1\"") !=
	      NULL);
	CHECK(strstr(json_of(&rec, buf, sizeof(buf)), "clean_mos_lq") == NULL);
	v->has |= ES_INTERVAL_HAS_CLEAN;
	v->clean_mos_lq_milli = 4494;
	CHECK(strstr(json_of(&rec, buf, sizeof(buf)), "\"clean_mos_lq\":4.494") != NULL);
	v->band = ES_BAND_NB;
	v->burst_relief_milli = 0;
	CHECK(strstr(json_of(&rec, buf, sizeof(buf)), "burst_relief") == NULL);
}

TEST(record_json_stream_of_two_bands_says_its_share)
{
	struct es_record rec = full_stream();
	char buf[4096];

	CHECK(strstr(json_of(&rec, buf, sizeof(buf)), "scored_share") == NULL);
	rec.u.stream.scored_ppm = 539568;
	CHECK(strstr(json_of(&rec, buf, sizeof(buf)), "\"scored_share\":0.539568,") != NULL);
}

TEST(record_types_have_names)
{
	CHECK_EQ(es_record_type_of(es_slice_str("stream")), ES_REC_STREAM);
	CHECK_EQ(es_record_type_of(es_slice_str("loss")), ES_REC_LOSS);
	CHECK_EQ(es_record_type_of(es_slice_str("strea")), 0);
	CHECK_EQ(es_record_type_of(es_slice_str("")), 0);
	CHECK_STR(es_record_name(ES_REC_HEALTH), "health");
	CHECK_STR(es_record_name((enum es_record_type)99), "unknown");
	CHECK_STR(es_counter_name(ES_CNT_PACKETS), "packets");
	CHECK(es_counter_name((enum es_counter)0) == NULL);
	CHECK(es_counter_name((enum es_counter)999) == NULL);
	CHECK(es_counter_name((enum es_counter)109) == NULL); /* a hole */
	CHECK_STR(es_record_json_reported_name(ES_RM_MOS_LQ_MILLI), "mos_lq");
	CHECK_STR(es_record_json_reported_name(ES_RM_DURATION_US), "duration_ms");
	CHECK(es_record_json_reported_name((enum es_reported_metric)0) == NULL);
	CHECK(es_record_json_reported_name((enum es_reported_metric)ES_RM_END) == NULL);
	CHECK_STR(es_record_json_sip_kind(ES_SIP_KIND_OTHER), "OTHER");
	CHECK(es_record_json_sip_kind((enum es_sip_kind)0) == NULL);
	CHECK(es_record_json_sip_kind((enum es_sip_kind)200) == NULL);
}

/* Whatever the HAS bits are: each object and group of the rows ends, and no key stands twice. */
TEST(record_json_of_any_record_is_one_object)
{
	static char buf[1 << 18];
	static struct sample s;
	uint64_t rnd = 11;

	for (int t = 0; t < SAMPLE_TYPES; t++) {
		for (int i = 0; i < 100; i++) {
			uint32_t has = i < 32   ? UINT32_C(1) << i
				       : i < 64 ? ~(UINT32_C(1) << (i - 32))
						: test_random(&rnd);
			json_t *root;

			sample_make(&rnd, sample_types[t], has, &s);
			root = json_loads(json_of(&s.rec, buf, sizeof(buf)),
			    JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
			CHECK(json_is_object(root));
			json_decref(root);
		}
	}
}
