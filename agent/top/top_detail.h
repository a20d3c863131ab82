/* SPDX-License-Identifier: Apache-2.0 */
/* All that is known of one call, as lines. */
#ifndef AGENT_TOP_TOP_DETAIL_H
#define AGENT_TOP_TOP_DETAIL_H

#include "agent/output/read_style.h"
#include "agent/top/top_row.h"

#include <stdio.h>

void es_top_detail_put(const struct es_read_style *style, const struct es_top_calls *t,
    const struct es_top_call *c, const struct es_top_moment *at, FILE *to);

#endif
