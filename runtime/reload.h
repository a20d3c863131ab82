/* SPDX-License-Identifier: Apache-2.0 */
/* What a process logs of its configuration when SIGHUP made it read the file again. */
#ifndef EARSHOT_RUNTIME_RELOAD_H
#define EARSHOT_RUNTIME_RELOAD_H

#include "runtime/options.h"

/*
 * Logs one line for each option that changed, with its place: against last, the file as it was read last, where the row
 * reloads; against first, the one that the process started with, where another value takes effect at a restart. who begins each line.
 */
void es_reload_report(const char *who, const struct es_options *first,
    const struct es_options *last, const struct es_options *now);

#endif
