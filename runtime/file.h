/* SPDX-License-Identifier: Apache-2.0 */
/* Small files, whole: configuration, keys, certificates, state. */
#ifndef EARSHOT_RUNTIME_FILE_H
#define EARSHOT_RUNTIME_FILE_H

#include "earshot/error.h"
#include "earshot/slice.h"

#include <limits.h>
#include <sys/types.h>

enum es_file_kind {
	ES_FILE_REGULAR, /* anything else is refused: it could keep the process waiting for ever */
	ES_FILE_ANY, /* a pipe, a device or "-" too, for which a command waits as long as its user does */
};

/* Opens it for reading. A descriptor, ES_EIO (see errno), ES_EUNSUPPORTED (no regular file). */
int es_file_open(const char *path, enum es_file_kind kind);

/* What these functions refused, in words; errno as they left it. */
const char *es_file_why(int err);

/*
 * Reads a whole regular file of at most cap_bytes. *text is given (free it), NUL-terminated behind its n_bytes.
 * ES_EIO (see errno), ES_EUNSUPPORTED (no regular file), ES_EFULL (longer than cap_bytes), ES_ENOMEM.
 */
int es_file_read(const char *path, size_t cap_bytes, char **text, size_t *n_bytes);
int es_file_read_as(enum es_file_kind kind, const char *path, size_t cap_bytes, char **text,
    size_t *n_bytes); /* the same of another kind */
/* The same from the current offset of an open file. */
int es_file_read_fd(int fd, size_t cap_bytes, char **text, size_t *n_bytes);

/*
 * Replaces a file as a whole: a temporary name in the same directory (never through a symbolic link), write,
 * fsync, rename, fsync of the directory. After a power cut there is the old content or the new.
 * ES_EIO (see errno), ES_EINVALID (path too long).
 */
int es_file_write(const char *path, es_slice content, mode_t mode);

/*
 * The two halves of es_file_write, for files that belong together: all are staged (written and synced
 * under temporary names; a full disk shows here), then each is committed, or all are discarded and
 * the old ones stay. Errors as above.
 */
int es_file_stage(const char *path, es_slice content, mode_t mode);
int es_file_commit(const char *path);
void es_file_discard(const char *path); /* of what was staged; nothing there is fine */

/* Renames within one directory and syncs it: after a power cut there is the one name or the other. Errors as above. */
int es_file_rename(const char *from, const char *to);

/* The directory in which a path lies. ES_EINVALID (path too long). */
int es_file_parent(const char *path, char out[PATH_MAX]);

/* Makes a directory and its missing parents; those made get mode. An existing one is fine. ES_EIO. */
int es_dir_make(const char *path, mode_t mode);

#endif
