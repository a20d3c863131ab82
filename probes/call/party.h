/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of SIP that outlive their message: copied, cut at the end of their place. */
#ifndef EARSHOT_CALL_PARTY_H
#define EARSHOT_CALL_PARTY_H

#include "probes/wire/sip/sip.h"

/* Copies text, or its first max (255 at most) bytes; returns how many. */
uint8_t es_party_keep(char *to, size_t max, es_slice text);

/* "user@host", or what there is of it, likewise. */
uint8_t es_party_text(const struct es_sip_party *p, char *to, size_t max);

#endif
