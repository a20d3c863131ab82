/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of one call in one space. */
#include "probes/call/calltext.h"

#include <string.h>

bool
es_calltext_set(struct es_calltext *t, enum es_calltext_key key, es_slice text)
{
	if (t->n[key] > 0 || text.n == 0)
		return true;
	if (text.n > ES_CALL_KEY_MAX_BYTES || text.n > sizeof(t->bytes) - t->used)
		return false;
	memcpy(t->bytes + t->used, text.p, text.n);
	t->at[key] = t->used;
	t->n[key] = (uint8_t)text.n;
	t->used = (uint16_t)(t->used + text.n);
	return true;
}
