/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a running process ask the kernel for something, as somebody would who took it over: attaches to it, puts the
 * arguments and a system call in place of its next instruction, and says what became of it.
 * usage: attack PID CALL; prints "dies", "fails: REASON" or "does it". Exit status 77: this machine's registers are not known.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#if !defined(__x86_64__)
int
main(void)
{
	return 77;
}
#else

enum { TEXT_BYTES = 64, BELOW_STACK = 4096, SYSCALL_INSTRUCTION = 0x050f, NO_FD = 999 };

/* TEXT stands for the address of the call's text, in the stack of the process; RING for its first packet socket. */
#define TEXT UINT64_C(0xfeedfeedfeed)
#define RING UINT64_C(0xfeedfeedf00d)

static const struct attack {
	const char *name;
	long nr;
	uint64_t arg[6];
	const char *text;
} attacks[] = {
	{ "open", SYS_open, { TEXT, O_RDONLY }, "/etc/shadow" },
	{ "openat", SYS_openat, { (uint64_t)AT_FDCWD, TEXT, O_RDONLY }, "/etc/shadow" },
	{ "openat-write", SYS_openat, { (uint64_t)AT_FDCWD, TEXT, O_RDWR }, "/etc/passwd" },
	{ "packet-socket", SYS_socket, { AF_PACKET, SOCK_RAW, 0 }, "" },
	{ "execve", SYS_execve, { TEXT, 0, 0 }, "/bin/true" },
	{ "ptrace", SYS_ptrace, { PTRACE_TRACEME }, "" },
	{ "kill", SYS_kill, { 1, 0 }, "" },
	{ "map-code", SYS_mmap,
	    { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, UINT64_MAX, 0 }, "" },
	{ "protect-code", SYS_mprotect, { 0, 4096, PROT_READ | PROT_EXEC }, "" },
	{ "detach-filter", SYS_setsockopt, { NO_FD, SOL_SOCKET, SO_DETACH_FILTER, TEXT, 4 }, "" },
	{ "detach-ring-filter", SYS_setsockopt, { RING, SOL_SOCKET, SO_DETACH_FILTER, TEXT, 4 },
	    "" },
	{ "unlock-ring-filter", SYS_setsockopt, { RING, SOL_SOCKET, SO_LOCK_FILTER, TEXT, 4 }, "" },
	{ "ioctl-ring", SYS_ioctl, { RING, SIOCSIFFLAGS, TEXT }, "lo" },
	{ "fork", SYS_fork, { 0 }, "" },
	{ "clone", SYS_clone, { SIGCHLD }, "" },
	{ "unlink", SYS_unlink, { TEXT }, "/etc/passwd" },
	{ "unlinkat", SYS_unlinkat, { (uint64_t)AT_FDCWD, TEXT, 0 }, "/etc/passwd" },
	{ "bind", SYS_bind, { NO_FD, TEXT, 16 }, "" },
	{ "nothing", SYS_close, { NO_FD }, "" }, /* that the tool can do it: EBADF */
	{ .name = NULL },
};

static int
give_up(const char *what)
{
	(void)fprintf(stderr, "attack: %s: %s\n", what, strerror(errno));
	return 2;
}

static bool
put_text(pid_t pid, uint64_t at, const char *text)
{
	char bytes[TEXT_BYTES] = "";
	uint64_t word;

	(void)snprintf(bytes, sizeof(bytes), "%s", text);
	for (size_t i = 0; i < sizeof(bytes); i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		if (ptrace(PTRACE_POKEDATA, pid, at + i, word) != 0)
			return false;
	}
	return true;
}

static bool
is_packet_socket(unsigned long inode)
{
	FILE *f = fopen("/proc/net/packet", "r");
	char line[256];
	bool is_it = false;

	while (f != NULL && !is_it && fgets(line, sizeof(line), f) != NULL) {
		const char *last = strrchr(line, ' ');

		is_it = last != NULL && strtoul(last, NULL, 10) == inode && inode != 0;
	}
	if (f != NULL)
		(void)fclose(f);
	return is_it;
}

/* The descriptor of a packet socket that the process has; NO_FD: none. */
static uint64_t
ring_of(pid_t pid)
{
	char path[64], to[64];
	uint64_t found = NO_FD;
	const struct dirent *e;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir != NULL && found == NO_FD && (e = readdir(dir)) != NULL) {
		ssize_t n = readlinkat(dirfd(dir), e->d_name, to, sizeof(to) - 1);

		to[n < 0 ? 0 : n] = '\0';
		if (strncmp(to, "socket:[", 8) == 0 && is_packet_socket(strtoul(to + 8, NULL, 10)))
			found = strtoul(e->d_name, NULL, 10);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return found;
}

/* The registers of the call, at an instruction that lies where the process stopped. */
static struct user_regs_struct
registers_of(pid_t pid, const struct attack *a, const struct user_regs_struct *were, uint64_t text)
{
	struct user_regs_struct r = *were;
	uint64_t arg[6];

	for (size_t i = 0; i < 6; i++)
		arg[i] = a->arg[i] == TEXT ? text : a->arg[i] == RING ? ring_of(pid) : a->arg[i];
	r.orig_rax = UINT64_MAX; /* the call that was interrupted is not begun again */
	r.rax = (uint64_t)a->nr;
	r.rdi = arg[0];
	r.rsi = arg[1];
	r.rdx = arg[2];
	r.r10 = arg[3];
	r.r8 = arg[4];
	r.r9 = arg[5];
	return r;
}

/* The process is stopped and ours; 0, and it is as it was, unless it died. */
static int
attempt(pid_t pid, const struct attack *a)
{
	struct user_regs_struct were, now;
	uint64_t text;
	long code;
	int status = 0;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &were) != 0)
		return give_up("registers");
	text = (were.rsp - BELOW_STACK) & ~UINT64_C(15);
	errno = 0;
	code = ptrace(PTRACE_PEEKTEXT, pid, were.rip, NULL);
	if (errno != 0 || !put_text(pid, text, a->text) ||
	    ptrace(PTRACE_POKETEXT, pid, were.rip, (code & ~0xffffL) | SYSCALL_INSTRUCTION) != 0)
		return give_up("memory");
	now = registers_of(pid, a, &were, text);
	if (strcmp(a->name, "protect-code") == 0)
		now.rdi = were.rsp & ~UINT64_C(4095);
	if (ptrace(PTRACE_SETREGS, pid, NULL, &now) != 0 ||
	    ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0 || waitpid(pid, &status, __WALL) != pid)
		return give_up("step");
	if (WIFSIGNALED(status) || WIFEXITED(status)) {
		printf("dies: signal %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
		return 0;
	}
	if (ptrace(PTRACE_GETREGS, pid, NULL, &now) != 0)
		return give_up("result");
	if ((int64_t)now.rax < 0 && (int64_t)now.rax > -4096)
		printf("fails: %s\n", strerror((int)-(int64_t)now.rax));
	else
		printf("does it: %lld\n", (long long)now.rax);
	if (ptrace(PTRACE_POKETEXT, pid, were.rip, code) != 0 ||
	    ptrace(PTRACE_SETREGS, pid, NULL, &were) != 0 ||
	    ptrace(PTRACE_DETACH, pid, NULL, NULL) != 0)
		return give_up("detach");
	return 0;
}

int
main(int argc, char **argv)
{
	const struct attack *a = attacks;
	int status;
	pid_t pid;

	if (argc != 3)
		return 2;
	while (a->name != NULL && strcmp(a->name, argv[2]) != 0)
		a++;
	pid = (pid_t)strtol(argv[1], NULL, 10);
	if (a->name == NULL || pid <= 1)
		return 2;
	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) != 0)
		return give_up("attach");
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return give_up("stop");
	return attempt(pid, a);
}
#endif
