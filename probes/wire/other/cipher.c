/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypted tunnels in UDP. */
#include "probes/wire/other/cipher.h"

enum {
	PORT_IKE = 500,
	PORT_IPSEC_NAT = 4500,
	PORT_OPENVPN = 1194,
	OPENVPN_OPCODE_MAX = 11,
	WIREGUARD_INITIATION_BYTES = 148,
	WIREGUARD_RESPONSE_BYTES = 92,
	WIREGUARD_COOKIE_BYTES = 64,
	WIREGUARD_DATA_MIN_BYTES = 32, /* and a multiple of 16 */
};

static bool
has_port(const struct es_udp *udp, uint16_t port)
{
	return udp->src_port == port || udp->dst_port == port;
}

/* A type and three bytes that are 0; of all types but data the length is fixed. */
static bool
is_wireguard(const struct es_udp *udp)
{
	struct es_cur c = es_cur_of(udp->payload);
	uint32_t type = es_cur_be32(&c);
	uint32_t n = udp->payload_wire_bytes;

	switch (c.bad ? 0 : type) {
	case UINT32_C(1) << 24:
		return n == WIREGUARD_INITIATION_BYTES;
	case UINT32_C(2) << 24:
		return n == WIREGUARD_RESPONSE_BYTES;
	case UINT32_C(3) << 24:
		return n == WIREGUARD_COOKIE_BYTES;
	case UINT32_C(4) << 24:
		return n >= WIREGUARD_DATA_MIN_BYTES && n % 16 == 0;
	default:
		return false;
	}
}

bool
es_cipher_is_tunnel(const struct es_udp *udp)
{
	struct es_cur c = es_cur_of(udp->payload);
	unsigned opcode = es_cur_peek(&c, 0) >> 3;

	if (has_port(udp, PORT_IPSEC_NAT) || has_port(udp, PORT_IKE))
		return true;
	if (has_port(udp, PORT_OPENVPN) && opcode > 0 && opcode <= OPENVPN_OPCODE_MAX)
		return true;
	return is_wireguard(udp);
}
