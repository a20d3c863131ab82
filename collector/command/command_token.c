/* SPDX-License-Identifier: Apache-2.0 */
/* `token`: prints a one-time token for a new agent, and keeps its hash. */
#include "runtime/crypto/token.h"

#include "collector/authority.h"
#include "collector/command/command_private.h"
#include "collector/store/store.h"
#include "runtime/clock.h"
#include "runtime/crypto/pki.h"
#include "runtime/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TTL_MAX_MS = 30 * 86400 * INT64_C(1000) };

static int
keep(const char *dir, const struct es_token *token, const char *agent, const char *site,
    int64_t ttl_ms)
{
	uint8_t hash[ES_SHA256_BYTES];
	struct es_command_store s;
	es_time now = es_clock_wall();
	int err;

	es_token_hash(token->secret, hash);
	if (!es_command_open(&s, "token", dir, ES_STORE_WRITE))
		return ES_EIO;
	err = es_store_token_add(
	    s.store, hash, agent, site, now, es_time_add(now, ttl_ms * ES_NS_PER_MS));
	if (err < 0)
		(void)es_command_store_error(&s, "token");
	es_command_close(&s);
	return err;
}

/* On standard error: what is printed on the other goes into a file, and that to the agent's machine. */
static void
say_next(const struct es_collector_config *cfg, const char *agent)
{
	static const uint8_t any[16];
	char host[HOST_NAME_MAX + 1] = "", addr[ES_ADDR_TEXT_MAX];

	(void)es_addr_text(&cfg->enroll, addr);
	if (memcmp(cfg->enroll.ip, any, sizeof(any)) == 0 &&
	    gethostname(host, sizeof(host) - 1) == 0)
		(void)snprintf(
		    addr, sizeof(addr), "%.*s:%u", (int)sizeof(addr) - 8, host, cfg->enroll.port);
	fprintf(stderr,
	    "next, with this token in a file on the machine of %s: earshot enroll --collector %s "
	    "--token-file token\n",
	    agent, addr);
}

static int
make(const char *dir, const char *agent, const char *site, int64_t ttl_ms)
{
	struct es_collector_config cfg;
	uint8_t pin[ES_PKI_PIN_BYTES];
	char why[ES_TRUST_WHY_MAX];
	struct es_token token;
	char text[ES_TOKEN_TEXT_MAX];
	int status = 1;

	if (!es_command_become_owner("token", dir) || !es_command_config(dir, &cfg))
		return 1;
	if (es_authority_server_pin(&cfg, pin, why) < 0) {
		fprintf(stderr, "earshot-collector: token: %s\n", why);
		return 1;
	}
	es_token_make(pin, &token);
	if (keep(dir, &token, agent, site, ttl_ms) == 0) {
		es_token_text(&token, text);
		status = printf("%s\n", text) < 0 || fflush(stdout) != 0;
		if (status != 0)
			fprintf(stderr, "earshot-collector: token: standard output: %s\n",
			    strerror(errno));
		else
			say_next(&cfg, agent);
	}
	es_secret_zero(&token, sizeof(token));
	es_secret_zero(text, sizeof(text));
	return status;
}

int
es_command_token(int argc, char **argv)
{
	struct es_command_wish wish;
	int err = es_command_parse(argc, argv, "token", &wish, NULL, 0);
	int64_t ttl_ms;

	if (err != 0)
		return err;
	if (wish.agent == NULL)
		return es_command_usage("token");
	if (!es_pki_is_name(wish.agent) || (wish.site[0] != '\0' && !es_pki_is_name(wish.site))) {
		fprintf(stderr,
		    "earshot-collector: token: names of agents and sites are 1 to 63 of A-Z a-z "
		    "0-9 . _ -\n");
		return 2;
	}
	if (es_options_parse_duration(wish.ttl, &ttl_ms) < 0 || ttl_ms <= 0 ||
	    ttl_ms > TTL_MAX_MS) {
		fprintf(stderr,
		    "earshot-collector: token: --ttl %s: expected a duration up to 30d, as in "
		    "1h\n",
		    wish.ttl);
		return 2;
	}
	return make(wish.dir, wish.agent, wish.site, ttl_ms);
}
