/* SPDX-License-Identifier: Apache-2.0 */
/* Width of the output, from the environment or the terminal. */
#include "runtime/columns.h"

#include "probes/base/text.h"

#include <stdlib.h>
#include <sys/ioctl.h>

int
es_columns_of(int fd)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;
	uint32_t n = 0;

	if ((text == NULL || es_text_u32(es_slice_str(text), UINT32_MAX, &n) != 0) &&
	    ioctl(fd, TIOCGWINSZ, &size) == 0)
		n = size.ws_col;
	if (n == 0)
		return ES_COLUMNS_USUAL;
	if (n > ES_COLUMNS_MAX)
		return ES_COLUMNS_MAX;
	return n < ES_COLUMNS_MIN ? ES_COLUMNS_MIN : (int)n;
}
