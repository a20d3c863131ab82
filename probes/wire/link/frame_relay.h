/* SPDX-License-Identifier: Apache-2.0 */
/* Frame relay: several protocols over Q.922 (RFC 2427), and the older form with an ethertype alone. */
#ifndef EARSHOT_WIRE_LINK_FRAME_RELAY_H
#define EARSHOT_WIRE_LINK_FRAME_RELAY_H

#include "probes/wire/link/link.h"

/*
 * From the Q.922 address on. ES_EMALFORMED: it ends inside its headers, or the address has no end.
 * ES_EUNSUPPORTED: a protocol not known here, a fragment among them.
 */
int es_frame_relay(struct es_cur *c, struct es_frame *f);

#endif
