/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate of an agent, from a request. */
#include "collector/ingest/issue.h"

#include <stdio.h>

int
es_issue(const struct es_ingest *in, es_slice csr_der, const char *cn, uint32_t generation,
    es_time now, struct es_issued *out)
{
	struct es_pki_issue want = { .ca_key = in->authority.key,
		.ca_pem = in->authority.pem,
		.csr_der = csr_der,
		.name = cn,
		.usage = ES_PKI_CLIENT,
		.generation = generation,
		.from = es_time_add(now, -(int64_t)ES_PKI_EARLY_S * ES_NS_PER_S),
		.to = es_time_add(now, in->cfg->agent_validity_ms * ES_NS_PER_MS) };
	int err = es_pki_issue(&want, out->certificate);
	size_t n;

	if (err == 0)
		err = es_pki_read_cert(out->certificate, &out->facts);
	if (err < 0)
		return err;
	n = strlen(out->certificate);
	(void)snprintf(out->certificate + n, sizeof(out->certificate) - n, "%s", in->authority.pem);
	return 0;
}
