/* SPDX-License-Identifier: Apache-2.0 */
/* What a function prints of a text. */
#ifndef TESTS_PRINTED_H
#define TESTS_PRINTED_H

#include <stdio.h>
#include <stdlib.h>

/* To be freed. */
static inline char *
printed(void (*print)(const char *text, FILE *to), const char *text)
{
	char *out = NULL;
	size_t n;
	FILE *to = open_memstream(&out, &n);

	if (to == NULL)
		abort();
	print(text, to);
	if (fclose(to) != 0)
		abort();
	return out;
}

#endif
