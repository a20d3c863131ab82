/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unix sockets of the agent: the hop between sensor and shipper (SOCK_SEQPACKET), by a path or an
 * inherited descriptor. Descriptors are non-blocking and close-on-exec.
 */
#ifndef AGENT_HOP_HOP_SOCKET_H
#define AGENT_HOP_HOP_SOCKET_H

#include "earshot/error.h"
#include "earshot/slice.h"

enum { ES_HOP_SOCKET_BYTES = 1 << 20 };

/* Listens (mode 0600, a stale socket is replaced). Returns the descriptor, or ES_EIO (errno). */
int es_unix_listen(const char *path, int type);
/* Returns the descriptor, ES_ENOTFOUND (nobody listens there), or ES_EIO. */
int es_unix_connect(const char *path, int type);
/* Returns the descriptor, ES_EAGAIN, or ES_EDENIED: neither root nor our own user. */
int es_unix_accept(int listener);

/* Non-blocking, close-on-exec, larger buffers. */
void es_hop_socket_prepare(int fd);

/* 0, ES_EAGAIN, ES_EEOF (the other side is gone), ES_EIO. */
int es_hop_socket_send(int fd, es_slice datagram);
/* 0 and *n_bytes; ES_EAGAIN; ES_EEOF; ES_EMALFORMED: larger than cap, thrown away. */
int es_hop_socket_receive(int fd, uint8_t *to, size_t cap, size_t *n_bytes);

#endif
