/* SPDX-License-Identifier: Apache-2.0 */
/* Every way from an Ethernet header to a UDP payload, for the tests of the kernel's filter. */
#ifndef TESTS_MADE_ENVELOPES_H
#define TESTS_MADE_ENVELOPES_H

#include "tests/unit/made_tunnels.h"

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
pppoe6(struct made *m) /* with address and control, and a number of one byte */
{
	inner6(m);
	made_8(m, 0x57);
	made_16(m, 0xff03);
	made_32(m, 7);
	made_16(m, 0x1100);
	made_ether(m, 0x8864);
}

static inline void
ppp_mpls(struct made *m)
{
	inner6(m);
	made_32(m, 0x000101ff);
	made_16(m, 0x0281);
	made_32(m, 7);
	made_16(m, 0x1100);
	made_ether(m, 0x8864);
}

static inline void
service_header_6(struct made *m)
{
	inner6(m);
	made_32(m, 0x00000105);
	made_32(m, 0x00020102);
	made_ether(m, 0x894f);
}

static inline void
service_header_ether(struct made *m)
{
	plain4(m);
	made_32(m, 0x00000105);
	made_32(m, 0x00020103);
	made_ether(m, 0x894f);
}

static inline void
vn_tag(struct made *m)
{
	inner4(m);
	made_16(m, 0x0800);
	made_32(m, 0x01010101);
	made_ether(m, 0x8926);
}

static inline void
backbone(struct made *m)
{
	plain4(m);
	made_32(m, 0x00000101);
	made_ether(m, 0x88e7);
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
	{ "PPPoE with IPv6", pppoe6, 0 },
	{ "MPLS in PPP", ppp_mpls, 0 },
	{ "pseudo-wire without control word", pseudo_wire_no_word, 1 },
	{ "the same with IPv6", pseudo_wire_no_word6, 1 },
	{ "NSH with IPv6", service_header_6, 1 },
	{ "NSH with Ethernet", service_header_ether, 1 },
	{ "VN-Tag", vn_tag, 1 },
	{ "802.1ah", backbone, 1 },
	{ "EtherIP", etherip, 1 },
	{ "ERSPAN I", erspan_1, 1 },
	{ "WCCP", wccp, 1 },
	{ "PPTP", pptp, 1 },
	{ "VXLAN-GPE with IPv4", vxlan_gpe4, 1 },
	{ "VXLAN-GPE with IPv6", vxlan_gpe6, 1 },
	{ "VXLAN with a group policy and IPv6", vxlan_policy6, 1 },
	{ "GTP with Ethernet", gtp_ether, 1 },
	{ "L2TP with all fields", l2tp_long, 1 },
	{ "L2TPv3 in UDP", l2tpv3_in_udp, 1 },
	{ "Teredo with authentication", teredo_authenticated, 1 },
	{ "Teredo between clients", teredo_of_clients, 1 },
	{ "GRE in UDP with IPv6", gre_in_udp6, 1 },
	{ "VXLAN in GTP", vxlan_in_gtp, 2 },
};

enum { N_ENVELOPES = sizeof(envelopes) / sizeof(envelopes[0]) };

#endif
