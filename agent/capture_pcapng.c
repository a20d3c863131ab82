/* SPDX-License-Identifier: Apache-2.0 */
/* The pcapng file format, draft-ietf-opsawg-pcapng: sections of blocks, each with its own order. */
#include "agent/capture_format.h"

#include <inttypes.h>

enum {
	BLOCK_SECTION = 0x0a0d0d0a, /* reads the same in both byte orders */
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET_OBSOLETE = 2,
	BLOCK_PACKET_SIMPLE = 3,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
	BYTE_ORDER_MAGIC = 0x1a2b3c4d,
	OPTION_END = 0,
	OPTION_TSRESOL = 9,   /* of an interface */
	OPTION_TSOFFSET = 14, /* of an interface */
	OPTION_DROPCOUNT = 4, /* of a packet */
	OPTION_STARTTIME = 2, /* of statistics, as the next two */
	OPTION_IFDROP = 5,
	OPTION_OSDROP = 7,
	HEADER_BYTES = 8, /* type and length */
	FRAME_BYTES = 12, /* with the length again at the end */
	SECTION_MIN_BYTES = 28,
	/* Options behind a packet are looked for as far as this: a drop count stands at the front. */
	VIEW_BYTES = ES_PACKET_BYTES_MAX + 4096,
};

/* A block's body as far as it is looked at; offsets are bounded by `n` before every read. */
struct body {
	const uint8_t *p;
	size_t n;
	bool big;
};

static uint16_t
u16_at(const struct body *b, size_t at)
{
	return es_order_u16(b->p + at, b->big);
}

static uint32_t
u32_at(const struct body *b, size_t at)
{
	return es_order_u32(b->p + at, b->big);
}

/* Timestamps are written as two halves, the upper one first, whatever the byte order. */
static uint64_t
ticks_at(const struct body *b, size_t at)
{
	return (uint64_t)u32_at(b, at) << 32 | u32_at(b, at + 4);
}

/* Finds an option of at least min_bytes from `at` on; returns its value or NULL. */
static const uint8_t *
option(const struct body *b, size_t at, uint16_t code, size_t min_bytes)
{
	while (at + 4 <= b->n) {
		uint16_t this_code = u16_at(b, at);
		size_t len = u16_at(b, at + 2);

		at += 4;
		if (this_code == OPTION_END || len > b->n - at)
			return NULL;
		if (this_code == code && len >= min_bytes)
			return b->p + at;
		at += (len + 3) & ~(size_t)3;
	}
	return NULL;
}

static int64_t
clamp_ns(uint64_t ns)
{
	return ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
}

/* if_tsresol: a power of ten, or with the top bit set a power of two, of ticks per second. */
static es_time
time_of(const struct es_pcapng_iface *iface, uint64_t ticks)
{
	unsigned power = iface->tsresol & 0x7f;
	uint64_t ns = ticks;
	es_time t;

	if (iface->tsresol & 0x80) {
		uint64_t sec = power < 64 ? ticks >> power : 0;
		uint64_t frac = power < 64 ? ticks & ((UINT64_C(1) << power) - 1) : ticks;

		for (; power > 33; power--) /* 33 + 30 bits: the product below stays whole */
			frac >>= 1;
		ns = sec > INT64_MAX / ES_NS_PER_S ? INT64_MAX : sec * (uint64_t)ES_NS_PER_S;
		ns += frac * (uint64_t)ES_NS_PER_S >> power;
	} else {
		for (; power < 9; power++)
			ns = ns > INT64_MAX / 10 ? INT64_MAX : ns * 10;
		for (; power > 9 && ns != 0; power--)
			ns /= 10;
	}
	t = es_time_of_ns(clamp_ns(ns));
	if (iface->ts_offset_s > INT64_MAX / ES_NS_PER_S)
		return es_time_of_ns(INT64_MAX);
	if (iface->ts_offset_s < INT64_MIN / ES_NS_PER_S)
		return es_time_of_ns(INT64_MIN);
	return es_time_add(t, iface->ts_offset_s * ES_NS_PER_S);
}

static void
tell_drops(struct es_capture_file *f, es_time from, es_time to, uint64_t n)
{
	if (n == 0)
		return;
	if (f->has_drops) { /* two blocks between two packets: one span over both */
		from = es_time_before(from, f->drops.from) ? from : f->drops.from;
		to = es_time_max(to, f->drops.to);
		n += f->drops.n;
	}
	f->drops.from = from;
	f->drops.to = to;
	f->drops.n = n;
	f->has_drops = true;
}

static int
read_interface(struct es_capture_file *f, const struct body *b)
{
	struct es_pcapng *ng = &f->u.pcapng;
	struct es_pcapng_iface *iface = &ng->ifaces[ng->n_ifaces];
	const uint8_t *value;

	if (b->n < 8)
		return es_capture_file_fail(
		    f, ES_EMALFORMED, "an interface block without its 8 fixed bytes");
	if (ng->n_ifaces == ES_PCAPNG_IFACES_MAX)
		return es_capture_file_fail(f, ES_EMALFORMED,
		    "more than %d interfaces in one section", (int)ES_PCAPNG_IFACES_MAX);
	memset(iface, 0, sizeof(*iface));
	iface->link = u16_at(b, 0);
	value = option(b, 8, OPTION_TSRESOL, 1);
	iface->tsresol = value == NULL ? 6 : *value;
	value = option(b, 8, OPTION_TSOFFSET, 8);
	iface->ts_offset_s = value == NULL ? 0 : (int64_t)es_order_u64(value, b->big);
	ng->n_ifaces++;
	return 0;
}

/* Statistics are totals since the capture began; what packets told themselves is part of them. */
static void
read_statistics(struct es_capture_file *f, const struct body *b)
{
	struct es_pcapng *ng = &f->u.pcapng;
	struct es_pcapng_iface *iface;
	const uint8_t *value;
	uint64_t total = 0;
	es_time from;

	if (b->n < 12 || u32_at(b, 0) >= ng->n_ifaces)
		return;
	iface = &ng->ifaces[u32_at(b, 0)];
	value = option(b, 12, OPTION_IFDROP, 8);
	if (value != NULL)
		total += es_order_u64(value, b->big);
	value = option(b, 12, OPTION_OSDROP, 8);
	if (value != NULL)
		total += es_order_u64(value, b->big);
	value = option(b, 12, OPTION_STARTTIME, 8);
	from = es_time_of_ns(INT64_MIN);
	if (value != NULL) {
		struct body start = { value, 8, b->big };
		from = time_of(iface, ticks_at(&start, 0));
	}
	if (total <= iface->told_drops)
		return;
	tell_drops(f, from, time_of(iface, ticks_at(b, 4)), total - iface->told_drops);
	iface->told_drops = total;
}

/* An enhanced packet block, or the obsolete one, which differs in its first word only. */
static int
read_packet(struct es_capture_file *f, const struct body *b, uint32_t type, uint64_t body_bytes,
    struct es_packet *out)
{
	struct es_pcapng *ng = &f->u.pcapng;
	uint32_t id, cap_bytes, wire_bytes;
	struct es_pcapng_iface *iface;
	uint64_t drops = 0;
	es_time ts;

	if (b->n < 20)
		return es_capture_file_fail(
		    f, ES_EMALFORMED, "a packet block without its 20 fixed bytes");
	id = type == BLOCK_PACKET ? u32_at(b, 0) : u16_at(b, 0);
	cap_bytes = u32_at(b, 12);
	wire_bytes = u32_at(b, 16);
	if (id >= ng->n_ifaces)
		return es_capture_file_fail(f, ES_EMALFORMED,
		    "a packet of interface %" PRIu32 ", %" PRIu32 " interfaces are described", id,
		    ng->n_ifaces);
	if (cap_bytes > body_bytes - 20)
		return es_capture_file_fail(f, ES_EMALFORMED,
		    "a packet of %" PRIu32 " bytes in a block with room for %" PRIu64, cap_bytes,
		    body_bytes - 20);
	iface = &ng->ifaces[id];
	ts = time_of(iface, ticks_at(b, 4));
	if (type == BLOCK_PACKET) {
		const uint8_t *value =
		    option(b, 20 + (((size_t)cap_bytes + 3) & ~(size_t)3), OPTION_DROPCOUNT, 8);
		drops = value == NULL ? 0 : es_order_u64(value, b->big);
	} else if (u16_at(b, 2) != 0xffff) {
		drops = u16_at(b, 2);
	}
	tell_drops(f, iface->last.ns == 0 ? es_time_of_ns(INT64_MIN) : iface->last, ts, drops);
	iface->told_drops += drops;
	iface->last = ts;
	out->ts = ts;
	out->data = b->p + 20;
	out->cap_bytes = cap_bytes < ES_PACKET_BYTES_MAX ? cap_bytes : ES_PACKET_BYTES_MAX;
	out->wire_bytes = wire_bytes > cap_bytes ? wire_bytes : cap_bytes;
	out->link = iface->link;
	out->iface = (uint16_t)id;
	return 0;
}

/* A section says its byte order behind its length, so both are read together. */
static int
read_section(struct es_capture_file *f, uint32_t *total)
{
	struct es_pcapng *ng = &f->u.pcapng;
	uint32_t magic;
	es_slice b;

	if (es_input_peek(&f->in, SECTION_MIN_BYTES, &b) != 0)
		return es_capture_file_short(f, "a section header", SECTION_MIN_BYTES, b.n);
	ng->big_endian = b.p[8] == 0x1a;
	magic = es_order_u32(b.p + 8, ng->big_endian);
	if (magic != BYTE_ORDER_MAGIC)
		return es_capture_file_fail(f, ES_EMALFORMED,
		    "a section with byte-order magic %08" PRIx32 ", expected 1a2b3c4d", magic);
	if (es_order_u16(b.p + 12, ng->big_endian) != 1)
		return es_capture_file_fail(f, ES_EUNSUPPORTED, "pcapng version %u.%u, expected 1",
		    es_order_u16(b.p + 12, ng->big_endian), es_order_u16(b.p + 14, ng->big_endian));
	*total = es_order_u32(b.p + 4, ng->big_endian);
	ng->n_ifaces = 0;
	return 0;
}

static bool
is_looked_at(uint32_t type)
{
	return type == BLOCK_INTERFACE || type == BLOCK_PACKET || type == BLOCK_PACKET_OBSOLETE ||
	       type == BLOCK_STATISTICS;
}

/* Checks the next block's frame. 0: *type and *total are good and as much as is needed is there. */
static int
next_block(struct es_capture_file *f, uint32_t *type, uint32_t *total)
{
	struct es_pcapng *ng = &f->u.pcapng;
	es_slice b;
	int rc = es_input_peek(&f->in, HEADER_BYTES, &b);

	if (rc == ES_EEOF && b.n == 0)
		return ES_EEOF;
	if (rc != 0)
		return es_capture_file_short(f, "a block header", HEADER_BYTES, b.n);
	*type = es_order_u32(b.p, ng->big_endian);
	*total = es_order_u32(b.p + 4, ng->big_endian);
	if (*type == BLOCK_SECTION && (rc = read_section(f, total)) != 0)
		return rc;
	if (*total < (*type == BLOCK_SECTION ? SECTION_MIN_BYTES : FRAME_BYTES) ||
	    *total % 4 != 0 || *total > ES_BLOCK_BYTES_MAX)
		return es_capture_file_fail(f, ES_EMALFORMED,
		    "a block of %" PRIu32 " bytes, expected a multiple of 4 from %d to %d", *total,
		    *type == BLOCK_SECTION ? (int)SECTION_MIN_BYTES : (int)FRAME_BYTES,
		    (int)ES_BLOCK_BYTES_MAX);
	return 0;
}

/* Looks at one block; 0 with *is_packet telling whether it gave a packet. */
static int
read_block(struct es_capture_file *f, uint32_t type, uint32_t total, struct es_packet *out,
    bool *is_packet)
{
	size_t view = total < VIEW_BYTES ? total : VIEW_BYTES;
	struct body body;
	es_slice b;
	int rc;

	rc = es_input_peek(&f->in, view, &b);
	if (rc != 0)
		return es_capture_file_short(f, "a block", total, b.n);
	body.p = b.p + HEADER_BYTES;
	body.n = view == total ? view - FRAME_BYTES : view - HEADER_BYTES;
	body.big = f->u.pcapng.big_endian;
	if (view == total && es_order_u32(b.p + total - 4, body.big) != total)
		return es_capture_file_fail(f, ES_EMALFORMED,
		    "a block of %" PRIu32 " bytes that ends with length %" PRIu32, total,
		    es_order_u32(b.p + total - 4, body.big));
	if (type == BLOCK_INTERFACE)
		return read_interface(f, &body);
	if (type == BLOCK_STATISTICS) {
		read_statistics(f, &body);
		return 0;
	}
	*is_packet = true;
	return read_packet(f, &body, type, total - FRAME_BYTES, out);
}

static int
pcapng_next_packet(struct es_capture_file *f, struct es_packet *out)
{
	for (;;) {
		bool is_packet = false;
		uint32_t type = 0, total = 0;
		int rc = next_block(f, &type, &total);

		if (rc == ES_EEOF && f->u.pcapng.untimed != 0)
			return es_capture_file_fail(f, ES_EUNSUPPORTED,
			    "%" PRIu64 " packets carry no time (simple packet blocks), left out",
			    f->u.pcapng.untimed);
		if (rc != 0)
			return rc;
		if (type == BLOCK_PACKET_SIMPLE)
			f->u.pcapng.untimed++;
		if (is_looked_at(type)) {
			rc = read_block(f, type, total, out, &is_packet);
			if (rc != 0)
				return rc;
		}
		if (is_packet) {
			f->skip_bytes = total;
			return 0;
		}
		if (es_input_skip(&f->in, total) != 0)
			return es_capture_file_short(f, "a block", total, 0);
	}
}

bool
es_pcapng_is(es_slice head)
{
	return head.n >= 4 && es_order_u32(head.p, false) == BLOCK_SECTION;
}

int
es_pcapng_begin(struct es_capture_file *f)
{
	f->next = pcapng_next_packet;
	return 0;
}
