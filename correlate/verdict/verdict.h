/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict of a call from its two judged directions. */
#ifndef CORRELATE_VERDICT_VERDICT_H
#define CORRELATE_VERDICT_VERDICT_H

#include "correlate/verdict/verdict_input.h"

void es_cor_verdict(const struct es_cor_verdict_input *in, struct es_verdict *out);

#endif
