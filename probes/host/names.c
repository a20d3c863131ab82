/* SPDX-License-Identifier: Apache-2.0 */
/* Names and units of signals and changes: the tables of earshot/signal.h as text. */
#include "earshot/host.h"

static const char *const signal_names[ES_SIG_END] = {
#define X(name, json, unit, number) [number] = json,
	ES_SIGNALS(X)
#undef X
};

static const char *const signal_units[ES_SIG_END] = {
#define X(name, json, unit, number) [number] = unit,
	ES_SIGNALS(X)
#undef X
};

static const char *const change_names[] = {
#define X(name, json, number) [number] = json,
	ES_CHANGES(X)
#undef X
};

const char *
es_signal_name(enum es_signal signal)
{
	return (int)signal > 0 && (int)signal < ES_SIG_END ? signal_names[signal] : NULL;
}

const char *
es_signal_unit(enum es_signal signal)
{
	return (int)signal > 0 && (int)signal < ES_SIG_END ? signal_units[signal] : NULL;
}

const char *
es_change_name(enum es_change_kind kind)
{
	size_t n = sizeof(change_names) / sizeof(change_names[0]);

	return (int)kind > 0 && (size_t)kind < n ? change_names[kind] : NULL;
}
