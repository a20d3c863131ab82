/* SPDX-License-Identifier: Apache-2.0 */
/* Which process has a UDP port of this machine. */
#ifndef EARSHOT_HOST_SOCKET_OWNER_H
#define EARSHOT_HOST_SOCKET_OWNER_H

#include "probes/host/reading.h"

/*
 * The process that has a socket bound to this local UDP port: inodes from /proc/net/udp and udp6, processes from
 * /proc/PID/fd, of which only those of this process's own user can be read. 0: none that can be seen, or several.
 * It reads each process once, so call it when a port is new and not for each sample.
 */
uint32_t es_host_socket_owner(struct es_host_files *files, uint16_t port);

#endif
