/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS to somebody else's server, as a browser or a phone would do it: the CAs of the system, RSA and ECDSA, and a
 * certificate that is judged in words. Whoever has one waits for the descriptor and calls again.
 */
#ifndef EARSHOT_RUNTIME_TLS_PROBE_H
#define EARSHOT_RUNTIME_TLS_PROBE_H

#include "earshot/error.h"
#include "earshot/slice.h"
#include "earshot/time.h"

enum { ES_TLS_PROBE_TEXT_MAX = 200 };

/* The CAs that are trusted; for any number of probes, which it must outlive. */
struct es_tls_roots;

/*
 * From ca_file alone, else from the file SSL_CERT_FILE and the directory SSL_CERT_DIR of the environment, else from
 * where systems keep them. A bundle may hold certificates that we do not understand: they are passed over. error
 * says which file and why; on success it is empty, or says that this system has no CAs. ES_EIO, ES_EMALFORMED,
 * ES_ENOMEM.
 */
int es_tls_roots_load(
    const char *ca_file, char error[ES_TLS_PROBE_TEXT_MAX], struct es_tls_roots **out);
void es_tls_roots_free(struct es_tls_roots *r); /* NULL is fine */

struct es_tls_probe;

/* fd: connected, non-blocking, borrowed. name: a host name, or the text of an address. now: what dates are compared with. */
int es_tls_probe_new(const struct es_tls_roots *roots, int fd, const char *name, es_time now,
    struct es_tls_probe **out);                 /* ES_ENOMEM */
void es_tls_probe_free(struct es_tls_probe *p); /* NULL is fine */

/*
 * 0: done, and the certificate is good. ES_EAGAIN: wait until fd can be read, or written where
 * es_tls_probe_wants_write. ES_EDENIED: the certificate is refused. ES_EEOF, ES_EIO (errno): the connection ended.
 * ES_EMALFORMED: the handshake failed. ES_EUNSUPPORTED: the server's certificate is good, but it wants one of ours; or
 * it wants a version of TLS that the library does not have. es_tls_probe_text says more of all but the end.
 */
int es_tls_probe_handshake(struct es_tls_probe *p);
bool es_tls_probe_wants_write(const struct es_tls_probe *p);
const char *es_tls_probe_text(const struct es_tls_probe *p);

/* All or nothing: what is short enough for a record goes out whole. 0, ES_EAGAIN (call again with the same), ES_EIO. */
int es_tls_probe_write(struct es_tls_probe *p, es_slice bytes);
/* *n bytes at least 1. ES_EAGAIN, ES_EEOF, ES_EIO (errno), ES_EMALFORMED. */
int es_tls_probe_read(struct es_tls_probe *p, uint8_t *out, size_t cap_bytes, size_t *n);

#endif
