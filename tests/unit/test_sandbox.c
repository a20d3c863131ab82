/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of system calls: how long they are, that each machine has their names, and what they refuse. */
#include "harness.h"
#include "runtime/rights.h"
#include "runtime/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* libseccomp's numbers of what socketcall(2) does on s390x. */
enum { SOCKET_CALL = -101, LAST_SOCKET_CALL = -120 };
enum { FAILED_AS_WANTED = 0, DID_IT = 1, NOT_ENTERED = 2, BYTES = 4096, NAME_MAX_BYTES = 40 };

static const uint32_t machines[] = { SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64, SCMP_ARCH_ARM,
	SCMP_ARCH_RISCV64, SCMP_ARCH_S390X };

static const enum es_sandbox_role roles[] = { ES_SANDBOX_PARSER, ES_SANDBOX_SHIPPER,
	ES_SANDBOX_INGEST, ES_SANDBOX_PORTAL };

/* How many names of a call this machine has; -1: one of them is no name anywhere. */
static int
names_on(uint32_t machine, const char *names)
{
	char name[NAME_MAX_BYTES];
	int n_known = 0, nr;

	while (*names != '\0') {
		size_t n = strcspn(names, " ");

		(void)snprintf(name, sizeof(name), "%.*s", (int)n, names);
		nr = seccomp_syscall_resolve_name_arch(machine, name);
		if (nr == __NR_SCMP_ERROR)
			return -1;
		n_known += nr >= 0 || (nr <= SOCKET_CALL && nr >= LAST_SOCKET_CALL);
		names += n;
		names += strspn(names, " ");
	}
	return n_known;
}

/* Newer machines have newfstatat alone, which is in a row of all roles; sigreturn is of 32-bit ARM. */
static bool
is_of_some(const char *names)
{
	return strcmp(names, "sigreturn") == 0 || strcmp(names, "stat stat64 lstat lstat64") == 0;
}

TEST(sandbox_each_machine_has_the_calls_of_each_list)
{
	for (size_t m = 0; m < sizeof(machines) / sizeof(machines[0]); m++)
		for (size_t r = 0; r < sizeof(roles) / sizeof(roles[0]); r++) {
			const char *names;

			for (size_t i = 0; (names = es_sandbox_call(roles[r], i)) != NULL; i++) {
				int n = names_on(machines[m], names);

				if (n < 0 || (n == 0 && !is_of_some(names)))
					printf("machine %zu has no %s\n", m, names);
				CHECK(n > 0 || (n == 0 && is_of_some(names)));
			}
		}
}

TEST(sandbox_the_parser_has_twenty_calls_at_most)
{
	size_t n = 0;

	while (es_sandbox_call(ES_SANDBOX_PARSER, n) != NULL)
		n++;
	CHECK(n > 0);
	CHECK(n <= 20);
}

static bool
has(enum es_sandbox_role role, const char *name)
{
	const char *names;

	for (size_t i = 0; (names = es_sandbox_call(role, i)) != NULL; i++)
		if (strcmp(names, name) == 0)
			return true;
	return false;
}

TEST(sandbox_neither_part_of_the_collector_can_do_the_work_of_the_other)
{
	CHECK(has(ES_SANDBOX_INGEST, "pwrite64"));
	CHECK(has(ES_SANDBOX_INGEST, "fsync fdatasync"));
	CHECK(!has(ES_SANDBOX_PORTAL, "pwrite64"));
	CHECK(!has(ES_SANDBOX_PORTAL, "fsync fdatasync"));
	CHECK(!has(ES_SANDBOX_PORTAL, "ftruncate ftruncate64"));
	CHECK(!has(ES_SANDBOX_PORTAL, "unlinkat unlink"));
	CHECK(!has(ES_SANDBOX_PORTAL, "renameat renameat2 rename"));
	CHECK(!has(ES_SANDBOX_INGEST, "connect"));
	CHECK(!has(ES_SANDBOX_PORTAL, "connect"));
}

/* ---- each in a child of its own ---- */

static void *
map(int prot)
{
	return mmap(NULL, BYTES, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static bool
does_nothing(void)
{
	return false;
}

static bool
opens(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY) >= 0;
}

static bool
opens_to_write(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR) >= 0 || errno != EACCES;
}

/* What SQLite does as root with a WAL that it opened. */
static bool
gives_a_file_away(void)
{
	return fchown(STDIN_FILENO, 0, 0) == 0 || errno != EACCES;
}

static bool
makes_a_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) >= 0 || errno != EACCES;
}

static bool
makes_a_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool
runs_a_program(void)
{
	char *const argv[] = { (char *)(uintptr_t) "true", NULL };

	return execv("/bin/true", argv) == 0;
}

static bool
traces(void)
{
	return ptrace(PTRACE_TRACEME, 0, 0, 0) == 0;
}

static bool
kills(void)
{
	return kill(getppid(), 0) == 0;
}

static bool
forks(void)
{
	return fork() >= 0;
}

static bool
makes_code(void)
{
	void *p = map(PROT_READ | PROT_WRITE);

	return p != MAP_FAILED && mprotect(p, BYTES, PROT_READ | PROT_EXEC) == 0;
}

static bool
maps_code(void)
{
	return map(PROT_READ | PROT_EXEC) != MAP_FAILED;
}

static bool
removes_a_filter(void)
{
	int none = 0;

	return setsockopt(STDIN_FILENO, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none)) == 0 ||
	       errno != EPERM;
}

static bool
binds(void)
{
	return bind(STDIN_FILENO, NULL, 0) == 0 || errno != EPERM;
}

static bool
removes_a_file(void)
{
	return unlink("/nowhere/at/all") == 0 || errno != EPERM;
}

/* What becomes of it: the number of the signal, or the exit status negated. */
static int
fate(enum es_sandbox_role role, enum es_sandbox_mode mode, bool (*act)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		const struct es_rights none = { NULL, NULL, NULL };
		char error[200];

		(void)alarm(60);
		if (es_rights_drop(&none, error, sizeof(error)) != 0 ||
		    es_sandbox_enter(role, mode, "test") != 0)
			_exit(NOT_ENTERED);
		_exit(act() ? DID_IT : FAILED_AS_WANTED);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -NOT_ENTERED;
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

/* Whether lists can be in force here at all. */
static bool
is_enforced(void)
{
	return fate(ES_SANDBOX_PARSER, ES_SANDBOX_ENFORCE, makes_a_socket) == SIGSYS;
}

static const struct {
	const char *name;
	bool (*act)(void);
} acts_of_nobody[] = { { "exec", runs_a_program }, { "ptrace", traces }, { "kill", kills },
	{ "fork", forks }, { "detach a filter", removes_a_filter }, { "bind", binds } };

TEST(sandbox_what_no_role_does_ends_it)
{
	if (!is_enforced())
		return test_skip("no list can be enforced here");
	for (size_t r = 0; r < sizeof(roles) / sizeof(roles[0]); r++)
		for (size_t i = 0; i < sizeof(acts_of_nobody) / sizeof(acts_of_nobody[0]); i++) {
			int got = fate(roles[r], ES_SANDBOX_ENFORCE, acts_of_nobody[i].act);

			if (got != SIGSYS)
				printf("role %zu, %s: %d\n", r, acts_of_nobody[i].name, got);
			CHECK_EQ(got, SIGSYS);
		}
}

TEST(sandbox_no_role_makes_code)
{
	if (!is_enforced())
		return test_skip("no list can be enforced here");
	for (size_t r = 0; r < sizeof(roles) / sizeof(roles[0]); r++) {
		int made = fate(roles[r], ES_SANDBOX_ENFORCE, makes_code);

		CHECK_EQ(fate(roles[r], ES_SANDBOX_ENFORCE, maps_code), -FAILED_AS_WANTED);
		CHECK(made == SIGSYS || made == -FAILED_AS_WANTED);
	}
}

TEST(sandbox_files_and_sockets_are_those_of_the_role)
{
	if (!is_enforced())
		return test_skip("no list can be enforced here");
	CHECK_EQ(fate(ES_SANDBOX_PARSER, ES_SANDBOX_ENFORCE, opens), SIGSYS);
	CHECK_EQ(fate(ES_SANDBOX_PARSER, ES_SANDBOX_ENFORCE, does_nothing), -FAILED_AS_WANTED);
	CHECK_EQ(fate(ES_SANDBOX_SHIPPER, ES_SANDBOX_ENFORCE, opens_to_write), -DID_IT);
	CHECK_EQ(fate(ES_SANDBOX_SHIPPER, ES_SANDBOX_ENFORCE, makes_a_socket), -DID_IT);
	CHECK_EQ(fate(ES_SANDBOX_SHIPPER, ES_SANDBOX_ENFORCE, makes_a_packet_socket), SIGSYS);
	CHECK_EQ(fate(ES_SANDBOX_INGEST, ES_SANDBOX_ENFORCE, opens_to_write), -DID_IT);
	CHECK_EQ(fate(ES_SANDBOX_INGEST, ES_SANDBOX_ENFORCE, makes_a_socket), -FAILED_AS_WANTED);
	CHECK_EQ(fate(ES_SANDBOX_PORTAL, ES_SANDBOX_ENFORCE, opens), -DID_IT);
	CHECK_EQ(fate(ES_SANDBOX_PORTAL, ES_SANDBOX_ENFORCE, opens_to_write), -FAILED_AS_WANTED);
	CHECK_EQ(fate(ES_SANDBOX_PORTAL, ES_SANDBOX_ENFORCE, removes_a_file), SIGSYS);
	CHECK_EQ(fate(ES_SANDBOX_PORTAL, ES_SANDBOX_ENFORCE, gives_a_file_away), -FAILED_AS_WANTED);
	CHECK_EQ(fate(ES_SANDBOX_PORTAL, ES_SANDBOX_ENFORCE, makes_a_socket), -FAILED_AS_WANTED);
}

TEST(sandbox_log_and_off_refuse_nothing)
{
	CHECK_EQ(fate(ES_SANDBOX_PARSER, ES_SANDBOX_LOG, makes_a_socket), -DID_IT);
	CHECK_EQ(fate(ES_SANDBOX_PARSER, ES_SANDBOX_OFF, makes_a_socket), -DID_IT);
}

/* prctl(2) of a kernel that was built without it: EINVAL. */
static bool
lacks_seccomp(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	return filter != NULL &&
	       seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
		   SCMP_A0(SCMP_CMP_EQ, PR_GET_SECCOMP)) == 0 &&
	       seccomp_load(filter) == 0 &&
	       es_sandbox_enter(ES_SANDBOX_PARSER, ES_SANDBOX_ENFORCE, "test") == 0 &&
	       strcmp(es_sandbox_text(es_sandbox_state()), "off (this kernel has no seccomp)") ==
		   0 &&
	       makes_a_socket();
}

TEST(sandbox_a_kernel_without_seccomp_is_named)
{
	if (!is_enforced())
		return test_skip("no list can be enforced here");
	CHECK_EQ(fate(ES_SANDBOX_PARSER, ES_SANDBOX_OFF, lacks_seccomp), -DID_IT);
}

/* Another version's number is no word of ours. */
TEST(sandbox_states_have_words)
{
	CHECK_STR(es_sandbox_text(ES_SANDBOX_ENFORCED), "enforce");
	CHECK_STR(es_sandbox_text(ES_SANDBOX_LOGGED), "log");
	CHECK_STR(es_sandbox_text(ES_SANDBOX_IS_OFF), "off");
	CHECK_STR(es_sandbox_text(ES_SANDBOX_UNKNOWN), "unknown");
	CHECK_STR(es_sandbox_text(UINT64_MAX), "unknown");
}

static bool
opens_only_to_read(void)
{
	return es_sandbox_open_to_read(ES_SANDBOX_ENFORCE, "test") == 0 && opens() &&
	       makes_a_socket() && !opens_to_write() && errno == EACCES;
}

TEST(sandbox_files_can_be_opened_to_read_only_before_the_list)
{
	if (!is_enforced())
		return test_skip("no list can be enforced here");
	CHECK_EQ(fate(ES_SANDBOX_PARSER, ES_SANDBOX_OFF, opens_only_to_read), -DID_IT);
}

/* As free(3) and malloc(3) of musl do. */
static bool
gives_memory_back(void)
{
	void *p = map(PROT_NONE);

	return p != MAP_FAILED && mprotect(p, BYTES, PROT_READ | PROT_WRITE) == 0 &&
	       madvise(p, BYTES, MADV_DONTNEED) == 0 && munmap(p, BYTES) == 0;
}

TEST(sandbox_no_role_is_killed_for_memory_of_another_libc)
{
	if (!is_enforced())
		return test_skip("no list can be enforced here");
	for (size_t r = 0; r < sizeof(roles) / sizeof(roles[0]); r++)
		CHECK_EQ(fate(roles[r], ES_SANDBOX_ENFORCE, gives_memory_back), -DID_IT);
}
