/* SPDX-License-Identifier: Apache-2.0 */
/* Who may be at the other end, and every refusal in words of its own. */
#include "runtime/crypto/tls_private.h"

#include <stdio.h>
#include <time.h>

enum {
	DATE_MAX = 32,
	WEAK_HASH = MBEDTLS_X509_BADCERT_BAD_MD,
	WEAK_KEY = MBEDTLS_X509_BADCERT_BAD_KEY | MBEDTLS_X509_BADCERT_BAD_PK,
};

static bool
we_are_server(const struct es_tls *tls)
{
	return tls->side == ES_TLS_SERVER || tls->side == ES_TLS_ENROLL_SERVER;
}

static bool
is_same_name(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b)
{
	return es_slice_eq(es_slice_of(a->p, a->len), es_slice_of(b->p, b->len));
}

/* Whose signature it claims to have. All our CAs have one name, so another deployment's has it, too. */
static void
look_at_issuer(struct es_tls_verdict *v, const mbedtls_x509_crt *crt)
{
	v->is_self_signed = is_same_name(&crt->issuer_raw, &crt->subject_raw);
	for (const mbedtls_x509_crt *ca = &v->tls->ca; ca != NULL; ca = ca->next)
		if (is_same_name(&crt->issuer_raw, &ca->subject_raw))
			v->is_namesake = true;
}

int
es_tls_verify(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
	static const char client[] = MBEDTLS_OID_CLIENT_AUTH;
	static const char server[] = MBEDTLS_OID_SERVER_AUTH;
	struct es_tls_verdict *v = ctx;
	const char *want = we_are_server(v->tls) ? client : server;
	const char *other = we_are_server(v->tls) ? server : client;
	struct es_pki_cert facts;

	if (es_pki_facts(crt, &facts) != 0) {
		*flags |= MBEDTLS_X509_BADCERT_OTHER;
		v->flags |= *flags;
		return 0;
	}
	if (!v->has_ca) { /* the chain is gone through from its CA down */
		memcpy(v->ca, facts.spki_sha256, sizeof(v->ca));
		v->has_ca = true;
	}
	if (depth == 0) {
		v->peer = facts;
		v->has_peer = true;
		look_at_issuer(v, crt);
		v->is_ca = facts.is_ca;
		if (v->is_ca)
			*flags |= MBEDTLS_X509_BADCERT_OTHER;
		/* the library looks at it after us, when there is no reason to be had any more */
		if (mbedtls_x509_crt_check_key_usage(crt, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0)
			*flags |= MBEDTLS_X509_BADCERT_KEY_USAGE;
		/* the library lets a certificate pass that states no usage at all */
		if (!es_port_has_usage(crt, want, sizeof(client) - 1)) {
			*flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
			v->is_other_use = es_port_has_usage(crt, other, sizeof(client) - 1);
		}
	} else if (v->tls->side == ES_TLS_ENROLL_CLIENT && facts.is_ca &&
		   es_secret_eq(facts.spki_sha256, v->tls->pin, sizeof(v->tls->pin))) {
		*flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_NOT_TRUSTED;
		v->pin_seen = true;
	}
	if (*flags != 0)
		v->bad = facts;
	v->flags |= *flags;
	return 0;
}

/* "2026-01-31T12:00:00Z" */
static void
date(es_time t, char out[DATE_MAX])
{
	time_t s = (time_t)(t.ns / ES_NS_PER_S);
	struct tm tm;

	if (gmtime_r(&s, &tm) == NULL || strftime(out, DATE_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
}

/* A common name comes from the peer: nothing but plain characters reaches a log. */
static void
plain(const char *name, char out[ES_PKI_NAME_MAX])
{
	size_t n = 0;

	for (; name[n] != '\0' && n + 1 < ES_PKI_NAME_MAX; n++)
		out[n] = name[n] > ' ' && name[n] < 0x7f && name[n] != '"' ? name[n] : '?';
	out[n] = '\0';
}

/* The chain does not end in a CA that we trust. */
static void
refuse_issuer(const struct es_tls_verdict *v, const char *who, const char *name,
    char reason[ES_TLS_REASON_MAX])
{
	char issuer[ES_PKI_NAME_MAX];

	plain(v->has_peer ? v->peer.issuer : "", issuer);
	if (v->tls->side == ES_TLS_ENROLL_CLIENT)
		(void)snprintf(reason, ES_TLS_REASON_MAX,
		    "wrong CA: %s certificate \"%s\" does not lead to the CA pinned by the token",
		    who, name);
	else if (v->has_peer && v->is_self_signed)
		(void)snprintf(reason, ES_TLS_REASON_MAX,
		    "self-signed: %s certificate \"%s\" is signed by no CA", who, name);
	else if (v->has_peer && v->is_namesake)
		(void)snprintf(reason, ES_TLS_REASON_MAX,
		    "wrong CA: %s certificate \"%s\" is signed by another CA with the name \"%s\" "
		    "of the configured one: that of another deployment",
		    who, name, issuer);
	else
		(void)snprintf(reason, ES_TLS_REASON_MAX,
		    "wrong CA: %s certificate \"%s\" is not signed by the configured CA, but by "
		    "\"%s\"",
		    who, name, issuer);
}

/* What it may not be used for. */
static void
refuse_usage(const struct es_tls_verdict *v, const char *who, const char *name,
    char reason[ES_TLS_REASON_MAX])
{
	const char *why = !v->is_other_use        ? "it states no usage"
			  : we_are_server(v->tls) ? "it is a server's"
						  : "it is an agent's";

	if (v->is_ca)
		why = "it is a CA's";
	else if ((v->flags & MBEDTLS_X509_BADCERT_EXT_KEY_USAGE) == 0)
		why = "its key may not sign (digitalSignature)";
	(void)snprintf(reason, ES_TLS_REASON_MAX,
	    "wrong usage: certificate \"%s\" may not be used as a %s, %s", name, who, why);
}

void
es_tls_refusal(const struct es_tls_verdict *v, char reason[ES_TLS_REASON_MAX])
{
	const char *who = we_are_server(v->tls) ? "client" : "server";
	char name[ES_PKI_NAME_MAX];
	char when[DATE_MAX];

	plain(v->has_peer ? v->peer.name : "", name);
	if ((v->flags & WEAK_HASH) != 0)
		(void)snprintf(reason, ES_TLS_REASON_MAX,
		    "weak signature: %s certificate \"%s\" is signed over a hash that is not SHA-2",
		    who, name);
	else if ((v->flags & WEAK_KEY) != 0)
		(void)snprintf(reason, ES_TLS_REASON_MAX,
		    "weak key: %s certificate \"%s\" or its CA has a key below P-256 or RSA 2048",
		    who, name);
	else if ((v->flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0)
		refuse_issuer(v, who, name, reason);
	else if ((v->flags &
		     (MBEDTLS_X509_BADCERT_EXT_KEY_USAGE | MBEDTLS_X509_BADCERT_KEY_USAGE)) != 0 ||
		 v->is_ca)
		refuse_usage(v, who, name, reason);
	else if ((v->flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0)
		(void)snprintf(reason, ES_TLS_REASON_MAX,
		    "wrong name: %s certificate \"%s\" is not for the name \"%s\"", who, name,
		    v->tls->name);
	else if ((v->flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0) {
		date(v->bad.not_after, when);
		(void)snprintf(reason, ES_TLS_REASON_MAX,
		    "expired: %s certificate \"%s\" was valid until %s", who, name, when);
	} else if ((v->flags & MBEDTLS_X509_BADCERT_FUTURE) != 0) {
		date(v->bad.not_before, when);
		(void)snprintf(reason, ES_TLS_REASON_MAX,
		    "not yet valid: %s certificate \"%s\" is valid from %s", who, name, when);
	} else
		(void)snprintf(reason, ES_TLS_REASON_MAX,
		    "%s certificate \"%s\" is refused (flags 0x%x)", who, name, (unsigned)v->flags);
}

/* Alerts that are about the other side's certificate, RFC 5246 section 7.2.2 and RFC 8446 section 6. */
static const struct {
	int alert;
	const char *text;
} about_us[] = {
	{ MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE,
	    "handshake failure: it demands a certificate, or nothing is in common" },
	{ MBEDTLS_SSL_ALERT_MSG_BAD_CERT, "bad certificate: not for the expected name" },
	{ MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT, "unsupported certificate: not for this use" },
	{ MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED, "certificate revoked" },
	{ MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED, "certificate expired" },
	{ MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN,
	    "certificate unacceptable: not yet valid by its clock, or otherwise bad" },
	{ MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA, "unknown CA: not signed by the CA it trusts" },
	{ MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED, "access denied" },
	{ 116, "certificate required" }, /* certificate_required of TLS 1.3 */
};

enum es_tls_end
es_tls_alert_text(const struct es_tls *tls, int alert, char reason[ES_TLS_REASON_MAX])
{
	const char *who = we_are_server(tls) ? "client" : "server";

	for (size_t i = 0; i < sizeof(about_us) / sizeof(about_us[0]); i++)
		if (about_us[i].alert == alert) {
			(void)snprintf(reason, ES_TLS_REASON_MAX, "the %s refused us: %s", who,
			    about_us[i].text);
			return ES_TLS_END_REFUSED_BY_PEER;
		}
	(void)snprintf(reason, ES_TLS_REASON_MAX, "the %s ended TLS with alert %d", who, alert);
	return ES_TLS_END_PROTOCOL;
}
