/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the holder of a certificate of our CA is let in. Each renewal raises the generation, which the certificate
 * itself states:
 *
 *     the key we know                        admitted
 *     the key of the certificate that was    admitted; from now on it is the key we know, and the one before is old
 *     issued last
 *     a generation above all we issued       admitted, likewise: our database was restored from an older backup
 *     any other of an agent we know          a clone: the agent has used a newer one since
 *
 * A newer key becomes the key we know at the Hello, not at the handshake: before it says Hello the agent has written down
 * that it may be known by that key, and never connects with the one before again (agent/shipper/certificate.h).
 */
#ifndef COLLECTOR_INGEST_ADMISSION_H
#define COLLECTOR_INGEST_ADMISSION_H

#include "collector/ingest/ingest.h"
#include "runtime/crypto/tls.h"

enum es_admission { ES_ADMITTED, ES_NOT_KNOWN, ES_IS_DISABLED, ES_IS_CLONE };

/*
 * 0 and *how, or a code of store.h. now: wall clock. *agent is that of the certificate, id 0 where it is not known.
 * has_hello: a new generation is stored before it returns, and what is open of the group is committed for that.
 */
int es_admit(struct es_ingest *in, const struct es_tls_peer *peer, es_time now, bool has_hello,
    struct es_agent *agent, enum es_admission *how);

/* What an agent that is not admitted is answered. */
enum es_nack_code es_admission_nack(enum es_admission how);
const char *es_admission_text(enum es_admission how); /* a constant */

#endif
