/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnels with UDP inside, in Ethernet, for the tests of the kernel's filter. */
#ifndef TESTS_MADE_TUNNELS_H
#define TESTS_MADE_TUNNELS_H

#include "tests/unit/made_packet.h"

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
inner4(struct made *m)
{
	made_udp(m, 40000, 30000);
	made_ipv4(m, 17);
}

static inline void
inner6(struct made *m)
{
	made_udp(m, 40000, 30000);
	made_ipv6(m, 17);
}

/* In UDP to a port, in IPv4. */
static inline void
to_port(struct made *m, unsigned port)
{
	made_udp(m, 50000, port);
	made_ipv4(m, 17);
	made_ether(m, 0x0800);
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
vxlan_reserved(struct made *m) /* with reserved bits set */
{
	plain4(m);
	made_32(m, 0x00000100);
	made_32(m, 0x48087f7f);
	made_udp(m, 50000, 4789);
	made_ipv4(m, 17);
	made_ether(m, 0x0800);
}

static inline void
pseudo_wire_no_word(struct made *m) /* to addresses that begin with a 4, and with a 6 */
{
	plain4(m);
	m->bytes[m->at] = 0x45;
	m->bytes[m->at + 2] = 0xff;
	made_32(m, 0x000101ff);
	made_ether(m, 0x8847);
}

static inline void
pseudo_wire_no_word6(struct made *m)
{
	plain6(m);
	m->bytes[m->at] = 0x60;
	m->bytes[m->at + 4] = 0xff;
	made_32(m, 0x000101ff);
	made_ether(m, 0x8848);
}

static inline void
etherip(struct made *m)
{
	plain6(m);
	made_16(m, 0x3000);
	made_ipv4(m, 97);
	made_ether(m, 0x0800);
}

static inline void
erspan_1(struct made *m)
{
	plain4(m);
	made_32(m, 0x000088be);
	made_ipv4(m, 47);
	made_ether(m, 0x0800);
}

static inline void
wccp(struct made *m) /* with the four bytes of version 2 */
{
	inner4(m);
	made_32(m, 0x01020304);
	made_32(m, 0x0000883e);
	made_ipv4(m, 47);
	made_ether(m, 0x0800);
}

static inline void
pptp(struct made *m) /* with sequence number and acknowledgement */
{
	inner4(m);
	made_16(m, 0x0021);
	made_16(m, 0xff03);
	made_fill(m, 9, 8);
	made_32(m, 300);
	made_32(m, 0x3081880b);
	made_ipv4(m, 47);
	made_ether(m, 0x0800);
}

static inline void
vxlan_gpe4(struct made *m)
{
	inner4(m);
	made_32(m, 0x00000100);
	made_32(m, 0x0c000001);
	to_port(m, 4790);
}

static inline void
vxlan_gpe6(struct made *m)
{
	inner6(m);
	made_32(m, 0x00000100);
	made_32(m, 0x0c000002);
	to_port(m, 4790);
}

static inline void
vxlan_policy6(struct made *m)
{
	plain6(m);
	made_32(m, 0x00000100);
	made_32(m, 0x88000001);
	to_port(m, 8472);
}

static inline void
gtp_ether(struct made *m)
{
	plain4(m);
	made_32(m, 0x12345678);
	made_32(m, 0x30ff0000);
	to_port(m, 2152);
}

static inline void
l2tp_long(struct made *m) /* with sequence numbers and an offset of two bytes */
{
	inner4(m);
	made_16(m, 0x0021);
	made_16(m, 0xff03);
	made_fill(m, 9, 2);
	made_16(m, 2);
	made_32(m, 0x00010001);
	made_32(m, 0x00010002);
	made_32(m, 0x4a020000);
	to_port(m, 1701);
}

static inline void
l2tpv3_in_udp(struct made *m) /* with a cookie of 8 bytes */
{
	plain6(m);
	made_fill(m, 0xab, 8);
	made_32(m, 17);
	made_32(m, 3 << 16);
	to_port(m, 1701);
}

static inline void
teredo_authenticated(struct made *m)
{
	inner6(m);
	made_fill(m, 9, 9 + 3);
	made_8(m, 2);
	made_8(m, 1);
	made_16(m, 1);
	to_port(m, 3544);
}

static inline void
teredo_of_clients(struct made *m)
{
	inner6(m);
	memcpy(m->bytes + m->at + 24, "\x20\x01\0\0", 4);
	to_port(m, 50001);
}

static inline void
gre_in_udp6(struct made *m)
{
	inner6(m);
	made_32(m, 0);
	made_32(m, 0x800086dd);
	to_port(m, 4754);
}

#endif
