/* SPDX-License-Identifier: Apache-2.0 */
/* What the machines of a call's vantage points went through, over the time of the call. */
#include "agent/report/machines.h"

#include "agent/report/plot.h"

#include <stdio.h>

enum {
	SAMPLES_MAX = 240, /* of a signal, in a plot and its table: 20 minutes of 5 s */
	TEXT = 160,
	ID = 32,
	NOISE_FLOOR_DBM = -100, /* the lane of a signal in dBm is between these */
	STRONG_DBM = -30,
};

/* A unit is the one shown: scale takes the signal's own there, rounded to decimals. */
static const struct {
	const char *words;
	const char *unit;
	uint8_t scale;
	uint8_t decimals;
	bool is_low_bad;
} signals[ES_SIG_END] = {
	[ES_SIG_CPU_BUSY] = { "CPU busy", "%", 4, 1, false },
	[ES_SIG_CPU_SOFTIRQ] = { "CPU in soft interrupts", "%", 4, 1, false },
	[ES_SIG_CPU_STEAL] = { "CPU taken by the hypervisor", "%", 4, 1, false },
	[ES_SIG_CPU_PRESSURE] = { "Waited for CPU", "%", 4, 1, false },
	[ES_SIG_MEM_PRESSURE] = { "Waited for memory", "%", 4, 1, false },
	[ES_SIG_IO_PRESSURE] = { "Waited for disks", "%", 4, 1, false },
	[ES_SIG_RUN_QUEUE] = { "Run queue", "tasks", 3, 1, false },
	[ES_SIG_NIC_RX_ERRORS] = { "Receive errors", "packets", 0, 0, false },
	[ES_SIG_NIC_TX_ERRORS] = { "Send errors", "packets", 0, 0, false },
	[ES_SIG_NIC_RX_DROPS] = { "Dropped on receipt", "packets", 0, 0, false },
	[ES_SIG_NIC_TX_DROPS] = { "Dropped on sending", "packets", 0, 0, false },
	[ES_SIG_SOFTNET_DROPS] = { "Dropped by the kernel", "packets", 0, 0, false },
	[ES_SIG_UDP_RCVBUF_ERRORS] = { "Receive buffer full", "packets", 0, 0, false },
	[ES_SIG_WIFI_SIGNAL] = { "Wi-Fi signal", "dBm", 0, 0, true },
	[ES_SIG_WIFI_TX_PACKETS] = { "Wi-Fi frames sent", "frames", 0, 0, false },
	[ES_SIG_WIFI_TX_RETRIES] = { "Wi-Fi retries", "frames", 0, 0, false },
	[ES_SIG_WIFI_TX_FAILED] = { "Wi-Fi frames failed", "frames", 0, 0, false },
	[ES_SIG_WIFI_BEACON_LOSS] = { "Wi-Fi beacons lost", "beacons", 0, 0, false },
	[ES_SIG_WIFI_TX_BITRATE] = { "Wi-Fi bit rate", "Mbit/s", 6, 1, true },
	[ES_SIG_WIFI_LINK_QUALITY] = { "Wi-Fi link quality", "%", 4, 1, true },
	[ES_SIG_CPU_THROTTLED] = { "CPU throttled", "%", 4, 1, false },
	[ES_SIG_MEM_AVAILABLE] = { "Memory available", "MB", 6, 0, true },
	[ES_SIG_SWAP_IN] = { "Read from swap", "pages", 0, 0, false },
	[ES_SIG_OOM_KILLS] = { "Killed for want of memory", "processes", 0, 0, false },
	[ES_SIG_DISK_LATENCY] = { "Disk latency", "ms", 3, 1, false },
	[ES_SIG_SOFTPHONE_CPU] = { "Softphone: CPU", "%", 4, 1, false },
	[ES_SIG_SOFTPHONE_WAIT] = { "Softphone: waited for CPU", "%", 4, 1, false },
	[ES_SIG_SOFTPHONE_SWITCHES] = { "Softphone: taken from the CPU", "times", 0, 0, false },
	[ES_SIG_UDP_SNDBUF_ERRORS] = { "Send buffer full", "packets", 0, 0, false },
	[ES_SIG_TCP_RETRANSMITS] = { "TCP segments sent again", "segments", 0, 0, false },
	[ES_SIG_QDISC_DROPS] = { "Dropped by the send queue", "packets", 0, 0, false },
	[ES_SIG_QDISC_BACKLOG] = { "In the send queue", "kB", 3, 1, false },
	[ES_SIG_NIC_SPEED] = { "Link speed", "Mbit/s", 6, 0, true },
	[ES_SIG_WIFI_RX_BITRATE] = { "Wi-Fi bit rate received", "Mbit/s", 6, 1, true },
	[ES_SIG_WIFI_NOISE] = { "Wi-Fi noise", "dBm", 0, 0, false },
	[ES_SIG_WIFI_CHANNEL_BUSY] = { "Wi-Fi channel busy", "%", 4, 1, false },
	[ES_SIG_GATEWAY_RTT] = { "Round trip to the gateway", "ms", 3, 1, false },
	[ES_SIG_GATEWAY_LOSS] = { "Loss to the gateway", "%", 4, 1, false },
	[ES_SIG_DNS_LATENCY] = { "DNS latency", "ms", 3, 1, false },
	[ES_SIG_DNS_FAILURES] = { "DNS queries failed", "queries", 0, 0, false },
	[ES_SIG_BATTERY] = { "Battery", "%", 4, 0, true },
	[ES_SIG_AUDIO_XRUNS] = { "Audio overruns and underruns", "times", 0, 0, false },
	[ES_SIG_TIMER_LATE] = { "Timer late", "ms", 3, 1, false },
	[ES_SIG_CLOCK_OFFSET] = { "Clock offset", "ms", 3, 1, false },
};

/* The samples of one signal that lie in the time of the call. */
struct series {
	enum es_signal signal;
	uint32_t leg;
	struct es_plot_step steps[SAMPLES_MAX];
	size_t n;
	int64_t low, high;
};

static void
add(struct series *r, const struct es_shown_call *s, const struct es_course_sample *p)
{
	struct es_plot_step step = { es_shown_call_ms(s, r->leg, p->start),
		es_shown_call_ms(s, r->leg, p->end), p->value, true };

	if (step.to_ms <= s->from_ms || step.from_ms >= s->to_ms || r->n == SAMPLES_MAX)
		return;
	r->low = r->n == 0 || p->value < r->low ? p->value : r->low;
	r->high = r->n == 0 || p->value > r->high ? p->value : r->high;
	r->steps[r->n++] = step;
}

/* The next signal of these samples, from *at on; false: no more. Those that are 0 throughout show nothing. */
static bool
next_series(const struct es_shown_call *s, const struct es_course_sample *p, size_t n, size_t *at,
    struct series *r)
{
	while (*at < n) {
		r->signal = p[*at].signal;
		r->n = 0;
		for (; *at < n && p[*at].signal == r->signal; (*at)++)
			add(r, s, &p[*at]);
		if (r->n > 0 && (r->low != 0 || r->high != 0) && (unsigned)r->signal < ES_SIG_END &&
		    signals[r->signal].words != NULL)
			return true;
	}
	return false;
}

static void
put_value(enum es_signal signal, int64_t value, struct es_html *h)
{
	es_html_scaled(h, value, signals[signal].scale, signals[signal].decimals);
}

static void
put_lane(const struct es_shown_call *s, const struct series *r, struct es_html *h)
{
	bool is_dbm = r->signal == ES_SIG_WIFI_SIGNAL || r->signal == ES_SIG_WIFI_NOISE;
	struct es_plot_lane lane = { r->steps, r->n, is_dbm ? NOISE_FLOOR_DBM : 0,
		is_dbm ? STRONG_DBM : r->high, true };
	struct es_plot plot = { s->from_ms, s->to_ms, &lane, 1, NULL };
	char id[ID], title[TEXT];

	(void)snprintf(id, sizeof(id), "c%um%ug%d", s->number, r->leg, r->signal);
	(void)snprintf(title, sizeof(title), "%s in %s over call time", signals[r->signal].words,
	    signals[r->signal].unit);
	plot.id = id;
	es_html_raw(h, "<div class=panel><div class=names><div><b class=signal>");
	es_html_raw(h, signals[r->signal].words);
	es_html_raw(h, "</b></div></div>");
	es_plot(h, &plot, title,
	    "Each sample lasts from its start to its end. The same figures are in "
	    "the table below.");
	es_html_raw(h, "<div class=worst><div><b>");
	put_value(r->signal, signals[r->signal].is_low_bad ? r->low : r->high, h);
	es_html_raw(h, "</b><small>");
	es_html_raw(h, signals[r->signal].unit);
	es_html_raw(h, signals[r->signal].is_low_bad ? " min" : " max");
	es_html_raw(h, "</small></div></div></div>");
}

static void
put_rows(const struct series *r, struct es_html *h)
{
	for (size_t i = 0; i < r->n; i++) {
		es_html_raw(h, "<tr><td>");
		es_html_raw(h, signals[r->signal].words);
		es_html_raw(h, "<td>");
		es_html_scaled(h, r->steps[i].from_ms, 3, 3);
		es_html_raw(h, "<td>");
		es_html_scaled(h, r->steps[i].to_ms, 3, 3);
		es_html_raw(h, "<td>");
		put_value(r->signal, r->steps[i].value, h);
		es_html_raw(h, "<td>");
		es_html_raw(h, signals[r->signal].unit);
	}
}

static void
put_machine(const struct es_shown_call *s, uint32_t leg, const struct es_course_host *host,
    const struct es_course_sample *p, size_t n, struct es_html *h)
{
	struct series r = { .leg = leg };
	size_t at = 0;
	bool is_any = false;

	es_html_raw(h, "<section class=card><h4>Machine ");
	es_html_text(h, host->name);
	if (host->is_synthetic)
		es_html_raw(h, " <span class=chip>synthetic: these figures were made up</span>");
	es_html_raw(
	    h, "</h4><p class=scale>Each lane from 0 to its highest value; the Wi-Fi signal from ");
	es_html_i64(h, NOISE_FLOOR_DBM);
	es_html_raw(h, " to ");
	es_html_i64(h, STRONG_DBM);
	es_html_raw(h,
	    " dBm. Packets, frames and beacons are those of one sample; the evidence has "
	    "them per 5 s of a block.</p>");
	while (next_series(s, p, n, &at, &r)) {
		put_lane(s, &r, h);
		is_any = true;
	}
	if (!is_any) {
		es_html_raw(h, "<p>Its timeline has nothing above zero in the time of this call."
			       "</p></section>");
		return;
	}
	es_plot_axis(h, s->from_ms, s->to_ms);
	es_html_raw(h,
	    "<details><summary>Figures of the machine as a table</summary><div "
	    "class=scroll tabindex=0 role=group aria-label=\"Figures of a machine\"><table "
	    "class=samples><thead><tr><th>Signal<th>From s<th>To s<th>Value<th>Unit<tbody>");
	for (at = 0; next_series(s, p, n, &at, &r);)
		put_rows(&r, h);
	es_html_raw(h, "</table></div></details></section>");
}

/* The samples of the machine of a leg, unless a leg before it is on the same one. */
static const struct es_course_sample *
samples_of(
    const struct es_shown_call *s, uint32_t leg, const struct es_course_host **host, size_t *n)
{
	const struct es_course_sample *p;

	if (s->vantage[leg] < 0)
		return NULL;
	p = es_course_samples(s->course, (uint32_t)s->vantage[leg], host, n);
	for (uint32_t i = 0; i < leg && p != NULL; i++) {
		const struct es_course_host *other;
		size_t n_other;

		if (s->vantage[i] < 0)
			continue;
		(void)es_course_samples(s->course, (uint32_t)s->vantage[i], &other, &n_other);
		if (other == *host)
			return NULL;
	}
	return p;
}

void
es_machines(const struct es_shown_call *s, struct es_html *h)
{
	for (uint32_t i = 0; i < s->call->n_legs; i++) {
		const struct es_course_host *host;
		size_t n;
		const struct es_course_sample *p = samples_of(s, i, &host, &n);

		if (p != NULL)
			put_machine(s, i, host, p, n, h);
	}
}

bool
es_machines_are_synthetic(const struct es_shown_call *s)
{
	for (uint32_t i = 0; i < s->call->n_legs; i++) {
		const struct es_course_host *host;
		size_t n;

		if (samples_of(s, i, &host, &n) != NULL && host->is_synthetic)
			return true;
	}
	return false;
}
