/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is known to have an adaptive de-jitter buffer, so that the default is no guess: products, by
 * what User-Agent or Server says; WebRTC, by the way its media goes. Only what its maker documents is
 * in the table.
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
