/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the spool asks of a disk: files of one directory, by name. A table of functions, so that a
 * test can stand in for a disk that is full, broken or cut from power.
 * Results: 0 or a count, else ES_EFULL (no space), ES_ENOTFOUND, ES_EIO (anything else).
 */
#ifndef AGENT_SPOOL_DISK_H
#define AGENT_SPOOL_DISK_H

#include "earshot/error.h"

#include <stddef.h>
#include <stdint.h>

enum es_disk_mode {
	ES_DISK_READ,
	ES_DISK_WRITE,  /* existing file, for reading and writing */
	ES_DISK_CREATE, /* new or emptied, for reading and writing */
};

struct es_disk {
	void *ctx;
	int (*open)(void *ctx, const char *name, enum es_disk_mode mode); /* a handle >= 0 */
	void (*close)(void *ctx, int file);
	/* May transfer less than n bytes, as read and write may; 0 of read is the end of the file. */
	int64_t (*read)(void *ctx, int file, void *to, size_t n_bytes, uint64_t at);
	int64_t (*write)(void *ctx, int file, const void *from, size_t n_bytes, uint64_t at);
	int (*truncate)(void *ctx, int file, uint64_t n_bytes);
	int (*sync)(void *ctx, int file);
	int (*rename)(void *ctx, const char *from, const char *to);
	int (*remove)(void *ctx, const char *name);
	int (*sync_dir)(void *ctx);
	int (*list)(
	    void *ctx, void (*each)(void *arg, const char *name, uint64_t n_bytes), void *arg);
	int64_t (*free_bytes)(void *ctx);
};

struct es_disk_dir; /* a directory of this machine, locked */

/*
 * Makes the directory (0700) where it is missing, locks it and fills ops; *out is given.
 * ES_EAGAIN: another process holds the lock. ES_EIO: see errno.
 */
int es_disk_dir_open(const char *path, struct es_disk *ops, struct es_disk_dir **out);

/* NULL is fine. */
void es_disk_dir_close(struct es_disk_dir *d);

#endif
