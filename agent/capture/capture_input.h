/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a capture file in order, gzip unpacked on the way, seen through a sliding window. */
#ifndef AGENT_CAPTURE_CAPTURE_INPUT_H
#define AGENT_CAPTURE_CAPTURE_INPUT_H

#include "earshot/error.h"
#include "earshot/slice.h"

#include "runtime/file.h"

#include <zlib.h>

enum { ES_INPUT_WINDOW_BYTES = 256 * 1024 };

struct es_input {
	gzFile gz;
	uint8_t *window;
	size_t from; /* first byte not yet consumed */
	size_t to;
	uint64_t file_bytes; /* as it lies on disk; 0: not known, as of a pipe */
	uint64_t offset;     /* of window[from] in the unpacked file */
	bool is_secret;      /* something was wiped */
	int end;         /* 0, or why nothing more comes: ES_EEOF, ES_ECUT, ES_EMALFORMED, ES_EIO */
	const char *why; /* with the last three, a constant or the system's text */
};

/* Of any kind "-" is standard input. 0, an error of es_file_open or ES_ENOMEM. */
int es_input_open(struct es_input *in, const char *path, enum es_file_kind kind);

/*
 * Shows the next n bytes, n <= ES_INPUT_WINDOW_BYTES, without consuming them; borrowed until the
 * next call. 0, or in->end with *out the fewer bytes that are left.
 */
int es_input_peek(struct es_input *in, size_t n, es_slice *out);

/* Consumes n bytes, peeked or not. 0, or in->end when fewer are left. */
int es_input_skip(struct es_input *in, uint64_t n);

/* The next n bytes, peeked, are wiped; so is what else the window held, when it closes. */
void es_input_wipe(struct es_input *in, size_t n);

/* Bytes of the file, compressed as it may be, that were read so far. */
uint64_t es_input_position(const struct es_input *in);

/* A zeroed or closed input is fine. */
void es_input_close(struct es_input *in);

#endif
