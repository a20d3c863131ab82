/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the spool share: its state, and who offers what to whom. */
#ifndef AGENT_SPOOL_SPOOL_PRIVATE_H
#define AGENT_SPOOL_SPOOL_PRIVATE_H

#include "agent/spool/spool.h"

enum {
	SPOOL_SEGMENTS_MAX = 4096,
	SPOOL_NAME_MAX = 32,
	SPOOL_WINDOW_BYTES = ES_SPOOL_ENTRY_BYTES + ES_SPOOL_PAYLOAD_MAX,
	SPOOL_QUARANTINE_MAX = 3,
	SPOOL_TRIES = 10, /* of an operation that a passing fault may refuse */
	SPOOL_REASONS = ES_LOSS_REFUSED + 1,
};

struct spool_segment {
	uint64_t serial; /* names the file */
	uint64_t first_seq;
	uint64_t last_seq; /* first_seq - 1: empty */
	uint64_t n_bytes;  /* up to the end of its last good record */
	es_time oldest;    /* wall clock at creation and at the last append */
	es_time newest;
};

/* A stretch of a file in memory, moved forward as it is read. */
struct spool_window {
	int file; /* -1: none */
	uint64_t serial;
	uint64_t at; /* file offset of buf[0] */
	size_t n;
	uint8_t *buf;    /* SPOOL_WINDOW_BYTES */
	uint64_t offset; /* where the next record is looked for */
	uint64_t seq;    /* the last one returned */
};

struct es_spool {
	struct es_spool_config cfg;
	const struct es_disk *disk;
	uint64_t salt;
	uint64_t epoch;
	uint64_t next_seq;
	uint64_t synced_seq;
	uint64_t acked_seq;
	uint64_t reported_seq; /* damage up to here was reported */
	struct es_hop_pair hop;
	struct spool_segment *segments; /* oldest first; the last one is written to */
	uint32_t n_segments;
	uint64_t next_serial;
	int file;            /* of the last segment; -1 after an error */
	uint64_t synced_end; /* its bytes known to be on disk */
	uint8_t *unsynced; /* the bytes behind them, to be written again elsewhere if sync fails */
	size_t n_unsynced;
	size_t cap_unsynced;
	struct spool_window reader;
	uint32_t read_failures; /* in a row */
	uint64_t generation;    /* of the cursor slot written last */
	bool cursor_dirty;
	struct es_loss pending[SPOOL_REASONS]; /* count 0: nothing to tell */
	struct es_spool_stats stats;
};

void es_spool_name(uint64_t serial, char out[SPOOL_NAME_MAX]);
struct spool_segment *es_spool_active(struct es_spool *s);

/* Writes all of it, or says why not. */
int es_spool_write_all(const struct es_disk *d, int file, const uint8_t *p, size_t n, uint64_t at);

/* A new last segment that begins with what is unsynced; it is synced before it gets its name. */
int es_spool_roll(struct es_spool *s, es_time now);

/* spool_cursor.c */
int es_spool_cursor_load(struct es_spool *s, struct es_spool_slot *out);
void es_spool_cursor_write(struct es_spool *s, bool sync);

/*
 * spool_read.c: the next valid record at or behind w->offset and before end; ES_EAGAIN: none is left,
 * ES_EIO: the disk would not read. passed_over: bytes that are no record.
 */
int es_spool_window_next(struct es_spool *s, struct spool_window *w, uint64_t end,
    struct es_spool_entry *out, const uint8_t **payload, uint64_t *passed_over);
void es_spool_window_close(struct es_spool *s, struct spool_window *w);

/* spool_quota.c: tell hands losses to the lost callback, which may refuse: they are kept until then. */
void es_spool_tell(struct es_spool *s);
void es_spool_quota(struct es_spool *s, es_time now);
/* Removes the oldest segment but never the last one; false when there is none to give. */
bool es_spool_drop_oldest(struct es_spool *s, enum es_loss_reason reason);
void es_spool_forget_acked(struct es_spool *s);
/* Records first..last are damaged; reported once. */
void es_spool_damage(struct es_spool *s, uint64_t first, uint64_t last, es_time from, es_time to);

#endif
