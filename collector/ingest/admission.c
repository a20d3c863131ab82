/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the holder of a certificate of our CA is let in. */
#include "collector/ingest/admission.h"

enum {
	CLONE_PAUSE_S = 10
}; /* each handshake of a clone costs us no more than this often a commit */

/* In a transaction of its own: rekeys where the newest certificate is another than before. */
static int
store(struct es_ingest *in, struct es_agent *a, const struct es_renewal *r,
    const struct es_tls_peer *peer, bool rekeys)
{
	int err = es_group_flush(in->group);

	if (err == 0)
		err = es_store_begin(in->store);
	if (err == 0 && rekeys)
		err = es_store_agent_rekey(in->store, a->id, peer->spki_sha256, peer->not_after);
	if (err == 0)
		err = es_store_renewal_set(in->store, a->id, r);
	if (err == 0)
		err = es_store_commit(in->store);
	if (err < 0) {
		es_store_rollback(in->store);
		return err;
	}
	if (rekeys) {
		memcpy(a->spki, peer->spki_sha256, sizeof(a->spki));
		a->not_after = peer->not_after;
	}
	return 0;
}

/* The key is the one we know. What the certificate says may still be news, after a restore or of its CA. */
static int
admit_known(
    struct es_ingest *in, struct es_agent *a, struct es_renewal *r, const struct es_tls_peer *peer)
{
	if (peer->generation <= r->generation && r->has_ca &&
	    memcmp(r->ca, peer->ca_sha256, sizeof(r->ca)) == 0)
		return 0;
	if (peer->generation > r->generation)
		r->generation = peer->generation;
	if (r->issued < r->generation)
		r->issued = r->generation;
	memcpy(r->ca, peer->ca_sha256, sizeof(r->ca));
	r->has_ca = true;
	return store(in, a, r, peer, false);
}

static int
admit_newer(
    struct es_ingest *in, struct es_agent *a, struct es_renewal *r, const struct es_tls_peer *peer)
{
	bool is_next =
	    r->has_next && memcmp(r->next_spki, peer->spki_sha256, sizeof(r->next_spki)) == 0;
	int err;

	if (!is_next)
		log_warn("ingest: %s: shows certificate %u, of which nothing is here, as after "
			 "restore: it is taken",
		    a->name, (unsigned)peer->generation);
	r->generation = peer->generation;
	if (r->issued < r->generation)
		r->issued = r->generation;
	r->has_next = false;
	memcpy(r->ca, peer->ca_sha256, sizeof(r->ca));
	r->has_ca = true;
	err = store(in, a, r, peer, true);
	if (err == 0)
		log_info("ingest: %s: has renewed its certificate: generation %u", a->name,
		    (unsigned)r->generation);
	return err;
}

static int
note_clone(struct es_ingest *in, struct es_agent *a, struct es_renewal *r,
    const struct es_tls_peer *peer, es_time now)
{
	if (r->clones > 0 && es_time_diff(now, r->clone) >= 0 &&
	    es_time_diff(now, r->clone) < CLONE_PAUSE_S * ES_NS_PER_S)
		return 0;
	r->clones++;
	r->clone = now;
	log_error("ingest: ALARM: %s: certificate of generation %u shows up again after "
		  "generation %u was used: two machines have this agent's key, or one was put "
		  "back to an older state; refused",
	    a->name, peer->generation == 0 ? 1 : (unsigned)peer->generation,
	    (unsigned)r->generation);
	return store(in, a, r, peer, false);
}

/* The agent is known, the key is not the one it showed last. */
static int
judge_other_key(struct es_ingest *in, const struct es_tls_peer *peer, es_time now, bool has_hello,
    struct es_agent *a, enum es_admission *how)
{
	struct es_renewal r;
	int err = es_store_renewal_get(in->store, a->id, &r);

	if (err < 0)
		return err;
	if (peer->generation > r.issued ||
	    (r.has_next && memcmp(r.next_spki, peer->spki_sha256, sizeof(r.next_spki)) == 0))
		return has_hello ? admit_newer(in, a, &r, peer) : 0;
	if (r.issued == 1) { /* nothing newer can have been used */
		a->id = 0;
		*how = ES_NOT_KNOWN;
		return 0;
	}
	*how = ES_IS_CLONE;
	return note_clone(in, a, &r, peer, now);
}

int
es_admit(struct es_ingest *in, const struct es_tls_peer *peer, es_time now, bool has_hello,
    struct es_agent *a, enum es_admission *how)
{
	struct es_renewal r;
	bool is_same_key;
	int err;

	*how = ES_ADMITTED;
	err = es_store_agent_by_cn(in->store, peer->name, a);
	if (err == ES_ENOTFOUND) {
		memset(a, 0, sizeof(*a));
		*how = ES_NOT_KNOWN;
		return 0;
	}
	if (err < 0)
		return err;
	if (a->disabled) {
		*how = ES_IS_DISABLED;
		return 0;
	}
	is_same_key = memcmp(a->spki, peer->spki_sha256, sizeof(a->spki)) == 0;
	if (!is_same_key)
		return judge_other_key(in, peer, now, has_hello, a, how);
	if (!has_hello)
		return 0;
	err = es_store_renewal_get(in->store, a->id, &r);
	return err < 0 ? err : admit_known(in, a, &r, peer);
}

enum es_nack_code
es_admission_nack(enum es_admission how)
{
	static const enum es_nack_code codes[] = { [ES_NOT_KNOWN] = ES_NACK_CERTIFICATE,
		[ES_IS_DISABLED] = ES_NACK_DISABLED,
		[ES_IS_CLONE] = ES_NACK_CLONE };

	return codes[how];
}

const char *
es_admission_text(enum es_admission how)
{
	static const char *const texts[] = { [ES_ADMITTED] = "",
		[ES_NOT_KNOWN] = "this certificate is not known here: enroll with a new token",
		[ES_IS_DISABLED] = "this agent is disabled",
		[ES_IS_CLONE] = "another machine has this agent's key, or this one was put back to "
				"an older state: enroll with a new token" };

	return texts[how];
}
