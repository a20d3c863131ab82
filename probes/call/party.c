/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping texts of SIP. */
#include "probes/call/party.h"

#include <string.h>

uint8_t
es_party_keep(char *to, size_t max, es_slice text)
{
	size_t n = text.n < max ? text.n : max;

	if (n > 0)
		memcpy(to, text.p, n);
	return (uint8_t)n;
}

uint8_t
es_party_text(const struct es_sip_party *p, char *to, size_t max)
{
	size_t n = es_party_keep(to, max, p->user);

	if (n > 0 && n < max && p->host.n > 0)
		to[n++] = '@';
	return (uint8_t)(n + es_party_keep(to + n, max - n, p->host));
}
