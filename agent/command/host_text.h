/* SPDX-License-Identifier: Apache-2.0 */
/* A machine's health for people: a line for each signal with a word of judgement, and what the machine does not have. */
#ifndef AGENT_COMMAND_HOST_TEXT_H
#define AGENT_COMMAND_HOST_TEXT_H

#include "earshot/record.h"

#include <stdio.h>

/* is_first: the sample has no rates yet, so what it leaves out the machine may have. */
void es_host_text_print(const struct es_host *h, bool is_first, FILE *to);

/* is_first: the sampler says what it found at its start, and nothing has changed. */
void es_host_text_change(const struct es_change *c, bool is_first, FILE *to);

#endif
