/* SPDX-License-Identifier: Apache-2.0 */
/* Frames and IPC datagrams: cut anywhere, hostile lengths. */
#include "harness.h"
#include "proto/frame.h"
#include "proto/ipc.h"

#include <stdlib.h>

TEST(proto_frame_comes_whole_however_the_stream_is_cut)
{
	static const char *const want[] = { "a", "second frame", "x" };
	uint8_t stream[64];
	size_t n = 0;

	for (int i = 0; i < 3; i++) {
		CHECK_EQ(es_frame_header(strlen(want[i]), stream + n), 0);
		memcpy(stream + n + 4, want[i], strlen(want[i]));
		n += 4 + strlen(want[i]);
	}
	for (size_t piece = 1; piece <= n; piece++) {
		struct es_frame_reader r;
		int got = 0;

		es_frame_reader_init(&r, 0);
		for (size_t at = 0; at < n; at += piece) {
			es_slice frame;
			size_t len = at + piece > n ? n - at : piece;
			int err;

			es_frame_feed(&r, test_guarded(stream + at, len));
			while ((err = es_frame_next(&r, &frame)) == 0) {
				CHECK(got < 3);
				CHECK_SLICE(frame, want[got]);
				got++;
			}
			CHECK_EQ(err, ES_ESHORT);
		}
		CHECK_EQ(got, 3);
		CHECK(!es_frame_is_partial(&r));
		es_frame_reader_done(&r);
	}
}

TEST(proto_frame_hostile_lengths_are_refused_before_they_cost_memory)
{
	static const uint8_t hostile[][4] = { { 0, 0, 0, 0 }, { 0, 4, 0, 1 },
		{ 0xff, 0xff, 0xff, 0xff }, { 0x80, 0, 0, 0 } };
	struct es_frame_reader r;
	es_slice frame;

	for (int i = 0; i < 4; i++) {
		es_frame_reader_init(&r, 0);
		es_frame_feed(&r, test_guarded(hostile[i], 4));
		CHECK_EQ(es_frame_next(&r, &frame), ES_EMALFORMED);
		CHECK_EQ(es_frame_next(&r, &frame), ES_EMALFORMED); /* stays refused */
		CHECK(r.cap_bytes <= 4096);
		es_frame_reader_done(&r);
	}
	/* a large announcement costs what was sent, not what was announced */
	es_frame_reader_init(&r, 0);
	es_frame_feed(&r, test_guarded("\x00\x04\x00\x00rest", 8));
	CHECK_EQ(es_frame_next(&r, &frame), ES_ESHORT);
	CHECK(es_frame_is_partial(&r));
	CHECK(r.cap_bytes <= 4096);
	es_frame_reader_done(&r);
	/* a listener's own, smaller limit */
	es_frame_reader_init(&r, 16);
	es_frame_feed(&r, test_guarded("\x00\x00\x00\x11", 4));
	CHECK_EQ(es_frame_next(&r, &frame), ES_EMALFORMED);
	es_frame_reader_done(&r);
}

TEST(proto_frame_of_the_largest_size_passes)
{
	size_t n = ES_FRAME_MAX_BYTES;
	uint8_t *bytes = calloc(1, n + 4);
	struct es_frame_reader r;
	es_slice frame;

	CHECK(bytes != NULL);
	CHECK_EQ(es_frame_header(n, bytes), 0);
	CHECK_EQ(es_frame_header(n + 1, bytes), ES_EFULL);
	CHECK_EQ(es_frame_header(0, bytes), ES_EINVALID);
	CHECK_EQ(es_frame_header(n, bytes), 0);
	bytes[n + 3] = 7;
	es_frame_reader_init(&r, 0);
	es_frame_feed(&r, es_slice_of(bytes, n + 4));
	CHECK_EQ(es_frame_next(&r, &frame), 0);
	CHECK_EQ(frame.n, n);
	CHECK_EQ(frame.p[n - 1], 7);
	CHECK_EQ(es_frame_next(&r, &frame), ES_ESHORT);
	es_frame_reader_done(&r);
	free(bytes);
}

TEST(proto_ipc_messages_survive)
{
	static const struct es_ipc_message msgs[] = {
		{ ES_IPC_HELLO, false, UINT64_MAX, 17, { NULL, 0 } },
		{ ES_IPC_ACK, false, 1, UINT64_MAX, { NULL, 0 } },
		{ ES_IPC_RECORD, true, 0x0123456789abcdef, 42, { (const uint8_t *)"rec", 3 } },
		{ ES_IPC_CALLS, false, 9, 3, { NULL, 0 } },
		{ ES_IPC_BYE, false, 9, 42, { NULL, 0 } },
	};
	uint8_t out[64];

	for (int i = 0; i < 5; i++) {
		struct es_ipc_message got;
		int n = es_ipc_encode(&msgs[i], out, sizeof(out));

		CHECK(n >= ES_IPC_HEADER_BYTES);
		CHECK_EQ(es_ipc_decode(test_guarded(out, (size_t)n), &got), 0);
		CHECK_EQ(got.type, msgs[i].type);
		CHECK_EQ(got.urgent, msgs[i].urgent);
		CHECK(got.run == msgs[i].run && got.number == msgs[i].number);
		CHECK(es_slice_eq(got.bytes, msgs[i].bytes));
		for (int cut = 0; cut < ES_IPC_HEADER_BYTES; cut++)
			CHECK_EQ(
			    es_ipc_decode(test_guarded(out, (size_t)cut), &got), ES_EMALFORMED);
	}
}

TEST(proto_ipc_bad_messages_are_refused)
{
	struct es_ipc_message msg = { ES_IPC_RECORD, false, 1, 1, { NULL, 0 } };
	uint8_t out[64] = { 0 };
	struct es_ipc_message got;
	int n;

	CHECK_EQ(es_ipc_encode(&msg, out, sizeof(out)), ES_EINVALID); /* a record without one */
	msg.bytes = es_slice_str("x");
	CHECK_EQ(es_ipc_encode(&msg, out, ES_IPC_HEADER_BYTES), ES_EFULL);
	n = es_ipc_encode(&msg, out, sizeof(out));
	CHECK_EQ(n, ES_IPC_HEADER_BYTES + 1);
	out[0] = ES_IPC_ACK; /* an acknowledgement with bytes */
	CHECK_EQ(es_ipc_decode(test_guarded(out, (size_t)n), &got), ES_EMALFORMED);
	out[0] = 99;
	CHECK_EQ(es_ipc_decode(test_guarded(out, (size_t)n), &got), ES_EUNSUPPORTED);
}
