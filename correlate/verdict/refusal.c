/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that never came about. The INVITE went as far along the path as the last leg that carried it; the host
 * it was sent to there refused it, or some host behind it (RFC 3261 section 16.7 passes responses back).
 */
#include "correlate/verdict/refusal.h"

#include "correlate/call/call.h"
#include "correlate/verdict/evidence.h"
#include "probes/base/sip_status.h"

enum { FAILURE_FROM = 300 };

static bool
is_failure(const struct es_call *call)
{
	return call != NULL && (call->has & ES_CALL_HAS_STATUS) != 0 &&
	       call->final_status >= FAILURE_FROM;
}

/* The point nearest the callee whose leg ended with a failure; n_points: the caller got no failure. */
static uint32_t
last_failure(const struct es_cor_joined_call *c)
{
	uint32_t last = c->n_points;

	for (uint32_t i = 0; i < c->n_points; i++) {
		const struct es_call *call = es_cor_point_call(c, i);

		if (is_failure(call))
			last = i;
		else if (call != NULL && last == c->n_points)
			return last; /* one target of a fork may refuse a call that another one took */
	}
	return last;
}

/* "486 Busy Here" */
static void
add_status(struct es_evidence *e, uint32_t status)
{
	const char *phrase = es_sip_status_phrase(status);

	es_cor_add_number(e, status);
	if (phrase != NULL) {
		es_cor_add_text(e, " ");
		es_cor_add_text(e, phrase);
	}
}

/* "198.18.2.20 (baresip v1.0.0)" */
static void
add_host(struct es_evidence *e, const struct es_call *call)
{
	char ip[ES_ADDR_TEXT_MAX] = "a host that is not known";

	if (call->invite_dst.family != 0)
		(void)es_addr_ip_text(&call->invite_dst, ip);
	es_cor_add_text(e, ip);
	if (call->callee_agent.n > 0) {
		es_cor_add_text(e, " (");
		es_cor_add_slice(e, call->callee_agent);
		es_cor_add_text(e, ")");
	}
}

/* What the caller got in the end, where a host on the way made another status of it. */
static void
add_as_passed_on(const struct es_cor_joined_call *c, uint32_t last, struct es_verdict *v)
{
	uint32_t status = es_cor_point_call(c, last)->final_status;

	for (uint32_t i = 0; i < last; i++) {
		const struct es_call *call = es_cor_point_call(c, i);
		struct es_evidence *e;

		if (!is_failure(call) || call->final_status == status)
			continue;
		e = es_cor_evidence(v);
		es_cor_add_text(e, "the caller got ");
		add_status(e, call->final_status);
		es_cor_add_text(e, ", as seen at ");
		es_cor_add_slice(e, c->points[i].name);
		es_cor_set_value(e, call->final_status, "SIP status");
		return;
	}
}

/*
 * Whether the caller's own leg was cancelled. A host on the way may cancel the next leg by itself, when it has waited
 * long enough: then its own leg ends with another status, or was not seen.
 */
static bool
is_by_caller(const struct es_cor_joined_call *c, uint32_t last)
{
	for (uint32_t i = 0; i <= last; i++) {
		const struct es_call *call = es_cor_point_call(c, i);

		if (call != NULL && call->state != ES_STATE_CANCELLED)
			return false;
	}
	return c->points[0].role == ES_ROLE_ENDPOINT && es_cor_point_call(c, 0) != NULL;
}

bool
es_cor_refusal(const struct es_cor_joined_call *c, struct es_verdict *v)
{
	uint32_t last = last_failure(c);
	const struct es_call *call;
	struct es_evidence *e;

	if (last == c->n_points)
		return false;
	call = es_cor_point_call(c, last);
	e = es_cor_evidence(v);
	if (call->state == ES_STATE_CANCELLED) {
		es_cor_add_text(e, is_by_caller(c, last) ? "the caller hung up before "
							 : "the call was cancelled before ");
		add_host(e, call);
		es_cor_add_text(e, " answered (");
		add_status(e, call->final_status);
		es_cor_add_text(e, ")");
	} else {
		add_host(e, call);
		es_cor_add_text(e, " answered ");
		add_status(e, call->final_status);
	}
	es_cor_add_text(e, ", as seen at ");
	es_cor_add_slice(e, c->points[last].name);
	es_cor_set_value(e, call->final_status, "SIP status");
	add_as_passed_on(c, last, v);
	return true;
}
