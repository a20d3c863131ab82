/* SPDX-License-Identifier: Apache-2.0 */
/* What environment, terminal and locale say of the place that tables are printed to. */
#include "agent/output/read_style.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A locale of its own: isprint and its kin stay those of ASCII. */
static bool
is_utf8(void)
{
	locale_t of_environment = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool is;

	if (of_environment == (locale_t)0)
		return false;
	is = strcmp(nl_langinfo_l(CODESET, of_environment), "UTF-8") == 0;
	freelocale(of_environment);
	return is;
}

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
	return (struct es_read_style){ columns, is_wide, is_utf8(), is_coloured(fd) };
}
