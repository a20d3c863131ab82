/* SPDX-License-Identifier: Apache-2.0 */
/* Names and units of signals and changes, from the tables of signal.h. */
#include "earshot/signal.h"

#include <stddef.h>

static const struct {
	const char *name;
	const char *unit;
} signals[ES_SIG_END] = {
#define X(id, json, unit, number) [number] = { json, unit },
	ES_SIGNALS(X)
#undef X
};

static const char *const changes[] = {
#define X(id, json, number) [number] = json,
	ES_CHANGES(X)
#undef X
};

enum { N_CHANGES = sizeof(changes) / sizeof(changes[0]) };

const char *
es_signal_name(enum es_signal signal)
{
	return (unsigned)signal < ES_SIG_END ? signals[signal].name : NULL;
}

const char *
es_signal_unit(enum es_signal signal)
{
	return (unsigned)signal < ES_SIG_END ? signals[signal].unit : NULL;
}

const char *
es_change_name(enum es_change_kind kind)
{
	return (unsigned)kind < N_CHANGES ? changes[kind] : NULL;
}
