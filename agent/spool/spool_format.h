/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of the spool's files, little-endian, each unit with a CRC-32 (zlib's) over all its bytes.
 *
 *     segment  = header record*                     NNNNNNNNNNNNNNNN.seg, serial number in hex
 *     header   = "ESspool1" salt epoch first_seq created_ns ipc_run ipc_number 0 crc      64 bytes
 *     record   = "ESr1" n_bytes seq stored_ns ipc_run ipc_number flags crc payload        48 bytes +
 *     slot     = "EScur002", what struct es_spool_slot holds, in its order, 0, crc      2048 bytes
 *                joined, passed: one bit for each range, from bit 32 of passed on those in doubt;
 *                from joined on all was 0 at first
 *     cursor, cursor.2 = one slot each: one file that is lost or damaged costs nothing
 *
 * Version 1 had two slots of 64 bytes in "cursor": "EScur001" generation salt epoch acked reported
 * 0 crc, and no flags. It is read and replaced by the first write.
 *
 * The CRCs of records and headers start from the salt, a random number made with the directory: a
 * payload that an attacker shaped like a record is not taken for one when damage makes us search.
 * Change recipe: new magic, keep the reader of the old one, add a golden segment to the tests.
 */
#ifndef AGENT_SPOOL_SPOOL_FORMAT_H
#define AGENT_SPOOL_SPOOL_FORMAT_H

#include "earshot/error.h"
#include "earshot/record.h"
#include "earshot/slice.h"
#include "proto/ipc.h"

enum {
	ES_SPOOL_HEADER_BYTES = 64,
	ES_SPOOL_ENTRY_BYTES = 48, /* before the payload */
	ES_SPOOL_SLOT_BYTES = 2048,
	ES_SPOOL_SLOT_1_BYTES = 64, /* of version 1 */
	ES_SPOOL_PAYLOAD_MAX = 65536,
	ES_SPOOL_EPOCH_BYTES = 16,
	ES_SPOOL_REASONS = ES_LOSS_REFUSED + 1,
	ES_SPOOL_GONE_MAX = 64,
	ES_SPOOL_SPARE_MAX = 6,
};

/* Of a record. */
enum {
	ES_SPOOL_IS_LOSS = 1u << 0, /* reports lost records; came from no sensor */
	ES_SPOOL_CLOCK_GOOD =
	    1u << 1, /* `stored` was read from a clock that was known to be right */
};

struct es_spool_header {
	uint64_t salt;
	uint64_t epoch;
	uint64_t first_seq;
	es_time created;
	struct es_ipc_pair ipc; /* the last one stored before this segment */
};

struct es_spool_entry {
	uint64_t seq;
	es_time stored; /* wall clock at append */
	struct es_ipc_pair ipc;
	uint32_t n_bytes; /* of the payload */
	uint32_t flags;
};

/* Numbers of lost records that are in the counts: none of them is delivered later. */
struct es_spool_range {
	uint64_t first;
	uint64_t last;
	bool
	    joined; /* for want of room, of two: what lay between is not counted and is delivered */
};

/*
* Numbers that may be in a file that could not be read, if they were ever given: no loss until they
 * are found. last 0: none.
 */
struct es_spool_spare {
	uint64_t first;
	uint64_t last;
	bool passed; /* what is found of them is lost: later records were delivered */
	bool
	    in_doubt; /* passed by a quota: the collector may have some, as its next answer shows */
};

/*
* All that is not in the segments. A loss moves doubt -> pending -> reported; what is reported is
 * kept until the collector has acknowledged the record that reports it. In all three, reasons of 0 and
 * first_seq, last_seq of 0 mean: not known.
 */
struct es_spool_slot {
	uint64_t generation;
	uint64_t salt;
	uint64_t epoch;
	uint64_t
	    acked_seq; /* nothing up to here is sent again: acknowledged, or lost and counted */
	uint64_t synced_seq; /* numbers up to here were on disk */
	uint64_t sent_seq;   /* nothing above was ever sent; UINT64_MAX: not known */
	uint64_t proof_seq;  /* a record that the collector acknowledged, and */
	uint64_t proof;      /* its digest; 0: none */
	struct es_ipc_pair ipc;
	uint64_t ipc_seq; /* the pair above is later than those of records below this number */
	uint64_t boot;    /* the clocks when this was written */
	uint64_t boot_ns;
	es_time wall;
	struct es_loss doubt; /* dropped while perhaps the collector had them already */
	struct es_loss pending[ES_SPOOL_REASONS];
	struct es_loss reported[ES_SPOOL_REASONS];
	uint64_t reported_by[ES_SPOOL_REASONS]; /* number of the record; 0: none */
	uint32_t n_gone;
	struct es_spool_range
	    gone[ES_SPOOL_GONE_MAX]; /* damaged, counted, above acked_seq; ascending */
	struct es_spool_spare spare[ES_SPOOL_SPARE_MAX]; /* ascending; unused places first */
};

void es_spool_header_encode(const struct es_spool_header *h, uint8_t out[ES_SPOOL_HEADER_BYTES]);
int es_spool_header_parse(es_slice bytes, struct es_spool_header *out);

/* out has room for ES_SPOOL_ENTRY_BYTES + payload.n; e->n_bytes is not read. */
void es_spool_entry_encode(
    const struct es_spool_entry *e, es_slice payload, uint64_t salt, uint8_t *out);
/* 0; ES_ESHORT when more bytes could make it valid; ES_EMALFORMED. */
int es_spool_entry_parse(es_slice bytes, uint64_t salt, struct es_spool_entry *out);

void es_spool_slot_encode(const struct es_spool_slot *s, uint8_t out[ES_SPOOL_SLOT_BYTES]);
int es_spool_slot_parse(es_slice bytes, struct es_spool_slot *out);
/* Of version 1; *reported_seq: damage up to there was reported. What it did not hold is 0. */
int es_spool_slot_1_parse(es_slice bytes, struct es_spool_slot *out, uint64_t *reported_seq);

#endif
