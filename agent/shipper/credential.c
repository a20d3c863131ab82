/* SPDX-License-Identifier: Apache-2.0 */
/* The files by which the collector knows us, and the next ones while they are renewed. */
#include "agent/shipper/credential.h"

#include "runtime/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *
next_of(const char *path, char out[ES_CREDENTIAL_PATH_MAX])
{
	(void)snprintf(
	    out, ES_CREDENTIAL_PATH_MAX, "%s.new", path); /* a path of the configuration fits */
	return out;
}

/* Says that the collector may have seen the certificate that is next. */
static const char *
shown_of(const struct es_credential *c, char out[ES_CREDENTIAL_PATH_MAX])
{
	(void)snprintf(out, ES_CREDENTIAL_PATH_MAX, "%s.shown", c->cert);
	return out;
}

static bool
exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static void
remove_next(const char *path)
{
	char next[ES_CREDENTIAL_PATH_MAX];

	(void)unlink(next_of(path, next));
}

static void
remove_shown(const struct es_credential *c)
{
	char shown[ES_CREDENTIAL_PATH_MAX];

	(void)unlink(shown_of(c, shown));
}

/* False: there is no such certificate. */
static bool
read_cert(const char *path, struct es_pki_cert *out)
{
	char *text;
	size_t n;
	bool is_read;

	if (es_file_read(path, ES_PKI_CHAIN_MAX, &text, &n) != 0)
		return false;
	is_read = es_pki_read_cert(text, out) == 0;
	free(text);
	return is_read;
}

static bool
is_key_of(const char *path, const struct es_pki_cert *cert)
{
	char why[ES_TRUST_WHY_MAX];
	uint8_t pin[ES_PKI_PIN_BYTES];
	struct es_pki_key *key;
	bool is_same;

	if (es_pki_key_load(path, 0, why, &key) != 0)
		return false;
	is_same = es_pki_key_pin(key, pin) == 0 && memcmp(pin, cert->spki_sha256, sizeof(pin)) == 0;
	es_pki_key_free(key);
	return is_same;
}

void
es_credential_choose(const struct es_credential *c, struct es_credential_files *out)
{
	char ca[ES_CREDENTIAL_PATH_MAX], cert[ES_CREDENTIAL_PATH_MAX], key[ES_CREDENTIAL_PATH_MAX];
	char shown[ES_CREDENTIAL_PATH_MAX];
	struct es_pki_cert facts;

	(void)next_of(c->ca, ca);
	(void)next_of(c->cert, cert);
	(void)next_of(c->key, key);
	memset(out, 0, sizeof(*out));
	(void)snprintf(out->ca, sizeof(out->ca), "%s", c->ca);
	(void)snprintf(out->cert, sizeof(out->cert), "%s", c->cert);
	(void)snprintf(out->key, sizeof(out->key), "%s", c->key);
	if (!exists(cert)) {
		remove_next(c->ca); /* of an answer that was not kept to its end */
		remove_shown(c);
	} else if (!read_cert(cert, &facts)) {
		es_credential_discard(c);
	} else if (is_key_of(key, &facts)) {
		memcpy(out->cert, cert, sizeof(cert));
		memcpy(out->key, key, sizeof(key));
		if (exists(ca))
			memcpy(out->ca, ca, sizeof(ca));
		out->is_next = true;
		out->is_shown = exists(shown_of(c, shown));
	} else if (is_key_of(c->key, &facts)) {
		(void)es_file_rename(
		    cert, c->cert); /* in vain: it is tried again with each connection */
	} else {
		es_credential_discard(c);
	}
}

int
es_credential_next_key(const struct es_credential *c, struct es_pki_key **out)
{
	char path[ES_CREDENTIAL_PATH_MAX], why[ES_TRUST_WHY_MAX];
	int err;

	if (es_pki_key_load(next_of(c->key, path), 0, why, out) == 0)
		return 0;
	err = es_pki_key_new(out);
	if (err != 0)
		return err;
	err = es_pki_key_write(*out, path);
	if (err != 0)
		es_pki_key_free(*out);
	return err;
}

/* Each of them a CA: nothing else is to be trusted. */
static bool
are_anchors(const char *pems)
{
	char pem[ES_PKI_PEM_MAX];
	struct es_pki_cert cert;
	bool has_one = false;

	while (es_pki_next_cert(&pems, pem)) {
		if (es_pki_read_cert(pem, &cert) != 0 || !cert.is_ca)
			return false;
		has_one = true;
	}
	return has_one;
}

/* What is wrong with the answer, or NULL. It came from the collector that we trust. */
static const char *
check(const struct es_credential *c, const struct es_renew_reply *reply)
{
	char text[ES_PKI_CHAIN_MAX], key[ES_CREDENTIAL_PATH_MAX];
	struct es_pki_cert cert;

	if (reply->certificate_pem.n >= sizeof(text) || reply->ca_pem.n >= sizeof(text))
		return "a certificate is too long";
	memcpy(text, reply->ca_pem.p, reply->ca_pem.n);
	text[reply->ca_pem.n] = '\0';
	if (!are_anchors(text))
		return "its CAs are not CA certificates";
	memcpy(text, reply->certificate_pem.p, reply->certificate_pem.n);
	text[reply->certificate_pem.n] = '\0';
	if (es_pki_read_cert(text, &cert) != 0 || cert.is_ca)
		return "our certificate is damaged or that of a CA";
	return is_key_of(next_of(c->key, key), &cert) ? NULL : "our certificate is of another key";
}

int
es_credential_keep(
    const struct es_credential *c, const struct es_renew_reply *reply, const char **why)
{
	char path[ES_CREDENTIAL_PATH_MAX];
	int err;

	*why = check(c, reply);
	if (*why != NULL)
		return ES_EMALFORMED;
	err = es_file_write(next_of(c->ca, path), reply->ca_pem, 0644);
	if (err == 0)
		err = es_file_write(next_of(c->cert, path), reply->certificate_pem, 0600);
	return err;
}

int
es_credential_show(const struct es_credential *c)
{
	char shown[ES_CREDENTIAL_PATH_MAX];

	return es_file_write(shown_of(c, shown), es_slice_of(NULL, 0), 0600);
}

/* In its place already: nothing to do. */
static int
put_in_place(const char *path)
{
	char next[ES_CREDENTIAL_PATH_MAX];

	return exists(next_of(path, next)) ? es_file_rename(next, path) : 0;
}

int
es_credential_commit(const struct es_credential *c)
{
	int err = put_in_place(c->ca);

	if (err == 0)
		err = put_in_place(c->key);
	if (err == 0)
		err = put_in_place(c->cert);
	if (err == 0)
		remove_shown(c); /* of none: es_credential_choose would do it too */
	return err;
}

bool
es_credential_may_go_back(const struct es_credential *c, es_time now)
{
	struct es_pki_cert facts;

	return read_cert(c->cert, &facts) && es_time_before(now, facts.not_after) &&
	       is_key_of(c->key, &facts);
}

void
es_credential_discard(const struct es_credential *c)
{
	remove_next(c->cert); /* first: without it the others are nothing */
	remove_next(c->ca);
	remove_next(c->key);
	remove_shown(c);
}
