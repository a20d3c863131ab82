/* SPDX-License-Identifier: Apache-2.0 */
/* Link layers. */
#include "probes/wire/link/ip.h"
#include "probes/wire/link/link.h"
#include "sweep.h"

#define MACS 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2

static struct es_frame frame;

/* Parses into `frame`, or returns the error. */
static int
parse(uint16_t link, es_slice bytes)
{
	memset(&frame, 0xee, sizeof(frame));
	return es_link_parse(link, bytes, &frame);
}

TEST(link_ethernet)
{
	static const uint8_t v4[] = { MACS, 0x08, 0x00, 0x45, 0 };
	static const uint8_t v6[] = { MACS, 0x86, 0xdd, 0x60 };
	static const uint8_t arp[] = { MACS, 0x08, 0x06, 0, 1 };

	CHECK_EQ(parse(ES_LINK_ETHERNET, GUARDED(v4)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(frame.payload.n, 2);
	CHECK_EQ(frame.payload.p[0], 0x45);
	CHECK_EQ(frame.envelope, 0);
	CHECK_EQ(frame.direction, ES_FRAME_UNKNOWN);
	CHECK_EQ(parse(ES_LINK_ETHERNET, GUARDED(v6)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV6);
	CHECK_EQ(parse(ES_LINK_ETHERNET, GUARDED(arp)), 0);
	CHECK_EQ(frame.ethertype, 0x0806);
	CHECK_EQ(frame.envelope, 0);
	CHECK_EQ(parse(ES_LINK_ETHERNET, test_guarded(v4, 13)), ES_EMALFORMED);
}

TEST(link_vlan_tags_nest_to_a_limit)
{
	static const uint8_t one[] = { MACS, 0x81, 0x00, 0xa0, 0x64, 0x08, 0x00, 0x45 };
	static const uint8_t qinq[] = { MACS, 0x88, 0xa8, 0x00, 0x05, 0x81, 0x00, 0x00, 0x64, 0x86,
		0xdd, 0x60 };
	uint8_t deep[12 + 4 * (ES_VLAN_TAGS_MAX + 1) + 3] = { MACS };

	CHECK_EQ(parse(ES_LINK_ETHERNET, GUARDED(one)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(frame.envelope, es_envelope_mix(0, 100)); /* priority bits left out */
	CHECK_EQ(frame.payload.n, 1);
	CHECK_EQ(parse(ES_LINK_ETHERNET, GUARDED(qinq)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV6);
	CHECK_EQ(frame.envelope, es_envelope_mix(es_envelope_mix(0, 5), 100));
	CHECK_EQ(frame.payload.n, 1);
	CHECK_EQ(parse(ES_LINK_ETHERNET, test_guarded(qinq, 19)), ES_EMALFORMED);

	for (size_t i = 0; i < ES_VLAN_TAGS_MAX + 1u; i++)
		deep[12 + 4 * i] = 0x81;
	deep[12 + 4 * ES_VLAN_TAGS_MAX] = 0x08; /* as many as are allowed */
	CHECK_EQ(parse(ES_LINK_ETHERNET, GUARDED(deep)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	deep[12 + 4 * ES_VLAN_TAGS_MAX] = 0x81; /* one more */
	CHECK_EQ(parse(ES_LINK_ETHERNET, GUARDED(deep)), ES_EMALFORMED);
}

TEST(link_ieee_802_3_with_and_without_snap)
{
	static const uint8_t snap[] = { MACS, 0x00, 0x20, 0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00,
		0x45 };
	static const uint8_t stp[] = { MACS, 0x00, 0x26, 0x42, 0x42, 0x03, 0, 0, 0, 0, 0 };
	static const uint8_t cdp[] = { MACS, 0x00, 0x26, 0xaa, 0xaa, 0x03, 0, 0, 0x0c, 0x20, 0 };
	static const uint8_t ipx[] = { MACS, 0x00, 0x26, 0xe0, 0xe0, 0x03, 0xff, 0xff };

	CHECK_EQ(parse(ES_LINK_ETHERNET, GUARDED(snap)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(frame.payload.n, 1);
	CHECK_EQ(parse(ES_LINK_ETHERNET, GUARDED(stp)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_CONTROL);
	CHECK_EQ(parse(ES_LINK_ETHERNET, GUARDED(cdp)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_CONTROL);
	CHECK_EQ(parse(ES_LINK_ETHERNET, GUARDED(ipx)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_NONE);
}

TEST(link_linux_cooked_says_which_way)
{
	static const uint8_t sll[] = { 0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00, 0x45 };
	static const uint8_t sll2[] = { 0x86, 0xdd, 0, 0, 0, 0, 1, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1,
		0, 0, 0x60 };
	static const uint8_t tagged[] = { 0x81, 0x00, 0, 0, 0, 0, 0, 3, 0, 1, 3, 6, 2, 0, 0, 0, 0,
		1, 0, 0, 0x00, 0x07, 0x08, 0x00, 0x45 };
	static const uint8_t netlink[] = { 0, 4, 0x03, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08,
		0x00, 0x45 };

	CHECK_EQ(parse(ES_LINK_SLL, GUARDED(sll)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(frame.direction, ES_FRAME_OUT);
	CHECK_EQ(frame.payload.n, 1);
	CHECK_EQ(parse(ES_LINK_SLL2, GUARDED(sll2)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV6);
	CHECK_EQ(frame.direction, ES_FRAME_IN);
	CHECK_EQ(frame.ifindex, 0x102);
	CHECK_EQ(frame.payload.n, 1);
	CHECK_EQ(parse(ES_LINK_SLL2, GUARDED(tagged)), 0);
	CHECK_EQ(frame.direction, ES_FRAME_OTHER_HOST);
	CHECK_EQ(frame.envelope, es_envelope_mix(0, 7));
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(parse(ES_LINK_SLL, GUARDED(netlink)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_CONTROL);
	CHECK_EQ(parse(ES_LINK_SLL, test_guarded(sll, 15)), ES_EMALFORMED);
	CHECK_EQ(parse(ES_LINK_SLL2, test_guarded(sll2, 19)), ES_EMALFORMED);
}

TEST(link_loopback_in_both_byte_orders)
{
	static const uint8_t little[] = { 2, 0, 0, 0, 0x45 };
	static const uint8_t big[] = { 0, 0, 0, 2, 0x45 };
	static const uint8_t six[] = { 30, 0, 0, 0, 0x60 };
	static const uint8_t odd[] = { 0, 0, 0, 99, 0x60 };

	CHECK_EQ(parse(ES_LINK_NULL, GUARDED(little)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(parse(ES_LINK_NULL, GUARDED(big)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(parse(ES_LINK_LOOP, GUARDED(big)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(parse(ES_LINK_NULL, GUARDED(six)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV6);
	CHECK_EQ(frame.payload.n, 1);
	CHECK_EQ(parse(ES_LINK_NULL, GUARDED(odd)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_NONE);
	CHECK_EQ(parse(ES_LINK_NULL, test_guarded(big, 3)), ES_EMALFORMED);
}

TEST(link_raw_ip_goes_by_version)
{
	static const uint16_t links[] = { ES_LINK_RAW, ES_LINK_RAW_BSD, ES_LINK_RAW_OPENBSD };
	static const uint8_t v4[] = { 0x45 }, v6[] = { 0x60 }, v5[] = { 0x50 };

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		CHECK_EQ(parse(links[i], GUARDED(v4)), 0);
		CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
		CHECK_EQ(parse(links[i], GUARDED(v6)), 0);
		CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV6);
		CHECK_EQ(parse(links[i], GUARDED(v5)), 0);
		CHECK_EQ(frame.ethertype, ES_ETHERTYPE_NONE);
		CHECK_EQ(parse(links[i], test_guarded(v5, 0)), ES_EMALFORMED);
	}
	CHECK_EQ(parse(ES_LINK_IPV4, GUARDED(v4)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(parse(ES_LINK_IPV6, GUARDED(v6)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV6);
}

TEST(link_ppp_and_cisco_hdlc)
{
	static const uint8_t bytes[] = { 0xff, 0x03, 0x00, 0x21, 0x45 };
	static const uint8_t out[] = { 1, 0x03, 0x00, 0x21, 0x45 };
	static const uint8_t hdlc[] = { 0x0f, 0x00, 0x08, 0x00, 0x45 };
	static const uint8_t many[] = { 0x8f, 0x00, 0x86, 0xdd, 0x60 };
	static const uint8_t pppoe[] = { 0x11, 0, 0, 7, 0, 3, 0x00, 0x21, 0x45 };

	CHECK_EQ(parse(ES_LINK_PPP, GUARDED(bytes)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_PPP);
	CHECK_EQ(frame.payload.n, 5);
	CHECK_EQ(parse(ES_LINK_PPP_SERIAL, GUARDED(bytes)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_PPP);
	CHECK_EQ(parse(ES_LINK_PPP_SERIAL, GUARDED(hdlc)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(frame.payload.n, 1);
	CHECK_EQ(parse(ES_LINK_PPP_SERIAL, GUARDED(many)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV6);
	CHECK_EQ(parse(ES_LINK_CISCO_HDLC, GUARDED(hdlc)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(parse(ES_LINK_PPP_DIRECTION, GUARDED(out)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_PPP);
	CHECK_EQ(frame.direction, ES_FRAME_OUT);
	CHECK_EQ(frame.payload.n, 4);
	CHECK_EQ(parse(ES_LINK_PPP_ETHER, GUARDED(pppoe)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_PPPOE);
	CHECK_EQ(frame.payload.n, 9);
	CHECK_EQ(parse(ES_LINK_CISCO_HDLC, test_guarded(hdlc, 3)), ES_EMALFORMED);
	CHECK_EQ(parse(ES_LINK_PPP, test_guarded(hdlc, 0)), ES_EMALFORMED);
}

#define AIR(control, flags) \
	control, flags, 0, 0, MACS, 2, 0, 0, 0, 0, 3, 0x10, 0 /* sequence 1, fragment 0 */
#define SNAP 0xaa, 0xaa, 0x03, 0, 0, 0

TEST(link_wireless_data_frames)
{
	static const uint8_t data[] = { AIR(0x08, 0x01), SNAP, 0x08, 0x00, 0x45 };
	static const uint8_t qos[] = { AIR(0x88, 0x02), 6, 0, SNAP, 0x86, 0xdd, 0x60 };
	static const uint8_t ht[] = { AIR(0x88, 0x82), 6, 0, 1, 2, 3, 4, SNAP, 0x08, 0x00, 0x45 };

	CHECK_EQ(parse(ES_LINK_IEEE802_11, GUARDED(data)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(frame.payload.n, 1);
	CHECK_EQ(parse(ES_LINK_IEEE802_11, test_guarded(data, 23)), ES_EMALFORMED);
	CHECK_EQ(parse(ES_LINK_IEEE802_11, GUARDED(qos)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV6);
	CHECK_EQ(frame.payload.n, 1);
	CHECK_EQ(parse(ES_LINK_IEEE802_11, GUARDED(ht)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
}

TEST(link_wireless_four_addresses)
{
	static const uint8_t bridge[] = { AIR(0x08, 0x03), 2, 0, 0, 0, 0, 4, SNAP, 0x08, 0x00,
		0x45 };

	CHECK_EQ(parse(ES_LINK_IEEE802_11, GUARDED(bridge)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(frame.payload.n, 1);
}

TEST(link_wireless_frames_that_carry_nothing)
{
	static const uint8_t beacon[] = { AIR(0x80, 0x00), 1, 2, 3 };
	static const uint8_t ack[] = { 0xd4, 0, 0, 0, 2, 0, 0, 0, 0, 1 };
	static const uint8_t null[] = { AIR(0x48, 0x01) };
	static const uint8_t version1[] = { AIR(0x09, 0x01), SNAP, 0x08, 0x00, 0x45 };

	CHECK_EQ(parse(ES_LINK_IEEE802_11, GUARDED(beacon)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_CONTROL);
	CHECK_EQ(parse(ES_LINK_IEEE802_11, GUARDED(ack)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_CONTROL);
	CHECK_EQ(parse(ES_LINK_IEEE802_11, GUARDED(null)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_CONTROL);
	CHECK_EQ(parse(ES_LINK_IEEE802_11, GUARDED(version1)), ES_EMALFORMED);
}

TEST(link_wireless_frames_nobody_can_read_are_unknown)
{
	static const uint8_t encrypted[] = { AIR(0x08, 0x41), SNAP, 0x08, 0x00, 0x45 };
	static const uint8_t part[] = { AIR(0x08, 0x05), SNAP, 0x08, 0x00, 0x45 };
	static const uint8_t aggregate[] = { AIR(0x88, 0x02), 0x80, 0, MACS, 0, 9, SNAP, 0x08, 0x00,
		0x45 };

	CHECK_EQ(parse(ES_LINK_IEEE802_11, GUARDED(encrypted)), ES_EUNSUPPORTED);
	CHECK_EQ(parse(ES_LINK_IEEE802_11, GUARDED(part)), ES_EUNSUPPORTED);
	CHECK_EQ(parse(ES_LINK_IEEE802_11, GUARDED(aggregate)), ES_EUNSUPPORTED);
}

TEST(link_radiotap_and_ppi)
{
	static const uint8_t plain[] = { 0, 0, 8, 0, 0, 0, 0, 0, AIR(0x08, 0x01), SNAP, 0x08, 0x00,
		0x45 };
	/* Time (aligned to 8), flags: padded to 4 behind the QoS field. */
	static const uint8_t padded[] = { 0, 0, 17, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x20,
		AIR(0x88, 0x01), 0, 0, 0, 0, SNAP, 0x08, 0x00, 0x45 };
	/* Two words of bitmap, then filling, time and flags. */
	static const uint8_t failed[] = { 0, 0, 25, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2,
		3, 4, 5, 6, 7, 8, 0x40, AIR(0x08, 0x01), SNAP, 0x08, 0x00, 0x45 };
	static const uint8_t ppi[] = { 0, 0, 12, 0, 105, 0, 0, 0, 9, 9, 9, 9, AIR(0x08, 0x01), SNAP,
		0x08, 0x00, 0x45 };
	static const uint8_t wired[] = { 0, 0, 8, 0, 1, 0, 0, 0, MACS, 0x08, 0x00, 0x45 };
	static const uint8_t odd[] = { 0, 0, 8, 0, 99, 0, 0, 0, MACS, 0x08, 0x00, 0x45 };

	CHECK_EQ(parse(ES_LINK_RADIOTAP, GUARDED(plain)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(frame.payload.n, 1);
	CHECK_EQ(parse(ES_LINK_RADIOTAP, GUARDED(padded)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(frame.payload.n, 1);
	CHECK_EQ(parse(ES_LINK_RADIOTAP, GUARDED(failed)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_CONTROL); /* damaged in the air */
	CHECK_EQ(parse(ES_LINK_RADIOTAP, test_guarded(plain, 7)), ES_EMALFORMED);
	CHECK_EQ(parse(ES_LINK_PPI, GUARDED(ppi)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(frame.payload.n, 1);
	CHECK_EQ(parse(ES_LINK_PPI, GUARDED(wired)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(parse(ES_LINK_PPI, GUARDED(odd)), ES_EUNSUPPORTED);
}

TEST(link_envelope_distinguishes_tags)
{
	uint8_t tagged[] = { MACS, 0x81, 0x00, 0xa0, 0x64, 0x08, 0x00, 0x45 };
	uint8_t first;

	CHECK_EQ(parse(ES_LINK_ETHERNET, GUARDED(tagged)), 0);
	first = frame.envelope;
	CHECK(first != 0);
	tagged[14] = 0x20; /* priority is no part of it */
	CHECK_EQ(parse(ES_LINK_ETHERNET, GUARDED(tagged)), 0);
	CHECK_EQ(frame.envelope, first);
	tagged[15] = 0x65;
	CHECK_EQ(parse(ES_LINK_ETHERNET, GUARDED(tagged)), 0);
	CHECK(frame.envelope != first);
}

TEST(link_tags_of_switch_chips)
{
	static const uint8_t broadcom[] = { MACS, 0x20, 0, 0, 3, 0x08, 0x00, 0x45 };
	static const uint8_t prepend[] = { 0x20, 0, 0, 3, MACS, 0x81, 0, 0, 100, 0x08, 0x00, 0x45 };
	static const uint8_t plain[] = { MACS, 0xc0, 0x18, 0, 0, 0x86, 0xdd, 0x60 };
	static const uint8_t vlan[] = { MACS, 0xe0, 0x18, 0xa0, 0x64, 0x08, 0x00, 0x45 };
	static const uint8_t typed[] = { MACS, 0xda, 0xda, 0, 0, 0x20, 0x18, 0, 7, 0x08, 0x00,
		0x45 };

	CHECK_EQ(parse(ES_LINK_DSA_BROADCOM, GUARDED(broadcom)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(frame.payload.n, 1);
	CHECK_EQ(parse(ES_LINK_DSA_BROADCOM_PREPEND, GUARDED(prepend)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(frame.envelope, es_envelope_mix(0, 100));
	CHECK_EQ(frame.payload.n, 1);
	CHECK_EQ(parse(ES_LINK_DSA_MARVELL, GUARDED(plain)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV6);
	CHECK_EQ(frame.envelope, 0);
	CHECK_EQ(parse(ES_LINK_DSA_MARVELL, GUARDED(vlan)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(frame.envelope, es_envelope_mix(0, 100));
	CHECK_EQ(parse(ES_LINK_DSA_MARVELL_TYPED, GUARDED(typed)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(frame.envelope, es_envelope_mix(0, 7));
	CHECK_EQ(frame.payload.n, 1);
	CHECK_EQ(parse(ES_LINK_DSA_MARVELL_TYPED, test_guarded(typed, 19)), ES_EMALFORMED);
}

TEST(link_frame_relay)
{
	static const struct {
		uint8_t bytes[32];
		size_t n;
		uint16_t type; /* 0: unsupported */
	} rows[] = {
		{ { 0x18, 0x41, 0x03, 0xcc, 0x45 }, 5, ES_ETHERTYPE_IPV4 },
		{ { 0x18, 0x41, 0x03, 0x00, 0x8e, 0x60 }, 6, ES_ETHERTYPE_IPV6 },
		{ { 0x18, 0x40, 0x40, 0x41, 0x03, 0xcc, 0x45 }, 7, ES_ETHERTYPE_IPV4 },
		{ { 0x18, 0x41, 0x03, 0xcf, 0x00, 0x21, 0x45 }, 5, ES_ETHERTYPE_PPP },
		{ { 0x18, 0x41, 0x03, 0x00, 0x80, 0, 0, 0, 0x08, 0x00, 0x45 }, 11,
		    ES_ETHERTYPE_IPV4 },
		{ { 0x18, 0x41, 0x03, 0x00, 0x80, 0, 0x80, 0xc2, 0, 7, MACS, 0x08, 0x00, 0x45 }, 25,
		    ES_ETHERTYPE_IPV4 },
		{ { 0x18, 0x41, 0x08, 0x00, 0x45 }, 5, ES_ETHERTYPE_IPV4 },
		{ { 0x00, 0x01, 0x03, 0x08, 0x00, 0x75 }, 6, ES_ETHERTYPE_CONTROL },
		{ { 0xfc, 0xf1, 0x03, 0x09, 0x00, 0x75 }, 6, ES_ETHERTYPE_CONTROL },
		{ { 0x18, 0x41, 0x03, 0x83, 0x1b }, 5, ES_ETHERTYPE_CONTROL },
		{ { 0x18, 0x41, 0x03, 0xb1, 0xc0, 0, 0x45 }, 7, 0 },
		{ { 0x18, 0x41, 0x03, 0x00, 0x80, 0, 0x80, 0xc2, 0, 0x0e }, 10, 0 },
	};
	static const uint8_t endless[] = { 0x18, 0x40, 0x40, 0x40, 0x41, 0x03, 0xcc };
	static const uint8_t sent[] = { 1, 0x18, 0x41, 0x03, 0xcc, 0x45 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int err = parse(ES_LINK_FRAME_RELAY, test_guarded(rows[i].bytes, rows[i].n));

		if (err != (rows[i].type == 0 ? ES_EUNSUPPORTED : 0))
			test_fail(__FILE__, __LINE__, "row %zu: error %d", i, err);
		else if (rows[i].type != 0 && frame.ethertype != rows[i].type)
			test_fail(__FILE__, __LINE__, "row %zu: type %x", i, frame.ethertype);
	}
	CHECK_EQ(parse(ES_LINK_FRAME_RELAY, GUARDED(endless)), ES_EMALFORMED);
	CHECK_EQ(parse(ES_LINK_FRAME_RELAY_DIRECTION, GUARDED(sent)), 0);
	CHECK_EQ(frame.ethertype, ES_ETHERTYPE_IPV4);
	CHECK_EQ(frame.direction, ES_FRAME_OUT);
}

TEST(link_unknown_type_is_distinguished)
{
	static const uint8_t bytes[64];
	struct es_frame out = { .ifindex = 77 };

	CHECK_EQ(es_link_parse(147, GUARDED(bytes), &out), ES_EUNSUPPORTED);
	CHECK_EQ(out.ifindex, 77); /* written on success only */
}

static const uint16_t all_links[] = { ES_LINK_NULL, ES_LINK_ETHERNET, ES_LINK_RAW, ES_LINK_LOOP,
	ES_LINK_SLL, ES_LINK_SLL2, ES_LINK_IPV4, ES_LINK_IPV6, ES_LINK_PPP, ES_LINK_PPP_SERIAL,
	ES_LINK_PPP_ETHER, ES_LINK_PPP_PPPD, ES_LINK_CISCO_HDLC, ES_LINK_IEEE802_11,
	ES_LINK_RADIOTAP, ES_LINK_PPI, ES_LINK_FRAME_RELAY, ES_LINK_FRAME_RELAY_DIRECTION,
	ES_LINK_DSA_BROADCOM, ES_LINK_DSA_BROADCOM_PREPEND, ES_LINK_DSA_MARVELL,
	ES_LINK_DSA_MARVELL_TYPED };

static void
parse_all(es_slice bytes, uint32_t wire_bytes)
{
	(void)wire_bytes;
	for (size_t i = 0; i < sizeof(all_links) / sizeof(all_links[0]); i++) {
		struct es_frame f;
		int err = es_link_parse(all_links[i], bytes, &f);

		if (err == 0 && f.payload.n > 0 && f.payload.p + f.payload.n != bytes.p + bytes.n)
			test_fail(__FILE__, __LINE__, "payload is not the end of the frame");
		else if (err != 0 && err != ES_EMALFORMED && err != ES_EUNSUPPORTED)
			test_fail(__FILE__, __LINE__, "unexpected error %d", err);
	}
}

TEST(link_sweep)
{
	static const uint8_t qinq[] = { MACS, 0x88, 0xa8, 0x00, 0x05, 0x81, 0x00, 0x00, 0x64, 0x86,
		0xdd, 0x60, 0, 0, 0, 0, 0, 0, 0, 0 };

	static const uint8_t air[] = { 0, 0, 17, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x20,
		AIR(0x88, 0x03), MACS, SNAP, 0x08, 0x00, 0x45 };

	static const uint8_t relay[] = { 0x18, 0x41, 0x03, 0x00, 0x80, 0, 0x80, 0xc2, 0, 7, MACS,
		0x81, 0x00, 0, 9, 0x08, 0x00, 0x45 };

	sweep(qinq, sizeof(qinq), parse_all);
	sweep(relay, sizeof(relay), parse_all);
	sweep(air, sizeof(air), parse_all);
}
