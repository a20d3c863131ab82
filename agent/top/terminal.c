/* SPDX-License-Identifier: Apache-2.0 */
/* Plain ECMA-48 and two private modes of xterm, which every terminal of today has; no library. */
#include "agent/top/terminal.h"

#include "earshot/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { COLUMNS = 80, LINES = 24 }; /* of a terminal that does not say */

/* The process's terminal: a signal must find it. */
static struct {
	struct termios before;
	int keys; /* descriptor */
	volatile sig_atomic_t is_entered;
	volatile sig_atomic_t stop;      /* SIGTSTP came */
	volatile sig_atomic_t continued; /* SIGCONT came */
	volatile sig_atomic_t resized;   /* SIGWINCH came */
} terminal = { .keys = -1 };

/* xterm: the other screen buffer, the cursor hidden; and back, with plain text. */
static const char enter_text[] = "\x1b[?1049h\x1b[?25l\x1b[2J";
static const char leave_text[] = "\x1b[0m\x1b[?25h\x1b[?1049l";

/* Safe in a handler of signals. */
static void
put(const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t done = write(STDOUT_FILENO, bytes, n);
		struct pollfd room = { .fd = STDOUT_FILENO, .events = POLLOUT };

		if (done > 0) {
			bytes += done;
			n -= (size_t)done;
		} else if (done < 0 && errno == EAGAIN) {
			(void)poll(&room, 1, 100);
		} else if (done < 0 && errno != EINTR) {
			return; /* nobody sees it any more */
		}
	}
}

static void
give_back(void)
{
	if (!terminal.is_entered)
		return;
	terminal.is_entered = 0;
	put(leave_text, sizeof(leave_text) - 1);
	(void)tcsetattr(terminal.keys, TCSADRAIN, &terminal.before);
}

static int
set_raw(void)
{
	struct termios raw = terminal.before;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_iflag &= ~(tcflag_t)IXON;
	raw.c_cc[VMIN] = 1; /* with 0 a shell behind a SIGSTOP would read the end of its input */
	raw.c_cc[VTIME] = 0;
	return tcsetattr(terminal.keys, TCSADRAIN, &raw) == 0 ? 0 : ES_EIO;
}

static int
take(void)
{
	if (set_raw() != 0)
		return ES_EIO;
	terminal.is_entered = 1;
	put(enter_text, sizeof(enter_text) - 1);
	return 0;
}

static void
on_signal(int number)
{
	if (number == SIGTSTP)
		terminal.stop = 1;
	else if (number == SIGCONT)
		terminal.continued = 1;
	else
		terminal.resized = 1;
}

/* The end of the process: its reason stands below what it was started in. */
static void
on_end(int number)
{
	give_back();
	(void)raise(number); /* the handler was reset */
}

static void
handle(int number, void (*handler)(int), bool is_once)
{
	struct sigaction action = { .sa_handler = handler };

	if (is_once)
		action.sa_flags = (int)(SA_RESETHAND | SA_NODEFER);
	(void)sigaction(number, &action, NULL); /* cannot fail for these numbers */
}

int
es_terminal_enter(void)
{
	static const int ends[] = { SIGHUP, SIGQUIT, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };

	terminal.keys = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (terminal.keys < 0 || tcgetattr(terminal.keys, &terminal.before) != 0)
		return ES_EIO;
	if (atexit(es_terminal_leave) != 0 || take() != 0)
		return ES_EIO;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		handle(ends[i], on_end, true);
	handle(SIGTSTP, on_signal, false);
	handle(SIGWINCH, on_signal, false);
	handle(SIGCONT, on_signal, false);
	return 0;
}

void
es_terminal_leave(void)
{
	give_back();
	if (terminal.keys >= 0)
		(void)close(terminal.keys);
	terminal.keys = -1;
}

int
es_terminal_fd(void)
{
	return terminal.keys;
}

size_t
es_terminal_keys(uint8_t *out, size_t n)
{
	struct pollfd keys = { .fd = terminal.keys, .events = POLLIN };
	ssize_t got = poll(&keys, 1, 0) == 1 ? read(terminal.keys, out, n) : 0;

	return got > 0 ? (size_t)got : 0;
}

void
es_terminal_size(uint32_t *columns, uint32_t *lines)
{
	struct winsize size = { 0 };

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size); /* 0 where it does not say */
	*columns = size.ws_col == 0 ? COLUMNS : size.ws_col;
	*lines = size.ws_row == 0 ? LINES : size.ws_row;
}

bool
es_terminal_is_changed(void)
{
	bool is = terminal.resized || terminal.continued || terminal.stop;

	terminal.resized = 0;
	if (terminal.stop) {
		terminal.stop = 0;
		give_back();
		(void)raise(SIGSTOP); /* until SIGCONT */
		(void)take();
	} else if (terminal.continued) {
		(void)set_raw(); /* a shell has changed it behind a SIGSTOP */
	}
	terminal.continued = 0;
	return is;
}

void
es_terminal_draw(const char *text)
{
	uint32_t columns, lines, n = 1;
	char *framed = NULL;
	size_t n_framed;
	FILE *to = open_memstream(&framed, &n_framed);

	if (to == NULL)
		return;
	es_terminal_size(&columns, &lines);
	fputs("\x1b[H", to);
	for (; *text != '\0' && n <= lines; text++) {
		if (*text != '\n') {
			fputc(*text, to);
			continue;
		}
		fputs("\x1b[K", to);
		if (++n <= lines)
			fputs("\r\n", to);
	}
	fputs("\x1b[K\x1b[J", to);
	if (fclose(to) == 0)
		put(framed, n_framed);
	free(framed);
}
