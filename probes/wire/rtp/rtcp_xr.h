/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks of an extended report (RFC 3611 and the registered extensions of it), as numbers in SI
 * units. What the sender marks as unavailable, over range or reserved is not among them.
 *
 *	struct es_cur c = es_xr_begin(&part);
 *
 *	while (es_xr_next(&c, &block) == 0)
 *		n = es_xr_values(&block, clock_rate_hz, values);
 *
 * Loss, duplicate and discard run lengths and packet receipt times (types 1, 2, 3, 10, 25) are passed
 * over: they carry what is measured here better. Their lengths are checked.
 */
#ifndef EARSHOT_WIRE_RTP_RTCP_XR_H
#define EARSHOT_WIRE_RTP_RTCP_XR_H

#include "earshot/record.h"
#include "probes/wire/rtp/rtcp.h"

enum es_xr_type {
	ES_XR_LOSS_RLE = 1,
	ES_XR_DUPLICATE_RLE = 2,
	ES_XR_RECEIPT_TIMES = 3,
	ES_XR_REFERENCE_TIME = 4,
	ES_XR_DLRR = 5,
	ES_XR_STATISTICS = 6,
	ES_XR_VOIP_METRICS = 7,
	ES_XR_POST_REPAIR_RLE = 10,    /* RFC 5725 */
	ES_XR_MEASUREMENT = 14,        /* RFC 6776 */
	ES_XR_DELAY_VARIATION = 15,    /* RFC 6798 */
	ES_XR_DELAY = 16,              /* RFC 6843 */
	ES_XR_BURST_LOSS_SUMMARY = 17, /* RFC 7004 */
	ES_XR_BURST_DISCARD_SUMMARY = 18,
	ES_XR_FRAMES_SUMMARY = 19,  /* of video: nothing here speaks of frames */
	ES_XR_BURST_LOSS = 20,      /* RFC 6958 */
	ES_XR_BURST_DISCARD = 21,   /* RFC 7003 and its erratum 3735 */
	ES_XR_JITTER_BUFFER = 23,   /* RFC 7005 */
	ES_XR_DISCARD_COUNT = 24,   /* RFC 7002 */
	ES_XR_DISCARD_RLE = 25,     /* RFC 7097 */
	ES_XR_DISCARDED_BYTES = 26, /* RFC 7243 */
	ES_XR_SYNC_DELAY = 27,      /* RFC 7244 */
	ES_XR_SYNC_OFFSET = 28,
	ES_XR_MOS = 29,         /* RFC 7266 */
	ES_XR_CONCEALMENT = 30, /* RFC 7294 */
	ES_XR_CONCEALED_SECONDS = 31,
	ES_XR_POST_REPAIR_LOSS = 33, /* RFC 7509 */
};

/* What time a block's numbers are about: the I flag of the extensions. */
enum es_xr_span {
	ES_XR_SPAN_NONE = 0, /* the type has no such flag */
	ES_XR_SPAN_SAMPLED = 1,
	ES_XR_SPAN_INTERVAL = 2, /* since the report before */
	ES_XR_SPAN_CUMULATIVE = 3,
};

enum { ES_XR_VALUES_MAX = 32 };

struct es_xr_block {
	uint8_t type;
	uint8_t specific;      /* the second byte: flags of the type */
	uint32_t subject_ssrc; /* 0 where the type names none */
	enum es_xr_span span;
	es_slice body; /* behind the 4-byte header */
};

/* The blocks of an XR packet; bad from the start if part is no XR packet. */
struct es_cur es_xr_begin(const struct es_rtcp *part);

/*
 * The next block. ES_EEOF at the end. ES_EMALFORMED: it is longer than what is there (broken, or the
 * capture was cut), or shorter than its type must be.
 */
int es_xr_next(struct es_cur *c, struct es_xr_block *out);

/*
 * The values of a block. clock_rate_hz: of the subject, 0 if unknown: values in its clock are then left out.
 * Returns how many; 0 also where the type is not known, reserves its span, or holds nothing but unknowns. Each
 * metric at most once.
 */
unsigned es_xr_values(const struct es_xr_block *b, uint32_t clock_rate_hz,
    struct es_reported_value out[ES_XR_VALUES_MAX]);

/* Measurement information (RFC 6776): when and on what the blocks behind it were measured. */
struct es_xr_measurement {
	uint32_t subject_ssrc;
	uint32_t first_seq;      /* of the stream, 16 bits */
	uint32_t interval_first; /* extended */
	uint32_t interval_last;  /* extended; of both spans */
	uint64_t interval_us;
	uint64_t cumulative_us;
};

/* ES_EINVALID: another type. */
int es_xr_measurement(const struct es_xr_block *b, struct es_xr_measurement *out);

/* Middle 32 bits of the NTP time of a receiver reference time block. ES_EINVALID: another type. */
int es_xr_reference(const struct es_xr_block *b, uint32_t *ntp_middle);

/* Delay since the last receiver reference time of ssrc. */
struct es_xr_dlrr {
	uint32_t ssrc;
	uint32_t lrr; /* middle of its NTP time, 0: none came */
	uint64_t dlrr_us;
};

/* Sub-block i (from 0). ES_ENOTFOUND behind the last, ES_EINVALID: another type. */
int es_xr_dlrr(const struct es_xr_block *b, unsigned i, struct es_xr_dlrr *out);

#endif
