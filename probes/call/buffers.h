/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receivers that are known to have an adaptive de-jitter buffer: products, by their User-Agent or Server;
 * WebRTC, by its transport. The table has only what makers document.
 */
#ifndef EARSHOT_CALL_BUFFERS_H
#define EARSHOT_CALL_BUFFERS_H

#include "earshot/record.h"

#include <stdbool.h>

/* By the product; text: User-Agent or Server. ES_RECEIVER_BY_AGENT, ES_RECEIVER_BY_NOBODY. */
enum es_receiver_by es_buffer_of_product(es_slice text);

/*
 * By the class: keys by DTLS and a way by ICE, both mandatory, make it an endpoint of WebRTC (RFC 8834,
 * RFC 8835). ES_RECEIVER_BY_CLASS, ES_RECEIVER_BY_NOBODY.
 */
enum es_receiver_by es_buffer_of_class(bool has_fingerprint, bool has_ice);

#endif
