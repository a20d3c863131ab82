/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration against the machine: each thing that is missing or wrong is named at its place. */
#include "agent/command/config_faults.h"
#include "runtime/file.h"
#include "tests/unit/tls_world.h"

#include <sys/stat.h>

enum { FAULTS_MAX = 12 };

static struct {
	char text[FAULTS_MAX][ES_OPTIONS_ERROR_MAX];
	unsigned n;
} found;

static void
on_fault(void *ctx, const char *text)
{
	(void)ctx;
	if (found.n < FAULTS_MAX)
		(void)snprintf(found.text[found.n], sizeof(found.text[0]), "%s", text);
	found.n++;
}

/* The faults of a configuration whose %s are the directory of the world. */
static bool
look(const char *format)
{
	char text[2048], error[ES_OPTIONS_ERROR_MAX];
	struct es_agent_config *cfg = NULL;
	const char *d = world.dir;

	memset(&found, 0, sizeof(found));
	(void)snprintf(text, sizeof(text), format, d, d, d, d, d, d);
	if (es_agent_config_parse(text, "e.conf", error, &cfg) != 0) {
		test_fail(__FILE__, __LINE__, "%s", error);
		return false;
	}
	if (es_config_faults(cfg, es_clock_wall(), on_fault, NULL) != found.n)
		test_fail(__FILE__, __LINE__, "another number of faults is returned");
	es_agent_config_free(cfg);
	return true;
}

static bool
has(const char *begin, const char *rest)
{
	for (unsigned i = 0; i < found.n && i < FAULTS_MAX; i++)
		if (strncmp(found.text[i], begin, strlen(begin)) == 0 &&
		    strstr(found.text[i], rest) != NULL)
			return true;
	for (unsigned i = 0; i < found.n && i < FAULTS_MAX; i++)
		printf("# %s\n", found.text[i]);
	return false;
}

static void
put(const char *name, const char *text, unsigned mode)
{
	char path[128];

	path_of(path, name);
	if (es_file_write(path, es_slice_str(text), mode) != 0)
		abort();
}

#define ENROLLED                            \
	"state-dir = %s\n"                  \
	"collector = c.example\n"           \
	"collector-name = collector.test\n" \
	"key = %s/key.pem\n"

TEST(check_config_finds_nothing_wrong_with_an_enrolled_agent)
{
	CHECK(make_world());
	put("tenant.key", "00", 0600);
	put("a.pcap", "", 0644);
	CHECK(look(ENROLLED "capture default { replay = { %s/a.pcap } }\n"));
	CHECK_EQ(found.n, 0);
	CHECK(look("state-dir = %s\ncapture default { interface = lo }\n")); /* spools only */
	CHECK_EQ(found.n, 0);
	CHECK(look("state-dir = %s\nhost-interface = lo\ncapture default { interface = any }\n"));
	CHECK_EQ(found.n, 0);
}

TEST(check_config_names_all_that_is_missing_at_its_place)
{
	CHECK(make_world());
	CHECK(look("state-dir = %s\n"
		   "user = nosuchuser\n"
		   "group = nosuchgroup\n"
		   "ca = /nosuch/ca.pem\n"
		   "certificate = /nosuch/agent.pem\n"
		   "key = /nosuch/agent.key\n"
		   "collector = c.example\n"
		   "collector-name = c\n"
		   "host-timeline = /nosuch/host.jsonl\n"
		   "capture a { replay = { %s/nosuch.pcap,\n"
		   "    %s } }\n"));
	CHECK_EQ(found.n, 8);
	CHECK(has("e.conf:2:8: user: ", "no user \"nosuchuser\""));
	CHECK(has("e.conf:3:9: group: ", "no group \"nosuchgroup\""));
	CHECK(has("e.conf:4:6: ca: ", "/nosuch/ca.pem: No such file or directory"));
	CHECK(has("e.conf:5:15: certificate: ", "/nosuch/agent.pem: No such file or directory"));
	CHECK(has("e.conf:6:7: key: ", "/nosuch/agent.key: No such file or directory"));
	CHECK(has("e.conf:9:17: host-timeline: ", "/nosuch/host.jsonl"));
	CHECK(has("e.conf:10:24: replay: ", "/nosuch.pcap: No such file or directory"));
	CHECK(has("e.conf:11:5: replay: ", ": Is a directory"));
}

TEST(check_config_refuses_a_pipe_where_the_service_reads_a_file)
{
	char path[128];

	CHECK(make_world());
	path_of(path, "pipe");
	CHECK_EQ(mkfifo(path, 0600), 0);
	CHECK(look("state-dir = %s\ncollector = c.example\ncollector-name = c\n"
		   "ca = %s/pipe\nkey = %s/pipe\nhost-timeline = %s/pipe\n"
		   "capture a { replay = { %s/pipe, /dev/zero } }\n"));
	CHECK_EQ(found.n, 5);
	CHECK(has("e.conf:4:6: ca: ", "/pipe: is not a regular file"));
	CHECK(has("e.conf:5:7: key: ", "/pipe is not a regular file"));
	CHECK(has("e.conf:6:17: host-timeline: ", "/pipe: is not a regular file"));
	CHECK(has("e.conf:7:24: replay: ", "/pipe: is not a regular file"));
	CHECK(has("e.conf:7:", "/dev/zero: is not a regular file"));
	CHECK_EQ(unlink(path), 0);
}

TEST(check_config_says_which_interfaces_there_are)
{
	CHECK(make_world());
	CHECK(look("state-dir = %s\n"
		   "host-interface = nosuch9\n"
		   "capture a { interface = nosuch0 }\n"
		   "capture b { interface = lo }\n"));
	CHECK_EQ(found.n, 2);
	CHECK(has(
	    "e.conf:3:25: interface: there is no \"nosuch0\" on this machine, which has ", "lo"));
	CHECK(has("e.conf:2:18: host-interface: there is no \"nosuch9\"", "lo"));
	CHECK(look("state-dir = %s\nhost = no\nhost-interface = nosuch9\n"
		   "capture a { interface = any }\n"));
	CHECK_EQ(found.n, 0);
}

TEST(check_config_tells_an_unenrolled_machine_what_to_do)
{
	char path[128];

	CHECK(make_world());
	path_of(path, "new");
	CHECK_EQ(mkdir(path, 0700), 0);
	CHECK(look("state-dir = %s/new\n"
		   "collector = c.example:7100\n"
		   "capture default { interface = lo }\n"));
	CHECK_EQ(found.n, 1);
	CHECK(has("e.conf:2:13: collector: this machine is not enrolled: ",
	    "earshot enroll --collector c.example:6101 --token-file FILE --state-dir "));
	CHECK_EQ(rmdir(path), 0);
}

TEST(check_config_names_what_the_identity_lacks)
{
	char path[128];

	CHECK(make_world());
	CHECK(look("state-dir = %s\ncollector = c.example\nkey = %s/key.pem\n"
		   "capture default { interface = lo }\n"));
	CHECK_EQ(found.n, 1);
	CHECK(has("e.conf:2:13: collector: ", "collector-name is missing"));
	put("wide.key", "x", 0644);
	CHECK(look(ENROLLED "certificate = %s/wide.key\ntenant-key = %s/wide.key\n"
			    "capture default { interface = lo }\n"));
	CHECK_EQ(found.n, 2);
	CHECK(has("e.conf:5:15: certificate: ", "is not a certificate"));
	CHECK(has("e.conf:6:14: tenant-key: ", "chmod 600 "));
	path_of(path, "old.pem");
	CHECK_EQ(issue(path, false, NULL, ES_PKI_CLIENT, -7200, -3600), 0);
	CHECK(look(ENROLLED "certificate = %s/old.pem\ncapture default { interface = lo }\n"));
	CHECK_EQ(found.n, 1);
	CHECK(has("e.conf:5:15: certificate: ", "has ended: enrol again"));
	CHECK_EQ(issue(path, false, NULL, ES_PKI_CLIENT, 3600, 7200), 0);
	CHECK(look(ENROLLED "certificate = %s/old.pem\ncapture default { interface = lo }\n"));
	CHECK(has("e.conf:5:15: certificate: ", "is not valid yet"));
	path_of(path, "other.key");
	CHECK_EQ(es_pki_key_write(world.other_key, path), 0);
	CHECK(look("state-dir = %s\ncollector = c.example\ncollector-name = c\n"
		   "key = %s/other.key\ncapture default { interface = lo }\n"));
	CHECK_EQ(found.n, 1);
	CHECK(has("e.conf: certificate: ", "other.key: does not belong to the certificate"));
	CHECK_EQ(chmod(path, 0644), 0);
	CHECK(look("state-dir = %s\ncollector = c.example\ncollector-name = c\n"
		   "key = %s/other.key\ncapture default { interface = lo }\n"));
	CHECK(has("e.conf:4:7: key: ", "chmod 600 "));
}

TEST(check_config_demands_a_state_directory_of_its_own)
{
	char path[128];

	CHECK(make_world());
	path_of(path, "open");
	CHECK_EQ(mkdir(path, 0700), 0);
	CHECK_EQ(chmod(path, 0777), 0);
	CHECK(look("state-dir = %s/open\nrun-dir = %s/open\ncapture default { interface = lo }\n"));
	CHECK_EQ(found.n, 2);
	CHECK(has("e.conf:1:13: state-dir: ", "can be written by others: chmod go-w "));
	CHECK(has("e.conf:2:11: run-dir: ", "can be written by others: chmod go-w "));
	CHECK_EQ(chmod(path, 0700), 0);
	CHECK(look("state-dir = %s/open/later\nrun-dir = %s/later\n"
		   "capture default { interface = lo }\n"));
	CHECK_EQ(found.n, 0); /* the service makes both */
	CHECK_EQ(rmdir(path), 0);
}

/* What belongs to root is trusted, and of no use to a service that gives its rights up. */
TEST(check_config_knows_what_the_user_of_the_service_may_do)
{
	CHECK(make_world());
	if (geteuid() != 0) {
		test_skip("needs root, whose files another user cannot use");
		return;
	}
	CHECK(look("state-dir = %s\nuser = nobody\nhost-timeline = %s/key.pem\n"
		   "capture default { interface = lo }\n"));
	CHECK(has("e.conf:1:13: state-dir: ", "and the service runs as user "));
	CHECK(look("state-dir = %s/later\nuser = nobody\ncapture default { interface = lo }\n"));
	CHECK_EQ(found.n, 1);
	CHECK(has("e.conf:1:13: state-dir: ", "does not exist, and the service may not make it: "));
	CHECK(look("state-dir = %s\nuser = nobody\ncollector = c.example\ncollector-name = c\n"
		   "key = %s/key.pem\ncapture default { interface = lo }\n"));
	CHECK(has("e.conf:5:7: key: ", "belongs to user 0, and the service runs as user "));
}
