/* SPDX-License-Identifier: Apache-2.0 */
/* Reads surveys of nl80211 (linux/nl80211.h). */
#include "probes/host/netlink/survey.h"

#include "probes/host/netlink/attribute.h"

#include <linux/nl80211.h>

enum { GENERIC_HEADER = 4 };

/* True: the channel is the one in use. */
static bool
parse_info(es_slice nest, struct es_host_survey *s)
{
	struct es_cur c = es_cur_of(nest);
	struct es_host_attribute a;
	bool is_in_use = false, has_active = false, has_busy = false;

	while (es_host_attribute_next(&c, &a)) {
		struct es_cur value = es_cur_of(a.value);

		switch (a.type) {
		case NL80211_SURVEY_INFO_IN_USE:
			is_in_use = true;
			break;
		case NL80211_SURVEY_INFO_FREQUENCY:
			s->frequency_mhz = es_host_u32(&value);
			break;
		case NL80211_SURVEY_INFO_NOISE:
			if (a.value.n == 1) {
				s->noise_dbm = (int8_t)a.value.p[0];
				s->has |= ES_SURVEY_HAS_NOISE;
			}
			break;
		case NL80211_SURVEY_INFO_TIME:
			s->active_ms = es_host_u64(&value);
			has_active = !value.bad;
			break;
		case NL80211_SURVEY_INFO_TIME_BUSY:
			s->busy_ms = es_host_u64(&value);
			has_busy = !value.bad;
			break;
		}
	}
	if (has_active && has_busy)
		s->has |= ES_SURVEY_HAS_TIME;
	return is_in_use && !c.bad;
}

int
es_host_survey_parse(es_slice answers, struct es_host_survey *out)
{
	struct es_cur c = es_cur_of(answers);
	struct es_host_message m;
	struct es_host_attribute a;

	while (es_host_message_next(&c, &m)) {
		struct es_host_survey s = { 0 };
		bool is_in_use = false;

		es_cur_skip(&m.body, GENERIC_HEADER);
		while (es_host_attribute_next(&m.body, &a)) {
			if (a.type == NL80211_ATTR_SURVEY_INFO)
				is_in_use = parse_info(a.value, &s);
		}
		if (m.body.bad || !is_in_use || s.has == 0)
			continue;
		*out = s;
		return 0;
	}
	return c.bad ? ES_EMALFORMED : ES_ENOTFOUND;
}
