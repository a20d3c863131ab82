/* SPDX-License-Identifier: Apache-2.0 */
/* Renewal of an agent's certificate. */
#include "collector/ingest/renew.h"

#include <string.h>

/* Somebody else may have written since the connection was let in. */
static int
is_still(struct es_ingest *in, const struct es_agent *agent, const char **why)
{
	struct es_agent now;
	int err = es_store_agent_by_id(in->store, agent->id, &now);

	if (err < 0)
		return err;
	if (!now.disabled && strcmp(now.cn, agent->cn) == 0 &&
	    memcmp(now.spki, agent->spki, sizeof(now.spki)) == 0)
		return 0;
	*why = now.disabled ? "this agent is disabled"
			    : "this agent is known by another certificate by now";
	return ES_EDENIED;
}

/* Inside a transaction, which the caller ends. *why: what is wrong with the request. */
static int
decide(struct es_ingest *in, const struct es_agent *agent, es_slice csr_der, es_time now,
    struct es_issued *issued, const char **why)
{
	struct es_agent other;
	struct es_renewal r;
	int err = is_still(in, agent, why);

	if (err == 0)
		err = es_store_renewal_get(in->store, agent->id, &r);
	if (err < 0)
		return err;
	err = es_issue(in, csr_der, agent->cn, r.issued + 1, now, issued);
	if (err < 0) {
		*why = "the certificate request is not a signed P-256 request";
		return ES_EDENIED;
	}
	err = es_store_agent_by_spki(in->store, issued->facts.spki_sha256, &other);
	if (err == 0) {
		*why = "the key of the request was used before";
		return ES_EDENIED;
	}
	if (err != ES_ENOTFOUND)
		return err;
	r.issued++;
	r.has_next = true;
	memcpy(r.next_spki, issued->facts.spki_sha256, sizeof(r.next_spki));
	r.next_until = issued->facts.not_after;
	return es_store_renewal_set(in->store, agent->id, &r);
}

void
es_renew_decide(struct es_ingest *in, const struct es_agent *agent, es_slice csr_der, es_time now,
    struct es_issued *issued, struct es_renew_reply *reply)
{
	const char *why = "the collector cannot renew now; try again";
	int err = es_group_flush(in->group); /* agents were sent the result */

	if (err == 0)
		err = es_store_begin(in->store);
	if (err == 0) {
		err = decide(in, agent, csr_der, now, issued, &why);
		if (err == 0)
			err = es_store_commit(in->store);
		if (err < 0)
			es_store_rollback(in->store);
	}
	*reply = (struct es_renew_reply){ .reason = { 0 } };
	if (err < 0) {
		if (err != ES_EDENIED)
			es_ingest_failed(in, err);
		log_warn("ingest: %s: its certificate is not renewed: %s", agent->name, why);
		reply->reason = es_slice_str(why);
		return;
	}
	reply->certificate_pem = es_slice_str(issued->certificate);
	reply->ca_pem = es_slice_str(in->authority.anchors);
}
