/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has the database open: every process of ours holds DATABASE.lock together with others, and `restore`, which puts
 * another file in its place, alone. The lock goes with the process, whatever ends it.
 */
#ifndef COLLECTOR_STORE_HOLD_H
#define COLLECTOR_STORE_HOLD_H

#include <stdbool.h>
#include <sys/types.h>

enum { ES_HOLD_WHY_MAX = 640 };

/*
 * *fd: the lock, held until it is closed. ES_EAGAIN: another process holds it (alone, or at all where alone is wanted);
 * ES_EIO. why has one line.
 */
int es_hold(const char *database, bool alone, int *fd, char why[ES_HOLD_WHY_MAX]);
/* Whose files next to the database are to be: its owner's, or where it is gone that of its directory. */
void es_hold_owner(const char *database, uid_t *user, gid_t *group);
/*
 * Their mode: of the owner alone, but that the group may read what it may read of the database. Where that is gone: that
 * of a directory which lets its group in, and no others.
 */
mode_t es_hold_mode(const char *database);
/* Gives one of them, which is ours, that mode. ES_EIO. */
int es_hold_share(int fd, const char *database);

#endif
