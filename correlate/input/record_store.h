/* SPDX-License-Identifier: Apache-2.0 */
/* The records a correlation works on: copies, sized by the configuration, in any order. */
#ifndef CORRELATE_INPUT_RECORD_STORE_H
#define CORRELATE_INPUT_RECORD_STORE_H

#include "correlate/input/names.h"
#include "earshot/correlate.h"

#define ES_COR_NONE UINT32_MAX

struct es_cor_vantage {
	es_slice name;
	enum es_role role;
	uint32_t machine; /* vantage points "sbc/access" and "sbc/core" are one machine, "sbc" */
};

/* One part of a block, as an interval record reports it. */
struct es_cor_part {
	uint32_t next; /* of the same stream, newest first until the solve sorts them */
	uint32_t has;  /* ES_INTERVAL_HAS_ */
	uint32_t coverage;
	uint64_t first_seq;
	uint64_t last_seq;
	uint64_t lowest_seq; /* with ES_INTERVAL_HAS_RTP_TS: the number rtp_ts belongs to */
	uint32_t rtp_ts;
	es_time start;
	es_time end;
	uint32_t received;
	uint32_t late;
	uint32_t mos_lq_milli;
	uint32_t clean_mos_lq_milli; /* with ES_INTERVAL_HAS_CLEAN */
	uint32_t missing;            /* first of n_missing runs in the store */
	uint32_t n_missing;
};

struct es_cor_stream {
	uint32_t vantage;
	struct es_stream_key key;
	bool has_rec;
	struct es_stream rec; /* the latest; slices are kept names */
	es_time from, to;     /* of all its records; a sensor that began again has several */
	uint32_t coverage;    /* flags of its stream records; parts have their own */
	uint32_t
	    parts; /* newest first; the first stream of a key has those of all (stream_uses.h) */
	uint32_t older; /* another stream of this key; behind the first one, newest first */
	bool is_again;  /* not the first one of its key */
	es_slice call_id;
};

struct es_cor_call {
	uint32_t vantage;
	uint32_t coverage;  /* flags of all its records */
	struct es_call rec; /* slices are kept names; codecs and streams are left out */
	struct es_addr caller_media[ES_CALL_MEDIA_MAX];
	struct es_addr callee_media[ES_CALL_MEDIA_MAX];
};

struct es_cor_reported {
	uint32_t vantage;
	struct es_reported rec;
};

struct es_cor_sample {
	uint32_t machine;
	es_time start;
	es_time end;
	bool full;
	bool is_synthetic;
	uint32_t values; /* first of n_values in the store */
	uint32_t n_values;
};

struct es_cor_change {
	uint32_t machine;
	struct es_change rec; /* slices are kept names */
};

struct es_cor_record_store {
	struct es_correlate_config cfg; /* with the defaults filled in */
	struct es_hash_key key;
	struct es_cor_names names;
	struct es_cor_vantage vantages[ES_CORRELATE_VANTAGES_MAX];
	uint32_t n_vantages;
	es_slice machines[ES_CORRELATE_VANTAGES_MAX];
	uint32_t n_machines;
	struct es_cor_stream *streams;
	uint32_t n_streams;
	struct es_table stream_table;
	struct es_cor_part *parts;
	uint32_t n_parts;
	struct es_missing *missing;
	uint32_t n_missing;
	struct es_cor_call *calls;
	uint32_t n_calls;
	uint32_t n_named;           /* of them when es_cor_uses ran last */
	struct es_table call_table; /* by vantage point, Call-ID and begin */
	struct es_cor_reported *reported;
	uint32_t n_reported;
	struct es_cor_sample *samples;
	uint32_t n_samples;
	struct es_signal_value *values;
	uint32_t n_values;
	uint32_t cap_values;
	struct es_cor_change *changes;
	uint32_t n_changes;
	uint64_t refused;
};

/* Fills a zeroed struct, which may be given to _free whatever this returns. ES_ENOMEM. */
int es_cor_record_store_new(struct es_cor_record_store *s, const struct es_correlate_config *cfg);
void es_cor_record_store_free(struct es_cor_record_store *s);

int es_cor_record_store_vantage(struct es_cor_record_store *s, es_slice name, enum es_role role);

/* Takes a copy; kinds of records a correlation has no use for are fine. ES_EFULL is counted. */
int es_cor_record_store_add(
    struct es_cor_record_store *s, uint32_t vantage, const struct es_record *rec);

/* A record of the machine itself, host or change. */
int es_cor_record_store_add_host(
    struct es_cor_record_store *s, uint32_t machine, const struct es_record *rec);

#endif
