/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text from outside for people's eyes, character by character. A terminal obeys control characters, and others turn the
 * direction of a line or cannot be seen: each is shown as one '?', and so is what is no UTF-8, or no ASCII where the
 * locale has no UTF-8.
 */
#ifndef RUNTIME_SHOWN_TEXT_H
#define RUNTIME_SHOWN_TEXT_H

#include "earshot/slice.h"

#include <stdio.h>

struct es_shown_char {
	size_t n_bytes;
	int columns;  /* that it takes: 0, 1 or 2 */
	bool is_fine; /* false: a '?' takes its place */
};

/* The first character of a text that is not empty. */
struct es_shown_char es_shown_text_next(es_slice text, bool is_utf8);

/* Writes the first character of a text, which is c, or what takes its place; returns the text behind it. */
es_slice es_shown_text_put(es_slice text, struct es_shown_char c, FILE *to);

/* Of all of it. */
size_t es_shown_text_columns(es_slice text, bool is_utf8);

/* Whether the locale of the environment has UTF-8. */
bool es_shown_text_is_utf8(void);

#endif
