/* SPDX-License-Identifier: Apache-2.0 */
/* A spooler in a directory of its own, on a loop whose clock the test drives. */
#ifndef TESTS_MADE_SPOOLER_H
#define TESTS_MADE_SPOOLER_H

#include "agent/shipper/spooler.h"
#include "proto/decode.h"
#include "proto/encode.h"
#include "tests/sim/made_loop.h"
#include "tests/sim/made_place.h"
#include "tests/unit/harness.h"

#include <stdlib.h>
#include <sys/stat.h>

static struct {
	struct es_agent_config cfg;
	struct es_loop *loop;
	struct es_spooler *spooler;
	unsigned n_synced;
	struct es_record seen; /* read back last */
	struct es_counter_value values[64];
	uint32_t n_values;
	uint64_t number; /* of IPC, given last */
	uint8_t bytes[ES_RECORD_MAX_BYTES];
	uint8_t arena[ES_ALLOC_BYTES];
} d;

static inline void
on_synced(void *ctx)
{
	if (ctx == &d)
		d.n_synced++;
}

static inline int
start(void)
{
	return es_spooler_new(d.loop, &d.cfg, on_synced, &d, &d.spooler);
}

static inline void
stop(void)
{
	es_spooler_free(d.spooler);
	d.spooler = NULL;
}

/* A directory without a spooler in it. */
static inline bool
prepare(void)
{
	made_clock_reset();
	memset(&d, 0, sizeof(d));
	place_make();
	d.cfg.state_dir = place.dir;
	(void)snprintf(d.cfg.spool_dir, sizeof(d.cfg.spool_dir), "%s", at("spool"));
	(void)snprintf(d.cfg.tenant_key_file, sizeof(d.cfg.tenant_key_file), "%s", at("key"));
	return es_loop_new(&d.loop) == 0;
}

static inline bool
begin(void)
{
	return prepare() && start() == 0;
}

/* False: something was left behind. */
static inline bool
end(void)
{
	unsigned left;

	stop();
	left = made_left(d.loop);
	es_loop_free(d.loop);
	place_remove();
	return left == 0;
}

static inline struct es_record
record_of(enum es_record_type type, const char *id, enum es_state state)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = type;
	r.at = es_time_of_ns(INT64_C(1800000000) * ES_NS_PER_S);
	if (type == ES_REC_CALL) {
		r.u.call.call_id = es_slice_str(id);
		r.u.call.state = state;
	} else {
		r.u.stream.key.ssrc = (uint32_t)strlen(id);
		r.u.stream.key.src.family = r.u.stream.key.dst.family = 4;
		r.u.stream.state = state;
	}
	return r;
}

static inline int
take(enum es_record_type type, const char *id, enum es_state state, bool urgent)
{
	struct es_record r = record_of(type, id, state);
	int n = es_record_encode(&r, d.bytes, sizeof(d.bytes)), err;

	if (n <= 0)
		abort();
	err = es_spooler_take(d.spooler, (struct es_ipc_pair){ 5, d.number + 1 },
	    es_slice_of(d.bytes, (size_t)n), urgent);
	d.number += err == 0;
	es_spooler_settle(d.spooler);
	return err;
}

static inline uint64_t
synced(void)
{
	return es_spool_synced_seq(es_spooler_spool(d.spooler));
}

static inline uint64_t
next(void)
{
	return es_spool_next_seq(es_spooler_spool(d.spooler));
}

static inline void
see(void *ctx, const struct es_record *rec)
{
	(void)ctx;
	d.seen = *rec;
	d.n_values = 0;
	if (rec->type == ES_REC_HEALTH)
		for (; d.n_values < rec->u.health.n_values && d.n_values < 64; d.n_values++)
			d.values[d.n_values] = rec->u.health.values[d.n_values];
}

/* The record of this number into d.seen. */
static inline bool
read_back(uint64_t seq)
{
	static uint8_t bytes[ES_SPOOL_PAYLOAD_MAX];
	struct es_spool_entry e;
	struct es_alloc alloc;

	es_alloc_init(&alloc, d.arena, sizeof(d.arena));
	return es_spool_next(es_spooler_spool(d.spooler), seq - 1, &e, bytes) == 0 &&
	       e.seq == seq &&
	       es_record_decode(es_slice_of(bytes, e.n_bytes), &alloc, see, NULL) == 1;
}

static inline uint64_t
value_of(unsigned counter)
{
	for (uint32_t i = 0; i < d.n_values; i++)
		if (d.values[i].counter == counter)
			return d.values[i].value;
	return 0;
}

/* How many bytes the saved table of what is open has; 0: there is no such file. */
static inline size_t
saved_bytes(void)
{
	struct stat st;

	return stat(at("open"), &st) == 0 ? (size_t)st.st_size : 0;
}

#endif
