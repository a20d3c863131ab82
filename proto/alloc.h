/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for decoding: an arena, also in the shape protobuf-c wants. A hostile message that would
 * grow (protobuf-c multiplies empty sub-messages by 88) reaches the end of the arena and is refused;
 * nothing leaks, everything goes with es_alloc_reset.
 */
#ifndef EARSHOT_PROTO_ALLOC_H
#define EARSHOT_PROTO_ALLOC_H

#include "probes/base/arena.h"

#include <protobuf-c/protobuf-c.h>

struct es_alloc {
	struct es_arena arena;
	void *last;    /* block protobuf-c took last: freeing it gives its bytes back */
	size_t before; /* marks of the arena around that block */
	size_t behind;
	ProtobufCAllocator pb;
};

/* What one frame may need: 8 times its size. */
enum { ES_ALLOC_BYTES = 8 * (256 << 10) };

/* With memory of its own, ES_ENOMEM, or in buf, which is kept. The struct must not move. */
int es_alloc_new(struct es_alloc *a, size_t cap_bytes);
void es_alloc_init(struct es_alloc *a, void *buf, size_t cap_bytes);
void es_alloc_free(struct es_alloc *a); /* a zeroed one is fine */

/* All blocks are dead afterwards. */
void es_alloc_reset(struct es_alloc *a);

#endif
