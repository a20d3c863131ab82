/* SPDX-License-Identifier: Apache-2.0 */
/* Comments of configuration files: taken out before libconfuse sees the text. */
#ifndef RUNTIME_OPTIONS_COMMENTS_H
#define RUNTIME_OPTIONS_COMMENTS_H

/*
 * Turns comments into spaces: libconfuse 3.3 counts their lines several times, so that errors behind
 * them would name a wrong place, and it takes none inside lists. Returns NULL, or the comment that
 * has no end.
 */
const char *es_options_blank_comments(char *text);

#endif
