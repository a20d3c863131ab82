/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unix sockets of the agent: the IPC socket between sensor and shipper (SOCK_SEQPACKET), by a path or an
 * inherited descriptor. Descriptors are non-blocking and close-on-exec.
 */
#ifndef AGENT_IPC_IPC_SOCKET_H
#define AGENT_IPC_IPC_SOCKET_H

#include "earshot/error.h"
#include "earshot/slice.h"

#include <sys/types.h>

enum { ES_IPC_SOCKET_BYTES = 1 << 20 };

/*
 * Both ends ask the kernel for the user of the other (SO_PEERCRED) before a byte goes either way, and
 * hang up on all but root, our own user and the one user that the configuration names (0: nobody
 * else). Root is let in because it can read our memory anyway; a process of root that has dropped its
 * rights counts as its new user. The mode of the file is not enough: it proves nothing about who listens.
 */

/*
 * Listens; a stale socket is replaced. The mode is 0600; where another user is expected it is 0666,
 * and es_unix_accept decides. Returns the descriptor, or ES_EIO (errno).
 */
int es_unix_listen(const char *path, int type, uid_t also);
/* Returns the descriptor, ES_ENOTFOUND (nobody listens there), ES_EDENIED (*user listens), or ES_EIO. */
int es_unix_connect(const char *path, int type, uid_t also, uid_t *user);
/* Returns the descriptor, ES_EAGAIN, or ES_EDENIED (*user is at the other end). */
int es_unix_accept(int listener, uid_t also, uid_t *user);

/*
 * As the other user of es_unix_accept: a socket of the service manager, whose mode and owner say who may connect. A
 * unit with PrivateUsers= has no number for that user, so that SO_PEERCRED cannot name it.
 */
#define ES_UNIX_ANY_USER ((uid_t)-1)

/*
 * Makes an inherited descriptor non-blocking and close-on-exec, with buffers of ES_IPC_SOCKET_BYTES where allowed.
 */
void es_ipc_socket_prepare(int fd);

/* Sends one datagram whole. 0; ES_EAGAIN: no room now; ES_EEOF: the other side is gone; ES_EIO. */
int es_ipc_socket_send(int fd, es_slice datagram);
/*
 * Receives one datagram into the caller's buffer. 0 and *n_bytes; ES_EAGAIN: none there; ES_EEOF: the other side is
 * gone; ES_EMALFORMED: it was larger than cap and was thrown away; ES_EIO.
 */
int es_ipc_socket_receive(int fd, uint8_t *to, size_t cap, size_t *n_bytes);

#endif
