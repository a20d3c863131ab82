/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the spool that says Hello is the one that delivered what is stored under its epoch. */
#include "collector/ingest/another_spool.h"

#include <stddef.h>

const char *
es_another_spool(const struct es_hello *h, uint64_t through, uint64_t digest)
{
	if (h->next_seq <= through)
		return "next_seq is not above what was acknowledged";
	if (h->has_sent_seq && digest == 0 &&
	    through > h->sent_seq) /* else the agent can compare the record */
		return "more is stored than this spool ever sent";
	if (digest != 0 && h->proof_digest != 0 && h->proof_seq == through &&
	    h->proof_digest != digest)
		return "another record is stored under the same number";
	return NULL;
}
