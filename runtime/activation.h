/* SPDX-License-Identifier: Apache-2.0 */
/* A listening socket that the service manager made and handed over, as of sd_listen_fds(3). */
#ifndef EARSHOT_RUNTIME_ACTIVATION_H
#define EARSHOT_RUNTIME_ACTIVATION_H

#include "earshot/error.h"

/*
 * The one listening unix socket that was handed to this process, close-on-exec and non-blocking; ES_ENOTFOUND: none
 * was; ES_EMALFORMED: something else was, or more than one. Takes its variables out of the environment.
 */
int es_activation_take(void);

#endif
