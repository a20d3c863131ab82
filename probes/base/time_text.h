/* SPDX-License-Identifier: Apache-2.0 */
/* Instants as text, RFC 3339 in UTC with microseconds: "2026-01-01T00:00:00.000000Z". */
#ifndef EARSHOT_BASE_TIME_TEXT_H
#define EARSHOT_BASE_TIME_TEXT_H

#include "earshot/error.h"
#include "earshot/slice.h"
#include "earshot/time.h"

enum { ES_TIME_TEXT_BYTES = 27 }; /* always exactly, no NUL */

/* Nanoseconds below a microsecond are cut off, towards the past. */
void es_time_text(es_time t, char out[ES_TIME_TEXT_BYTES]);

/*
 * Reads the same, with 0 to 9 digits of a second's fraction; the zone must be Z.
 * ES_EMALFORMED: not of this form, or no such date. A leap second is read as the one after it.
 */
int es_time_parse(es_slice text, es_time *out);

#endif
