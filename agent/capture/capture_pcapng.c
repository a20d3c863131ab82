/* SPDX-License-Identifier: Apache-2.0 */
/* The pcapng file format, draft-ietf-opsawg-pcapng: sections of blocks, each with its own order. */
#include "agent/capture/capture_format.h"

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
	/* Options behind a packet are looked for as far as this: a drop count comes first. */
	VIEW_BYTES = ES_PACKET_BYTES_MAX + 4096,
};

/* Timestamps are written as two halves, the upper one first, whatever the byte order. */
static uint64_t
ticks(struct es_fields *f)
{
	uint64_t high = es_fields_u32(f);
	uint64_t low = es_fields_u32(f);

	return high << 32 | low;
}

/* Looks for an option among those that follow; *value is its content. */
static bool
option(struct es_fields options, uint16_t code, struct es_fields *value)
{
	while (es_cur_left(&options.cur) >= 4) {
		uint16_t this_code = es_fields_u16(&options);
		size_t n = es_fields_u16(&options);
		struct es_cur content = es_cur_sub(&options.cur, n);

		if (this_code == OPTION_END || content.bad)
			return false;
		if (this_code == code) {
			value->cur = content;
			value->big_endian = options.big_endian;
			return true;
		}
		es_cur_skip(&options.cur, -n & 3); /* padded to four */
	}
	return false;
}

/* An option that is one number of 64 bits; 0 where it is absent or damaged. */
static uint64_t
option_u64(struct es_fields options, uint16_t code)
{
	struct es_fields value;

	return option(options, code, &value) ? es_fields_u64(&value) : 0;
}

static int64_t
clamp_ns(uint64_t ns)
{
	return ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
}

/* if_tsresol: a power of ten, or with the top bit set a power of two, of ticks per second. */
static es_time
time_of(const struct es_pcapng_iface *iface, uint64_t n_ticks)
{
	unsigned power = iface->tsresol & 0x7f;
	uint64_t ns = n_ticks;
	es_time t;

	if (iface->tsresol & 0x80) {
		uint64_t sec = power < 64 ? n_ticks >> power : 0;
		uint64_t frac = power < 64 ? n_ticks & ((UINT64_C(1) << power) - 1) : n_ticks;

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
report_drops(struct es_capture_file *f, es_time from, es_time to, uint64_t n)
{
	if (n == 0)
		return;
	if (!f->base.has_no_drops) { /* two blocks between two packets: one span over both */
		from = es_time_before(from, f->drops.from) ? from : f->drops.from;
		to = es_time_max(to, f->drops.to);
		n += f->drops.n;
	}
	f->drops.from = from;
	f->drops.to = to;
	f->drops.n = n;
	f->base.has_no_drops = false;
}

static int
read_interface(struct es_capture_file *f, struct es_fields body)
{
	struct es_pcapng *ng = &f->u.pcapng;
	struct es_pcapng_iface iface = { .tsresol = 6 };
	struct es_fields value;

	iface.link = es_fields_u16(&body);
	es_cur_skip(&body.cur, 6); /* reserved, and the snapshot length, often wrong */
	if (body.cur.bad)
		return es_capture_file_fail(
		    f, ES_EMALFORMED, "an interface block without its 8 fixed bytes");
	if (ng->n_ifaces == ES_PCAPNG_IFACES_MAX)
		return es_capture_file_fail(f, ES_EMALFORMED,
		    "more than %d interfaces in one section", (int)ES_PCAPNG_IFACES_MAX);
	if (option(body, OPTION_TSRESOL, &value))
		iface.tsresol = es_cur_u8(&value.cur);
	iface.ts_offset_s = (int64_t)option_u64(body, OPTION_TSOFFSET);
	ng->ifaces[ng->n_ifaces++] = iface;
	f->is_mixed = f->is_mixed || ng->n_ifaces > 1;
	return 0;
}

/* Statistics are totals since the capture began; what packet blocks reported is part of them. */
static void
read_statistics(struct es_capture_file *f, struct es_fields body)
{
	struct es_pcapng *ng = &f->u.pcapng;
	uint32_t id = es_fields_u32(&body);
	uint64_t to = ticks(&body);
	es_time from = es_time_of_ns(INT64_MIN);
	struct es_pcapng_iface *iface;
	struct es_fields start;
	uint64_t total;

	if (body.cur.bad || id >= ng->n_ifaces)
		return;
	iface = &ng->ifaces[id];
	total = option_u64(body, OPTION_IFDROP) + option_u64(body, OPTION_OSDROP);
	if (option(body, OPTION_STARTTIME, &start))
		from = time_of(iface, ticks(&start));
	if (total <= iface->reported_drops)
		return;
	report_drops(f, from, time_of(iface, to), total - iface->reported_drops);
	iface->reported_drops = total;
}

/* The fields that both kinds of packet block have. */
struct packet_block {
	uint32_t id;
	uint64_t n_ticks;
	uint32_t cap_bytes;
	uint32_t wire_bytes;
	uint64_t drops; /* since the packet before, of this interface */
	es_slice shown;
};

/* The obsolete block differs from the enhanced one in its first word only. */
static int
parse_packet(
    struct es_capture_file *f, uint32_t type, struct es_fields body, struct packet_block *out)
{
	struct packet_block b = { 0 };

	if (type == BLOCK_PACKET) {
		b.id = es_fields_u32(&body);
	} else {
		b.id = es_fields_u16(&body);
		b.drops = es_fields_u16(&body);
		b.drops = b.drops == 0xffff ? 0 : b.drops; /* unknown */
	}
	b.n_ticks = ticks(&body);
	b.cap_bytes = es_fields_u32(&body);
	b.wire_bytes = es_fields_u32(&body);
	if (body.cur.bad)
		return es_capture_file_fail(
		    f, ES_EMALFORMED, "a packet block without its 20 fixed bytes");
	b.shown = es_cur_slice(
	    &body.cur, b.cap_bytes < ES_PACKET_BYTES_MAX ? b.cap_bytes : ES_PACKET_BYTES_MAX);
	if (body.cur.bad)
		return es_capture_file_fail(f, ES_EMALFORMED,
		    "a packet of %" PRIu32 " bytes, more than its block holds", b.cap_bytes);
	es_cur_skip(&body.cur, -(size_t)b.cap_bytes & 3);
	if (type == BLOCK_PACKET && b.shown.n == b.cap_bytes)
		b.drops = option_u64(body, OPTION_DROPCOUNT);
	*out = b;
	return 0;
}

static int
read_packet(struct es_capture_file *f, uint32_t type, struct es_fields body, struct es_packet *out)
{
	struct es_pcapng *ng = &f->u.pcapng;
	struct es_pcapng_iface *iface;
	struct packet_block b = { 0 };
	int rc = parse_packet(f, type, body, &b);

	if (rc != 0)
		return rc;
	if (b.id >= ng->n_ifaces)
		return es_capture_file_fail(f, ES_EMALFORMED,
		    "a packet of interface %" PRIu32 ", %" PRIu32 " interfaces are described", b.id,
		    ng->n_ifaces);
	iface = &ng->ifaces[b.id];
	out->ts = time_of(iface, b.n_ticks);
	out->data = b.shown.p;
	out->cap_bytes = (uint32_t)b.shown.n;
	out->wire_bytes = b.wire_bytes > b.cap_bytes ? b.wire_bytes : b.cap_bytes;
	out->link = iface->link;
	out->iface = (uint16_t)b.id;
	report_drops(f, iface->has_last ? iface->last : es_time_of_ns(INT64_MIN), out->ts, b.drops);
	iface->reported_drops += b.drops;
	iface->last = out->ts;
	iface->has_last = true;
	return 0;
}

/* A section's byte order follows its length, so both are read together. */
static int
read_section(struct es_capture_file *f, uint32_t *total)
{
	struct es_pcapng *ng = &f->u.pcapng;
	struct es_fields header;
	uint32_t n_bytes, magic;
	uint16_t major, minor;
	es_slice b;

	if (es_input_peek(&f->in, SECTION_MIN_BYTES, &b) != 0)
		return es_capture_file_short(f, "a section header", SECTION_MIN_BYTES, b.n);
	header = es_fields_of(b, false);
	es_cur_skip(&header.cur, 8);
	ng->big_endian = es_fields_u32(&header) != BYTE_ORDER_MAGIC;
	header = es_fields_of(b, ng->big_endian);
	es_cur_skip(&header.cur, 4);
	n_bytes = es_fields_u32(&header);
	magic = es_fields_u32(&header);
	major = es_fields_u16(&header);
	minor = es_fields_u16(&header);
	if (magic != BYTE_ORDER_MAGIC)
		return es_capture_file_fail(f, ES_EMALFORMED,
		    "a section with byte-order magic %08" PRIx32 ", expected 1a2b3c4d", magic);
	if (major != 1)
		return es_capture_file_fail(
		    f, ES_EUNSUPPORTED, "pcapng version %u.%u, expected 1.x", major, minor);
	ng->n_ifaces = 0;
	*total = n_bytes;
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
	struct es_fields header;
	es_slice b;
	int rc = es_input_peek(&f->in, HEADER_BYTES, &b);

	if (rc == ES_EEOF && b.n == 0)
		return ES_EEOF;
	if (rc != 0)
		return es_capture_file_short(f, "a block header", HEADER_BYTES, b.n);
	header = es_fields_of(b, ng->big_endian);
	*type = es_fields_u32(&header);
	*total = es_fields_u32(&header);
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

/* Looks at one block; 0, and *is_packet is set to whether it was a packet. */
static int
read_block(struct es_capture_file *f, uint32_t type, uint32_t total, struct es_packet *out,
    bool *is_packet)
{
	size_t view = total < VIEW_BYTES ? total : VIEW_BYTES;
	struct es_fields block, body;
	uint32_t again;
	es_slice b;
	int rc;

	rc = es_input_peek(&f->in, view, &b);
	if (rc != 0)
		return es_capture_file_short(f, "a block", total, b.n);
	block = es_fields_of(b, f->u.pcapng.big_endian);
	body = block;
	es_cur_skip(&block.cur, HEADER_BYTES);
	body.cur = es_cur_sub(&block.cur, view - (view == total ? FRAME_BYTES : HEADER_BYTES));
	again = es_fields_u32(&block);
	if (view == total && again != total)
		return es_capture_file_fail(f, ES_EMALFORMED,
		    "a block of %" PRIu32 " bytes that ends with length %" PRIu32, total, again);
	if (type == BLOCK_INTERFACE)
		return read_interface(f, body);
	if (type == BLOCK_STATISTICS) {
		read_statistics(f, body);
		return 0;
	}
	*is_packet = true;
	return read_packet(f, type, body, out);
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
		if (type == ES_PCAPNG_SECRETS) {
			rc = es_pcapng_secrets(f, total);
			if (rc != 0)
				return rc;
			continue;
		}
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
	struct es_fields begin = es_fields_of(head, false);

	return es_fields_u32(&begin) == BLOCK_SECTION;
}

int
es_pcapng_begin(struct es_capture_file *f)
{
	f->next = pcapng_next_packet;
	f->has_secrets = es_pcapng_has_secrets(&f->in);
	return 0;
}
