/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's health, sampled over hand-written machines: tests/unit/fixtures/host/CASE/STEP. */
#include "earshot/host.h"

#include "probes/host/netlink/netlink.h"
#include "probes/host/netlink/station.h"

#include "harness.h"
#include "netlink_built.h"

#include <limits.h>
#include <linux/genetlink.h>
#include <linux/nl80211.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAMPLES_MAX = 4, CHANGES_MAX = 16, PERIOD_S = 5 };

/* What a sampler reported. */
struct reported {
	int n_samples;
	struct sample {
		bool full;
		char interface[32];
		int64_t start_ns, end_ns;
		uint32_t n;
		bool has[ES_SIG_END];
		int64_t value[ES_SIG_END];
	} sample[SAMPLES_MAX];
	int n_changes;
	char change[CHANGES_MAX][256]; /* "kind subject: before -> after" */
};

static void
on_record(void *ctx, const struct es_record *rec)
{
	struct reported *t = ctx;
	const struct es_change *c = &rec->u.change;

	if (rec->type == ES_REC_CHANGE) {
		if (t->n_changes < CHANGES_MAX)
			(void)snprintf(t->change[t->n_changes++], 256, "%s %.*s: %.*s -> %.*s",
			    es_change_name((enum es_change_kind)c->kind), (int)c->subject.n,
			    (const char *)c->subject.p, (int)c->before.n, (const char *)c->before.p,
			    (int)c->after.n, (const char *)c->after.p);
	} else if (t->n_samples < SAMPLES_MAX) {
		struct sample *s = &t->sample[t->n_samples++];

		s->full = rec->u.host.full;
		s->start_ns = rec->u.host.start.ns;
		s->end_ns = rec->u.host.end.ns;
		memcpy(s->interface, rec->u.host.interface.p, rec->u.host.interface.n);
		s->n = rec->u.host.n_values;
		for (uint32_t i = 0; i < s->n; i++) {
			s->has[rec->u.host.values[i].signal] = true;
			s->value[rec->u.host.values[i].signal] = rec->u.host.values[i].value;
		}
	}
}

/* A link that stands for the root and is turned from step to step. */
struct machine {
	char dir[64];
	char root[80];
	struct es_host_sampler *sampler;
	struct reported reported;
};

static bool
machine_turn(struct machine *m, const char *target)
{
	char fresh[96];
	char path[PATH_MAX];

	(void)snprintf(fresh, sizeof(fresh), "%s/fresh", m->dir);
	return realpath(target, path) != NULL && symlink(path, fresh) == 0 &&
	       rename(fresh, m->root) == 0;
}

static void
machine_end(struct machine *m)
{
	es_host_free(m->sampler);
	(void)unlink(m->root);
	(void)rmdir(m->dir);
}

/* Samples the steps of a case, 5 s apart; port: of the media, 0 for no call. */
static bool
run_call(struct machine *m, const char *name, int steps, uint16_t port)
{
	struct es_host_sink sink = { .record = on_record, .ctx = &m->reported };

	memset(m, 0, sizeof(*m));
	(void)snprintf(m->dir, sizeof(m->dir), "/tmp/earshot-host-XXXXXX");
	if (mkdtemp(m->dir) == NULL)
		return false;
	(void)snprintf(m->root, sizeof(m->root), "%s/root", m->dir);
	for (int step = 1; step <= steps; step++) {
		struct es_host_config cfg = { .root = m->root };
		char target[256];

		(void)snprintf(
		    target, sizeof(target), "tests/unit/fixtures/host/%s/%d", name, step);
		if (!machine_turn(m, target))
			return false;
		if (step == 1 && es_host_new(&cfg, &sink, &m->sampler) != 0)
			return false;
		es_host_media_port(m->sampler, port);
		if (port != 0) {
			es_host_timer_late(m->sampler, 7654);
			es_host_timer_late(m->sampler, -1);
		}
		es_host_sample(
		    m->sampler, es_time_of_ns(step * PERIOD_S * ES_NS_PER_S), step == steps);
	}
	machine_end(m);
	return true;
}

static bool
run_case(struct machine *m, const char *name, int steps)
{
	return run_call(m, name, steps, 0);
}

/* The kernel prints a gateway as a number in the machine's own order; these files are of little-endian machines. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define GATEWAY(a, b, c, d) #d "." #c "." #b "." #a
#else
#define GATEWAY(a, b, c, d) #a "." #b "." #c "." #d
#endif

#define CHECK_SIGNAL(s, id, expected)                        \
	do {                                                 \
		CHECK((s)->has[ES_SIG_##id]);                \
		CHECK_EQ((s)->value[ES_SIG_##id], expected); \
	} while (0)

TEST(host_wired_machine_reports_rates_of_the_period)
{
	static struct machine m;
	const struct sample *s = &m.reported.sample[1];

	CHECK(run_case(&m, "wired", 2));
	CHECK_EQ(m.reported.n_samples, 2);
	CHECK_STR(s->interface, "eth0");
	CHECK_EQ(s->start_ns, 5 * ES_NS_PER_S);
	CHECK_EQ(s->end_ns, 10 * ES_NS_PER_S);
	/* 480 ticks: 250 user, 200 idle, 20 softirq, 10 steal */
	CHECK_SIGNAL(s, CPU_BUSY, 583333);
	CHECK_SIGNAL(s, CPU_SOFTIRQ, 41667);
	CHECK_SIGNAL(s, CPU_STEAL, 20833);
	CHECK_SIGNAL(s, CPU_PRESSURE, 100000);
	CHECK_SIGNAL(s, MEM_PRESSURE, 0);
	CHECK_SIGNAL(s, IO_PRESSURE, 200000);
	CHECK_SIGNAL(s, RUN_QUEUE, 1070);
	CHECK_SIGNAL(s, NIC_RX_ERRORS, 0);
	CHECK_SIGNAL(s, NIC_RX_DROPS, 3);
	CHECK_SIGNAL(s, NIC_TX_ERRORS, 0);
	CHECK_SIGNAL(s, NIC_TX_DROPS, 4);
	CHECK_SIGNAL(s, SOFTNET_DROPS, 16);
	CHECK_SIGNAL(s, UDP_RCVBUF_ERRORS, 4);
	CHECK_SIGNAL(s, UDP_SNDBUF_ERRORS, 0);
	CHECK(!s->has[ES_SIG_WIFI_SIGNAL]);
	CHECK_EQ(s->n, 14);
}

TEST(host_first_sample_reports_gauges_and_its_place)
{
	static struct machine m;

	CHECK(run_case(&m, "wired", 1));
	CHECK_EQ(m.reported.n_samples, 1);
	CHECK(m.reported.sample[0].full);
	CHECK_EQ(m.reported.sample[0].n, 1);
	CHECK_SIGNAL(&m.reported.sample[0], RUN_QUEUE, 1070);
	CHECK_EQ(m.reported.n_changes, 2);
	CHECK_STR(m.reported.change[0], "route default:  -> via " GATEWAY(10, 0, 0, 1) " dev eth0");
	CHECK_STR(m.reported.change[1], "route default ipv6:  -> via fe80::1 dev eth0");
}

TEST(host_good_wifi)
{
	static struct machine m;

	CHECK(run_case(&m, "wifi_good", 2));
	CHECK_STR(m.reported.sample[1].interface, "wlan0");
	CHECK_SIGNAL(&m.reported.sample[1], WIFI_SIGNAL, -45);
	CHECK_SIGNAL(&m.reported.sample[1], WIFI_LINK_QUALITY, 928571);
	CHECK_SIGNAL(&m.reported.sample[1], WIFI_TX_FAILED, 0);
	CHECK_SIGNAL(&m.reported.sample[1], WIFI_BEACON_LOSS, 0);
}

TEST(host_bad_wifi_lists_only_what_changed)
{
	static struct machine m;

	CHECK(run_case(&m, "wifi_bad", 3));
	CHECK_SIGNAL(&m.reported.sample[0], WIFI_SIGNAL, -50);
	CHECK(!m.reported.sample[1].full);
	CHECK_SIGNAL(&m.reported.sample[1], WIFI_SIGNAL, -88);
	CHECK_SIGNAL(&m.reported.sample[1], WIFI_TX_FAILED, 300);
	CHECK_SIGNAL(&m.reported.sample[1], WIFI_BEACON_LOSS, 4);
	CHECK_SIGNAL(&m.reported.sample[1], NIC_TX_DROPS, 2);
	CHECK(m.reported.sample[2].full);
	CHECK_SIGNAL(&m.reported.sample[2], WIFI_SIGNAL, -92);
	CHECK_SIGNAL(&m.reported.sample[2], WIFI_TX_FAILED, 640);
	CHECK_SIGNAL(&m.reported.sample[2], NIC_TX_DROPS, 2);
}

TEST(host_route_change_moves_the_signals_to_the_other_interface)
{
	static struct machine m;

	CHECK(run_case(&m, "route_change", 3));
	CHECK_EQ(m.reported.n_changes, 5);
	CHECK_STR(m.reported.change[1],
	    "route default: via " GATEWAY(192, 168, 1, 1) " dev wlan0 -> via " GATEWAY(
		10, 0, 0, 1) " dev eth0");
	CHECK_STR(m.reported.change[2], "dns servers: 192.168.1.1 -> 10.0.0.53");
	CHECK_STR(m.reported.sample[0].interface, "wlan0");
	CHECK_STR(m.reported.sample[1].interface, "eth0");
	CHECK(m.reported.sample[1].full);
	CHECK(!m.reported.sample[1].has[ES_SIG_NIC_RX_ERRORS]); /* not eth0 minus wlan0 */
	CHECK_STR(m.reported.change[3], "route default: via " GATEWAY(10, 0, 0, 1) " dev eth0 -> ");
	CHECK_STR(m.reported.change[4], "dns servers: 10.0.0.53 -> ");
	CHECK_STR(m.reported.sample[2].interface, "");
}

TEST(host_tunnel_is_a_vpn_and_a_cable_pulled_is_an_interface)
{
	static struct machine m;

	CHECK(run_case(&m, "vpn_up", 3));
	CHECK_EQ(m.reported.n_changes, 10);
	CHECK_STR(m.reported.change[1],
	    "route default: via " GATEWAY(10, 0, 0, 1) " dev eth0 -> dev tun0");
	CHECK_STR(m.reported.change[2], "vpn home:  -> up"); /* WireGuard by any name */
	CHECK_STR(m.reported.change[3], "vpn tun0:  -> up");
	CHECK_STR(m.reported.change[4], "interface wwan0:  -> up");
	CHECK_STR(m.reported.change[5], "route default: dev tun0 -> ");
	CHECK_STR(m.reported.change[6], "interface eth0: up -> down");
	CHECK_STR(m.reported.change[7], "vpn home: up -> ");
	CHECK_STR(m.reported.change[8], "vpn tun0: up -> ");
	CHECK_STR(m.reported.change[9], "interface wwan0: up -> ");
}

/* Unplugged, short of memory, slowed down by heat, without its headset, with another kernel. */
TEST(host_laptop_reports_memory_disk_power_and_what_changed)
{
	static struct machine m;
	const struct sample *s = &m.reported.sample[1];

	CHECK(run_case(&m, "laptop", 2));
	CHECK_SIGNAL(s, MEM_AVAILABLE, 1056964608);
	CHECK_SIGNAL(s, SWAP_IN, 750);
	CHECK_SIGNAL(s, OOM_KILLS, 2);
	CHECK_SIGNAL(s, DISK_LATENCY, 20300); /* of the whole disk: 100 requests in 2030 ms */
	CHECK_SIGNAL(s, UDP_SNDBUF_ERRORS, 9);
	CHECK_SIGNAL(s, TCP_RETRANSMITS, 25);
	CHECK_SIGNAL(s, BATTERY, 800000);
	CHECK_SIGNAL(s, CPU_THROTTLED, 250000);
	CHECK_EQ(m.reported.n_changes, 8);
	CHECK_STR(m.reported.change[0], "kernel release:  -> 6.1.0-18-amd64");
	CHECK_STR(m.reported.change[1], "audio cards:  -> PCH, Headset");
	CHECK_STR(m.reported.change[2], "power supply:  -> mains");
	CHECK_STR(m.reported.change[3], "power profile:  -> balanced");
	CHECK_STR(m.reported.change[4], "kernel release: 6.1.0-18-amd64 -> 6.1.0-21-amd64");
	CHECK_STR(m.reported.change[5], "audio cards: PCH, Headset -> PCH");
	CHECK_STR(m.reported.change[6], "power supply: mains -> battery");
	CHECK_STR(m.reported.change[7], "power profile: balanced -> low-power");
}

TEST(host_softphone_is_measured_while_its_port_is_known)
{
	static struct machine m;
	const struct sample *s = m.reported.sample;

	CHECK(run_call(&m, "softphone", 2, 20000));
	CHECK_EQ(m.reported.n_changes, 1);
	CHECK_STR(m.reported.change[0], "softphone bare) (sip:  -> 1.0.0-4+b1");
	CHECK(!s[0].has[ES_SIG_SOFTPHONE_WAIT]);
	CHECK_SIGNAL(&s[1], SOFTPHONE_CPU, 120000);
	CHECK_SIGNAL(&s[1], SOFTPHONE_WAIT, 250000);
	CHECK_SIGNAL(&s[1], SOFTPHONE_SWITCHES, 43);
	CHECK_SIGNAL(&s[1], TIMER_LATE, 7000); /* the latest of 2 */
}

TEST(host_counter_that_was_reset_is_absent)
{
	static struct machine m;
	const struct sample *s = &m.reported.sample[1];

	CHECK(run_case(&m, "counter_reset", 2));
	CHECK(!s->has[ES_SIG_CPU_BUSY]);
	CHECK(!s->has[ES_SIG_CPU_PRESSURE]);
	CHECK(!s->has[ES_SIG_NIC_RX_ERRORS]);
	CHECK(!s->has[ES_SIG_NIC_RX_DROPS]);
	CHECK(!s->has[ES_SIG_SOFTNET_DROPS]);
	CHECK(!s->has[ES_SIG_UDP_RCVBUF_ERRORS]);
	CHECK_SIGNAL(s, NIC_TX_ERRORS, 0);
	CHECK_SIGNAL(s, UDP_SNDBUF_ERRORS, 0);
	CHECK_EQ(s->n, 3);
}

TEST(host_garbage_is_absent)
{
	static struct machine m;

	CHECK(run_case(&m, "garbage", 2));
	CHECK_EQ(m.reported.n_samples, 2);
	CHECK_EQ(m.reported.sample[1].n, 0);
	CHECK_EQ(m.reported.n_changes, 0);
	CHECK_STR(m.reported.sample[1].interface, "");
}

/* A kernel's answer: one station, then the end of the dump. */
static size_t
station_answer(void *room, const uint8_t mac[6], int8_t signal, uint32_t retries)
{
	uint8_t *at = room;
	uint8_t info[128], rate[16];
	size_t n, info_bytes = 0, rate_bytes = 0;

	begin_message(at, &n, 0);
	put_u32(at, &n, NL80211_ATTR_IFINDEX, 3);
	put_attribute(at, &n, NL80211_ATTR_MAC, mac, 6);
	put_attribute(info, &info_bytes, NL80211_STA_INFO_SIGNAL, &signal, 1);
	put_u32(info, &info_bytes, NL80211_STA_INFO_TX_PACKETS, 1000 + 10 * retries);
	put_u32(info, &info_bytes, NL80211_STA_INFO_TX_RETRIES, retries);
	put_u32(info, &info_bytes, NL80211_STA_INFO_TX_FAILED, retries / 10);
	put_u32(info, &info_bytes, NL80211_STA_INFO_BEACON_LOSS, 2);
	put_attribute(rate, &rate_bytes, NL80211_RATE_INFO_BITRATE, &(uint16_t){ 865 }, 2);
	put_attribute(
	    info, &info_bytes, NL80211_STA_INFO_TX_BITRATE | NLA_F_NESTED, rate, rate_bytes);
	rate_bytes = 0;
	put_u32(rate, &rate_bytes, NL80211_RATE_INFO_BITRATE32, 7206);
	put_attribute(
	    info, &info_bytes, NL80211_STA_INFO_RX_BITRATE | NLA_F_NESTED, rate, rate_bytes);
	put_attribute(at, &n, NL80211_ATTR_STA_INFO | NLA_F_NESTED, info, info_bytes);
	(void)end_message(at, n, 28, NLM_F_MULTI);
	return n + end_message(at + n, NLMSG_HDRLEN, NLMSG_DONE, NLM_F_MULTI);
}

static const uint8_t ap1[6] = { 2, 0, 0, 0, 1, 0 };
static const uint8_t ap2[6] = { 2, 0, 0, 0, 2, 0xfe };

TEST(station_answer_is_read)
{
	_Alignas(8) char room[1024];
	size_t n = station_answer(room, ap2, -71, 90);
	struct es_host_station s;

	CHECK_EQ(es_host_station_parse(test_guarded(room, n), &s), 0);
	CHECK_STR(s.bssid, "02:00:00:00:02:fe");
	CHECK_EQ(s.signal_dbm, -71);
	CHECK_EQ(s.tx_packets, 1900);
	CHECK_EQ(s.tx_retries, 90);
	CHECK_EQ(s.tx_failed, 9);
	CHECK_EQ(s.beacon_loss, 2);
	CHECK_EQ(s.tx_bitrate_bps, 86500000);
	CHECK_EQ(s.rx_bitrate_bps, 720600000);
	CHECK_EQ(es_host_station_parse(es_slice_of(NULL, 0), &s), ES_ENOTFOUND);
}

/* Values of a station_answer(-71, 90) that are there and are not what was sent. */
static unsigned
wrong_values(const struct es_host_station *s)
{
	unsigned n = 0;

	n += (s->has & ES_STATION_HAS_SIGNAL) != 0 && s->signal_dbm != -71;
	n += (s->has & ES_STATION_HAS_TX_PACKETS) != 0 && s->tx_packets != 1900;
	n += (s->has & ES_STATION_HAS_TX_RETRIES) != 0 && s->tx_retries != 90;
	n += (s->has & ES_STATION_HAS_TX_FAILED) != 0 && s->tx_failed != 9;
	n += (s->has & ES_STATION_HAS_BEACON_LOSS) != 0 && s->beacon_loss != 2;
	n += (s->has & ES_STATION_HAS_TX_BITRATE) != 0 && s->tx_bitrate_bps != 86500000;
	n += (s->has & ES_STATION_HAS_RX_BITRATE) != 0 && s->rx_bitrate_bps != 720600000;
	return n;
}

TEST(station_answer_cut_or_flipped_is_survived)
{
	_Alignas(8) char room[1024];
	size_t n = station_answer(room, ap1, -71, 90);
	struct es_host_station s;

	for (size_t cut = 0; cut < n; cut++) {
		int err = es_host_station_parse(test_guarded(room, cut), &s);

		if (cut < ((const struct nlmsghdr *)(const void *)room)->nlmsg_len)
			CHECK(err == (cut == 0 ? ES_ENOTFOUND : ES_EMALFORMED));
		else
			CHECK(err == 0 && s.signal_dbm == -71);
	}
	for (size_t bit = 0; bit < 8 * n; bit++) {
		uint16_t family;
		int err;

		room[bit / 8] = (char)(room[bit / 8] ^ 1 << bit % 8);
		err = es_host_station_parse(test_guarded(room, n), &s);
		CHECK(err == 0 || err == ES_ENOTFOUND || err == ES_EMALFORMED);
		CHECK(memchr(s.bssid, '\0', sizeof(s.bssid)) != NULL);
		if (err == 0) /* others may have gone with it, no second one is wrong */
			CHECK(wrong_values(&s) <= 1);
		family = es_host_family_parse(test_guarded(room, n)); /* perhaps, and then of it */
		CHECK(family == 0 || memmem(room, n, &family, sizeof(family)) != NULL);
		room[bit / 8] = (char)(room[bit / 8] ^ 1 << bit % 8);
	}
	CHECK_EQ(es_host_station_parse(test_guarded(room, n), &s), 0);
}

TEST(family_number_is_read)
{
	uint8_t room[256];
	size_t n;

	begin_message(room, &n, 0);
	put_attribute(room, &n, CTRL_ATTR_FAMILY_NAME, "nl80211", 8);
	put_attribute(room, &n, CTRL_ATTR_FAMILY_ID, &(uint16_t){ 28 }, 2);
	(void)end_message(room, n, GENL_ID_CTRL, 0);
	CHECK_EQ(es_host_family_parse(test_guarded(room, n)), 28);
	(void)end_message(room, n, NLMSG_ERROR, 0);
	CHECK_EQ(es_host_family_parse(test_guarded(room, n)), 0);
}

TEST(request_has_its_headers_and_a_padded_attribute)
{
	static const struct row {
		const char *name;
		struct es_host_question q;
	} rows[] = {
		{ "a family by its name", { 16, 0, CTRL_CMD_GETFAMILY, 2, 8, "nl80211" } },
		{ "stations of an interface", { 28, NLM_F_DUMP, 17, 3, 4, "\1\0\0\0" } },
		{ "a value that is padded", { 28, 0, 1, 6, 6, ap2 } },
		{ "no value", { 28, 0, 1, 6, 0, "" } },
		{ "the longest value", { 28, 0, 1, 6, 16, "0123456789abcdef" } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct es_host_question *q = &rows[i].q;
		struct es_host_request request;
		uint8_t room[64];
		size_t n;

		begin_message(room, &n, q->command);
		put_attribute(room, &n, q->attribute, q->value, q->n);
		(void)end_message(room, n, q->family, (uint16_t)(NLM_F_REQUEST | q->flags));
		CHECK_EQ(es_host_request_init(&request, q), 0);
		CHECK_EQ(request.header.nlmsg_len, n);
		if (memcmp(&request, room, n) != 0)
			test_fail(__FILE__, __LINE__, "%s", rows[i].name);
	}
}

TEST(request_refuses_a_value_that_has_no_room)
{
	const struct es_host_question q = { .n = 17, .value = "0123456789abcdef" };
	struct es_host_request request;

	CHECK_EQ(es_host_request_init(&request, &q), ES_EFULL);
}

static bool
put(const char *dir, const char *name, const void *bytes, size_t n)
{
	char path[256];
	FILE *f;
	bool ok;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (f == NULL)
		return false;
	ok = fwrite(bytes, 1, n, f) == n;
	return fclose(f) == 0 && ok;
}

static void
clear(const char *dir)
{
	static const char *const files[] = { "proc/net/route", "netlink/station",
		"netlink/survey" };
	static const char *const folders[] = { "proc/net", "proc", "netlink", "." };
	char path[128];

	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		(void)unlink(path);
	}
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, folders[i]);
		(void)rmdir(i < 3 ? path : dir);
	}
}

/* wlan0 with the recorded answers of nl80211; moves from one access point to another. */
TEST(host_roaming_reports_the_access_point_and_restarts_its_counters)
{
	static const char route[] =
	    "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n";
	static struct machine m;
	struct es_host_sink sink = { .record = on_record, .ctx = &m.reported };
	struct es_host_config cfg = { .root = m.dir };
	_Alignas(8) char room[1024];
	const struct sample *s = m.reported.sample;
	char path[128];

	(void)snprintf(m.dir, sizeof(m.dir), "/tmp/earshot-roam-XXXXXX");
	CHECK(mkdtemp(m.dir) != NULL);
	(void)snprintf(path, sizeof(path), "%s/proc", m.dir);
	CHECK_EQ(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/proc/net", m.dir);
	CHECK_EQ(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/netlink", m.dir);
	CHECK_EQ(mkdir(path, 0700), 0);
	CHECK(put(m.dir, "proc/net/route", route, strlen(route)));
	CHECK_EQ(es_host_new(&cfg, &sink, &m.sampler), 0);
	CHECK(put(m.dir, "netlink/station", room, station_answer(room, ap1, -60, 100)));
	CHECK(put(m.dir, "netlink/survey", room, survey_answer(room, 5180, 100000, 20000)));
	es_host_sample(m.sampler, es_time_of_ns(0), false);
	CHECK(put(m.dir, "netlink/station", room, station_answer(room, ap1, -80, 400)));
	CHECK(put(m.dir, "netlink/survey", room, survey_answer(room, 5180, 105000, 23000)));
	es_host_sample(m.sampler, es_time_of_ns(5 * ES_NS_PER_S), false);
	CHECK(put(m.dir, "netlink/station", room, station_answer(room, ap2, -50, 700)));
	CHECK(put(m.dir, "netlink/survey", room, survey_answer(room, 2437, 110000, 27000)));
	es_host_sample(m.sampler, es_time_of_ns(10 * ES_NS_PER_S), false);
	es_host_free(m.sampler);
	clear(m.dir);
	CHECK_EQ(m.reported.n_samples, 3);
	CHECK_STR(m.reported.change[1], "wifi_bssid wlan0:  -> 02:00:00:00:01:00");
	CHECK_SIGNAL(&s[1], WIFI_SIGNAL, -80);
	CHECK_SIGNAL(&s[1], WIFI_TX_RETRIES, 300);
	CHECK_SIGNAL(&s[1], WIFI_TX_PACKETS, 3000);
	CHECK_SIGNAL(&s[1], WIFI_TX_FAILED, 30);
	CHECK_SIGNAL(&s[0], WIFI_TX_BITRATE, 86500000);
	CHECK_SIGNAL(&s[0], WIFI_RX_BITRATE, 720600000);
	CHECK_STR(m.reported.change[2], "wifi_bssid wlan0: 02:00:00:00:01:00 -> 02:00:00:00:02:fe");
	CHECK_SIGNAL(&s[2], WIFI_SIGNAL, -50);
	CHECK_SIGNAL(&s[0], WIFI_NOISE, -92);
	CHECK(!s[0].has[ES_SIG_WIFI_CHANNEL_BUSY]);
	CHECK_SIGNAL(&s[1], WIFI_CHANNEL_BUSY, 600000);
	CHECK(!s[2].has[ES_SIG_WIFI_CHANNEL_BUSY]); /* another channel counts for itself */
	CHECK(!s[2].has[ES_SIG_WIFI_TX_RETRIES]);
	CHECK(s[2].full); /* or a reader would go on with the retries of before */
}

TEST(host_names_are_those_of_the_table)
{
	CHECK_STR(es_signal_name(ES_SIG_WIFI_SIGNAL), "wifi_signal_dbm");
	CHECK_STR(es_signal_unit(ES_SIG_WIFI_SIGNAL), "dBm");
	CHECK(es_signal_name((enum es_signal)ES_SIG_END) == NULL);
	CHECK(es_signal_name((enum es_signal)0) == NULL);
	CHECK(es_signal_unit((enum es_signal) - 1) == NULL);
	CHECK_STR(es_change_name(ES_CHANGE_POLICY), "policy");
	CHECK(es_change_name((enum es_change_kind)0) == NULL);
	CHECK(es_change_name((enum es_change_kind)14) == NULL);
}

TEST(host_refuses_a_root_that_is_no_folder)
{
	struct es_host_sink sink = { .record = on_record };
	struct es_host_config cfg = { .root = "/nonexistent" };
	struct es_host_sampler *s = NULL;

	CHECK_EQ(es_host_new(&cfg, &sink, &s), ES_EIO);
	cfg.root = "/etc/passwd";
	CHECK_EQ(es_host_new(&cfg, &sink, &s), ES_EIO);
	cfg.root = NULL;
	CHECK_EQ(es_host_new(&cfg, NULL, &s), ES_EINVALID);
	cfg.interface = "a-name-far-too-long-for-an-interface";
	CHECK_EQ(es_host_new(&cfg, &sink, &s), ES_EINVALID);
	CHECK(s == NULL);
	es_host_free(NULL);
}
