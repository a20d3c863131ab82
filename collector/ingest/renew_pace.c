/* SPDX-License-Identifier: Apache-2.0 */
/* How often agents may ask for a certificate. */
#include "collector/ingest/renew_pace.h"

const char *
es_renew_wait(struct es_renew_pace *pace, int64_t agent, int64_t life_ms, int64_t now_ms)
{
	int64_t pause_ms = life_ms / 10 < ES_RENEW_PAUSE_MS ? life_ms / 10 : ES_RENEW_PAUSE_MS;

	for (size_t i = 0; i < ES_RENEW_RECENT; i++)
		if (pace->recent[i].agent == agent && pace->recent[i].until_ms > now_ms)
			return "too early after the last request";
	if (pace->recent[pace->next].until_ms > now_ms)
		return "too many agents renew now; try again";
	pace->recent[pace->next].agent = agent;
	pace->recent[pace->next].until_ms = now_ms + pause_ms;
	pace->next = (pace->next + 1) % ES_RENEW_RECENT;
	return NULL;
}
