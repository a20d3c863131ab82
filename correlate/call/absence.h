/* SPDX-License-Identifier: Apache-2.0 */
/* Absences: times without any media of a call. */
#ifndef CORRELATE_CALL_ABSENCE_H
#define CORRELATE_CALL_ABSENCE_H

#include "correlate/call/call.h"

/*
 * Finds times without any media in both directions: they went elsewhere, or the place was cut off. Their numbers are
 * neither seen nor lost unless a receiver reports them lost.
 */
void es_cor_absences(struct es_cor_joined_call *c);

#endif
