/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spool: records wait on disk until the collector has committed them.
 *
 *     append -> written -> synced (may be sent) -> acked -> its segment removed
 *
 * One directory, one writer. Payloads are opaque. A sequence number is given at append and never
 * used twice under one epoch. Nothing here blocks longer than the disk does, and no disk error ends
 * it: what cannot be written is refused with ES_EFULL or ES_EIO and may be tried again. Functions that return int
 * return 0 or one of these two unless their comment differs; now is the wall clock.
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
	 * Records were lost unsent: store loss, borrowed, as a record of its own by one es_spool_append.
	 * Not 0: called again later. 0 without an append: the caller keeps it elsewhere.
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
 * Opens or makes the spool: starts whatever the files hold. cfg is copied, cfg->disk is kept. 0 and *out, to be freed
 * by es_spool_close; ES_ENOMEM; ES_EFULL or ES_EIO: the directory cannot be listed or written at all.
 */
int es_spool_open(const struct es_spool_config *cfg, es_time now, struct es_spool **out);

/* Other limits from now on, as in es_spool_config; what is above them leaves by the next es_spool_tick. */
void
es_spool_limit(struct es_spool *s, uint64_t max_bytes, uint64_t max_age_s, uint64_t min_free_bytes);

/* Syncs and writes the cursor. NULL is fine. */
void es_spool_close(struct es_spool *s);

/*
 * Writes one record of at most ES_SPOOL_PAYLOAD_MAX bytes, borrowed until it returns, under the next number. ipc: the
 * message of the sensor that carried it; run 0: one of our own. 0: from here on it survives SIGKILL, not power cuts.
 */
int es_spool_append(struct es_spool *s, es_time now, struct es_ipc_pair ipc, es_slice payload);

/* Syncs what was appended: it survives a power cut and may be sent. */
int es_spool_sync(struct es_spool *s);

/*
 * The n records up to this message of the sensor will not be appended: counted as lost, exactly once even if the
 * process ends now. Not 0: nothing was counted.
 */
int es_spool_forgo(struct es_spool *s, es_time now, struct es_ipc_pair ipc, uint64_t n,
    enum es_loss_reason reason);

/* Once a second: sync, cursor, quotas, losses that no record reports yet. */
void es_spool_tick(struct es_spool *s, es_time now);

/* True: losses are counted that no stored record reports yet; es_spool_tick tries again. */
bool es_spool_has_unreported(const struct es_spool *s);

/* True: so much of the quota is used that what matters least (blocks of streams) should not be appended. */
bool es_spool_is_tight(const struct es_spool *s);

/*
 * The wall clock was set by by_ns: ages stay what they were, so that a machine that began in 1970 keeps its
 * records.
 */
void es_spool_clock_stepped(struct es_spool *s, int64_t by_ns, es_time now);
/* Whether the collector's clock agrees with ours; if so, ages may be read from the wall clock. */
void es_spool_clock_agreed(struct es_spool *s, bool agreed);
/* True: something keeps the wall clock right, so records can be dropped for their age. */
bool es_spool_clock_is_good(const struct es_spool *s);

/*
 * Reads the first synced record above `after`: *out, and its payload in buf, which has room for ES_SPOOL_PAYLOAD_MAX
 * bytes. ES_EAGAIN: no such record. ES_EIO: try again later. Numbers jump where records were lost.
 */
int es_spool_next(struct es_spool *s, uint64_t after, struct es_spool_entry *out, uint8_t *buf);

/*
 * Reads record seq, acknowledged or not, as es_spool_next does; counts nothing. ES_ENOTFOUND: it is not there, or
 * not synced. ES_EIO.
 */
int es_spool_find(struct es_spool *s, uint64_t seq, struct es_spool_entry *out, uint8_t *buf);

/*
 * The collector has committed everything up to through_seq: it is not sent again, and its segments may be removed.
 * ES_EINVALID: through_seq is above es_spool_synced_seq; nothing was done.
 */
int es_spool_ack(struct es_spool *s, uint64_t through_seq);

/*
 * A connection begins: the collector has committed everything up to through_seq, and nothing is on the way. Call
 * es_spool_sent with the highest number sent, and es_spool_hung_up when the connection is gone: between the two a
 * record that a quota drops may be at the collector already. Not 0: the disk refused to note it.
 */
int es_spool_welcome(struct es_spool *s, uint64_t through_seq);
void es_spool_sent(struct es_spool *s, uint64_t seq);
void es_spool_hung_up(struct es_spool *s);
/* The highest number ever sent; UINT64_MAX: not known. */
uint64_t es_spool_sent_seq(const struct es_spool *s);

/*
 * Proof that this spool is the one that delivered, against a copy of its directory: number and digest of a record
 * that the collector has; 0: none.
 */
void es_spool_prove(struct es_spool *s, uint64_t seq, uint64_t digest);
uint64_t es_spool_proof(const struct es_spool *s, uint64_t *seq);

/* The collector cannot take record seq, the first that waits: it is skipped, and counted as lost (refused). */
int es_spool_pass_over(struct es_spool *s, uint64_t seq, es_time now);
/* Record seq cannot be decoded, so the sender leaves it out: counted as lost. */
int es_spool_unsendable(struct es_spool *s, uint64_t seq, es_time now);

/* The collector has numbers of this epoch that we have not given yet: continue under a new, random epoch. */
int es_spool_renew_epoch(struct es_spool *s, es_time now);

/* The epoch on the wire: the directory's own random number, then the random number of its present epoch. */
void es_spool_epoch(const struct es_spool *s, uint8_t out[ES_SPOOL_EPOCH_BYTES]);
uint64_t es_spool_next_seq(const struct es_spool *s);
uint64_t es_spool_synced_seq(const struct es_spool *s);
uint64_t es_spool_acked_seq(const struct es_spool *s);
struct es_ipc_pair es_spool_last_ipc(const struct es_spool *s);
struct es_spool_stats es_spool_stats(const struct es_spool *s);

#endif
