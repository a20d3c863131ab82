/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of the spool's files, little-endian, each unit with a CRC-32 (zlib's) over all its bytes.
 *
 *     segment  = header record*                     NNNNNNNNNNNNNNNN.seg, serial number in hex
 *     header   = "ESspool1" salt epoch first_seq created_ns hop_run hop_number 0 crc      64 bytes
 *     record   = "ESr1" n_bytes seq stored_ns hop_run hop_number 0 crc payload            48 bytes +
 *     cursor   = two slots, written in turn: "EScur001" generation salt epoch acked reported 0 crc
 *
 * The CRCs of records and headers start from the salt, a random number made with the directory: a
 * payload that an attacker shaped like a record is not taken for one when damage makes us search.
 * Change recipe: new magic, keep the reader of the old one, add a golden segment to the tests.
 */
#ifndef AGENT_SPOOL_SPOOL_FORMAT_H
#define AGENT_SPOOL_SPOOL_FORMAT_H

#include "earshot/error.h"
#include "earshot/slice.h"
#include "earshot/time.h"

enum {
	ES_SPOOL_HEADER_BYTES = 64,
	ES_SPOOL_ENTRY_BYTES = 48, /* before the payload */
	ES_SPOOL_SLOT_BYTES = 64,
	ES_SPOOL_PAYLOAD_MAX = 65536,
	ES_SPOOL_EPOCH_BYTES = 16,
};

/* One message of the hop: which start of the sensor, and its number there. run 0: not from there. */
struct es_hop_pair {
	uint64_t run;
	uint64_t number;
};

struct es_spool_header {
	uint64_t salt;
	uint64_t epoch;
	uint64_t first_seq;
	es_time created;
	struct es_hop_pair hop; /* the last one stored before this segment */
};

struct es_spool_entry {
	uint64_t seq;
	es_time stored; /* wall clock at append */
	struct es_hop_pair hop;
	uint32_t n_bytes; /* of the payload */
};

struct es_spool_slot {
	uint64_t generation;
	uint64_t salt;
	uint64_t epoch;
	uint64_t acked_seq;
	uint64_t reported_seq; /* damage up to here was reported */
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

#endif
