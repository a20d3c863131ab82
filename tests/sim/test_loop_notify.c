/* SPDX-License-Identifier: Apache-2.0 */
/* What a service manager hears of a process: sd_notify(3). */
#include "runtime/file.h"
#include "runtime/loop/notify.h"
#include "runtime/loop/reread.h"
#include "tests/sim/made_log.h"
#include "tests/sim/made_loop.h"
#include "tests/sim/made_place.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct {
	int fd;
	struct es_loop *loop;
	struct es_notify *notify;
} manager = { -1, NULL, NULL };

/* A manager at the name; @ at its front stands for a zero byte. */
static void
listen_at(const char *name)
{
	struct sockaddr_un at_name = { .sun_family = AF_UNIX };
	socklen_t n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));

	memcpy(at_name.sun_path, name, strlen(name));
	if (name[0] == '@')
		at_name.sun_path[0] = '\0';
	manager.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (manager.fd < 0 || bind(manager.fd, (const struct sockaddr *)&at_name, n) != 0)
		abort();
	(void)setenv("NOTIFY_SOCKET", name, 1);
}

static void
begin(const char *watchdog_usec)
{
	place_make();
	made_clock_reset();
	listen_at(at("manager"));
	if (watchdog_usec != NULL)
		(void)setenv("WATCHDOG_USEC", watchdog_usec, 1);
	CHECK_EQ(es_loop_new(&manager.loop), 0);
	CHECK_EQ(es_notify_new(manager.loop, &manager.notify), 0);
	CHECK(manager.notify != NULL);
}

static void
end(void)
{
	es_notify_free(manager.notify);
	manager.notify = NULL;
	CHECK_EQ(made_left(manager.loop), 0);
	es_loop_free(manager.loop);
	(void)close(manager.fd);
	place_remove();
}

/* The next datagram; empty: there is none. */
static const char *
heard(void)
{
	static char text[1024];
	ssize_t n = recv(manager.fd, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static unsigned
heard_beats(void)
{
	unsigned n = 0;

	for (const char *text = heard(); text[0] != '\0'; text = heard())
		n += strcmp(text, "WATCHDOG=1\n") == 0;
	return n;
}

TEST(notify_says_nothing_where_no_manager_listens)
{
	struct es_loop *loop;
	struct es_notify *none = manager.notify;
	static const char *const names[] = { NULL, "", "relative", "/", "@", "/nowhere/at/all" };

	CHECK_EQ(es_loop_new(&loop), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)unsetenv("NOTIFY_SOCKET");
		if (names[i] != NULL)
			(void)setenv("NOTIFY_SOCKET", names[i], 1);
		CHECK_EQ(es_notify_new(loop, &none), 0);
		CHECK(none == NULL);
		CHECK(getenv("NOTIFY_SOCKET") == NULL);
	}
	es_notify_ready(none);
	es_notify_reloading(none);
	es_notify_stopping(none);
	es_notify_status(none, "%d", 1);
	es_notify_free(none);
	es_loop_free(loop);
}

TEST(notify_tells_states_in_their_order)
{
	begin(NULL);
	es_notify_status(manager.notify, "%d records wait", 7);
	CHECK_STR(heard(), "STATUS=7 records wait\n");
	es_notify_ready(manager.notify);
	CHECK_STR(heard(), "READY=1\n");
	es_notify_reloading(manager.notify);
	CHECK_STR(heard(), "RELOADING=1\nMONOTONIC_USEC=1000000000\n");
	es_notify_ready(manager.notify);
	CHECK_STR(heard(), "READY=1\n");
	es_notify_stopping(manager.notify);
	CHECK_STR(heard(), "STOPPING=1\n");
	made_pass(manager.loop, 3600000);
	CHECK_STR(heard(), ""); /* nobody watches it */
	end();
}

TEST(notify_reaches_a_manager_without_a_file)
{
	struct es_loop *loop;
	struct es_notify *n;
	char name[64];

	(void)snprintf(name, sizeof(name), "@earshot-test-%d", (int)getpid());
	listen_at(name);
	CHECK_EQ(es_loop_new(&loop), 0);
	CHECK_EQ(es_notify_new(loop, &n), 0);
	es_notify_ready(n);
	CHECK_STR(heard(), "READY=1\n");
	es_notify_free(n);
	es_loop_free(loop);
	(void)close(manager.fd);
}

TEST(notify_beats_twice_in_the_watchdogs_time)
{
	begin("30000000");
	made_pass(manager.loop, 60000);
	CHECK_STR(heard(), ""); /* it is not ready: the time to start is another */
	es_notify_ready(manager.notify);
	CHECK_STR(heard(), "READY=1\n");
	made_pass(manager.loop, 14999);
	CHECK_STR(heard(), "");
	made_pass(manager.loop, 1);
	CHECK_STR(heard(), "WATCHDOG=1\n");
	made_pass(manager.loop, 150000);
	CHECK_EQ(heard_beats(), 10);
	es_notify_status(manager.notify, "a status does not put a beat off");
	made_pass(manager.loop, 15000);
	CHECK_EQ(heard_beats(), 1);
	end();
}

TEST(notify_beats_only_for_the_process_that_is_watched)
{
	(void)setenv("WATCHDOG_PID", "1", 1);
	begin("30000000");
	es_notify_ready(manager.notify);
	CHECK_STR(heard(), "READY=1\n");
	made_pass(manager.loop, 60000);
	CHECK_STR(heard(), "");
	CHECK(getenv("WATCHDOG_PID") == NULL && getenv("WATCHDOG_USEC") == NULL);
	end();
}

TEST(notify_sends_a_state_again_that_had_no_room)
{
	unsigned n = 0;

	begin("30000000");
	while (n < 100000 && manager.notify != NULL) { /* until the manager's queue is full */
		es_notify_status(manager.notify, "%u", n++);
		if (made_next_ms(manager.loop) >= 0)
			break;
	}
	CHECK(n < 100000);
	es_notify_ready(manager.notify);
	while (heard()[0] != '\0')
		continue;
	made_pass(manager.loop, 100);
	CHECK(strncmp(heard(), "READY=1\nSTATUS=", 15) == 0);
	CHECK_STR(heard(), "");
	made_pass(manager.loop, 15000);
	CHECK_STR(heard(), "WATCHDOG=1\n");
	end();
}

/* ---- a configuration that is read again ---- */

static const struct es_option table[] = {
	{ .name = "depth",
	    .kind = ES_OPT_INT,
	    .fallback = "1",
	    .min = 1,
	    .max = 9,
	    .help = "A number." },
	{ .name = NULL },
};

static void
on_settled(void *ctx, struct es_options *given)
{
	(void)ctx;
	es_options_free(given);
}

static void
write_file(const char *text)
{
	CHECK_EQ(es_file_write(at("e.conf"), es_slice_str(text), 0600), 0);
}

TEST(notify_hears_when_a_reading_begins_and_ends)
{
	char path[128];
	struct es_reread_config config = { "test", table, path, on_settled, NULL };
	struct es_reread *reread;

	begin(NULL);
	(void)snprintf(path, sizeof(path), "%s", at("e.conf"));
	config.notify = manager.notify;
	listen_to_log();
	CHECK_EQ(es_reread_new(manager.loop, &config, NULL, &reread), 0);
	for (int i = 0; i < 2; i++) {
		write_file(i == 0 ? "depth = 3\n" : "depth = 10\n"); /* the second has a mistake */
		CHECK(made_signal(manager.loop, SIGHUP));
		CHECK(strncmp(heard(), "RELOADING=1\n", 12) == 0);
		CHECK_STR(heard(), "");
		made_pass(manager.loop, ES_REREAD_PAUSE_MS);
		CHECK_STR(heard(), "READY=1\n");
	}
	CHECK(made_signal(manager.loop, SIGHUP));
	CHECK(strncmp(heard(), "RELOADING=1\n", 12) == 0);
	for (unsigned i = 1; i < ES_REREAD_MAX; i++) { /* it never rests */
		write_file(i % 2 == 0 ? "depth = 4\n" : "depth = 5\n");
		CHECK_STR(heard(), "");
		made_pass(manager.loop, ES_REREAD_PAUSE_MS);
	}
	CHECK_STR(heard(), "READY=1\n");
	CHECK_EQ(logged("it changes while it is read"), 1);
	es_reread_free(reread);
	end();
}
