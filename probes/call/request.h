/* SPDX-License-Identifier: Apache-2.0 */
/* A request within a call. Each side numbers its own (RFC 3261 section 12.2.1.1): two may have one number. */
#ifndef EARSHOT_CALL_REQUEST_H
#define EARSHOT_CALL_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

struct es_request {
	uint32_t cseq;
	uint8_t side; /* that sent it */
};

static inline bool
es_request_eq(const struct es_request *a, const struct es_request *b)
{
	return a->cseq == b->cseq && a->side == b->side;
}

#endif
