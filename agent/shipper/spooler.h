/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shipper's spooler: decides what is written to the spool, and when it is synced. Records of the sensor pass the
 * sanitizer, records of our own (host, health, losses, gaps) are encoded here; syncs are put together.
 */
#ifndef AGENT_SHIPPER_SPOOLER_H
#define AGENT_SHIPPER_SPOOLER_H

#include "agent/agent_config.h"
#include "agent/shipper/sanitizer.h"
#include "agent/shipper/sensor_health.h"
#include "agent/spool/spool.h"
#include "runtime/loop/loop.h"

struct es_spooler;

/*
 * Opens the spool and the table of what is open below the configured state directory; cfg is kept. synced is called
 * when more records may be sent. 0 and *out, to be freed by es_spooler_free; another code was logged with its cause.
 */
int es_spooler_new(struct es_loop *loop, const struct es_agent_config *cfg,
    void (*synced)(void *ctx), void *ctx, struct es_spooler **out);
void es_spooler_free(struct es_spooler *st); /* syncs; NULL is fine */

/* The limits of the configuration that is in force, which have changed. */
void es_spooler_limit(struct es_spooler *st);

/* The spool inside, borrowed: lives as long as the spooler. */
struct es_spool *es_spooler_spool(struct es_spooler *st);

/*
 * Sanitizes and appends one record of the sensor, borrowed until it returns. 0: stored, or counted as lost because it
 * cannot be decoded or the quota leaves no room for it. Not 0: the disk refused it; it must come again. urgent: synced by
 * the next es_spooler_settle.
 */
int es_spooler_take(struct es_spooler *st, struct es_ipc_pair pair, es_slice bytes, bool urgent);

/* The stream that was in progress by the last record of one; src.family 0: none yet. */
struct es_stream_key es_spooler_stream(const struct es_spooler *st);

/*
 * Appends one record of our own, not urgent. If the disk refuses it, it is lost: counted and reported by a loss
 * record.
 */
void es_spooler_put(struct es_spooler *st, const struct es_record *rec);

/* The sensor died: stores a record with a gap for everything open (es_open_gap). gap_ms 0: not known. */
void es_spooler_gap(struct es_spooler *st, uint32_t gap_ms);
/* True: something is open, and a record was stored since the last es_spooler_gap. */
bool es_spooler_has_open(const struct es_spooler *st);

/* Once a minute: quotas, cursor, health. */
void es_spooler_minute(struct es_spooler *st);

/* Syncs now what is urgent, else within a second. After each round of input. */
void es_spooler_settle(struct es_spooler *st);

struct es_spooler_status {
	struct es_spool_stats spool;
	uint32_t open_streams;
	uint32_t open_calls;
	uint64_t refused; /* records of the sensor that could not be decoded */
	struct es_sensor_health sensor;
};
struct es_spooler_status es_spooler_status(const struct es_spooler *st);

#endif
