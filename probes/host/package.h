/* SPDX-License-Identifier: Apache-2.0 */
/* Which build of a program is installed. */
#ifndef EARSHOT_HOST_PACKAGE_H
#define EARSHOT_HOST_PACKAGE_H

#include "probes/host/reading.h"

/*
 * Version of the Debian package that a process's program came with: of the packages whose name begins as the program's
 * does ("baresip", "baresip-core"), the one that lists /proc/PID/exe. Empty: none, or not readable. It reads the
 * package manager's files, some megabytes, so call it when a process is new and not for each sample.
 */
void es_host_package_version(
    const struct es_host_files *files, uint32_t pid, char out[ES_HOST_TEXT_MAX]);

#endif
