/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate authority of a collector is replaced: no step cuts off an agent, none is lost to a power cut. */
#include "collector/authority.h"
#include "collector/store/store_private.h"
#include "tests/unit/collector_dir.h"
#include "tests/unit/libc.h"

#include <errno.h>

enum { DAY_S = 86400 };

static char out[256];
static struct es_collector_config cfg;

static int
ca(const char *option)
{
	char *argv[] = { (char *)"ca", (char *)"--dir", dir, (char *)option, NULL };

	return run(es_command_ca, argv, out);
}

static bool
made(void)
{
	char error[ES_OPTIONS_ERROR_MAX];

	return begin() && init(out) == 0 && es_collector_config_load(dir, &cfg, error) == 0;
}

/* The pins of what is on the disk: who signs agents, who signed the collector, and how many are trusted. */
static struct {
	uint8_t signer[ES_PKI_PIN_BYTES];
	uint8_t server[ES_PKI_PIN_BYTES];
	unsigned n_anchors;
	bool is_server_trusted;
} now;

static bool
look(void)
{
	struct es_authority a;
	char why[ES_TRUST_WHY_MAX], pem[ES_PKI_PEM_MAX];
	const char *at = a.anchors;
	bool is_read = es_authority_read(&cfg, 0, &a, why) == 0 &&
		       es_authority_server_pin(&cfg, now.server, why) == 0;

	now.n_anchors = 0;
	while (is_read && es_pki_next_cert(&at, pem))
		now.n_anchors++;
	memcpy(now.signer, a.pin, sizeof(now.signer));
	now.is_server_trusted = is_read && es_pki_find_cert(a.anchors, now.server, pem) == 0;
	es_authority_free(&a);
	return is_read;
}

static bool
is_same(const uint8_t a[ES_PKI_PIN_BYTES], const uint8_t b[ES_PKI_PIN_BYTES])
{
	return memcmp(a, b, ES_PKI_PIN_BYTES) == 0;
}

/* Agent n, whose certificate is of a CA and ends in so many seconds. */
static void
enrol(unsigned n, const uint8_t *of, int64_t ends_s)
{
	struct es_renewal r = { .generation = 1, .issued = 1 };
	struct es_agent a;
	struct es_store *s;
	char error[512];

	memset(&a, 0, sizeof(a));
	memset(a.cn, (int)"0123456789abcdef"[n], ES_STORE_CN_LEN);
	memset(a.spki, (int)n, sizeof(a.spki));
	(void)snprintf(a.name, sizeof(a.name), "ep%u", n);
	a.not_after = es_time_add(es_clock_wall(), ends_s * ES_NS_PER_S);
	if (es_store_open(cfg.database, ES_STORE_WRITE, &s, error) != 0 ||
	    es_store_agent_bind(s, &a) != 0 || es_store_agent_by_spki(s, a.spki, &a) != 0)
		abort();
	if (of != NULL) {
		r.has_ca = true;
		memcpy(r.ca, of, sizeof(r.ca));
		if (es_store_renewal_set(s, a.id, &r) != 0)
			abort();
	}
	es_store_close(s);
}

static void
disable(const char *name)
{
	struct es_store *s;
	char error[512];

	if (es_store_open(cfg.database, ES_STORE_WRITE, &s, error) != 0 ||
	    es_store_agent_disable(s, name, true) != 0)
		abort();
	es_store_close(s);
}

/* What a token pins now. */
static bool
token_pins(const uint8_t pin[ES_PKI_PIN_BYTES], const char *ttl)
{
	char *argv[] = { (char *)"token", (char *)"--dir", dir, (char *)"--agent", (char *)"x",
		(char *)"--ttl", (char *)ttl, NULL };
	struct es_token token;

	return run(es_command_token, argv, out) == 0 &&
	       es_token_parse(es_slice_str(out), &token) == 0 && is_same(token.ca_pin, pin);
}

TEST(authority_is_replaced_in_two_steps)
{
	uint8_t old[ES_PKI_PIN_BYTES], new[ES_PKI_PIN_BYTES];

	CHECK(made());
	CHECK_EQ(ca(NULL), 0);
	CHECK(strstr(out, ", signs agents, has signed the collector's certificate\n") != NULL);
	CHECK_EQ(ca("--retire"), 1);
	CHECK(strstr(complaint, "there is one authority") != NULL);
	CHECK(look());
	CHECK_EQ(now.n_anchors, 1);
	memcpy(old, now.signer, sizeof(old));
	CHECK(is_same(now.server, old));

	CHECK_EQ(ca("--new"), 0);
	CHECK(strstr(out, "next: restart earshot-collector serve; later") != NULL);
	CHECK(look());
	CHECK_EQ(now.n_anchors, 2);
	memcpy(new, now.signer, sizeof(new));
	CHECK(!is_same(new, old));
	CHECK(is_same(now.server, old)); /* which every agent trusts */
	CHECK(token_pins(old, "1ms"));   /* a token is for who shows the collector's certificate */
	CHECK_EQ(ca("--new"), 1);
	CHECK(strstr(complaint, "is being replaced already") != NULL);

	CHECK_EQ(ca("--retire"), 0);
	CHECK(look());
	CHECK_EQ(now.n_anchors, 1);
	CHECK(is_same(now.signer, new) && is_same(now.server, new));
	CHECK(token_pins(new, "1ms"));
	CHECK_EQ(ca("--new"), 0); /* and so on */
	end();
}

/* Who would be cut off keeps the old one: those whose certificate is of it and still valid. */
TEST(authority_is_not_retired_while_an_agent_depends_on_it)
{
	uint8_t old[ES_PKI_PIN_BYTES];

	CHECK(made());
	CHECK(look());
	memcpy(old, now.signer, sizeof(old));
	CHECK_EQ(ca("--new"), 0);
	CHECK(look());
	enrol(1, NULL, DAY_S); /* of a collector of before, which did not note it */
	enrol(2, old, DAY_S);
	enrol(3, now.signer, DAY_S);
	enrol(4, old, -1);
	CHECK_EQ(ca(NULL), 0);
	CHECK_EQ(ca("--retire"), 1);
	CHECK(strstr(complaint, "nothing was changed: 2 agents would be cut off") != NULL);
	CHECK(strstr(out, "ep1 has a certificate of the old authority until 20") != NULL);
	CHECK(strstr(out, "ep3") == NULL && strstr(out, "ep4") == NULL);
	enrol(1, now.signer, DAY_S); /* it renewed */
	CHECK_EQ(ca("--retire"), 1);
	CHECK(strstr(complaint, "1 agents would be cut off") != NULL);
	disable("ep2");
	CHECK(look());
	CHECK_EQ(now.n_anchors, 2);
	CHECK_EQ(ca("--retire"), 0);
	end();
}

TEST(authority_is_not_retired_while_a_token_pins_it)
{
	CHECK(made());
	CHECK(look());
	CHECK(token_pins(now.signer, "1h"));
	CHECK_EQ(ca("--new"), 0);
	CHECK_EQ(ca("--retire"), 1);
	CHECK(
	    strstr(complaint, "1 tokens that were not used yet pin the old authority; the last of "
			      "them ends 20") != NULL);
	CHECK(look());
	CHECK_EQ(now.n_anchors, 2);
	end();
}

/* The certificate that the collector shows is what an agent accepts, and has the name that agents demand. */
TEST(authority_signs_the_collector_again)
{
	char pem[ES_PKI_PEM_MAX], error[ES_TLS_REASON_MAX], *chain;
	struct es_pki_cert before, after;
	struct es_tls_config tls = { .side = ES_TLS_SERVER };
	struct es_tls *made_tls;
	const char *at;
	size_t n;

	CHECK(made());
	CHECK_EQ(es_file_read(cfg.cert, ES_PKI_CHAIN_MAX, &chain, &n), 0);
	CHECK_EQ(es_pki_read_cert(chain, &before), 0);
	free(chain);
	CHECK_EQ(ca("--new"), 0);
	CHECK_EQ(ca("--retire"), 0);
	CHECK_EQ(es_file_read(cfg.cert, ES_PKI_CHAIN_MAX, &chain, &n), 0);
	at = chain;
	CHECK(es_pki_next_cert(&at, pem));
	CHECK_EQ(es_pki_read_cert(pem, &after), 0);
	CHECK_STR(after.name, before.name);
	CHECK(is_same(after.spki_sha256, before.spki_sha256)); /* one file changes, not two */
	CHECK(strncmp(after.issuer, "earshot-ca-20", 13) == 0);
	CHECK(es_pki_next_cert(&at, pem) && !es_pki_next_cert(&at, pem));
	free(chain);
	tls.ca_file = cfg.ca_cert;
	tls.cert_file = cfg.cert;
	tls.key_file = cfg.key;
	CHECK_EQ(es_tls_new(&tls, error, &made_tls), 0);
	es_tls_free(made_tls);
	end();
}

static unsigned steps, cut_at;

static bool
on_disk(enum test_disk_step step, size_t *n)
{
	(void)step;
	(void)n;
	errno = EIO;
	return ++steps < cut_at;
}

/* A power cut at any step: the collector starts with what is there, agents trust it, and the command does the rest. */
TEST(authority_survives_a_power_cut_at_any_step)
{
	static const char *const options[] = { "--new", "--retire" };

	for (size_t i = 0; i < 2; i++) {
		bool is_done = false;

		for (cut_at = 1; !is_done; cut_at++) {
			unsigned at = cut_at;

			CHECK(made());
			if (i == 1)
				CHECK_EQ(ca("--new"), 0);
			steps = 0;
			test_disk = on_disk;
			is_done = ca(options[i]) == 0;
			test_disk = NULL;
			if (!look() || !now.is_server_trusted)
				test_fail(__FILE__, __LINE__, "%s cut at step %u: cannot start",
				    options[i], at);
			if (!is_done && ca(options[i]) != 0 &&
			    strstr(complaint, i == 0 ? "replaced already" : "one authority") ==
				NULL)
				test_fail(__FILE__, __LINE__, "%s cut at step %u: %s", options[i],
				    at, complaint);
			CHECK(look());
			CHECK_EQ(now.n_anchors, i == 0 ? 2 : 1);
			CHECK(is_same(now.signer, now.server) == (i == 1));
			end();
		}
		CHECK(cut_at > 6);
	}
}

/* The key and the certificates are of two different makings: nothing is signed with them. */
TEST(authority_key_without_its_certificate_is_refused)
{
	struct es_pki_key *key;
	struct es_authority a;
	char why[ES_TRUST_WHY_MAX], want[1200];

	CHECK(made());
	CHECK_EQ(es_pki_key_new(&key), 0);
	CHECK_EQ(es_pki_key_write(key, cfg.ca_key), 0);
	es_pki_key_free(key);
	CHECK_EQ(es_authority_read(&cfg, 0, &a, why), ES_EINVALID);
	(void)snprintf(
	    want, sizeof(want), "%s has no certificate of the key %s", cfg.ca_cert, cfg.ca_key);
	CHECK_STR(why, want);
	es_authority_free(&a);
	end();
}
