/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnels that only their ends can read, recognised by what is in clear: counted, never opened. */
#ifndef EARSHOT_WIRE_OTHER_CIPHER_H
#define EARSHOT_WIRE_OTHER_CIPHER_H

#include "probes/wire/link/udp.h"

/*
 * A datagram that looks like nothing else: IPsec behind NAT and its key exchange by their ports (RFC
 * 3948, 7296), OpenVPN by its port and opcode, WireGuard by its messages at any port.
 */
bool es_cipher_is_tunnel(const struct es_udp *udp);

#endif
