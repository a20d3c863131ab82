/* SPDX-License-Identifier: Apache-2.0 */
/* What seldom changes on a machine: its kernel, its audio devices. */
#ifndef EARSHOT_HOST_SYSTEM_H
#define EARSHOT_HOST_SYSTEM_H

#include "probes/host/reading.h"

/* Release of the kernel, /proc/sys/kernel/osrelease. Empty: not known. */
void es_host_kernel_read(struct es_host_files *files, char out[ES_HOST_TEXT_MAX]);

/* Names of the sound cards in order, /proc/asound/cards: "PCH, Headset". Empty: none. */
void es_host_audio_read(struct es_host_files *files, char out[ES_HOST_TEXT_MAX]);

#endif
