/* SPDX-License-Identifier: Apache-2.0 */
/* A listening socket that the service manager made and handed over. */
#include "runtime/activation.h"

#include "earshot/slice.h"
#include "probes/base/text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_FD = 3 };

static int
number(const char *name, uint64_t *out)
{
	const char *text = getenv(name);

	return text == NULL ? ES_ENOTFOUND : es_text_u64(es_slice_str(text), INT32_MAX, out);
}

static bool
is_listening(int fd)
{
	int domain = 0, listens = 0;
	socklen_t n = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 && domain == AF_UNIX &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == 0 && listens != 0;
}

int
es_activation_take(void)
{
	uint64_t who, n;
	bool is_ours = number("LISTEN_PID", &who) == 0 && who == (uint64_t)getpid() &&
		       number("LISTEN_FDS", &n) == 0 && n > 0;

	(void)unsetenv("LISTEN_PID"); /* a name without '=' cannot fail */
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	if (!is_ours)
		return ES_ENOTFOUND;
	if (n != 1 || !is_listening(FIRST_FD) || fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC) != 0 ||
	    fcntl(FIRST_FD, F_SETFL, O_NONBLOCK) != 0)
		return ES_EMALFORMED;
	return FIRST_FD;
}
