/* SPDX-License-Identifier: Apache-2.0 */
/* What the collector's commands write into files, and what they complain, word by word. */
#include "collector_dir.h"
#include "runtime/log.h"

#include <sched.h>

static char *
text_of(const char *name)
{
	char *text = NULL;
	size_t n;

	return es_file_read(in(name), 65536, &text, &n) == 0 ? text : NULL;
}

/* How often the line stands in the text. */
static unsigned
lines_of(const char *text, const char *line)
{
	size_t n = strlen(line);
	unsigned count = 0;

	for (const char *p = text; *p != '\0'; p += strcspn(p, "\n"), p += *p == '\n')
		count += strcspn(p, "\n") == n && memcmp(p, line, n) == 0;
	return count;
}

TEST(init_writes_what_it_was_given_and_the_rest_of_the_sample)
{
	static const char *const given[] = { "name = \"c.test\"", "listen = \"127.0.0.1:7100\"",
		"enroll = \"127.0.0.1:7101\"", "portal = \"127.0.0.1:7102\"" };
	static const char *const rest[] = { "# database = earshot.db", "# max-database = 0",
		"# ca-cert = ca.pem", "# log = info" };
	char *argv[] = { (char *)"init", (char *)"--dir", dir, (char *)"--name", (char *)"c.test",
		(char *)"--listen", (char *)"127.0.0.1:7100", (char *)"--enroll",
		(char *)"127.0.0.1:7101", (char *)"--portal", (char *)"127.0.0.1:7102", NULL };
	char out[256], want[320], *text;

	CHECK(begin());
	CHECK_EQ(mkdir(dir, 0700), 0);
	CHECK_EQ(run(es_command_init, argv, out), 0);
	CHECK_STR(complaint, "");
	(void)snprintf(want, sizeof(want),
	    "%s/collector.conf is ready; agents will demand the name c.test\n"
	    "next: earshot-collector serve --dir %s\n",
	    dir, dir);
	CHECK_STR(out, want);
	text = text_of("collector.conf");
	CHECK(text != NULL);
	for (size_t i = 0; i < 4; i++) {
		char option[16];

		if (lines_of(text, given[i]) != 1)
			test_fail(__FILE__, __LINE__, "%s in %s", given[i], text);
		(void)snprintf(
		    option, sizeof(option), "%.*s = ", (int)strcspn(given[i], " "), given[i]);
		(void)snprintf(
		    want, sizeof(want), "\n# %s", option); /* no longer as in the sample */
		CHECK(strstr(text, want) == NULL);
	}
	for (size_t i = 0; i < 4; i++)
		if (lines_of(text, rest[i]) != 1)
			test_fail(__FILE__, __LINE__, "%s in %s", rest[i], text);
	free(text);
	end();
}

/* Any one file of an earlier init is left as it is, and nothing is put next to it. */
TEST(init_leaves_alone_what_an_earlier_one_made)
{
	static const char *const files[] = { "collector.conf", "ca.key", "ca.pem", "server.key",
		"server.pem", "tenant.key", "earshot.db" };
	char *argv[] = { (char *)"init", (char *)"--dir", dir, NULL };

	for (size_t i = 0; i < 7; i++) {
		char out[256], want[320], *text;

		CHECK(begin());
		CHECK_EQ(mkdir(dir, 0700), 0);
		CHECK_EQ(es_file_write(in(files[i]), es_slice_str("mine"), 0600), 0);
		CHECK_EQ(run(es_command_init, argv, out), 1);
		CHECK_STR(out, "");
		(void)snprintf(want, sizeof(want),
		    "earshot-collector: init: %s is there already; remove it or choose another "
		    "--dir\n",
		    in(files[i]));
		CHECK_STR(complaint, want);
		text = text_of(files[i]);
		CHECK(text != NULL);
		CHECK_STR(text, "mine");
		free(text);
		CHECK_EQ(unlink(in(files[i])), 0);
		CHECK_EQ(rmdir(dir), 0);
		end();
	}
}

TEST(init_says_what_it_cannot_take)
{
	static const struct {
		const char *option, *value, *says;
	} rows[] = { { "--name", "", "init: --name : expected 1 to 63" },
		{ "--name", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    "expected 1 to 63" },
		{ "--listen", "here",
		    "init: --listen here is not an address, expected ADDRESS:PORT as in "
		    "127.0.0.1:6100\n" },
		{ "--enroll", "here",
		    "init: --enroll here is not an address, expected ADDRESS:PORT as in "
		    "127.0.0.1:6101\n" },
		{ "--portal", "here",
		    "init: --portal here is not an address, expected ADDRESS:PORT as in "
		    "127.0.0.1:8080\n" },
		{ "--colour", "red", "usage: earshot-collector init --dir DIR" } };
	char out[256], longest[65];
	char *name[] = { (char *)"init", (char *)"--dir", dir, (char *)"--name", longest, NULL };
	char *deep[] = { (char *)"init", (char *)"--dir", dir, NULL };

	CHECK(begin());
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *argv[] = { (char *)"init", (char *)"--dir", dir, (char *)rows[i].option,
			(char *)rows[i].value, NULL };

		CHECK_EQ(run(es_command_init, argv, out), 2);
		if (strstr(complaint, rows[i].says) == NULL)
			test_fail(__FILE__, __LINE__, "%s in %s", rows[i].says, complaint);
		CHECK(access(dir, F_OK) != 0);
	}
	CHECK_EQ(es_file_write(dir, es_slice_str("a file"), 0600), 0);
	CHECK_EQ(run(es_command_init, deep, out), 1); /* where the directory should be */
	CHECK(strstr(complaint, dir) != NULL);
	CHECK_EQ(unlink(dir), 0);
	memset(longest, 'a', 63);
	longest[63] = '\0';
	CHECK_EQ(mkdir(dir, 0700), 0);
	CHECK_EQ(run(es_command_init, name, out), 0);
	end();
}

/* Nothing is made, and this is all that is said. */
TEST(init_says_that_a_path_is_too_long)
{
	char out[256], path[ES_PATH_TEXT_MAX + 100], want[256];
	char *argv[] = { (char *)"init", (char *)"--dir", path, NULL };

	CHECK(begin());
	(void)snprintf(path, sizeof(path), "%s", dir);
	memset(path + strlen(dir), 'a', ES_PATH_TEXT_MAX - 10 - strlen(dir));
	path[ES_PATH_TEXT_MAX - 10] = '\0'; /* a path by itself, but not with a file in it */
	CHECK_EQ(run(es_command_init, argv, out), 1);
	(void)snprintf(
	    want, sizeof(want), "earshot-collector: init: %.100s...: path too long\n", path);
	CHECK_STR(complaint, want);
	CHECK(access(path, F_OK) != 0);
	end();
}

static int
load(const char *text, struct es_collector_config *c, char error[ES_OPTIONS_ERROR_MAX])
{
	if (es_file_write(in("collector.conf"), es_slice_str(text), 0600) != 0)
		return 1;
	return es_collector_config_load(dir, c, error);
}

/* As on a machine of that name. */
TEST(init_leaves_out_of_its_name_what_no_certificate_takes)
{
	static const char *const rows[][2] = { { "", "collector" }, { "%%%", "collector" },
		{ "..", "collector" }, { "a", "collector.a" }, { "a b/c", "collector.abc" },
		{ "a.", "collector.a" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    "collector.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" } };
	char *argv[] = { (char *)"init", (char *)"--dir", dir, NULL };

	if (unshare(CLONE_NEWUTS) != 0) {
		test_skip("only root has a host name of its own");
		return;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_collector_config c;
		char out[256], error[ES_OPTIONS_ERROR_MAX];

		CHECK(begin());
		CHECK_EQ(sethostname(rows[i][0], strlen(rows[i][0])), 0);
		CHECK_EQ(mkdir(dir, 0700), 0);
		CHECK_EQ(run(es_command_init, argv, out), 0);
		CHECK_STR(complaint, "");
		CHECK_EQ(es_collector_config_load(dir, &c, error), 0);
		CHECK_STR(c.name, rows[i][1]);
		end();
	}
}

static int
log_one(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	log_warn("one");
	return 0;
}

/* Every option of the file reaches its own place. */
TEST(collector_config_takes_each_value_to_its_place)
{
	struct es_collector_config c;
	char error[ES_OPTIONS_ERROR_MAX], out[256], *argv[] = { NULL };

	CHECK(begin());
	CHECK_EQ(mkdir(dir, 0700), 0);
	CHECK_EQ(
	    load("name = \"n\"\nuser = \"u\"\nlisten = \"192.0.2.1:1001\"\n"
		 "enroll = \"192.0.2.2:1002\"\nportal = \"192.0.2.3:1003\"\n"
		 "database = \"a\"\nca_cert = \"b\"\nca_key = \"c\"\ncert = \"d\"\nkey = \"e\"\n"
		 "tenant-key = \"/f\"\nmax_database = 3KiB\nagent_validity = 61s\n"
		 "commit_interval = 7ms\ncommit_records = 8\nmax_connections = 9\n"
		 "credit_batches = 10\nidle_timeout = 11s\nreconnect_window = 12s\n"
		 "retry_after = 13s\nlog = \"error\"\n",
		&c, error),
	    0);
	CHECK_EQ(run(log_one, argv, out), 0);
	es_log_set_level(ES_LOG_INFO);
	CHECK_STR(complaint, "");
	CHECK_EQ(run(log_one, argv, out), 0);
	CHECK_STR(complaint, "one\n");
	CHECK_STR(c.name, "n");
	CHECK_STR(c.user, "u");
	CHECK_EQ(c.listen.port, 1001);
	CHECK_EQ(c.listen.ip[3], 1);
	CHECK_EQ(c.enroll.port, 1002);
	CHECK_EQ(c.enroll.ip[3], 2);
	CHECK_EQ(c.portal.port, 1003);
	CHECK_EQ(c.portal.ip[3], 3);
	CHECK_STR(c.database, in("a"));
	CHECK_STR(c.ca_cert, in("b"));
	CHECK_STR(c.ca_key, in("c"));
	CHECK_STR(c.cert, in("d"));
	CHECK_STR(c.key, in("e"));
	CHECK_STR(c.tenant_key, "/f");
	CHECK_EQ(c.max_database_bytes, 3072);
	CHECK_EQ(c.agent_validity_ms, 61000);
	CHECK_EQ(c.commit_ms, 7);
	CHECK_EQ(c.commit_records, 8);
	CHECK_EQ(c.max_connections, 9);
	CHECK_EQ(c.credit_batches, 10);
	CHECK_EQ(c.idle_ms, 11000);
	CHECK_EQ(c.reconnect_ms, 12000);
	CHECK_EQ(c.retry_ms, 13000);
	end();
}

/* A path has room for so many bytes; what does not fit is named, and where it stands. */
TEST(collector_config_names_the_path_that_does_not_fit)
{
	static const char *const names[] = { "database", "ca-cert", "ca-key", "cert", "key",
		"tenant-key" };
	struct es_collector_config c;
	char error[ES_OPTIONS_ERROR_MAX], text[ES_PATH_TEXT_MAX + 64], value[ES_PATH_TEXT_MAX + 1],
	    want[128], far[2 * ES_PATH_TEXT_MAX];

	CHECK(begin());
	CHECK_EQ(mkdir(dir, 0700), 0);
	memset(value, 'a', sizeof(value) - 1);
	value[0] = '/';
	for (size_t i = 0; i < 6; i++) {
		value[ES_PATH_TEXT_MAX - 1] = '\0';
		(void)snprintf(text, sizeof(text), "name = \"n\"\n%s = \"%s\"\n", names[i], value);
		CHECK_EQ(load(text, &c, error), 0);
		value[ES_PATH_TEXT_MAX - 1] = 'a';
		value[ES_PATH_TEXT_MAX] = '\0';
		(void)snprintf(text, sizeof(text), "name = \"n\"\n%s = \"%s\"\n", names[i], value);
		CHECK(load(text, &c, error) < 0);
		(void)snprintf(want, sizeof(want), ":2:%zu: %s is longer than %d bytes",
		    strlen(names[i]) + 4, names[i], ES_PATH_TEXT_MAX - 1);
		if (strstr(error, want) == NULL)
			test_fail(__FILE__, __LINE__, "%s in %s", want, error);
	}
	memset(far, 'b', sizeof(far) - 1);
	far[sizeof(far) - 1] = '\0';
	CHECK_EQ(es_collector_config_load(far, &c, error), ES_EINVALID);
	CHECK(strstr(error, "path too long") != NULL);
	end();
}

TEST(token_lasts_an_hour_and_says_what_it_cannot_take)
{
	char *argv[] = { (char *)"token", (char *)"--dir", dir, (char *)"--agent", (char *)"ep",
		NULL };
	char *bad[] = { (char *)"token", (char *)"--dir", dir, (char *)"--agent", (char *)"a b",
		NULL };
	char *forever[] = { (char *)"token", (char *)"--dir", dir, (char *)"--agent", (char *)"ep",
		(char *)"--ttl", (char *)"31d", NULL };
	es_time before = es_clock_wall();
	uint8_t hash[ES_SHA256_BYTES];
	struct es_store_token kept;
	struct es_token token;
	struct es_store *store;
	char out[256], error[512];

	CHECK(begin());
	CHECK_EQ(init(out), 0);
	CHECK_EQ(run(es_command_token, argv, out), 0);
	CHECK(
	    strncmp(complaint, "next, with this token in a file on the machine of ep: ", 54) == 0);
	CHECK(strstr(complaint, ":6101 --token-file token\n") != NULL);
	CHECK_EQ(es_token_parse(es_slice_str(out), &token), 0);
	es_token_hash(token.secret, hash);
	CHECK_EQ(es_store_open(in("earshot.db"), ES_STORE_READ, &store, error), 0);
	CHECK_EQ(es_store_token_get(store, hash, &kept), 0);
	es_store_close(store);
	CHECK_STR(kept.site, "");
	CHECK(kept.expires.ns >= before.ns + INT64_C(3600) * ES_NS_PER_S);
	CHECK(kept.expires.ns <= es_clock_wall().ns + INT64_C(3600) * ES_NS_PER_S);
	CHECK_EQ(run(es_command_token, bad, out), 2);
	CHECK(strstr(complaint, "names of agents and sites are 1 to 63") != NULL);
	CHECK_EQ(run(es_command_token, forever, out), 2);
	CHECK(strstr(complaint, "--ttl 31d: expected a duration up to 30d") != NULL);
	CHECK_EQ(es_file_write(in("server.pem"), es_slice_str("rubbish"), 0600), 0);
	CHECK_EQ(run(es_command_token, argv, out), 1);
	CHECK(strstr(complaint, "earshot-collector: token: ") != NULL &&
	      strstr(complaint, "server.pem: ") != NULL);
	CHECK_EQ(unlink(in("server.pem")), 0);
	CHECK_EQ(run(es_command_token, argv, out), 1);
	CHECK(strstr(complaint, "server.pem: No such file or directory\n") != NULL);
	end();
}

/* Each command complains of itself with its own words. */
TEST(commands_say_how_they_are_used)
{
	for (const struct es_collector_command *c = es_collector_commands; c->name != NULL; c++) {
		char *argv[] = { (char *)c->name, (char *)"--colour", NULL };
		char out[256], want[64];

		CHECK(begin());
		CHECK_EQ(mkdir(dir, 0700), 0);
		CHECK_EQ(run(c->run, argv, out), 2);
		(void)snprintf(want, sizeof(want), "usage: earshot-collector %s ", c->name);
		CHECK(strstr(complaint, want) != NULL);
		CHECK(strstr(strstr(complaint, want) + 1, "usage: ") == NULL);
		end();
	}
}
