/* SPDX-License-Identifier: Apache-2.0 */
/* Times without any media of a call. */
#ifndef CORRELATE_CALL_ABSENCE_H
#define CORRELATE_CALL_ABSENCE_H

#include "correlate/call/call.h"

/*
 * Times without any media, neither way: they went elsewhere, or the place itself was cut off. Their numbers are
 * neither seen nor lost unless a receiver reports them lost.
 */
void es_cor_absences(struct es_cor_joined_call *c);

#endif
