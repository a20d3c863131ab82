/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From IPC to the spool: each record is decoded (the sensor reads foreign bytes and is not
 * trusted), user parts and keys become pseudonyms before anything touches disk, and what lived through a gap
 * of the sensor is marked.
 */
#ifndef AGENT_SHIPPER_SANITIZER_H
#define AGENT_SHIPPER_SANITIZER_H

#include "agent/shipper/open.h"
#include "proto/encode.h"
#include "proto/pack.h"
#include "runtime/crypto/pseudonym.h"

enum { ES_SANITIZER_PARTIES = 4, ES_SANITIZER_KEYS = 2 }; /* that one record names */

struct es_sanitizer {
	const struct es_pseudonym *pseudonym; /* kept */
	struct es_open *open;                 /* kept */
	struct es_alloc alloc;
	struct es_record records[ES_PACK_BLOCKS_MAX]; /* of the present message */
	uint32_t n_records;
	es_slice bytes; /* to be stored */
	uint64_t refused;
	char parties[ES_SANITIZER_PARTIES][ES_PSEUDONYM_URI_MAX];
	char keys[ES_SANITIZER_KEYS][ES_PSEUDONYM_TEXT_MAX];
	uint8_t out[ES_RECORD_MAX_BYTES];
};

/*
 * In memory of the caller; pseudonym and open are kept. 0, or ES_ENOMEM. es_sanitizer_done frees what it holds.
 */
int es_sanitizer_init(
    struct es_sanitizer *in, const struct es_pseudonym *pseudonym, struct es_open *open);
void es_sanitizer_done(struct es_sanitizer *in);

/*
 * Prepares one record of the sensor; *store is what goes into the spool, valid until the next call. ES_EMALFORMED:
 * it cannot be decoded as a record; it is counted in refused and nothing of it is stored.
 */
int es_sanitizer_prepare(struct es_sanitizer *in, es_slice bytes, es_slice *store);

/* True: what was prepared holds nothing but blocks of streams, which matter least when the spool is tight. */
bool es_sanitizer_is_blocks(const struct es_sanitizer *in);

/* The stream that what was prepared speaks of, while it is in progress; NULL: none. Borrowed until the next call. */
const struct es_stream_key *es_sanitizer_stream(const struct es_sanitizer *in);

/* Call once what was prepared is in the spool: es_open_note of each record. */
void es_sanitizer_stored(struct es_sanitizer *in);

#endif
