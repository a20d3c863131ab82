/* SPDX-License-Identifier: Apache-2.0 */
/* Gives up what a process no longer needs: user, group, capabilities, the way back. */
#ifndef EARSHOT_RUNTIME_RIGHTS_H
#define EARSHOT_RUNTIME_RIGHTS_H

#include "earshot/error.h"

#include <stdbool.h>
#include <stddef.h>

struct es_rights {
	const char *user;         /* NULL: stay; ignored unless started as root */
	const char *group;        /* NULL: the user's own */
	const char *capabilities; /* kept ones as "net_raw,net_admin"; NULL or "" = none */
};

enum { ES_RIGHTS_TEXT_MAX = 256 };

/*
 * Changes user and group (supplementary groups are emptied), leaves only the named capabilities in
 * the effective and permitted sets, empties inheritable, ambient and bounding sets, sets
 * no_new_privs, forbids core dumps and being traced. Keeps PR_SET_PDEATHSIG. Checks afterwards that it holds.
 * Call once, before the first byte from outside is read. On error the process must end: rights are
 * half dropped. ES_ENOTFOUND (user, group, capability), ES_EDENIED; error says which and why.
 */
int es_rights_drop(const struct es_rights *want, char *error, size_t error_cap);

/* Whether this process may use the capability now, "net_raw". */
bool es_rights_has(const char *capability);

/*
 * After es_rights_drop: from now on no file grows by what this process writes, it starts no process, and it has no
 * descriptor above n_files that it does not have yet. ES_EDENIED.
 */
int es_rights_confine(unsigned n_files);

/*
 * For root, who is to write into a directory of another user: takes that user's rights instead, as es_rights_drop does,
 * so that no name which that user put there leads root elsewhere. Nothing happens where we are not root, or where the
 * directory is root's or missing. ES_ENOTFOUND (the user has no name), ES_EDENIED.
 */
int es_rights_drop_to_owner(const char *dir, char *error, size_t error_cap);

/* Whether es_rights_drop_to_owner would take another user's rights. */
bool es_rights_is_of_another(const char *dir);

/*
 * For a process that keeps its rights: no core dump shows its memory from now on, while its files and
 * those of /proc stay open to itself, as /dev/stdin needs. ES_EDENIED.
 */
int es_rights_forbid_core(void);

/* What is left, for status and health: "uid=995 gid=995 no_new_privs=1 seccomp=0 caps=net_raw". */
void es_rights_text(char out[ES_RIGHTS_TEXT_MAX]);

#endif
