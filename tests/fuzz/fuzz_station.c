/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of nl80211 and of the generic netlink controller. */
#include "fuzz.h"
#include "probes/host/netlink/station.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct es_host_station s = { 0 };
	int err = es_host_station_parse(es_slice_of(bytes, n), &s);

	MUST(err == 0 || err == ES_ENOTFOUND || err == ES_EMALFORMED);
	if (err == 0) {
		MUST(s.has != 0);
		MUST(strlen(s.bssid) == 0 || strlen(s.bssid) == ES_HOST_BSSID_MAX - 1);
		MUST(s.signal_dbm >= -128 && s.signal_dbm <= 127);
	} else {
		MUST(s.has == 0);
	}
	(void)es_host_family_parse(es_slice_of(bytes, n));
	return 0;
}
