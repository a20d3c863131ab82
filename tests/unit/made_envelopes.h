/* SPDX-License-Identifier: Apache-2.0 */
/* Every way from an Ethernet header to a UDP payload, for the tests of the kernel's filter. */
#ifndef TESTS_MADE_ENVELOPES_H
#define TESTS_MADE_ENVELOPES_H

#include "tests/unit/made_packet.h"

/* Envelopes around a payload, up to the Ethernet header. */
static inline void
plain4(struct made *m)
{
	made_udp(m, 40000, 30000);
	made_ipv4(m, 17);
	made_ether(m, 0x0800);
}

static inline void
plain6(struct made *m)
{
	made_udp(m, 40000, 30000);
	made_ipv6(m, 17);
	made_ether(m, 0x86dd);
}

static inline void
options4(struct made *m)
{
	made_udp(m, 40000, 30000);
	made_ipv4_part(m, 17, 0x4000, 10);
	made_ether(m, 0x0800);
}

static inline void
extensions6(struct made *m)
{
	made_udp(m, 40000, 30000);
	made_fill(m, 0, 14); /* destination options of 16 bytes */
	made_8(m, 1);
	made_8(m, 17);
	made_fill(m, 0, 6); /* hop-by-hop options */
	made_8(m, 0);
	made_8(m, 60);
	made_ipv6(m, 0);
	made_ether(m, 0x86dd);
}

static inline void
fragment6(struct made *m) /* the first of several */
{
	made_udp(m, 40000, 30000);
	made_32(m, 99);
	made_16(m, 1);
	made_16(m, 17 << 8);
	made_ipv6(m, 44);
	made_ether(m, 0x86dd);
}

static inline void
fragment4(struct made *m) /* the first of several */
{
	made_udp(m, 40000, 30000);
	made_ipv4_part(m, 17, 0x2000, 0);
	made_ether(m, 0x0800);
}

static inline void
authenticated(struct made *m)
{
	made_udp(m, 40000, 30000);
	made_fill(m, 3, 22);
	made_8(m, 4);
	made_8(m, 17);
	made_ipv4(m, 51);
	made_ether(m, 0x0800);
}

static inline void
vlan(struct made *m)
{
	made_udp(m, 40000, 30000);
	made_ipv4(m, 17);
	made_vlan(m, 0x0800);
	made_ether(m, 0x8100);
}

static inline void
vlan_twice(struct made *m)
{
	made_udp(m, 40000, 30000);
	made_ipv6(m, 17);
	made_vlan(m, 0x86dd);
	made_vlan(m, 0x8100);
	made_ether(m, 0x88a8);
}

static inline void
snap(struct made *m)
{
	made_udp(m, 40000, 30000);
	made_ipv4(m, 17);
	made_16(m, 0x0800);
	made_16(m, 0);
	made_32(m, 0xaaaa0300);
	made_ether(m, 200);
}

static inline void
pppoe(struct made *m)
{
	size_t n;

	made_udp(m, 40000, 30000);
	made_ipv4(m, 17);
	made_16(m, 0x0021);
	n = made_n(m);
	made_16(m, (unsigned)n);
	made_16(m, 7);
	made_16(m, 0x1100);
	made_ether(m, 0x8864);
}

static inline void
mpls(struct made *m)
{
	made_udp(m, 40000, 30000);
	made_ipv4(m, 17);
	made_32(m, 0x000101ff);
	made_32(m, 0x000200ff);
	made_ether(m, 0x8847);
}

static inline void
pseudo_wire(struct made *m)
{
	plain4(m);
	made_32(m, 0); /* control word */
	made_32(m, 0x000101ff);
	made_ether(m, 0x8847);
}

static inline void
ip_in_ip(struct made *m)
{
	made_udp(m, 40000, 30000);
	made_ipv4(m, 17);
	made_ipv4(m, 4);
	made_ether(m, 0x0800);
}

static inline void
six_in_four(struct made *m)
{
	made_udp(m, 40000, 30000);
	made_ipv6(m, 17);
	made_ipv4(m, 41);
	made_ether(m, 0x0800);
}

static inline void
gre(struct made *m) /* with checksum, key and sequence number */
{
	made_udp(m, 40000, 30000);
	made_ipv4(m, 17);
	made_fill(m, 9, 12);
	made_16(m, 0x0800);
	made_16(m, 0xb000);
	made_ipv4(m, 47);
	made_ether(m, 0x0800);
}

static inline void
erspan(struct made *m) /* type II */
{
	plain4(m);
	made_32(m, 0);
	made_32(m, 0x10000001);
	made_32(m, 5);
	made_16(m, 0x88be);
	made_16(m, 0x1000);
	made_ipv4(m, 47);
	made_ether(m, 0x0800);
}

static inline void
erspan_3(struct made *m) /* with a subheader */
{
	plain4(m);
	made_fill(m, 0, 8);
	made_32(m, 1);
	made_32(m, 0);
	made_32(m, 0x20000001);
	made_32(m, 5);
	made_16(m, 0x22eb);
	made_16(m, 0x1000);
	made_ipv4(m, 47);
	made_ether(m, 0x0800);
}

static inline void
vxlan(struct made *m)
{
	plain4(m);
	made_32(m, 0x00000100);
	made_32(m, 0x08000000);
	made_udp(m, 50000, 4789);
	made_ipv4(m, 17);
	made_ether(m, 0x0800);
}

static inline void
vxlan_policy(struct made *m) /* begins as RTP does */
{
	plain4(m);
	made_32(m, 0x00000100);
	made_32(m, 0x88000001);
	made_udp(m, 50000, 4789);
	made_ipv6(m, 17);
	made_ether(m, 0x86dd);
}

static inline void
geneve(struct made *m)
{
	plain6(m);
	made_fill(m, 3, 8); /* options */
	made_32(m, 0x00000100);
	made_16(m, 0x6558);
	made_16(m, 0x0200);
	made_udp(m, 50000, 6081);
	made_ipv4(m, 17);
	made_ether(m, 0x0800);
}

static inline void
gtp(struct made *m) /* with a PDU session container */
{
	made_udp(m, 40000, 30000);
	made_ipv4(m, 17);
	made_32(m, 0x01100900);
	made_32(m, 0x00000085);
	made_32(m, 0x12345678);
	made_16(m, 0);
	made_16(m, 0x34ff);
	made_udp(m, 2152, 2152);
	made_ipv4(m, 17);
	made_ether(m, 0x0800);
}

static inline void
l2tp(struct made *m)
{
	made_udp(m, 40000, 30000);
	made_ipv4(m, 17);
	made_16(m, 0x0021);
	made_16(m, 0xff03);
	made_32(m, 0x00010002);
	made_16(m, 0);
	made_16(m, 0x4002);
	made_udp(m, 1701, 1701);
	made_ipv4(m, 17);
	made_ether(m, 0x0800);
}

static inline void
l2tpv3(struct made *m) /* with a cookie of 4 bytes */
{
	plain4(m);
	made_32(m, 0xabababab);
	made_32(m, 17);
	made_ipv4(m, 115);
	made_ether(m, 0x0800);
}

static inline void
tzsp(struct made *m)
{
	plain4(m);
	made_8(m, 1);
	made_16(m, 0x0102); /* a tag of one byte, and it */
	made_8(m, 11);
	made_32(m, 0x01000001);
	made_udp(m, 50000, 37008);
	made_ipv4(m, 17);
	made_ether(m, 0x0800);
}

static inline void
teredo(struct made *m)
{
	made_udp(m, 40000, 30000);
	made_ipv6(m, 17);
	made_fill(m, 9, 8); /* origin */
	m->bytes[m->at] = 0;
	m->bytes[m->at + 1] = 0;
	made_udp(m, 3544, 50000);
	made_ipv4(m, 17);
	made_ether(m, 0x0800);
}

static inline void
mpls_in_udp(struct made *m)
{
	made_udp(m, 40000, 30000);
	made_ipv4(m, 17);
	made_32(m, 0x800001ff);
	made_udp(m, 50000, 6635);
	made_ipv4(m, 17);
	made_ether(m, 0x0800);
}

static inline void
gre_in_udp(struct made *m) /* its checksum flag is the version of RTP */
{
	made_udp(m, 40000, 30000);
	made_ipv4(m, 17);
	made_32(m, 0);
	made_16(m, 0x0800);
	made_16(m, 0x8000);
	made_udp(m, 50000, 4754);
	made_ipv4(m, 17);
	made_ether(m, 0x0800);
}

static inline void
vxlan_in_gtp(struct made *m)
{
	plain4(m);
	made_32(m, 0x00000100);
	made_32(m, 0x08000000);
	made_udp(m, 50000, 4789);
	made_ipv4(m, 17);
	made_32(m, 0x12345678);
	made_16(m, 0);
	made_16(m, 0x30ff);
	made_udp(m, 2152, 2152);
	made_ipv6(m, 17);
	made_ether(m, 0x86dd);
}

static inline void
service_header(struct made *m) /* NSH */
{
	made_udp(m, 40000, 30000);
	made_ipv4(m, 17);
	made_fill(m, 0, 16);
	made_32(m, 0x00000105);
	made_32(m, 0x0fc60101);
	made_ether(m, 0x894f);
}

static inline void
bridge_port(struct made *m) /* E-TAG of IEEE 802.1BR */
{
	made_udp(m, 40000, 30000);
	made_ipv4(m, 17);
	made_16(m, 0x0800);
	made_fill(m, 1, 6);
	made_ether(m, 0x893f);
}

static inline void
vxlan_reserved(struct made *m) /* with reserved bits set */
{
	plain4(m);
	made_32(m, 0x00000100);
	made_32(m, 0x48087f7f);
	made_udp(m, 50000, 4789);
	made_ipv4(m, 17);
	made_ether(m, 0x0800);
}

static const struct {
	const char *name;
	void (*around)(struct made *m);
	unsigned tunnels; /* that the filter must look into */
} envelopes[] = {
	{ "IPv4", plain4, 0 },
	{ "IPv6", plain6, 0 },
	{ "IPv4 with options", options4, 0 },
	{ "IPv6 with extensions", extensions6, 0 },
	{ "first fragment of IPv4", fragment4, 0 },
	{ "first fragment of IPv6", fragment6, 0 },
	{ "authentication header", authenticated, 0 },
	{ "VLAN", vlan, 0 },
	{ "two VLAN tags", vlan_twice, 0 },
	{ "SNAP", snap, 0 },
	{ "PPPoE", pppoe, 0 },
	{ "MPLS", mpls, 0 },
	{ "pseudo-wire", pseudo_wire, 1 },
	{ "IPv4 in IPv4", ip_in_ip, 1 },
	{ "IPv6 in IPv4", six_in_four, 1 },
	{ "GRE", gre, 1 },
	{ "ERSPAN II", erspan, 1 },
	{ "ERSPAN III", erspan_3, 1 },
	{ "VXLAN", vxlan, 1 },
	{ "VXLAN with a group policy", vxlan_policy, 1 },
	{ "VXLAN with reserved bits", vxlan_reserved, 1 },
	{ "NSH", service_header, 1 },
	{ "802.1BR", bridge_port, 1 },
	{ "Geneve", geneve, 1 },
	{ "GTP", gtp, 1 },
	{ "L2TP", l2tp, 1 },
	{ "L2TPv3", l2tpv3, 1 },
	{ "TZSP", tzsp, 1 },
	{ "Teredo", teredo, 1 },
	{ "MPLS in UDP", mpls_in_udp, 1 },
	{ "GRE in UDP", gre_in_udp, 1 },
	{ "VXLAN in GTP", vxlan_in_gtp, 2 },
};

enum { N_ENVELOPES = sizeof(envelopes) / sizeof(envelopes[0]) };

#endif
