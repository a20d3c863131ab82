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

#define ES_SIGNALS(X)                                            \
	X(CPU_BUSY, "cpu_busy_ppm", "ppm", 1)                    \
	X(CPU_SOFTIRQ, "cpu_softirq_ppm", "ppm", 2)              \
	X(CPU_STEAL, "cpu_steal_ppm", "ppm", 3)                  \
	X(CPU_PRESSURE, "cpu_pressure_ppm", "ppm", 4)            \
	X(MEM_PRESSURE, "memory_pressure_ppm", "ppm", 5)         \
	X(IO_PRESSURE, "io_pressure_ppm", "ppm", 6)              \
	X(RUN_QUEUE, "run_queue_milli", "tasks/1000", 7)         \
	X(NIC_RX_ERRORS, "nic_rx_errors", "packets", 8)          \
	X(NIC_TX_ERRORS, "nic_tx_errors", "packets", 9)          \
	X(NIC_RX_DROPS, "nic_rx_drops", "packets", 10)           \
	X(NIC_TX_DROPS, "nic_tx_drops", "packets", 11)           \
	X(SOFTNET_DROPS, "softnet_drops", "packets", 12)         \
	X(UDP_RCVBUF_ERRORS, "udp_rcvbuf_errors", "packets", 13) \
	X(WIFI_SIGNAL, "wifi_signal_dbm", "dBm", 14)             \
	X(WIFI_TX_PACKETS, "wifi_tx_packets", "frames", 15)      \
	X(WIFI_TX_RETRIES, "wifi_tx_retries", "frames", 16)      \
	X(WIFI_TX_FAILED, "wifi_tx_failed", "frames", 17)        \
	X(WIFI_BEACON_LOSS, "wifi_beacon_loss", "beacons", 18)   \
	X(WIFI_TX_BITRATE, "wifi_tx_bitrate_bps", "bit/s", 19)   \
	X(WIFI_LINK_QUALITY, "wifi_link_quality_ppm", "ppm", 20)

enum es_signal {
#define X(name, json, unit, number) ES_SIG_##name = number,
	ES_SIGNALS(X)
#undef X
};

enum { ES_SIG_END = 21 }; /* one above the highest */

/* What changed on a machine. X(NAME, "json_name", number on the wire) */
#define ES_CHANGES(X)                  \
	X(ROUTE, "route", 1)           \
	X(INTERFACE, "interface", 2)   \
	X(WIFI_BSSID, "wifi_bssid", 3) \
	X(VPN, "vpn", 4)               \
	X(DNS, "dns", 5)               \
	X(AUDIO, "audio", 6)           \
	X(SOFTPHONE, "softphone", 7)   \
	X(POLICY, "policy", 8)

enum es_change_kind {
#define X(name, json, number) ES_CHANGE_##name = number,
	ES_CHANGES(X)
#undef X
};

#endif
