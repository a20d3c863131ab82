/* SPDX-License-Identifier: Apache-2.0 */
/* SIGPIPE: ignored while a command runs, its end where nobody reads the output any more. */
#include "agent/output/sigpipe.h"

#include <signal.h>

void
es_sigpipe_ignore(void)
{
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail for this signal */
}

void
es_sigpipe_end(void)
{
	(void)signal(SIGPIPE, SIG_DFL);
	(void)raise(SIGPIPE);
}
