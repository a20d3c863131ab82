/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of signals. */
#include "probes/base/signal_limit.h"

#include <stddef.h>

#define VALUE_MAX (INT64_C(1) << 36) /* hostile values must not overflow a mean */

enum { PERCENT = 10000, MBIT_PER_S = 1000000, TASKS = 1000, MS = 1000, KB = 1000, MB = 1000000 };

#define GAUGE(signal, name, unit, one, is_wifi, side, limit)                             \
	{                                                                                \
		ES_SIG_##signal, name, unit, one, false, is_wifi, ES_LIMIT_##side, limit \
	}
#define COUNT(signal, name, is_wifi, side, limit)                                   \
	{                                                                           \
		ES_SIG_##signal, name, "", 1, true, is_wifi, ES_LIMIT_##side, limit \
	}

static const struct es_signal_limit limits[] = {
	COUNT(WIFI_TX_RETRIES, "Wi-Fi retries", true, ABOVE, 200),
	COUNT(WIFI_TX_FAILED, "failed Wi-Fi frames", true, ABOVE, 4),
	COUNT(WIFI_BEACON_LOSS, "lost Wi-Fi beacons", true, ABOVE, 4),
	GAUGE(WIFI_SIGNAL, "Wi-Fi signal", "dBm", 1, true, BELOW, -75),
	GAUGE(WIFI_LINK_QUALITY, "Wi-Fi link quality", "%", PERCENT, true, BELOW, 35 * PERCENT),
	GAUGE(WIFI_TX_BITRATE, "Wi-Fi bitrate", "Mbit/s", MBIT_PER_S, true, BELOW, 6500000),
	GAUGE(CPU_BUSY, "CPU load", "%", PERCENT, false, ABOVE, 90 * PERCENT),
	GAUGE(CPU_SOFTIRQ, "CPU load by soft interrupts", "%", PERCENT, false, ABOVE, 30 * PERCENT),
	GAUGE(CPU_STEAL, "CPU taken by the hypervisor", "%", PERCENT, false, ABOVE, 10 * PERCENT),
	GAUGE(CPU_PRESSURE, "CPU pressure", "%", PERCENT, false, ABOVE, 20 * PERCENT),
	GAUGE(MEM_PRESSURE, "memory pressure", "%", PERCENT, false, ABOVE, 20 * PERCENT),
	GAUGE(IO_PRESSURE, "I/O pressure", "%", PERCENT, false, ABOVE, 50 * PERCENT),
	GAUGE(RUN_QUEUE, "run queue", "tasks", TASKS, false, ABOVE, 8 * TASKS),
	COUNT(SOFTNET_DROPS, "drops of the full backlog", false, ABOVE, 4),
	COUNT(UDP_RCVBUF_ERRORS, "drops of full UDP buffers", false, ABOVE, 4),
	COUNT(WIFI_TX_PACKETS, "Wi-Fi frames sent", true, NONE, 0),
	COUNT(NIC_RX_ERRORS, "receive errors", false, NONE, 0),
	COUNT(NIC_TX_ERRORS, "send errors", false, NONE, 0),
	COUNT(NIC_RX_DROPS, "receive drops", false, NONE, 0),
	COUNT(NIC_TX_DROPS, "send drops", false, NONE, 0),
	GAUGE(CPU_THROTTLED, "CPU throttling", "%", PERCENT, false, NONE, 0),
	GAUGE(MEM_AVAILABLE, "memory available", "MB", MB, false, NONE, 0),
	COUNT(SWAP_IN, "pages read from swap", false, NONE, 0),
	COUNT(OOM_KILLS, "processes killed for want of memory", false, NONE, 0),
	GAUGE(DISK_LATENCY, "disk latency", "ms", MS, false, NONE, 0),
	GAUGE(SOFTPHONE_CPU, "CPU load by the softphone", "%", PERCENT, false, NONE, 0),
	GAUGE(SOFTPHONE_WAIT, "softphone waiting for CPU", "%", PERCENT, false, NONE, 0),
	COUNT(SOFTPHONE_SWITCHES, "involuntary switches of the softphone", false, NONE, 0),
	COUNT(UDP_SNDBUF_ERRORS, "refusals of full UDP send buffers", false, NONE, 0),
	COUNT(TCP_RETRANSMITS, "TCP retransmissions", false, NONE, 0),
	COUNT(QDISC_DROPS, "drops of the send queue", false, NONE, 0),
	GAUGE(QDISC_BACKLOG, "bytes in the send queue", "kB", KB, false, NONE, 0),
	GAUGE(NIC_SPEED, "link speed", "Mbit/s", MBIT_PER_S, false, NONE, 0),
	GAUGE(WIFI_RX_BITRATE, "Wi-Fi bitrate received", "Mbit/s", MBIT_PER_S, true, NONE, 0),
	GAUGE(WIFI_NOISE, "Wi-Fi noise", "dBm", 1, true, NONE, 0),
	GAUGE(WIFI_CHANNEL_BUSY, "Wi-Fi channel busy", "%", PERCENT, true, NONE, 0),
	GAUGE(GATEWAY_RTT, "round trip to the gateway", "ms", MS, false, NONE, 0),
	GAUGE(GATEWAY_LOSS, "loss to the gateway", "%", PERCENT, false, NONE, 0),
	GAUGE(DNS_LATENCY, "DNS latency", "ms", MS, false, NONE, 0),
	COUNT(DNS_FAILURES, "failed DNS queries", false, NONE, 0),
	GAUGE(BATTERY, "battery", "%", PERCENT, false, NONE, 0),
	COUNT(AUDIO_XRUNS, "overruns and underruns of audio", false, NONE, 0),
	GAUGE(TIMER_LATE, "lateness of a timer", "ms", MS, false, NONE, 0),
	GAUGE(CLOCK_OFFSET, "offset of the clock", "ms", MS, false, NONE, 0),
};

enum { ROWS = sizeof(limits) / sizeof(limits[0]) };

const struct es_signal_limit *
es_signal_limit_at(uint32_t row)
{
	return row < ROWS ? &limits[row] : NULL;
}

const struct es_signal_limit *
es_signal_limit_of(uint16_t signal)
{
	for (uint32_t i = 0; i < ROWS; i++)
		if ((uint16_t)limits[i].signal == signal)
			return &limits[i];
	return NULL;
}

static int64_t
bounded(int64_t v)
{
	return v > VALUE_MAX ? VALUE_MAX : v < -VALUE_MAX ? -VALUE_MAX : v;
}

int64_t
es_signal_limit_comparable(const struct es_signal_limit *l, int64_t value, int64_t length_ms)
{
	value = bounded(value);
	if (l->is_count && length_ms > 0)
		value = bounded(value * ES_SIGNAL_PERIOD_MS / length_ms);
	return value;
}

int64_t
es_signal_limit_milli(const struct es_signal_limit *l, int64_t value)
{
	return l->one >= 1000 ? value / (l->one / 1000) : value * (1000 / l->one);
}

bool
es_signal_limit_is_beyond(const struct es_signal_limit *l, int64_t value)
{
	return l->side == ES_LIMIT_ABOVE ? value > l->limit
					 : l->side == ES_LIMIT_BELOW && value < l->limit;
}
