/* SPDX-License-Identifier: Apache-2.0 */
/* Rows in a temporary file. */
#include "agent/output/read_later.h"

#include "earshot/error.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

/* Its name is gone before anything is written to it. tmpfile does not look at TMPDIR. */
static FILE *
open_unnamed(void)
{
	const char *dir = getenv("TMPDIR");
	char path[PATH_MAX];
	FILE *file;
	int fd;

	if (snprintf(path, sizeof(path), "%s/earshot.XXXXXX",
		dir == NULL || *dir == '\0' ? "/tmp" : dir) >= (int)sizeof(path))
		return NULL;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return NULL;
	(void)unlink(path); /* just made */
	file = fdopen(fd, "w+");
	if (file == NULL)
		(void)close(fd);
	return file;
}

int
es_later_put(struct es_later *l, const struct es_later_row *row, const char *text)
{
	if (l->file == NULL)
		l->file = open_unnamed();
	if (l->file == NULL || fwrite(row, sizeof(*row), 1, l->file) != 1 ||
	    fwrite(text, 1, row->text_bytes, l->file) != row->text_bytes)
		return ES_EFULL;
	return 0;
}

int
es_later_rewind(struct es_later *l)
{
	if (l->file == NULL)
		return 0;
	return fflush(l->file) != 0 || fseek(l->file, 0, SEEK_SET) != 0 ? ES_EFULL : 0;
}

int
es_later_next(struct es_later *l, struct es_later_row *row, char **text)
{
	if (l->file == NULL)
		return ES_EEOF;
	if (fread(row, sizeof(*row), 1, l->file) != 1)
		return ferror(l->file) ? ES_EIO : ES_EEOF;
	*text = malloc(row->text_bytes + 1);
	if (*text == NULL)
		return ES_ENOMEM;
	if (fread(*text, 1, row->text_bytes, l->file) != row->text_bytes) {
		free(*text);
		return ES_EIO;
	}
	(*text)[row->text_bytes] = '\0';
	return 0;
}

void
es_later_free(struct es_later *l)
{
	if (l->file != NULL)
		(void)fclose(l->file); /* removed with it */
	l->file = NULL;
}
