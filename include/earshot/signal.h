/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signals of a machine's own health (digital employee experience, DEX): one row each.
 * X(NAME, "json_name", "unit", number on the wire)
 * Change recipe: add a row at the end with the next number, never renumber; write its source in
 * probes/host/; give it a row in probes/base/signal_limit.c, with a limit if it can be a cause; describe it in docs/METRICS.md.
 * Rates are per sample period and already differences: no consumer sees a raw counter.
 */
#ifndef EARSHOT_SIGNAL_H
#define EARSHOT_SIGNAL_H

#define ES_SIGNALS(X)                                               \
	X(CPU_BUSY, "cpu_busy_ppm", "ppm", 1)                       \
	X(CPU_SOFTIRQ, "cpu_softirq_ppm", "ppm", 2)                 \
	X(CPU_STEAL, "cpu_steal_ppm", "ppm", 3)                     \
	X(CPU_PRESSURE, "cpu_pressure_ppm", "ppm", 4)               \
	X(MEM_PRESSURE, "memory_pressure_ppm", "ppm", 5)            \
	X(IO_PRESSURE, "io_pressure_ppm", "ppm", 6)                 \
	X(RUN_QUEUE, "run_queue_milli", "tasks/1000", 7)            \
	X(NIC_RX_ERRORS, "nic_rx_errors", "packets", 8)             \
	X(NIC_TX_ERRORS, "nic_tx_errors", "packets", 9)             \
	X(NIC_RX_DROPS, "nic_rx_drops", "packets", 10)              \
	X(NIC_TX_DROPS, "nic_tx_drops", "packets", 11)              \
	X(SOFTNET_DROPS, "softnet_drops", "packets", 12)            \
	X(UDP_RCVBUF_ERRORS, "udp_rcvbuf_errors", "packets", 13)    \
	X(WIFI_SIGNAL, "wifi_signal_dbm", "dBm", 14)                \
	X(WIFI_TX_PACKETS, "wifi_tx_packets", "frames", 15)         \
	X(WIFI_TX_RETRIES, "wifi_tx_retries", "frames", 16)         \
	X(WIFI_TX_FAILED, "wifi_tx_failed", "frames", 17)           \
	X(WIFI_BEACON_LOSS, "wifi_beacon_loss", "beacons", 18)      \
	X(WIFI_TX_BITRATE, "wifi_tx_bitrate_bps", "bit/s", 19)      \
	X(WIFI_LINK_QUALITY, "wifi_link_quality_ppm", "ppm", 20)    \
	X(CPU_THROTTLED, "cpu_throttled_ppm", "ppm", 21)            \
	X(MEM_AVAILABLE, "memory_available_bytes", "bytes", 22)     \
	X(SWAP_IN, "swap_in_pages", "pages", 23)                    \
	X(OOM_KILLS, "oom_kills", "processes", 24)                  \
	X(DISK_LATENCY, "disk_latency_us", "us", 25)                \
	X(SOFTPHONE_CPU, "softphone_cpu_ppm", "ppm", 26)            \
	X(SOFTPHONE_WAIT, "softphone_wait_ppm", "ppm", 27)          \
	X(SOFTPHONE_SWITCHES, "softphone_switches", "switches", 28) \
	X(UDP_SNDBUF_ERRORS, "udp_sndbuf_errors", "packets", 29)    \
	X(TCP_RETRANSMITS, "tcp_retransmits", "segments", 30)       \
	X(QDISC_DROPS, "qdisc_drops", "packets", 31)                \
	X(QDISC_BACKLOG, "qdisc_backlog_bytes", "bytes", 32)        \
	X(NIC_SPEED, "nic_speed_bps", "bit/s", 33)                  \
	X(WIFI_RX_BITRATE, "wifi_rx_bitrate_bps", "bit/s", 34)      \
	X(WIFI_NOISE, "wifi_noise_dbm", "dBm", 35)                  \
	X(WIFI_CHANNEL_BUSY, "wifi_channel_busy_ppm", "ppm", 36)    \
	X(GATEWAY_RTT, "gateway_rtt_us", "us", 37)                  \
	X(GATEWAY_LOSS, "gateway_loss_ppm", "ppm", 38)              \
	X(DNS_LATENCY, "dns_latency_us", "us", 39)                  \
	X(DNS_FAILURES, "dns_failures", "queries", 40)              \
	X(BATTERY, "battery_ppm", "ppm", 41)                        \
	X(AUDIO_XRUNS, "audio_xruns", "xruns", 42)                  \
	X(TIMER_LATE, "timer_late_us", "us", 43)                    \
	X(CLOCK_OFFSET, "clock_offset_us", "us", 44)

enum es_signal {
#define X(name, json, unit, number) ES_SIG_##name = number,
	ES_SIGNALS(X)
#undef X
};

enum { ES_SIG_END = 45 }; /* one above the highest */

/* What changed on a machine. X(NAME, "json_name", number on the wire) */
#define ES_CHANGES(X)                  \
	X(ROUTE, "route", 1)           \
	X(INTERFACE, "interface", 2)   \
	X(WIFI_BSSID, "wifi_bssid", 3) \
	X(VPN, "vpn", 4)               \
	X(DNS, "dns", 5)               \
	X(AUDIO, "audio", 6)           \
	X(SOFTPHONE, "softphone", 7)   \
	X(POLICY, "policy", 8)         \
	X(ADDRESS, "address", 9)       \
	X(POWER, "power", 10)          \
	X(SUSPEND, "suspend", 11)      \
	X(CLOCK, "clock", 12)          \
	X(KERNEL, "kernel", 13)

enum es_change_kind {
#define X(name, json, number) ES_CHANGE_##name = number,
	ES_CHANGES(X)
#undef X
};

#ifdef __cplusplus
extern "C" {
#endif

/* Names in JSON and units of signals, names of changes: constant, NULL for an unknown number. */
const char *es_signal_name(enum es_signal signal);
const char *es_signal_unit(enum es_signal signal);
const char *es_change_name(enum es_change_kind kind);

#ifdef __cplusplus
}
#endif

#endif
