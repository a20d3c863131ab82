/* SPDX-License-Identifier: Apache-2.0 */
/* The sampler: reads every source in turn and reports what changed since the sample before. */
#include "earshot/host.h"

#include "probes/host/cpu.h"
#include "probes/host/dns.h"
#include "probes/host/drops.h"
#include "probes/host/interface.h"
#include "probes/host/memory.h"
#include "probes/host/package.h"
#include "probes/host/power.h"
#include "probes/host/pressure.h"
#include "probes/host/requests/datagram.h"
#include "probes/host/requests/probing.h"
#include "probes/host/route.h"
#include "probes/host/softphone.h"
#include "probes/host/storage.h"
#include "probes/host/system.h"
#include "probes/host/wifi.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { STREAMS_TRIED_MAX = 8 }; /* a server has thousands: no search for each */

struct es_host_sampler {
	struct es_host_sink sink;
	char configured[ES_HOST_NAME_MAX]; /* "": the interface of the default route */
	bool primed;
	es_time last;
	struct es_host_cpu cpu;
	struct es_host_pressure pressure;
	struct es_host_net net;
	struct es_host_memory memory;
	struct es_host_storage disk;
	struct es_host_power power;
	struct es_host_wifi wifi;
	struct es_host_softphone softphone;
	char build[ES_HOST_TEXT_MAX]; /* of the last softphone */
	struct es_host_probing probing;
	unsigned tried;    /* streams, for a process that has one of their ports */
	int64_t latest_us; /* of the timers since the last sample; -1: there was none */
	char interface[ES_HOST_NAME_MAX];
	struct es_host_reading reported; /* what a reader of the records believes now */
	struct es_host_route route4, route6;
	struct es_host_interfaces interfaces;
	char bssid[ES_HOST_BSSID_MAX];
	char dns[ES_HOST_TEXT_MAX];
	char kernel[ES_HOST_TEXT_MAX];
	char audio[ES_HOST_TEXT_MAX];
	struct es_host_power_state power_state;
	struct es_host_config clocks; /* its other members are not kept */
	int64_t slept_ns;
	char clock[ES_HOST_TEXT_MAX];
	struct es_host_files files; /* last: it is large */
};

static int
set_root(struct es_host_files *files, const char *root)
{
	size_t n = root == NULL ? 0 : strlen(root);
	struct stat st;

	if (n >= sizeof(files->root))
		return ES_EINVALID;
	if (n > 0 && (stat(root, &st) != 0 || !S_ISDIR(st.st_mode)))
		return ES_EIO;
	while (n > 0 && root[n - 1] == '/') /* "/" is this machine */
		n--;
	if (n > 0)
		memcpy(files->root, root, n);
	files->root[n] = '\0';
	return 0;
}

int
es_host_new(
    const struct es_host_config *cfg, const struct es_host_sink *sink, struct es_host_sampler **out)
{
	struct es_host_sampler *s;
	int err;

	if (sink == NULL || sink->record == NULL ||
	    (cfg->interface != NULL && strlen(cfg->interface) >= ES_HOST_NAME_MAX))
		return ES_EINVALID;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return ES_ENOMEM;
	es_host_wifi_init(&s->wifi);
	es_host_probing_init(&s->probing);
	s->latest_us = -1;
	s->power_state.supply = "";
	s->sink = *sink;
	s->clocks = *cfg;
	err = set_root(&s->files, cfg->root);
	if (err != 0) {
		es_host_free(s);
		return err;
	}
	if (cfg->interface != NULL)
		es_host_copy(s->configured, sizeof(s->configured), es_slice_str(cfg->interface));
	*out = s;
	return 0;
}

static void
report_change(struct es_host_sampler *s, es_time now, enum es_change_kind kind, const char *subject,
    const char *before, const char *after)
{
	struct es_record rec = { .type = ES_REC_CHANGE, .at = now };

	rec.u.change.time = now;
	rec.u.change.kind = (uint16_t)kind;
	rec.u.change.subject = es_slice_str(subject);
	rec.u.change.before = es_slice_str(before);
	rec.u.change.after = es_slice_str(after);
	s->sink.record(s->sink.ctx, &rec);
}

static void
sample_route(struct es_host_sampler *s, es_time now, struct es_host_route *have,
    void (*read)(struct es_host_files *files, struct es_host_route *out), const char *subject)
{
	struct es_host_route is;

	read(&s->files, &is);
	if (strcmp(is.text, have->text) != 0)
		report_change(s, now, ES_CHANGE_ROUTE, subject, have->text, is.text);
	*have = is;
}

/* Both lists are in order of name: walked side by side. */
static void
sample_interfaces(struct es_host_sampler *s, es_time now)
{
	struct es_host_interfaces is;
	unsigned i = 0, k = 0;

	es_host_interfaces_read(&s->files, &s->interfaces, &is);
	while (s->primed && (i < s->interfaces.n || k < is.n)) {
		const struct es_host_interface *was = &s->interfaces.at[i], *now_at = &is.at[k];
		int order = i == s->interfaces.n ? 1
			    : k == is.n          ? -1
						 : strcmp(was->name, now_at->name);
		const struct es_host_interface *either = order <= 0 ? was : now_at;
		const char *before = order <= 0 ? was->state : "";
		const char *after = order >= 0 ? now_at->state : "";

		if (strcmp(before, after) != 0)
			report_change(s, now, either->is_vpn ? ES_CHANGE_VPN : ES_CHANGE_INTERFACE,
			    either->name, before, after);
		i += order <= 0;
		k += order >= 0;
	}
	s->interfaces = is;
}

static void
sample_dns(struct es_host_sampler *s, es_time now)
{
	char is[ES_HOST_TEXT_MAX];

	es_host_dns_read(&s->files, is);
	if (s->primed && strcmp(is, s->dns) != 0)
		report_change(s, now, ES_CHANGE_DNS, "servers", s->dns, is);
	memcpy(s->dns, is, sizeof(is));
}

/* A text that is now another one; from nothing also at the first sample. */
static void
compare_text(struct es_host_sampler *s, es_time now, enum es_change_kind kind, const char *subject,
    char have[ES_HOST_TEXT_MAX], const char *is)
{
	if (strcmp(have, is) == 0)
		return;
	report_change(s, now, kind, subject, have, is);
	es_host_copy(have, ES_HOST_TEXT_MAX, es_slice_str(is));
}

static void
sample_system(struct es_host_sampler *s, es_time now)
{
	char text[ES_HOST_TEXT_MAX];

	es_host_kernel_read(&s->files, text);
	compare_text(s, now, ES_CHANGE_KERNEL, "release", s->kernel, text);
	es_host_audio_read(&s->files, text);
	compare_text(s, now, ES_CHANGE_AUDIO, "cards", s->audio, text);
}

static void
sample_power(struct es_host_sampler *s, es_time now, struct es_host_reading *r)
{
	struct es_host_power_state is;

	es_host_power_read(&s->power, &s->files, r, &is);
	if (strcmp(is.supply, s->power_state.supply) != 0)
		report_change(s, now, ES_CHANGE_POWER, "supply", s->power_state.supply, is.supply);
	if (strcmp(is.profile, s->power_state.profile) != 0)
		report_change(
		    s, now, ES_CHANGE_POWER, "profile", s->power_state.profile, is.profile);
	s->power_state = is;
}

/* Its two clocks drift apart by less than a tenth of a second between two samples. */
static void
sample_sleep(struct es_host_sampler *s, es_time now)
{
	int64_t slept_ns, tenths;
	char text[ES_HOST_NAME_MAX];

	if (s->clocks.awake_ns == NULL || s->clocks.boot_ns == NULL)
		return;
	slept_ns = s->clocks.boot_ns() - s->clocks.awake_ns();
	tenths = (slept_ns - s->slept_ns) / (ES_NS_PER_S / 10);
	s->slept_ns = slept_ns;
	if (!s->primed || tenths < 1)
		return;
	(void)snprintf(
	    text, sizeof(text), "%lld.%lld s", (long long)(tenths / 10), (long long)(tenths % 10));
	report_change(s, now, ES_CHANGE_SUSPEND, "machine", "", text);
}

static void
sample_clock(struct es_host_sampler *s, es_time now)
{
	if (s->clocks.is_synchronised != NULL)
		compare_text(s, now, ES_CHANGE_CLOCK, "wall", s->clock,
		    s->clocks.is_synchronised() ? "synchronised" : "not synchronised");
}

/* Which interface the signals of nic_ and wifi_ speak of. */
static void
choose_interface(struct es_host_sampler *s)
{
	const char *name = s->configured;

	if (name[0] == '\0')
		name = s->route4.interface[0] != '\0' ? s->route4.interface : s->route6.interface;
	if (strcmp(name, s->interface) == 0)
		return;
	es_host_copy(s->interface, sizeof(s->interface), es_slice_str(name));
	es_host_nic_forget(&s->net);
	es_host_wifi_forget(&s->wifi);
}

/* The station's counters are those of the link to one access point: they begin again at 0 with the next. */
static bool
is_of_station(unsigned signal)
{
	return signal == ES_SIG_WIFI_TX_PACKETS || signal == ES_SIG_WIFI_TX_RETRIES ||
	       signal == ES_SIG_WIFI_TX_FAILED || signal == ES_SIG_WIFI_BEACON_LOSS;
}

static void
sample_wifi(struct es_host_sampler *s, es_time now, struct es_host_reading *r)
{
	char bssid[ES_HOST_BSSID_MAX];

	es_host_wifi_read(&s->wifi, &s->files, s->interface, r, bssid);
	if (strcmp(bssid, s->bssid) == 0)
		return;
	report_change(s, now, ES_CHANGE_WIFI_BSSID, s->interface, s->bssid, bssid);
	memcpy(s->bssid, bssid, sizeof(bssid));
	for (unsigned i = 1; i < ES_SIG_END; i++) {
		if (is_of_station(i))
			r->has[i] = false;
	}
}

/* A build is said once for each softphone and once for each other build of it, not once a call. */
static void
sample_softphone(struct es_host_sampler *s, es_time now, struct es_host_reading *r)
{
	char name[ES_HOST_NAME_MAX], build[ES_HOST_TEXT_MAX];

	memcpy(name, s->softphone.name, sizeof(name));
	es_host_softphone_read(&s->softphone, &s->files, r);
	if (!s->softphone.is_new)
		return;
	es_host_package_version(&s->files, s->softphone.pid, build);
	if (build[0] == '\0')
		es_host_copy(build, sizeof(build), es_slice_str("not packaged"));
	if (strcmp(name, s->softphone.name) != 0)
		s->build[0] = '\0';
	compare_text(s, now, ES_CHANGE_SOFTPHONE, s->softphone.name, s->build, build);
}

static void
sample_timers(struct es_host_sampler *s, struct es_host_reading *r)
{
	if (s->latest_us >= 0)
		es_host_set(r, ES_SIG_TIMER_LATE, s->latest_us / 1000 * 1000);
	s->latest_us = -1;
}

/*
 * A reader takes what is not listed for unchanged, so a signal that is no longer known forces a
 * full record: only there "not listed" means absent.
 */
static void
report_sample(struct es_host_sampler *s, es_time now, const struct es_host_reading *r, bool full)
{
	struct es_signal_value values[ES_SIG_END];
	struct es_record rec = { .type = ES_REC_HOST, .at = now };
	struct es_host *h = &rec.u.host;

	for (unsigned i = 0; i < ES_SIG_END; i++)
		full = full || (s->reported.has[i] && !r->has[i]);
	for (unsigned i = 0; i < ES_SIG_END; i++) {
		if (!r->has[i] ||
		    (!full && s->reported.has[i] && s->reported.value[i] == r->value[i]))
			continue;
		values[h->n_values].signal = (uint16_t)i;
		values[h->n_values++].value = r->value[i];
	}
	h->start = s->primed && !es_time_before(now, s->last) ? s->last : now;
	h->end = now;
	h->full = full;
	h->interface = es_slice_str(s->interface);
	h->values = values;
	s->sink.record(s->sink.ctx, &rec);
	s->reported = *r;
}

void
es_host_sample(struct es_host_sampler *s, es_time now, bool full)
{
	struct es_host_reading r = { 0 };
	char interface_before[ES_HOST_NAME_MAX];

	if (s->primed && es_time_before(s->last, now))
		r.elapsed_us = es_time_diff(now, s->last) / ES_NS_PER_US;
	memcpy(interface_before, s->interface, sizeof(interface_before));
	sample_route(s, now, &s->route4, es_host_route4_read, "default");
	sample_route(s, now, &s->route6, es_host_route6_read, "default ipv6");
	sample_interfaces(s, now);
	sample_dns(s, now);
	sample_system(s, now);
	sample_sleep(s, now);
	sample_clock(s, now);
	choose_interface(s);
	es_host_cpu_read(&s->cpu, &s->files, &r);
	es_host_pressure_read(&s->pressure, &s->files, &r);
	es_host_load_read(&s->files, &r);
	es_host_nic_read(&s->net, &s->files, s->interface, &r);
	es_host_softnet_read(&s->net, &s->files, &r);
	es_host_sockets_read(&s->net, &s->files, &r);
	es_host_speed_read(&s->files, s->interface, &r);
	es_host_memory_read(&s->memory, &s->files, &r);
	es_host_storage_read(&s->disk, &s->files, &r);
	sample_power(s, now, &r);
	sample_wifi(s, now, &r);
	sample_softphone(s, now, &r);
	sample_timers(s, &r);
	es_host_probing_read(&s->probing, now, &r);
	report_sample(
	    s, now, &r, full || !s->primed || strcmp(interface_before, s->interface) != 0);
	s->primed = true;
	s->last = now;
}

void
es_host_media_port(struct es_host_sampler *s, uint16_t port)
{
	s->tried = 0;
	es_host_softphone_port(&s->softphone, port);
}

void
es_host_media(struct es_host_sampler *s, const struct es_addr *src, const struct es_addr *dst)
{
	const struct es_addr *ours = NULL;

	if (s->files.root[0] != '\0' || s->tried == STREAMS_TRIED_MAX ||
	    es_host_softphone_is_sought(&s->softphone))
		return;
	if (es_host_datagram_goes_from(src, dst))
		ours = src;
	else if (es_host_datagram_goes_from(dst, src))
		ours = dst;
	s->tried++;
	if (ours != NULL)
		es_host_softphone_port(&s->softphone, ours->port);
}

void
es_host_probe(struct es_host_sampler *s, es_time now)
{
	if (!s->primed || s->files.root[0] != '\0')
		return;
	es_host_probing_aim(&s->probing, &s->route4.gateway, s->dns);
	es_host_probing_send(&s->probing, now);
}

void
es_host_timer_late(struct es_host_sampler *s, int64_t late_us)
{
	if (late_us < 0) /* timers count in whole milliseconds: early is on time */
		late_us = 0;
	if (late_us > s->latest_us)
		s->latest_us = late_us;
}

void
es_host_free(struct es_host_sampler *s)
{
	if (s == NULL)
		return;
	es_host_wifi_done(&s->wifi);
	es_host_probing_done(&s->probing);
	free(s);
}
