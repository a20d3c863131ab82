/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decrypts SRTCP and authenticates SRTP with keys an engine found in SDP (es_keys), by libsrtp. Keys lie
 * in memory of this process only, are wiped when they are closed, and appear in no log. One per process, used by one
 * thread; it outlives the engines it serves.
 */
#ifndef AGENT_SRTP_H
#define AGENT_SRTP_H

#include "earshot/engine.h"

enum { ES_SRTP_KEYS_MAX = 8192 };

struct es_srtp;

/* *out given. ES_ENOMEM, ES_EIO: libsrtp does not start. */
int es_srtp_new(struct es_srtp **out);
void es_srtp_free(struct es_srtp *s); /* NULL is fine */

/* For es_config. */
struct es_keys es_srtp_callbacks(struct es_srtp *s);

#endif
