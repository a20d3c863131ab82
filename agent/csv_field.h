/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A value of JSON as a field of CSV, RFC 4180, that no spreadsheet takes for a formula, whether it splits a line at
 * commas or, as where the comma is the decimal mark, at semicolons; then a cell may begin within a field.
 *
 * Where a text, or what follows a semicolon in it, begins with any blanks, quotes and apostrophes and then one of = + - @
 * or their full-width forms, an apostrophe is put before these. A text that begins as a telephone number does, + or -
 * and digits up to its end or an @, is no formula. So a reader has the text back when it takes one apostrophe away
 * wherever such a place begins with one.
 */
#ifndef AGENT_CSV_FIELD_H
#define AGENT_CSV_FIELD_H

#include "earshot/slice.h"

#include <stdio.h>

/*
 * json: a text with its quotes, a list, a number or a word; empty: not known. A text is written without the escapes of
 * quotes and backslashes; other control characters, the tab among them, stay escaped. Characters that turn the direction
 * of a line are replaced by U+FFFD.
 */
void es_csv_field_put(es_slice json, FILE *to);

#endif
