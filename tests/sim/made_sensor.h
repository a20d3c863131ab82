/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the parser do as its shipper, and a packet for it to measure. Static on purpose. */
#ifndef TESTS_MADE_SENSOR_H
#define TESTS_MADE_SENSOR_H

#include "agent/sensor/capture_engine.h"
#include "runtime/clock.h"
#include "tests/sim/made_role.h"

static uint64_t counted[ES_CNT_END]; /* by the last health record */
static enum es_record_type last_type;
static struct es_coverage dropped; /* of the stream of this source: */
enum { DROPPED_SSRC = 0x77 };

static inline void
ipc_says(enum es_ipc_type type, uint64_t number)
{
	struct es_ipc_message msg = { type, false, role.run, number, { NULL, 0 } };
	uint8_t bytes[64];
	int n = es_ipc_encode(&msg, bytes, sizeof(bytes));

	if (n <= 0 || es_ipc_socket_send(role.fd, es_slice_of(bytes, (size_t)n)) != 0)
		abort();
	made_settle(role.loop);
}

static inline void
see(void *ctx, const struct es_record *rec)
{
	(void)ctx;
	if ((unsigned)rec->type < 16)
		role.by_type[rec->type]++;
	last_type = rec->type;
	if (rec->type == ES_REC_STREAM && rec->u.stream.key.ssrc == DROPPED_SSRC)
		dropped = rec->coverage;
	if (rec->type != ES_REC_HEALTH)
		return;
	memset(counted, 0, sizeof(counted));
	for (uint32_t i = 0; i < rec->u.health.n_values; i++)
		if (rec->u.health.values[i].counter < ES_CNT_END)
			counted[rec->u.health.values[i].counter] = rec->u.health.values[i].value;
}

/* Takes what the sensor sent. */
static inline void
drain(void)
{
	static uint8_t d[ES_IPC_MAX_BYTES], arena[ES_ALLOC_BYTES];
	struct es_alloc alloc;
	struct es_ipc_message msg;
	size_t n;

	while (es_ipc_socket_receive(role.fd, d, sizeof(d), &n) == 0) {
		if (es_ipc_decode(es_slice_of(d, n), &msg) != 0)
			abort();
		role.run = msg.run;
		if (msg.type == ES_IPC_RECORD) {
			NEED(msg.number == role.last + 1 || role.last == 0);
			role.last = msg.number;
			role.n_records++;
			es_alloc_init(&alloc, arena, sizeof(arena));
			(void)es_record_decode(msg.bytes, &alloc, see, NULL);
		} else if (msg.type == ES_IPC_CALLS) {
			role.n_calls++;
			role.calls = (uint32_t)msg.number;
		} else if (msg.type == ES_IPC_BYE) {
			role.n_byes++;
			NEED(msg.number == role.last);
		}
	}
}

/* IPv4, UDP and RTP of a stream, on a link without a header of its own. */
static inline es_slice
rtp_packet_of(unsigned stream, unsigned seq)
{
	static uint8_t p[200] = { 0x45, 0, 0, 200, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0,
		2, 2, 0x75, 0x30, 0x75, 0x32, 0, 180, 0, 0, 0x80 };

	p[15] = (uint8_t)(1 + 2 * stream);
	p[31] = (uint8_t)seq;
	p[34] = (uint8_t)(seq * 160 >> 8);
	p[35] = (uint8_t)(seq * 160);
	p[39] = (uint8_t)(DROPPED_SSRC + stream);
	return es_slice_of(p, sizeof(p));
}

static inline es_slice
rtp_packet(unsigned seq)
{
	return rtp_packet_of(0, seq);
}

#endif
