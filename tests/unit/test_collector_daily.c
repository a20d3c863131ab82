/* SPDX-License-Identifier: Apache-2.0 */
/* The collector's commands of every day: prune, disable, check-config. */
#include "collector/store/hold.h"
#include "collector/store/row.h"
#include "collector/store/store_private.h"
#include "collector/tenant.h"
#include "daily_rig.h"
#include "proto/encode.h"
#include "runtime/crypto/pseudonym.h"

#include <netinet/in.h>
#include <sys/socket.h>

TEST(disable_refuses_one_agent_until_enable)
{
	char out[256];

	CHECK(ready());
	(void)add_agent("one", 1);
	(void)add_agent("two", 2);
	CHECK_EQ(run_with(es_command_disable, "disable", "two", out), 0);
	CHECK(strstr(out, "earshot-collector enable two --dir ") != NULL);
	CHECK_STR(agents_in(in("earshot.db")), "one two- ");
	CHECK_EQ(run_with(es_command_disable, "disable", "three", out), 1);
	CHECK(strstr(complaint, "disable: there is no agent three") != NULL);
	CHECK_EQ(run_with(es_command_enable, "enable", "two", out), 0);
	CHECK_STR(agents_in(in("earshot.db")), "one two ");
	CHECK_EQ(run_with(es_command_enable, "enable", NULL, out), 2);
	end();
}

TEST(prune_command_removes_what_is_too_old)
{
	char out[256];
	struct es_store *store;

	CHECK(ready());
	{
		struct es_row row = { .type = ES_REC_REPORTED, .agent = add_agent("one", 1) };

		store = open_store(in("earshot.db"));
		for (int64_t days = 80; days <= 100; days += 10) {
			row.received =
			    es_time_add(es_clock_wall(), -days * 86400 * ES_NS_PER_S - 1000);
			CHECK_EQ(es_store_put(store, &row), 0);
		}
		row.received = es_clock_wall();
		CHECK_EQ(es_store_put(store, &row), 0);
		es_store_close(store);
	}
	CHECK_EQ(run_with(es_command_prune, "prune", NULL, out), 0);
	CHECK_STR(complaint, "");
	CHECK_STR(out, "removed 2 reported\n");
	CHECK_EQ(run_with(es_command_prune, "prune", NULL, out), 0);
	CHECK_STR(out, "removed nothing: all is younger\n");
	CHECK_EQ(run_with(es_command_prune, "prune", "more", out), 2);
	end();
}

/* A clock that is ahead of the store's instant by a year needs the word of the operator. */
TEST(prune_command_needs_consent_for_a_clock_that_is_far_ahead)
{
	struct es_row row = { .type = ES_REC_REPORTED };
	struct es_store_instant i = { .is_vouched = true };
	struct es_store *store;
	char out[256];

	CHECK(ready());
	row.agent = add_agent("one", 1);
	row.received = i.at = es_time_add(es_clock_wall(), INT64_C(-400) * 86400 * ES_NS_PER_S);
	store = open_store(in("earshot.db"));
	CHECK_EQ(es_store_put(store, &row), 0);
	CHECK_EQ(es_store_instant_set(store, &i), 0);
	es_store_close(store);
	CHECK_EQ(run_with(es_command_prune, "prune", NULL, out), 1);
	CHECK_STR(out, "removed nothing: all is younger\n");
	CHECK(strstr(complaint, "prune: the clock says 20") != NULL);
	CHECK(strstr(complaint, "if it is: earshot-collector prune --trust-clock\n") != NULL);
	CHECK_EQ(run_with(es_command_prune, "prune", "--trust-clock", out), 0);
	CHECK_STR(complaint, "");
	CHECK_STR(out, "removed 1 reported\n");
	end();
}

static void
configure(const char *line)
{
	char text[400];

	/* the usual ports may be taken on this machine */
	(void)snprintf(text, sizeof(text),
	    "name = \"c\" listen = 127.0.0.1:0 enroll = 127.0.0.1:0 portal = 127.0.0.1:0\n%s\n",
	    line);
	if (es_file_write(in("collector.conf"), es_slice_str(text), 0600) != 0)
		abort();
}

/* Each fault has a line, and one does not hide the next. */
TEST(check_config_prints_each_fault)
{
	char out[256], want[256];

	CHECK(ready());
	configure("");
	CHECK_EQ(run_with(es_command_check_config, "check-config", NULL, out), 0);
	CHECK_STR(complaint, "");
	(void)snprintf(want, sizeof(want), "%s/collector.conf: no mistake found\n", dir);
	CHECK_STR(out, want);
	configure("user = \"nobody-of-that-name\"\ndatabase = \"none.db\"");
	CHECK_EQ(unlink(in("tenant.key")), 0);
	CHECK_EQ(es_file_write(in("server.pem"), es_slice_str("no certificate"), 0644), 0);
	CHECK_EQ(run_with(es_command_check_config, "check-config", NULL, out), 1);
	CHECK_STR(out, "");
	CHECK(strstr(complaint,
		  "collector.conf:2:8: user: there is no user \"nobody-of-that-name\"") != NULL);
	CHECK(strstr(complaint, "collector.conf: tenant-key: ") != NULL);
	CHECK(strstr(complaint, "server.pem: ") != NULL);
	CHECK(strstr(complaint, "none.db: unable to open database file") != NULL);
	CHECK(strstr(complaint, "ca.key") == NULL);
	configure("retention_calls = soon");
	CHECK_EQ(run_with(es_command_check_config, "check-config", NULL, out), 1);
	CHECK(strstr(complaint, "collector.conf:2:") != NULL);
	configure("");
	set_version(in("earshot.db"), ES_STORE_VERSION + 1);
	CHECK_EQ(run_with(es_command_check_config, "check-config", NULL, out), 1);
	CHECK(strstr(complaint, "is newer than") != NULL);
	end();
}

/* A file of five mistakes took five runs. */
TEST(check_config_lists_every_wrong_value)
{
	static const char *const rows[] = {
		"collector.conf:2:19: retention-calls = \"soon\" is not right, expected a time "
		"such as",
		"collector.conf:2:33: listen = nowhere is not an address, expected ADDRESS:PORT",
		"collector.conf:3:1: unknown option \"retention-cals\", did you mean "
		"\"retention-calls\"?",
		"collector.conf:4:11: country = x9, expected a calling code as in 49",
		"collector.conf:4:33: commit-records = \"0\" is not right, expected a number from "
		"1 to",
	};
	char out[256];
	unsigned n = 0;

	CHECK(ready());
	configure("retention-calls = soon listen = \"nowhere\"\nretention-cals = 3d\n"
		  "country = \"x9\" commit-records = 0");
	CHECK_EQ(run_with(es_command_check_config, "check-config", NULL, out), 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strstr(complaint, rows[i]) == NULL)
			test_fail(__FILE__, __LINE__, "\"%s\" is not in %s", rows[i], complaint);
	for (const char *c = complaint; *c != '\0'; c++)
		n += *c == '\n';
	CHECK_EQ(n, 5);
	CHECK(strstr(complaint, "earshot-collector: check-config: ") == complaint);
	CHECK(run_with(es_command_prune, "prune", NULL, out) ==
	      1); /* as serve: the first one will do */
	end();
}

TEST(check_config_tries_the_addresses)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), hold;
	char out[256], line[64], why[ES_HOLD_WHY_MAX];
	socklen_t n = sizeof(at);

	CHECK(ready());
	CHECK(bind(fd, (const struct sockaddr *)&at, n) == 0 && listen(fd, 1) == 0 &&
	      getsockname(fd, (struct sockaddr *)&at, &n) == 0);
	(void)snprintf(line, sizeof(line), "listen = 192.0.2.1:7100\nportal = 127.0.0.1:%u",
	    (unsigned)ntohs(at.sin_port));
	configure(line);
	CHECK_EQ(run_with(es_command_check_config, "check-config", NULL, out), 1);
	CHECK(strstr(complaint, "collector.conf:2:10: listen: 192.0.2.1:7100: Cannot assign") !=
	      NULL);
	CHECK(strstr(complaint, "collector.conf:3:10: portal: 127.0.0.1:") != NULL);
	CHECK(strstr(complaint, ": Address already in use\n") != NULL);
	configure(strchr(line, '\n') + 1);
	CHECK_EQ(es_hold(in("earshot.db"), false, &hold, why), 0); /* as serve does */
	CHECK_EQ(run_with(es_command_check_config, "check-config", NULL, out), 0);
	CHECK_STR(complaint, "");
	CHECK_EQ(close(hold), 0);
	CHECK_EQ(close(fd), 0);
	end();
}

/* The key of another certificate: agents would find out, one by one. */
TEST(check_config_compares_key_and_certificate)
{
	struct es_pki_key *key = NULL;
	char out[256];

	CHECK(ready());
	CHECK_EQ(unlink(in("server.key")), 0);
	CHECK_EQ(es_pki_key_new(&key), 0);
	CHECK_EQ(es_pki_key_write(key, in("server.key")), 0);
	es_pki_key_free(key);
	CHECK_EQ(run_with(es_command_check_config, "check-config", NULL, out), 1);
	CHECK(strstr(complaint, "server.key") != NULL);
	end();
}

/* Two calls, one of a number that was dialled nationally, as an agent of Germany writes it. */
static void
add_calls(void)
{
	static uint8_t arena[65536];
	static const struct es_vantage here = { .role = ES_ROLE_ENDPOINT };
	int64_t agent = add_agent("ep", 7);
	struct es_store *store = open_store(in("earshot.db"));
	uint8_t key[ES_KEY_BYTES];
	struct es_pseudonym p;
	char why[ES_TRUST_WHY_MAX];

	if (es_tenant_key_load(in("tenant.key"), 0, why, key) != 0 ||
	    es_pseudonym_init(&p, key, "49") != 0)
		test_fail(__FILE__, __LINE__, "%s", why);
	for (int i = 0; i < 2; i++) {
		const char *said = i == 0 ? "030123456@pbx" : "alice@pbx";
		struct es_record rec = { .type = ES_REC_CALL, .vantage = &here };
		char from[ES_PSEUDONYM_URI_MAX];
		struct es_alloc alloc;
		uint8_t bytes[1024];
		struct es_row row;
		uint64_t lost;
		int n;

		rec.at = rec.u.call.start = es_time_of_ns((1800000000 + i) * ES_NS_PER_S);
		rec.u.call.call_id = es_slice_str(i == 0 ? "number@h" : "user\x1b[2J@h");
		rec.u.call.state = ES_STATE_FAILED;
		rec.u.call.has = ES_CALL_HAS_STATUS;
		rec.u.call.final_status = i == 0 ? 486 : 404;
		rec.u.call.from = es_slice_of(from, es_pseudonym_uri(&p, es_slice_str(said), from));
		n = es_record_encode(&rec, bytes, sizeof(bytes));
		es_alloc_init(&alloc, arena, sizeof(arena));
		if (n <= 0 ||
		    es_row_of(es_slice_of(bytes, (size_t)n), agent, es_time_of_ns(1), &alloc, &row,
			&lost) != 0 ||
		    es_store_put(store, &row) != 0)
			test_fail(__FILE__, __LINE__, "%s", es_store_error(store));
	}
	es_store_close(store);
}

TEST(calls_command_finds_a_call_by_number)
{
	static const struct {
		const char *option, *value;
		int status;
		const char *has, *has_not; /* on standard output */
	} rows[] = {
		{ "--number", "+49 30 123456", 0, "486", "404" },
		{ "--number", "030123456", 0, "486", "404" }, /* by its last digits */
		{ "--number", "alice", 0, "404", "486" },
		{ "--number", "sip:alice@pbx", 0, "404", "486" },
		{ "--number", "+4930654321", 0, "START (UTC)", "40" },
		{ "--status", "404", 0, "404", "486" },
		{ "--max-mos", "4", 0, "START (UTC)", "404" },
		{ "--limit", "1", 0, "404", "486" },
		{ "--verdict", "good", 2, "", "START" },
		{ "--colour", "red", 2, "", "START" },
	};
	char out[256];

	CHECK(ready());
	add_calls();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *argv[] = { (char *)"calls", (char *)"--dir", dir, (char *)rows[i].option,
			(char *)rows[i].value, NULL };
		int status = run(es_command_calls, argv, out);

		if (status != rows[i].status || strstr(out, rows[i].has) == NULL ||
		    strstr(out, rows[i].has_not) != NULL || strchr(out, 0x1b) != NULL)
			test_fail(__FILE__, __LINE__, "%s %s: %d: %s%s", rows[i].option,
			    rows[i].value, status, out, complaint);
		if (strcmp(rows[i].option, "--number") == 0) {
			CHECK(strstr(complaint, "calls: search by number or user: ") != NULL);
			CHECK(strstr(complaint, "123456:") == NULL);
			CHECK(strstr(complaint, "alice") == NULL);
			CHECK(strstr(complaint, "pbx") == NULL);
		}
		if (strcmp(rows[i].option, "--limit") == 0)
			CHECK(strstr(complaint, "there are more: --after ") != NULL);
		if (strcmp(rows[i].option, "--verdict") == 0)
			CHECK(strstr(complaint, "--verdict: expected clean, degraded or unknown") !=
			      NULL);
	}
	end();
}

TEST(calls_command_prints_the_answer_of_the_api)
{
	char out[256], *argv[] = { (char *)"calls", (char *)"--dir", dir, (char *)"--json",
		(char *)"--limit", (char *)"1", NULL };

	CHECK(ready());
	add_calls();
	CHECK_EQ(run(es_command_calls, argv, out), 0);
	CHECK(strncmp(out, "{\"calls\":[{\"call\":\"user=1B[2J@h\",", 32) == 0);
	CHECK_EQ(unlink(in("tenant.key")), 0);
	argv[4] = (char *)"--number";
	CHECK_EQ(run(es_command_calls, argv, out), 1);
	CHECK(strstr(complaint, "calls: --number: ") != NULL);
	CHECK(strstr(complaint, "tenant.key") != NULL);
	end();
}

/* No line is longer than a terminal is wide. */
static bool
fits(const char *text, size_t columns)
{
	for (; *text != '\0'; text += strcspn(text, "\n") + (strchr(text, '\n') != NULL))
		if (strcspn(text, "\n") > columns) {
			printf("# %.*s\n", (int)strcspn(text, "\n"), text);
			return false;
		}
	return true;
}

TEST(help_of_each_command_fits_a_terminal_and_names_itself)
{
	for (const struct es_collector_command *c = es_collector_commands; c->name != NULL; c++) {
		char *text = NULL;
		size_t n = 0;
		FILE *to = open_memstream(&text, &n);

		CHECK(to != NULL);
		es_collector_usage(c, "", to);
		es_collector_help(c, to);
		CHECK_EQ(fclose(to), 0);
		if (!fits(text, 80) || strstr(text, "--help ") == NULL)
			test_fail(__FILE__, __LINE__, "%s", c->name);
		free(text);
	}
}

TEST(agents_command_shows_state_and_age)
{
	char out[256];
	struct es_store *store;
	int64_t id;

	CHECK(ready());
	CHECK_EQ(run_with(es_command_agents, "agents", NULL, out), 0);
	CHECK(strstr(complaint, "none is enrolled; earshot-collector token --agent NAME") != NULL);
	id = add_agent("one", 1);
	store = open_store(in("earshot.db"));
	CHECK_EQ(es_store_agent_hello(store, id, "1.2", ES_ROLE_SBC,
		     es_time_add(es_clock_wall(), -INT64_C(7201) * ES_NS_PER_S), 0),
	    0);
	es_store_close(store);
	CHECK_EQ(run_with(es_command_agents, "agents", NULL, out), 0);
	CHECK(strstr(out, "\none ") != NULL);
	CHECK(strstr(out, " sbc ") != NULL);
	CHECK(strstr(out, " stale, 2 h ") != NULL);
	CHECK_EQ(setenv("COLUMNS", "80", 1), 0);
	CHECK_EQ(run_with(es_command_agents, "agents", NULL, out), 0);
	CHECK(fits(out, 80));
	CHECK(strstr(out, "\none ") != NULL);
	CHECK(strstr(out, " stale, 2 h\n    20") != NULL);
	CHECK_EQ(unsetenv("COLUMNS"), 0);
	CHECK_EQ(run_with(es_command_agents, "agents", "--json", out), 0);
	CHECK(strstr(out, "\"agents\":[{\"name\":\"one\"") != NULL);
	CHECK_EQ(run_with(es_command_agents, "agents", "more", out), 2);
	end();
}
