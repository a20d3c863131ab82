/* SPDX-License-Identifier: Apache-2.0 */
/* Which machines explain bad blocks, by their signals and by what changed on them. */
#include "tests/unit/made_verdict.h"

TEST(correlate_wifi_that_overlaps_the_bad_blocks_ranks_before_the_loss)
{
	struct call4 *s = call4_new(1800);
	const struct es_verdict *v;

	lose_some(s->fwd_seen, 1, 1, 600, 1000, 5);
	call4_signal(s);
	call4_media(s);
	sample(s, "ep", ES_SIG_WIFI_TX_RETRIES, s->fwd[0].at_ms, 900, 10, 600 * 20, 1000 * 20);
	v = verdict_of(s);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_WIFI);
	CHECK(v->causes[0].confidence_ppm > 700000);
	CHECK(confidence(v, ES_CAUSE_NETWORK_LOSS) > 0);
	CHECK(confidence(v, ES_CAUSE_NETWORK_LOSS) < v->causes[0].confidence_ppm);
	CHECK_SLICE(v->segment_from, "ep");
	CHECK_SLICE(v->segment_to, "access");
	CHECK(has_evidence(v, "forward: on ep, more than 200 Wi-Fi retries per 5 s (up to "));
	CHECK(has_evidence(v, " of the 80 packets lost between ep and access fall there"));
	es_correlate_free(s->c);
}

TEST(correlate_wifi_that_is_as_bad_in_good_blocks_is_no_cause)
{
	struct call4 *s = call4_new(1800);
	const struct es_verdict *v;

	lose_some(s->fwd_seen, 1, 1, 600, 1000, 5);
	call4_signal(s);
	call4_media(s);
	sample(s, "ep", ES_SIG_WIFI_TX_RETRIES, s->fwd[0].at_ms, 900, 900, 0, 1);
	v = verdict_of(s);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_NETWORK_LOSS);
	CHECK_EQ(confidence(v, ES_CAUSE_WIFI), 0);
	es_correlate_free(s->c);
}

TEST(correlate_wifi_of_the_endpoint_does_not_explain_loss_in_the_core)
{
	struct call4 *s = call4_new(1800);
	const struct es_verdict *v;

	lose_some(s->fwd_seen, 3, 1, 600, 1000, 5);
	call4_signal(s);
	call4_media(s);
	sample(s, "ep", ES_SIG_WIFI_TX_RETRIES, s->fwd[0].at_ms, 900, 10, 600 * 20, 1000 * 20);
	v = verdict_of(s);
	CHECK_SLICE(v->segment_from, "core");
	CHECK_EQ(confidence(v, ES_CAUSE_WIFI), 0);
	es_correlate_free(s->c);
}

TEST(correlate_a_busy_gateway_is_found_by_its_own_clock)
{
	struct call4 *s = call4_new(1800);
	const struct es_verdict *v;

	lose_some(s->rev_seen, 2, -1, 600, 1000, 5);
	call4_signal(s);
	call4_media(s);
	sample(s, "gw", ES_SIG_CPU_BUSY, s->rev[3].at_ms, 990000, 200000, 600 * 20, 1000 * 20);
	v = verdict_of(s);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_CPU);
	CHECK_EQ(v->segment_direction, ES_REVERSE);
	CHECK_SLICE(v->segment_from, "gw");
	es_correlate_free(s->c);
}

TEST(correlate_roaming_in_the_bad_block_is_wifi_and_the_first_access_point_is_not)
{
	struct call4 *s = call4_new(1800);
	const struct es_verdict *v;

	lose_some(s->fwd_seen, 1, 1, 600, 760, 3);
	call4_signal(s);
	call4_media(s);
	change(s, "ep", ES_CHANGE_WIFI_BSSID, s->fwd[0].at_ms + 620 * 20, NULL, "aa");
	v = verdict_of(s);
	CHECK_EQ(confidence(v, ES_CAUSE_WIFI), 0);
	change(s, "ep", ES_CHANGE_WIFI_BSSID, s->fwd[0].at_ms + 620 * 20, "aa", "bb");
	v = verdict_of(s);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_WIFI);
	CHECK(has_evidence(v, "on ep, the Wi-Fi access point changed (wlan0) at 00:1"));
	es_correlate_free(s->c);
}

TEST(correlate_a_route_change_is_vpn)
{
	struct call4 *s = call4_new(1800);
	const struct es_verdict *v;

	lose_some(s->fwd_seen, 1, 1, 600, 760, 3);
	call4_signal(s);
	call4_media(s);
	change(s, "ep", ES_CHANGE_ROUTE, s->fwd[0].at_ms + 620 * 20, "a", "b");
	v = verdict_of(s);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_VPN);
	es_correlate_free(s->c);
}

/* A signal of each part of a machine, beyond its limit and within. */
static const struct {
	enum es_signal signal;
	int64_t bad, good;
	enum es_cause cause;
	bool is_behind; /* the machine's own vantage point */
} rows[] = {
	{ ES_SIG_WIFI_CHANNEL_BUSY, 950000, 200000, ES_CAUSE_WIFI, false },
	{ ES_SIG_WIFI_NOISE, -60, -92, ES_CAUSE_WIFI, false },
	{ ES_SIG_CPU_BUSY, 990000, 200000, ES_CAUSE_CPU, false },
	{ ES_SIG_CPU_THROTTLED, 600000, 0, ES_CAUSE_CPU, false },
	{ ES_SIG_TIMER_LATE, 90000, 300, ES_CAUSE_CPU, false },
	{ ES_SIG_MEM_PRESSURE, 600000, 0, ES_CAUSE_MEMORY, false },
	{ ES_SIG_MEM_AVAILABLE, 50000000, INT64_C(8000000000), ES_CAUSE_MEMORY, false },
	{ ES_SIG_SWAP_IN, 20000, 0, ES_CAUSE_MEMORY, false },
	{ ES_SIG_OOM_KILLS, 1, 0, ES_CAUSE_MEMORY, false },
	{ ES_SIG_IO_PRESSURE, 800000, 0, ES_CAUSE_DISK, false },
	{ ES_SIG_DISK_LATENCY, 900000, 400, ES_CAUSE_DISK, false },
	{ ES_SIG_NIC_RX_ERRORS, 50, 0, ES_CAUSE_NIC, false },
	{ ES_SIG_NIC_TX_DROPS, 50, 0, ES_CAUSE_NIC, false },
	{ ES_SIG_NIC_SPEED, 10000000, 1000000000, ES_CAUSE_NIC, false },
	{ ES_SIG_QDISC_DROPS, 50, 0, ES_CAUSE_NIC, false },
	{ ES_SIG_GATEWAY_LOSS, 200000, 0, ES_CAUSE_GATEWAY, false },
	{ ES_SIG_GATEWAY_RTT, 450000, 2000, ES_CAUSE_GATEWAY, false },
	{ ES_SIG_SOFTPHONE_WAIT, 500000, 1000, ES_CAUSE_CPU, true },
	{ ES_SIG_SOFTPHONE_CPU, 990000, 200000, ES_CAUSE_CPU, true },
	{ ES_SIG_AUDIO_XRUNS, 40, 0, ES_CAUSE_AUDIO, true },
};

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

/* Lost between the endpoint and the SBC, while something of the endpoint was bad. */
static const struct es_verdict *
lose_with(struct call4 *s, uint32_t row)
{
	lose_some(s->fwd_seen, 1, 1, 600, 1000, 5);
	call4_signal(s);
	call4_media(s);
	sample(s, "ep", rows[row].signal, s->fwd[0].at_ms, rows[row].bad, rows[row].good, 600 * 20,
	    1000 * 20);
	return verdict_of(s);
}

TEST(correlate_each_part_of_a_machine_is_a_cause_of_its_own)
{
	for (uint32_t i = 0; i < N_ROWS; i++) {
		struct call4 *s = call4_new(1800);
		const struct es_verdict *v = lose_with(s, i);

		if (!rows[i].is_behind && v->causes[0].cause != rows[i].cause)
			test_fail(__FILE__, __LINE__, "%s is %s", es_signal_name(rows[i].signal),
			    es_cause_name(v->causes[0].cause));
		es_correlate_free(s->c);
	}
}

/* What has passed the capture of its machine was sent: neither the softphone nor its audio lost it. */
TEST(correlate_softphone_and_audio_lose_nothing_behind_their_own_capture)
{
	for (uint32_t i = 0; i < N_ROWS; i++) {
		struct call4 *s = call4_new(1800);
		const struct es_verdict *v = lose_with(s, i);

		if (rows[i].is_behind) {
			CHECK_EQ(v->causes[0].cause, ES_CAUSE_NETWORK_LOSS);
			CHECK_EQ(confidence(v, rows[i].cause), 0);
		}
		es_correlate_free(s->c);
	}
}

TEST(correlate_softphone_and_audio_explain_what_was_not_sent_on_time)
{
	for (uint32_t row = 0; row < N_ROWS; row++) {
		struct call4 *s = call4_new(1800);
		const struct es_verdict *v;

		for (int i = 0; i < 4; i++) {
			s->fwd[i].late_from = 600;
			s->fwd[i].late_to = 1000;
		}
		call4_signal(s);
		call4_media(s);
		sample(s, "ep", rows[row].signal, s->fwd[0].at_ms, rows[row].bad, rows[row].good,
		    515 * 20, 1020 * 20);
		v = verdict_of(s);
		if (rows[row].is_behind)
			CHECK_EQ(v->causes[0].cause, rows[row].cause);
		if (rows[row].cause == ES_CAUSE_WIFI || rows[row].cause == ES_CAUSE_NIC)
			CHECK_EQ(v->causes[0].cause, ES_CAUSE_SENDER_STARVED);
		es_correlate_free(s->c);
	}
}

/* Trouble that begins when the damage is over did not cause it. */
TEST(correlate_trouble_behind_the_damage_is_no_cause)
{
	for (uint32_t i = 0; i < N_ROWS; i++) {
		struct call4 *s = call4_new(1800);
		const struct es_verdict *v;

		lose_some(s->fwd_seen, 1, 1, 300, 600, 5);
		call4_signal(s);
		call4_media(s);
		sample(s, "ep", rows[i].signal, s->fwd[0].at_ms, rows[i].bad, rows[i].good,
		    800 * 20, 1200 * 20);
		v = verdict_of(s);
		CHECK_EQ(v->causes[0].cause, ES_CAUSE_NETWORK_LOSS);
		CHECK_EQ(confidence(v, rows[i].cause), 0);
		es_correlate_free(s->c);
	}
}

/* It may always be so on that machine: the evidence says it, the verdict accuses nobody. */
TEST(correlate_trouble_of_a_call_without_a_good_block_accuses_no_machine)
{
	for (uint32_t i = 0; i < N_ROWS; i++) {
		struct call4 *s = call4_new(1500);
		const struct es_verdict *v;

		lose_some(s->fwd_seen, 1, 1, 0, 1500, 8);
		call4_signal(s);
		call4_media(s);
		sample(s, "ep", rows[i].signal, s->fwd[0].at_ms, rows[i].bad, rows[i].bad, 0, 1);
		v = verdict_of(s);
		CHECK_EQ(v->causes[0].cause, ES_CAUSE_NETWORK_LOSS);
		CHECK_EQ(confidence(v, rows[i].cause), 0);
		CHECK(rows[i].is_behind || has_evidence(v, "forward: on ep, "));
		es_correlate_free(s->c);
	}
}

/* What changed while all was well for seconds more did not cause what came then. */
TEST(correlate_change_long_before_the_damage_is_no_cause)
{
	static const enum es_change_kind kinds[] = { ES_CHANGE_VPN, ES_CHANGE_WIFI_BSSID,
		ES_CHANGE_ADDRESS, ES_CHANGE_POWER };
	enum { FIRST_BAD_MS = 648 * 20 }; /* begin of a block: 65400 + 648 is a multiple of 256 */

	for (size_t i = 0; i < 2 * sizeof(kinds) / sizeof(kinds[0]); i++) {
		bool is_near = i % 2 == 0;
		struct call4 *s = call4_new(1800);
		const struct es_verdict *v;

		lose_some(s->fwd_seen, 1, 1, 650, 900, 3);
		call4_signal(s);
		call4_media(s);
		change(s, "ep", kinds[i / 2],
		    s->fwd[0].at_ms + FIRST_BAD_MS - (is_near ? 2000 : 6000), "a", "b");
		v = verdict_of(s);
		CHECK_EQ(v->causes[0].cause == ES_CAUSE_NETWORK_LOSS, !is_near);
		es_correlate_free(s->c);
	}
}

TEST(correlate_changes_of_a_machine_are_causes)
{
	static const struct {
		enum es_change_kind kind;
		const char *before, *after;
		enum es_cause cause;
		const char *words;
	} changes[] = {
		{ ES_CHANGE_SUSPEND, "", "12.0 s", ES_CAUSE_POWER,
		    "on ep, the machine slept for 12.0 s" },
		{ ES_CHANGE_POWER, "mains", "battery", ES_CAUSE_POWER, "on ep, the power changed" },
		{ ES_CHANGE_ADDRESS, "10.0.0.2", "10.0.0.9", ES_CAUSE_LAN,
		    "on ep, the address changed" },
		{ ES_CHANGE_AUDIO, "PCH, Headset", "PCH", ES_CAUSE_NETWORK_LOSS, NULL },
		{ ES_CHANGE_KERNEL, "6.1", "6.2", ES_CAUSE_NETWORK_LOSS, NULL },
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct call4 *s = call4_new(1800);
		const struct es_verdict *v;

		lose_some(s->fwd_seen, 1, 1, 600, 760, 3);
		call4_signal(s);
		call4_media(s);
		change(s, "ep", changes[i].kind, s->fwd[0].at_ms + 620 * 20, changes[i].before,
		    changes[i].after);
		v = verdict_of(s);
		CHECK_EQ(v->causes[0].cause, changes[i].cause);
		CHECK(changes[i].words == NULL || has_evidence(v, changes[i].words));
		es_correlate_free(s->c);
	}
}
