/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams to one peer, never waited for; the kernel says when each arrived. */
#ifndef EARSHOT_HOST_REQUESTS_DATAGRAM_H
#define EARSHOT_HOST_REQUESTS_DATAGRAM_H

#include "earshot/addr.h"
#include "earshot/error.h"
#include "earshot/slice.h"
#include "earshot/time.h"

/*
 * A socket connected to a peer: IPPROTO_UDP to its port, IPPROTO_ICMP for echo requests, which needs no right where
 * net.ipv4.ping_group_range has our group. Close it. ES_EIO: not allowed here, or no route.
 */
int es_host_datagram_open(const struct es_addr *to, int protocol);

/* Whether datagrams from this machine to a peer carry this address of ours, by its routes. Sends nothing. */
bool es_host_datagram_goes_from(const struct es_addr *ours, const struct es_addr *to);

/* ES_EIO: not sent. */
int es_host_datagram_send(int fd, es_slice bytes);

/*
 * One datagram that waits in the socket, cut to the room. Returns its length, or ES_EAGAIN: none. at is its arrival
 * on the wall clock. Errors that the peer or a router sent are passed over.
 */
int es_host_datagram_receive(int fd, uint8_t *room, size_t cap_bytes, es_time *at);

#endif
