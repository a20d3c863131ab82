/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filter that the kernel runs on each captured packet before any process sees it: a classic BPF program whose
 * result is how many bytes of the packet reach user space. What looks like RTP ends behind its header, CSRC list and
 * header extension; SIP, RTCP and STUN are whole. Nothing is decided by a port but which UDP tunnel to look into, and
 * no packet is refused. What it does to which packet is in docs/PRIVACY.md.
 */
#ifndef AGENT_CAPTURE_KERNEL_FILTER_H
#define AGENT_CAPTURE_KERNEL_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sock_filter;

enum {
	ES_KERNEL_FILTER_MAX = 4096, /* instructions that Linux takes, BPF_MAXINSNS */
	ES_KERNEL_FILTER_TUNNELS_MAX = 2,
};

/* Where the bytes of a packet begin. */
enum es_kernel_filter_link {
	ES_KERNEL_FILTER_ETHERNET = 1, /* with the Ethernet header */
	ES_KERNEL_FILTER_COOKED,       /* SOCK_DGRAM of AF_PACKET: behind the link header */
	ES_KERNEL_FILTER_IP,           /* with the IP header, by its version: raw IP */
};

struct es_kernel_filter_config {
	enum es_kernel_filter_link link;
	bool wants_payload;  /* payload = yes or use-keys = yes: nothing is cut but by snap_bytes */
	uint32_t snap_bytes; /* no packet is longer; not 0 */
	/*
	 * How many tunnels are looked into, one inside the other; what is in more is cut like a payload of no shape.
	 * Each makes the program longer, and Linux takes its memory from net.core.optmem_max (20480 by default before
	 * Linux 6.7): where attaching fails with ENOMEM, one less may do.
	 */
	unsigned tunnels;
};

/*
 * Writes the program to out, which has room for cap instructions. 0, and *n is its length; ES_EINVALID: no such link,
 * snap_bytes is 0, or too many tunnels; ES_EFULL: cap is too small, ES_KERNEL_FILTER_MAX is enough. No state, no system
 * call.
 */
int es_kernel_filter_build(
    const struct es_kernel_filter_config *cfg, struct sock_filter *out, size_t cap, size_t *n);

#endif
