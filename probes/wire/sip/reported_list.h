/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the readers of text reports: numbers collected into a bounded list, each metric once. */
#ifndef EARSHOT_WIRE_SIP_REPORTED_LIST_H
#define EARSHOT_WIRE_SIP_REPORTED_LIST_H

#include "earshot/reported.h"
#include "probes/base/text.h"

/* KEY=number of a line; outside of min..max (scaled) it is not listed. */
struct es_reported_row {
	const char *line; /* NULL: there is only one */
	const char *key;
	uint16_t metric;
	uint8_t decimals; /* the number is listed times 10^decimals, at most 6 */
	int64_t min;
	int64_t max;
};

/* The first value of a metric stays; what does not fit is left out. */
static inline void
es_reported_add(
    struct es_reported_value *values, uint32_t cap, uint32_t *n, uint16_t metric, int64_t value)
{
	for (uint32_t i = 0; i < *n; i++)
		if (values[i].metric == metric)
			return;
	if (*n == cap)
		return;
	values[*n].metric = metric;
	values[*n].value = value;
	(*n)++;
}

static inline void
es_reported_read(struct es_reported_value *values, uint32_t cap, uint32_t *n,
    const struct es_reported_row *row, es_slice text)
{
	int64_t v;

	if (es_text_scaled(text, row->decimals, &v) == 0 && v >= row->min && v <= row->max)
		es_reported_add(values, cap, n, row->metric, v);
}

#endif
