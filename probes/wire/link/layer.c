/* SPDX-License-Identifier: Apache-2.0 */
/* Which envelope is opened how, and what to make of what is inside. */
#include "probes/wire/link/layer.h"
#include "probes/wire/link/layer_private.h"

enum { LOOK_INTO_MAX = 4 }; /* envelopes opened to see whether a UDP tunnel makes sense */

static int
ipv4(es_slice bytes, struct es_layer *out)
{
	return es_layer_is(out, ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_IPV4, bytes);
}

static int
ipv6(es_slice bytes, struct es_layer *out)
{
	return es_layer_is(out, ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_IPV6, bytes);
}

static int
ethernet(es_slice bytes, struct es_layer *out)
{
	return es_layer_is(out, ES_UNKNOWN_LINK, ES_LINK_ETHERNET, bytes);
}

/* EtherIP, RFC 3378: version 3 and twelve reserved bits. */
static int
etherip(es_slice bytes, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);

	if (es_cur_be16(&c) >> 12 != 3)
		return ES_EMALFORMED;
	return ethernet(es_cur_rest(&c), out);
}

/* I-TAG of IEEE 802.1ah; the frame of the customer follows. */
static int
backbone(es_slice bytes, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);

	out->tag = es_cur_be32(&c) & 0xffffff;
	return c.bad ? ES_EMALFORMED : ethernet(es_cur_rest(&c), out);
}

/* A tag of n bytes with the ethertype of what follows behind it, which often is a VLAN tag. */
static int
tagged(es_slice bytes, size_t n, struct es_layer *out)
{
	struct es_frame f = { .ethertype = ES_ETHERTYPE_NONE };
	struct es_cur c = es_cur_of(bytes);

	es_cur_skip(&c, n);
	f.ethertype = es_cur_be16(&c);
	if (c.bad || es_ethertype_finish(&c, &f) != 0)
		return ES_EMALFORMED;
	out->tag = f.envelope;
	return es_layer_is(out, ES_UNKNOWN_ETHERTYPE, f.ethertype, f.payload);
}

/* VN-Tag of Cisco, HSR of IEC 62439-3. */
static int
tagged4(es_slice bytes, struct es_layer *out)
{
	return tagged(bytes, 4, out);
}

/* E-TAG of IEEE 802.1BR; the tag of Marvell's switches with an ethertype in front. */
static int
tagged6(es_slice bytes, struct es_layer *out)
{
	return tagged(bytes, 6, out);
}

struct envelope {
	enum es_unknown_layer space;
	uint16_t number;
	int (*open)(es_slice bytes, struct es_layer *out); /* NULL: nothing of interest inside */
};

static const struct envelope envelopes[] = {
	{ ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_MPLS, es_mpls_open },
	{ ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_MPLS_UPSTREAM, es_mpls_open },
	{ ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_PPPOE, es_pppoe_open },
	{ ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_PPP, es_ppp_open },
	{ ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_BRIDGED, ethernet },
	{ ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_NSH, es_nsh_open },
	{ ES_UNKNOWN_ETHERTYPE, 0x88e7, backbone }, { ES_UNKNOWN_ETHERTYPE, 0x8926, tagged4 },
	{ ES_UNKNOWN_ETHERTYPE, 0x892f, tagged4 }, { ES_UNKNOWN_ETHERTYPE, 0x893f, tagged6 },
	{ ES_UNKNOWN_ETHERTYPE, 0xdada, tagged6 },
	{ ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_CONTROL, NULL },
	{ ES_UNKNOWN_ETHERTYPE, 0x0806, NULL }, /* ARP */
	{ ES_UNKNOWN_ETHERTYPE, 0x0842, NULL }, /* Wake-on-LAN */
	{ ES_UNKNOWN_ETHERTYPE, 0x2001, NULL }, /* NHRP */
	{ ES_UNKNOWN_ETHERTYPE, 0x8035, NULL }, /* reverse ARP; SLARP of Cisco HDLC */
	{ ES_UNKNOWN_ETHERTYPE, 0x8809, NULL }, /* LACP */
	{ ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_PPPOE_CONTROL, NULL },
	{ ES_UNKNOWN_ETHERTYPE, 0x888e, NULL }, /* 802.1X */
	{ ES_UNKNOWN_ETHERTYPE, 0x88cc, NULL }, /* LLDP */
	{ ES_UNKNOWN_ETHERTYPE, 0x88f7, NULL }, /* PTP */
	{ ES_UNKNOWN_ETHERTYPE, 0x8902, NULL }, /* connectivity faults, 802.1ag */
	{ ES_UNKNOWN_ETHERTYPE, 0x9000, NULL }, /* loop test */
	{ ES_UNKNOWN_IP_PROTO, 4, ipv4 }, { ES_UNKNOWN_IP_PROTO, 41, ipv6 },
	{ ES_UNKNOWN_IP_PROTO, 47, es_gre_open }, { ES_UNKNOWN_IP_PROTO, 97, etherip },
	{ ES_UNKNOWN_IP_PROTO, 115, es_l2tpv3_open }, { ES_UNKNOWN_IP_PROTO, 137, es_mpls_open },
	{ ES_UNKNOWN_IP_PROTO, 1, NULL }, /* ICMP: what an error quotes was not received */
	{ ES_UNKNOWN_IP_PROTO, 2, NULL }, /* IGMP */
	{ ES_UNKNOWN_IP_PROTO, 58, NULL }, { ES_UNKNOWN_IP_PROTO, 59, NULL }, /* no next header */
	{ ES_UNKNOWN_IP_PROTO, 88, NULL },                                    /* EIGRP */
	{ ES_UNKNOWN_IP_PROTO, 89, NULL },                                    /* OSPF */
	{ ES_UNKNOWN_IP_PROTO, 103, NULL },                                   /* PIM */
	{ ES_UNKNOWN_IP_PROTO, 112, NULL },                                   /* VRRP */
};

static const struct envelope *
find(enum es_unknown_layer space, uint32_t number)
{
	for (size_t i = 0; i < sizeof(envelopes) / sizeof(envelopes[0]); i++)
		if (envelopes[i].space == space && envelopes[i].number == number)
			return &envelopes[i];
	return NULL;
}

/* Passes over a link header at the front of what an opener found, and over PPP. */
static int
peel(struct es_layer *l)
{
	struct es_frame f;
	int err;

	if (l->space != ES_UNKNOWN_LINK)
		return 0;
	err = es_link_parse((uint16_t)l->number, l->bytes, &f);
	if (err != 0)
		return err;
	l->tag ^= (uint32_t)f.envelope << 24;
	(void)es_layer_is(l, ES_UNKNOWN_ETHERTYPE, f.ethertype, f.payload); /* cannot fail */
	return f.ethertype == ES_ETHERTYPE_PPP ? es_ppp_open(f.payload, l) : 0;
}

int
es_layer_open(const struct es_layer *outer, struct es_layer *inner)
{
	const struct envelope *e = find(outer->space, outer->number);
	struct es_layer l = { .space = outer->space };
	int err;

	if (e == NULL) {
		*inner = *outer;
		return ES_EUNSUPPORTED;
	}
	if (e->open == NULL)
		return ES_ENOTFOUND;
	err = e->open(outer->bytes, &l);
	if (err == 0)
		err = peel(&l);
	if (err == 0 || err == ES_EUNSUPPORTED)
		*inner = l;
	return err;
}

int
es_layer_by_version(es_slice bytes, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint8_t version = es_cur_peek(&c, 0) >> 4;

	if (version == 4)
		return ipv4(bytes, out);
	return version == 6 ? ipv6(bytes, out) : ES_EMALFORMED;
}

bool
es_layer_is_true_ipv4(es_slice bytes)
{
	struct es_cur c = es_cur_of(bytes);
	unsigned n_words = 2u * (es_cur_peek(&c, 0) & 0x0f);
	uint32_t sum = 0;

	if (n_words < 10 || es_cur_peek(&c, 0) >> 4 != 4)
		return false;
	for (unsigned i = 0; i < n_words; i++)
		sum += es_cur_be16(&c);
	sum = (sum & 0xffff) + (sum >> 16);
	return !c.bad && (sum & 0xffff) + (sum >> 16) == 0xffff;
}

/* IP of the announced version, with lengths that can be. */
static bool
is_sound_ip(const struct es_layer *l)
{
	struct es_layer said;
	struct es_ip ip;

	return es_layer_by_version(l->bytes, &said) == 0 && said.number == l->number &&
	       es_ip_parse(l->bytes, &ip) == 0;
}

int
es_layer_ethernet_likeness(es_slice bytes)
{
	struct es_layer l;
	struct es_frame f;

	if (es_link_parse(ES_LINK_ETHERNET, bytes, &f) != 0)
		return 0;
	(void)es_layer_is(&l, ES_UNKNOWN_ETHERTYPE, f.ethertype, f.payload); /* cannot fail */
	if (es_layer_is_ip(&l))
		return is_sound_ip(&l) ? 2 : 0;
	return find(l.space, l.number) != NULL;
}

/* Whether what a UDP tunnel carries can be read, down to IP or to something known. */
static bool
is_sound(struct es_layer l)
{
	for (int n = 0; n < LOOK_INTO_MAX && !es_layer_is_ip(&l); n++) {
		int err = es_layer_open(&l, &l);

		if (err != 0)
			return err == ES_ENOTFOUND;
	}
	return !es_layer_is_ip(&l) || is_sound_ip(&l);
}

/* IPv6 has no checksum; its length must be that of what was sent. */
static bool
is_true_ipv6(es_slice bytes, size_t wire_bytes)
{
	struct es_cur c = es_cur_of(bytes);

	if (es_cur_peek(&c, 0) >> 4 != 6)
		return false;
	es_cur_skip(&c, 4);
	return es_cur_be16(&c) + 40u == wire_bytes && !c.bad;
}

/*
 * IPv6 that a capture may have cut short or Ethernet padded: the version, a length and a hop limit that can be,
 * and a next header that is in use.
 */
static bool
is_likely_ipv6(es_slice bytes)
{
	struct es_ip ip;

	if (es_ip_parse(bytes, &ip) != 0 || ip.src.family != 6)
		return false;
	return ip.ttl > 0 && (ip.proto == ES_PROTO_UDP || ip.proto == ES_PROTO_TCP ||
				 find(ES_UNKNOWN_IP_PROTO, ip.proto) != NULL);
}

/* How many bytes of the end of a datagram were sent, of which some may be cut. */
static size_t
sent_bytes(const struct es_udp *udp, es_slice end)
{
	return udp->payload_wire_bytes - (udp->payload.n - end.n);
}

/* What begins as RTP does must have a true header inside: RTP is welcome to such a port. */
static bool
is_beyond_doubt(const struct es_layer *l, const struct es_udp *udp)
{
	struct es_cur c = es_cur_of(udp->payload);

	if (es_cur_peek(&c, 0) >> 6 == 2)
		return es_layer_is_true_ipv4(l->bytes) ||
		       is_true_ipv6(l->bytes, sent_bytes(udp, l->bytes));
	if (!l->needs_proof || !es_layer_is_ip(l))
		return true;
	return es_layer_is_true_ipv4(l->bytes) || is_likely_ipv6(l->bytes);
}

/*
 * Between two Teredo clients no port is registered. The prefix of the addresses (RFC 4380 section 2.6) and a
 * length that is right to the byte identify it; nothing else begins as IPv6 does.
 */
static int
open_teredo(const struct es_udp *udp, struct es_layer *inner)
{
	struct es_layer l = { .space = ES_UNKNOWN_ETHERTYPE };

	if (es_teredo_open(udp->payload, &l) != 0 || l.bytes.n != udp->payload.n ||
	    !is_true_ipv6(l.bytes, udp->payload_wire_bytes))
		return ES_ENOTFOUND;
	*inner = l;
	return 0;
}

int
es_layer_open_udp(const struct es_udp *udp, struct es_layer *inner)
{
	static const struct {
		uint16_t port;
		bool both_ways; /* answers come from the port, to any */
		int (*open)(es_slice bytes, struct es_layer *out);
	} tunnels[] = {
		{ ES_PORT_VXLAN, false, es_vxlan_open },
		{ ES_PORT_VXLAN_LINUX, false, es_vxlan_open },
		{ ES_PORT_VXLAN_GPE, false, es_vxlan_open },
		{ ES_PORT_MPLS, false, es_mpls_open },
		{ ES_PORT_GRE, false, es_gre_open },
		{ 1701, true, es_l2tp_open },
		{ 2152, false, es_gtp_open },
		{ ES_PORT_TEREDO, true, es_teredo_open },
		{ 6081, false, es_geneve_open },
		{ 37008, false, es_tzsp_open },
	};

	for (size_t i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++) {
		struct es_layer l = { .space = ES_UNKNOWN_ETHERTYPE };

		if (tunnels[i].port != udp->dst_port &&
		    !(tunnels[i].both_ways && tunnels[i].port == udp->src_port))
			continue;
		if (tunnels[i].open(udp->payload, &l) != 0 || peel(&l) != 0 || !is_sound(l) ||
		    !is_beyond_doubt(&l, udp))
			return ES_ENOTFOUND;
		*inner = l;
		return 0;
	}
	return open_teredo(udp, inner);
}
