/* SPDX-License-Identifier: Apache-2.0 */
/* Reports to the service manager, by datagrams as of sd_notify(3). */
#include "runtime/loop/notify.h"

#include "probes/base/text.h"
#include "runtime/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { STATE_MAX = 64, MESSAGE_MAX = STATE_MAX + ES_NOTIFY_STATUS_MAX, AGAIN_MS = 100 };

struct es_notify {
	int fd;
	struct es_timer *beat;
	int64_t beat_ms; /* 0: nobody watches */
	bool is_ready;
	char state[STATE_MAX];             /* not sent yet; empty: nothing waits */
	char status[ES_NOTIFY_STATUS_MAX]; /* likewise */
};

/* A path, or a name without a file behind @: unix(7). */
static int
connect_to(const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = strlen(name);
	int fd;

	if ((name[0] != '/' && name[0] != '@') || n < 2 || n >= sizeof(to.sun_path))
		return -1;
	memcpy(to.sun_path, name, n); /* what is behind it is 0 */
	if (name[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to,
			   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* Half of the interval that the manager gave to this process; 0: it does not watch it. */
static int64_t
watched_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t us, who;

	if (usec == NULL || es_text_u64(es_slice_str(usec), INT64_MAX, &us) != 0)
		return 0;
	if (pid != NULL &&
	    (es_text_u64(es_slice_str(pid), INT32_MAX, &who) != 0 || who != (uint64_t)getpid()))
		return 0;
	return us == 0 ? 0 : us < 2000 ? 1 : (int64_t)(us / 2000);
}

/* False: the manager has no room for it now. A manager that is gone takes everything. */
static bool
send_text(const struct es_notify *n, const char *text)
{
	ssize_t sent;

	do
		sent = send(n->fd, text, strlen(text), MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent >= 0 || (errno != EAGAIN && errno != ENOBUFS);
}

static void
arm(struct es_notify *n, bool waits)
{
	int64_t ms = waits ? AGAIN_MS : n->beat_ms;

	if (waits && n->beat_ms != 0 && n->beat_ms < ms)
		ms = n->beat_ms;
	if (waits || (n->beat_ms != 0 && n->is_ready))
		(void)es_timer_arm(n->beat, ms); /* without it the manager acts, as it shall */
}

/* Sends what waits, together with a sign of life where that is due. */
static void
flush(struct es_notify *n, bool is_beat)
{
	char text[MESSAGE_MAX + 32];
	bool waits = false;

	(void)snprintf(text, sizeof(text), "%s%s%s%s%s", n->state,
	    n->status[0] == '\0' ? "" : "STATUS=", n->status, n->status[0] == '\0' ? "" : "\n",
	    is_beat ? "WATCHDOG=1\n" : "");
	if (text[0] != '\0')
		waits = !send_text(n, text);
	if (!waits)
		n->state[0] = n->status[0] = '\0';
	if (is_beat || waits || !es_timer_is_armed(n->beat))
		arm(n, waits);
}

static void
on_beat(void *ctx)
{
	struct es_notify *n = ctx;

	flush(n, n->is_ready && n->beat_ms != 0);
}

int
es_notify_new(struct es_loop *l, struct es_notify **out)
{
	const char *name = getenv("NOTIFY_SOCKET");
	int fd = name == NULL ? -1 : connect_to(name);
	int64_t beat_ms = watched_ms();
	struct es_notify *n;

	*out = NULL;
	(void)unsetenv("NOTIFY_SOCKET"); /* a name without '=' cannot fail */
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	if (fd < 0)
		return 0;
	n = calloc(1, sizeof(*n));
	if (n == NULL || es_timer_new(l, on_beat, n, &n->beat) != 0) {
		(void)close(fd);
		free(n);
		return ES_ENOMEM;
	}
	n->fd = fd;
	n->beat_ms = beat_ms;
	*out = n;
	return 0;
}

void
es_notify_ready(struct es_notify *n)
{
	if (n == NULL)
		return;
	n->is_ready = true;
	(void)snprintf(n->state, sizeof(n->state), "READY=1\n");
	flush(n, false);
}

void
es_notify_reloading(struct es_notify *n)
{
	if (n == NULL)
		return;
	(void)snprintf(n->state, sizeof(n->state), "RELOADING=1\nMONOTONIC_USEC=%lld\n",
	    (long long)(es_clock_monotonic_ns() / 1000));
	flush(n, false);
}

void
es_notify_stopping(struct es_notify *n)
{
	if (n == NULL)
		return;
	(void)snprintf(n->state, sizeof(n->state), "STOPPING=1\n");
	flush(n, false);
}

void
es_notify_status(struct es_notify *n, const char *fmt, ...)
{
	va_list ap;

	if (n == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(n->status, sizeof(n->status), fmt, ap);
	va_end(ap);
	flush(n, false);
}

void
es_notify_free(struct es_notify *n)
{
	if (n == NULL)
		return;
	es_timer_free(n->beat);
	(void)close(n->fd);
	free(n);
}
