/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for decoding: a fixed arena, also in the shape protobuf-c wants. A hostile message that
 * would grow (protobuf-c multiplies empty sub-messages by 88) meets the end of the arena and is
 * refused; nothing leaks, everything goes with es_alloc_reset.
 */
#ifndef EARSHOT_PROTO_ALLOC_H
#define EARSHOT_PROTO_ALLOC_H

#include "earshot/error.h"

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

struct es_alloc {
	uint8_t *base;
	size_t cap_bytes;
	size_t used_bytes;
	size_t last;        /* offset of the latest block: freeing it gives its bytes back */
	uint64_t n_refused; /* requests beyond the cap */
	ProtobufCAllocator pb;
};

/* buf is kept. ES_ALLOC_BYTES is what one frame may need: 8 times its size. */
enum { ES_ALLOC_BYTES = 8 * (256 << 10) };
void es_alloc_init(struct es_alloc *a, void *buf, size_t cap_bytes);

/* Aligned for any type; NULL beyond the cap. */
void *es_alloc_take(struct es_alloc *a, size_t n_bytes);

/* All blocks are dead afterwards. */
void es_alloc_reset(struct es_alloc *a);

#endif
