/* SPDX-License-Identifier: Apache-2.0 */
/* What environment, terminal and locale say of the place that tables are printed to. */
#include "agent/output/read_style.h"

#include "probes/base/text.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int
columns_of(int fd)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;
	uint32_t n = 0;

	if ((text == NULL || es_text_u32(es_slice_str(text), UINT32_MAX, &n) != 0) &&
	    ioctl(fd, TIOCGWINSZ, &size) == 0)
		n = size.ws_col;
	if (n == 0)
		return ES_STYLE_COLUMNS;
	if (n > ES_STYLE_COLUMNS_MAX)
		return ES_STYLE_COLUMNS_MAX;
	return n < ES_STYLE_COLUMNS_MIN ? ES_STYLE_COLUMNS_MIN : (int)n;
}

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
es_read_style_of(int fd, bool is_wide)
{
	return (struct es_read_style){ columns_of(fd), is_wide, is_utf8(), is_coloured(fd) };
}
