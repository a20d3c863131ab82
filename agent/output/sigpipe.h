/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a command whose reader has left, as head does. */
#ifndef AGENT_OUTPUT_SIGPIPE_H
#define AGENT_OUTPUT_SIGPIPE_H

/* From now on a write without a reader fails, and the command can tidy up before its end. */
void es_sigpipe_ignore(void);

/* Ends the process by SIGPIPE, quietly: the usual end of a program whose reader leaves. */
void es_sigpipe_end(void);

#endif
