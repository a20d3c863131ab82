/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of a machine's signals by themselves: what they leave out, and files that no kernel writes. */
#include "probes/host/drops.h"
#include "probes/host/memory.h"
#include "probes/host/power.h"
#include "probes/host/storage.h"
#include "probes/host/system.h"
#include "tests/unit/harness.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct es_host_files files;
static char made[64]; /* a root of our own */

static void
read_all(struct es_host_reading *r)
{
	struct es_host_memory memory = { .swap_in = { 0 } };
	struct es_host_power_state state;
	struct es_host_power power = { .throttled_ms = { 0 } };
	struct es_host_storage disk = { .requests = { 0 } };
	struct es_host_net net = { .udp = { 0 } };

	memset(r, 0, sizeof(*r));
	for (int i = 0; i < 2; i++) { /* rates need two looks */
		es_host_memory_read(&memory, &files, r);
		es_host_storage_read(&disk, &files, r);
		es_host_power_read(&power, &files, r, &state);
		es_host_sockets_read(&net, &files, r);
		es_host_speed_read(&files, "eth0", r);
	}
}

static unsigned
known(const struct es_host_reading *r)
{
	unsigned n = 0;

	for (int i = 0; i < ES_SIG_END; i++)
		n += r->has[i];
	return n;
}

static void
write_file(const char *dir, const char *name, const char *text)
{
	char path[160];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", made, dir);
	for (char *at = path + strlen(made) + 1;; at++) /* and its parents */
		if (*at == '/' || *at == '\0') {
			char was = *at;

			*at = '\0';
			(void)mkdir(path, 0700);
			*at = was;
			if (was == '\0')
				break;
		}
	(void)snprintf(path, sizeof(path), "%s/%s/%s", made, dir, name);
	f = fopen(path, "w");
	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		test_fail(__FILE__, __LINE__, "%s", path);
}

static void
begin(void)
{
	(void)snprintf(made, sizeof(made), "/tmp/earshot-sources-XXXXXX");
	if (mkdtemp(made) == NULL)
		abort();
	(void)snprintf(files.root, sizeof(files.root), "%s", made);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void
end(void)
{
	if (nftw(made, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0)
		test_fail(__FILE__, __LINE__, "%s", made);
}

TEST(host_sources_invent_nothing_on_a_machine_with_none_of_it)
{
	char text[ES_HOST_TEXT_MAX];
	struct es_host_reading r;

	begin();
	read_all(&r);
	CHECK_EQ(known(&r), 0);
	es_host_kernel_read(&files, text);
	CHECK_STR(text, "");
	es_host_audio_read(&files, text);
	CHECK_STR(text, "");
	end();
}

TEST(host_sources_take_no_garbage)
{
	static const char *const texts[] = { "\xff\xfe", "MemAvailable: -1 kB\n",
		"MemAvailable: 99999999999999999999 kB\n", "pswpin\n", "Udp:\nUdp:\n",
		"Udp: SndbufErrors\nTcp: 1\n", " 8 0 sda 1 2 3\n", " 8 0\n", "1\n-1\n",
		"18446744073709551616" };
	struct es_host_reading r;

	begin();
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_file("proc", "meminfo", texts[i]);
		write_file("proc", "vmstat", texts[i]);
		write_file("proc", "diskstats", texts[i]);
		write_file("proc/net", "snmp", texts[i]);
		write_file("sys/class/net/eth0", "speed", i == 8 ? "-1" : texts[i]);
		write_file("sys/class/power_supply/BAT0", "type", "Battery");
		write_file("sys/class/power_supply/BAT0", "capacity", i < 6 ? texts[i] : "101");
		read_all(&r);
		CHECK_EQ(known(&r), 0);
	}
	end();
}

TEST(host_speed_is_absent_where_the_link_has_none)
{
	struct es_host_reading r = { 0 };

	(void)snprintf(files.root, sizeof(files.root), "tests/unit/fixtures/host/laptop/1");
	es_host_speed_read(&files, "enp0s1", &r);
	CHECK(r.has[ES_SIG_NIC_SPEED] && r.value[ES_SIG_NIC_SPEED] == 1000000000);
	memset(&r, 0, sizeof(r));
	(void)snprintf(files.root, sizeof(files.root), "tests/unit/fixtures/host/laptop/2");
	es_host_speed_read(&files, "enp0s1", &r);
	es_host_speed_read(&files, "", &r);
	CHECK_EQ(known(&r), 0);
}

/* A desktop whose only battery is that of its mouse runs on no supply that could change. */
TEST(host_power_of_a_machine_without_battery_is_not_known)
{
	struct es_host_power_state state;
	struct es_host_power power = { .throttled_ms = { 0 } };
	struct es_host_reading r = { 0 };

	begin();
	write_file("sys/class/power_supply/AC", "type", "Mains");
	write_file("sys/class/power_supply/AC", "online", "0");
	write_file("sys/class/power_supply/mouse", "type", "Battery");
	write_file("sys/class/power_supply/mouse", "scope", "Device");
	write_file("sys/class/power_supply/mouse", "capacity", "5");
	es_host_power_read(&power, &files, &r, &state);
	CHECK_STR(state.supply, "");
	CHECK_EQ(known(&r), 0);
	end();
}

static int64_t slept_ns;
static bool is_synchronised;
static char changes[256];

static int64_t
awake_ns(void)
{
	return 77;
}

static int64_t
boot_ns(void)
{
	return 77 + slept_ns;
}

static bool
synchronised(void)
{
	return is_synchronised;
}

static void
note_change(void *ctx, const struct es_record *rec)
{
	const struct es_change *c = &rec->u.change;
	size_t n = strlen(changes);

	(void)ctx;
	if (rec->type == ES_REC_CHANGE)
		(void)snprintf(changes + n, sizeof(changes) - n, "%s %.*s %.*s;",
		    es_change_name((enum es_change_kind)c->kind), (int)c->subject.n,
		    (const char *)c->subject.p, (int)c->after.n, (const char *)c->after.p);
}

TEST(host_reports_sleep_and_a_clock_that_nobody_keeps_right)
{
	struct es_host_config cfg = { NULL, NULL, awake_ns, boot_ns, synchronised };
	struct es_host_sink sink = { note_change, NULL };
	struct es_host_sampler *s;

	begin();
	cfg.root = made;
	slept_ns = 3600 * ES_NS_PER_S; /* before we began */
	is_synchronised = true;
	CHECK_EQ(es_host_new(&cfg, &sink, &s), 0);
	es_host_sample(s, es_time_of_ns(ES_NS_PER_S), true);
	CHECK_STR(changes, "clock wall synchronised;");
	changes[0] = '\0';
	slept_ns += 12 * ES_NS_PER_S + 34 * ES_NS_PER_MS;
	is_synchronised = false;
	es_host_sample(s, es_time_of_ns(20 * ES_NS_PER_S), false);
	CHECK_STR(changes, "suspend machine 12.0 s;clock wall not synchronised;");
	changes[0] = '\0';
	slept_ns += 50 * ES_NS_PER_MS; /* the clocks' own drift */
	es_host_sample(s, es_time_of_ns(25 * ES_NS_PER_S), false);
	CHECK_STR(changes, "");
	es_host_free(s);
	end();
}
