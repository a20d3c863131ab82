/* SPDX-License-Identifier: Apache-2.0 */
/* The table of bad certificates: what each has, and what the end that refuses it says. */
#ifndef TESTS_TLS_BAD_CERTS_H
#define TESTS_TLS_BAD_CERTS_H

#include "bad_cert.h"
#include "tls_world.h"

static inline bool
read_pem(const char *path, char out[ES_PKI_CHAIN_MAX])
{
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return false;
	out[fread(out, 1, ES_PKI_CHAIN_MAX - 1, f)] = '\0';
	fclose(f);
	return true;
}

/* Who signs a bad certificate. */
enum by { BY_CA, BY_STRANGER, BY_NAMESAKE, BY_ITSELF, BY_AGENT };

/* A right one of either end, but for what the row has. */
struct bad_row {
	const char *name;
	enum by by;
	const char *server_says; /* the collector refuses an agent's; %s stands for its name */
	const char *client_says; /* the agent refuses a collector's */
	const char *hears;       /* what the refused end reads in the alert */
	int64_t from_s, to_s;    /* 0: a minute ago, in an hour */
	bool is_of_other_use, has_no_usage, is_ca, has_wrong_key_usage, has_wrong_name, is_sha_1,
	    is_weak;
};

static const struct bad_row bad_rows[] = {
	{ .name = "expired",
	    .from_s = -7200,
	    .to_s = -3600,
	    .server_says = "expired: client certificate \"bad\" was valid until 20",
	    .client_says = "expired: server certificate \"bad\" was valid until 20",
	    .hears = "certificate expired" },
	{ .name = "not yet valid",
	    .from_s = 3600,
	    .to_s = 7200,
	    .server_says = "not yet valid: client certificate \"bad\" is valid from 20",
	    .client_says = "not yet valid: server certificate \"bad\" is valid from 20",
	    .hears = "not yet valid" },
	{ .name = "of another CA",
	    .by = BY_STRANGER,
	    .server_says =
		"wrong CA: client certificate \"bad\" is not signed by the configured CA, "
		"but by \"stranger\"",
	    .client_says =
		"wrong CA: server certificate \"bad\" is not signed by the configured CA, "
		"but by \"stranger\"",
	    .hears = "unknown CA" },
	{ .name = "of another deployment",
	    .by = BY_NAMESAKE,
	    .server_says = "wrong CA: client certificate \"bad\" is signed by another CA with the "
			   "name \"earshot-ca\" of the configured one: that of another deployment",
	    .client_says = "wrong CA: server certificate \"bad\" is signed by another CA with the "
			   "name \"earshot-ca\" of the configured one: that of another deployment",
	    .hears = "unknown CA" },
	{ .name = "self-signed",
	    .by = BY_ITSELF,
	    .server_says = "self-signed: client certificate \"bad\" is signed by no CA",
	    .client_says = "self-signed: server certificate \"bad\" is signed by no CA",
	    .hears = "unknown CA" },
	{ .name = "signed by an agent",
	    .by = BY_AGENT,
	    .server_says =
		"wrong CA: client certificate \"bad\" is not signed by the configured CA, "
		"but by \"agent-0123456789abcdef\"",
	    .client_says =
		"wrong CA: server certificate \"bad\" is not signed by the configured CA, "
		"but by \"agent-0123456789abcdef\"",
	    .hears = "unknown CA" },
	{ .name = "of the other end",
	    .is_of_other_use = true,
	    .server_says = "wrong usage: certificate \"bad\" may not be used as a client, it is a "
			   "server's",
	    .client_says = "wrong usage: certificate \"bad\" may not be used as a server, it is an "
			   "agent's",
	    .hears = "not for this use" },
	{ .name = "of no use",
	    .has_no_usage = true,
	    .server_says =
		"wrong usage: certificate \"bad\" may not be used as a client, it states "
		"no usage",
	    .client_says =
		"wrong usage: certificate \"bad\" may not be used as a server, it states "
		"no usage",
	    .hears = "not for this use" },
	{ .name = "whose key may not sign",
	    .has_wrong_key_usage = true,
	    .server_says =
		"wrong usage: certificate \"bad\" may not be used as a client, its key may "
		"not sign (digitalSignature)",
	    .client_says =
		"wrong usage: certificate \"bad\" may not be used as a server, its key may "
		"not sign (digitalSignature)",
	    .hears = "not for this use" },
	{ .name = "of a CA",
	    .is_ca = true,
	    .server_says = "wrong usage: certificate \"bad\" may not be used as a client, it is a "
			   "CA's",
	    .client_says = "wrong usage: certificate \"bad\" may not be used as a server, it is a "
			   "CA's",
	    .hears = "access denied" },
	{ .name = "signed over SHA-1",
	    .is_sha_1 = true,
	    .server_says =
		"weak signature: client certificate \"bad\" is signed over a hash that is "
		"not SHA-2",
	    .client_says =
		"weak signature: server certificate \"bad\" is signed over a hash that is "
		"not SHA-2",
	    .hears = "certificate unacceptable" },
	{ .name = "of a small curve",
	    .is_weak = true,
	    .server_says =
		"weak key: client certificate \"bad\" or its CA has a key below P-256 or "
		"RSA 2048",
	    .client_says =
		"weak key: server certificate \"bad\" or its CA has a key below P-256 or "
		"RSA 2048",
	    .hears = "not for this use" },
	{ .name = "of another name",
	    .has_wrong_name = true,
	    .client_says = "wrong name: server certificate \"bad\" is not for the name "
			   "\"collector.test\"",
	    .hears = "bad certificate" },
};
enum { N_BAD = sizeof(bad_rows) / sizeof(bad_rows[0]) };

/* PEM of it, as the collector's or an agent's, with the chain that a thief would show. */
static inline void
make_bad(const struct bad_row *r, bool is_server, char chain[ES_PKI_CHAIN_MAX])
{
	struct bad_cert b = { .name = "bad", .issuer = "earshot-ca", .from_s = -60, .to_s = 3600 };
	mbedtls_pk_context *signer = &world.ca_key->pk, key, own;
	char pem[ES_PKI_PEM_MAX], agent[ES_PKI_CHAIN_MAX] = "";

	bad_key(&key, r->is_weak ? MBEDTLS_ECP_DP_SECP224R1 : MBEDTLS_ECP_DP_SECP256R1);
	bad_key(&own, MBEDTLS_ECP_DP_SECP256R1);
	(void)read_pem(world.agent, agent);
	if (r->from_s != 0) {
		b.from_s = r->from_s;
		b.to_s = r->to_s;
	}
	b.dns = !is_server ? NULL : r->has_wrong_name ? "collector.elsewhere" : "collector.test";
	b.usage = r->has_no_usage                   ? BAD_NO_USAGE
		  : is_server != r->is_of_other_use ? BAD_SERVER
						    : BAD_CLIENT;
	b.key_usage = r->has_wrong_key_usage ? MBEDTLS_X509_KU_KEY_AGREEMENT
					     : MBEDTLS_X509_KU_DIGITAL_SIGNATURE;
	b.is_ca = r->is_ca;
	b.hash = r->is_sha_1 ? MBEDTLS_MD_SHA1 : MBEDTLS_MD_SHA256;
	if (r->by == BY_STRANGER) {
		signer = &own;
		b.issuer = "stranger";
	} else if (r->by == BY_NAMESAKE) {
		signer = &world.other_key->pk;
	} else if (r->by == BY_ITSELF) {
		signer = &key;
		b.issuer = NULL;
	} else if (r->by == BY_AGENT) {
		signer = &world.key->pk;
		b.issuer = "agent-0123456789abcdef";
	}
	bad_make(&b, &key, signer, pem);
	if (snprintf(chain, ES_PKI_CHAIN_MAX, "%s%s", pem, r->by == BY_AGENT ? agent : "") >=
	    ES_PKI_CHAIN_MAX)
		abort();
	mbedtls_pk_free(&key);
	mbedtls_pk_free(&own);
}

#endif
