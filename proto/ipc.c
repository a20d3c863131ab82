/* SPDX-License-Identifier: Apache-2.0 */
/* The datagrams between sensor and shipper: type, flags, run, number, bytes. */
#include "proto/ipc.h"

#include "probes/base/cursor.h"

/* Header: type (1), flags (1), zero (2), run (8), number (8), all big-endian. */
enum { FLAG_URGENT = 1 };

static void
put_be64(uint8_t *at, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)(v >> (56 - 8 * i));
}

int
es_ipc_encode(const struct es_ipc_message *msg, uint8_t *out, size_t cap_bytes)
{
	size_t n = ES_IPC_HEADER_BYTES + msg->bytes.n;

	if (msg->type < ES_IPC_HELLO || msg->type > ES_IPC_BYE)
		return ES_EINVALID;
	if ((msg->type == ES_IPC_RECORD) != (msg->bytes.n > 0))
		return ES_EINVALID;
	if (n > ES_IPC_MAX_BYTES || n > cap_bytes)
		return ES_EFULL;
	memset(out, 0, ES_IPC_HEADER_BYTES);
	out[0] = (uint8_t)msg->type;
	out[1] = msg->urgent ? FLAG_URGENT : 0;
	put_be64(out + 4, msg->run);
	put_be64(out + 12, msg->number);
	if (msg->bytes.n > 0)
		memcpy(out + ES_IPC_HEADER_BYTES, msg->bytes.p, msg->bytes.n);
	return (int)n;
}

int
es_ipc_decode(es_slice datagram, struct es_ipc_message *msg)
{
	struct es_cur c = es_cur_of(datagram);
	struct es_ipc_message m;
	uint8_t type = es_cur_u8(&c);
	uint8_t flags = es_cur_u8(&c);

	es_cur_take(&c, 2);
	m.run = es_cur_be64(&c);
	m.number = es_cur_be64(&c);
	m.bytes = es_cur_rest(&c);
	if (c.bad || datagram.n > ES_IPC_MAX_BYTES)
		return ES_EMALFORMED;
	if (type < ES_IPC_HELLO || type > ES_IPC_BYE)
		return ES_EUNSUPPORTED;
	m.type = (enum es_ipc_type)type;
	m.urgent = (flags & FLAG_URGENT) != 0;
	if ((m.type == ES_IPC_RECORD) != (m.bytes.n > 0))
		return ES_EMALFORMED;
	*msg = m;
	return 0;
}
