/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the kernel by netlink and waits for its answer, which comes at once or not at all. */
#ifndef EARSHOT_HOST_NETLINK_NETLINK_SOCKET_H
#define EARSHOT_HOST_NETLINK_NETLINK_SOCKET_H

#include "probes/host/reading.h"

/* A socket to the kernel of a protocol, NETLINK_GENERIC for example; or ES_EIO. Close it. */
int es_host_netlink_open(int protocol);

/*
 * Sends a request and reads its answers into the buffer of files, one after the other. Returns how many bytes, or
 * ES_EIO: then close the socket, for what comes late must not be taken for the next answer.
 */
int es_host_netlink_ask(int fd, struct es_host_files *files, const void *request, size_t n_bytes);

#endif
