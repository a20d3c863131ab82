/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal while a program has all of its screen: single keys, no echo, the other screen buffer. Signals that
 * stop or resize are seen here. However the process ends, it gets its settings back, but for SIGKILL. One per process.
 */
#ifndef AGENT_TOP_TERMINAL_H
#define AGENT_TOP_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Standard output is the screen; keys come from the controlling terminal. 0, or ES_EIO: there is no such terminal. */
int es_terminal_enter(void);

/* As it was before. Does nothing where it was not entered. */
void es_terminal_leave(void);

/* Readable when keys were pressed. */
int es_terminal_fd(void);

/* Bytes of keys that were pressed, at most n; 0: none. */
size_t es_terminal_keys(uint8_t *out, size_t n);

/* Columns and lines of the screen, which may have changed. */
void es_terminal_size(uint32_t *columns, uint32_t *lines);

/*
 * Stops the process if the user asked for it (Ctrl-Z), and takes the screen back when it continues. True: the screen
 * holds nothing of what was drawn, or has another size.
 */
bool es_terminal_is_changed(void);

/* Draws lines with '\n' between them from the top, in one write. Lines below the screen are left out. */
void es_terminal_draw(const char *text);

#endif
