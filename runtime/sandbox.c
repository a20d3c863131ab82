/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of system calls, one per role, put in force by libseccomp. */
#include "runtime/sandbox.h"

#include "runtime/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_INSTRUMENTED true
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_INSTRUMENTED true
#endif
#ifndef IS_INSTRUMENTED
#define IS_INSTRUMENTED false
#endif

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ALLOW(...) seccomp_rule_add(to, SCMP_ACT_ALLOW, nr, __VA_ARGS__)

enum { API_KILLS_PROCESS = 3, NAME_MAX_BYTES = 40 }; /* seccomp_api_get(3) */

const char *const es_sandbox_words[] = { "enforce", "log", "off", NULL };

static enum es_sandbox_state in_force = ES_SANDBOX_UNKNOWN;

/*
 * Conditions on arguments. A refusal by errno, where one is given, is for what a library of the system
 * tries and can do without.
 */
static int
any(scmp_filter_ctx to, int nr)
{
	return ALLOW(0);
}

/* dlopen(3), as the name service does it, then fails; a process that can make code is not wanted. */
static int
no_code(scmp_filter_ctx to, int nr)
{
	int err;

#if defined(__s390__) || defined(__i386__)
	if (nr == SCMP_SYS(mmap)) /* its arguments are in memory, where a filter cannot look */
		return ALLOW(0);
#endif
	err = ALLOW(1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return err != 0 ? err
			: seccomp_rule_add(to, SCMP_ACT_ERRNO(EACCES), nr, 1,
			      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
}

static int
flags_only(scmp_filter_ctx to, int nr)
{
	static const unsigned commands[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL };
	int err = 0;

	for (size_t i = 0; err == 0 && i < COUNT(commands); i++)
		err = ALLOW(1, SCMP_A1_32(SCMP_CMP_EQ, commands[i]));
	return err;
}

/* Besides what flags_only allows. Not F_SETOWN, which sends signals. */
static int
locks(scmp_filter_ctx to, int nr)
{
	static const unsigned commands[] = { F_DUPFD_CLOEXEC, F_GETLK, F_SETLK, F_SETLKW };
	static const unsigned commands64[] = { F_GETLK64, F_SETLK64, F_SETLKW64 };
	int err = 0;

	for (size_t i = 0; err == 0 && i < COUNT(commands); i++)
		err = ALLOW(1, SCMP_A1_32(SCMP_CMP_EQ, commands[i]));
	for (size_t i = 0; err == 0 && i < COUNT(commands64) && F_GETLK64 != F_GETLK; i++)
		err = ALLOW(1, SCMP_A1_32(SCMP_CMP_EQ, commands64[i]));
	return err;
}

/* Not what attaches, detaches or locks a filter of a socket. */
static int
plain_options(scmp_filter_ctx to, int nr)
{
	static const unsigned options[] = { SO_REUSEADDR, SO_SNDBUF, SO_RCVBUF, SO_KEEPALIVE,
		SO_LINGER, SO_RCVLOWAT, SO_RCVTIMEO, SO_TIMESTAMPNS /* when an answer arrived */ };
	static const unsigned levels[] = { IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SOL_NETLINK };
	int err = 0;

	for (size_t i = 0; err == 0 && i < COUNT(options); i++)
		err = ALLOW(
		    2, SCMP_A1_32(SCMP_CMP_EQ, SOL_SOCKET), SCMP_A2_32(SCMP_CMP_EQ, options[i]));
	for (size_t i = 0; err == 0 && i < COUNT(levels); i++)
		err = ALLOW(1, SCMP_A1_32(SCMP_CMP_EQ, levels[i]));
	return err;
}

/* Streams and datagrams to the collector, name servers and this machine; netlink for the state of Wi-Fi. */
static int
no_raw_sockets(scmp_filter_ctx to, int nr)
{
	static const unsigned families[] = { AF_INET, AF_INET6, AF_UNIX };
	static const unsigned types[] = { SOCK_STREAM, SOCK_DGRAM };
	int err = 0;

	for (size_t i = 0; err == 0 && i < COUNT(families) * COUNT(types); i++)
		err = ALLOW(2, SCMP_A0_32(SCMP_CMP_EQ, families[i / COUNT(types)]),
		    SCMP_A1_32(SCMP_CMP_MASKED_EQ, 0xf, types[i % COUNT(types)]));
	return err != 0 ? err
			: ALLOW(2, SCMP_A0_32(SCMP_CMP_EQ, AF_NETLINK),
			      SCMP_A2_32(SCMP_CMP_EQ, NETLINK_GENERIC));
}

/*
 * The name service asks for its cache by a socket, and reads files where it gets none. SQLite, as root, gives
 * a WAL that it opens to the owner of the database.
 */
static int
refused(scmp_filter_ctx to, int nr)
{
	return seccomp_rule_add(to, SCMP_ACT_ERRNO(EACCES), nr, 0);
}

/* SQLite asks to write the WAL of a database that it only reads, and then does with reading it. */
static int
refuse_to_write(scmp_filter_ctx to, int nr)
{
	static const unsigned writing[][2] = { { O_ACCMODE, O_WRONLY }, { O_ACCMODE, O_RDWR },
		{ O_CREAT, O_CREAT }, { O_TRUNC, O_TRUNC } };
	const unsigned arg = nr == SCMP_SYS(openat) ? 2 : 1;
	int err = 0;

	for (size_t i = 0; err == 0 && i < COUNT(writing); i++)
		err = seccomp_rule_add(to, SCMP_ACT_ERRNO(EACCES), nr, 1,
		    SCMP_CMP32(arg, SCMP_CMP_MASKED_EQ, writing[i][0], writing[i][1]));
	return err;
}

static int
to_read(scmp_filter_ctx to, int nr)
{
	const unsigned arg = nr == SCMP_SYS(openat) ? 2 : 1;
	int err =
	    ALLOW(1, SCMP_CMP32(arg, SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));

	return err != 0 ? err : refuse_to_write(to, nr);
}

static int
state_of_rights(scmp_filter_ctx to, int nr)
{
	static const unsigned questions[] = { PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP,
		PR_CAPBSET_READ };
	int err = 0;

	for (size_t i = 0; err == 0 && i < COUNT(questions); i++)
		err = ALLOW(1, SCMP_A0_32(SCMP_CMP_EQ, questions[i]));
	return err != 0 ? err
			: ALLOW(2, SCMP_A0_32(SCMP_CMP_EQ, PR_CAP_AMBIENT),
			      SCMP_A1_32(SCMP_CMP_EQ, PR_CAP_AMBIENT_IS_SET));
}

/* abort(3). */
static int
to_itself(scmp_filter_ctx to, int nr)
{
	return ALLOW(1, SCMP_A0_32(SCMP_CMP_EQ, (unsigned)getpid()));
}

/* How much waits in a socket, and the number of an interface. */
static int
harmless_requests(scmp_filter_ctx to, int nr)
{
	int err = ALLOW(1, SCMP_A1_32(SCMP_CMP_EQ, FIONREAD));

	return err != 0 ? err : ALLOW(1, SCMP_A1_32(SCMP_CMP_EQ, SIOCGIFINDEX));
}

struct call {
	const char *names; /* see es_sandbox_call */
	int (*when)(scmp_filter_ctx to, int nr);
};

/* Of every role, the parser's too. */
static const struct call all_roles[] = {
	{ "read", any },
	{ "write", any },
	{ "close", any },
	{ "fstat fstat64 newfstatat fstatat64 statx", any }, /* the log line asks what stderr is */
	{ "fcntl fcntl64", flags_only },
	{ "epoll_wait epoll_pwait", any },
	{ "epoll_ctl", any },
	{ "timerfd_settime timerfd_settime64", any }, /* the loop's next timer */
	{ "mmap mmap2", no_code },
	{ "munmap", any },
	{ "mremap", any },
	{ "brk", any },
	{ "clock_gettime clock_gettime64 gettimeofday", any }, /* where the vDSO does not answer */
	{ "exit_group", any },
};

/* The hop to the shipper, the pair to the opener, the drops of a ring, its own memory in /proc. */
static const struct call parser[] = {
	{ "pread64", any },                                            /* /proc/self/statm */
	{ "sendmsg", any }, { "recvmsg", any }, { "getsockopt", any }, /* PACKET_STATISTICS */
	{ "madvise", any },                                            /* free(3) of musl */
	{ "mprotect", no_code }, /* malloc(3) of musl where brk(2) finds no room */
};

/* What the three roles with files and TLS need alike. */
static const struct call services[] = {
	{ "readv", any },
	{ "writev", any },
	{ "pread64", any },
	{ "lseek _llseek", any },
	{ "sendto send", any },
	{ "recvfrom recv", any },
	{ "accept4 accept", any },
	{ "getsockopt", any },
	{ "setsockopt", plain_options },
	{ "getsockname", any },
	{ "getpeername", any },
	{ "shutdown", any },
	{ "ioctl", harmless_requests },
	{ "poll ppoll ppoll_time64", any },
	{ "stat stat64 lstat lstat64", any },
	{ "statfs statfs64 fstatfs fstatfs64", any },
	{ "access faccessat faccessat2", any },
	{ "readlink readlinkat", any },
	{ "getdents64 getdents", any }, /* include() of a pattern, /sys/class/net */
	{ "getcwd", any },
	{ "fcntl fcntl64", locks },
	{ "mprotect", no_code },
	{ "madvise", any },
	{ "futex futex_time64", any },
	{ "getrandom", any },
	{ "clock_nanosleep clock_nanosleep_time64 nanosleep", any },
	{ "adjtimex clock_adjtime clock_adjtime64",
	    any }, /* is the clock believed? setting needs a right */
	{ "restart_syscall", any },
	{ "sched_getaffinity", any },
	{ "sysinfo", any },
	{ "uname", any },
	{ "rt_sigaction", any },
	{ "rt_sigprocmask", any },
	{ "rt_sigreturn", any },
	{ "sigreturn", any },
	{ "getpid", any },
	{ "gettid", any },
	{ "tgkill", to_itself },
	{ "getuid getuid32", any },
	{ "geteuid geteuid32", any },
	{ "getgid getgid32", any },
	{ "getegid getegid32", any },
	{ "prctl", state_of_rights },
	{ "capget", any },
};

/* Spool, keys, the collector and name servers. */
static const struct call shipper[] = {
	{ "openat open", any },
	{ "pwrite64", any },
	{ "ftruncate ftruncate64 truncate truncate64", any },
	{ "fsync fdatasync", any },
	{ "renameat renameat2 rename", any },
	{ "unlinkat unlink", any },
	{ "mkdirat mkdir", any },
	{ "fchmod chmod fchmodat", any },
	{ "flock", any },
	{ "socket", no_raw_sockets },
	{ "connect", any },
	{ "sendmsg", any },
	{ "recvmsg", any },
};

/* The database and what lies next to it; its listeners are open. */
static const struct call ingest[] = {
	{ "openat open", any },
	{ "pwrite64", any },
	{ "ftruncate ftruncate64", any },
	{ "fallocate", any },
	{ "fsync fdatasync", any },
	{ "renameat renameat2 rename", any },
	{ "unlinkat unlink", any },
	{ "fchmod chmod fchmodat", any },
	{ "fchown fchown32", any },
	{ "utimensat utimensat_time64", any },
	{ "flock", any },
	{ "socket", refused },
};

/* Reads the database; its listener is open. Its thread may just begin when the list comes in force. */
static const struct call portal[] = {
	{ "openat open", to_read },
	{ "flock", any },
	{ "fchown fchown32", refused },
	{ "socket", refused },
	{ "set_robust_list", any },
	{ "rseq", any },
	{ "exit", any },
};

struct list {
	const struct call *calls;
	size_t n;
};

enum { LISTS_PER_ROLE = 3 };

static const struct list lists[][LISTS_PER_ROLE] = {
	[ES_SANDBOX_PARSER] = { { all_roles, COUNT(all_roles) }, { parser, COUNT(parser) } },
	[ES_SANDBOX_SHIPPER] = { { all_roles, COUNT(all_roles) }, { services, COUNT(services) },
	    { shipper, COUNT(shipper) } },
	[ES_SANDBOX_INGEST] = { { all_roles, COUNT(all_roles) }, { services, COUNT(services) },
	    { ingest, COUNT(ingest) } },
	[ES_SANDBOX_PORTAL] = { { all_roles, COUNT(all_roles) }, { services, COUNT(services) },
	    { portal, COUNT(portal) } },
};

static const struct call *
call_of(enum es_sandbox_role role, size_t i)
{
	for (size_t k = 0; k < LISTS_PER_ROLE; k++) {
		if (i < lists[role][k].n)
			return &lists[role][k].calls[i];
		i -= lists[role][k].n;
	}
	return NULL;
}

const char *
es_sandbox_call(enum es_sandbox_role role, size_t i)
{
	const struct call *c = call_of(role, i);

	return c == NULL ? NULL : c->names;
}

/* A name that this machine does not have is another's: libseccomp passes over it. */
static int
add_call(scmp_filter_ctx to, const struct call *c)
{
	char name[NAME_MAX_BYTES];
	const char *p = c->names;
	int err = 0, nr;

	while (err == 0 && *p != '\0') {
		size_t n = strcspn(p, " ");

		(void)snprintf(name, sizeof(name), "%.*s", (int)n, p);
		nr = seccomp_syscall_resolve_name(name);
		if (nr != __NR_SCMP_ERROR)
			err = c->when(to, nr);
		p += n;
		p += strspn(p, " ");
	}
	return err;
}

static int
load(enum es_sandbox_role role, enum es_sandbox_mode mode)
{
	uint32_t kill =
	    seccomp_api_get() < API_KILLS_PROCESS ? SCMP_ACT_KILL : SCMP_ACT_KILL_PROCESS;
	scmp_filter_ctx to = seccomp_init(mode == ES_SANDBOX_LOG ? SCMP_ACT_LOG : kill);
	const struct call *c;
	int err;

	if (to == NULL)
		return -ENOMEM;
	err = seccomp_attr_set(to, SCMP_FLTATR_CTL_TSYNC, 1);
	for (size_t i = 0; err == 0 && (c = call_of(role, i)) != NULL; i++)
		err = add_call(to, c);
	if (err == 0)
		err = seccomp_load(to);
	seccomp_release(to);
	return err;
}

/* Twice, as the list has no call for it: the limit holds for whatever is added to a list. */
static int
forbid_processes(enum es_sandbox_mode mode)
{
	const struct rlimit none = { 0, 0 };

	return mode != ES_SANDBOX_ENFORCE || setrlimit(RLIMIT_NPROC, &none) == 0 ? 0 : -errno;
}

/* ES_SANDBOX_ENFORCED: a list can be put in force here; else why none can. */
static enum es_sandbox_state
hindrance(void)
{
	if (IS_INSTRUMENTED) /* it calls for what the program does not */
		return ES_SANDBOX_SANITIZER;
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0)
		return ES_SANDBOX_NO_KERNEL;
	return ES_SANDBOX_ENFORCED;
}

int
es_sandbox_enter(enum es_sandbox_role role, enum es_sandbox_mode mode, const char *name)
{
	enum es_sandbox_state state = mode == ES_SANDBOX_OFF ? ES_SANDBOX_IS_OFF : hindrance();
	int err;

	if (state == ES_SANDBOX_ENFORCED) {
		err = forbid_processes(mode);
		if (err == 0)
			err = load(role, mode);
		if (err != 0) {
			log_error("%s: cannot limit its system calls: %s", name, strerror(-err));
			return ES_EDENIED;
		}
		if (mode == ES_SANDBOX_LOG)
			state = ES_SANDBOX_LOGGED;
	}
	in_force = state;
	if (state != ES_SANDBOX_ENFORCED)
		log_warn("%s: sandbox %s: no system call is refused", name, es_sandbox_text(state));
	return 0;
}

int
es_sandbox_open_to_read(enum es_sandbox_mode mode, const char *name)
{
	static const struct call opening = { "openat open", refuse_to_write };
	scmp_filter_ctx to;
	int err;

	if (mode != ES_SANDBOX_ENFORCE || hindrance() != ES_SANDBOX_ENFORCED)
		return 0;
	to = seccomp_init(SCMP_ACT_ALLOW);
	err = to == NULL ? -ENOMEM : add_call(to, &opening);
	if (err == 0)
		err = seccomp_load(to);
	seccomp_release(to);
	if (err == 0)
		return 0;
	log_error("%s: cannot limit how it opens files: %s", name, strerror(-err));
	return ES_EDENIED;
}

enum es_sandbox_state
es_sandbox_state(void)
{
	return in_force;
}

const char *
es_sandbox_text(uint64_t state)
{
	static const char *const texts[] = { [ES_SANDBOX_UNKNOWN] = "unknown",
		[ES_SANDBOX_ENFORCED] = "enforce",
		[ES_SANDBOX_LOGGED] = "log",
		[ES_SANDBOX_IS_OFF] = "off",
		[ES_SANDBOX_SANITIZER] = "off (sanitizer)",
		[ES_SANDBOX_NO_KERNEL] = "off (this kernel has no seccomp)" };

	return texts[state < COUNT(texts) ? state : ES_SANDBOX_UNKNOWN];
}
