/* SPDX-License-Identifier: Apache-2.0 */
/* A spool on a disk in memory, and a ledger of what it accepted. */
#ifndef TESTS_SPOOL_RIG_H
#define TESTS_SPOOL_RIG_H

#include "agent/spool/spool.h"
#include "tests/unit/memdisk.h"

enum { LEDGER = 512 };

/* What was accepted under each number, and what may have been sent. */
struct rig {
	struct memdisk mem;
	struct es_disk disk;
	struct es_spool_config cfg;
	struct es_spool *spool;
	uint64_t random;
	uint64_t payload_id;
	uint64_t ids[LEDGER]; /* by number; 0: none */
	uint64_t reported[ES_LOSS_REFUSED + 1];
	uint64_t reported_first, reported_last;
	int report_with;
	struct es_spool_clock clock; /* kept right, of one boot, until a test says other */
};

void rig_init(struct rig *r);
void rig_done(struct rig *r);
es_time rig_sec(int64_t s);
uint64_t rig_epoch_of(const struct es_spool *s);
int rig_append(struct rig *r, int64_t at_s);

/*
 * Reads everything above `after`: numbers rise, every payload is the one accepted under its number.
 * Returns how many, or -1.
 */
int rig_read(struct rig *r, uint64_t after, uint64_t *last);

#endif
