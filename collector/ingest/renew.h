/* SPDX-License-Identifier: Apache-2.0 */
/* Renewal: an agent asks on its data connection for a certificate of a new key. */
#ifndef COLLECTOR_INGEST_RENEW_H
#define COLLECTOR_INGEST_RENEW_H

#include "collector/ingest/issue.h"
#include "proto/envelope.h"

/*
 * Issues the next generation and stores that it did; the certificate that the agent has stays valid until the new one
 * is seen (admission.h). agent: as the connection knows it; it is refused where it was disabled or enrolled since.
 * now: wall clock. reply is a certificate with the CAs to trust, or a reason; its slices point
 * into *issued and *in.
 */
void es_renew_decide(struct es_ingest *in, const struct es_agent *agent, es_slice csr_der,
    es_time now, struct es_issued *issued, struct es_renew_reply *reply);

#endif
