/* SPDX-License-Identifier: Apache-2.0 */
/* TLS to somebody else's server, and its certificate in words. */
#include "runtime/crypto/tls_probe.h"

#include "earshot/addr.h"
#include "runtime/crypto/port.h"
#include "runtime/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum {
	BUNDLE_MAX_BYTES = 4 << 20,
	NAME_MAX_BYTES = 64,
	NET_FAILED =
	    -0x004E, /* MBEDTLS_ERR_NET_SEND_FAILED: its header would drag socket code along */
	SAN_ADDRESS = 0x87, /* iPAddress of RFC 5280 section 4.2.1.6 */
};

struct es_tls_roots {
	mbedtls_x509_crt chain;
};

struct es_tls_probe {
	mbedtls_ssl_config conf;
	mbedtls_ssl_context ssl;
	int fd;
	int sys_errno; /* of the descriptor */
	bool wants_write;
	const char *name;
	struct es_addr address; /* of a literal; family 0: a name */
	es_time now;
	uint32_t flags; /* of the certificate, as the library has them */
	char subject[NAME_MAX_BYTES];
	char issuer[NAME_MAX_BYTES];
	char bad_name[NAME_MAX_BYTES]; /* the certificate of the chain whose dates are bad */
	mbedtls_x509_time not_before, not_after;
	mbedtls_x509_time bad_from, bad_to;
	char text[ES_TLS_PROBE_TEXT_MAX];
};

/* ---- roots ---- */

static int
load_file(const char *path, struct es_tls_roots *r, char error[ES_TLS_PROBE_TEXT_MAX])
{
	char *text;
	size_t n;
	int ret;
	int err = es_file_read(path, BUNDLE_MAX_BYTES, &text, &n);

	if (err != 0) {
		(void)snprintf(error, ES_TLS_PROBE_TEXT_MAX, "%s: %s", path, es_file_why(err));
		return err == ES_EFULL ? ES_EMALFORMED : err;
	}
	ret = mbedtls_x509_crt_parse(&r->chain, (const unsigned char *)text, n + 1);
	free(text);
	if (ret < 0) {
		(void)snprintf(
		    error, ES_TLS_PROBE_TEXT_MAX, "%s: no PEM file of certificates", path);
		return ES_EMALFORMED;
	}
	return 0; /* above 0: so many were passed over */
}

static int
load_dir(const char *path, struct es_tls_roots *r, char error[ES_TLS_PROBE_TEXT_MAX])
{
	if (mbedtls_x509_crt_parse_path(&r->chain, path) < 0 && r->chain.raw.p == NULL) {
		(void)snprintf(
		    error, ES_TLS_PROBE_TEXT_MAX, "%s: no directory of certificates", path);
		return ES_EIO;
	}
	return 0;
}

static int
load_system(struct es_tls_roots *r, char error[ES_TLS_PROBE_TEXT_MAX])
{
	/* Debian, Alpine and OpenWrt; Fedora and RHEL; SUSE; BSD and others */
	static const char *const bundles[] = { "/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem" };

	for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++)
		if (load_file(bundles[i], r, error) == 0)
			goto found;
	if (load_dir("/etc/ssl/certs", r, error) == 0)
		goto found;
	(void)snprintf(error, ES_TLS_PROBE_TEXT_MAX,
	    "no CA certificates on this system: no certificate will be trusted");
	return 0;
found:
	error[0] = '\0';
	return 0;
}

static int
load(const char *ca_file, struct es_tls_roots *r, char error[ES_TLS_PROBE_TEXT_MAX])
{
	const char *file = getenv("SSL_CERT_FILE");
	const char *dir = getenv("SSL_CERT_DIR");
	int err = 0;

	if (ca_file != NULL)
		return load_file(ca_file, r, error);
	if (file == NULL && dir == NULL)
		return load_system(r, error);
	if (file != NULL)
		err = load_file(file, r, error);
	if (err == 0 && dir != NULL)
		err = load_dir(dir, r, error);
	return err;
}

int
es_tls_roots_load(const char *ca_file, char error[ES_TLS_PROBE_TEXT_MAX], struct es_tls_roots **out)
{
	struct es_tls_roots *r = calloc(1, sizeof(*r));
	int err = r == NULL ? ES_ENOMEM : 0;

	error[0] = '\0';
	if (err == 0 && es_port_init() != 0)
		err = ES_ENOMEM;
	if (err != 0) {
		(void)snprintf(error, ES_TLS_PROBE_TEXT_MAX, "no memory");
		free(r);
		return err;
	}
	mbedtls_x509_crt_init(&r->chain);
	err = load(ca_file, r, error);
	if (err != 0) {
		es_tls_roots_free(r);
		return err;
	}
	*out = r;
	return 0;
}

void
es_tls_roots_free(struct es_tls_roots *r)
{
	if (r == NULL)
		return;
	mbedtls_x509_crt_free(&r->chain);
	free(r);
}

/* ---- the descriptor, in the shape mbedtls wants ---- */

static int
bio_send(void *ctx, const unsigned char *bytes, size_t n)
{
	struct es_tls_probe *p = ctx;
	ssize_t put = send(p->fd, bytes, n, MSG_NOSIGNAL);

	if (put >= 0)
		return (int)put;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return MBEDTLS_ERR_SSL_WANT_WRITE;
	p->sys_errno = errno;
	return NET_FAILED;
}

static int
bio_recv(void *ctx, unsigned char *bytes, size_t n)
{
	struct es_tls_probe *p = ctx;
	ssize_t got = recv(p->fd, bytes, n, 0);

	if (got >= 0)
		return (int)got;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return MBEDTLS_ERR_SSL_WANT_READ;
	p->sys_errno = errno;
	return NET_FAILED;
}

/* ---- the certificate ---- */

/* The common name, of plain characters alone: it comes from the peer and is shown to people. */
static void
common_name(mbedtls_x509_name *of, char out[NAME_MAX_BYTES])
{
	const mbedtls_asn1_named_data *cn = mbedtls_asn1_find_named_data(
	    of, MBEDTLS_OID_AT_CN, MBEDTLS_OID_SIZE(MBEDTLS_OID_AT_CN));
	size_t n = 0;

	for (; cn != NULL && n < cn->val.len && n + 1 < NAME_MAX_BYTES; n++) {
		unsigned char b = cn->val.p[n];

		out[n] = b >= ' ' && b < 0x7f && b != '"' && b != '\\' ? (char)b : '?';
	}
	out[n] = '\0';
}

/* The library compares names only: an address must be in the certificate as one. */
static bool
has_address(const mbedtls_x509_crt *crt, const struct es_addr *a)
{
	size_t n = a->family == 4 ? 4 : 16;
	const mbedtls_x509_sequence *at = &crt->subject_alt_names;

	for (; at != NULL; at = at->next)
		if (at->buf.tag == SAN_ADDRESS && at->buf.len == n &&
		    memcmp(at->buf.p, a->ip, n) == 0)
			return true;
	return false;
}

/* In the shape of mbedtls_ssl_set_verify: from the CA down to the server's own, depth 0. */
static int
look(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
	struct es_tls_probe *p = ctx;

	if (depth == 0) {
		common_name(&crt->subject, p->subject);
		common_name(&crt->issuer, p->issuer);
		p->not_before = crt->valid_from;
		p->not_after = crt->valid_to;
		if (p->address.family != 0 && !has_address(crt, &p->address))
			*flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
	}
	if ((*flags & (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)) != 0) {
		common_name(&crt->subject, p->bad_name);
		p->bad_from = crt->valid_from;
		p->bad_to = crt->valid_to;
	}
	p->flags |= *flags;
	return 0;
}

static void
add(struct es_tls_probe *p, const char *text)
{
	size_t n = strlen(p->text);

	(void)snprintf(p->text + n, sizeof(p->text) - n, "%s%s", n > 0 ? "; " : "", text);
}

/* All that is wrong with it, each in words. */
static void
refuse(struct es_tls_probe *p)
{
	char text[ES_TLS_PROBE_TEXT_MAX];
	uint32_t known = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE |
			 MBEDTLS_X509_BADCERT_CN_MISMATCH | MBEDTLS_X509_BADCERT_NOT_TRUSTED;
	bool is_self = strcmp(p->subject, p->issuer) == 0;

	p->text[0] = '\0';
	if ((p->flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0) {
		(void)snprintf(text, sizeof(text),
		    "expired: the certificate of \"%s\" ended on %04d-%02d-%02d", p->bad_name,
		    p->bad_to.year, p->bad_to.mon, p->bad_to.day);
		add(p, text);
	}
	if ((p->flags & MBEDTLS_X509_BADCERT_FUTURE) != 0) {
		(void)snprintf(text, sizeof(text),
		    "not yet valid: the certificate of \"%s\" begins on %04d-%02d-%02d",
		    p->bad_name, p->bad_from.year, p->bad_from.mon, p->bad_from.day);
		add(p, text);
	}
	if ((p->flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0) {
		(void)snprintf(text, sizeof(text),
		    "wrong name: the certificate is for \"%s\", not %.80s", p->subject, p->name);
		add(p, text);
	}
	if ((p->flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
		(void)snprintf(text, sizeof(text), "unknown CA: \"%s\"%s", p->issuer,
		    is_self ? ", the certificate is self-signed" : " is not trusted");
		add(p, text);
	}
	if ((p->flags & ~known) != 0) {
		(void)snprintf(text, sizeof(text),
		    "certificate not accepted: weak, or not for this use (flags 0x%x)",
		    (unsigned)(p->flags & ~known));
		add(p, text);
	}
}

static int64_t
days_until(const mbedtls_x509_time *t, es_time now)
{
	struct tm tm = { .tm_year = t->year - 1900,
		.tm_mon = t->mon - 1,
		.tm_mday = t->day,
		.tm_hour = t->hour,
		.tm_min = t->min,
		.tm_sec = t->sec };

	return ((int64_t)timegm(&tm) - now.ns / ES_NS_PER_S) / 86400;
}

static void
show_good(struct es_tls_probe *p)
{
	(void)snprintf(p->text, sizeof(p->text), "%s, \"%s\" by \"%s\", %lld days left",
	    mbedtls_ssl_get_version(&p->ssl), p->subject, p->issuer,
	    (long long)days_until(&p->not_after, p->now));
}

/* ---- life ---- */

int
es_tls_probe_new(const struct es_tls_roots *roots, int fd, const char *name, es_time now,
    struct es_tls_probe **out)
{
	struct es_tls_probe *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return ES_ENOMEM;
	p->fd = fd;
	p->now = now;
	p->name = name;
	if (es_addr_parse_ip(name, strlen(name), &p->address) != 0)
		memset(&p->address, 0, sizeof(p->address));
	mbedtls_ssl_config_init(&p->conf);
	mbedtls_ssl_init(&p->ssl);
	if (mbedtls_ssl_config_defaults(&p->conf, MBEDTLS_SSL_IS_CLIENT,
		MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0)
		goto fail;
	mbedtls_ssl_conf_rng(&p->conf, es_port_random, NULL);
	es_port_set_minimum(&p->conf);
	/* the library only reads it */
	mbedtls_ssl_conf_ca_chain(&p->conf, (mbedtls_x509_crt *)(uintptr_t)&roots->chain, NULL);
	/* the handshake is done whatever the certificate is: `look` has what is wrong with it */
	mbedtls_ssl_conf_authmode(&p->conf, MBEDTLS_SSL_VERIFY_OPTIONAL);
	mbedtls_ssl_conf_verify(&p->conf, look, p);
	if (mbedtls_ssl_setup(&p->ssl, &p->conf) != 0 ||
	    mbedtls_ssl_set_hostname(&p->ssl, p->address.family != 0 ? NULL : name) != 0)
		goto fail;
	mbedtls_ssl_set_bio(&p->ssl, p, bio_send, bio_recv, NULL);
	*out = p;
	return 0;
fail:
	es_tls_probe_free(p);
	return ES_ENOMEM;
}

void
es_tls_probe_free(struct es_tls_probe *p)
{
	if (p == NULL)
		return;
	mbedtls_ssl_free(&p->ssl);
	mbedtls_ssl_config_free(&p->conf);
	free(p);
}

/* ---- the work ---- */

/* The server's last word: does it refuse us, whose certificate it may want, or TLS as we speak it? */
static int
alert(struct es_tls_probe *p)
{
	int number = es_port_alert(&p->ssl);

	if (number == MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION) {
		(void)snprintf(p->text, sizeof(p->text),
		    "not known: the server wants a newer TLS than earshot was built with");
		return ES_EUNSUPPORTED;
	}
	if (p->subject[0] != '\0' && p->flags == 0) {
		(void)snprintf(p->text, sizeof(p->text),
		    "not known: the certificate is good, but the server wants one of ours (alert "
		    "%d)",
		    number);
		return ES_EUNSUPPORTED;
	}
	if (p->flags != 0) { /* it was faster than we */
		refuse(p);
		return ES_EDENIED;
	}
	(void)snprintf(
	    p->text, sizeof(p->text), "the server ends the handshake with alert %d", number);
	return ES_EMALFORMED;
}

/* What a return code below 0 means. */
static int
outcome(struct es_tls_probe *p, int ret)
{
	char text[128];

	p->wants_write = ret == MBEDTLS_ERR_SSL_WANT_WRITE;
	if (ret == MBEDTLS_ERR_SSL_WANT_READ || p->wants_write || es_port_is_again(ret))
		return ES_EAGAIN;
	if (ret == NET_FAILED) {
		errno = p->sys_errno;
		return ES_EIO;
	}
	if (ret == 0 || ret == MBEDTLS_ERR_SSL_CONN_EOF || ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
		return ES_EEOF;
	if (ret == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
		return alert(p);
	mbedtls_strerror(ret, text, sizeof(text));
	(void)snprintf(p->text, sizeof(p->text), "no TLS: %s", text);
	return ES_EMALFORMED;
}

int
es_tls_probe_handshake(struct es_tls_probe *p)
{
	int ret = mbedtls_ssl_handshake(&p->ssl);

	/* TLS 1.3 of some versions of the library does not let a bad certificate pass */
	if (ret != 0 && !(ret == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED && p->flags != 0))
		return outcome(p, ret);
	p->wants_write = false;
	p->flags |= mbedtls_ssl_get_verify_result(&p->ssl);
	if (p->flags != 0) {
		refuse(p);
		return ES_EDENIED;
	}
	show_good(p);
	return 0;
}

bool
es_tls_probe_wants_write(const struct es_tls_probe *p)
{
	return p->wants_write;
}

const char *
es_tls_probe_text(const struct es_tls_probe *p)
{
	return p->text;
}

int
es_tls_probe_write(struct es_tls_probe *p, es_slice bytes)
{
	int ret = mbedtls_ssl_write(&p->ssl, bytes.p, bytes.n);

	return ret > 0 ? 0 : outcome(p, ret);
}

int
es_tls_probe_read(struct es_tls_probe *p, uint8_t *out, size_t cap_bytes, size_t *n)
{
	int ret = mbedtls_ssl_read(&p->ssl, out, cap_bytes);

	if (ret <= 0)
		return outcome(p, ret);
	*n = (size_t)ret;
	return 0;
}
