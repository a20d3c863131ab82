/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files, directories and local users may be relied on: those of root, of the user this process
 * runs as, and of one more user that the configuration names (0: no other).
 */
#ifndef EARSHOT_RUNTIME_TRUST_H
#define EARSHOT_RUNTIME_TRUST_H

#include "earshot/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* One line for people: what is wrong, and the command that mends it. */
enum { ES_TRUST_WHY_MAX = 704 };

/* True for root, this process's effective user, and `also` unless that is 0. */
bool es_trust_user(uid_t uid, uid_t also);

/* A user's number by name or by decimal number. ES_ENOTFOUND. */
int es_trust_find_user(const char *name, uid_t *out);

/*
 * A directory in which nobody else can put or replace a name: it is of a user that is relied on and
 * only its owner may write to it. The same holds for each directory above it; there the sticky bit
 * (/tmp) will do, too, and where a group may write it must be our own. Symbolic links on the way must
 * be of a user that is relied on. ES_EDENIED (why), ES_ENOTFOUND, ES_EIO (why).
 */
int es_trust_dir(const char *path, uid_t also, char why[ES_TRUST_WHY_MAX]);

/* The directory in which a path lies. */
int es_trust_parent(const char *path, uid_t also, char why[ES_TRUST_WHY_MAX]);

/* Makes the directory (mode 0700) and its parents where they are missing, then as es_trust_dir. */
int es_trust_make_dir(const char *path, uid_t also, char why[ES_TRUST_WHY_MAX]);

/*
 * Reads a private key or another secret as es_file_read does, if it is a regular file of a user that
 * is relied on and neither group nor others have any right to it. Each error has its why.
 * ES_EDENIED, ES_ENOTFOUND, ES_EIO, ES_EFULL, ES_ENOMEM.
 */
int es_trust_read_secret(const char *path, size_t cap_bytes, uid_t also, char **text,
    size_t *n_bytes, char why[ES_TRUST_WHY_MAX]);

/*
 * The same for a process that many others depend on: where the mode is too wide but a directory above
 * lets only its owner in, nobody else can read the file. Then the result is 0 and why a warning; else
 * why is empty on success.
 */
int es_trust_read_shut_secret(const char *path, size_t cap_bytes, uid_t also, char **text,
    size_t *n_bytes, char why[ES_TRUST_WHY_MAX]);

#endif
