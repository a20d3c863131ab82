/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of a file that was read, so that whoever gets a page can tell whether he has the same captures. */
#ifndef AGENT_REPORT_INPUT_DIGEST_H
#define AGENT_REPORT_INPUT_DIGEST_H

#include "earshot/error.h"

enum { ES_INPUT_DIGEST_TEXT = 65 }; /* bytes, with the NUL */

/* 0, ES_EUNSUPPORTED (not a regular file: it cannot be read again), or ES_EIO. */
int es_input_digest(const char *path, char out[ES_INPUT_DIGEST_TEXT]);

/* The name without its directories, which are nobody's business; "standard input" of "-". */
const char *es_input_digest_name(const char *path);

#endif
