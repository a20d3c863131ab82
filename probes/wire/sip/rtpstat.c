/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of phones in X-RTP-Stat and P-RTP-Stat. */
#include "probes/wire/sip/rtpstat.h"
#include "probes/wire/sip/reported_list.h"

/* Jitter, latency and set-up are in milliseconds, duration in seconds. */
static const struct es_reported_row numbers[] = {
	{ NULL, "PS", ES_RM_PACKETS_SENT, 0, 0, UINT32_MAX },
	{ NULL, "OS", ES_RM_OCTETS_SENT, 0, 0, INT64_MAX },
	{ NULL, "PR", ES_RM_PACKETS_RECEIVED, 0, 0, UINT32_MAX },
	{ NULL, "OR", ES_RM_OCTETS_RECEIVED, 0, 0, INT64_MAX },
	{ NULL, "PL", ES_RM_LOST_PACKETS, 0, 0, UINT32_MAX },
	{ NULL, "JI", ES_RM_JITTER_MEAN_US, 3, 0, 65534000 },
	{ NULL, "LA", ES_RM_LATENCY_US, 3, 1, 65534000 },
	{ NULL, "CS", ES_RM_CALL_SETUP_US, 3, 1, 3600000000 },
	{ NULL, "DU", ES_RM_DURATION_US, 6, 0, 604800000000 },
	{ NULL, "MOS", ES_RM_MOS_MILLI, 3, 1000, 5000 },
	{ NULL, "MLQ", ES_RM_MOS_LQ_MILLI, 3, 1000, 5000 },
	{ NULL, "MOSLQ", ES_RM_MOS_LQ_MILLI, 3, 1000, 5000 },
	{ NULL, "MCQ", ES_RM_MOS_CQ_MILLI, 3, 1000, 5000 },
	{ NULL, "MOSCQ", ES_RM_MOS_CQ_MILLI, 3, 1000, 5000 },
};

void
es_rtpstat_read(es_slice value, struct es_rtpstat *out)
{
	/* with semicolons between the pairs, commas part several numbers of one */
	bool has_lists = es_text_find(value, ';') < value.n;
	es_slice encoder = es_slice_of(NULL, 0);

	memset(out, 0, sizeof(*out));
	for (int n = 0; value.n > 0 && n < ES_RTPSTAT_PARTS_MAX; n++) {
		es_slice v = es_text_cut(&value, has_lists ? ';' : ',');
		es_slice key = es_text_trim(es_text_cut(&v, '='));

		v = es_text_trim(es_text_cut(&v, ','));
		if (es_text_is(key, "DE") && out->codec.n == 0)
			out->codec = v;
		else if (es_text_is(key, "EN") && encoder.n == 0)
			encoder = v;
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
			if (es_text_is(key, numbers[i].key))
				es_reported_read(out->values, ES_RTPSTAT_VALUES_MAX, &out->n_values,
				    &numbers[i], v);
	}
	if (out->codec.n == 0)
		out->codec = encoder;
}
