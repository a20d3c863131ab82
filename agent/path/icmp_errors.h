/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams whose ICMP errors come back to their socket (IP_RECVERR): a router on the way is seen without a right. */
#ifndef AGENT_PATH_ICMP_ERRORS_H
#define AGENT_PATH_ICMP_ERRORS_H

#include "earshot/addr.h"

#include <stddef.h>

struct es_icmp_error {
	int error;           /* errno */
	struct es_addr from; /* who sent it; family 0: this machine's own socket layer */
	uint16_t port;       /* that the datagram went to */
};

/* Errors of this socket are queued from here on; datagrams are not fragmented. ES_EIO. */
int es_icmp_errors_want(int fd, uint8_t family);
/* Of the datagrams from here on; 0: as usual. ES_EIO. */
int es_icmp_errors_ttl(int fd, uint8_t family, uint8_t ttl);
/* The next error in the queue. ES_EAGAIN: it is empty. */
int es_icmp_errors_next(int fd, struct es_icmp_error *out);

#endif
