/* SPDX-License-Identifier: Apache-2.0 */
/* Reason phrases of SIP responses, as the RFCs that define them write them. */
#ifndef EARSHOT_BASE_SIP_STATUS_H
#define EARSHOT_BASE_SIP_STATUS_H

#include <stdint.h>

/* "Busy Here" of 486 (RFC 3261 section 21 and later ones); NULL for a status that none of them defines. */
const char *es_sip_status_phrase(uint32_t status);

#endif
