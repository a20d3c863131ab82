/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens records of TLS for an engine (es_tls_opener) with the secrets of a key log, by mbedtls. Keys
 * lie in memory of this process only and are wiped when their connection ends. One per key log, used by
 * one thread; it outlives the engines it serves.
 */
#ifndef AGENT_TLS_READER_H
#define AGENT_TLS_READER_H

#include "agent/keylog.h"
#include "earshot/engine.h"

enum { ES_TLS_READER_CONNECTIONS_MAX = 8192 };

struct es_tls_reader;

/* log: kept. *out given. ES_ENOMEM. */
int es_tls_reader_new(struct es_keylog *log, struct es_tls_reader **out);
void es_tls_reader_free(struct es_tls_reader *r); /* NULL is fine */

/* For es_config. */
struct es_tls_opener es_tls_reader_opener(struct es_tls_reader *r);

#endif
