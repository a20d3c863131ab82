/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk in memory for tests of the spool: it can be full, refuse an operation, write short, and
 * lose power at any operation. What was not synced is then kept, lost or torn, as the test asks.
 */
#ifndef TESTS_MEMDISK_H
#define TESTS_MEMDISK_H

#include "agent/spool/disk.h"

#include <stdbool.h>

enum { MEMDISK_FILES = 512, MEMDISK_NAMES = 64, MEMDISK_CHANGES = 256 };

enum memdisk_cut { MEMDISK_KEEP_NONE, MEMDISK_KEEP_ALL, MEMDISK_KEEP_SOME };

struct memdisk_file {
	uint8_t *now;
	size_t n_now;
	uint8_t *synced;
	size_t n_synced;
	bool unreadable;    /* until this is taken back: */
	size_t readable_to; /* behind this; 0: it cannot be opened */
	bool suspect;       /* a sync or truncation was refused: what it holds is not known */
};

struct memdisk_name {
	char name[40];
	int file; /* -1: no such name */
};

struct memdisk {
	struct memdisk_file files[MEMDISK_FILES];
	int n_files;
	struct memdisk_name now[MEMDISK_NAMES];
	struct memdisk_name synced[MEMDISK_NAMES];
	struct memdisk_name changes[MEMDISK_CHANGES]; /* since the directory was synced */
	int n_changes;
	uint64_t ops;     /* done so far */
	uint64_t cut_at;  /* from this operation on nothing works; 0: never */
	uint64_t fail_at; /* this operation fails; 0: none */
	uint64_t fail_n;  /* and so many in all */
	int fail_with;
	unsigned n_suspect;   /* writes behind the first bytes of a suspect file */
	size_t write_at_most; /* 0: no limit */
	uint64_t cap_bytes;   /* of all files; 0: no limit */
};

void memdisk_init(struct memdisk *d, struct es_disk *ops);
/* Power comes back: what was not synced is treated as asked, all handles are gone. */
void memdisk_reboot(struct memdisk *d, enum memdisk_cut how, uint64_t *random);
void memdisk_done(struct memdisk *d);
/* All bytes of the files whose names end so outlive a power cut. */
bool memdisk_is_synced(const struct memdisk *d, const char *ext);
/* The file's present bytes, or NULL. */
struct memdisk_file *memdisk_file(struct memdisk *d, const char *name);

#endif
