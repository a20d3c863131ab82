/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files by which the collector knows us: CA, certificate, key, and the next ones (FILE.new) while they are renewed.
 *
 *     key.new            made before the collector is asked, so that a second try asks for the same key
 *     ca.new, cert.new   what it answered; the next pair is whole once cert.new is there
 *     cert.shown         empty; there before the first Hello that is sent with the next pair. From then on the collector
 *                        may know us by it, and takes the present pair for a clone's
 *     ca, key, cert      renamed in this order once the collector has welcomed us with the next pair
 *
 * So a power cut at any step leaves a pair, and cert.new next to the key of it says that renaming was not done.
 * Each file is written under a temporary name and synced, each rename is followed by a sync of the directory.
 */
#ifndef AGENT_SHIPPER_CREDENTIAL_H
#define AGENT_SHIPPER_CREDENTIAL_H

#include "agent/agent_config.h"
#include "proto/envelope.h"
#include "runtime/crypto/pki.h"

/* Paths of the present files; borrowed. */
struct es_credential {
	const char *ca;
	const char *cert;
	const char *key;
};

enum { ES_CREDENTIAL_PATH_MAX = ES_CONFIG_PATH_MAX + 8 };

/* Which files to connect with. */
struct es_credential_files {
	char ca[ES_CREDENTIAL_PATH_MAX];
	char cert[ES_CREDENTIAL_PATH_MAX];
	char key[ES_CREDENTIAL_PATH_MAX];
	bool is_next;  /* the next ones: es_credential_commit or es_credential_discard follows */
	bool is_shown; /* these are the next ones, and the collector may know us by them */
};

/* Finishes what a power cut interrupted, removes what it left half done, and chooses. */
void es_credential_choose(const struct es_credential *c, struct es_credential_files *out);

/* The next key: that of an earlier try, else a new one, on the disk before it returns. ES_EIO (see errno), ES_ENOMEM. */
int es_credential_next_key(const struct es_credential *c, struct es_pki_key **out);

/*
 * Keeps what the collector answered as the next files. 0; ES_EMALFORMED: *why says what is wrong with it, nothing was
 * kept; ES_EIO (see errno).
 */
int es_credential_keep(
    const struct es_credential *c, const struct es_renew_reply *reply, const char **why);

/* On the disk before it returns: the next files may be known to the collector. ES_EIO (see errno). */
int es_credential_show(const struct es_credential *c);

/* The next files take the place of the present ones. ES_EIO (see errno): some may not have yet; do it again. */
int es_credential_commit(const struct es_credential *c);
/* Whether the present files are a pair that has not ended at now, a wall clock. */
bool es_credential_may_go_back(const struct es_credential *c, es_time now);
/* Gives the next files up. */
void es_credential_discard(const struct es_credential *c);

#endif
