/* SPDX-License-Identifier: Apache-2.0 */
/* What the file formats share: a capture file as its format's reader sees it. */
#ifndef AGENT_CAPTURE_CAPTURE_FORMAT_H
#define AGENT_CAPTURE_CAPTURE_FORMAT_H

#include "agent/capture/capture.h"
#include "agent/capture/capture_input.h"
#include "probes/base/cursor.h"

enum {
	ES_PACKET_BYTES_MAX = 128 * 1024,      /* shown of one packet; no IP packet is longer */
	ES_BLOCK_BYTES_MAX = 16 * 1024 * 1024, /* longer is taken for damage, as other tools do */
	ES_PCAPNG_IFACES_MAX = 1024,
	ES_PCAPNG_SECRETS = 10, /* type of the block */
};

struct es_pcap {
	bool big_endian;
	bool nanoseconds;
	uint8_t header_bytes; /* of a packet record: 16, or 24 in Kuznetzov's variant */
	uint16_t link;
};

struct es_pcapng_iface {
	uint16_t link;
	uint8_t tsresol;     /* if_tsresol as written; 6 when absent */
	int64_t ts_offset_s; /* if_tsoffset */
	bool has_last;
	es_time last; /* time of its packet before */
	uint64_t reported_drops;
};

struct es_pcapng {
	bool big_endian;
	uint32_t n_ifaces;
	uint64_t untimed; /* simple packet blocks: they carry no time */
	struct es_pcapng_iface ifaces[ES_PCAPNG_IFACES_MAX];
};

struct es_capture_file {
	struct es_capture base;
	struct es_input in;
	char *name;
	int (*next)(struct es_capture_file *f, struct es_packet *out);
	uint64_t packets;    /* delivered so far */
	uint64_t skip_bytes; /* of the input, before the next unit: what is lent out, and padding */
	bool ended;
	bool is_mixed;                 /* a section of it describes several interfaces */
	struct es_capture_drops drops; /* unless base.has_no_drops */
	bool has_secrets;              /* before the first packet */
	struct es_capture_secrets secrets;
	union {
		struct es_pcap pcap;
		struct es_pcapng pcapng;
	} u;
};

/* Ends the file with rc; the text gets the file, the place and the packet put before it. */
int es_capture_file_fail(struct es_capture_file *f, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * For a peek or skip that ended early inside a unit of which `expected` bytes were wanted and `got`
 * are there: ES_ECUT for the plain end, else the input's own reason.
 */
int
es_capture_file_short(struct es_capture_file *f, const char *unit, uint64_t expected, uint64_t got);

/* Reads the file header: 0, or ES_E... with f->base.error set. The first four bytes were checked. */
int es_pcap_begin(struct es_capture_file *f);
int es_pcapng_begin(struct es_capture_file *f);

/* capture_secrets.c: reads over a block of secrets. 0, or ES_E... with f->base.error set. */
int es_pcapng_secrets(struct es_capture_file *f, uint32_t total);

/* capture_secrets.c: whether secrets precede the first packet, as far as the window shows. */
bool es_pcapng_has_secrets(struct es_input *in);

/* True: these first bytes of a file are those of the format. */
bool es_pcap_is(es_slice head);
bool es_pcapng_is(es_slice head);

/* A cursor over fields in the byte order of the machine that wrote the file. */
struct es_fields {
	struct es_cur cur;
	bool big_endian;
};

static inline struct es_fields
es_fields_of(es_slice bytes, bool big_endian)
{
	struct es_fields f;

	f.cur = es_cur_of(bytes);
	f.big_endian = big_endian;
	return f;
}

static inline uint16_t
es_fields_u16(struct es_fields *f)
{
	return f->big_endian ? es_cur_be16(&f->cur) : es_cur_le16(&f->cur);
}

static inline uint32_t
es_fields_u32(struct es_fields *f)
{
	return f->big_endian ? es_cur_be32(&f->cur) : es_cur_le32(&f->cur);
}

static inline uint64_t
es_fields_u64(struct es_fields *f)
{
	return f->big_endian ? es_cur_be64(&f->cur) : es_cur_le64(&f->cur);
}

#endif
