/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: what agents delivered, kept behind one small interface so that another engine can stand
 * in for SQLite. One handle per process and thread. Nothing in it knows the wire format: a row is
 * the record's own bytes and the columns it is found by.
 *
 *     ingest: begin, row..., mark, commit -> ack        portal, explain: find -> bytes -> decode
 *
 * Every function returns 0 or a negative ES_E... code: ES_EFULL the disk or the quota is full,
 * ES_EAGAIN another writer holds it, ES_EIO all else; es_store_error has the text.
 */
#ifndef COLLECTOR_STORE_STORE_H
#define COLLECTOR_STORE_STORE_H

#include "earshot/error.h"
#include "earshot/record.h"

enum {
	ES_STORE_NAME_MAX = 64, /* names, labels, sites: bytes without the NUL */
	ES_STORE_TEXT_MAX = 512,
	ES_STORE_CN_LEN = 32, /* hex digits of an agent's opaque id */
	ES_STORE_HASH_LEN = 32,
	ES_STORE_EPOCH_LEN = 16,
	ES_STORE_BOOT_LEN = 16,
	ES_STORE_PAGE_ROWS = 256, /* one es_store_find_page hands out at most so many */
	ES_STORE_NEAR_ROWS = 32,
	ES_STORE_REPORTS = 512, /* of one stream */
	ES_STORE_VERSION = 3,   /* of the schema */
};

enum es_store_mode {
	ES_STORE_CREATE, /* makes the database; refuses one that is there */
	ES_STORE_WRITE,  /* ingest, token: reads and writes, moves an older schema forward */
	ES_STORE_READ,   /* portal, explain: cannot write */
	ES_STORE_BACKUP, /* restore: cannot write, takes an older schema */
};

struct es_store;
struct sqlite3;

/* path: of the database file. On failure *out is NULL and error (512 bytes) says why. */
/*
 * ES_STORE_WRITE moves an older schema forward: each step in one transaction, and before the first one the database as
 * it was is copied to PATH.version-N, where N is its version.
 */
int
es_store_open(const char *path, enum es_store_mode mode, struct es_store **out, char error[512]);
void es_store_close(struct es_store *s); /* NULL is fine */
const char *es_store_error(const struct es_store *s);
/* The schema version that the database had before it was opened; ES_STORE_VERSION unless it was moved forward. */
int es_store_was_version(const struct es_store *s);
/*
 * Copies the database as it is at this moment, whoever writes to it meanwhile, to one file that replaces any file of
 * that name: a temporary name (to.tmp), sync, rename, sync of the directory. es_store_error has the reason.
 */
int es_store_copy(struct es_store *s, const char *to);
/*
 * Opens the database that a backup is to replace, for this caller alone, and writes its log into it: then it is one
 * file. ES_EAGAIN: another process has it open, a program of before the lock of hold.h, too; nothing was changed.
 * ES_EFULL: no room for that. ES_EMALFORMED: it cannot be read, and its log stands next to it as it was.
 */
int es_store_seize(const char *path, struct sqlite3 **out);
void es_store_release(struct sqlite3 *replaced); /* NULL is allowed */
/*
 * What must not come back with a backup: agents that are disabled in the database that it replaces are disabled in it,
 * those that enrolled again or renewed since have their new key, and tokens that were used there are used. *n_unknown: agents that
 * enrolled since, which the backup does not know. An error: one of the two cannot be read, and nothing was changed.
 */
int es_store_carry(struct sqlite3 *replaced, const char *backup, int64_t *n_unknown);
/* Whether every page of it can be read and every index fits. ES_EMALFORMED: es_store_error has the first fault. */
int es_store_check(struct es_store *s);
/* Upper bound on the size of the database; past it writes fail with ES_EFULL. 0: none from now on. */
int es_store_limit(struct es_store *s, uint64_t max_bytes);
/* Whether a database of that limit has no page left to write to. */
int es_store_is_full(struct es_store *s, uint64_t max_bytes, bool *out);

/*
 * What the searches from here on may cost: SQLite's work in thousands of instructions, and an instant
 * of the monotonic clock; 0: any. A search that reaches either ends with ES_EAGAIN.
 */
void es_store_budget(struct es_store *s, uint64_t max_work, int64_t due_ms);
uint64_t es_store_work(const struct es_store *s); /* spent since then */
bool
es_store_is_spent(struct es_store *s); /* also by the clock alone; es_store_error has the text */

int es_store_begin(struct es_store *s);
int es_store_commit(struct es_store *s);
void es_store_rollback(struct es_store *s);
/*
 * Whether a batch could be taken now: every step of it for an agent that does not exist, and as many bytes as a
 * batch may have, written and taken away again. No transaction may be open; waits for nobody.
 */
int es_store_trial(struct es_store *s);

/* ---- agents, their tokens and marks ---- */

/* An agent as enrolled and last seen. Counts are since enrolment. */
struct es_agent {
	int64_t id;
	char cn[ES_STORE_CN_LEN + 1];
	char name[ES_STORE_NAME_MAX + 1];
	char site[ES_STORE_NAME_MAX + 1];
	uint8_t spki[ES_STORE_HASH_LEN]; /* SHA-256 of the certificate's SubjectPublicKeyInfo */
	bool disabled;
	enum es_role role; /* of its last Hello */
	es_time enrolled;
	es_time not_after;
	char version[ES_STORE_NAME_MAX + 1]; /* of its last Hello */
	bool has_epoch;                      /* epoch, seq: it delivered something */
	uint8_t epoch[ES_STORE_EPOCH_LEN];
	uint64_t seq; /* acknowledged through */
	bool has_seen;
	es_time seen;        /* our clock: last frame that was committed, or Hello */
	int64_t clock_ns;    /* agent's clock minus ours at its last Hello */
	uint64_t records;    /* stored */
	uint64_t refused;    /* could not be read: acknowledged and counted */
	uint64_t duplicates; /* delivered again */
	uint64_t lost;       /* that it reported, or that a restored database does not have */
};

struct es_store_token {
	char name[ES_STORE_NAME_MAX + 1];
	char site[ES_STORE_NAME_MAX + 1];
	es_time expires;
	bool used;
};

int es_store_token_add(struct es_store *s, const uint8_t hash[ES_STORE_HASH_LEN], const char *name,
    const char *site, es_time now, es_time expires);
/* ES_ENOTFOUND: no such token. */
int es_store_token_get(
    struct es_store *s, const uint8_t hash[ES_STORE_HASH_LEN], struct es_store_token *out);
/* ES_EDENIED: it was used before. */
int es_store_token_burn(struct es_store *s, const uint8_t hash[ES_STORE_HASH_LEN], es_time now);
/* Tokens that may still be used: how many, and the end of the last of them (n 0: none). */
int es_store_tokens_open(struct es_store *s, es_time now, uint64_t *n, es_time *last);

/* New agent, or a new key for the one of that name: its old certificate is unknown from then on. */
int es_store_agent_bind(struct es_store *s, const struct es_agent *a);
/* ES_ENOTFOUND: nobody with that key. */
int es_store_agent_by_spki(
    struct es_store *s, const uint8_t spki[ES_STORE_HASH_LEN], struct es_agent *out);
int es_store_agent_by_id(struct es_store *s, int64_t id, struct es_agent *out);
int es_store_agent_hello(struct es_store *s, int64_t id, const char *version, enum es_role role,
    es_time now, int64_t clock_ns);
/* ES_ENOTFOUND: nobody has that common name. */
int es_store_agent_by_cn(struct es_store *s, const char *cn, struct es_agent *out);

/*
 * The certificates of one agent since it enrolled, one generation each. The newest that it showed is the one whose key
 * es_agent.spki is; a newer one may be on its way to it.
 */
struct es_renewal {
	uint32_t generation; /* of the newest that it showed; 1 is the one of its enrolment */
	uint32_t issued;     /* of the newest there is */
	bool has_next;       /* issued, and not shown yet */
	uint8_t next_spki[ES_STORE_HASH_LEN];
	es_time next_until;
	bool has_ca;
	uint8_t
	    ca[ES_STORE_HASH_LEN]; /* SHA-256 of the key of the CA that the shown one leads to */
	uint64_t clones;           /* times that an older one showed up again */
	es_time clone;             /* the last of them, our clock; clones 0: none */
};
/* Of an agent that never renewed: generation 1 and nothing else. */
int es_store_renewal_get(struct es_store *s, int64_t agent, struct es_renewal *out);
int es_store_renewal_set(struct es_store *s, int64_t agent, const struct es_renewal *r);
/* It showed a newer certificate: the key it is known by from now on. */
int es_store_agent_rekey(
    struct es_store *s, int64_t id, const uint8_t spki[ES_STORE_HASH_LEN], es_time not_after);
/* Adds to the agent's counts and notes that it was seen. */
int es_store_agent_count(struct es_store *s, int64_t id, es_time now, uint64_t records,
    uint64_t refused, uint64_t duplicates, uint64_t lost);
/*
 * Refuses an agent from now on, or no more; then clones that were counted are forgotten, too. ES_ENOTFOUND: there is no
 * agent of that name.
 */
int es_store_agent_disable(struct es_store *s, const char *name, bool disabled);
/* In order of name. cb returns false to stop. */
int es_store_agents(struct es_store *s, bool (*cb)(void *ctx, const struct es_agent *a), void *ctx);

/* *through is 0 where nothing of that epoch was stored. */
int es_store_mark_get(
    struct es_store *s, int64_t agent, const uint8_t epoch[ES_STORE_EPOCH_LEN], uint64_t *through);
/* Never moves back; in the same transaction as the rows it acknowledges. */
int es_store_mark_set(
    struct es_store *s, int64_t agent, const uint8_t epoch[ES_STORE_EPOCH_LEN], uint64_t through);

/*
 * The digest of the record at the mark, in the same transaction as the mark; 0: unknown. Read
 * it with the mark's number: a program that knows no digests may have moved the mark on.
 */
int es_store_proof_set(struct es_store *s, int64_t agent, const uint8_t epoch[ES_STORE_EPOCH_LEN],
    uint64_t seq, uint64_t digest);
int es_store_proof_get(struct es_store *s, int64_t agent, const uint8_t epoch[ES_STORE_EPOCH_LEN],
    uint64_t seq, uint64_t *digest);

/* ---- records ---- */

/*
 * Types this version has no table for (registration, 0 = not known) are kept with the
 * machine's own records: a later version reads them.
 *
 * One record, or one packed minute of intervals, and the columns it is found by; borrowed.
 */
struct es_row {
	enum es_record_type type;
	int64_t agent;
	es_slice label; /* of the vantage; empty for the machine's own records */
	enum es_role role;
	struct es_stream_key key; /* interval, stream; ssrc of the subject: reported */
	es_time start;            /* agent's clock */
	es_time end;
	es_time received; /* our clock */
	es_time begun;    /* call: with the Call-ID and the vantage its identity */
	uint64_t first_seq;
	es_slice call_id;
	es_slice session_id;
	es_slice x_call_id;
	es_slice from;
	es_slice to;
	enum es_state state;
	bool has_mos;
	uint32_t mos_milli;
	bool full; /* host: everything known is listed */
	es_slice bytes;
};

int es_store_put(struct es_store *s, const struct es_row *row);

/* What es_store_find hands out; borrowed for the callback. */
struct es_found {
	struct es_row row;
	int64_t id; /* of a call or stream row, for es_page */
	const char *agent_name;
};

typedef bool es_found_fn(void *ctx, const struct es_found *found); /* false: stop */

enum es_call_key { ES_BY_CALL_ID, ES_BY_SESSION_ID, ES_BY_X_CALL_ID };

/* At most ES_STORE_NEAR_ROWS each way: those delivered nearest to the row `near` (INT64_MAX: newest). */
int es_store_find_calls(struct es_store *s, enum es_call_key by, es_slice key, int64_t near,
    es_found_fn *cb, void *ctx);
/*
 * Call rows between two people that failed or were cancelled and began in [from, to], the first
 * ES_STORE_NEAR_ROWS. The users of "user@host" count, and nobody is the user of a text without @.
 */
int es_store_find_attempts(struct es_store *s, es_slice caller, es_slice callee, es_time from,
    es_time to, es_found_fn *cb, void *ctx);
int es_store_find_streams_of_call(struct es_store *s, es_slice call_id, es_found_fn *cb, void *ctx);
/*
 * Streams of an SSRC that ran at some time in [from, to]: at most ES_STORE_NEAR_ROWS, those that began
 * nearest to `near` first.
 */
int es_store_find_streams(struct es_store *s, uint32_t ssrc, es_time from, es_time to, es_time near,
    es_found_fn *cb, void *ctx);
/* What flowed the other way between the two addresses of a stream row, at the same agent. */
int es_store_find_mirrored(struct es_store *s, const struct es_row *stream, es_time from,
    es_time to, es_found_fn *cb, void *ctx);
/* The packed minutes of the source of a stream row, in [from, to]. */
int es_store_find_intervals(struct es_store *s, const struct es_row *stream, es_time from,
    es_time to, es_found_fn *cb, void *ctx);
/* What one agent heard of a stream in [from, to] of its own clock. */
int es_store_find_reported(struct es_store *s, int64_t agent, uint32_t ssrc, es_time from,
    es_time to, es_found_fn *cb, void *ctx);
/*
 * The machine's own records of one type in [from, to] of its own clock, in order of time; for host
 * records from the last full one at or before `from`.
 */
int es_store_find_machine(struct es_store *s, int64_t agent, enum es_record_type type, es_time from,
    es_time to, es_found_fn *cb, void *ctx);
/* The newest record of one type. ES_ENOTFOUND: it has none. */
int es_store_find_last(
    struct es_store *s, int64_t agent, enum es_record_type type, es_found_fn *cb, void *ctx);

/* The last row of a page: the next page begins behind it. */
struct es_page {
	es_time start;
	int kind; /* 0 call, 1 stream without a call */
	int64_t id;
};

/*
 * Call rows and stream rows without a call, newest first, that began in [from, to] and lie behind
 * *after (NULL: from the newest); at most ES_STORE_PAGE_ROWS of each.
 */
int es_store_find_page(struct es_store *s, es_time from, es_time to, const struct es_page *after,
    es_found_fn *cb, void *ctx);

/* The same of the calls of one party: hash is the last of its pseudonym, 24 hexadecimal digits. */
int es_store_find_party(struct es_store *s, es_slice hash, es_time from, es_time to,
    const struct es_page *after, es_found_fn *cb, void *ctx);

/* ---- removal ---- */

/* What is kept for a time of its own. */
enum es_store_class {
	ES_CLASS_CALLS, /* call and stream records */
	ES_CLASS_MINUTES,
	ES_CLASS_MACHINE, /* what agents report of their machines, but for losses */
	ES_CLASS_REPORTED,
	ES_CLASS_LOSSES, /* loss records */
	ES_CLASSES,
};

/* An instant that was believed to be over when it was noted; see age.h. */
struct es_store_instant {
	es_time at;
	int64_t boot_ns;                 /* by the clock since boot, when it was noted */
	uint8_t boot[ES_STORE_BOOT_LEN]; /* which boot that is; all 0: not known */
	bool is_vouched;                 /* a clock that was kept right, or the operator, said so */
	bool is_held;                    /* the wall clock was too far ahead to be believed */
};

/* ES_ENOTFOUND: none was noted yet. */
int es_store_instant_get(struct es_store *s, struct es_store_instant *out);
/* In place of the one before, in the open transaction or its own. Waits for nobody: ES_EAGAIN. */
int es_store_instant_set(struct es_store *s, const struct es_store_instant *i);

enum { ES_STORE_PRUNE_ROWS = 512 }; /* one es_store_prune removes at most so many */

/* A word for each class, for people and metrics. */
extern const char *const es_store_class_names[ES_CLASSES];

/* When the oldest record of each class came, by our clock; INT64_MAX where there is no record. */
int es_store_oldest(struct es_store *s, es_time out[ES_CLASSES]);
/* When the newest record came; ES_ENOTFOUND: the store is empty. */
int es_store_newest(struct es_store *s, es_time *out);
/*
 * Removes the oldest records that came before before[class], ES_STORE_PRUNE_ROWS of all classes together, and the
 * sources of which nothing is left; counts them in the same transaction. n: so many went, of each class. Waits for
 * nobody: ES_EAGAIN.
 */
int es_store_prune(struct es_store *s, const es_time before[ES_CLASSES], uint32_t n[ES_CLASSES]);
/* All that was ever removed, of each class. */
int es_store_pruned(struct es_store *s, uint64_t n[ES_CLASSES]);
/* Bytes of the database that are in use: what was removed is used again, the file does not shrink. */
int es_store_used(struct es_store *s, uint64_t *bytes);

/* For /metrics. */
struct es_store_counts {
	uint64_t calls;
	uint64_t streams;
	uint64_t bytes; /* of the database */
	uint64_t used;  /* of them in use */
};

int es_store_count(struct es_store *s, struct es_store_counts *out);

#endif
