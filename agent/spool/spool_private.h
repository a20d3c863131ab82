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
};

struct spool_segment {
	uint64_t serial; /* names the file */
	uint64_t first_seq;
	uint64_t last_seq; /* first_seq - 1: empty */
	uint64_t n_bytes;  /* up to the end of its last good record */
	es_time oldest;    /* wall clock at creation and at the last append */
	es_time newest;
	bool unread;            /* not all of it could be read when this process began */
	bool newest_good;       /* it was read from a clock known to be right */
	int64_t newest_boot_ns; /* of the last append, or when this process found the segment */
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
	struct es_spool_slot slot; /* as it is to be written to the cursor */
	uint64_t next_seq;
	uint64_t reported_seq; /* version 1 had reported the damage up to here */
	bool old_cursor;       /* of version 1: replaced, not overwritten */
	bool amnesia;          /* the cursor was lost: who has what is not known */
	bool full;             /* the disk was, since the spool was last empty */
	bool sending;          /* the collector sent Welcome */
	bool reporting;        /* what is appended now is a loss record */
	bool clock_kept;       /* right, by something on this machine */
	bool clock_agreed;     /* with the collector's */
	es_time opened;
	struct spool_segment *segments; /* oldest first; the last one is written to */
	uint32_t n_segments;
	uint64_t next_serial;
	int file;            /* of the last segment; -1 after an error */
	uint64_t synced_end; /* its bytes known to be on disk */
	uint8_t *unsynced; /* the bytes behind them, to be written again elsewhere if sync fails */
	size_t n_unsynced;
	size_t cap_unsynced;
	struct spool_window reader;
	uint32_t read_failures;   /* in a row */
	uint64_t unreadable_to;   /* numbers up to here were tried often enough; 0: none */
	uint64_t aside_bytes;     /* of files that are not in use */
	uint64_t saved_acked_seq; /* as both files of the cursor have it, on disk */
	bool cursor_dirty;
	bool ledger_dirty;  /* counts changed: both files, synced */
	bool name_unsynced; /* of a file of the cursor */
	struct es_spool_stats stats;
};

void es_spool_name(uint64_t serial, char out[SPOOL_NAME_MAX]);
struct spool_segment *es_spool_active(struct es_spool *s);

/* Writes all bytes. 0, or the disk's error. */
int es_spool_write_all(const struct es_disk *d, int file, const uint8_t *p, size_t n, uint64_t at);

/* A new last segment that begins with what is unsynced; it is synced before it gets its name. */
int es_spool_roll(struct es_spool *s, es_time now);

/*
 * spool_cursor.c: the newer of two files; ES_EMALFORMED: neither is whole. The disk's error: one cannot be
 * read, and could be the newer; the last try takes the other then.
 */
int es_spool_cursor_load(struct es_spool *s, bool is_last_try, struct es_spool_slot *out);
/* Writes one file, which a kill survives, or both, synced. 0 when at least one holds the present state. */
int es_spool_cursor_write(struct es_spool *s, bool sync);

/*
 * spool_read.c: the next valid record at or behind w->offset and before end; ES_EAGAIN: none is left,
 * ES_EIO: the disk would not read. passed_over: bytes that are no record.
 */
int es_spool_window_next(struct es_spool *s, struct spool_window *w, uint64_t end,
    struct es_spool_entry *out, const uint8_t **payload, uint64_t *passed_over);
void es_spool_window_close(struct es_spool *s, struct spool_window *w);

/* spool_ledger.c: damaged records first..last are counted, once. */
void es_spool_damage(struct es_spool *s, uint64_t first, uint64_t last, es_time from, es_time to);
/* first..last are in counts already. */
void es_spool_counted(struct es_spool *s, uint64_t first, uint64_t last);
/* Counted as lost: not delivered, though it may be readable again. */
bool es_spool_is_given_up(const struct es_spool *s, uint64_t seq);
/* Lost for certain: the next record of this reason reports it. */
void es_spool_pend(struct es_spool *s, const struct es_loss *loss);
/* Takes out of a loss what the collector may have already: its next answer decides. */
void es_spool_doubt(struct es_spool *s, struct es_loss *loss);
/* How many of first..last are among from..to. */
uint64_t es_spool_common(uint64_t from, uint64_t to, uint64_t first, uint64_t last);
/* All up to `through` that was not acknowledged is lost. Returns how many records that are. */
uint64_t es_spool_give_up(
    struct es_spool *s, uint64_t through, enum es_loss_reason reason, es_time from, es_time to);
/* What the record of this reason reports has to be reported by another one. */
void es_spool_report_again(struct es_spool *s, size_t reason);
/* Has the losses stored that no record reports yet. */
void es_spool_report(struct es_spool *s);
void es_spool_wake(struct es_spool *s);

/* spool_spare.c: first..last are not known to have been given: passing over them is no loss. */
void es_spool_spare(struct es_spool *s, uint64_t first, uint64_t last);
/* All files could be read: what they do not hold of such numbers was never given. */
void es_spool_no_spare(struct es_spool *s);
/* Some are. */
bool es_spool_has_spare(const struct es_spool *s);
/* Opening found a record of this number: if it was passed over as not known to be given, it is lost. */
void es_spool_found(struct es_spool *s, uint64_t seq, es_time stored);
/*
 * Those from `first` to `last` are passed over. The collector may have what was given of them up to
 * in_doubt, and has those before `first`.
 */
void es_spool_pass_spare(struct es_spool *s, uint64_t first, uint64_t last, uint64_t in_doubt);
/* The collector's answer: it has all up to `through`. */
void es_spool_keep_spare(struct es_spool *s, uint64_t through);
/* Nothing is on the way: what was passed over is lost when it is found. */
void es_spool_resolve_spare(struct es_spool *s);

/* spool_quota.c */
void es_spool_quota(struct es_spool *s, es_time now);
void es_spool_quota_bytes(struct es_spool *s);
/* Removes the oldest segment but never the last one; false when there is none to give. */
bool es_spool_drop_oldest(struct es_spool *s, enum es_loss_reason reason);
void es_spool_forget_acked(struct es_spool *s);
int64_t es_spool_read_clock(struct es_spool *s, es_time now);

#endif
