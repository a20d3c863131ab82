/* SPDX-License-Identifier: Apache-2.0 */
/* What environment, terminal and locale say of the place that tables are printed to. */
#include "agent/output/read_style.h"

#include "runtime/shown_text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An empty NO_COLOR counts as unset: no-color.org. */
static bool
is_coloured(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fd) && (no == NULL || *no == '\0') && term != NULL &&
	       strcmp(term, "dumb") != 0;
}

struct es_read_style
es_read_style_of(int fd, int columns, bool is_wide)
{
	return (struct es_read_style){ columns, is_wide, es_shown_text_is_utf8(), is_coloured(fd) };
}
