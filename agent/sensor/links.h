/* SPDX-License-Identifier: Apache-2.0 */
/* Which interfaces there are, and a word when that changes (rtnetlink(7)). */
#ifndef AGENT_SENSOR_LINKS_H
#define AGENT_SENSOR_LINKS_H

#include "earshot/error.h"

#include <stdint.h>

/*
 * A descriptor that is readable after interfaces changed; the kernel tells it without a right. The caller closes it.
 * Else ES_EIO (errno).
 */
int es_links_watch(void);

/* Reads over what changed, to be looked at by es_links_look. */
void es_links_drain(int fd);

/*
 * 0 and its number where an interface of this name is there and up ("any": always, 0); ES_EINVALID: no interface can have
 * such a name; else ES_ENOTFOUND.
 */
int es_links_look(const char *name, uint32_t *index);

#endif
