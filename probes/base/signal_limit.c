/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of signals. */
#include "probes/base/signal_limit.h"

#include <stddef.h>

#define VALUE_MAX (INT64_C(1) << 36) /* hostile values must not overflow a mean */

enum { PERCENT = 10000, MBIT_PER_S = 1000000, TASKS = 1000, MS = 1000, KB = 1000, MB = 1000000 };

#define GAUGE(signal, name, unit, one, part, side, limit)                                       \
	{                                                                                       \
		ES_SIG_##signal, name, unit, one, false, ES_PART_##part, ES_LIMIT_##side, limit \
	}
#define COUNT(signal, name, part, side, limit)                                             \
	{                                                                                  \
		ES_SIG_##signal, name, "", 1, true, ES_PART_##part, ES_LIMIT_##side, limit \
	}

static const struct es_signal_limit limits[] = {
	COUNT(WIFI_TX_RETRIES, "Wi-Fi retries", WIFI, ABOVE, 200),
	COUNT(WIFI_TX_FAILED, "failed Wi-Fi frames", WIFI, ABOVE, 4),
	COUNT(WIFI_BEACON_LOSS, "lost Wi-Fi beacons", WIFI, ABOVE, 4),
	GAUGE(WIFI_SIGNAL, "Wi-Fi signal", "dBm", 1, WIFI, BELOW, -75),
	GAUGE(WIFI_LINK_QUALITY, "Wi-Fi link quality", "%", PERCENT, WIFI, BELOW, 35 * PERCENT),
	GAUGE(WIFI_TX_BITRATE, "Wi-Fi bitrate", "Mbit/s", MBIT_PER_S, WIFI, BELOW, 6500000),
	GAUGE(
	    WIFI_RX_BITRATE, "Wi-Fi bitrate received", "Mbit/s", MBIT_PER_S, WIFI, BELOW, 6500000),
	GAUGE(WIFI_NOISE, "Wi-Fi noise", "dBm", 1, WIFI, ABOVE, -75),
	GAUGE(WIFI_CHANNEL_BUSY, "Wi-Fi channel busy", "%", PERCENT, WIFI, ABOVE, 80 * PERCENT),
	GAUGE(CPU_BUSY, "CPU load", "%", PERCENT, CPU, ABOVE, 90 * PERCENT),
	GAUGE(CPU_SOFTIRQ, "CPU load by soft interrupts", "%", PERCENT, CPU, ABOVE, 30 * PERCENT),
	GAUGE(CPU_STEAL, "CPU taken by the hypervisor", "%", PERCENT, CPU, ABOVE, 10 * PERCENT),
	GAUGE(CPU_PRESSURE, "CPU pressure", "%", PERCENT, CPU, ABOVE, 20 * PERCENT),
	GAUGE(CPU_THROTTLED, "CPU throttling", "%", PERCENT, CPU, ABOVE, 20 * PERCENT),
	GAUGE(RUN_QUEUE, "run queue", "tasks", TASKS, CPU, ABOVE, 8 * TASKS),
	COUNT(SOFTNET_DROPS, "drops of the full backlog", CPU, ABOVE, 4),
	COUNT(UDP_RCVBUF_ERRORS, "drops of full UDP buffers", CPU, ABOVE, 4),
	GAUGE(TIMER_LATE, "lateness of a timer", "ms", MS, CPU, ABOVE, 20 * MS),
	GAUGE(SOFTPHONE_CPU, "CPU load by the softphone", "%", PERCENT, SOFTPHONE, ABOVE,
	    90 * PERCENT),
	GAUGE(SOFTPHONE_WAIT, "softphone waiting for CPU", "%", PERCENT, SOFTPHONE, ABOVE,
	    10 * PERCENT),
	COUNT(SOFTPHONE_SWITCHES, "softphone switched out", SOFTPHONE, ABOVE, 1000),
	GAUGE(MEM_PRESSURE, "memory pressure", "%", PERCENT, MEMORY, ABOVE, 20 * PERCENT),
	GAUGE(MEM_AVAILABLE, "memory available", "MB", MB, MEMORY, BELOW, 200 * MB),
	COUNT(SWAP_IN, "pages read from swap", MEMORY, ABOVE, 1000),
	COUNT(OOM_KILLS, "out-of-memory kills", MEMORY, ABOVE, 0),
	GAUGE(IO_PRESSURE, "I/O pressure", "%", PERCENT, DISK, ABOVE, 50 * PERCENT),
	GAUGE(DISK_LATENCY, "disk latency", "ms", MS, DISK, ABOVE, 100 * MS),
	COUNT(NIC_RX_ERRORS, "receive errors", NIC, ABOVE, 4),
	COUNT(NIC_TX_ERRORS, "send errors", NIC, ABOVE, 4),
	COUNT(NIC_RX_DROPS, "receive drops", NIC, ABOVE, 20),
	COUNT(NIC_TX_DROPS, "send drops", NIC, ABOVE, 4),
	GAUGE(NIC_SPEED, "link speed", "Mbit/s", MBIT_PER_S, NIC, BELOW, 100 * MBIT_PER_S),
	COUNT(QDISC_DROPS, "drops of the send queue", NIC, ABOVE, 4),
	GAUGE(QDISC_BACKLOG, "bytes in the send queue", "kB", KB, NIC, ABOVE, 200 * KB),
	COUNT(UDP_SNDBUF_ERRORS, "full UDP send buffers", NIC, ABOVE, 4),
	GAUGE(GATEWAY_RTT, "round trip to the gateway", "ms", MS, GATEWAY, ABOVE, 100 * MS),
	GAUGE(GATEWAY_LOSS, "loss to the gateway", "%", PERCENT, GATEWAY, ABOVE, 5 * PERCENT),
	COUNT(AUDIO_XRUNS, "audio overruns, underruns", AUDIO, ABOVE, 4),
	COUNT(WIFI_TX_PACKETS, "Wi-Fi frames sent", WIFI, NONE, 0),
	COUNT(TCP_RETRANSMITS, "TCP retransmissions", NONE, NONE, 0),
	GAUGE(DNS_LATENCY, "DNS latency", "ms", MS, NONE, NONE, 0),
	COUNT(DNS_FAILURES, "failed DNS queries", NONE, NONE, 0),
	GAUGE(BATTERY, "battery", "%", PERCENT, NONE, NONE, 0),
	GAUGE(CLOCK_OFFSET, "offset of the clock", "ms", MS, NONE, NONE, 0),
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
