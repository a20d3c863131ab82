/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that SDP has in clear (a=crypto, RFC 4568), handed to the code that decrypts. Only their numbers are kept
 * here; the bytes are wiped before the function that read them returns.
 */
#ifndef EARSHOT_CALL_SRTP_KEYS_H
#define EARSHOT_CALL_SRTP_KEYS_H

#include "probes/call/media_table.h"
#include "probes/wire/sip/sdp.h"

/* Reads from a media line the keys with which the owner of m may encrypt. Does nothing without es_keys. */
void es_srtp_keys_learn(
    struct es_context *c, struct es_media *m, uint8_t line, const struct es_sdp_media *from);

/* The answer took the a=crypto line with this tag: the other keys of the media line are given up. */
void es_srtp_keys_chosen(struct es_context *c, struct es_media *m, uint8_t line, uint32_t tag);

/* Gives up all keys of an address, or of all. */
void es_srtp_keys_forget(struct es_context *c, struct es_media *m);
void es_srtp_keys_forget_all(struct es_context *c, struct es_media_table *all);

/* Reads base64 (RFC 4648, padding optional) of exactly n bytes. ES_EMALFORMED. */
int es_srtp_keys_base64(es_slice text, uint8_t *out, size_t n);

#endif
