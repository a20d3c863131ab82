/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ethernet as the processor of a switch sees it: a tag of the switch names the port, in front of the
 * frame or behind its addresses (LINKTYPE_DSA_TAG_BRCM, _BRCM_PREPEND, _DSA, _EDSA).
 */
#ifndef EARSHOT_WIRE_LINK_DSA_H
#define EARSHOT_WIRE_LINK_DSA_H

#include "probes/wire/link/link.h"

/* Each gets the frame from its first byte on. ES_EMALFORMED: it ends inside its headers. */
int es_dsa_broadcom(struct es_cur *c, struct es_frame *f);
int es_dsa_broadcom_prepend(struct es_cur *c, struct es_frame *f);
int es_dsa_marvell(struct es_cur *c, struct es_frame *f);
int es_dsa_marvell_typed(struct es_cur *c, struct es_frame *f);

#endif
