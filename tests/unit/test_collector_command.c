/* SPDX-License-Identifier: Apache-2.0 */
/* `init` and `token` of the collector, and the configuration they make: files, modes, what is refused. */
#include "collector_dir.h"

#include <pwd.h>
#include <sys/wait.h>

static unsigned
mode_of(const char *name)
{
	struct stat st;

	return stat(in(name), &st) == 0 ? st.st_mode & 07777 : 0;
}

/* Whether a file is one line of n lower-case hexadecimal digits. */
static bool
is_line_of_digits(const char *name, size_t n)
{
	char text[256] = "";
	FILE *f = fopen(in(name), "r");
	size_t got = f == NULL ? 0 : fread(text, 1, sizeof(text) - 1, f);

	if (f != NULL)
		fclose(f);
	return got == n + 1 && strspn(text, "0123456789abcdef") == n && text[n] == '\n';
}

TEST(command_init_makes_what_serve_reads)
{
	struct es_collector_config c;
	struct es_pki_cert ca, server;
	char out[256], error[ES_OPTIONS_ERROR_MAX], why[ES_TRUST_WHY_MAX], *pem;
	struct es_pki_key *key;
	size_t n;

	CHECK(begin());
	CHECK_EQ(init(out), 0);
	CHECK_STR(complaint, "");
	CHECK(strstr(out, "agents will demand the name collector.test") != NULL);
	CHECK_EQ(mode_of("ca.key"), 0600);
	CHECK_EQ(mode_of("server.key"), 0600);
	CHECK_EQ(mode_of("tenant.key"), 0600);
	CHECK(is_line_of_digits("tenant.key", 64));
	CHECK_EQ(mode_of("collector.conf"), 0600);
	CHECK_EQ(mode_of("earshot.db"), 0600);
	CHECK_EQ(mode_of("ca.pem"), 0644);
	CHECK_EQ(mode_of("server.pem"), 0644);
	CHECK_EQ(es_collector_config_load(dir, &c, error), 0);
	CHECK_STR(c.name, "collector.test");
	CHECK_EQ(c.listen.port, 7100);
	CHECK_EQ(c.enroll.port, 6101);
	CHECK_EQ(c.portal.port, 8080);
	CHECK_EQ(c.portal.ip[0], 127);
	CHECK_STR(c.ca_key, in("ca.key"));
	CHECK_STR(c.ca_cert, in("ca.pem"));
	CHECK_STR(c.cert, in("server.pem"));
	CHECK_STR(c.key, in("server.key"));
	CHECK_STR(c.tenant_key, in("tenant.key"));
	CHECK_STR(c.database, in("earshot.db"));
	CHECK_EQ(c.max_database_bytes, 0);
	CHECK_EQ(c.agent_validity_ms, INT64_C(7) * 86400 * 1000);
	CHECK_EQ(c.commit_ms, 50);
	CHECK_EQ(c.max_connections, 4096);
	CHECK_EQ(c.credit_batches, 8);
	CHECK_EQ(c.reconnect_ms, 2000);
	CHECK_EQ(c.retry_ms, 10000);
	CHECK(c.idle_ms > 0 && c.commit_records > 0);
	CHECK_STR(c.user, "");
	CHECK_EQ(es_pki_key_load(c.ca_key, 0, why, &key), 0);
	es_pki_key_free(key);
	CHECK_EQ(es_file_read(c.ca_cert, ES_PKI_CHAIN_MAX, &pem, &n), 0);
	CHECK_EQ(es_pki_read_cert(pem, &ca), 0);
	CHECK(ca.is_ca);
	free(pem);
	CHECK_EQ(es_file_read(c.cert, ES_PKI_CHAIN_MAX, &pem, &n), 0);
	CHECK_EQ(es_pki_read_cert(pem, &server), 0);
	CHECK(!server.is_ca);
	CHECK_STR(server.name, "collector.test");
	/* a machine whose clock lags a little takes both, and both last as long as they say */
	CHECK(ca.not_before.ns < es_clock_wall().ns - INT64_C(80000) * ES_NS_PER_S);
	CHECK(server.not_before.ns < es_clock_wall().ns - INT64_C(80000) * ES_NS_PER_S);
	CHECK_EQ((ca.not_after.ns - ca.not_before.ns) / ES_NS_PER_S / 86400, 3651);
	CHECK_EQ((server.not_after.ns - server.not_before.ns) / ES_NS_PER_S / 86400, 826);
	free(pem);
	end();
}

/* The portal is another user of the group that the directory lets in. */
TEST(command_init_shares_what_the_portal_reads)
{
	char out[256];
	char *argv[] = { (char *)"init", (char *)"--dir", dir, NULL };

	CHECK(begin());
	CHECK_EQ(mkdir(dir, 0700), 0);
	CHECK_EQ(chmod(dir, 0750), 0);
	CHECK_EQ(run(es_command_init, argv, out), 0);
	CHECK_EQ(mode_of("collector.conf"), 0640);
	CHECK_EQ(mode_of("earshot.db"), 0640);
	CHECK_EQ(mode_of("tenant.key"), 0600);
	CHECK_EQ(mode_of("ca.key"), 0600);
	CHECK_EQ(mode_of("server.key"), 0600);
	end();
}

/* A package's directory belongs to the user of ingest, and root is the one who calls init. */
TEST(command_init_writes_as_the_owner_of_the_directory)
{
	struct es_collector_config c;
	char out[256], error[ES_OPTIONS_ERROR_MAX];
	char *argv[] = { (char *)"init", (char *)"--dir", dir, NULL };
	const struct passwd *pw = getpwnam("daemon");
	struct stat st;
	int status = -1;
	pid_t child;

	if (geteuid() != 0 || pw == NULL) {
		test_skip("only root can give files away");
		return;
	}
	CHECK(begin());
	CHECK_EQ(mkdir(dir, 0700), 0);
	CHECK_EQ(chmod(at_top(""), 0711), 0);
	CHECK_EQ(chown(dir, pw->pw_uid, pw->pw_gid), 0);
	child = fork(); /* it gives up its rights */
	if (child == 0)
		_exit(run(es_command_init, argv, out));
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	CHECK_EQ(stat(in("ca.key"), &st), 0);
	CHECK_EQ(st.st_uid, pw->pw_uid);
	CHECK_EQ(stat(in("collector.conf"), &st), 0);
	CHECK_EQ(st.st_gid, pw->pw_gid);
	CHECK_EQ(es_collector_config_load(dir, &c, error), 0);
	CHECK_STR(c.user, "daemon");
	CHECK_STR(c.portal_user, "");
	end();
}

/* Status of a command that gives up its rights. */
static int
run_apart(int (*command)(int argc, char **argv), char **argv)
{
	char out[256];
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(run(command, argv, out));
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The user of ingest, taken over, puts a link where root will look. */
TEST(command_of_root_follows_no_link_of_the_owner_of_the_directory)
{
	char *init_argv[] = { (char *)"init", (char *)"--dir", dir, NULL };
	char *ca_argv[] = { (char *)"ca", (char *)"--dir", dir, (char *)"--new", NULL };
	char *token_argv[] = { (char *)"token", (char *)"--dir", dir, (char *)"--agent",
		(char *)"ep", NULL };
	const struct passwd *pw = getpwnam("daemon");
	char roots[160];
	struct stat before, st;

	if (geteuid() != 0 || pw == NULL) {
		test_skip("only root can give files away");
		return;
	}
	CHECK(begin());
	CHECK_EQ(mkdir(dir, 0700), 0);
	CHECK_EQ(chmod(at_top(""), 0711), 0);
	CHECK_EQ(chown(dir, pw->pw_uid, pw->pw_gid), 0);
	CHECK_EQ(run_apart(es_command_init, init_argv), 0);
	CHECK_EQ(run_apart(es_command_token, token_argv), 0);
	CHECK_EQ(run_apart(es_command_ca, ca_argv), 0);
	CHECK_EQ(stat(in("ca.key"), &st), 0);
	CHECK_EQ(st.st_uid, pw->pw_uid);

	(void)snprintf(roots, sizeof(roots), "%s/roots.db", at_top(""));
	CHECK_EQ(rename(in("earshot.db"), roots), 0);
	CHECK_EQ(chown(roots, 0, 0), 0);
	CHECK_EQ(chmod(roots, 0600), 0);
	CHECK_EQ(symlink(roots, in("earshot.db")), 0);
	CHECK_EQ(stat(roots, &before), 0);
	CHECK_EQ(run_apart(es_command_token, token_argv), 1);
	CHECK_EQ(stat(roots, &st), 0);
	CHECK_EQ(st.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	CHECK_EQ(st.st_size, before.st_size);
	end();
}

/* LoadCredential= of a unit whose user may not read the file itself. */
TEST(collector_config_takes_a_key_that_the_manager_handed_over)
{
	struct es_collector_config c;
	char out[256], handed[160], error[ES_OPTIONS_ERROR_MAX];

	CHECK(begin());
	CHECK_EQ(init(out), 0);
	(void)snprintf(handed, sizeof(handed), "%s/handed", dir);
	CHECK_EQ(mkdir(handed, 0700), 0);
	CHECK_EQ(es_file_write(in("handed/tenant.key"), es_slice_str("x"), 0600), 0);
	(void)setenv("CREDENTIALS_DIRECTORY", handed, 1);
	CHECK_EQ(es_collector_config_load(dir, &c, error), 0);
	CHECK_STR(c.tenant_key, in("handed/tenant.key"));
	CHECK_STR(c.ca_key, in("ca.key")); /* was not handed over */
	CHECK_EQ(es_file_write(in("collector.conf"),
		     es_slice_str("name = c\ntenant-key = \"tenant.key\"\n"), 0600),
	    0);
	CHECK_EQ(es_collector_config_load(dir, &c, error), 0);
	CHECK_STR(c.tenant_key, in("tenant.key")); /* the file says which */
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	end();
}

TEST(command_init_never_overwrites)
{
	char out[256];
	char *again[] = { (char *)"init", (char *)"--dir", dir, NULL };
	char *wrong[] = { (char *)"init", (char *)"--dir", dir, (char *)"--name", (char *)"a b",
		NULL };
	char *nowhere[] = { (char *)"init", (char *)"--dir", dir, (char *)"--portal",
		(char *)"here", NULL };
	char *more[] = { (char *)"init", (char *)"--dir", dir, (char *)"more", NULL };

	CHECK(begin());
	CHECK_EQ(init(out), 0);
	CHECK_EQ(unlink(in("collector.conf")), 0);
	CHECK_EQ(run(es_command_init, again, out), 1); /* part of it is there */
	CHECK_EQ(mode_of("collector.conf"), 0);
	CHECK_EQ(run(es_command_init, wrong, out), 2);
	CHECK_EQ(run(es_command_init, nowhere, out), 2);
	CHECK_EQ(run(es_command_init, more, out), 2);
	end();
	CHECK(begin());
	CHECK_EQ(mkdir(dir, 0700), 0);
	CHECK_EQ(chmod(dir, 0777), 0);
	CHECK_EQ(run(es_command_init, again, out), 1); /* where others may put names */
	CHECK_EQ(mode_of("ca.key"), 0);
	end();
}

/* What cannot be made is said by its name, and without a configuration nothing is served. */
TEST(command_init_says_what_it_could_not_make)
{
	char *here[] = { (char *)"init", (char *)"--dir", dir, NULL };
	char out[256];

	CHECK(begin());
	CHECK_EQ(mkdir(dir, 0700), 0);
	CHECK_EQ(mkdir(in("earshot.db-wal"), 0700), 0); /* the database cannot have its log there */
	CHECK_EQ(run(es_command_init, here, out), 1);
	CHECK(strncmp(complaint, "earshot-collector: init: ", 25) == 0);
	CHECK(strstr(complaint, in("earshot.db")) != NULL);
	CHECK_STR(out, "");
	CHECK_EQ(mode_of("collector.conf"), 0);
	end();
}

TEST(command_token_names_an_agent_once)
{
	struct es_collector_config c;
	struct es_store *store;
	struct es_store_token kept;
	struct es_token token;
	struct es_pki_cert ca;
	uint8_t hash[ES_SHA256_BYTES];
	char out[256], error[ES_OPTIONS_ERROR_MAX], *pem;
	char *argv[] = { (char *)"token", (char *)"--dir", dir, (char *)"--agent", (char *)"ep",
		(char *)"--site", (char *)"berlin", (char *)"--ttl", (char *)"2h", NULL };
	es_time before = es_clock_wall();
	size_t n;

	CHECK(begin());
	CHECK_EQ(init(out), 0);
	CHECK_EQ(run(es_command_token, argv, out), 0);
	CHECK_EQ(out[strlen(out) - 1], '\n');
	CHECK_EQ(es_token_parse(es_slice_str(out), &token), 0);
	CHECK_EQ(es_collector_config_load(dir, &c, error), 0);
	CHECK_EQ(es_file_read(c.ca_cert, ES_PKI_CHAIN_MAX, &pem, &n), 0);
	CHECK_EQ(es_pki_read_cert(pem, &ca), 0);
	free(pem);
	CHECK(memcmp(token.ca_pin, ca.spki_sha256, sizeof(token.ca_pin)) == 0);
	es_token_hash(token.secret, hash);
	CHECK_EQ(es_store_open(c.database, ES_STORE_READ, &store, error), 0);
	CHECK_EQ(es_store_token_get(store, hash, &kept), 0);
	CHECK_STR(kept.name, "ep");
	CHECK_STR(kept.site, "berlin");
	CHECK(!kept.used);
	CHECK(kept.expires.ns >= before.ns + INT64_C(7200) * ES_NS_PER_S);
	CHECK(kept.expires.ns <= es_clock_wall().ns + INT64_C(7200) * ES_NS_PER_S);
	es_store_close(store);
	end();
}

TEST(command_token_refuses_what_makes_no_sense)
{
	static const char *const wrong[][2] = { { "--agent", "a b" }, { "--agent", "" },
		{ "--site", "a/b" }, { "--ttl", "0s" }, { "--ttl", "2592001s" },
		{ "--ttl", "soon" }, { "--ttl", "-1h" }, { "--color", "red" } };
	char out[256];
	char *most[] = { (char *)"token", (char *)"--dir", dir, (char *)"--agent", (char *)"ep",
		(char *)"--ttl", (char *)"30d", NULL };
	char *none[] = { (char *)"token", (char *)"--dir", dir, NULL };
	char *more[] = { (char *)"token", (char *)"--dir", dir, (char *)"--agent", (char *)"ep",
		(char *)"more", NULL };

	CHECK(begin());
	CHECK_EQ(init(out), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char *argv[] = { (char *)"token", (char *)"--dir", dir, (char *)"--agent",
			(char *)"ep", (char *)wrong[i][0], (char *)wrong[i][1], NULL };

		CHECK_EQ(run(es_command_token, argv, out), 2);
		CHECK_STR(out, "");
	}
	CHECK_EQ(run(es_command_token, none, out), 2);
	CHECK_EQ(run(es_command_token, more, out), 2);
	CHECK_EQ(run(es_command_token, most, out), 0);
	CHECK_EQ(unlink(in("server.pem")), 0);
	CHECK_EQ(run(es_command_token, most, out), 1);
	CHECK_STR(out, "");
	end();
}

/* One option with one value, in a file of its own. */
static int
load(const char *line, struct es_collector_config *c, char error[ES_OPTIONS_ERROR_MAX])
{
	char text[256];

	(void)snprintf(text, sizeof(text), "name = \"c\"\n%s\n", line);
	if (es_file_write(in("collector.conf"), es_slice_str(text), 0600) != 0)
		return 1;
	return es_collector_config_load(dir, c, error);
}

TEST(collector_config_bounds)
{
	static const struct {
		const char *line;
		int err;
	} rows[] = { { "max_database = 16384GiB", 0 }, { "max_database = 16385GiB", ES_EMALFORMED },
		{ "agent_validity = 10s", 0 }, { "agent_validity = 9s", ES_EMALFORMED },
		{ "agent_validity = 400d", 0 }, { "agent_validity = 401d", ES_EMALFORMED },
		{ "commit_interval = 1ms", 0 }, { "commit_interval = 0ms", ES_EMALFORMED },
		{ "commit_interval = 1s", 0 }, { "commit_interval = 1001ms", ES_EMALFORMED },
		{ "max_connections = 1", 0 }, { "max_connections = 0", ES_EMALFORMED },
		{ "max_connections = 20000", 0 }, { "max_connections = 20001", ES_EMALFORMED },
		{ "retry_after = 100ms", 0 }, { "retry_after = 99ms", ES_EMALFORMED },
		{ "retry_after = 1h", 0 }, { "retry_after = 3601s", ES_EMALFORMED },
		{ "reconnect_window = 0s", 0 }, { "reconnect_window = 3601s", ES_EMALFORMED },
		{ "listen = \"here\"", ES_EMALFORMED }, { "enroll = \"::1\"", 0 },
		{ "portal = \"127.0.0.1:70000\"", ES_EMALFORMED },
		{ "colour = red", ES_EMALFORMED } };
	struct es_collector_config c;
	char error[ES_OPTIONS_ERROR_MAX];

	CHECK(begin());
	CHECK_EQ(mkdir(dir, 0700), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int err = load(rows[i].line, &c, error);

		if ((err == 0) != (rows[i].err == 0))
			test_fail(__FILE__, __LINE__, "%s: %d", rows[i].line, err);
		if (err != 0 && strstr(error, "collector.conf:") == NULL)
			test_fail(__FILE__, __LINE__, "%s: %s", rows[i].line, error);
	}
	CHECK_EQ(
	    load("enroll = \"[::1]:7\"\nkey = \"/else/where\"\nuser = \"earshot\"", &c, error), 0);
	CHECK_EQ(c.enroll.family, 6);
	CHECK_EQ(c.enroll.port, 7);
	CHECK_STR(c.key, "/else/where");
	CHECK_STR(c.user, "earshot");
	CHECK_EQ(load("enroll = \"::1\"", &c, error), 0);
	CHECK_EQ(c.enroll.port, 6101);
	end();
}
