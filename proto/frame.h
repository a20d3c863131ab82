/* SPDX-License-Identifier: Apache-2.0 */
/* Frames on a byte stream: 4-byte big-endian length, then that many bytes of one Envelope. Pure. */
#ifndef EARSHOT_PROTO_FRAME_H
#define EARSHOT_PROTO_FRAME_H

#include "earshot/error.h"
#include "earshot/slice.h"

enum { ES_FRAME_HEADER_BYTES = 4, ES_FRAME_MAX_BYTES = 256 << 10 }; /* without the length */

/* Writes the length of a frame of n_bytes. ES_EFULL above the limit, ES_EINVALID for 0. */
int es_frame_header(size_t n_bytes, uint8_t out[ES_FRAME_HEADER_BYTES]);

/* Grows up to one frame; a peer that announces more is refused before a byte of it is kept. */
struct es_frame_reader {
	uint8_t *buf;
	size_t cap_bytes; /* of buf now */
	size_t n_bytes;   /* gathered of the present frame, header included */
	es_slice input;   /* not yet consumed, borrowed from es_frame_feed */
	bool done;        /* buf holds a frame that was handed out */
	size_t max_bytes;
	int err; /* sticky */
};

/* max_bytes: 0 = ES_FRAME_MAX_BYTES; smaller for listeners that expect small frames. */
void es_frame_reader_init(struct es_frame_reader *r, size_t max_bytes);

/* Gives the reader bytes of the stream; borrowed until es_frame_next returns ES_ESHORT. */
void es_frame_feed(struct es_frame_reader *r, es_slice bytes);

/*
 * The next whole frame (without its length), valid until the next call on the reader.
 * ES_ESHORT: all input is consumed, more is needed. ES_EMALFORMED: length 0 or above the limit: the
 * connection must end. ES_ENOMEM.
 */
int es_frame_next(struct es_frame_reader *r, es_slice *frame);

/* Bytes of an unfinished frame are waiting: an end of input here is a cut. */
bool es_frame_is_partial(const struct es_frame_reader *r);

/* Frees the buffer and zeroes the reader. */
void es_frame_reader_done(struct es_frame_reader *r);

#endif
