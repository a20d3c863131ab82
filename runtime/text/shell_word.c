/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a command, quoted. */
#include "runtime/text/shell_word.h"

#include <string.h>

#define PLAIN                                                            \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" \
	"%+,-./:=@_"

void
es_shell_word(const char *text, FILE *to)
{
	if (text[0] != '\0' && text[strspn(text, PLAIN)] == '\0') {
		fputs(text, to);
		return;
	}
	fputc('\'', to);
	for (; *text != '\0'; text++)
		if (*text == '\'')
			fputs(
			    "'\\''", to); /* out of the quotes, the quote itself, into them again */
		else
			fputc(*text, to);
	fputc('\'', to);
}
