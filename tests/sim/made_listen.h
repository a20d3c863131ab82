/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listeners without a network, linked in place of runtime/loop/listen.c into every tests/sim/test_loop_*.c.
 * A port is only a name here, a connection is a pair of local sockets, and what one end sends is at the
 * other at once: nothing that another process does can be in the way.
 */
#ifndef TESTS_MADE_LISTEN_H
#define TESTS_MADE_LISTEN_H

#include <stdint.h>

/* Somebody connects to this port, and is accepted. Returns his end, which is given. */
int made_connect(uint16_t port);

#endif
