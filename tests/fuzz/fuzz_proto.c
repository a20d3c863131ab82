/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an agent with a good certificate may send. First byte: 0 a record, 1 a stream of frames, 2 the
 * body of a batch whose checksum is right, 3 a datagram of IPC.
 */
#include "fuzz.h"
#include "proto/batch.h"
#include "proto/decode.h"
#include "proto/encode.h"
#include "proto/ipc.h"

#include <zlib.h>

static uint8_t room[3][ES_ALLOC_BYTES];
static uint8_t once[ES_RECORD_MAX_BYTES];
static uint8_t twice[ES_RECORD_MAX_BYTES];

struct again {
	es_slice want;
};

/* What our encoder wrote must decode, and be written the same once more. */
static void
same_again(void *ctx, const struct es_record *rec)
{
	const struct again *a = ctx;
	int n = es_record_encode(rec, twice, sizeof(twice));

	MUST(n >= 0 && es_slice_eq(es_slice_of(twice, (size_t)n), a->want));
}

static void
write_again(void *ctx, const struct es_record *rec)
{
	struct es_alloc alloc;
	struct again a;
	int n = es_record_encode(rec, once, sizeof(once));

	(void)ctx;
	MUST(n > 0 || n == ES_EFULL); /* what was read can be written, unless its texts are huge */
	if (n < 0)
		return;
	es_alloc_init(&alloc, room[1], sizeof(room[1]));
	a.want = es_slice_of(once, (size_t)n);
	MUST(es_record_decode(a.want, &alloc, same_again, &a) == 1);
}

static int
read_record(void *ctx, uint64_t seq, es_slice record)
{
	struct es_alloc alloc;

	(void)ctx;
	(void)seq;
	es_alloc_init(&alloc, room[2], sizeof(room[2]));
	(void)es_record_decode(record, &alloc, write_again, NULL);
	return 0;
}

static void
read_frames(es_slice input)
{
	struct es_frame_reader r;
	struct es_envelope env;
	struct es_alloc alloc;
	es_slice frame;

	es_frame_reader_init(&r, 0);
	es_frame_feed(&r, input);
	while (es_frame_next(&r, &frame) == 0) {
		es_alloc_init(&alloc, room[0], sizeof(room[0]));
		if (es_envelope_decode(frame, &alloc, &env) == 0 && env.type == ES_ENV_BATCH)
			(void)es_batch_open(&env.u.batch, &alloc, read_record, NULL, NULL);
	}
	es_frame_reader_done(&r);
}

static void
read_body(es_slice input)
{
	struct es_alloc alloc;
	struct es_batch b;

	memset(&b, 0, sizeof(b));
	b.first_seq = 1;
	b.body = input;
	b.body_bytes = (uint32_t)input.n;
	b.crc32 = (uint32_t)crc32(0, input.p, (uInt)input.n);
	for (b.last_seq = 1; b.last_seq <= 4; b.last_seq++) {
		es_alloc_init(&alloc, room[0], sizeof(room[0]));
		if (es_batch_open(&b, &alloc, read_record, NULL, NULL) > 0)
			return;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	es_slice input = es_slice_of(bytes + 1, n == 0 ? 0 : n - 1);
	struct es_ipc_message msg;

	if (n < 2)
		return 0;
	switch (bytes[0] & 3) {
	case 0:
		(void)read_record(NULL, 1, input);
		break;
	case 1:
		read_frames(input);
		break;
	case 2:
		read_body(input);
		break;
	default:
		if (es_ipc_decode(input, &msg) == 0) {
			uint8_t out[ES_IPC_HEADER_BYTES];

			must_be_within(msg.bytes, input);
			msg.bytes = es_slice_of(NULL, 0);
			if (msg.type != ES_IPC_RECORD)
				MUST(es_ipc_encode(&msg, out, sizeof(out)) == ES_IPC_HEADER_BYTES);
		}
	}
	return 0;
}
