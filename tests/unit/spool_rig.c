/* SPDX-License-Identifier: Apache-2.0 */
/* A spool on a disk in memory, and a ledger of what it accepted. */
#include "tests/unit/spool_rig.h"

#include "tests/unit/harness.h"

static uint64_t
rig_random(void *ctx)
{
	struct rig *r = ctx;

	return (uint64_t)test_random(&r->random) << 32 | test_random(&r->random);
}

static int
rig_lost(void *ctx, const struct es_loss *loss)
{
	struct rig *r = ctx;

	if (r->report_with == 0) {
		r->reported[loss->reason] += loss->count;
		r->reported_first = loss->first_seq;
		r->reported_last = loss->last_seq;
	}
	return r->report_with;
}

static void
rig_clock(void *ctx, struct es_spool_clock *out)
{
	*out = ((struct rig *)ctx)->clock;
}

void
rig_init(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	memdisk_init(&r->mem, &r->disk);
	r->random = 7;
	r->cfg.disk = &r->disk;
	r->cfg.segment_bytes = 1024;
	r->cfg.sync_bytes = 512;
	r->cfg.random = rig_random;
	r->cfg.lost = rig_lost;
	r->cfg.clock = rig_clock;
	r->clock.good = true;
	r->clock.boot = 5;
	r->cfg.ctx = r;
}

void
rig_done(struct rig *r)
{
	es_spool_close(r->spool);
	memdisk_done(&r->mem);
}

uint64_t
rig_epoch_of(const struct es_spool *s)
{
	uint8_t bytes[ES_SPOOL_EPOCH_BYTES];
	uint64_t tail;

	es_spool_epoch(s, bytes);
	memcpy(&tail, bytes + 8, 8);
	return tail;
}

es_time
rig_sec(int64_t s)
{
	return es_time_of_ns((1800000000 + s) * ES_NS_PER_S);
}

int
rig_append(struct rig *r, int64_t at_s)
{
	uint64_t words[16], id = ++r->payload_id, seq = es_spool_next_seq(r->spool);
	struct es_ipc_pair ipc = { 99, id };
	size_t i, n = 1 + (size_t)(id % 12);
	int err;

	for (i = 0; i < 16; i++)
		words[i] = id;
	err = es_spool_append(r->spool, rig_sec(at_s), ipc, es_slice_of(words, n * 8));
	if (err == 0 && seq < LEDGER)
		r->ids[seq] = id;
	return err;
}

int
rig_read(struct rig *r, uint64_t after, uint64_t *last)
{
	static uint8_t buf[ES_SPOOL_PAYLOAD_MAX];
	struct es_spool_entry e;
	uint64_t word;
	uint32_t i;
	int n = 0, err, tries = 0;

	*last = after;
	while ((err = es_spool_next(r->spool, *last, &e, buf)) == 0 ||
	       (err == ES_EIO && tries++ < 20)) {
		if (err != 0)
			continue;
		if (e.seq <= *last || e.seq >= LEDGER || r->ids[e.seq] == 0 || e.n_bytes % 8 != 0)
			return -1;
		for (i = 0; i < e.n_bytes; i += 8) {
			memcpy(&word, buf + i, 8);
			if (word != r->ids[e.seq])
				return -1;
		}
		if (e.ipc.run != 99 || e.ipc.number != r->ids[e.seq])
			return -1;
		*last = e.seq;
		n++;
	}
	return n;
}
