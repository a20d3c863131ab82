/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnels in UDP whose packet a capture cut behind the headers inside, as the kernel's filter cuts media. */
#include "probes/wire/link/layer.h"
#include "tests/unit/harness.h"
#include "tests/unit/made_packet.h"

enum { CUT_BYTES = 100, SPEECH_BYTES = 160 };

/* IPv6 from a Teredo address, with RTP. */
static void
inside(struct made *m)
{
	made_voice(m, SPEECH_BYTES);
	made_rtp_head(m, 0x80, 0);
	made_udp(m, 40000, 30000);
	made_ipv6(m, 17);
	memcpy(m->bytes + m->at + 8, "\x20\x01\0\0", 4);
}

static void
teredo(struct made *m)
{
	inside(m);
}

static void
vxlan_policy(struct made *m)
{
	inside(m);
	made_ether(m, 0x86dd);
	made_32(m, 0x00000100);
	made_32(m, 0x88000001);
}

static void
gre_checksum(struct made *m)
{
	inside(m);
	made_32(m, 0);
	made_16(m, 0x86dd);
	made_16(m, 0x8000);
}

TEST(layer_tunnels_that_begin_as_rtp_are_opened_in_a_cut_packet)
{
	static const struct {
		uint16_t port;
		void (*carried)(struct made *m);
	} rows[] = { { 40000, teredo }, { 4789, vxlan_policy }, { 4754, gre_checksum } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_udp udp = { .src_port = 50000, .dst_port = rows[i].port };
		struct made m = made_packet();
		struct es_layer inner;

		rows[i].carried(&m);
		udp.payload_wire_bytes = (uint32_t)made_n(&m);
		udp.payload = test_guarded(made_p(&m), made_n(&m) - CUT_BYTES);
		CHECK_EQ(es_layer_open_udp(&udp, &inner), 0);
		CHECK_EQ(inner.number, 0x86dd);
		CHECK_EQ(inner.bytes.n, 40 + 8 + 12 + SPEECH_BYTES - CUT_BYTES);
		udp.payload_wire_bytes++; /* more than the length inside says */
		CHECK_EQ(es_layer_open_udp(&udp, &inner), ES_ENOTFOUND);
	}
}
