/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spool: records wait on disk until the collector has committed them.
 *
 *     append -> written -> synced (may be sent) -> acked -> its segment removed
 *
 * One directory, one writer. Payloads are opaque. A sequence number is given at append and never
 * used twice under one epoch. Nothing here blocks longer than the disk does, and no disk error ends
 * it: what cannot be written is refused with ES_EFULL or ES_EIO and may be tried again.
 */
#ifndef AGENT_SPOOL_SPOOL_H
#define AGENT_SPOOL_SPOOL_H

#include "agent/spool/disk.h"
#include "agent/spool/spool_format.h"
#include "earshot/record.h"

struct es_spool;

struct es_spool_clock {
	bool good;       /* something keeps the wall clock right */
	uint64_t boot;   /* which boot of the machine */
	int64_t boot_ns; /* since then */
};

/* 0 in a limit means its default. */
struct es_spool_config {
	const struct es_disk *disk; /* kept */
	uint64_t max_bytes;         /* default 64 MiB */
	uint64_t max_age_s;         /* default 7 days */
	uint64_t min_free_bytes;    /* of the file system; default 0: not watched */
	uint32_t segment_bytes;     /* default 1 MiB */
	uint32_t sync_bytes;        /* synced at the latest after so much; default 256 KiB */
	uint64_t (*random)(void *ctx);
	/*
	 * Records went away unsent: store this as a record of its own by one es_spool_append. Not 0:
	 * asked again later. 0 without an append: kept elsewhere.
	 */
	int (*lost)(void *ctx, const struct es_loss *loss);
	/* May be NULL: an es_spool_tick is wanted within a second. */
	void (*wake)(void *ctx);
	/* May be NULL: the wall clock is right. */
	void (*clock)(void *ctx, struct es_spool_clock *out);
	void *ctx;
};

struct es_spool_stats {
	uint64_t bytes;    /* in the segments now */
	uint64_t records;  /* appended and not yet acked, and losses that no record reports yet */
	uint64_t segments; /* files now */
	uint64_t skipped_bytes; /* damaged ones passed over since open */
	uint64_t cut_bytes;     /* torn tail removed at open */
	uint64_t quarantined;   /* files set aside at open */
	uint64_t disk_errors;   /* operations refused since open */
	uint64_t lost;          /* records that went unsent, counted since open */
	bool suspect;           /* a sync failed: the disk is not to be trusted */
};

/*
 * Opens or makes the spool: always starts, whatever the files hold. *out given.
 * ES_ENOMEM, or ES_EFULL / ES_EIO where the directory cannot be listed or written at all.
 */
int es_spool_open(const struct es_spool_config *cfg, es_time now, struct es_spool **out);

/* Syncs and writes the cursor. NULL is fine. */
void es_spool_close(struct es_spool *s);

/* Writes one record; ipc.run 0 for one of our own. Survives SIGKILL from here on, not power cuts. */
int es_spool_append(struct es_spool *s, es_time now, struct es_ipc_pair ipc, es_slice payload);

/* What was appended becomes sendable. */
int es_spool_sync(struct es_spool *s);

/*
 * n records up to this pair of IPC will not be appended: counted as lost, once, whatever ends this
 * process. Not 0: nothing happened.
 */
int es_spool_forgo(struct es_spool *s, es_time now, struct es_ipc_pair ipc, uint64_t n,
    enum es_loss_reason reason);

/* Once a second: sync, cursor, quotas, losses that no record reports yet. */
void es_spool_tick(struct es_spool *s, es_time now);

/* Losses wait to be stored as records. */
bool es_spool_has_untold(const struct es_spool *s);

/* So much of the quota is used that what matters least should not be appended. */
bool es_spool_is_tight(const struct es_spool *s);

/* The wall clock was set: ages count on, so that a machine that began in 1970 keeps its records. */
void es_spool_clock_stepped(struct es_spool *s, int64_t by_ns, es_time now);
/* The collector's clock says the same as ours, or not. */
void es_spool_clock_agreed(struct es_spool *s, bool agreed);
/* Ages can be told from wall clock times now. */
bool es_spool_clock_is_good(const struct es_spool *s);

/*
 * The first synced record above `after`; its payload is left in buf (ES_SPOOL_PAYLOAD_MAX bytes).
 * ES_EAGAIN: none. ES_EIO: ask again in a while. Numbers may jump where records were lost.
 */
int es_spool_next(struct es_spool *s, uint64_t after, struct es_spool_entry *out, uint8_t *buf);

/*
 * Record seq alone, where it is there and synced, acknowledged or not: as es_spool_next gives it. Nothing
 * is counted. ES_ENOTFOUND, ES_EIO.
 */
int es_spool_find(struct es_spool *s, uint64_t seq, struct es_spool_entry *out, uint8_t *buf);

/* Everything up to through_seq is the collector's. Above synced_seq: ES_EINVALID, nothing done. */
int es_spool_ack(struct es_spool *s, uint64_t through_seq);

/*
 * A connection begins: the collector has what it has of through_seq and nothing is on the way. Then
 * es_spool_sent for what was sent, es_spool_hung_up when the connection is gone. ES_EIO and so on: the
 * disk refused to note it.
 */
int es_spool_welcome(struct es_spool *s, uint64_t through_seq);
void es_spool_sent(struct es_spool *s, uint64_t seq);
void es_spool_hung_up(struct es_spool *s);
/* Nothing above it was ever sent; UINT64_MAX: not known. */
uint64_t es_spool_sent_seq(const struct es_spool *s);

/* What proves that this spool is the one that delivered: digest of a record the collector has; 0: none. */
void es_spool_prove(struct es_spool *s, uint64_t seq, uint64_t digest);
uint64_t es_spool_proof(const struct es_spool *s, uint64_t *seq);

/* The collector cannot take the first record that waits: passed over and counted as lost. */
int es_spool_pass_over(struct es_spool *s, uint64_t seq, es_time now);
/* A record that is none; the sender leaves it out. Counted as lost. */
int es_spool_unsendable(struct es_spool *s, uint64_t seq, es_time now);

/* The collector knows this epoch's numbers better than we do: go on under another one. */
int es_spool_renew_epoch(struct es_spool *s, es_time now);

/* The directory's own random number, then that of the epoch in it. */
void es_spool_epoch(const struct es_spool *s, uint8_t out[ES_SPOOL_EPOCH_BYTES]);
uint64_t es_spool_next_seq(const struct es_spool *s);
uint64_t es_spool_synced_seq(const struct es_spool *s);
uint64_t es_spool_acked_seq(const struct es_spool *s);
struct es_ipc_pair es_spool_last_ipc(const struct es_spool *s);
struct es_spool_stats es_spool_stats(const struct es_spool *s);

#endif
