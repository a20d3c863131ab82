/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629) in bytes from outside. */
#ifndef EARSHOT_BASE_UTF8_H
#define EARSHOT_BASE_UTF8_H

#include "earshot/slice.h"

/*
 * Bytes of the well-formed sequence of two to four bytes at the start of s, which is not empty; 0 if there is none,
 * and for ASCII. RFC 3629 section 4: no surrogates, no overlong forms, nothing above U+10FFFF.
 */
size_t es_utf8_bytes(es_slice s);

#endif
