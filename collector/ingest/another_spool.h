/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the spool that says Hello is the one that delivered what is stored under its epoch. */
#ifndef COLLECTOR_INGEST_ANOTHER_SPOOL_H
#define COLLECTOR_INGEST_ANOTHER_SPOOL_H

#include "proto/envelope.h"

/*
 * Why it is another one, a constant; NULL: it is that one. through: the last number that is stored, 0 for none; digest:
 * of the record stored under it, 0 where it is not known.
 */
const char *es_another_spool(const struct es_hello *h, uint64_t through, uint64_t digest);

#endif
