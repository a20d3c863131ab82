/* SPDX-License-Identifier: Apache-2.0 */
/* Calls as one capture has them: nothing is compared, so nothing is explained and nobody is accused. */
#ifndef AGENT_REPORT_UNEXPLAINED_H
#define AGENT_REPORT_UNEXPLAINED_H

#include "agent/report/course.h"

/*
 * Calls back with each call of the course, then with each stream that no call claims. Directions come from who sent
 * the INVITE and the media addresses of SDP. What is given is borrowed for the call. 0, or ES_ENOMEM.
 */
int es_unexplained_calls(
    const struct es_course *c, void (*call)(void *ctx, const struct es_explained *call), void *ctx);

#endif
