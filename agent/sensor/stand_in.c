/* SPDX-License-Identifier: Apache-2.0 */
/* Speaks to the shipper while no parser runs. */
#include "agent/sensor/stand_in.h"

#include "agent/health.h"
#include "agent/ipc/ipc_sender.h"
#include "agent/ipc/ipc_socket.h"
#include "proto/ipc.h"
#include "runtime/clock.h"
#include "runtime/crypto/hmac.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEALTH_MS = 60000, RING_BYTES = 64 << 10 };

struct es_stand_in {
	int fd;
	uint64_t crashes;
	struct es_ipc_sender *ipc;
	struct es_watch *link;
	struct es_timer *next;
	uint8_t datagram[ES_IPC_MAX_BYTES];
};

static int
send_datagram(void *ctx, es_slice datagram)
{
	struct es_stand_in *s = ctx;
	int err = es_ipc_socket_send(s->fd, datagram);

	if (err != 0 && s->link != NULL)
		(void)es_watch_want(s->link, ES_WATCH_READ | ES_WATCH_WRITE);
	return err == 0 ? 0 : ES_EAGAIN;
}

static void
on_link(void *ctx, unsigned events)
{
	struct es_stand_in *s = ctx;
	size_t n;
	int err;

	if ((events & ES_WATCH_WRITE) != 0 && es_ipc_sender_pump(s->ipc) == 0)
		(void)es_watch_want(s->link, ES_WATCH_READ);
	while ((err = es_ipc_socket_receive(s->fd, s->datagram, sizeof(s->datagram), &n)) == 0)
		(void)es_ipc_sender_input(s->ipc, es_slice_of(s->datagram, n)); /* else: ignored */
	if (err == ES_EEOF)
		(void)es_watch_want(s->link, 0); /* the next parser asks for another */
}

static void
send_health(void *ctx)
{
	struct es_stand_in *s = ctx;
	struct es_health_sum sum;
	uint8_t bytes[ES_HEALTH_BYTES_MAX];
	es_time now = es_clock_wall();
	int n;

	memset(&sum, 0, sizeof(sum));
	sum.value[ES_CNT_PARSER_CRASHES] = s->crashes;
	es_health_process(&sum, -1);
	n = es_health_encode(&sum, now, bytes, sizeof(bytes));
	if (n > 0)
		es_ipc_sender_record(s->ipc, es_slice_of(bytes, (size_t)n), true, now);
	(void)es_timer_arm(s->next, HEALTH_MS);
}

int
es_stand_in_new(struct es_loop *loop, int hop, uint64_t crashes, struct es_stand_in **out)
{
	struct es_stand_in *s = calloc(1, sizeof(*s));
	struct es_ipc_sender_config ipc = { es_random_u64() | ES_IPC_STANDS_IN, RING_BYTES,
		send_datagram, s };
	int err;

	if (s == NULL) {
		close(hop);
		return ES_ENOMEM;
	}
	s->fd = hop;
	s->crashes = crashes;
	es_ipc_socket_prepare(hop);
	err = es_ipc_sender_new(&ipc, &s->ipc);
	if (err == 0)
		err = es_timer_new(loop, send_health, s, &s->next);
	if (err == 0)
		err = es_watch_new(loop, hop, on_link, s, &s->link);
	if (err == 0)
		err = es_watch_want(s->link, ES_WATCH_READ);
	if (err != 0) {
		es_stand_in_free(s);
		return err;
	}
	send_health(s);
	*out = s;
	return 0;
}

void
es_stand_in_free(struct es_stand_in *s)
{
	if (s == NULL)
		return;
	es_watch_free(s->link);
	es_timer_free(s->next);
	es_ipc_sender_free(s->ipc);
	close(s->fd);
	free(s);
}
