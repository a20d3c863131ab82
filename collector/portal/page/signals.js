// SPDX-License-Identifier: Apache-2.0
// Signals of a machine in words, and their values in the units that people read.

/** Name, unit, what one of that unit is in the record's unit, decimals. */
const known = {
	cpu_busy_ppm: ["CPU busy", "%", 1e4, 0],
	cpu_softirq_ppm: ["CPU in soft interrupts", "%", 1e4, 1],
	cpu_steal_ppm: ["CPU taken by the hypervisor", "%", 1e4, 1],
	cpu_pressure_ppm: ["Waited for CPU", "%", 1e4, 1],
	cpu_throttled_ppm: ["CPU throttled", "%", 1e4, 1],
	memory_pressure_ppm: ["Waited for memory", "%", 1e4, 1],
	memory_available_bytes: ["Memory available", "MB", 1e6, 0],
	swap_in_pages: ["Read from swap", "pages", 1, 0],
	oom_kills: ["Killed for want of memory", "processes", 1, 0],
	io_pressure_ppm: ["Waited for disks", "%", 1e4, 1],
	disk_latency_us: ["Disk latency", "ms", 1e3, 1],
	run_queue_milli: ["Run queue", "tasks", 1e3, 1],
	softphone_cpu_ppm: ["Softphone: CPU", "%", 1e4, 1],
	softphone_wait_ppm: ["Softphone: waited for CPU", "%", 1e4, 1],
	softphone_switches: ["Softphone: taken from the CPU", "times", 1, 0],
	nic_rx_errors: ["Receive errors", "packets", 1, 0],
	nic_tx_errors: ["Send errors", "packets", 1, 0],
	nic_rx_drops: ["Dropped on receipt", "packets", 1, 0],
	nic_tx_drops: ["Dropped on sending", "packets", 1, 0],
	nic_speed_bps: ["Link speed", "Mbit/s", 1e6, 0],
	softnet_drops: ["Dropped by the kernel", "packets", 1, 0],
	udp_rcvbuf_errors: ["Receive buffer full", "packets", 1, 0],
	udp_sndbuf_errors: ["Send buffer full", "packets", 1, 0],
	tcp_retransmits: ["TCP segments sent again", "segments", 1, 0],
	qdisc_drops: ["Dropped by the send queue", "packets", 1, 0],
	qdisc_backlog_bytes: ["In the send queue", "kB", 1e3, 1],
	wifi_signal_dbm: ["Wi-Fi signal", "dBm", 1, 0],
	wifi_noise_dbm: ["Wi-Fi noise", "dBm", 1, 0],
	wifi_tx_packets: ["Wi-Fi frames sent", "frames", 1, 0],
	wifi_tx_retries: ["Wi-Fi retries", "frames", 1, 0],
	wifi_tx_failed: ["Wi-Fi frames failed", "frames", 1, 0],
	wifi_beacon_loss: ["Wi-Fi beacons lost", "beacons", 1, 0],
	wifi_tx_bitrate_bps: ["Wi-Fi bit rate", "Mbit/s", 1e6, 1],
	wifi_rx_bitrate_bps: ["Wi-Fi bit rate received", "Mbit/s", 1e6, 1],
	wifi_link_quality_ppm: ["Wi-Fi link quality", "%", 1e4, 0],
	wifi_channel_busy_ppm: ["Wi-Fi channel busy", "%", 1e4, 0],
	gateway_rtt_us: ["Round trip to the gateway", "ms", 1e3, 1],
	gateway_loss_ppm: ["Loss to the gateway", "%", 1e4, 1],
	dns_latency_us: ["DNS latency", "ms", 1e3, 1],
	dns_failures: ["DNS queries failed", "queries", 1, 0],
	battery_ppm: ["Battery", "%", 1e4, 0],
	audio_xruns: ["Audio overruns and underruns", "times", 1, 0],
	timer_late_us: ["Timer late", "ms", 1e3, 1],
	clock_offset_us: ["Clock offset", "ms", 1e3, 1],
};

/** A name that this page does not know is shown as the record has it. */
export function signalName(name) {
	return known[name] ? known[name][0] : name;
}

export function signalText(name, value) {
	const [, unit, one, decimals] = known[name] || ["", "", 1, 0];
	return (value / one).toFixed(decimals) + (unit ? " " + unit : "");
}
