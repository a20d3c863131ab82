/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as the system has them, and as we do. The port is in host order in es_addr. */
#ifndef EARSHOT_RUNTIME_SOCKADDR_H
#define EARSHOT_RUNTIME_SOCKADDR_H

#include "earshot/addr.h"

#include <sys/socket.h>

/* ES_EUNSUPPORTED for another family. */
int es_sockaddr_read(const struct sockaddr *sa, struct es_addr *out);
/* The length of *out; 0 for another family. */
socklen_t es_sockaddr_of(const struct es_addr *a, struct sockaddr_storage *out);

#endif
